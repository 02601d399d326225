"""Months and quarters."""

import datetime as dt

import pytest

from metrics.periods import Period, after, between, holding, month_of, named


def test_a_month_and_a_quarter_end_on_their_last_day():
    assert Period(dt.date(2024, 2, 1), 1).last == dt.date(2024, 2, 29)
    assert Period(dt.date(1997, 10, 1), 3).last == dt.date(1997, 12, 31)


@pytest.mark.parametrize("code", ["1997-02", "1997-Q1", "1997-Q4", "2026-12"])
def test_a_code_names_its_period(code):
    assert named(code).code == code


@pytest.mark.parametrize("code", ["1997-13", "1997-Q5", "0000-01", "9999-12", "97-1", "1997-2", "１９９７-02", "x", ""])
def test_other_words_name_none(code):
    assert named(code) is None


def test_a_quarter_is_the_calendars():
    assert holding(dt.date(1997, 11, 20), 3) == Period(dt.date(1997, 10, 1), 3)
    assert holding(dt.date(1997, 11, 20), 1) == month_of("1997-11")


def test_months_go_over_the_year():
    assert after(dt.date(2025, 11, 1), 3) == dt.date(2026, 2, 1)
    assert after(dt.date(2026, 1, 1), -13) == dt.date(2024, 12, 1)


def test_between_holds_both_ends():
    found = between(dt.date(2025, 12, 31), dt.date(2026, 2, 1), 1)
    assert [one.code for one in found] == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize(
    ("as_of", "today", "is_complete"),
    [
        ("2026-06-30", "2026-07-01", True),
        ("2026-06-29", "2026-07-01", False),
        ("2026-06-30", "2026-06-30", False),
        ("2026-12-31", "2026-06-30", False),
    ],
)
def test_a_period_is_complete_when_known_to_its_end_and_over(as_of, today, is_complete):
    june = Period(dt.date(2026, 6, 1), 1)
    days = {"as_of": dt.date.fromisoformat(as_of), "today": dt.date.fromisoformat(today)}
    assert june.is_complete(**days) is is_complete
