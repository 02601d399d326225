"""What a month's customers brought since, beside what winning them cost."""

import datetime as dt
from decimal import Decimal

import pytest

from metrics import computing, payback
from metrics.models import AcquisitionCost
from metrics.payback import Curve, Part
from tests import factories

from .conftest import NOW, TODAY

JAN, FEB = dt.date(2026, 1, 1), dt.date(2026, 2, 1)


def part(cohort="2026-01", customers=2, revenue=(100, 100, 100), cost=None, full=None, to_come=None):
    amounts = [Decimal(one) for one in revenue]
    known = {"cost": None if cost is None else Decimal(cost), "to_come": None if to_come is None else Decimal(to_come)}
    return Part(cohort, customers, amounts, full=len(amounts) if full is None else full, **known)


@pytest.mark.parametrize(
    ("cost", "month", "share"),
    [(None, None, None), (0, 1, None), (100, 1, 3.0), (101, 2, 300 / 101), (300, 3, 1.0), (400, None, 0.75)],
)
def test_the_cost_is_back_in_the_first_month_that_reaches_it(cost, month, share):
    curve = Curve([part(cost=cost)])
    assert curve.payback == month
    assert curve.paid_back == (None if share is None else pytest.approx(share))


def test_a_running_month_is_so_far_and_not_a_figure():
    curve = Curve([part(full=2, cost=300)])
    assert (curve.after(2), curve.after(3), curve.so_far(3)) == (100, None, 150)
    assert curve.payback == 3, "one cohort's running month may have reached it already"


def test_ltv_to_cac_takes_what_is_to_come():
    assert Curve([part(cost=200, to_come=100)]).ratio == pytest.approx(2)  # (150 + 50) ÷ 100
    assert Curve([part(cost=200)]).ratio is None
    assert Curve([part(cost=0, to_come=100)]).ratio is None


def test_several_months_of_a_way_count_where_their_months_are_over():
    old, young = part(cost=300, revenue=(100, 100, 100)), part("2026-03", 2, (50,), cost=100, full=0)
    curve = Curve([old, young])
    assert (curve.after(1), curve.after(3)) == (50, 150)
    assert (curve.cac, curve.total) == (100, Decimal("87.5"))
    assert curve.payback == 2, "by the old one alone: 50 a month against 100"
    assert Curve([old, part("2026-03", 8, (50,))]).cac == 150, "months without a cost are left out of it"


@pytest.mark.parametrize(
    ("cohort", "as_of", "today", "months"),
    [
        ("2026-01", "2026-01-31", "2026-01-31", 0),  # the last day is not over
        ("2026-01", "2026-01-31", "2026-02-01", 1),
        ("2026-01", "2026-02-27", "2026-06-01", 1),
        ("2024-02", "2024-02-29", "2024-03-01", 1),
        ("2025-12", "2026-02-28", "2026-03-01", 3),
        ("2026-05", "2026-01-31", "2026-02-01", 0),
    ],
)
def test_how_many_months_are_over(cohort, as_of, today, months):
    days = {"as_of": dt.date.fromisoformat(as_of), "today": dt.date.fromisoformat(today)}
    assert payback.full_months(cohort, **days) == months


def _report(by=""):
    return {row["group"]: row for row in computing.ltv_cohorts(as_of=TODAY, now=NOW, by=by)}


@pytest.mark.django_db
def test_purchases_by_hand(settings):
    """January: two by 広告, one by 紹介 (1,000 + 500; 2,000 in March; 300 less 100 given back in February)."""
    a, b = (factories.customer(acquired_via="広告") for _ in range(2))
    c = factories.customer(acquired_via="紹介")
    for who, on, amount in [
        (a, "2026-01-05", 1000),
        (b, "2026-01-31", 500),
        (a, "2026-03-01", 2000),
        (c, "2026-01-10", 300),
        (c, "2026-02-10", -100),
    ]:
        factories.purchase(who, on, amount)
    AcquisitionCost.objects.create(month=JAN, via="広告", amount=3000, set_at=NOW)
    AcquisitionCost.objects.create(month=JAN, via="", amount=300, set_at=NOW)
    row = _report()["2026-01"]
    assert (row["customers"], row["after_1"], row["after_3"]) == (3, 600, Decimal(3700) / 3)
    assert (row["cost"], row["cac"], row["payback"]) == (3300, 1100, 3)
    ways = _report("via")
    assert (ways["広告"]["after_3"], ways["広告"]["cac"], ways["広告"]["payback"]) == (1750, 1500, 3)
    assert (ways["紹介"]["ltv"], ways["紹介"]["cac"]) == (200, None), "what was not told apart belongs to no way"
    factories.configure(margin=Decimal("0.5"))
    assert (_report()["2026-01"]["ltv"], _report()["2026-01"]["payback"]) == (Decimal(1850) / 3, None)


@pytest.mark.django_db
def test_contracts_by_hand_day_by_day(company):
    """March: C, 17 of 31 days of 3,000, then whole months; the first of July is one day of 31."""
    row = _report()["2026-03"]
    assert row["customers"] == 1
    assert row["after_1"] == Decimal("1645.16")
    assert row["after_3"] == Decimal("7645.16")
    assert row["ltv"] == Decimal("10741.93")  # 1645.16 + 3 × 3000 + 96.77
    assert row["after_6"] is None


@pytest.mark.django_db
def test_the_smallest_ways_are_one(monkeypatch):
    monkeypatch.setattr(payback, "MOST_WAYS", 1)
    for via in ("広告", "広告", "紹介", "展示会"):
        factories.purchase(factories.customer(acquired_via=via), "2026-01-05", 100)
    assert {group: row["customers"] for group, row in _report("via").items()} == {"広告": 2, payback.REST: 2}
