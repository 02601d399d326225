"""Cohort retention, all of it at once."""

import datetime as dt

from metrics import cohorts as counting
from metrics.models import CohortRollup
from metrics.periods import Period

from .rollup import Rollup

BATCH = 2_000


def periods(as_of: dt.date, today: dt.date) -> list[Period]:
    """One for all: the month of the day."""
    return [Period(as_of.replace(day=1), 1)]


def write(periods: list[Period], as_of: dt.date, now: dt.datetime) -> None:
    """Replaces all rows."""
    CohortRollup.objects.all().delete()
    rows = (
        CohortRollup(
            cohort=dt.date.fromisoformat(f"{row['cohort']}-01"),
            month=row["month"],
            size=row["size"],
            retained=row["retained"],
            retained_after=row["retained_after"],
            revenue=row["revenue"],
        )
        for row in counting.cohorts(as_of=as_of, now=now)
    )
    CohortRollup.objects.bulk_create(rows, batch_size=BATCH)


ROLLUP = Rollup("cohorts", frozenset({"purchases", "contracts", "activity", "logins"}), periods, write)
