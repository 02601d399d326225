"""The company's calendar: holidays of Japan, customs, its own days off, and counting working days."""

import datetime as dt

import pytest

from accounts import workdays
from accounts.models import ClosedDays
from accounts.workdays import Calendar, Closure

JAPAN = Calendar()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "is_worked"),
    [
        ("2026-11-20", True),  # a Friday
        ("2026-11-21", False),  # Saturday
        ("2026-11-23", False),  # 勤労感謝の日
        ("2026-09-22", False),  # 国民の休日, between two holidays
        ("2026-05-06", False),  # 振替休日
        ("2026-08-12", True),
        ("2026-08-13", False),  # お盆
        ("2026-12-28", True),
        ("2026-12-29", False),  # 年末
        ("2027-01-04", True),
    ],
)
def test_weekends_holidays_obon_and_the_turn_of_the_year_are_not_worked(text, is_worked):
    assert JAPAN.is_workday(day(text)) is is_worked


def test_three_working_days_after_the_friday_before_a_long_weekend():
    # 20 Nov 2026 is a Friday, Monday the 23rd a holiday: 24, 25, 26.
    assert JAPAN.add_workdays(day("2026-11-20"), 3) == day("2026-11-26")
    assert JAPAN.add_workdays(day("2026-11-21"), 0) == day("2026-11-21")


def test_the_companys_own_days_off_count_too():
    closed = Calendar((Closure(day("2026-11-24"), day("2026-11-25")),))
    assert closed.add_workdays(day("2026-11-20"), 1) == day("2026-11-26")


def test_a_yearly_closure_holds_every_year_and_over_the_end_of_one():
    closure = Closure(day("2024-12-30"), day("2025-01-05"), is_yearly=True)
    assert [closure.holds(day(text)) for text in ("2026-12-30", "2027-01-05", "2027-01-06", "2026-12-29")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_calendar_without_working_days_answers_all_the_same():
    closed = Calendar((Closure(day("2020-01-01"), day("2090-01-01")),))
    assert closed.add_workdays(day("2026-11-20"), 2) == day("2026-11-22")


@pytest.mark.django_db
def test_what_is_stored_is_what_counts():
    ClosedDays.objects.create(name="創立記念日", first_on="2020-06-03", last_on="2020-06-03", is_yearly=True)
    assert not workdays.load().is_workday(day("2026-06-03"))
