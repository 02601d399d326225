"""When a step is due: waits in hours, days and working days, at a time of day. Local time is the company's; pure.

A local time that the clock leaves out in spring counts as the moment the clock jumps over; one that comes twice in
autumn is the first of both.
"""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from accounts import workdays
from accounts.models import Installation

from .models import Step, WaitUnit

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """The company's clock on the wall and its calendar."""

    zone: ZoneInfo
    calendar: workdays.Calendar = field(default_factory=workdays.Calendar)

    @classmethod
    def load(cls, installation: Installation) -> "Clock":
        return cls(installation.zone, workdays.load())

    def moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        """That local time of that day, in UTC."""
        return dt.datetime.combine(day, time.replace(fold=0), self.zone).astimezone(dt.UTC)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.zone).date()

    def next_at(self, since: dt.datetime, time: dt.time) -> dt.datetime:
        """The first moment ≥ `since` at which the clock shows `time`."""
        today = self.day_of(since)
        found = (self.moment(day, time) for day in (today, today + DAY))
        return next((moment for moment in found if moment >= since), self.moment(today + 2 * DAY, time))


def due_after(step: Step, since: dt.datetime, clock: Clock) -> dt.datetime:
    """When the step is due for someone who passed the step before (or entered) at `since`; never before `since`.

    Hours are hours, whatever clocks do. Days and working days are counted on the calendar, and end at the step's time
    of day, else at the time of day of `since`. "0 working days" is today if it is one, else the next.
    """
    if step.wait_unit == WaitUnit.HOURS:
        passed = since + dt.timedelta(hours=step.wait)
        return clock.next_at(passed, step.send_time) if step.send_time else passed
    day = clock.day_of(since)
    if step.wait_unit == WaitUnit.WORKDAYS:
        return _on_workday(step, since, clock, day)
    if step.send_time is None and not step.wait:
        return since
    due = clock.moment(day + step.wait * DAY, _time(step, since, clock))
    return due if due >= since else clock.next_at(since, _time(step, since, clock))


def _on_workday(step: Step, since: dt.datetime, clock: Clock, day: dt.date) -> dt.datetime:
    time = _time(step, since, clock)
    day = clock.calendar.add_workdays(day, step.wait)
    if not clock.calendar.is_workday(day):
        day = clock.calendar.next_workday(day)
    due = clock.moment(day, time)
    if step.send_time is None and not step.wait and day == clock.day_of(since):
        return since
    return due if due >= since else clock.moment(clock.calendar.next_workday(day), time)


def _time(step: Step, since: dt.datetime, clock: Clock) -> dt.time:
    return step.send_time or since.astimezone(clock.zone).time()
