"""Why customers left, of every period, by nothing and by each cut."""

import datetime as dt

from metrics import computing, reasons
from metrics.models import LossRollup
from metrics.periods import MONTHS, Period

from . import churn
from .rollup import Rollup

BATCH = 2_000
EVER = 1_200  # months


def write(periods: list[Period], as_of: dt.date, _now: dt.datetime) -> None:
    """Replaces the rows of these periods."""
    for one in periods:
        LossRollup.objects.filter(months=one.months, first=one.first).delete()
        found = reasons.count(one, as_of=as_of, cuts=computing.CHURN_BY, is_kept=True)
        rows = (LossRollup(first=one.first, months=one.months, **row) for row in found)
        LossRollup.objects.bulk_create(rows, batch_size=BATCH)


def forget(periods: list[Period]) -> None:
    """Removes the rows of periods there are no more."""
    for months in MONTHS.values():
        stay = [one.first for one in periods if one.months == months]
        LossRollup.objects.filter(months=months).exclude(first__in=stay).delete()


# What somebody bought, signed or spoke of concerns every period after it in which he is lost.
ROLLUP = Rollup(
    "losses",
    frozenset({"activity", "values", "contracts", "purchases", "talks"}),
    churn.periods,
    write,
    forget,
    reach=EVER,
)
