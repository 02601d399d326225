"""有料転換率 worked out by hand: four trials of March 2026 and one of April."""

import datetime as dt
from types import SimpleNamespace

import pytest

from metrics import trialing
from metrics.periods import named
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def trials(db):
    factories.configure(churn_policy="contract")
    sources = {"a": "紹介", "b": "展示会", "c": "展示会", "d": "紹介", "e": "紹介", "f": ""}
    who = {name: factories.customer(name, acquired_via=via) for name, via in sources.items()}
    factories.contract(who["a"], "2026-03-10", 0, contract_id="A", is_trial=True)
    factories.contract(who["a"], "2026-04-01", 1000, contract_id="A")  # after 22 days
    factories.contract(who["b"], "2026-03-15", 500, is_trial=True, ends_on="2026-04-15")
    factories.contract(who["b"], "2026-05-01", 1000)  # another contract, after 47 days
    factories.contract(who["c"], "2026-03-20", 0, is_trial=True, ends_on="2026-04-20")
    factories.contract(who["d"], "2026-03-25", 0, plan="フリー")  # a free plan that still runs
    factories.contract(who["e"], "2026-03-01", 1000)
    factories.contract(who["e"], "2026-03-20", 0, is_trial=True)  # a customer who tries something else
    factories.contract(who["f"], "2026-04-01", 0, is_trial=True, ends_on="2026-05-01")
    factories.contract(who["f"], "2026-06-30", 1000)  # after 90 days
    return SimpleNamespace(**who)


def rows(as_of=TODAY, **wanted):
    return {(row["period"], row["group"]): row for row in trialing.compute(as_of=as_of, now=NOW, **wanted)}


def figures(row):
    return tuple(row[name] for name in ("trials", "paid", "running", "ended"))


def test_how_many_trials_of_march_became_paid_and_how_soon(trials):
    march = rows()["2026-03", None]
    assert figures(march) == (4, 2, 1, 1)
    assert march["rate"] == pytest.approx(200 / 3)  # of the three that do not run any more
    assert (march["rate_30"], march["rate_60"], march["rate_90"]) == (25, 50, 50)
    assert march["median_days"] == 34.5


def test_days_not_everybody_has_had_give_no_figure(trials):
    april = rows()["2026-04", None]
    assert figures(april) == (1, 1, 0, 0)
    assert (april["within_30"], april["within_60"], april["within_90"]) == (0, 0, None)
    assert april["rate_90"] is None
    assert april["median_days"] == 90


def test_as_of_an_earlier_day_only_what_was_known_then_counts(trials):
    march = rows(dt.date(2026, 4, 14))["2026-03", None]
    assert figures(march) == (4, 1, 3, 0)
    assert march["rate"] == 100.0
    assert march["rate_30"] is None


def test_by_source_and_by_quarter(trials):
    found = rows(by="via", period="quarter")
    assert figures(found["2026-Q1", "紹介"]) == (2, 1, 1, 0)
    assert figures(found["2026-Q1", "展示会"]) == (2, 1, 0, 1)
    assert figures(found["2026-Q2", ""]) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({}, "abcd"),
        ({"state": "paid"}, "ab"),
        ({"state": "running"}, "d"),
        ({"state": "ended"}, "c"),
        ({"state": "within-30"}, "a"),
        ({"state": "within-60", "by": "via", "group": "展示会"}, "b"),
    ],
)
def test_the_people_behind_a_figure(trials, asked, who):
    found = trialing.people(period=named("2026-03"), as_of=TODAY, **asked)
    assert {row["customer_id"] for row in found} == {getattr(trials, name).pk for name in who}


def test_without_trials_there_are_no_rows(db):
    assert trialing.compute(as_of=TODAY, now=NOW) == []
