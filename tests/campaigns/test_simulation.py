"""Are the claims as good as they say? Campaigns with a known effect through the product's own draw and verdicts."""

import numpy as np
import pytest

from tests.campaigns import simulating


def judge(cells: list[simulating.Cell], *, coverage: float, wins: float) -> None:
    for cell in cells:
        assert cell.coverage >= coverage, cell
        if cell.money_coverage is not None and cell.in_money >= cell.campaigns / 2:
            assert cell.money_coverage >= coverage, cell
        if not cell.effect:
            assert max(cell.wins, cell.money_wins) <= wins, cell


def test_a_hundred_campaigns_a_cell_cover_the_truth_and_win_by_chance_no_more_than_they_may():
    cells = simulating.simulate(100)
    judge(cells, coverage=0.88, wins=0.08)
    assert [cell.in_money > 0 for cell in cells] == [False] * 14 + [True] * 4  # money only where enough were held out


@pytest.mark.prove
def test_a_thousand_campaigns_a_cell():
    cells = simulating.simulate(1000)
    print("\n" + simulating.table(cells))  # noqa: T201  make prove prints its figures
    judge(cells, coverage=0.93, wins=0.05)


def watch(number: int) -> tuple[float, float]:
    random = np.random.default_rng(20261123)
    found = [simulating.watched(series, random) for series in range(number)]
    return sum(said for said, _seen in found) / number, sum(seen for _said, seen in found) / number


def test_a_series_without_effect_looked_at_every_day_is_hardly_ever_said_to_help():
    said, seen = watch(60)
    assert said <= 0.08 < seen  # with 95 % limits and no waiting, looking alone would have found wins


@pytest.mark.prove
def test_a_thousand_series_looked_at_every_day():
    said, seen = watch(1000)
    print(f"\nseries without effect, looked at every day: {said:.1%} said to help (95 % limits alone: {seen:.1%})")  # noqa: T201  make prove prints its figures
    assert said <= 0.05
