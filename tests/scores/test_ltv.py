"""Lifetime value and churn risk by each policy; figures by hand."""

from decimal import Decimal

import pytest

from scores import scoring
from scores.models import ModelFit, Prediction, Score
from tests.factories import configure, contract, customer, day, login, moment, purchase

pytestmark = pytest.mark.django_db


def compute(as_of: str = "2026-06-30", now: str = "2026-07-01") -> None:
    scoring.compute(as_of=day(as_of), now=moment(now))


def ltv(who) -> tuple[Decimal | None, float | None]:
    predicted = Prediction.objects.filter(customer=who).values_list("ltv_predicted", flat=True).first()
    return Score.objects.get(customer=who).ltv_historic, predicted


def a_crowd(number: int = 20) -> list:
    """Enough returning customers for both models."""
    made = [customer() for _ in range(number)]
    for at, who in enumerate(made):
        for turn in range(2 + at % 4):
            purchase(who, f"2025-{1 + turn + at % 6:02}-{1 + at:02}", 1000 + 150 * at + 37 * turn * turn)
        if at % 3 == 0:
            purchase(who, f"2026-0{1 + at % 6}-10", 2000)
    return made


def test_by_inactivity_historic_is_net_of_refunds_and_times_margin():
    configure(margin=Decimal("0.4"))
    who = customer()
    purchase(who, "2025-01-01", 1000)
    purchase(who, "2026-01-01", 500)
    purchase(who, "2026-02-01", -300)
    purchase(who, "2026-07-01", 9999)
    compute()
    assert ltv(who) == (Decimal(480), None)  # too few customers for a model


def test_by_inactivity_predicted_adds_expected_purchases_at_expected_value_less_refunds():
    crowd = a_crowd()
    purchase(crowd[0], "2026-06-15", 4000)
    purchase(crowd[1], "2026-06-16", -1000)
    compute()
    one = Prediction.objects.get(customer=crowd[5])
    # last 365 days: 2025-07-01 … 2026-06-30
    sold = sum(
        purchased.amount
        for who in crowd
        for purchased in who.purchases.filter(purchased_on__gte="2025-07-01", amount__gte=0)
    )
    refunds = Decimal(1000) / sold
    historic = Score.objects.get(customer=crowd[5]).ltv_historic
    to_come = one.expected_purchases_365d * one.expected_value * (1 - float(refunds))
    assert float(one.ltv_predicted) == pytest.approx(float(historic) + to_come, abs=0.01)
    assert to_come > 0


def test_expected_value_exists_for_single_purchases_too():
    crowd = a_crowd()
    once = customer()
    purchase(once, "2026-06-01", 70_000)
    compute()
    fit = ModelFit.objects.get().params
    said = Prediction.objects.get(customer=once)
    # x = 0: p·γ ÷ (q − 1), whatever he paid on the first day
    assert said.expected_value == pytest.approx(fit["p"] * fit["gamma"] / (fit["q"] - 1))
    assert Prediction.objects.filter(expected_value__isnull=False).count() == len(crowd) + 1


def test_by_contract_historic_counts_days_of_each_month():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2026-01-17", 3100, contract_id="A", ends_on="2026-03-11")
    contract(who, "2024-02-15", 290, ends_on="2024-03-01")
    contract(who, "2026-01-01", 9999, is_trial=True)
    compute()
    # January 15/31, February 1, March 10/31 of 3,100; 15 of the 29 days of February 2024
    assert ltv(who)[0] == Decimal(1500) + 3100 + 1000 + 150


def test_by_contract_historic_stops_at_the_day():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2026-06-01", 3000)
    compute("2026-06-10", "2026-06-10")
    assert ltv(who)[0] == Decimal(1000)


def test_by_contract_a_later_term_takes_over():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2026-01-01", 1000, contract_id="K")
    contract(who, "2026-04-01", 2000, contract_id="K")
    compute()
    assert ltv(who)[0] == Decimal(3000 + 6000)


def test_by_contract_predicted_discounts_by_the_churn_of_six_full_months():
    configure(churn_policy="contract")
    stays = [customer() for _ in range(9)]
    for who in stays:
        contract(who, "2025-12-01", 1000)
    gone = customer()
    contract(gone, "2025-12-01", 1000, ends_on="2026-04-01")
    compute()
    # January to June: ten at start in the months 1–3, nine after; one lost in March
    stay = 1 - 1 / 57
    assert float(ltv(stays[0])[1]) == pytest.approx(7000 + 1000 * sum(stay**k for k in range(1, 13)), abs=0.01)
    assert ltv(gone) == (Decimal(4000), Decimal(4000))


def test_by_contract_without_churn_twelve_months_are_to_come():
    configure(churn_policy="contract", margin=Decimal("0.5"))
    who = customer()
    contract(who, "2025-12-01", 1000)
    compute()
    assert ltv(who) == (Decimal(3500), Decimal(9500))


def test_by_contract_without_a_full_month_there_is_no_prediction():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2026-06-10", 3000)
    compute()
    assert ltv(who) == (Decimal(2100), None)


def test_policies_are_not_mixed():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2026-06-01", 3000)
    purchase(who, "2026-06-02", 500)
    compute()
    assert ltv(who)[0] == 3000
    configure(churn_policy="inactivity")
    compute()
    assert ltv(who)[0] == 500


def test_either_policy_adds_both():
    configure(churn_policy="either")
    who = customer()
    contract(who, "2026-06-01", 3000)
    purchase(who, "2026-06-02", 500)
    compute()
    assert ltv(who)[0] == 3500


def test_prospects_have_none():
    who = customer()
    purchase(who, "2026-06-02", -500)
    compute()
    assert ltv(who) == (None, None)


# --- churn risk ----------------------------------------------------------------------------


def risk(who) -> float | None:
    return Prediction.objects.get(customer=who).churn_risk


def test_risk_by_purchases_is_none_while_no_day_can_run_out():
    crowd = a_crowd()
    purchase(crowd[3], "2026-04-02", 500)  # quiet 89 < 180 − 90
    purchase(crowd[4], "2026-04-01", 500)  # quiet 90
    compute()
    assert risk(crowd[3]) == 0
    assert risk(crowd[4]) > 0


def test_risk_where_logins_count_is_the_observed_share():
    configure(activity="purchases+logins")
    # ninety days ago (2026-04-01): quiet for 0–17 days; two of three then are gone today
    stayed, left, also_left = customer(), customer(), customer()
    for who, on in ((stayed, "2026-04-01"), (left, "2025-12-20"), (also_left, "2025-12-21")):
        purchase(who, "2025-12-01", 100)
        login(who, on)
    login(stayed, "2026-06-25")
    # (left, also_left: 101–102 days quiet then, bucket 5; 191 now, bucket 10: nobody stood there)
    compute()
    assert risk(stayed) == 0  # quiet 5 now; those equally quiet then (himself) stayed
    assert risk(left) is None


def test_risk_by_contract_is_the_observed_share_by_tenure():
    configure(churn_policy="contract")
    # on 2026-04-01 four had been signed for 3–6 months; one of them is gone today
    old = [customer() for _ in range(4)]
    for who in old[:3]:
        contract(who, "2025-12-01", 1000)
    contract(old[3], "2025-12-01", 1000, ends_on="2026-06-01")
    young = customer()
    contract(young, "2026-02-15", 1000)  # four and a half months now
    newest = customer()
    contract(newest, "2026-06-15", 1000)
    compute()
    assert risk(young) == pytest.approx(0.25)
    assert risk(newest) == 0  # three months and less then: young himself, who stayed
    assert risk(old[3]) is None  # nobody had ended ninety days ago


def test_risk_by_contract_ignores_purchases():
    configure(churn_policy="contract")
    crowd = a_crowd()
    compute()
    assert not Prediction.objects.filter(customer=crowd[0]).exists()  # never signed: a prospect
