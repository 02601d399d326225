"""The simulator against figures worked out by hand, against a plain loop, and against people drawn one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import simulator
from metrics.simulator import Figures

SHOP = Figures(customers=1000, churn=0.02, value=5000, margin=0.4, joining=30, winning=8000, keeping=100, months=36)


def closed_form(of: Figures) -> float:
    """With q = 1 − churn and g = (1 − q^H) ÷ churn: A·g + n·(H − g) ÷ churn customer-months."""
    staying = (1 - (1 - of.churn) ** of.months) / of.churn
    months = of.customers * staying + of.joining * (of.months - staying) / of.churn
    return of.gain * months - of.joining * of.winning * of.months


def test_two_months_by_hand():
    # Month 1: 1,000 × (5,000 × 0.4 − 100) = 1,900,000, less 30 × 8,000. Month 2: 1,000 × 0.98 + 30 = 1,010 customers.
    two = Figures(1000, 0.02, 5000, 0.4, 30, 8000, 100, months=2)
    assert simulator.profit(two) == pytest.approx(1_900_000 - 240_000 + 1_010 * 1_900 - 240_000)


def test_nobody_leaves():
    still = Figures(10, 0.0, 100, 1.0, 1, 0, 0, months=3)
    assert simulator.profit(still) == pytest.approx((10 + 11 + 12) * 100)


@settings(max_examples=30)
@given(
    st.floats(0.001, 1),
    st.floats(0, 1e5),
    st.floats(0, 1),
    st.floats(0, 1e4),
    st.integers(1, 120),
)
def test_month_by_month_is_the_closed_form(churn, value, margin, joining, months):
    of = Figures(500, churn, value, margin, joining, 3000, 50, months)
    assert simulator.profit(of) == pytest.approx(closed_form(of), rel=1e-9, abs=1e-3)


def test_people_drawn_one_by_one_come_to_the_same():
    chance = np.random.default_rng(20261122)
    there, left = 200_000, 0.0
    for _month in range(24):
        left += there * SHOP.gain
        there = chance.binomial(there, 1 - SHOP.churn) + 6_000
    many = Figures(200_000, 0.02, 5000, 0.4, 6_000, 0, 100, months=24)
    assert simulator.profit(many) == pytest.approx(left, rel=0.002)


def test_a_year_of_two_percent_a_month():
    assert SHOP.yearly_churn == pytest.approx(1 - 0.98**12)
    assert simulator.with_yearly_churn(SHOP, SHOP.yearly_churn).churn == pytest.approx(0.02)


def test_points_that_go_below_zero_are_left_out():
    loyal = simulator.with_yearly_churn(SHOP, 0.025)
    assert [points for points, _outcome in simulator.points_less(loyal)] == [1, 2]


def test_every_point_is_worth_more_than_nothing_and_five_percent_of_itself_is_not_five_points():
    outcomes = [outcome for _points, outcome in simulator.points_less(SHOP)]
    gains = [outcome.gain for outcome in outcomes]
    assert gains == sorted(gains)
    assert gains[0] > 0
    twentieth = simulator.a_twentieth_less(SHOP)
    assert twentieth.churn == pytest.approx(SHOP.yearly_churn * 0.95)
    assert gains[0] < twentieth.gain < gains[-1]
    assert simulator.halved(SHOP).gain > gains[-1]


def test_a_share_of_a_loss_is_not_given():
    loss = Figures(10, 0.5, 10, 0.1, 100, 9999, 5)
    assert simulator.a_twentieth_less(loss).share is None


def test_one_to_five():
    # ¥120 a customer and year for 2 points less: 120 ÷ 0.02 = ¥6,000 for each one saved, against ¥8,000 for a new one.
    found = simulator.prices(SHOP, extra=120, points=0.02)
    assert (found.saving, found.ratio, found.worth_paying) == (
        pytest.approx(6000),
        pytest.approx(8000 / 6000),
        pytest.approx(160),
    )
    assert simulator.prices(SHOP, extra=120, points=0).saving is None
    assert simulator.prices(SHOP, extra=0, points=0.02).ratio is None


def test_the_bars_are_in_order_and_point_the_right_way():
    bars = simulator.sensitivity(SHOP)
    assert [bar.width for bar in bars] == sorted((bar.width for bar in bars), reverse=True)
    ways = {bar.name: bar.higher > 0 for bar in bars}
    assert ways == {
        "churn": False,
        "value": True,
        "margin": True,
        "joining": True,
        "winning": False,
        "keeping": False,
    }
    value = next(bar for bar in bars if bar.name == "value")
    assert value.higher == pytest.approx(0.2 * 5000 * 0.4 * simulator.customer_months(SHOP))
