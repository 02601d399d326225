"""When a report is due: end of month, leap day, days off, other zones. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from accounts.workdays import Calendar
from metrics import due
from metrics.models import Schedule

TOKYO = ZoneInfo("Asia/Tokyo")


def monthly(day, **fields):
    return Schedule(**{"every": "month", "day": day, "hour": 9, "moves": False, **fields})


def times(schedule, since, until, zone=TOKYO):
    since, until = (dt.datetime.fromisoformat(one).replace(tzinfo=zone) for one in (since, until))
    return [f"{one:%Y-%m-%d %H:%M}" for one in due.between(schedule, since, until, zone=zone, calendar=Calendar())]


@pytest.mark.parametrize(
    ("schedule", "since", "until", "found"),
    [
        (monthly(1), "2026-10-01T09:00", "2026-11-01T09:00", ["2026-11-01 09:00"]),
        (monthly(1), "2026-10-31T00:00", "2026-11-01T08:59", []),
        (monthly(31), "2026-01-31T10:00", "2026-03-31T23:00", ["2026-02-28 09:00", "2026-03-31 09:00"]),
        (monthly(31), "2028-02-01T00:00", "2028-03-01T00:00", ["2028-02-29 09:00"]),
        (monthly(30), "2026-04-01T00:00", "2026-05-01T00:00", ["2026-04-30 09:00"]),
        # 1 November 2026 is a Sunday, 3 November 文化の日; the first of May 2027 a Saturday before 5 days off.
        (monthly(1, moves=True), "2026-10-31T00:00", "2026-11-30T00:00", ["2026-11-02 09:00"]),
        (monthly(1, moves=True), "2027-04-30T00:00", "2027-05-31T00:00", ["2027-05-06 09:00"]),
        # Moved over the end of the month: 31 October 2026 is a Saturday.
        (monthly(31, moves=True), "2026-10-31T00:00", "2026-11-29T00:00", ["2026-11-02 09:00"]),
        (monthly(1, every="week"), "2026-11-14T00:00", "2026-11-24T00:00", ["2026-11-16 09:00", "2026-11-23 09:00"]),
        # Labour Thanksgiving Day is a Monday in 2026.
        (monthly(1, every="week", moves=True), "2026-11-20T00:00", "2026-11-25T00:00", ["2026-11-24 09:00"]),
    ],
)
def test_due_times(schedule, since, until, found):
    assert times(schedule, since, until) == found


def test_the_clock_is_that_of_the_company():
    """09:00 in Tokyo is midnight in UTC; in New York the hour stays though the clocks change on 1 November."""
    at = due.moment(monthly(1), dt.date(2026, 11, 1), zone=TOKYO, calendar=Calendar())
    assert at.astimezone(dt.UTC) == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    new_york = ZoneInfo("America/New_York")
    found = due.between(
        monthly(1, every="week"),
        dt.datetime(2026, 10, 25, tzinfo=new_york),
        dt.datetime(2026, 11, 3, tzinfo=new_york),
        zone=new_york,
        calendar=Calendar(),
    )
    assert [one.astimezone(dt.UTC).hour for one in found] == [13, 14]


@pytest.mark.parametrize(
    ("schedule", "now", "found"),
    [
        (monthly(5), "2026-11-05T09:00", "2026-12-05 09:00"),
        (monthly(31), "2026-12-31T09:00", "2027-01-31 09:00"),
        (monthly(7, every="week"), "2026-11-22T09:00", "2026-11-29 09:00"),
        (monthly(31, moves=True), "2026-11-01T00:00", "2026-11-02 09:00"),
    ],
)
def test_the_next_one(schedule, now, found):
    at = dt.datetime.fromisoformat(now).replace(tzinfo=TOKYO)
    assert f"{due.following(schedule, at, zone=TOKYO, calendar=Calendar()):%Y-%m-%d %H:%M}" == found


@pytest.mark.parametrize(
    ("schedule", "day", "code"),
    [
        (monthly(1), "2026-11-01", "2026-10"),
        (monthly(31), "2026-10-31", "2026-09"),
        (monthly(1), "2027-01-01", "2026-12"),
        (monthly(1, every="week"), "2026-11-01", "2026-10"),
        (monthly(1, every="week"), "2026-11-02", "2026-11"),
    ],
)
def test_what_it_reports(schedule, day, code):
    at = dt.datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=TOKYO)
    assert due.period(schedule, at, zone=TOKYO).code == code
