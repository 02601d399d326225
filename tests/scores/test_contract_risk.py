"""The contract model on planted data: what moves leaving is found, and where there is too little it says so."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from scores import contract_risk, judging
from scores.contract_risk import ContractRisk

AS_OF = dt.date(2026, 6, 30)


def facts(number: int = 300, months: int = 12, seed: int = 1, *, effect: float = 2.5) -> pd.DataFrame:
    """Customers at month ends, of whom those whose logins fell leave more often (log odds + effect)."""
    dice = np.random.default_rng(seed)
    days = contract_risk.month_ends(AS_OF)[-months:]
    size = number * months
    before = dice.poisson(20, size)
    has_fallen = dice.random(size) < 0.2
    lost = dice.random(size) < 1 / (1 + np.exp(3.2 - effect * has_fallen))
    return pd.DataFrame(
        {
            "day": np.repeat(days, number),
            "customer_id": np.tile(np.arange(number), months),
            "kind": "M",
            "lost": lost.astype(float),
            "known_end": np.nan,
            "tenure_days": dice.integers(30, 1500, size),
            "plan": np.where(dice.random(size) < 0.5, "標準", "上位"),
            "mrr": 1000.0 * dice.integers(1, 50, size),
            "seats": np.nan,
            "renews_in": np.where(dice.random(size) < 0.3, 30.0, np.nan),
            "is_downgraded": 0.0,
            "has_notice": 0.0,
            "logins_30": np.where(has_fallen, before // 5, before).astype(float),
            "logins_before": before.astype(float),
            "contacts_90": dice.poisson(1, size).astype(float),
            "complaints_90": 0.0,
            "overdue": np.nan,
            "late_180": np.nan,
        }
    )


@pytest.fixture(scope="module")
def learnt() -> ContractRisk:
    return contract_risk.learn(facts())


def test_a_planted_driver_is_found_and_told_first(learnt):
    assert learnt.reason == ""
    one = facts(2, 1)
    one["tenure_days"], one["plan"], one["mrr"], one["renews_in"], one["contacts_90"] = (
        700,
        "標準",
        20000.0,
        np.nan,
        1.0,
    )
    one["logins_before"], one["logins_30"] = 20.0, [3.0, 20.0]
    fallen, steady = contract_risk.reasons(learnt.model, one)
    assert fallen.split(",")[0] == "+usage"
    assert steady.split(",")[0] == "-usage"
    risks = learnt.model.risk(one)
    assert risks[0] == pytest.approx(1 / (1 + np.exp(3.2 - 2.5)), abs=0.1)  # as planted: 33 %
    assert risks[1] == pytest.approx(1 / (1 + np.exp(3.2)), abs=0.02)  # 4 %


def test_it_is_judged_on_months_it_has_not_seen(learnt):
    rows = facts()
    days = sorted(rows["day"].unique())
    held = rows[rows["day"] >= days[-3]]
    assert (learnt.held_back["from"], learnt.held_back["customers"]) == (days[-3].isoformat(), 900)
    assert learnt.found["observations"] == 300 * 7  # months whose 90 days end before the first one held back
    # counted pair by pair against the model that has seen only those
    seen = rows[rows["day"] <= days[-3] - dt.timedelta(90)]
    model = contract_risk.fit_logistic(contract_risk.design(seen), seen["lost"].to_numpy())
    said, lost = model.risk(held), held["lost"].to_numpy() == 1
    wins = (said[lost][:, None] > said[~lost]).mean() + (said[lost][:, None] == said[~lost]).mean() / 2
    assert learnt.held_back["auc"] == pytest.approx(wins)
    assert learnt.held_back["auc"] > 0.65 > learnt.held_back["tenure_auc"]
    assert learnt.held_back["log_loss"] < learnt.held_back["tenure_log_loss"]
    assert sum(row["customers"] for row in learnt.held_back["tenths"]) == 900


def test_a_model_that_foretells_no_better_than_tenure_does_not_speak():
    told = contract_risk.learn(facts(effect=0.0, seed=3))
    assert (told.model, told.reason) == (None, "no_better_than_tenure")
    assert told.held_back["lead"] < contract_risk.CLEAR_LEAD


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (facts(0, 12), "too_few_months"),
        (facts(200, 5), "too_few_months"),
        (facts(20, 12), "too_few_observations"),
        (facts(300, 12, effect=0.0).assign(lost=0.0), "too_few_lost"),
        (facts(300, 12).assign(customer_id=1), "too_few_lost"),  # one customer lost over and over is one
    ],
)
def test_a_small_company_is_told_why_there_is_no_model(rows, reason):
    told = contract_risk.learn(rows)
    assert (told.model, told.reason, told.held_back) == (None, reason, {})


def test_days_whose_outcome_is_not_known_teach_nothing():
    rows = facts()
    later = rows.assign(day=AS_OF, lost=np.nan)
    assert contract_risk.learn(pd.concat([rows, later])) == contract_risk.learn(rows)


def test_notice_is_judged_apart():
    rows = facts(300, 12)
    rows.loc[rows["customer_id"] < 25, "kind"] = "N"
    rows.loc[rows["kind"] == "N", "lost"] = (rows.loc[rows["kind"] == "N", "customer_id"] != 3).astype(float)
    told = contract_risk.learn(rows)
    assert told.notice_share == pytest.approx(24 / 25)
    assert told.found["observations"] == 275 * 7
    few = rows[(rows["kind"] == "M") | (rows["customer_id"] < contract_risk.MIN_NOTICES - 1)]
    assert contract_risk.learn(few).notice_share is None


def test_the_weights_are_those_of_the_largest_penalised_likelihood():
    rows = facts(100, 6)
    columns = contract_risk.design(rows)
    model = contract_risk.fit_logistic(columns, rows["lost"].to_numpy())
    told = columns[model.columns]
    z = np.nan_to_num(((told - told.mean()) / told.std(ddof=0)).to_numpy())

    def loss(at):
        odds = at[0] + z @ at[1:]
        return np.logaddexp(0, odds).sum() - rows["lost"] @ odds + contract_risk.PENALTY * (at[1:] ** 2).sum() / 2

    found = minimize(loss, np.zeros(1 + z.shape[1]), method="L-BFGS-B", options={"ftol": 1e-14, "maxfun": 100_000})
    assert loss(np.array([model.intercept, *model.weights])) <= found.fun + 1e-6


def test_what_is_not_known_adds_nothing_and_what_never_varies_is_left_out(learnt):
    assert not {"seats", "overdue", "late", "complaints", "notice", "downgrade"} & set(learnt.model.columns)
    one = facts(1, 1).assign(logins_30=np.nan, logins_before=np.nan)
    assert learnt.model.contributions(one)["usage"].tolist() == [0.0]


def test_data_that_divide_cleanly_still_have_finite_weights():
    rows = facts(100, 6)
    model = contract_risk.fit_logistic(contract_risk.design(rows), (rows["logins_30"] < 8).to_numpy(dtype=float))
    assert np.isfinite([model.intercept, *model.weights]).all()
    assert judging.auc(rows["logins_30"] < 8, model.risk(rows)) > 0.99
    nobody = contract_risk.fit_logistic(contract_risk.design(rows), np.zeros(len(rows)))
    assert (nobody.risk(rows) < 0.01).all()


def test_customers_unlike_those_learnt_from_are_noticed(learnt):
    today = facts(100, 1)
    assert not contract_risk.is_unlike_past(learnt, today)
    assert contract_risk.is_unlike_past(learnt, today.assign(logins_30=0.0))
    assert not contract_risk.is_unlike_past(learnt, today.iloc[:0])
    assert not contract_risk.is_unlike_past(ContractRisk(None), today)


def test_it_is_stored_and_restored_as_it_was(learnt):
    assert contract_risk.restored(learnt.stored()) == learnt
    assert contract_risk.restored(ContractRisk(None, "too_few_lost").stored()).model is None


def test_the_order_of_rows_changes_no_weight(learnt):
    turned = contract_risk.learn(facts().sample(frac=1, random_state=2))
    assert turned.model.weights == pytest.approx(learnt.model.weights, abs=1e-9)
    assert turned.held_back["tenths"] == [pytest.approx(row) for row in learnt.held_back["tenths"]]


def test_month_ends_are_those_whose_ninety_days_are_over():
    days = contract_risk.month_ends(dt.date(2026, 6, 29))
    assert (days[-1], len(days)) == (dt.date(2026, 3, 31), 24)  # 2026-03-31 + 90 = 2026-06-29
    assert contract_risk.month_ends(dt.date(2026, 6, 28))[-1] == dt.date(2026, 2, 28)


def test_tenure_is_cut_at_whole_months():
    assert contract_risk.tenure_bucket([0, 91, 92, 365, 366, 1096]).tolist() == [0, 0, 1, 2, 3, 5]
