"""The company's calendar: which days are worked, in Japan and in this company. Pure but for `load`."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import jpholiday

from .models import ClosedDays

SATURDAY = 5
# Nearly every company rests then, though the law names no holiday but the first of January.
CUSTOMS = (((8, 13), (8, 16)), ((12, 29), (12, 31)), ((1, 1), (1, 3)))  # お盆, 年末, 年始
FURTHEST = 400  # days looked ahead: a calendar without any working day must not hang


@dataclass(frozen=True)
class Closure:
    """Days the company is closed, both ends inside."""

    first_on: dt.date
    last_on: dt.date
    is_yearly: bool = False

    def holds(self, day: dt.date) -> bool:
        if not self.is_yearly:
            return self.first_on <= day <= self.last_on
        first, last, this = (
            (self.first_on.month, self.first_on.day),
            (self.last_on.month, self.last_on.day),
            (day.month, day.day),
        )
        # From December into January the range goes over the end of the year.
        return first <= this <= last if first <= last else this >= first or this <= last


@dataclass(frozen=True)
class Calendar:
    """What is asked of a day. Build one per run: looking a holiday up is remembered."""

    closures: tuple[Closure, ...] = ()
    _holidays: dict[dt.date, bool] = field(default_factory=dict, compare=False, repr=False)

    def is_weekend(self, day: dt.date) -> bool:
        return day.weekday() >= SATURDAY

    def is_holiday(self, day: dt.date) -> bool:
        """A public holiday of Japan, お盆 or 年末年始."""
        if day not in self._holidays:
            this = (day.month, day.day)
            is_custom = any(first <= this <= last for first, last in CUSTOMS)
            self._holidays[day] = is_custom or bool(jpholiday.is_holiday(day))
        return self._holidays[day]

    def is_closed(self, day: dt.date) -> bool:
        """One of the company's own days off."""
        return any(closure.holds(day) for closure in self.closures)

    def is_workday(self, day: dt.date) -> bool:
        return not (self.is_weekend(day) or self.is_holiday(day) or self.is_closed(day))

    def add_workdays(self, day: dt.date, count: int) -> dt.date:
        """The `count`-th working day after `day` (0: the day itself, worked or not)."""
        for _step in range(count):
            day = self.next_workday(day)
        return day

    def next_workday(self, day: dt.date) -> dt.date:
        """The first working day after `day`; where there is none within a year and more, simply the next day."""
        for ahead in range(1, FURTHEST):
            if self.is_workday(later := day + dt.timedelta(days=ahead)):
                return later
        return day + dt.timedelta(days=1)


def of(rows: Iterable[ClosedDays]) -> Calendar:
    return Calendar(tuple(Closure(row.first_on, row.last_on, row.is_yearly) for row in rows))


def load() -> Calendar:
    """The calendar as it is set now."""
    return of(ClosedDays.objects.all())
