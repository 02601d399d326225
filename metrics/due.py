"""When a schedule is due, in the business time zone. Pure: day of month or week, hour, days off, end of month."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from accounts.workdays import Calendar

from .models import Schedule
from .periods import ONE_DAY, Period, after, holding

BACK, AHEAD = 3, 3  # months looked at around a day
WEEK = dt.timedelta(days=7)


def between(
    schedule: Schedule, since: dt.datetime, until: dt.datetime, *, zone: ZoneInfo, calendar: Calendar
) -> list[dt.datetime]:
    """The due times after `since` up to `until`, in order; at most some months of them."""
    today = until.astimezone(zone).date()
    found = {moment(schedule, day, zone=zone, calendar=calendar) for day in _days(schedule, today)}
    return sorted(one for one in found if since < one <= until)


def following(schedule: Schedule, now: dt.datetime, *, zone: ZoneInfo, calendar: Calendar) -> dt.datetime:
    """The next due time."""
    days = _days(schedule, now.astimezone(zone).date())
    return min(one for day in days if (one := moment(schedule, day, zone=zone, calendar=calendar)) > now)


def moment(schedule: Schedule, day: dt.date, *, zone: ZoneInfo, calendar: Calendar) -> dt.datetime:
    """The hour on that day, or on the next working day where the company is off and the schedule says so."""
    if schedule.moves and not calendar.is_workday(day):
        day = calendar.next_workday(day)
    return dt.datetime.combine(day, dt.time(schedule.hour), zone)


def _days(schedule: Schedule, today: dt.date) -> Iterator[dt.date]:
    """The days it names around a day, before any moving."""
    if schedule.every == Schedule.Every.WEEK:
        first = today - dt.timedelta(days=today.isoweekday() - schedule.day)
        yield from (first + WEEK * at for at in range(-4 * BACK, AHEAD + 1))
        return
    for at in range(-BACK, AHEAD + 1):
        month = Period(after(today.replace(day=1), at), 1)
        yield min(month.first + ONE_DAY * (schedule.day - 1), month.last)


def period(schedule: Schedule, due_at: dt.datetime, *, zone: ZoneInfo) -> Period:
    """What it reports: monthly the last month that is over, weekly the month yesterday lay in."""
    day = due_at.astimezone(zone).date()
    if schedule.every == Schedule.Every.WEEK:
        return holding(day - ONE_DAY, 1)
    return Period(after(day.replace(day=1), -1), 1)
