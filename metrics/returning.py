"""Who came back of those lost: counted each night for the periods pages show."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import Installation
from common import sql
from scores import spells

from . import computing, keeping
from .periods import MONTHS, Period, between, fiscal_year_start

Row = dict[str, Any]

WITHIN = (90, 180, 365)
KEPT = ("returned", "")


@dataclass(frozen=True)
class Returned:
    """Of those lost in a period: how many were back within so many days, or at all, and how long they were away."""

    period: Period
    lost: int
    within: dict[int, int]
    returned: int
    days_away: int

    @property
    def mean_days(self) -> float | None:
        return self.days_away / self.returned if self.returned else None

    def share(self, days: int) -> float | None:
        """Percent of the lost who were back within so many days."""
        return 100 * self.within[days] / self.lost if self.lost else None

    def is_open(self, days: int, *, as_of: dt.date) -> bool:
        """Whether somebody lost on the last day could still come back within so many days."""
        return self.period.last + dt.timedelta(days) > as_of


def read(months: int) -> list[Returned]:
    """The periods of one length as the last night counted them, newest first."""
    starts = fiscal_year_start() if months == 6 else None
    found = [
        Returned(
            period=Period(dt.date.fromisoformat(row["first_on"]), months, starts),
            lost=row["lost"],
            within={days: row[f"within_{days}"] for days in WITHIN},
            returned=row["returned"],
            days_away=row["days_away"],
        )
        for row in keeping.read(KEPT)[KEPT].rows
        if row["months"] == months
    ]
    return sorted(found, key=lambda one: one.period.first, reverse=True)


@transaction.atomic
def report(*, as_of: dt.date, now: dt.datetime, period: str = "month") -> list[Row]:
    """Every complete period, as known at the end of `as_of`: the report's columns."""
    spells.build(as_of=as_of)
    first, today = computing.first_activity(), Installation.get().day_of(now)
    found = between(first, as_of, MONTHS[period]) if first else []
    periods = [one for one in found if one.is_complete(as_of=as_of, today=today)]
    by_first = {one.first: one for one in periods}
    asked = {
        "firsts": list(by_first),
        "lasts": [one.last for one in periods],
        "lengths": [one.months for one in periods],
    }
    return [_reported(row, by_first[row["first_on"]]) for row in sql.rows("metrics/sql/returned.sql", asked)]


def _reported(row: Row, period: Period) -> Row:
    days = row["days_away"] / row["returned"] if row["returned"] else None
    names = ("lost", *(f"within_{within}" for within in WITHIN), "returned")
    counts = {name: row[name] for name in names}
    return {"period": period.code, "start": period.first, "end": period.last, **counts, "mean_days": days}
