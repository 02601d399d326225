"""Movement between RFM segments from one day to another: days there are, pairs kept, pairs asked for, who moved.

A day is known by its stored snapshot (the end of each month) or by the stored scores (the day of the last run). Any
other day is computed by a worker when somebody asks, and stored as a snapshot: reading never computes.
"""

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Q

from common import sql
from scores import scoring
from scores.models import RfmSegment, ScoreSnapshot

from .models import RfmFlow
from .periods import ONE_DAY, after

MONTHS = 12  # pairs of month's ends the night keeps
LEASE = dt.timedelta(minutes=30)
PER_PAGE = 50
ALL_ROWS = 2**31 - 1
NOT_SCORED = ""
ORDER = [*(segment.value for segment in RfmSegment), NOT_SCORED]

Row = dict[str, Any]


def days() -> list[dt.date]:
    """The days one can compare, newest first: that of the stored scores, and those of the snapshots."""
    stored = [row["day"] for row in sql.rows("metrics/sql/snapshot_days.sql")]
    last = scoring.last_run()
    return sorted({*stored, *([last] if last else [])}, reverse=True)


def usual(*, as_of: dt.date, known: list[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Pairs the night keeps: each month's end with the next, the day itself with the ends of 1, 3, 6 and 12 months."""
    this_month = as_of.replace(day=1)
    ends = [after(this_month, -back) - ONE_DAY for back in range(MONTHS + 1)]
    pairs = [(earlier, later) for later, earlier in pairwise(ends)]
    pairs += [(ends[back], as_of) for back in (0, 2, 5, 11)]
    pairs += [(ends[-1], ends[0])]
    return [(earlier, later) for earlier, later in dict.fromkeys(pairs) if {earlier, later} <= {*known, as_of}]


def keep(*, as_of: dt.date, now: dt.datetime) -> int:
    """Computes the usual pairs that are not kept, and those with `as_of` anew; the scores stored are those of it.

    Returns how many were computed.
    """
    over = RfmFlow.objects.filter(Q(is_live=True) | Q(to_on__gte=as_of))
    over.filter(state__in=[RfmFlow.State.DONE, RfmFlow.State.FAILED]).delete()
    kept = set(RfmFlow.objects.filter(state=RfmFlow.State.DONE).values_list("from_on", "to_on"))
    missing = [pair for pair in usual(as_of=as_of, known=days()) if pair not in kept]
    for from_on, to_on in missing:
        flow, _is_new = RfmFlow.objects.get_or_create(from_on=from_on, to_on=to_on, defaults={"asked_at": now})
        _compute(flow, now=now)
    return len(missing)


def read(from_on: dt.date, to_on: dt.date) -> RfmFlow | None:
    """The pair as it is kept or waits; None where nobody asked. Earlier day first."""
    return RfmFlow.objects.filter(from_on=from_on, to_on=to_on).first()


def ask(*, from_on: dt.date, to_on: dt.date, now: dt.datetime) -> RfmFlow:
    """Puts the pair on the queue; one that failed is tried again. Raises ValueError unless from_on < to_on."""
    if from_on >= to_on:
        raise ValueError(from_on, to_on)
    flow, is_new = RfmFlow.objects.get_or_create(from_on=from_on, to_on=to_on, defaults={"asked_at": now})
    if not is_new and flow.state == RfmFlow.State.FAILED:
        RfmFlow.objects.filter(pk=flow.pk).update(state=RfmFlow.State.WAITING, asked_at=now, error="")
        flow.refresh_from_db()
    return flow


def compute_asked(*, now: dt.datetime) -> int:
    """Computes what waits, and what a killed worker left; returns how many pairs."""
    count = 0
    while (flow := _claim(now)) is not None:
        try:
            _make_up(flow, now=now)
            _compute(flow, now=now)
        except Exception as error:
            RfmFlow.objects.filter(pk=flow.pk).update(state=RfmFlow.State.FAILED, error=type(error).__name__)
            raise
        count += 1
    return count


@transaction.atomic
def _claim(now: dt.datetime) -> RfmFlow | None:
    left = Q(state=RfmFlow.State.RUNNING, lease_until__lt=now)
    waiting = RfmFlow.objects.select_for_update(skip_locked=True).filter(Q(state=RfmFlow.State.WAITING) | left)
    flow = waiting.order_by("asked_at").first()
    if flow is not None:
        flow.state, flow.lease_until = RfmFlow.State.RUNNING, now + LEASE
        flow.save(update_fields=["state", "lease_until"])
    return flow


def _make_up(flow: RfmFlow, *, now: dt.datetime) -> None:
    """Stores the snapshots of its days that are not known yet, as the days are known today."""
    for day in (flow.from_on, flow.to_on):
        if day != scoring.last_run() and not ScoreSnapshot.objects.filter(as_of=day).exists():
            with transaction.atomic():
                scoring.build(as_of=day, now=now)
                sql.run("scores/sql/snapshot.sql", {"as_of": day})


def _compute(flow: RfmFlow, *, now: dt.datetime) -> None:
    flow.is_live = not ScoreSnapshot.objects.filter(as_of=flow.to_on).exists()
    flow.rows = sql.rows("metrics/sql/rfm_flow.sql", _days_of(flow))
    flow.state, flow.error, flow.done_at = RfmFlow.State.DONE, "", now
    flow.save()


def _days_of(flow: RfmFlow) -> Row:
    return {"from_on": flow.from_on, "to_on": flow.to_on, "is_live": flow.is_live}


def rows(flow: RfmFlow) -> list[Row]:
    """Its rows, amounts as Decimal."""
    return [{**row, "ltv": Decimal(row["ltv"]), "brought": Decimal(row["brought"])} for row in flow.rows]


def moved(
    flow: RfmFlow,
    *,
    was: str | None,
    became: str | None,
    after: tuple[Decimal, int] | None = None,
    most: int = PER_PAGE,
) -> list[Row]:
    """The customers who went from `was` to `became` (None = any), the most LTV first, after (LTV, customer id)."""
    ltv, customer = after or (None, None)
    asked = {"was": was, "became": became, "after_ltv": ltv, "after_id": customer, "most": most}
    return sql.rows("metrics/sql/rfm_flow_customers.sql", _days_of(flow) | asked)
