"""Churn, cohorts and LTV of four customers, each figure worked out by hand (see conftest.company)."""

import datetime as dt
from decimal import Decimal

import pytest

from customers.models import Contract, Customer
from metrics import cohorts, computing
from metrics.periods import named
from segments.models import CustomerTier, PastTier, TouchPlan
from tests import factories

from .conftest import NOW, TODAY

pytestmark = pytest.mark.django_db
JUNE_30 = dt.date(2026, 6, 30)


def churn(**wanted):
    rows = computing.churn(**{"as_of": TODAY, "now": NOW, **wanted})
    return {(row["period"], row["group"]): (row["at_start"], row["lost"]) for row in rows}


def test_churn_month_by_month(company):
    assert churn() == {
        ("2025-12", None): (0, 0),
        ("2026-01", None): (1, 0),
        ("2026-02", None): (2, 0),
        ("2026-03", None): (2, 0),
        ("2026-04", None): (3, 0),
        ("2026-05", None): (3, 1),
        ("2026-06", None): (2, 0),
    }


def test_a_rate_is_percent_and_nobody_at_the_start_gives_no_figure(company):
    rates = {row["period"]: row["rate"] for row in computing.churn(as_of=TODAY, now=NOW)}
    assert rates["2026-05"] == pytest.approx(100 / 3)
    assert rates["2025-12"] is None
    assert rates["2026-06"] == 0


def test_without_month_end_the_last_day_of_may_still_counts(company):
    factories.configure(month_end=False)
    found = churn(start=dt.date(2026, 5, 1))
    assert found == {("2026-05", None): (3, 0), ("2026-06", None): (3, 1)}


def test_churn_by_quarter(company):
    assert churn(period="quarter") == {("2025-Q4", None): (0, 0), ("2026-Q1", None): (1, 0), ("2026-Q2", None): (3, 1)}


def test_only_the_periods_asked_for(company):
    assert list(churn(start=dt.date(2026, 2, 10), end=dt.date(2026, 3, 1))) == [("2026-02", None), ("2026-03", None)]


def test_a_month_that_is_not_over_is_left_out(company):
    assert max(churn(as_of=dt.date(2026, 6, 29)))[0] == "2026-05"


def test_notice_given_later_is_not_known_yet(company):
    """As of 9 May nobody knew that B would leave; May itself is not over then."""
    Contract.objects.filter(customer=company.b).update(cancelled_on=dt.date(2026, 7, 2))
    assert churn()[("2026-05", None)] == (3, 0)


def test_a_new_owner_does_not_rewrite_history(company):
    found = churn(by="owner", start=dt.date(2026, 3, 1), end=dt.date(2026, 5, 31))
    assert found == {
        ("2026-03", "佐藤"): (2, 0),
        ("2026-04", "佐藤"): (2, 0),  # on 1 April B was still Sato's
        ("2026-04", "鈴木"): (1, 0),
        ("2026-05", "佐藤"): (1, 0),
        ("2026-05", "鈴木"): (2, 1),
    }


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("industry", {"小売": (2, 0), "製造": (1, 1)}),
        ("region", {"東京都": (2, 0), "岡山県": (1, 1)}),
        ("plan", {"標準": (2, 1), "上位": (1, 0)}),
        ("segment", {"": (3, 1)}),  # nobody bought, so nobody is scored
    ],
)
def test_churn_of_may_by_other_cuts(company, by, groups):
    found = churn(by=by, start=dt.date(2026, 5, 1), end=dt.date(2026, 5, 31))
    assert found == {("2026-05", group): figures for group, figures in groups.items()}


def test_churn_by_tier_is_by_the_tier_at_the_start(company):
    """A was in high touch until 1 May and is in low touch since; B came into tech touch after May had begun."""
    start = dt.date(2026, 5, 1)
    TouchPlan.objects.create(rules=[{"tier": "high", "criteria": {"is_active": "yes"}}])
    CustomerTier.objects.create(customer=company.a, tier="low", since=start)
    PastTier.objects.create(customer=company.a, tier="high", since=dt.date(2026, 4, 1), until=start, why="facts")
    CustomerTier.objects.create(customer=company.b, tier="tech", since=dt.date(2026, 5, 2))
    assert churn(by="tier", start=dt.date(2026, 4, 1), end=dt.date(2026, 5, 31)) == {
        ("2026-04", "high"): (1, 0),
        ("2026-04", ""): (2, 0),
        ("2026-05", "low"): (1, 0),
        ("2026-05", ""): (2, 1),
    }


def test_without_a_touch_model_there_is_no_cut_by_tier(company):
    assert churn(by="tier") == {}
    assert "tier" not in computing.offered(computing.CHURN_BY)


def test_segments_of_a_start_no_night_has_stored_are_computed(company):
    """At the end of April A alone had bought: the only one scored is R 3, F 3."""
    factories.purchase(company.a, "2026-04-20")
    found = churn(by="segment", start=dt.date(2026, 5, 1), end=dt.date(2026, 5, 31))
    assert found == {("2026-05", ""): (2, 1), ("2026-05", "need_attention"): (1, 0)}


def test_two_owners_of_one_name_are_told_apart(company):
    company.suzuki.name = "佐藤"
    company.suzuki.save()
    found = churn(by="owner", start=dt.date(2026, 5, 1), end=dt.date(2026, 5, 31))
    names = {f"佐藤 ({user.pk})" for user in (company.sato, company.suzuki)}
    assert {group for _, group in found} == names


def test_archived_customers_count_nowhere(company):
    Customer.objects.filter(pk=company.b.pk).update(archived_at=NOW)
    assert churn(start=dt.date(2026, 5, 1), end=dt.date(2026, 5, 31)) == {("2026-05", None): (2, 0)}


def test_no_customers_no_rows(db):
    assert computing.churn(as_of=TODAY, now=NOW) == []
    assert cohorts.cohorts(as_of=TODAY, now=NOW) == []
    assert computing.ltv(as_of=TODAY, now=NOW) == []
    assert sum(row["customers"] for row in computing.rfm(as_of=TODAY, now=NOW)) == 0
    assert computing.has_customers() is False


def test_the_names_behind_lost(company):
    (row,) = computing.lost(period=named("2026-05"), as_of=TODAY, now=NOW)
    assert row["customer_id"] == company.b.pk
    assert row["since"] == dt.date(2026, 5, 31)  # counted as gone at the end of its last day
    assert (row["reason"], row["competitor"]) == ("価格", "X社")


def test_the_names_of_one_group(company):
    may = {"period": named("2026-05"), "as_of": TODAY, "now": NOW}
    assert [row["customer_id"] for row in computing.lost(**may, by="industry", group="製造")] == [company.b.pk]
    assert computing.lost(**may, by="industry", group="小売") == []
    assert [row["value"] for row in computing.lost(**may, by="segment", group="")] == [""]


def test_who_left_twice_is_named_with_the_later_day(company):
    factories.contract(company.b, "2026-06-03", 2000, cancelled_on="2026-06-20", ends_on="2026-06-21")
    (row,) = computing.lost(period=named("2026-Q2"), as_of=TODAY, now=NOW)
    assert row["since"] == dt.date(2026, 6, 20)


def test_cohorts_by_contract(company):
    rows = cohorts.cohorts(as_of=TODAY, now=NOW)
    found = {
        code: [row["retained"] for row in rows if row["cohort"] == code] for code in {row["cohort"] for row in rows}
    }
    # One customer each; B is there at the ends of January … April, A and C at every end; July is not over.
    assert found["2025-12"] == [1] * 8
    assert found["2026-01"] == [1, 1, 1, 1, 0, 0, 0]
    assert found["2026-03"] == [1] * 5
    assert [row["complete"] for row in rows if row["cohort"] == "2026-03"] == [True] * 4 + [False]


def test_ltv_of_the_days_under_contract(company):
    """To 30 June: A 7 × 1000; B 5 × 2000; C 17/31 of March and 3 months × 3000 = 10645.16."""
    (row,) = computing.ltv(as_of=JUNE_30, now=NOW)
    assert row["customers"] == 3
    assert row["historic_total"] == Decimal("27645.16")
    assert row["historic_mean"] == pytest.approx(Decimal("9215.05"), abs=Decimal("0.01"))
    # six full months: 13 at a start, 1 lost; Σ_{k=1..12}(12/13)^k = 7.408; (7.408 × 4000) ÷ 3 on top
    assert float(row["predicted_mean"] - row["historic_mean"]) == pytest.approx(4000 / 3 * _annuity(1 / 13), abs=0.01)


def _annuity(c):
    return sum((1 - c) ** k for k in range(1, 13))


def test_ltv_by_the_first_month(company):
    rows = computing.ltv(as_of=JUNE_30, now=NOW, by="cohort")
    assert [(row["group"], row["historic_total"]) for row in rows] == [
        ("2025-12", Decimal("7000.00")),
        ("2026-01", Decimal("10000.00")),
        ("2026-03", Decimal("10645.16")),
    ]


def test_ltv_by_owner_of_that_day(company):
    rows = computing.ltv(as_of=dt.date(2026, 4, 9), now=NOW, by="owner")
    assert {row["group"]: row["customers"] for row in rows} == {"佐藤": 2, "鈴木": 1}


def test_a_cohort_is_the_month_of_the_first_purchase_whatever_was_signed(db):
    who = factories.customer()
    factories.contract(who, "2026-01-05")
    factories.purchase(who, "2026-03-05", 1200)
    (row,) = computing.ltv(as_of=JUNE_30, now=NOW, by="cohort")
    assert (row["group"], row["historic_total"]) == ("2026-03", Decimal("1200.00"))


def test_a_model_of_nobody_has_no_parameters(db):
    found = computing.model(as_of=JUNE_30, now=NOW)
    assert (found["n"], found["n_repeat"], found["r"], found["gamma"]) == (0, 0, None, None)
