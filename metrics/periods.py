"""Months, calendar quarters, halves and years of the company's fiscal year, and when one is complete."""

import datetime as dt
import re
from dataclasses import dataclass, field

from accounts.models import Installation

ONE_DAY = dt.timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_CODE = re.compile(r"(?P<year>[12]\d{3})-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4]))", re.ASCII)
_FISCAL = re.compile(r"FY(?P<year>[12]\d{3})(?:-H(?P<half>[12]))?", re.ASCII)


@dataclass(frozen=True)
class Period:
    """A month (`1997-02`), calendar quarter (`1997-Q1`), half (`FY2026-H1`) or fiscal year (`FY2026`).

    A fiscal year has the number of the year it begins in.
    """

    first: dt.date
    months: int
    starts: int | None = field(default=None, compare=False)  # the fiscal year's first month, where it is known

    @property
    def last(self) -> dt.date:
        return after(self.first, self.months) - ONE_DAY

    @property
    def code(self) -> str:
        if self.months == 1:
            return f"{self.first:%Y-%m}"
        if self.months == 3:
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        if self.months == 12:
            return f"FY{self.first.year}"
        start = self.starts or fiscal_year_start()
        return f"FY{self.first.year - (self.first.month < start)}-H{1 if self.first.month == start else 2}"

    def is_complete(self, *, as_of: dt.date, today: dt.date) -> bool:
        """Its last day is not after `as_of` and is over."""
        return self.last <= as_of and self.last < today


def fiscal_year_start() -> int:
    """The month the company's fiscal year begins with (1–12)."""
    return Installation.get().fiscal_year_start


def named(code: str) -> Period | None:
    """The period a code names (`1997-02`, `1997-Q1`, `FY2026-H1`, `FY2026`); None where it names none."""
    if found := _CODE.fullmatch(code):
        month = int(found["month"] or int(found["quarter"]) * 3 - 2)
        return Period(dt.date(int(found["year"]), month, 1), 1 if found["month"] else 3)
    if found := _FISCAL.fullmatch(code):
        start = fiscal_year_start()
        first = dt.date(int(found["year"]), start, 1)
        return Period(after(first, 6 if found["half"] == "2" else 0), 6 if found["half"] else 12, start)
    return None


def month_of(code: str) -> Period:
    """The month of a cohort's code (`1997-01`)."""
    return Period(dt.date.fromisoformat(f"{code}-01"), 1)


def after(first: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later (earlier where negative)."""
    index = first.year * 12 + first.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def holding(day: dt.date, months: int) -> Period:
    """The month, calendar quarter, half or fiscal year a day lies in."""
    start = fiscal_year_start() if months > 3 else 1
    return Period(after(day.replace(day=1), -((day.month - start) % months)), months, start if months > 3 else None)


def between(start: dt.date, end: dt.date, months: int) -> list[Period]:
    """The periods from the one that holds `start` to the one that holds `end`, in order."""
    found, period = [], holding(start, months)
    while period.first <= end:
        found.append(period)
        period = Period(after(period.first, months), months, period.starts)
    return found
