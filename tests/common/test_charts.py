"""The table beside a chart."""

import pytest

from common.templatetags.charts import chart_table, written


def texts(table):
    return [(row["name"], [cell["text"] for cell in row["cells"]]) for row in table["rows"]]


def test_it_says_the_same_as_the_chart():
    chart = {
        "x": ["2026-01", "2026-02"],
        "unit": "%",
        "digits": 1,
        "series": [{"name": "a", "data": [4.649, None]}, {"name": "b", "data": [5, 6]}],
    }
    table = chart_table(chart)
    assert texts(table) == [("2026-01", ["4.6%", "5.0%"]), ("2026-02", ["–", "6.0%"])]
    assert table["rows"][0]["cells"][0]["value"] == 4.649  # what a spreadsheet gets is not rounded
    assert not table["has_marks"]


def test_goal_the_year_before_marks_and_what_is_not_over_yet_stand_in_it_too():
    chart = {
        "x": ["9", "10"],
        "series": [{"name": "a", "data": [1, 2]}],
        "before": {"name": "b", "data": [3]},
        "goal": {"name": "g", "data": [None, 4]},
        "incomplete": [1],
        "marks": [{"at": 1, "text": "値上げ", "url": ""}],
    }
    table = chart_table(chart)
    assert table["head"] == ["a", "b", "g"]
    assert texts(table) == [("9", ["1", "3", "–"]), ("10", ["2", "–", "4"])]
    assert [row["is_incomplete"] for row in table["rows"]] == [False, True]
    assert [[mark["text"] for mark in row["marks"]] for row in table["rows"]] == [[], ["値上げ"]]


def test_steps_of_a_waterfall_carry_their_sign_and_its_ends_do_not():
    data = [1000, 200, -50, 0, 1150]
    chart = {
        "kind": "waterfall",
        "x": list("abcde"),
        "unit": "¥",
        "totals": [0, 4],
        "series": [{"data": data, "name": ""}],
    }
    assert [cells[0] for _, cells in texts(chart_table(chart))] == ["¥1,000", "+¥200", "−¥50", "¥0", "¥1,150"]


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(-1234, "¥", "−¥1,234.0"), (-0.04, "%", "0.0%"), (12, "人", "12.0人"), (None, "%", "–")]
)
def test_a_figure_with_its_unit(value, unit, text):
    assert written(value, {"unit": unit, "digits": 1}) == text
