"""Cohorts and movements as kept: after any facts the same rows as filled from nothing, and those that are computed."""

import datetime as dt
import random
from itertools import product

import pytest
from django.forms.models import model_to_dict

from customers.models import Contract, Customer, Login, Purchase
from metrics import answers, cohorts, movements, reading, revenue, rollups
from metrics.cohort_people import People
from metrics.models import CohortRollup, Fill, FirstDay, MovementRollup, RevenueSpell, Stale
from metrics.periods import named
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))
TODAY = dt.date(2026, 7, 1)
TABLES = (CohortRollup, MovementRollup, RevenueSpell, FirstDay)


@pytest.fixture(autouse=True)
def _no_snapshots(monkeypatch):
    monkeypatch.setattr(rollups, "SNAPSHOTS_BACK", 0)


def whole():
    return {
        table.__name__: sorted(
            [
                str({name: value for name, value in model_to_dict(row).items() if name != "id"})
                for row in table.objects.all()
            ]
        )
        for table in TABLES
    }


def fill(touched=None):
    rollups.fill(as_of=TODAY, now=NOW, touched=touched)


def facts(dice, people):
    """Some change of facts; returns whom it touches."""
    who = dice.choice(people)
    on = dt.date(2026, 2, 1) + dt.timedelta(dice.randrange(150))
    kind = dice.choice(["buy", "buy", "refund", "log in", "sign", "end", "undo", "archive", "pause"])
    if kind in ("buy", "refund"):
        factories.purchase(who, on, -50 if kind == "refund" else dice.choice([0, 100, 900]))
    elif kind == "log in":
        factories.login(who, on)
    elif kind == "sign":
        factories.contract(who, on, dice.choice([0, 300, 700]), contract_id=f"{who.pk}-{dice.randrange(2)}-{on}")
    elif kind in ("end", "pause"):
        term = who.contracts.order_by("pk").first()
        if term:
            later = term.starts_on + dt.timedelta(dice.randrange(300))
            changes = {"ends_on": later} if kind == "end" else {"paused_from": later, "paused_to": None}
            Contract.objects.filter(pk=term.pk).update(**changes)
    elif kind == "undo":
        table = dice.choice([Purchase, Login, Contract])
        table.objects.filter(customer=who).order_by("?")[:1].first() and table.objects.filter(
            customer=who
        ).first().delete()
    else:
        Customer.objects.filter(pk=who.pk).update(archived_at=None if who.archived_at else NOW)
        who.refresh_from_db()
    return who


def test_kept_up_is_what_a_filling_from_nothing_gives():
    factories.configure(churn_policy="either")
    dice, people = random.Random(6), [factories.customer() for _ in range(5)]
    for who in people:
        factories.purchase(who, dt.date(2026, 2, 1) + dt.timedelta(dice.randrange(90)), 500)
        factories.contract(who, dt.date(2026, 2, 1) + dt.timedelta(dice.randrange(90)), 400)
    fill()
    for _night in range(2):
        fill(touched=list({facts(dice, people).pk for _ in range(8)}))
    kept = whole()
    for table in (*TABLES, Fill, Stale):
        table.objects.all().delete()
    fill()
    assert whole() == kept
    assert kept["MovementRollup"]


@pytest.fixture
def company():
    """X buys in January, March and May; Y in January; Z's first contract ends and begins again; W grows and pauses."""
    factories.configure(churn_policy="contract")
    x, y, z, w = (factories.customer(code, industry="小売" if code in "XZ" else "製造") for code in "XYZW")
    for who, day in [(x, "2026-01-31"), (x, "2026-03-01"), (x, "2026-05-02"), (y, "2026-01-15")]:
        factories.purchase(who, day, 1000, f"O{who.pk}-{day}")
    factories.purchase(x, "2026-02-03", 70, f"O{x.pk}-2026-01-31")  # a later line of January's order
    factories.contract(z, "2026-01-10", 300, ends_on="2026-03-10", plan="標準")
    factories.contract(z, "2026-05-05", 500, plan="上位")
    factories.contract(w, "2026-02-01", 400, contract_id="W", plan="標準")
    factories.contract(w, "2026-05-10", 900, contract_id="W", plan="上位", paused_from=dt.date(2026, 6, 10))
    fill()
    return {"x": x, "y": y, "z": z, "w": w}


def test_kept_cohorts_are_the_computed_ones(company):
    factories.login(company["x"], "2026-04-04")
    fill(touched=[company["x"].pk])
    for kind, period in product(["", "purchase", "login"], ["month", "quarter"]):
        kept = reading.cohorts(today=TODAY, kind=kind, period=period)
        assert kept == cohorts.cohorts(as_of=TODAY, now=NOW, kind=kind, period=period)
        assert kept


def test_kept_movements_are_the_computed_ones(company):
    for by, period in product(["", "industry", "plan", "cohort", "segment"], ["month", "half"]):
        asked = {"start": None, "end": None, "period": period, "by": by}
        assert answers.revenue(today=TODAY, **asked) == movements.movements(as_of=TODAY, now=NOW, **asked)


def test_behind_each_sum_stand_its_customers(company):
    for by, period in [("", "month"), ("industry", "quarter"), ("plan", "quarter"), ("cohort", "quarter")]:
        for row in revenue.rows(revenue.periods(period), by=by):
            for move in revenue.MOVES:
                people = revenue.People(row["period"], move, TODAY, by, row["value"] or "")
                found, _more = people.page()
                assert sum(one["amount"] for one in found) == row[move] == people.count()["amount"]
    back = revenue.People(named("2026-05"), "reactivated", TODAY)
    assert [(one["customer_id"], one["was"], one["became"]) for one in back.page()[0]] == [(company["z"].pk, 0, 500)]
    new = revenue.People(named("FY2026-H1"), "expansion", TODAY)
    first, after = revenue.People(named("2026-02"), "new", TODAY).page(most=1)
    assert ([one["customer_id"] for one in first], after) == ([company["w"].pk], "")
    assert new.page(after="x'_1")[0] == new.page()[0]


def test_behind_each_cell_stand_its_customers(company):
    for kind, mode in product(["", "purchase"], ["in", "after"]):
        for row in reading.cohorts(today=TODAY, kind=kind, period="month"):
            for is_there in (True, False):
                people = People(named(row["cohort"]), row["month"], TODAY, kind, mode, is_there)
                assert (len(people.page()[0]), row["size"]) == people.count()
    january = People(named("2026-01"), 0, TODAY, "purchase")
    first, after = january.page(most=1)
    second, end = january.page(after=after, most=1)
    assert [row["customer_id"] for row in (*first, *second)] == [company["y"].pk, company["x"].pk]
    assert end == ""


def test_a_late_line_of_an_order_counts_with_the_orders_first_day(company):
    january = [row for row in reading.cohorts(today=TODAY, kind="purchase") if row["cohort"] == "2026-01"]
    assert [int(row["revenue"]) for row in january[:3]] == [2070, 0, 1000]
    assert [row["retained"] for row in january[:3]] == [2, 0, 1]
