"""Again and again on a set day: which moments, also where a month is short or the clock changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from campaigns.recurring import Rule, occurrences, upcoming
from campaigns.waiting import Clock

TEN = dt.time(10)


def days(stored: dict, since: str, until: str, zone: str = "Asia/Tokyo", time: dt.time = TEN) -> list[str]:
    clock = Clock(ZoneInfo(zone))
    first, last = (dt.datetime.fromisoformat(text).replace(tzinfo=clock.zone) for text in (since, until))
    found = occurrences(Rule.read(stored), time, clock, since=first, until=last)
    return [f"{moment.astimezone(clock.zone):%m-%d}" for moment in found]


@pytest.mark.parametrize(
    ("stored", "since", "until", "expected"),
    [
        ({"every": "week", "on": [0]}, "2026-11-01", "2026-11-30 23:59", ["11-02", "11-09", "11-16", "11-23", "11-30"]),
        ({"every": "week", "on": [4, 1]}, "2026-11-16", "2026-11-22", ["11-17", "11-20"]),
        ({"every": "month", "on": 1}, "2026-11-01 10:00", "2027-01-31", ["12-01", "01-01"]),
        ({"every": "month", "on": 31}, "2027-01-01", "2027-05-01", ["01-31", "02-28", "03-31", "04-30"]),
        ({"every": "month", "on": 30}, "2028-01-01", "2028-04-01", ["01-30", "02-29", "03-30"]),
        ({"every": "month", "on": 0}, "2026-09-01", "2026-12-01", ["09-30", "10-31", "11-30"]),
        ({"every": "month", "on": 0}, "2026-09-30 10:00", "2026-10-31 09:59", []),
    ],
)
def test_it_recurs(stored, since, until, expected):
    assert days(stored, since, until) == expected


def test_an_occurrence_in_the_hour_the_clock_leaves_out_happens_once():
    daily = {"every": "week", "on": list(range(7))}
    assert days(daily, "2026-03-07", "2026-03-10", "America/New_York", dt.time(2, 30)) == ["03-07", "03-08", "03-09"]
    assert days(daily, "2026-10-31", "2026-11-03", "America/New_York", dt.time(1, 30)) == ["10-31", "11-01", "11-02"]


def test_the_next_one_is_said():
    now = dt.datetime(2026, 11, 20, 1, tzinfo=dt.UTC)
    clock = Clock(ZoneInfo("Asia/Tokyo"))
    assert upcoming(Rule.read({"every": "month", "on": 31}), TEN, clock, now) == dt.datetime(
        2026, 11, 30, 1, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    "stored",
    [{}, {"every": "week", "on": []}, {"every": "week", "on": [7]}, {"every": "month", "on": 32}, {"every": "year"}],
)
def test_what_is_no_rule_is_refused(stored):
    with pytest.raises(ValueError, match="no rule"):
        Rule.read(stored)
