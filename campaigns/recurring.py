"""Again and again, on a set day: when. Each occurrence is a row of its own, unique in (job, due). Pure."""

import calendar
import datetime as dt
from dataclasses import dataclass

from .waiting import DAY, Clock

LAST = 0  # as a day of the month: its last one
DEFAULT_TIME = dt.time(10)


@dataclass(frozen=True)
class Rule:
    """Weekly on some weekdays (0 = Monday), or monthly on a day (LAST; a day a month lacks is its last)."""

    weekdays: tuple[int, ...] = ()
    month_day: int | None = None

    @classmethod
    def read(cls, stored: dict) -> "Rule":
        """From Campaign.trigger_rule. Raises ValueError where it is none."""
        on = stored.get("on")
        if stored.get("every") == "week" and isinstance(on, list) and on and set(on) <= set(range(7)):
            return cls(weekdays=tuple(sorted(set(on))))
        if stored.get("every") == "month" and isinstance(on, int) and LAST <= on <= 31:
            return cls(month_day=on)
        raise ValueError(f"no rule of a recurring day: {stored}")

    def holds(self, day: dt.date) -> bool:
        if self.month_day is None:
            return day.weekday() in self.weekdays
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day == (last if self.month_day == LAST else min(self.month_day, last))


def occurrences(
    rule: Rule, time: dt.time, clock: Clock, *, since: dt.datetime, until: dt.datetime
) -> list[dt.datetime]:
    """The moments with since < moment ≤ until, in order."""
    day, last = clock.day_of(since), clock.day_of(until)
    found = []
    while day <= last:
        if rule.holds(day) and since < (moment := clock.moment(day, time)) <= until:
            found.append(moment)
        day += DAY
    return found


def upcoming(rule: Rule, time: dt.time, clock: Clock, now: dt.datetime) -> dt.datetime:
    """The next moment after `now`."""
    return occurrences(rule, time, clock, since=now, until=now + 40 * DAY)[0]
