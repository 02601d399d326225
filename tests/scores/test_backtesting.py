"""The back-test: fitted on an earlier day, held against what came; figures by hand and as published."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from scores import backtesting, btyd, gains, scoring
from scores.models import ModelFit
from tests.factories import configure, contract, customer, day, login, moment, purchase
from tests.scores.test_btyd import PUBLISHED, histories, read, simulated


def compute(as_of: str = "2026-06-30") -> ModelFit:
    scoring.compute(as_of=day(as_of), now=moment("2026-07-01"))
    return ModelFit.objects.get(as_of=as_of)


# --- pure ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cdnow(sample_data):
    """Calibrated on 39 weeks, 39 weeks held back."""
    lines = read(sample_data / "cdnow_sample_purchases.csv", dt.date.fromisoformat)
    x, tx, t = histories(lines, dt.date(1997, 9, 30))
    later = pd.DataFrame(lines, columns=["who", "day"])
    order = list(dict.fromkeys(who for who, on in lines if on <= dt.date(1997, 9, 30)))
    days = later.drop_duplicates().assign(is_late=lambda rows: rows["day"] > dt.date(1997, 9, 30))
    counts = days.groupby("who")["is_late"].sum()[order]
    return pd.DataFrame({"x": x, "t_x": tx, "t_days": t, "later": counts.to_numpy(), "quiet": 0})


def test_cdnow_by_frequency_as_published(cdnow):
    found = backtesting.judged(cdnow, 39 * 7)
    assert [row["group"] for row in found["frequency"]] == list(range(8))
    assert [row["expected"] for row in found["frequency"]] == pytest.approx(
        [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=0.0006
    )
    assert [row["actual"] for row in found["frequency"]] == pytest.approx(
        [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], abs=0.0006
    )
    assert (found["uses"], found["customers"], found["total"]["actual"]) == ("bgnbd", 2357, 1882)
    assert 0.75 < found["buying"]["auc"] < 0.85
    assert sum(row["customers"] for row in found["alive"]) == 946
    assert found["total"]["error"] == pytest.approx(0.785, abs=0.005)
    assert gains.lift(gains.caught(found["many"])) == pytest.approx(4.70, abs=0.05)


def test_a_search_from_the_present_fit_judges_the_same(cdnow):
    cold, warm = (backtesting.judged(cdnow, 39 * 7, start) for start in (None, PUBLISHED))
    assert warm["total"]["expected"] == pytest.approx(cold["total"]["expected"], rel=1e-4)


def test_on_data_that_are_as_the_model_says_it_is_calibrated():
    x, tx, t = simulated(4000, PUBLISHED, seed=5)
    early = btyd.BgNbd(*(getattr(PUBLISHED, name) for name in ("r", "alpha", "a", "b")), 0, 0, 0, 0)
    said = btyd.chance_to_buy(early, 90, x, tx, t)
    dice = np.random.default_rng(6)
    held = pd.DataFrame({"x": x, "t_x": tx, "t_days": t, "later": (dice.random(len(x)) < said).astype(int)})
    held["quiet"] = np.where(held["later"] > 0, 0, held["t_days"] - held["t_x"] + 90)
    found = backtesting.judged(held, 90, inactivity_days=180)
    for row in found["buying"]["tenths"]:
        assert row["actual"] == pytest.approx(row["expected"], abs=0.09)
    active = (t - tx) < 180
    assert found["risk"]["customers"] == active.sum()
    assert found["risk"]["expected"] == pytest.approx(found["risk"]["actual"], abs=0.02)


def test_too_few_who_came_back_is_said_and_nothing_judged():
    held = pd.DataFrame({"x": [0, 1], "t_x": [0, 5], "t_days": [200, 200], "later": [0, 1], "quiet": [290, 10]})
    assert backtesting.judged(held, 90) == {"uses": "none", "reason": "too_few_repeat_customers", "customers": 2}


def test_silence_is_judged_by_what_became_of_those_as_quiet_before():
    # N = 100. Before: two stood at 0–9 days (one of them gone 90 days later), one at 50–59 (gone).
    quiet = pd.DataFrame(
        {
            "before": [5, 5, 55, np.nan, np.nan],
            "then": [3, 120, 145, 4, 52],
            "after": [93, 210, 235, 101, 2],
        }
    )
    found = backtesting.judged_silence(quiet, 100)
    # judged: who is active then and stood where somebody had stood: rows 0 and 3 (0.5 each), row 4 (1.0)
    assert (found["customers"], found["expected"], found["actual"]) == (3, pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert found["auc"] == 0.25  # gone: row 3; not: row 0 (equal: half) and row 4 (higher)
    assert backtesting.judged_silence(quiet.assign(before=np.nan), 100) is None


# --- stored ----------------------------------------------------------------------------------

database = pytest.mark.django_db


def shop() -> None:
    """Twelve who come back now and then, two of them after the day held back from (2026-04-01)."""
    for at in range(12):
        who = customer()
        for month in (1, 2 + at % 2, 3):
            purchase(who, f"2026-{month:02}-{1 + at:02}")
        if at < 2:
            purchase(who, "2026-05-10")
            purchase(who, f"2026-06-0{1 + at}")


@database
def test_it_is_stored_with_the_first_fit_of_a_month():
    shop()
    purchase(customer(), "2026-04-02")  # came after the day: no part of it
    found = compute().backtest
    (window,) = found["windows"]  # a year held back needs a year before it
    assert (window["from"], window["days"], window["customers"]) == ("2026-04-01", 90, 12)
    assert window["total"]["actual"] == 4
    assert window["risk"]["customers"] == 12
    assert window["risk"]["actual"] == 0  # 180 days cannot be over for who bought in March
    assert sum(row["customers"] for row in window["frequency"]) == 12
    purchase(customer(), "2026-06-02")
    assert compute().backtest == found  # the same day again: stays
    scoring.compute(as_of=day("2026-07-01"), now=moment("2026-07-02"))
    assert ModelFit.objects.get(as_of="2026-07-01").backtest is not None
    scoring.compute(as_of=day("2026-07-02"), now=moment("2026-07-03"))
    assert ModelFit.objects.get(as_of="2026-07-02").backtest is None
    assert backtesting.latest().as_of == day("2026-07-01")
    assert backtesting.latest(day("2026-06-30")).as_of == day("2026-06-30")


@database
def test_a_year_is_held_back_where_there_is_a_year_before_it():
    for at in range(12):
        who = customer()
        for on in ("2024-05-20", f"2024-09-{1 + at:02}", f"2025-05-{1 + at:02}", f"2026-0{1 + at % 5}-05"):
            purchase(who, on)
    windows = compute().backtest["windows"]
    assert [(window["days"], window["from"], window["customers"]) for window in windows] == [
        (90, "2026-04-01", 12),
        (365, "2025-06-30", 12),
    ]
    assert windows[1]["total"]["actual"] == 12
    assert "risk" not in windows[1]


@database
def test_where_logins_count_the_risk_judged_is_the_observed_one():
    configure(activity="purchases+logins")
    who, gone = customer(), customer()
    for one in (who, gone):
        purchase(one, "2025-12-01")
    login(who, "2026-03-25")
    found = compute().backtest
    # 2026-01-01: both quiet 31; 2026-04-01: 7 and 121; 2026-06-30: 97 and 211. Nobody stood at 7 or at 121 before.
    assert found["risk"] is None
    login(gone, "2026-03-01")
    ModelFit.objects.all().delete()
    found = compute().backtest  # 2026-04-01: 7 and 31; at 31 days both stood before, and stayed
    assert (found["risk"]["customers"], found["risk"]["expected"], found["risk"]["actual"]) == (1, 0, 0)


@database
def test_a_company_of_contracts_without_purchases_has_no_window():
    configure(churn_policy="contract")
    contract(customer(), "2025-01-01")
    assert compute().backtest == {"one_in": 1, "windows": []}
