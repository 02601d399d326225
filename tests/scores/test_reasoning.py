"""Why a churn risk is what it is: the method, and the customer's own values."""

import pytest
from django.utils import translation

from accounts.models import Installation
from scores import contract_risk, reasoning, scoring
from scores.models import ModelFit, Prediction, Score
from scores.reasoning import Reason
from tests.factories import configure, contract, customer, day, login, moment, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def told(who, as_of: str = "2026-06-30") -> reasoning.Told:
    scoring.compute(as_of=day(as_of), now=moment("2026-07-01"))
    return again(who)


def again(who) -> reasoning.Told:
    fit = ModelFit.objects.get()
    score, said = Score.objects.get(customer=who), Prediction.objects.get(customer=who)
    return reasoning.of_risk(reasoning.Case(score, said, fit.as_of, Installation.get(), fit))


def test_by_purchases_his_silence_stands_beside_his_usual_gap():
    for at in range(12):
        shopper = customer()
        for month in (1, 2 + at % 3, 5):
            purchase(shopper, f"2026-{month:02}-{1 + at:02}")
    who, once = customer(), customer()
    for on in ("2026-01-01", "2026-01-11", "2026-02-10", "2026-02-14"):  # gaps 10, 30, 4
        purchase(who, on)
    purchase(who, "2026-06-01", -500)
    purchase(once, "2026-03-02")
    said = told(who)
    assert said.basis.startswith("The chance that 180 days without a purchase are full")
    assert said.reasons == [
        Reason("Quiet for 136 days; the usual gap between two purchases is 10 days.", raises=True),
        Reason("Last purchases: 2026/02/14 · 2026/02/10 · 2026/01/11."),
    ]
    assert again(once).reasons == [Reason("Quiet for 120 days."), Reason("Last purchases: 2026/03/02.")]


def test_by_silence_he_stands_among_those_who_were_as_quiet():
    configure(activity="purchases+logins")
    stayed, left = customer(), customer()
    for who in (stayed, left):
        purchase(who, "2025-12-01")
        login(who, "2026-03-30" if who is stayed else "2025-12-30")
    login(stayed, "2026-06-28")
    assert told(stayed).reasons == [
        Reason("Quiet for 2 days."),
        Reason("Of 1 customer like this 90 days before, 0 is not active now."),
    ]


def test_by_tenure_it_says_why_there_is_no_model():
    configure(churn_policy="contract")
    for ends in ("2026-06-01", None, None, None):
        contract(customer(), "2025-12-01", **({"ends_on": ends} if ends else {}))
    who = customer()
    contract(who, "2026-02-15")
    said = told(who)
    assert said.basis == "The share lost within 90 days among customers as long under contract."
    assert [reason.sentence for reason in said.reasons] == [
        "Under contract for 4 months.",
        "Of 4 customers like this 90 days before, 1 are not active now.",
        "There is no model yet: contracts are known for 4 month ends, and it takes 6.",
    ]


def test_notice_is_the_reason_by_itself():
    configure(churn_policy="contract")
    ends, later = customer(), customer()
    contract(ends, "2025-12-01", cancelled_on="2026-06-20", ends_on="2026-09-01")
    contract(later, "2025-12-01", cancelled_on="2026-06-20", ends_on="2027-01-01")
    assert told(ends) == reasoning.Told("Notice was given: the last day under contract is 2026/08/31.", [])
    assert again(later).basis.endswith("beyond the next 90 days: its last day is 2026/12/31.")


FACTS = {
    "tenure_days": 400,
    "plan": "標準",
    "mrr": 12000,
    "seats": 7,
    "renews_in": 20,
    "is_downgraded": True,
    "has_notice": True,
    "logins_30": 2,
    "logins_before": 41,
    "contacts_90": 3,
    "complaints_90": 1,
    "overdue": 2,
    "late_180": 5,
}


def test_a_model_names_the_facts_that_weigh_most():
    configure(churn_policy="contract")
    who = customer()
    contract(who, "2025-01-01")
    told(who)
    Prediction.objects.update(churn_risk=0.4, reasons={"codes": ["+usage", "-tenure"], "facts": FACTS})
    ModelFit.objects.update(risk={"contract": {"reason": "", "held_back": {"auc": 0.764}}})
    said = again(who)
    assert "put a leaver above a stayer in 76% of pairs" in said.basis
    assert said.reasons == [
        Reason("Logins: 2 in the last 30 days, 41 in the 30 days before.", raises=True),
        Reason("Under contract for 13 months.", raises=False),
    ]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("renewal", "The renewal is in 20 days."),
        ("downgrade", "Went down to a smaller amount within the last 90 days."),
        ("notice", "Notice was given for one of several contracts."),
        ("payment", "Invoices: 2 overdue, 5 not paid in time within 180 days."),
        ("contacts", "Contacts in the last 90 days: 3."),
        ("complaints", "Complaints in the last 90 days: 1."),
        ("seats", "Seats: 7."),
        ("mrr", "MRR: ¥12,000."),
        ("plan", "Plan: 標準."),
    ],
)
def test_each_fact_has_its_words(code, sentence):
    assert reasoning.SENTENCES[code](FACTS) == sentence


def test_what_is_absent_is_told_as_absent():
    none = {"plan": "", "is_downgraded": False, "has_notice": False}
    assert [reasoning.SENTENCES[code](none) for code in ("renewal", "downgrade", "notice", "plan")] == [
        "No renewal date is near.",
        "Did not go down to a smaller amount within the last 90 days.",
        "No notice was given.",
        "Plan: –.",
    ]


def test_every_column_of_the_model_has_words():

    assert {*contract_risk.REASON_OF.values(), "plan"} == set(reasoning.SENTENCES)


def test_every_reason_against_a_model_has_a_sentence():
    found = {"months": 4, "observations": 100, "lost": 5, "held_lost": 2}
    for code in reasoning.WHY_NO_MODEL:
        said = reasoning.without_model(ModelFit(risk={"contract": {"reason": code, "found": found}}))
        assert said.startswith(("There is no model yet", "A model was tried"))
    assert reasoning.without_model(ModelFit(risk={})) == ""
