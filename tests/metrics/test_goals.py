"""Goals: which holds when, whether it is reached, and the line on the chart."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import AuditEvent, Role
from metrics import goals
from metrics.goals import Goals, judged
from metrics.models import Goal
from metrics.periods import between, named
from tests import factories

APRIL, JULY = dt.date(2026, 4, 1), dt.date(2026, 7, 1)
NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)


def some():
    return Goals([Goal(metric="churn", since=JULY, value=4), Goal(metric="churn", since=APRIL, value=5)])


def test_a_goal_holds_from_its_month_until_the_next():
    found = some()
    days = [dt.date(2026, 3, 31), APRIL, dt.date(2026, 6, 30), JULY]
    assert [found.at("churn", day) for day in days] == [None, 5, 5, 4]
    assert found.at("active", JULY) is None


def test_an_empty_goal_ends_the_one_before():
    found = Goals([*some().rows, Goal(metric="churn", since=dt.date(2026, 8, 1), value=None)])
    assert found.at("churn", dt.date(2026, 8, 2)) is None


def test_its_line_has_a_gap_where_there_was_none():
    months = between(dt.date(2026, 3, 1), JULY, 1)
    assert some().line("churn", months) == {"goal": {"name": "目標", "data": [None, 5.0, 5.0, 5.0, 4.0]}}
    assert some().line("active", months) == {}


def test_a_goal_of_months_is_not_drawn_over_quarters():
    assert some().line("churn", [named("2026-Q2")]) == {}


@pytest.mark.parametrize(
    ("metric", "value", "goal", "words"),
    [
        ("churn", 4.6, 4.0, "目標 4.0% まであと 0.6pt"),
        ("churn", 4.0, 4.0, "目標 4.0% を達成"),
        ("churn", 4.04, 4.0, "目標 4.0% を達成"),  # both read 4.0 %
        ("churn", 3.2, 4.0, "目標 4.0% を達成"),
        ("ltv_predicted", 98000, 100000, "目標 ¥100,000 まであと ¥2,000"),
        ("ltv_predicted", 100000, 100000, "目標 ¥100,000 を達成"),
    ],
)
def test_it_is_reached_on_the_good_side(metric, value, goal, words):
    assert str(judged(metric, value, goal)) == words


def test_without_a_figure_or_a_goal_nothing_is_judged():
    assert some().judge("churn", None, JULY) is None
    assert some().judge("active", 12, JULY) is None
    assert some().judge("churn", 4.0, JULY).is_reached


def test_only_figures_with_a_good_direction_have_goals():
    assert goals.offered()["churn"] == "%"
    assert "rfm" not in goals.offered()


def test_a_goal_is_set_changed_and_taken_out_with_a_row_in_the_log(db):
    boss = factories.user(role=Role.MANAGER)
    goals.set_goal(metric="churn", since=dt.date(2026, 4, 20), value=Decimal("4.5"), by=boss, now=NOW)
    goal = goals.set_goal(metric="churn", since=APRIL, value=Decimal(4), by=boss, now=NOW)
    assert list(Goal.objects.values_list("since", "value")) == [(APRIL, 4)]
    assert Goals.read().authors() == [boss]
    goals.take_back(goal=goal, by=boss)
    assert not Goal.objects.exists()
    logged = list(AuditEvent.objects.order_by("pk").values_list("action", "detail__value"))
    assert logged == [("metrics.goal_set", "4.5"), ("metrics.goal_set", "4"), ("metrics.goal_removed", None)]
