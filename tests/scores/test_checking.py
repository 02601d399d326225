"""The page "Model check": what speaks, why, and what was foretold beside what came."""

import csv
import io

import pytest
from django.utils import timezone, translation

from scores import checking, scoring
from scores.models import ModelFit
from tests.factories import configure, contract, customer, day, moment, purchase, user

BGNBD = {"r": 0.5, "alpha": 10.0, "a": 1.0, "b": 3.0, "log_likelihood": -50.0, "nbd_log_likelihood": -60.0}
SPENDING = {"p": 6.0, "q": 4.0, "gamma": 1500.0, "rejected": None}
NO_SPENDING = {"p": None, "q": None, "gamma": None, "rejected": None}
TENTHS = [
    {"tenth": 1, "customers": 50, "expected": 0.1, "actual": 0.0},
    {"tenth": 10, "customers": 50, "expected": 0.5, "actual": 0.4},
]
SUMMARY = {"customers": 100, "expected": 0.3, "actual": 0.2, "auc": 0.81, "brier": 0.1234, "tenths": TENTHS}
WINDOW = {
    "from": "2026-04-01",
    "days": 90,
    "uses": "bgnbd",
    "reason": "",
    "customers": 100,
    "total": {"expected": 103.0, "actual": 100},
    "frequency": [
        {"group": 0, "customers": 60, "expected": 0.2, "actual": 0.25},
        {"group": 7, "customers": 40, "expected": 6.0, "actual": 6.5},
    ],
    "alive": [
        {"group": 1, "customers": 20, "expected": 0.1, "actual": 0.2, "p_alive": 0.1, "bought": 0.05},
        {"group": 10, "customers": 20, "expected": 5.0, "actual": 5.2, "p_alive": 0.98, "bought": 0.9},
    ],
    "buying": SUMMARY,
    "risk": SUMMARY | {"auc": None},
}
LEARNT = {
    "model": {"columns": ["usage", "is_silent", "tenure"], "weights": [-0.5, 0.25, -0.25]},
    "reason": "",
    "found": {"months": 24, "lost": 55, "held_lost": 20},
    "held_back": SUMMARY | {"from": "2025-10-31"},
}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def fit(uses: str = "bgnbd", params: dict | None = None, **fields) -> ModelFit:
    given = {"customers": 1234, "repeaters": 500, "reason": "", "as_of": day("2026-06-30"), "fitted_at": timezone.now()}
    return ModelFit(uses=uses, params=params or BGNBD | SPENDING, **{**given, **fields})


def said(one: ModelFit, *, by_contract: bool = False) -> dict[str, checking.Speaker]:
    return {speaker.title: speaker for speaker in checking.speakers(one, by_contract=by_contract)}


# --- which model speaks -----------------------------------------------------------------------


@pytest.mark.django_db
def test_parameters_are_told_in_words_a_manager_understands():
    spoken = said(fit())
    facts = dict(spoken["Purchases to come"].facts)
    assert spoken["Purchases to come"].name == "BG/NBD"
    assert facts["Customers learnt from"] == "1,234"
    assert facts["Leave for good after a purchase, on average"] == "25%"  # a ÷ (a + b)
    assert dict(spoken["Value of a purchase"].facts)["Mean value per purchase day"] == "¥3,000"  # 6 × 1500 ÷ 3


@pytest.mark.django_db
def test_nbd_says_by_how_little_drop_out_was_better():
    rejected = {"log_likelihood": -49.5}
    spoken = said(fit("nbd", BGNBD | SPENDING | {"rejected": rejected}))["Purchases to come"]
    assert spoken.name == "NBD"
    assert "better by 0.50 only, and it takes 1.92" in spoken.sentence
    # 365 ÷ 7 weeks × r ÷ alpha
    assert dict(spoken.facts)["Repeat purchase days of a new customer in the first year"] == "2.61"


@pytest.mark.django_db
def test_without_a_model_the_page_says_why():
    nothing = dict.fromkeys(("r", "alpha", "a", "b", "log_likelihood", "nbd_log_likelihood"))
    spoken = said(fit("none", nothing | NO_SPENDING, reason="too_few_repeat_customers"))
    assert [speaker.name for speaker in spoken.values()] == ["No model", "No model"]
    assert spoken["Purchases to come"].sentence.startswith("Too little data: fewer than 10 customers")
    wide = said(fit(params=BGNBD | SPENDING | {"q": 0.9}, reason="no_mean_value"))["Value of a purchase"]
    assert (wide.name, wide.sentence.startswith("Amounts differ so widely")) == ("No model", True)


@pytest.mark.django_db
def test_a_model_of_contracts_names_what_weighs_most():
    spoken = said(fit(risk={"contract": LEARNT}), by_contract=True)["Risk of contracts"]
    facts = dict(spoken.facts)
    assert (spoken.name, facts["Lost customers learnt from"]) == ("Logistic model", "55")
    assert spoken.weights == [("Logins and their trend", "75%"), ("Length of contract", "25%")]
    fallen = LEARNT | {"model": None, "reason": "no_better_than_tenure"}
    spoken = said(fit(risk={"contract": fallen}), by_contract=True)["Risk of contracts"]
    assert (spoken.name, spoken.sentence[:21]) == ("Share by length of contract", "A model was tried, bu"[:21])
    assert "Risk of contracts" not in said(fit(risk={"contract": LEARNT}))


@pytest.mark.django_db
def test_since_is_the_first_day_without_a_break():
    for on, uses in (("2026-06-01", "bgnbd"), ("2026-06-10", "nbd"), ("2026-06-20", "bgnbd"), ("2026-06-25", "bgnbd")):
        fit(uses, as_of=day(on)).save()
    assert checking.since(fit()) == day("2026-06-20")
    assert checking.since(fit("none")) == day("2026-06-30")
    ModelFit.objects.filter(uses="nbd").delete()
    assert checking.since(fit()) == day("2026-06-01")


# --- how well it foretold ---------------------------------------------------------------------


def test_what_was_foretold_stands_beside_what_came():
    tested = fit(backtest={"windows": [WINDOW]})
    found = {check.key: check for check in checking.checks(tested, tested, days=90)}
    assert list(found) == ["frequency", "alive", "buying", "risk", "gains"]
    assert found["frequency"].meaning == [
        "In the 90 days after 2026/04/01 the model, knowing nothing of them, expected 103 purchase days;"
        " 100 came (+3.0%)."
    ]
    (chart,) = found["frequency"].charts
    assert (chart["x"], [one["data"] for one in chart["series"]]) == (["0", "7+"], [[0.25, 6.5], [0.2, 6.0]])
    assert found["alive"].meaning[0] == "Of the tenth with the highest P(alive) 90% bought again, of the lowest 5%."
    assert found["buying"].meaning == [
        "In 81% of pairs the buyer had been given more than the non-buyer (AUC; 50% would be chance). Brier 0.123."
    ]
    assert found["risk"].meaning == [
        "Of the tenth with the highest risk 40.0% left within 90 days, of the lowest 0.0%; of all 20.0%.",
        "All fared alike, so it cannot be told whether the order was right.",
    ]
    lift = found["risk"].charts[1]
    assert (lift["x"], lift["series"][0]["data"]) == (["10", "1"], [2.0, 0.0])
    assert [name for name, _ in found["risk"].named_charts] == ["chart-risk-0", "chart-risk-1"]


def test_what_the_highest_tenth_catches():
    """By risk the upper half holds all who left, so its upper tenth a fifth; by P(alive) a fifth of 18 of 19."""
    many = [{"tenth": 1, "customers": 90, "expected": 0.1, "actual": 0.1}]
    many.append({"tenth": 10, "customers": 10, "expected": 2.0, "actual": 2.1})
    total = WINDOW["total"] | {"error": 0.4321}
    tested = fit(backtest={"windows": [WINDOW | {"many": many, "total": total}]})
    found = {check.key: check for check in checking.checks(tested, tested, days=90)}
    assert [words.split("held ")[-1].split("made ")[-1].split(" of ")[0] for words in found["gains"].meaning] == [
        "19%",
        "70%",
        "20%",
    ]
    assert "7.0 times as many" in found["gains"].meaning[1]
    (chart,) = found["gains"].charts
    assert [series["data"][0] for series in chart["series"]] == [18.9, 70.0, 20.0, 10.0]
    assert "A single customer's figure was off by 0.43 on average." in found["frequency"].meaning
    rows = [row for row in checking.rows(tested, tested) if row["section"] == "gain-many"]
    assert (rows[0]["group"], rows[0]["customers"], rows[0]["expected"]) == (10, 10, 0.1)
    assert rows[0]["actual"] == pytest.approx(0.7)


def test_the_risk_checked_is_that_of_the_model_in_use():
    held = {"held_back": SUMMARY | {"actual": 0.0, "from": "2025-10-31"}}
    tested = fit(backtest={"windows": [], "risk": SUMMARY})
    assert checking.risk_of(fit(risk={"contract": held}), tested)["from"] == "2025-10-31"
    assert checking.risk_of(fit(), tested) == SUMMARY
    assert checking.risk_of(fit(), None) is None
    nobody_left, _gains = checking.checks(fit(risk={"contract": held}), None, days=90)
    assert len(nobody_left.charts) == 1  # nobody left: times the average cannot be told


def test_a_window_without_a_model_shows_no_purchases():
    tested = fit(backtest={"windows": [{"from": "2026-04-01", "days": 90, "uses": "none", "customers": 3}]})
    assert checking.checks(tested, tested, days=90) == []
    assert checking.rows(tested, tested) == []


def test_nothing_came_and_nothing_can_be_missed_by_a_share():
    assert checking.off({"expected": 3.0, "actual": 0}) == "–"
    assert checking.off({"expected": 95.0, "actual": 100}) == "−5.0%"


# --- the page ---------------------------------------------------------------------------------


@pytest.fixture
def manager(client):
    client.force_login(user(role="manager"), backend="accounts.backends.StaffBackend")
    return client


@pytest.mark.django_db
def test_the_page_is_empty_before_the_first_fit(manager):
    assert "モデルはまだありません" in manager.get("/scores/model/").content.decode()
    assert manager.get("/scores/model/table/").content.decode("utf-8-sig").splitlines() == [",".join(checking.COLUMNS)]


@pytest.mark.django_db
def test_the_page_shows_models_and_checks_and_their_table(manager, django_assert_max_num_queries):
    fit(backtest={"windows": [WINDOW, WINDOW | {"days": 365, "risk": None, "alive": []}]}).save()
    with django_assert_max_num_queries(14):
        page = manager.get("/scores/model/").content.decode()
    for words in ("モデルの検証", "今後の購入", "BG/NBD", "検証期間 365日", "差 +3.0%", "chart-risk-1"):
        assert words in page
    assert 'aria-current="page">検証期間 365日' in manager.get("/scores/model/?days=365").content.decode()
    text = manager.get("/scores/model/table/").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["section"] for row in rows].count("frequency") == 4
    assert rows[0] == dict(
        zip(checking.COLUMNS, ["frequency", "2026-04-01", "90", "0", "60", "0.2", "0.25"], strict=True)
    )
    assert rows[-1]["section"] == "risk"


@pytest.mark.django_db
def test_a_company_of_contracts_sees_why_there_is_no_model(manager):
    configure(churn_policy="contract")
    contract(customer(), "2026-01-01")
    scoring.compute(as_of=day("2026-06-30"), now=moment("2026-07-01"))
    page = manager.get("/scores/model/").content.decode()
    assert "契約が分かる月末は3回分で、6回分が必要です。" in page
    assert "まだ検証できません" in page


@pytest.mark.django_db
def test_a_customers_scores_lead_to_it(manager):
    who = customer()
    purchase(who, "2026-06-01")
    scoring.compute(as_of=day("2026-06-30"), now=moment("2026-07-01"))
    assert 'href="/scores/model/"' in manager.get(f"/scores/customers/{who.pk}/").content.decode()
