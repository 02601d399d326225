"""Cohorts by purchase, login, contract and money, worked out by hand."""

import datetime as dt

import pytest

from accounts.models import Installation
from metrics import cohorts
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 5, 20, 3, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 5, 20)


@pytest.fixture
def shop(db):
    """X buys in January, March and May; Y in January and April (and gives back 100); Z in February.

    X logs in in February and April. Y has a contract of 500 from 10 February, from 1 April 800.
    """
    x, y, z = (factories.customer(code) for code in "XYZ")
    for who, day, amount in [
        (x, "2026-01-31", 1000),
        (x, "2026-03-01", 300),
        (x, "2026-05-02", 400),
        (y, "2026-01-15", 500),
        (y, "2026-04-10", 700),
        (y, "2026-04-11", -100),
        (z, "2026-02-01", 50),
    ]:
        factories.purchase(who, day, amount)
    for day in ("2026-02-03", "2026-02-04", "2026-04-30"):
        factories.login(x, day)
    factories.contract(y, "2026-02-10", 500, contract_id="K")
    factories.contract(y, "2026-04-01", 800, contract_id="K")


def table(column="retained", **options):
    found: dict = {}
    for row in cohorts.cohorts(as_of=AS_OF, now=NOW, **options):
        found.setdefault(row["cohort"], []).append(row[column])
    return {code: [int(value) for value in values] for code, values in found.items()}


def test_who_bought_in_the_month(shop):
    assert table() == {"2026-01": [2, 0, 1, 1, 1], "2026-02": [1, 0, 0, 0]}


def test_who_bought_in_the_month_or_after_it(shop):
    assert table("retained_after") == {"2026-01": [2, 2, 2, 2, 1], "2026-02": [1, 0, 0, 0]}


def test_what_they_brought_net_of_refunds(shop):
    assert table("revenue") == {"2026-01": [1500, 0, 300, 600, 400], "2026-02": [50, 0, 0, 0]}


def test_by_quarter_of_the_calendar(shop):
    assert table(period="quarter") == {"2026-Q1": [3, 2]}
    assert table("revenue", period="quarter") == {"2026-Q1": [1850, 1000]}


def test_the_running_period_is_marked(shop):
    rows = cohorts.cohorts(as_of=AS_OF, now=NOW, period="quarter")
    assert [row["complete"] for row in rows] == [True, False]


def test_by_login_without_money(shop):
    assert table(kind="login") == {"2026-02": [1, 0, 1, 0]}
    assert table("retained_after", kind="login") == {"2026-02": [1, 1, 1, 0]}
    assert {row["revenue"] for row in cohorts.cohorts(as_of=AS_OF, now=NOW, kind="login")} == {None}


def test_by_contract_with_the_monthly_amounts_at_the_end(shop):
    assert table(kind="contract") == {"2026-02": [1, 1, 1, 1]}
    assert table("revenue", kind="contract") == {"2026-02": [500, 500, 800, 800]}


def test_under_contract_on_the_way_but_not_at_a_months_end_is_not_there(shop):
    who = factories.customer()
    factories.contract(who, "2026-03-05", 900, ends_on="2026-03-20")
    assert table(kind="contract")["2026-03"] == [0, 0, 0]
    assert table("retained_after", kind="contract")["2026-03"] == [0, 0, 0]


def test_as_the_policy_has_it(shop):
    factories.configure(churn_policy="contract")
    assert table() == table(kind="contract")
    factories.configure(churn_policy="either")
    assert table() == {"2026-01": [2, 1, 2, 1, 2], "2026-02": [1, 0, 0, 0]}  # Y under contract from February
    assert cohorts.stored("contract", Installation(churn_policy="either")) == "contract"
    assert cohorts.stored("contract", Installation(churn_policy="contract")) == ""


def test_as_of_an_earlier_day_the_later_is_not_known(shop):
    rows = cohorts.cohorts(as_of=dt.date(2026, 3, 31), now=NOW)
    assert [(row["cohort"], row["retained"], row["retained_after"]) for row in rows] == [
        ("2026-01", 2, 2),
        ("2026-01", 0, 1),
        ("2026-01", 1, 1),
        ("2026-02", 1, 1),
        ("2026-02", 0, 0),
    ]
