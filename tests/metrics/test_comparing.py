"""A figure beside the period before and the year before: sign, unit, and whether it is good news."""

import datetime as dt
from decimal import Decimal

import pytest

from metrics import comparing
from metrics.periods import named

MONTHS = {dt.date(2025, 10, 1): 5.0, dt.date(2026, 9, 1): 4.2, dt.date(2026, 10, 1): 4.6}


@pytest.mark.parametrize(
    ("now", "before", "unit", "good", "text", "look"),
    [
        (4.6, 4.2, "%", "down", "+0.4pt", "bad"),
        (4.2, 4.6, "%", "down", "−0.4pt", "good"),
        (4.2, 4.2, "%", "down", "±0.0pt", "flat"),
        (4.24, 4.2, "%", "down", "±0.0pt", "flat"),  # as it is shown
        (101.0, 98.5, "%", "up", "+2.5pt", "good"),
        (110, 100, "人", "up", "+10.0%", "good"),
        (Decimal(90), Decimal(100), "¥", "up", "−10.0%", "bad"),
        (2_100, 100, "人", "", "+2,000.0%", "flat"),  # a figure without a good direction is neither
        (-50, -100, "¥", "up", "+50.0%", "good"),
    ],
)
def test_a_change(now, before, unit, good, text, look):
    found = comparing.change(now, before, unit=unit, good=good)
    assert (found.text, found.look) == (text, look)


def test_a_change_is_never_said_by_colour_alone():
    assert str(comparing.change(4.6, 4.2, unit="%", good="down", label="前月比")) == "前月比 +0.4pt 悪化"
    assert comparing.change(4.6, 4.2, unit="%", good="down").arrow == "arrow-up-right"
    assert comparing.change(4.2, 4.6, unit="%", good="down").words == "改善"


@pytest.mark.parametrize(
    ("now", "before", "unit", "reason"),
    [(None, 1, "%", "どちらかの数字が"), (1, None, "%", "どちらかの数字が"), (3, 0, "人", "0のため")],
)
def test_without_a_figure_there_is_a_dash_and_why(now, before, unit, reason):
    found = comparing.change(now, before, unit=unit, good="up")
    assert (found.text, found.arrow) == ("–", "")
    assert reason in found.reason


def test_a_month_is_compared_with_the_one_before_and_the_same_of_last_year():
    found = comparing.compared(MONTHS, named("2026-10"), metric="churn")
    assert [str(one) for one in found] == ["前月比 +0.4pt 悪化", "前年同月比 −0.4pt 改善"]


def test_what_the_data_do_not_reach_is_said():
    month, year = comparing.compared(MONTHS, named("2026-09"), metric="churn")
    assert "その時期のデータ" in month.reason
    assert "その時期のデータ" in year.reason
    (none, _) = comparing.compared({dt.date(2026, 10, 1): None}, named("2026-10"), metric="churn")
    assert "比べる数字" in none.reason


def test_a_fiscal_year_has_one_comparison(db):
    years = {dt.date(2025, 4, 1): 20.0, dt.date(2024, 4, 1): 25.0}
    assert [str(one) for one in comparing.compared(years, named("FY2025"), metric="churn")] == ["前年度比 −5.0pt 改善"]


def test_a_quarter_says_so():
    labels = [one.label for one in comparing.compared({}, named("2026-Q3"), metric="churn")]
    assert labels == ["前四半期比", "前年同期比"]
