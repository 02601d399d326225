"""更新率 worked out by hand: nine terms due in June 2026, as known on several days."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest

from customers.models import DimensionChange
from metrics import renewing
from metrics.periods import named
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db
JUNE = named("2026-06")
ONE_YEAR = dt.timedelta(days=365)


def term(who, renews_on, mrr=1000, **fields):
    """A term that began a year before its renewal date."""
    renews_on = dt.date.fromisoformat(renews_on)
    return factories.contract(who, renews_on - ONE_YEAR, mrr, renews_on=renews_on, **fields)


@pytest.fixture
def june(db):
    """renewed: a goes on by itself, b signs anew, c signs early, d keeps its date through an upgrade; lost: e and g by
    notice, f's term ends, h comes back after a gap; i must be renewed by hand and is not yet."""
    factories.configure(churn_policy="contract")
    sato, suzuki = factories.user(name="佐藤"), factories.user(name="鈴木")
    who = {name: factories.customer(name, owner=sato, industry="小売") for name in "abcdefghi"}
    term(who["a"], "2026-06-15", auto_renew=True)
    term(who["b"], "2026-06-10", 1200, contract_id="B")
    factories.contract(who["b"], "2026-06-10", 1500, contract_id="B", renews_on="2027-06-10")
    term(who["c"], "2026-06-30", contract_id="C")
    factories.contract(who["c"], "2026-06-01", 1000, contract_id="C", renews_on="2027-06-01")
    term(who["d"], "2026-06-20", contract_id="D")
    factories.contract(who["d"], "2026-01-10", 3000, contract_id="D", renews_on="2026-06-20", plan="上位")
    term(who["e"], "2026-06-20", 2000, cancelled_on="2026-05-20", ends_on="2026-06-20", reason="価格")
    term(who["f"], "2026-06-16", ends_on="2026-06-16")
    term(who["g"], "2026-06-22", cancelled_on="2026-06-02", ends_on="2026-08-01")
    term(who["h"], "2026-06-05", contract_id="H", ends_on="2026-06-05")
    factories.contract(who["h"], "2026-06-20", 1000, contract_id="H")
    term(who["i"], "2026-06-25", auto_renew=False)
    never_due = factories.customer("x")
    term(never_due, "2026-06-11", cancelled_on="2026-03-01", ends_on="2026-03-31")
    term(never_due, "2026-06-12", is_trial=True)
    DimensionChange.objects.create(customer=who["e"], dimension="owner", since=None, value=str(suzuki.pk))
    DimensionChange.objects.create(customer=who["e"], dimension="owner", since="2026-06-02", value=str(sato.pk))
    return SimpleNamespace(**who, sato=sato, suzuki=suzuki)


def rows(as_of=TODAY, **wanted):
    found = renewing.compute(as_of=as_of, now=NOW, **wanted)
    return {(row["period"], row["group"]): row for row in found}


def counts(row):
    return tuple(row[name] for name in renewing.COUNTS)


def test_what_was_due_in_june_and_what_became_of_it(june):
    row = rows()["2026-06", None]
    assert counts(row) == (9, 4, 4, 1)
    assert row["rate"] == 50.0
    assert [row[name] for name in renewing.AMOUNTS] == [12200, 6200, 5000, 1000, 6500]
    assert row["mrr_rate"] == pytest.approx(100 * 6200 / 11200)
    assert row["complete"] is True


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-05-19", (9, 0, 0, 9)),  # no notice is known, and nobody has signed anew
        ("2026-05-31", (9, 1, 1, 7)),  # month_end: what begins with 1 June is known: c signed early; e gave notice
        ("2026-06-16", (9, 3, 4, 2)),  # a went on, b signed; f, g, h and e are lost; d and i are still to come
    ],
)
def test_a_term_is_what_was_known_of_it_on_the_day(june, as_of, expected):
    assert counts(rows(dt.date.fromisoformat(as_of))["2026-06", None]) == expected


def test_a_quarter_and_a_cut_by_the_value_at_its_start(june):
    quarter = rows(period="quarter")
    assert counts(quarter["2026-Q2", None]) == (9, 4, 4, 1)
    owners = rows(by="owner")
    assert counts(owners["2026-06", "鈴木"]) == (1, 0, 1, 0)  # e was Suzuki's on 1 June
    assert counts(owners["2026-06", "佐藤"]) == (8, 4, 3, 1)
    assert counts(rows(by="plan")["2026-06", "上位"]) == (1, 1, 0, 0)
    assert counts(rows(by="industry")["2026-06", "小売"]) == (9, 4, 4, 1)


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"outcome": "renewed"}, "abcd"),
        ({"outcome": "lost"}, "efgh"),
        ({"outcome": "undecided"}, "i"),
        ({"by": "plan", "group": "上位"}, "d"),
        ({"outcome": "lost", "by": "owner", "group": "suzuki"}, "e"),
        ({"by": "industry", "group": "製造"}, ""),
    ],
)
def test_the_terms_behind_a_figure(june, asked, who):
    if asked.get("group") == "suzuki":
        asked = asked | {"group": str(june.suzuki.pk)}
    found = renewing.terms(period=JUNE, as_of=TODAY, **asked)
    assert {row["customer_id"] for row in found} == {getattr(june, name).pk for name in who}


def test_a_term_renewed_by_a_new_one_has_the_new_amount(june):
    after = {row["customer_id"]: row["next_mrr"] for row in renewing.terms(period=JUNE, as_of=TODAY)}
    assert after[june.b.pk] == Decimal(1500)
    assert after[june.e.pk] is None


def test_terms_due_in_days_to_come_are_there_and_not_complete(june):
    term(june.a, "2026-08-30")
    term(june.a, "2026-10-30")  # further off than 90 days
    found = rows()
    assert found["2026-08", None]["undecided"] == 1
    assert not found["2026-08", None]["complete"]
    assert ("2026-10", None) not in found


def test_without_terms_there_are_no_rows(db):
    assert renewing.compute(as_of=TODAY, now=NOW) == []
