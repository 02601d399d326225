"""By a date of the customer: month ends, leap years, and nobody left out on any day of four years."""

import datetime as dt

import pytest

from campaigns.anniversaries import Rule, add_months, month_days, turned


def texts(dates: list[dt.date]) -> list[str]:
    return [f"{date:%m-%d}" for date in dates]


@pytest.mark.parametrize(
    ("days", "months", "day", "expected"),
    [
        (0, 0, "2026-11-20", ["11-20"]),
        (-30, 0, "2026-11-20", ["12-20"]),
        (7, 0, "2026-03-01", ["02-22"]),
        (-1, 0, "2028-02-28", ["02-29"]),
        (-1, 0, "2026-02-28", ["03-01"]),
        # a month before 28, 29, 30 and 31 March alike
        (0, -1, "2026-02-28", ["03-28", "03-29", "03-30", "03-31"]),
        (0, -1, "2028-02-28", ["03-28"]),
        (0, -1, "2028-02-29", ["03-29", "03-30", "03-31"]),
        (0, -1, "2026-04-30", ["05-30", "05-31"]),
        (0, -1, "2026-03-31", []),  # 30 April's month before is 30 March
        (0, 1, "2026-02-28", ["01-28", "01-29", "01-30", "01-31"]),
        (0, -12, "2027-02-28", ["02-28", "02-29"]),
        (0, 6, "2026-08-31", []),
        (0, 6, "2026-08-28", ["02-28"]),
    ],
)
def test_dates_whose_turn_it_is(days, months, day, expected):
    assert texts(turned(Rule("joined_on", days, months), dt.date.fromisoformat(day))) == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2026-02-28", [228, 229]), ("2028-02-28", [228]), ("2028-02-29", [229]), ("2026-03-01", [301])],
)
def test_who_was_born_on_29_february_has_his_day_in_every_year(date, expected):
    assert month_days([dt.date.fromisoformat(date)]) == expected


@pytest.mark.parametrize(
    "rule", [Rule("birth_on"), Rule("birth_on", -30), Rule("birth_on", 0, -1), Rule("birth_on", 5)]
)
def test_everybody_has_exactly_one_turn_a_year_for_four_years(rule):
    """Day by day: each birthday of the calendar, 29 February among them, has its turn once for each year."""
    first = dt.date(2026, 1, 1)
    turns: dict[tuple[int, int], int] = {}
    for ahead in range(-400, 4 * 366 + 400):
        dates = turned(rule, first + dt.timedelta(ahead))
        for month_day in month_days(dates) if dates else []:
            key = (month_day, dates[0].year)
            turns[key] = turns.get(key, 0) + 1
    birthdays = {100 * (first + dt.timedelta(n)).month + (first + dt.timedelta(n)).day for n in range(4 * 365 + 1)}
    assert len(birthdays) == 366
    assert {turns.get((birthday, year)) for birthday in birthdays for year in range(2026, 2030)} == {1}


def test_months_end_where_the_month_ends():
    assert add_months(dt.date(2026, 1, 31), 1) == dt.date(2026, 2, 28)
    assert add_months(dt.date(2026, 12, 15), 1) == dt.date(2027, 1, 15)
    assert add_months(dt.date(2026, 1, 15), -1) == dt.date(2025, 12, 15)


@pytest.mark.parametrize(
    "stored",
    [{}, {"field": "name"}, {"field": "birth_on", "days": 1, "months": 1}, {"field": "birth_on", "days": 400}],
)
def test_what_is_no_rule_is_refused(stored):
    with pytest.raises(ValueError, match=r"no rule|too far"):
        Rule.read(stored)


def test_a_rule_is_read_as_it_is_stored():
    assert Rule.read({"field": "notice_on", "days": -14}) == Rule("notice_on", -14)
