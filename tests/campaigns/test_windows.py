"""When a promotion may go: worked out by hand for zones, nights, weekends, holidays and changing clocks."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import ClosedDays, Installation
from accounts.workdays import Calendar, Closure
from campaigns.windows import Rules, opens_at

NIGHT = Rules("Asia/Tokyo", dt.time(20), dt.time(8))
STRICT = Rules("Asia/Tokyo", dt.time(20), dt.time(8), on_weekends=False, on_holidays=False)


def at(text: str, zone: str = "Asia/Tokyo") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("rules", "now", "opens"),
    [
        (Rules("Asia/Tokyo"), "2026-11-20 03:00", "2026-11-20 03:00"),  # nothing set: always
        (NIGHT, "2026-11-20 19:59", "2026-11-20 19:59"),
        (NIGHT, "2026-11-20 20:00", "2026-11-21 08:00"),
        (NIGHT, "2026-11-21 07:59", "2026-11-21 08:00"),
        (NIGHT, "2026-11-21 08:00", "2026-11-21 08:00"),
        (STRICT, "2026-11-20 20:00", "2026-11-24 08:00"),  # Fri night; Sat, Sun, 勤労感謝の日
        (STRICT, "2026-11-21 12:00", "2026-11-24 08:00"),
        (STRICT, "2026-12-28 21:00", "2027-01-04 08:00"),  # 年末年始
        (STRICT, "2026-08-12 19:00", "2026-08-12 19:00"),
        (STRICT, "2026-08-13 12:00", "2026-08-17 08:00"),  # お盆 13–16 Aug, the 15th and 16th a weekend
        (Rules("Asia/Tokyo", dt.time(12), dt.time(13)), "2026-11-20 12:30", "2026-11-20 13:00"),
        (Rules("Asia/Tokyo", dt.time(9), dt.time(9)), "2026-11-20 09:00", "2026-11-20 09:00"),  # no hours at all
        (Rules("Asia/Tokyo", dt.time(20), None), "2026-11-20 23:00", "2026-11-20 23:00"),
    ],
)
def test_the_moment_it_opens(rules, now, opens):
    assert opens_at(at(now), "", rules) == at(opens)


def test_it_is_the_persons_night_that_counts():
    noon_in_tokyo = at("2026-11-20 12:00")
    assert opens_at(noon_in_tokyo, "America/New_York", NIGHT) == at("2026-11-20 08:00", "America/New_York")
    assert opens_at(noon_in_tokyo, "Asia/Tokyo", NIGHT) == noon_in_tokyo


def test_a_zone_nobody_knows_is_the_companys():
    assert opens_at(at("2026-11-20 21:00"), "Mars/Olympus", NIGHT) == at("2026-11-21 08:00")


@pytest.mark.parametrize(
    ("zone", "now", "until", "opens"),
    [
        # Paris springs from 2 to 3 on 29 March 2026: quiet until 02:30, which does not exist, ends as it jumps.
        ("Europe/Paris", "2026-03-29T00:30:00+00:00", dt.time(2, 30), "2026-03-29T01:30:00+00:00"),
        # New York falls from 2 to 1 on 1 November 2026: 01:30 comes twice, the first counts (EDT, UTC−4).
        ("America/New_York", "2026-11-01T04:30:00+00:00", dt.time(1, 30), "2026-11-01T05:30:00+00:00"),
        # Lord Howe moves by half an hour, on 4 October 2026 from 2:00 to 2:30.
        ("Australia/Lord_Howe", "2026-10-03T14:00:00+00:00", dt.time(2, 15), "2026-10-03T15:45:00+00:00"),
    ],
)
def test_a_changing_clock_moves_no_window(zone, now, until, opens):
    rules = Rules("Asia/Tokyo", dt.time(22), until)
    assert opens_at(dt.datetime.fromisoformat(now), zone, rules) == dt.datetime.fromisoformat(opens)


def test_a_company_that_never_opens_gets_an_answer():
    rules = Rules("Asia/Tokyo", calendar=Calendar((Closure(dt.date(2020, 1, 1), dt.date(2090, 1, 1)),)))
    assert opens_at(at("2026-11-20 12:00"), "", rules) >= at("2027-01-18 12:00")


@settings(max_examples=30)
@given(
    st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: at("2025-01-01 00:00") + dt.timedelta(minutes=minutes)),
    st.sampled_from(["Asia/Tokyo", "America/New_York", "Europe/Paris", "Australia/Lord_Howe"]),
    st.times(),
    st.times(),
)
def test_where_it_opens_it_is_open_and_never_in_the_past(now, zone, begins, ends):
    rules = Rules("Asia/Tokyo", begins, ends, on_weekends=False, on_holidays=False)
    opens = opens_at(now, zone, rules)
    assert opens >= now
    assert (
        opens_at(opens, zone, rules) == opens
        or opens.astimezone(ZoneInfo(zone)).utcoffset() != now.astimezone(ZoneInfo(zone)).utcoffset()
    )


@pytest.mark.django_db
def test_the_rules_are_those_of_the_settings_page():
    ClosedDays.objects.create(name="創立記念日", first_on="2026-11-20", last_on="2026-11-20")
    rules = Rules.load(Installation.get())
    assert (rules.quiet_from, rules.quiet_until, rules.on_weekends, rules.on_holidays) == (
        dt.time(20),
        dt.time(8),
        True,
        False,
    )
    assert opens_at(at("2026-11-20 12:00"), "", rules) == at("2026-11-21 08:00")
