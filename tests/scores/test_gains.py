"""Cumulative gain and lift: how much of what came stands among the highest."""

import pytest

from scores import gains


def tenth(customers, actual):
    return {"customers": customers, "actual": actual}


def test_the_best_tenth_of_ten_equal_ones():
    rows = [tenth(10, 0.0)] * 8 + [tenth(10, 0.5), tenth(10, 0.5)]
    curve = gains.caught(rows)
    assert curve == pytest.approx([0.5, *[1.0] * 9])
    assert gains.lift(curve) == pytest.approx(5.0)
    assert gains.lift(curve, 50) == pytest.approx(2.0)


def test_equal_figures_stand_in_no_order():
    """All alike: whichever tenth is taken holds a tenth."""
    assert gains.caught([tenth(70, 0.3)]) == pytest.approx([step / 100 for step in gains.STEPS])


def test_a_group_larger_than_a_tenth_is_cut_straight():
    """The best 40 of 100 hold 8 of 10 who came: a tenth of all holds 2."""
    assert gains.caught([tenth(60, 2 / 60), tenth(40, 0.2)])[:4] == pytest.approx([0.2, 0.4, 0.6, 0.8])


@pytest.mark.parametrize("rows", [[], [tenth(10, 0.0)]])
def test_where_nothing_came_there_is_no_curve(rows):
    assert gains.caught(rows) == []
