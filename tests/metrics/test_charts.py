"""Charts as dictionaries: what the page draws and the table says."""

import datetime as dt

from metrics import charts
from metrics.periods import Period, between, named

OCTOBER, DECEMBER = dt.date(2025, 10, 1), dt.date(2025, 12, 1)


def test_a_chart_of_periods_says_which_are_not_over_yet():
    months = between(OCTOBER, DECEMBER, 1)
    day = dt.date(2025, 12, 10)
    assert charts.over(months, as_of=day, today=day) == {"short": ["10月\n2025", "11月", "12月"], "incomplete": [2]}
    assert charts.over(months) == {"short": ["10月\n2025", "11月", "12月"]}


def test_the_year_stands_where_it_begins():
    assert charts.short(between(DECEMBER, dt.date(2026, 2, 1), 1)) == ["12月\n2025", "1月\n2026", "2月"]
    assert charts.short([named("2025-Q4"), named("2026-Q1")]) == ["10–12月\n2025", "1–3月\n2026"]
    assert charts.short([Period(dt.date(2025, 4, 1), 12)]) == ["2025年度"]


def test_a_waterfall_stands_on_both_ends():
    chart = charts.waterfall("MRR", ("月初", 1000), {"新規": 200, "解約": -100}, ("月末", 1100))
    assert (chart["x"], chart["totals"]) == (["月初", "新規", "解約", "月末"], [0, 3])
    assert chart["series"][0]["data"] == [1000, 200, -100, 1100]


def test_what_went_out_is_red_and_what_came_in_begins_green():
    chart = charts.stacked(["10月"], {"新規": [5], "縮小": [-1], "解約": [-2]})
    assert [one["look"] for one in chart["series"]] == ["good", "second", "bad"]
    assert charts.stacked(["10月"], {"新規": [5]})["series"][0]["look"] == "good"


def test_more_series_than_looks_are_all_there():
    assert len(charts.line(["x"], {str(n): [1.0] for n in range(8)})["series"]) == 8


def test_the_year_before_without_a_figure_is_left_out():
    assert charts.before("前年同期", [None, None]) == {}
    assert charts.before("前年同期", [None, 2.0]) == {"before": {"name": "前年同期", "data": [None, 2.0]}}


def test_classes_without_gaps():
    assert charts.histogram(["0–1万", "1万–"], "顧客", [3, 1], unit="人")["dense"]
