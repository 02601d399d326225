"""The bridge from our churn to the other formulas: the example all of them are compared by, and chance companies."""

import datetime as dt
import random

import pytest

from metrics import formulas
from metrics.formulas import FORMULAS, OUT, Day, Signature, Standing

KEPT, LOST = Standing(start=True, end=True), Standing(start=True, ends=1)
JOINED, JOINED_AND_LEFT = Standing(end=True, begins=1), Standing(ends=1, begins=1)

# 100 at the start, 20 join, 11 give notice of whom 1 joined this month; 4 of the other 10 have paid until next month.
EXAMPLE = [
    Signature(KEPT, KEPT, 90),
    Signature(LOST, LOST, 6),
    Signature(KEPT, LOST, 4, ids=(1, 2, 3, 4)),
    Signature(JOINED, JOINED, 19),
    Signature(JOINED_AND_LEFT, JOINED_AND_LEFT, 1, ids=(5,)),
]


@pytest.mark.parametrize(
    ("key", "theirs", "rate", "lines"),
    [
        ("notice", (10, 100), 10.0, {"kept-lost": (4, 4, 0)}),
        ("notice-joiners", (11, 100), 11.0, {"kept-lost": (4, 4, 0), "joined-left": (1, 1, 0)}),
        ("notice-widened", (11, 120), 9.2, {"kept-lost": (4, 4, 0), "joined-left": (1, 1, 1), "joined": (19, 0, 19)}),
    ],
)
def test_one_month_by_the_formulas_of_five_products(key, theirs, rate, lines):
    found = formulas.bridge(FORMULAS[key], EXAMPLE)
    assert (found.ours, found.theirs, round(found.rate, 1)) == ((6, 100), theirs, rate)
    assert {one.key: (one.people, one.numerator, one.denominator) for one in found.lines} == lines
    assert found.is_exact


def test_a_line_opens_the_names():
    (line,) = formulas.bridge(FORMULAS["notice"], EXAMPLE).lines
    assert line.ids == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("key", "one", "line"),
    [
        ("each-end", Signature(KEPT, Standing(start=True, end=True, ends=1, begins=1), 1), "returned"),
        ("each-end", Signature(JOINED, Standing(end=True, ends=1, begins=2), 1), "returned"),
        ("each-end", Signature(JOINED_AND_LEFT, JOINED_AND_LEFT, 1), "joined-left"),
        ("joiners", Signature(JOINED, JOINED, 1), ""),
        ("joiners", Signature(KEPT, Standing(end=True, begins=1), 1), "kept-out"),
        ("widened", Signature(JOINED, JOINED, 1), "joined"),
        ("month-end", Signature(LOST, KEPT, 1), "lost-kept"),
        ("quiet-90", Signature(KEPT, OUT, 1), "kept-out"),
        ("quiet-365", Signature(OUT, LOST, 1), "out-lost"),
    ],
)
def test_who_counts_differently_stands_on_the_line_that_says_why(key, one, line):
    assert formulas.line_of(FORMULAS[key], one) == line


def test_the_daily_formula_adds_up_its_days():
    """100 are there; on the 10th one of them goes, on the 20th four: 1/100 + 4/99."""
    days = [Day(dt.date(2026, 6, 10), 100, 1), Day(dt.date(2026, 6, 20), 99, 4)]
    found = formulas.bridge(FORMULAS["daily"], [Signature(KEPT, KEPT, 95), Signature(LOST, LOST, 5)], days)
    assert found.rate == pytest.approx(1 + 400 / 99)
    assert found.is_exact
    assert not formulas.bridge(FORMULAS["daily"], [Signature(LOST, LOST, 5)], days[:1]).is_exact


def test_nobody_there_gives_no_figure():
    assert [formulas.bridge(one, []).rate for one in FORMULAS.values()] == [None] * len(FORMULAS)


def test_each_policy_offers_what_differs_under_it():
    keys = {
        policy: {one.key for one in formulas.offered(policy=policy, inactivity_days=180)}
        for policy in ("contract", "inactivity", "either")
    }
    assert {"notice", "month-end"} <= keys["contract"]
    assert not {"quiet-90", "logins"} & keys["contract"]
    assert keys["inactivity"] >= {"quiet-90", "quiet-365", "logins"}
    assert not {"quiet-180", "notice", "month-end"} & keys["inactivity"]
    assert keys["either"] == keys["contract"] | keys["inactivity"]


def _standing(chance):
    start, ends = chance.random() < 0.5, chance.randrange(3)
    begins = max(0, ends - start) + chance.randrange(2) if ends or not start else 0
    begins = min(begins, ends - start + 1)
    return Standing(start, bool(start + begins - ends), ends, begins)


@pytest.mark.parametrize("seed", range(10))
def test_every_bridge_sums_exactly_and_each_person_is_on_one_line(seed):
    chance = random.Random(seed)
    people = [Signature(_standing(chance), _standing(chance), 1, ids=(number,)) for number in range(60)]
    for formula in FORMULAS.values():
        alike = [Signature(one.ours, one.ours, 1, one.ids) for one in people]
        stood = people if formula.spells else alike
        found = formulas.bridge(formula, stood, [Day(dt.date(2026, 6, 1), 1, sum(one.ours.ends for one in stood))])
        counted = [formula.count(one) for one in stood]
        assert found.theirs == tuple(map(sum, zip(*counted, strict=True)))
        assert found.is_exact
        named = [who for line in found.lines for who in line.ids]
        differing = [one.ids[0] for one in stood if formula.count(one) != formulas.ours(one)]
        assert sorted(named) == differing
