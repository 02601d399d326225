"""When a step is due: waits, working days, times of day, and clocks that jump."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from accounts.workdays import Calendar, Closure
from campaigns.models import Step
from campaigns.waiting import Clock, due_after

TOKYO = Clock(ZoneInfo("Asia/Tokyo"))
NEW_YORK, PARIS, LORD_HOWE = "America/New_York", "Europe/Paris", "Australia/Lord_Howe"
TEN = dt.time(10)


def local(text: str, zone: str = "Asia/Tokyo") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def due(wait: int, unit: str, since: str, at: dt.time | None = None, clock: Clock = TOKYO) -> str:
    step = Step(wait=wait, wait_unit=unit, send_time=at)
    found = due_after(step, local(since, str(clock.zone)), clock)
    assert found >= local(since, str(clock.zone))
    return f"{found.astimezone(clock.zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("wait", "unit", "at", "since", "expected"),
    [
        (0, "hours", None, "2026-11-20 10:07", "2026-11-20 10:07"),
        (0, "days", None, "2026-11-20 10:07", "2026-11-20 10:07"),
        (5, "hours", None, "2026-11-20 22:00", "2026-11-21 03:00"),
        (5, "hours", TEN, "2026-11-20 22:00", "2026-11-21 10:00"),
        (0, "days", TEN, "2026-11-20 09:59", "2026-11-20 10:00"),
        (0, "days", TEN, "2026-11-20 10:00", "2026-11-20 10:00"),
        (0, "days", TEN, "2026-11-20 10:01", "2026-11-21 10:00"),
        (3, "days", None, "2026-11-20 10:07", "2026-11-23 10:07"),
        (3, "days", TEN, "2026-11-20 23:59", "2026-11-23 10:00"),
        (3, "days", TEN, "2026-12-30 12:00", "2027-01-02 10:00"),
        # Friday 20 November 2026; Monday the 23rd is 勤労感謝の日
        (0, "workdays", None, "2026-11-20 10:07", "2026-11-20 10:07"),
        (1, "workdays", None, "2026-11-20 10:07", "2026-11-24 10:07"),
        (2, "workdays", TEN, "2026-11-20 18:00", "2026-11-25 10:00"),
        (0, "workdays", TEN, "2026-11-20 18:00", "2026-11-24 10:00"),
        (0, "workdays", None, "2026-11-21 10:07", "2026-11-24 10:07"),
        (0, "workdays", TEN, "2026-11-21 18:00", "2026-11-24 10:00"),
        # 振替休日 and 国民の休日: 3–6 May 2026 are all holidays, a Sunday to a Wednesday
        (1, "workdays", TEN, "2026-05-01 12:00", "2026-05-07 10:00"),
        # 年末年始
        (1, "workdays", TEN, "2026-12-28 12:00", "2027-01-04 10:00"),
        # お盆: Monday the 10th; 山の日 is the 11th, 13–16 rest
        (2, "workdays", TEN, "2026-08-10 12:00", "2026-08-17 10:00"),
    ],
)
def test_a_wait_ends_when_the_calendar_says(wait, unit, at, since, expected):
    assert due(wait, unit, since, at) == expected


def test_days_the_company_is_closed_are_no_working_days():
    founding = Closure(dt.date(2026, 11, 24), dt.date(2026, 11, 25))
    clock = Clock(ZoneInfo("Asia/Tokyo"), Calendar((founding,)))
    assert due(1, "workdays", "2026-11-20 12:00", TEN, clock) == "2026-11-26 10:00"


@pytest.mark.parametrize(
    ("zone", "day", "time", "expected"),
    [
        # 02:30 is left out: the moment the clock jumps over
        (NEW_YORK, "2026-03-08", "02:30", "2026-03-08T07:30"),
        (PARIS, "2026-03-29", "02:30", "2026-03-29T01:30"),
        (LORD_HOWE, "2026-10-04", "02:15", "2026-10-03T15:45"),
        # twice: the first of both
        (NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30"),
        (PARIS, "2026-10-25", "02:30", "2026-10-25T00:30"),
        (LORD_HOWE, "2026-04-05", "01:45", "2026-04-04T14:45"),
        # the days beside them, and a zone without changes
        (NEW_YORK, "2026-03-07", "02:30", "2026-03-07T07:30"),
        (NEW_YORK, "2026-03-09", "02:30", "2026-03-09T06:30"),
        (PARIS, "2026-10-26", "02:30", "2026-10-26T01:30"),
        ("Asia/Tokyo", "2026-03-08", "02:30", "2026-03-07T17:30"),
        ("Asia/Tokyo", "2026-01-01", "00:00", "2025-12-31T15:00"),
    ],
)
def test_a_local_time_is_one_moment_whatever_the_clock_does(zone, day, time, expected):
    found = Clock(ZoneInfo(zone)).moment(dt.date.fromisoformat(day), dt.time.fromisoformat(time))
    assert f"{found:%Y-%m-%dT%H:%M}" == expected


def test_hours_are_hours_and_days_keep_the_time_on_the_wall_when_the_clock_changes():
    new_york = Clock(ZoneInfo(NEW_YORK))
    assert due(24, "hours", "2026-03-07 12:00", clock=new_york) == "2026-03-08 13:00"
    assert due(1, "days", "2026-03-07 12:00", clock=new_york) == "2026-03-08 12:00"


@pytest.mark.parametrize("zone", ["Asia/Tokyo", NEW_YORK, PARIS, LORD_HOWE])
def test_a_daily_time_comes_once_on_every_day_of_a_year(zone):
    clock, day = Clock(ZoneInfo(zone)), dt.date(2026, 1, 1)
    moments = [clock.moment(day + dt.timedelta(ahead), dt.time(2, 30)) for ahead in range(365)]
    assert len({clock.day_of(moment) for moment in moments}) == 365
    assert moments == sorted(set(moments))
