"""Closing a month (締め): its figures are kept as they stood, and what changes later is shown beside them by name.

Closed months leave no gap: the first can be any month, from there on one follows the other; so "closed up to
October" is a sentence that holds. Nothing is ever deleted: a reopened closing stays as history.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, User
from campaigns.models import Campaign, Delivery
from common import sql

from . import computing, keeping, rollups
from .models import ChurnRollup, Closing, Fill, MovementRollup, Stale
from .periods import Period, between
from .wording import group_words, period_words

CUTS = tuple(computing.CHURN_BY)
MOVED = ("customers", "at_start", "new", "reactivated", "expansion", "contraction", "churned", "paused", "at_end")
Row = dict[str, Any]


class ClosingError(Exception):
    """Why a month cannot be closed or reopened, in words for the person who asked."""


@transaction.atomic
def close(*, period: Period, by: User, now: dt.datetime) -> Closing:
    """Keeps the month's figures as they stand. Raises ClosingError, also where somebody else was quicker."""
    if why_not := obstacle(period, now=now):
        raise ClosingError(why_not)
    figures, lost = figures_of(period, has_messages=True), lost_ids(period)
    if len(lost) != figures["churn"]["lost"]:
        raise ClosingError(_("The figures of this month are being brought up to date. Try again in a minute."))
    closing = Closing(month=period.first, figures=figures, lost=lost, by=by, closed_at=now)
    try:
        with transaction.atomic():
            closing.save(force_insert=True)
    except IntegrityError:
        raise ClosingError(_already(period)) from None
    audit.record("metrics.month_closed", by=by, on=closing, month=period.code, lost=len(lost))
    return closing


@transaction.atomic
def reopen(*, closing: Closing, reason: str, by: User, now: dt.datetime) -> None:
    """Takes a closing back; its row stays, with the reason. Raises ClosingError where that has been done already."""
    mine = Closing.objects.filter(pk=closing.pk, reopened_at=None)
    if not mine.update(reopened_by=by, reopened_at=now, reason=reason):
        raise ClosingError(_("Somebody else has reopened this month meanwhile."))
    audit.record("metrics.month_reopened", by=by, on=closing, month=f"{closing.month:%Y-%m}")


def obstacle(period: Period, *, now: dt.datetime) -> str:
    """Why the month cannot be closed now, in words; empty where it can."""
    settings, as_of = Installation.get(), rollups.filled_to()
    if not is_over(period, as_of=as_of, today=settings.day_of(now)):
        return _("Only a month that is over and has its figures can be closed.")
    if rollups.is_outdated():
        return _("The settings were changed: the figures are computed anew tonight. Close the month after that.")
    if not is_filled(period):
        return _("The figures of this month are being brought up to date. Try again in a minute.")
    closed = closed_months()
    if period.first in closed:
        return _already(period)
    missing = gap(period.first, closed)
    return _("Close %(month)s first: closed months leave no gap.") % {"month": _words(missing)} if missing else ""


def is_over(period: Period, *, as_of: dt.date | None, today: dt.date) -> bool:
    """A month, complete as of the day the figures speak of."""
    return period.months == 1 and as_of is not None and period.is_complete(as_of=as_of, today=today)


def is_filled(period: Period) -> bool:
    """Its churn is written, and nothing has marked the month since."""
    fills = Fill.objects.filter(metric=rollups.churn.ROLLUP.name, period=period.code, done_at__isnull=False)
    marks = Stale.objects.filter(kind__in=rollups.churn.ROLLUP.kinds).values_list("kind", "month", "onward")
    return fills.exists() and not rollups.filling.is_stale(period, marks)


def gap(month: dt.date, closed: set[dt.date]) -> dt.date | None:
    """The first month that would be left open between closed ones, were `month` closed; None without any."""
    months = between(min(closed | {month}), max(closed | {month}), 1)
    return next((one.first for one in months if one.first not in closed and one.first != month), None)


def closed_months() -> set[dt.date]:
    """First days of all closed months."""
    return set(Closing.objects.filter(reopened_at=None).values_list("month", flat=True))


def proposal(*, now: dt.datetime) -> Period | None:
    """The month that can be closed next; see `next_to_close`."""
    as_of, today = rollups.filled_to(), Installation.get().day_of(now)
    filled = ChurnRollup.objects.filter(months=1, dimension="", second="").values_list("first", flat=True)
    over = [one for one in filled.order_by("-first")[:24] if is_over(Period(one, 1), as_of=as_of, today=today)]
    return next_to_close(over, closed_months())


def next_to_close(complete: Collection[dt.date], closed: set[dt.date]) -> Period | None:
    """Of complete months the one after the last closed, or a gap before it; the last complete one at first."""
    waiting = [one for one in complete if one not in closed and (not closed or one > min(closed))]
    if not waiting:
        return None
    return Period(min(waiting) if closed else max(waiting), 1)


def closed_by_month(firsts: list[dt.date]) -> dict[dt.date, Closing]:
    """The closing of each of these months that is closed, with who closed it; for the mark beside figures (1 query)."""
    found = Closing.objects.filter(month__in=firsts, reopened_at=None).select_related("by").defer("figures", "lost")
    return {one.month: one for one in found}


# --- What is kept --------------------------------------------------------------------------------


def figures_of(period: Period, *, has_messages: bool = False) -> Row:
    """The figures of a month as they stand: churn whole and by each cut, active at its end, LTV, revenue, campaigns."""
    settings = Installation.get()
    rows = list(ChurnRollup.objects.filter(months=1, first=period.first, second="").order_by("dimension", "group"))
    whole = next((_churn(one) for one in rows if not one.dimension), _empty())
    kept = keeping.read(("ltv", ""))["ltv", ""]
    return {
        "as_of": rollups.filled_to(),
        "settings": rollups.settings_hash(),
        "policy": settings.churn_policy,
        "days": settings.inactivity_days,
        "churn": whole,
        "active": whole["at_start"] - whole["lost"] + whole["joined"] + whole["won_back"],
        "cuts": {cut: _groups(cut, [one for one in rows if one.dimension == cut]) for cut in CUTS},
        "ltv": {"as_of": kept.as_of, **kept.rows[0]} if kept.rows else None,
        "revenue": _revenue(period),
        **_sent(period, settings, has_messages),
    }


def _churn(one: ChurnRollup) -> Row:
    names = ("at_start", "lost", "joined", "won_back")
    return {name: getattr(one, name) for name in names} | {"rate": computing.rate(one.lost, one.at_start)}


def _empty() -> Row:
    return {"at_start": 0, "lost": 0, "joined": 0, "won_back": 0, "rate": None}


def _groups(cut: str, rows: list[ChurnRollup]) -> list[Row]:
    """A cut's groups with the words they had at that time."""
    names = computing.group_names(cut, {one.group for one in rows})
    return [
        {
            "value": one.group,
            "words": group_words(cut, names.get(one.group)),
            "at_start": one.at_start,
            "lost": one.lost,
        }
        for one in rows
    ]


def _revenue(period: Period) -> Row | None:
    found = MovementRollup.objects.filter(months=1, first=period.first, dimension="").values(*MOVED).first()
    return dict(found) if found else None


def _sent(period: Period, settings: Installation, has_messages: bool) -> Row:
    start, end = _moments(period, settings)
    launched = Campaign.objects.filter(launched_at__gte=start, launched_at__lt=end)
    found: Row = {"campaigns": launched.exclude(state=Campaign.State.CANCELLED).count()}
    if has_messages:
        sent = Delivery.objects.filter(state=Delivery.State.ACCEPTED, planned_at__gte=start, planned_at__lt=end)
        found["messages"] = sent.count()
    return found


def _moments(period: Period, settings: Installation) -> tuple[dt.datetime, dt.datetime]:
    days = (period.first, period.last + dt.timedelta(days=1))
    start, end = (timezone.make_aware(dt.datetime.combine(day, dt.time()), settings.zone) for day in days)
    return start, end


def lost_ids(period: Period) -> list[int]:
    """Ids of who is lost in the month by what is kept now."""
    return sql.rows("metrics/sql/lost_ids.sql", {"first_on": period.first, "last_on": period.last})[0]["ids"]


def _already(period: Period) -> str:
    found = closed_by_month([period.first]).get(period.first)
    if not found:
        return _("This month is closed already.")
    when = timezone.localtime(found.closed_at, Installation.get().zone)
    return _("%(name)s closed this month at %(when)s.") % {"name": found.by.name, "when": f"{when:%Y/%m/%d %H:%M}"}


def _words(first: dt.date) -> str:
    return period_words(Period(first, 1), Installation.get())
