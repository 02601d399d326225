"""Months and calendar quarters, and when one is complete."""

import datetime as dt
import re
from dataclasses import dataclass

ONE_DAY = dt.timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True)
class Period:
    """A month (`1997-02`) or calendar quarter (`1997-Q1`), from its first to its last day."""

    first: dt.date
    months: int

    @property
    def last(self) -> dt.date:
        return after(self.first, self.months) - ONE_DAY

    @property
    def code(self) -> str:
        if self.months == 1:
            return f"{self.first:%Y-%m}"
        return f"{self.first.year}-Q{(self.first.month + 2) // 3}"

    def is_complete(self, *, as_of: dt.date, today: dt.date) -> bool:
        """Its last day is not after `as_of` and is over."""
        return self.last <= as_of and self.last < today


def named(code: str) -> Period | None:
    """The period a code names (`1997-02`, `1997-Q1`); None where it names none."""
    found = re.fullmatch(r"([12]\d{3})-(?:(0[1-9]|1[0-2])|Q([1-4]))", code, re.ASCII)
    if not found:
        return None
    year, month, quarter = int(found[1]), found[2], found[3]
    return Period(dt.date(year, int(month), 1), 1) if month else Period(dt.date(year, int(quarter) * 3 - 2, 1), 3)


def month_of(code: str) -> Period:
    """The month of a cohort's code (`1997-01`)."""
    return Period(dt.date.fromisoformat(f"{code}-01"), 1)


def after(first: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later (earlier where negative)."""
    index = first.year * 12 + first.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def holding(day: dt.date, months: int) -> Period:
    """The month or calendar quarter a day lies in."""
    return Period(dt.date(day.year, (day.month - 1) // months * months + 1, 1), months)


def between(start: dt.date, end: dt.date, months: int) -> list[Period]:
    """The periods from the one that holds `start` to the one that holds `end`, in order."""
    found, period = [], holding(start, months)
    while period.first <= end:
        found.append(period)
        period = Period(after(period.first, months), months)
    return found
