"""What others tell us about our messages: stored first, then applied; twice, late or in any order makes no difference.

One report a (provider, key). Applying reads all reports of a message, so the order in which they came is forgotten:
the stamps of the delivery are the earliest of their kind, and a message nobody knew the fate of is settled by any
report that carries its key. Opens and clicks wait a moment first: a scanner shows itself by following all links.
Opens are stamps on the delivery only: no event, so no segment and no campaign can act on one.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from django.db import DatabaseError, transaction

from common import sql
from customers import consent
from customers.models import Consent, Suppression

from .models import Delivery, Report, Way

log = logging.getLogger(__name__)
Kind = Report.Kind
WAIT = 15  # seconds until a visit is judged
BATCH = 500
SOFT, SOFT_OVER = 3, dt.timedelta(days=3)  # so many in a row, over that long: nobody reads there any more
SOFT_SOURCE = "soft bounces"
GOOD = {Kind.DELIVERED, Kind.OPENED, Kind.CLICKED}
STOPS = {Kind.BOUNCED: Suppression.Reason.BOUNCED, Kind.COMPLAINED: Suppression.Reason.COMPLAINED}


@dataclass(frozen=True)
class News:
    """One report as it comes in. `key` makes it one; `delivery` is the id of the row it is about."""

    provider: str
    key: str
    kind: str
    at: dt.datetime
    delivery: int
    is_machine: bool = False
    link: int | None = None
    detail: str = ""  # status and words, without addresses


def store(news: Iterable[News], *, received_at: dt.datetime) -> None:
    """Writes down what is not yet known; nothing else happens. What claims to come from the future happened now."""
    rows = [
        Report(
            provider=one.provider,
            key=one.key[:200],
            kind=one.kind,
            delivery_id=one.delivery,
            at=min(one.at, received_at),
            received_at=received_at,
            is_machine=one.is_machine,
            link=one.link,
            detail=one.detail[:300],
        )
        for one in news
    ]
    Report.objects.bulk_create(rows, ignore_conflicts=True)


def apply_waiting(*, now: dt.datetime) -> int:
    """Applies what is stored and ripe; how many reports. Any number of processes may do so at once."""
    applied = 0
    while count := _batch(now, BATCH):
        applied += count
    return applied


def _batch(now: dt.datetime, most: int) -> int:
    """One transaction. A batch that can't be applied is gone through one by one; what can't be is said and skipped."""
    if not Report.objects.filter(applied_at=None).exists():
        return 0
    try:
        return _apply(now, most, [])
    except DatabaseError:
        log.exception("reports are applied one by one")
    waiting = Report.objects.filter(applied_at=None).order_by("id").values_list("pk", flat=True)[:most]
    return sum(_alone(now, pk) for pk in list(waiting))


def _alone(now: dt.datetime, pk: int) -> int:
    try:
        return _apply(now, 1, [pk])
    except DatabaseError:
        log.exception("report %s can't be applied", pk)
        return 0


@transaction.atomic
def _apply(now: dt.datetime, most: int, only: list[int]) -> int:
    """`only`: ids; empty: the first that are ripe."""
    wanted = {"now": now, "most": most, "wait": WAIT, "only": only}
    rows = sql.rows("campaigns/sql/reports_apply.sql", wanted)
    for row in rows:
        _consequence(row, now)
    return len(rows)


def _consequence(row: dict, now: dt.datetime) -> None:
    """What a report means for the address, beyond its message."""
    channel = Way(row["channel"]).consented
    if not (channel and row["address"]):
        return
    if row["kind"] in STOPS:
        _stop(channel, row, STOPS[row["kind"]])
    elif row["kind"] == Kind.UNSUBSCRIBED:
        _refuse(channel, row)
    elif row["has_soft_bounces"] and row["kind"] in {Kind.SOFT_BOUNCED, *GOOD}:
        _weigh(channel, row, now)


def _stop(channel: str, row: dict, reason: str) -> None:
    """Not where somebody has lifted it since: old news."""
    known = Suppression.objects.filter(channel=channel, address=row["address"], reason=reason)
    if not known.filter(lifted_at__gte=row["at"]).exists():
        source = f"{row['provider']} {row['detail']}".strip()
        consent.suppress(channel=channel, address=row["address"], reason=reason, source=source, at=row["at"])


def _refuse(channel: str, row: dict) -> None:
    """Told by a provider's own page or button; a later yes of the person stands."""
    delivery = Delivery.objects.select_related("customer").get(pk=row["delivery_id"])
    later = Consent.objects.filter(channel=channel, address=row["address"], at__gt=row["at"], state="granted")
    if not later.exists():
        consent.withdraw(
            customer=delivery.customer, channel=channel, address=row["address"], at=row["at"], source=row["provider"]
        )


def _weigh(channel: str, row: dict, now: dt.datetime) -> None:
    """Counts the soft bounces of an address anew: enough of them stop it, a sign of life takes that back."""
    found = Report.objects.filter(delivery__customer=row["customer_id"], delivery__address=row["address"])
    told = found.filter(delivery__channel=row["channel"], kind__in=[Kind.SOFT_BOUNCED, *GOOD])
    address = row["address"]
    if (last := unreachable_since(list(told.values_list("at", "kind", "delivery")))) is not None:
        _stop(channel, row | {"at": last, "provider": SOFT_SOURCE, "detail": ""}, Suppression.Reason.BOUNCED)
    else:
        ours = Suppression.objects.filter(channel=channel, address=address, source=SOFT_SOURCE, lifted_at=None)
        ours.update(lifted_at=now)


def unreachable_since(told: Sequence[tuple[dt.datetime, str, int]]) -> dt.datetime | None:
    """The last of at least three soft bounces in a row, of different messages and over three days; None: not so bad.

    `told`: (moment, kind, delivery) of an address, in any order.
    """
    newest_first = sorted(told, reverse=True)
    run = list(takewhile(lambda one: one[1] == Kind.SOFT_BOUNCED, newest_first))
    if len({delivery for _at, _kind, delivery in run}) < SOFT or run[0][0] - run[-1][0] < SOFT_OVER:
        return None
    return run[0][0]
