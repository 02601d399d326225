"""BG/NBD and NBD, against the published figures and against slower ways to the same number."""

import csv
from collections import defaultdict
from dataclasses import astuple
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1
from scipy.stats import nbinom

from scores import btyd
from scores.btyd import BgNbd, Nbd
from scores.likelihood import TooLittleData

PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357, 946, -9763.7)

positive = st.floats(-4, 4).map(lambda power: float(np.exp(power)))
models = st.builds(lambda r, alpha, a, b: BgNbd(r, alpha, a, b, 0.0, 0, 0, 0.0), positive, positive, positive, positive)


def histories(lines, until):
    """(customer, day) → x, t_x and T in days as of `until`."""
    days = defaultdict(set)
    for customer, day in lines:
        if day <= until:
            days[customer].add(day)
    rows = [(len(seen) - 1, (max(seen) - min(seen)).days, (until - min(seen)).days) for seen in days.values()]
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def read(path, day_of, keep=lambda row: True):
    with path.open(encoding="utf-8") as file:
        return [(row["customer_id"], day_of(row["purchased_at"])) for row in csv.DictReader(file) if keep(row)]


def simulated(n, model, seed, days=730):
    """Customers who buy and leave as the model says, seen for up to `days` days."""
    rng = np.random.default_rng(seed)
    rates, leaving = rng.gamma(model.r, 1 / model.alpha, n) / 7, rng.beta(model.a, model.b, n)
    ends = rng.integers(days // 2, days + 1, n)
    rows = []
    for rate, leave, end in zip(rates, leaving, ends, strict=True):
        moment, seen = rng.exponential(1 / rate), set()
        while moment <= end:
            seen.add(int(np.ceil(moment)))
            if rng.random() < leave:
                break
            moment += rng.exponential(1 / rate)
        rows.append((len(seen), max(seen, default=0), end))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


@pytest.fixture
def cdnow(sample_data):
    lines = read(sample_data / "cdnow_sample_purchases.csv", date.fromisoformat)
    return lines, histories(lines, date(1997, 9, 30))


# --- against what was published ----------------------------------------------------------


def test_it_finds_the_published_parameters_of_cdnow(cdnow):
    fit = btyd.fit_transactions(*cdnow[1])
    assert isinstance(fit, BgNbd)
    assert (fit.r, fit.alpha, fit.a, fit.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), rel=0.005)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert (fit.n, fit.n_repeat) == (2357, 946)


def test_it_expects_the_published_holdout_purchases_of_cdnow(cdnow):
    x, tx, t = cdnow[1]
    expected = btyd.expected_purchases(btyd.fit_transactions(x, tx, t), 39 * 7, x, tx, t)
    by_frequency = [expected[np.minimum(x, 7) == group].mean() for group in range(8)]
    assert by_frequency == pytest.approx([0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=0.0006)


def test_it_expects_the_published_repeat_purchases_of_a_new_customer(cdnow):
    fit = btyd.fit_transactions(*cdnow[1])
    assert btyd.expected_total(fit, [7, 32 * 7, 78 * 7]) == pytest.approx([0.0532, 1.0437, 1.8576], rel=0.001)


def test_it_gives_the_published_figures_of_the_customer_who_bought_twice():
    # t_x = 30.43 weeks = 213 days, T = 38.86 weeks = 272 days
    assert btyd.expected_purchases(PUBLISHED, 273, [2], [213], [272]) == pytest.approx([1.226], abs=0.0006)
    assert btyd.p_alive(PUBLISHED, [2], [213], [272]) == pytest.approx([0.727], abs=0.0006)


def test_it_sees_no_drop_out_in_a_shop_whose_customers_stay(sample_data):
    lines = read(
        sample_data / "online_retail_orders.csv",
        lambda text: datetime.fromisoformat(text).date(),
        keep=lambda row: float(row["amount"]) >= 0,
    )
    fit = btyd.fit_transactions(*histories(lines, date(2011, 12, 9)))
    assert isinstance(fit, Nbd)
    assert 0 <= fit.rejected.log_likelihood - fit.log_likelihood < 0.2
    assert fit.n == 4339


# --- the fit -----------------------------------------------------------------------------


def test_it_finds_the_parameters_that_made_the_data():
    truth = BgNbd(0.8, 5.0, 1.2, 4.0, 0.0, 0, 0, 0.0)
    fit = btyd.fit_transactions(*simulated(6000, truth, seed=7))
    assert (fit.r, fit.alpha) == pytest.approx((0.8, 5.0), rel=0.1)
    # a and b run along a ridge: their mean share of leavers is what the data hold
    assert fit.a / (fit.a + fit.b) == pytest.approx(1.2 / 5.2, rel=0.1)


def test_a_warm_start_reaches_the_likelihood_of_a_cold_one():
    data = simulated(1500, PUBLISHED, seed=1)
    cold = btyd.fit_transactions(*data)
    starts = [
        PUBLISHED,
        BgNbd(5.0, 0.01, 50.0, 0.2, 0.0, 0, 0, 0.0),
        BgNbd(0.2, 4.0, 1e-6, 10.0, 0.0, 0, 0, 0.0),  # from a time when nobody left
        Nbd(3.0, 300.0, 0.0, 0, 0),
        cold,
    ]
    for start in starts:
        warm = btyd.fit_transactions(*data, start=start)
        assert warm.log_likelihood == pytest.approx(cold.log_likelihood, abs=1e-6)


# Among them ridges up to the edge of the box (229, 230, 263, 321) and a likelihood of two tops (287).
@pytest.mark.parametrize("seed", [229, 230, 263, 287, 321, 5])
def test_a_warm_start_from_any_earlier_fit_reaches_the_likelihood_of_a_cold_one(seed):
    rng = np.random.default_rng(seed)
    truth, other = (BgNbd(*np.exp(rng.uniform([-2, 0, -4, -1], [1.5, 3.5, 1.5, 4])), 0.0, 0, 0, 0.0) for _ in range(2))
    number = int(rng.choice([60, 300, 1000]))
    data = simulated(number, truth, seed=seed)
    cold, earlier = btyd.fit_transactions(*data), btyd.fit_transactions(*simulated(number, other, seed=seed + 1000))
    yesterday = btyd.fit_transactions(*(column[: number * 19 // 20] for column in data))
    for start in (earlier, yesterday):
        warm = btyd.fit_transactions(*data, start=start)
        assert type(warm) is type(cold)
        assert warm.log_likelihood == pytest.approx(cold.log_likelihood, abs=1e-6)


def test_the_same_histories_give_the_same_fit_to_the_last_digit():
    data = simulated(300, PUBLISHED, seed=9)
    assert btyd.fit_transactions(*data) == btyd.fit_transactions(*data)


@pytest.mark.parametrize("sampled_from", [100, 50_000])
def test_a_shop_that_stopped_losing_customers_is_searched_from_both_sides(monkeypatch, sampled_from):
    monkeypatch.setattr(btyd, "_SAMPLED_FROM", sampled_from)
    data = simulated(800, BgNbd(0.8, 5.0, 1e-3, 50.0, 0.0, 0, 0, 0.0), seed=5)
    cold, warm = btyd.fit_transactions(*data), btyd.fit_transactions(*data, start=PUBLISHED)
    assert isinstance(cold, Nbd)
    assert warm.log_likelihood == pytest.approx(cold.log_likelihood, abs=1e-6)
    assert warm.rejected.log_likelihood == pytest.approx(cold.rejected.log_likelihood, abs=1e-3)


def test_a_sample_fitted_first_does_not_change_the_fit(monkeypatch):
    data = simulated(1500, PUBLISHED, seed=2)
    whole = btyd.fit_transactions(*data)
    monkeypatch.setattr(btyd, "_SAMPLED_FROM", 1000)
    assert btyd.fit_transactions(*data).log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-6)


def test_a_sample_too_small_to_fit_is_done_without(monkeypatch):
    data = simulated(60, PUBLISHED, seed=3)
    whole = btyd.fit_transactions(*data)
    monkeypatch.setattr(btyd, "_SAMPLED_FROM", 50)
    assert btyd.fit_transactions(*data) == whole


def test_the_order_of_customers_does_not_matter():
    data = simulated(500, PUBLISHED, seed=4)
    order = np.random.default_rng(0).permutation(500)
    again = btyd.fit_transactions(*(column[order] for column in data))
    assert astuple(again) == pytest.approx(astuple(btyd.fit_transactions(*data)), rel=1e-12)


@pytest.mark.parametrize(("repeaters", "fits"), [(9, False), (10, True)])
def test_too_few_returning_customers_are_an_answer_not_an_error(repeaters, fits):
    x = [1] * repeaters + [0] * 20
    tx = [30 + i for i in range(repeaters)] + [0] * 20
    fit = btyd.fit_transactions(x, tx, [200] * len(x))
    assert isinstance(fit, BgNbd | Nbd) if fits else fit == TooLittleData("too_few_repeat_customers", 9, 10)


def test_nobody_at_all_is_too_little():
    assert btyd.fit_transactions([], [], []) == TooLittleData("too_few_repeat_customers", 0, 10)


@pytest.mark.parametrize(
    ("x", "tx", "t"),
    [
        ([3] * 40, [60] * 40, [100] * 40),  # all alike
        ([3] * 40, [100] * 40, [100] * 40),  # all bought today
        ([100] * 20 + [0] * 20, [100] * 20 + [0] * 20, [100] * 40),  # every day or never
        ([1] * 40, [1] * 40, [3000] * 40),  # bought twice and left
        ([3000] * 20 + [1] * 20, [3650] * 20 + [7] * 20, [3650] * 40),  # busy for ten years
        ([20_000] + [1] * 39, [36_000] + [10] * 39, [36_500] + [400] * 39),  # one beyond all measure, for a century
        ([2, 0] * 20, [50, 0] * 20, [200, 0] * 20),  # half bought for the first time today
        ([1] * 12 + [0] * 500, [3] * 12 + [0] * 500, [700] * 512),  # hardly anybody came back
        ([365] * 40, [365] * 40, [365] * 40),  # everybody every day, to the last
        ([1] * 40, [1] * 40, [1] * 40),  # a shop of two days
    ],
)
def test_it_stays_finite_at_the_edges(x, tx, t):
    fit = btyd.fit_transactions(x, tx, t)
    said = btyd.days_to_next(fit, x, tx, t)
    assert (np.isnan(said) | (said >= 0)).all()
    assert ((btyd.chance_to_buy(fit, 90, x, tx, t) >= 0) & (btyd.chance_to_buy(fit, 90, x, tx, t) <= 1)).all()
    figures = [fit.r, fit.alpha, fit.log_likelihood, *btyd.expected_purchases(fit, 365, x, tx, t)]
    assert np.isfinite(figures).all()
    assert min(figures[3:]) >= 0
    assert ((btyd.churn_risk(fit, 180, x, tx, t) >= 0) & (btyd.churn_risk(fit, 180, x, tx, t) <= 1)).all()


@pytest.mark.parametrize(
    ("x", "tx", "t", "said"),
    [
        ([1], [5], [4], "tx_days"),
        ([-1], [5], [9], "x ≥ 0"),
        ([0], [5], [9], "exactly where x is 0"),
        ([1], [0], [9], "exactly where x is 0"),
        ([1, 2], [5], [9], "equally long"),
        ([1.5], [5], [9], "whole numbers"),
        ([[1]], [5], [9], "one column"),
    ],
)
def test_it_refuses_histories_that_cannot_be(x, tx, t, said):
    with pytest.raises(ValueError, match=said):
        btyd.fit_transactions(x, tx, t)


rows = st.integers(0, 40).flatmap(
    lambda x: st.tuples(st.just(x), st.integers(max(1, x), 400) if x else st.just(0), st.integers(0, 300))
)
some_histories = st.lists(rows, min_size=1, max_size=30).map(
    lambda found: tuple(np.array(column) for column in zip(*((x, tx, tx + gap) for x, tx, gap in found), strict=True))
)


@given(some_histories, models)
@settings(max_examples=60, deadline=None)
def test_the_gradients_are_those_of_the_likelihoods(columns, model):
    data = btyd._grouped(*columns)
    for likelihood, at in (
        (btyd.bgnbd_log_likelihood, np.array(astuple(model)[:4])),
        (btyd.nbd_log_likelihood, np.array(astuple(model)[:2])),
    ):
        value, gradient = likelihood(at, data)
        for i in range(len(at)):
            step = at[i] * 1e-5 * np.eye(len(at))[i]
            slope = (likelihood(at + step, data)[0] - likelihood(at - step, data)[0]) / (2 * at[i] * 1e-5)
            assert slope * at[i] == pytest.approx(gradient[i] * at[i], rel=1e-5, abs=1e-5 * max(1, abs(value)) / 10)


@given(some_histories, models)
@settings(max_examples=40, deadline=None)
def test_grouping_equal_histories_changes_no_likelihood(columns, model):
    at = np.array(astuple(model)[:4])
    one_by_one = sum(
        btyd.bgnbd_log_likelihood(at, btyd._grouped(*(column[i : i + 1] for column in columns)))[0]
        for i in range(len(columns[0]))
    )
    assert btyd.bgnbd_log_likelihood(at, btyd._grouped(*columns))[0] == pytest.approx(one_by_one, rel=1e-10, abs=1e-9)


@given(some_histories, positive, positive)
@settings(max_examples=40, deadline=None)
def test_bg_nbd_becomes_nbd_where_nobody_leaves(columns, r, alpha):
    data = btyd._grouped(*columns)
    nobody_leaves = btyd.bgnbd_log_likelihood(np.array([r, alpha, 1e-300, 1.0]), data)[0]
    assert nobody_leaves == pytest.approx(btyd.nbd_log_likelihood(np.array([r, alpha]), data)[0], rel=1e-7, abs=1e-7)


# --- expected purchases ------------------------------------------------------------------


def purchase_by_purchase(model, days, x, t):
    """Σ over i of P(more than i purchases, were nobody to leave) × P(still there after i)."""
    k, b, share = model.r + x, model.b + x, (days / 7) / (model.alpha + (t + days) / 7)
    i = np.arange(int(nbinom.isf(1e-15, k, 1 - share)) + 20)
    stays = np.concatenate([[1.0], np.cumprod((b + i[:-1]) / (model.a + b + i[:-1]))])
    return float(nbinom.sf(i, k, 1 - share) @ stays)


@given(models, st.sampled_from([1, 30, 90, 365]), st.integers(0, 200), st.integers(0, 2000))
@settings(max_examples=150, deadline=None)
def test_expected_purchases_are_the_sum_over_purchases(model, days, x, quiet):
    x, tx, t = np.array([x]), np.array([x]), np.array([x + quiet])
    slow = purchase_by_purchase(model, days, x[0], t[0]) * btyd.p_alive(model, x, tx, t)
    assert btyd.expected_purchases(model, days, x, tx, t) == pytest.approx(slow, rel=1e-6, abs=1e-300)


@given(models, st.integers(0, 20), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_they_agree_with_the_published_formula_away_from_its_pole(model, x, quiet):
    c = model.a + model.b + x - 1
    if abs(model.a - 1) < 0.05 or abs(c) < 0.05:
        return
    x, t, weeks = np.array([x]), np.array([x + quiet]), 39
    z = weeks / (model.alpha + t / 7 + weeks)
    closed = c / (model.a - 1) * (1 - (1 - z) ** (model.r + x) * hyp2f1(model.r + x, model.b + x, c, z))
    assert btyd._while_customer(model, 273, x, t) == pytest.approx(closed, rel=1e-6)


@pytest.mark.parametrize("b", [1e-4, 0.5, 2.0, 1e4])
def test_they_pass_smoothly_through_the_pole_at_a_of_one(b):
    at = [
        btyd.expected_purchases(BgNbd(0.5, 4.0, a, b, 0.0, 0, 0, 0.0), 365, [0, 3], [0, 50], [90, 90])
        for a in (1 - 1e-6, 1.0, 1 + 1e-6)
    ]
    assert at[1] == pytest.approx((at[0] + at[2]) / 2, rel=1e-9)
    assert (at[0] > at[2]).all()


def test_they_stay_right_in_the_corners_of_the_box():
    for a in (1e-6, 1.0, 1e4):
        for b in (1e-6, 1.0, 1e5):
            for r, alpha in ((1e-5, 1e-5), (1e4, 1e7), (1e4, 10.0)):
                model = BgNbd(r, alpha, a, b, 0.0, 0, 0, 0.0)
                x, t = np.array([0, 1, 2000]), np.array([0, 1, 2000])
                found = btyd._while_customer(model, 365, x, t)
                bound = (r + x) * (365 / 7) / (alpha + t / 7)  # were nobody to leave
                assert np.isfinite(found).all()
                assert (found >= 0).all()
                assert (found <= bound * (1 + 1e-9)).all()


def test_under_nbd_purchases_go_on_at_the_same_rate():
    model = Nbd(0.5, 4.0, 0.0, 0, 0)
    # (0.5 + 2) × 10 weeks ÷ (4 + 6 weeks) = 2.5
    assert btyd.expected_purchases(model, 70, [2], [14], [42]) == pytest.approx([2.5])
    assert btyd.expected_total(model, [0, 56]) == pytest.approx([0, 1.0])  # 0.5 × 8 ÷ 4


# --- alive, next purchase, risk ----------------------------------------------------------


def test_p_alive_is_one_for_who_bought_once_and_empty_under_nbd():
    assert btyd.p_alive(PUBLISHED, [0, 0], [0, 0], [0, 900]) == pytest.approx([1, 1])
    assert np.isnan(btyd.p_alive(Nbd(0.5, 4.0, 0.0, 0, 0), [2], [14], [42])).all()
    assert btyd.p_alive(PUBLISHED, [], [], []).shape == (0,)


def test_p_alive_by_hand():
    # a/(b+x−1) = 1/2, (α+T)/(α+t_x) = 6/4, to the power r+x = 2: odds 9/8, so 8/17
    model = BgNbd(1.0, 2.0, 1.0, 2.0, 0.0, 0, 0, 0.0)
    assert btyd.p_alive(model, [1], [14], [28]) == pytest.approx([8 / 17])


@given(models, st.integers(1, 50), st.integers(0, 400), st.integers(1, 400))
@settings(max_examples=80, deadline=None)
def test_silence_makes_everything_worse(model, x, quiet, more):
    x, tx = [x, x], [x + 5, x + 5]
    t = [x[0] + 5 + quiet, x[0] + 5 + quiet + more]
    alive, expected = btyd.p_alive(model, x, tx, t), btyd.expected_purchases(model, 90, x, tx, t)
    risk = btyd.churn_risk(model, 10_000, x, tx, t)
    assert alive[0] >= alive[1]
    assert expected[0] >= expected[1] * (1 - 1e-9)
    assert risk.tolist() == [0, 0]
    at_the_limit = btyd.churn_risk(model, 90, x, tx, t)  # N = h: nobody is safe yet
    assert at_the_limit[0] <= at_the_limit[1] + 1e-12


@given(models, st.integers(0, 50), st.integers(0, 800), st.integers(1, 600))
@settings(max_examples=60, deadline=None)
def test_a_longer_time_holds_more_purchases(model, x, quiet, days):
    history = [x], [x], [x + quiet]
    assert btyd.expected_purchases(model, days + 30, *history) >= btyd.expected_purchases(model, days, *history)


def test_churn_risk_by_hand():
    # N = 180, h = 90: who bought within the last 89 days stays active whatever happens
    model = Nbd(1.0, 4.0, 0.0, 0, 0)
    risk = btyd.churn_risk(model, 180, [1, 1, 0], [10, 10, 0], [99, 100, 200])
    assert risk[0] == 0
    # ((28 + 100) / (28 + 100 + 90))² and (228 / 318)¹, in days
    assert risk[1:] == pytest.approx([(128 / 218) ** 2, 228 / 318])
    # with drop-out: 1 − P(alive)·(1 − silence); t_x 14, T 28: P(alive) 8/17, silence (42/47)², h = N = 5
    left = BgNbd(1.0, 2.0, 1.0, 2.0, 0.0, 0, 0, 0.0)
    assert btyd.churn_risk(left, 5, [1], [14], [28]) == pytest.approx([1 - 8 / 17 * (1 - (42 / 47) ** 2)])


def test_the_chance_to_buy_by_hand():
    # gamma(1, 4 weeks), 28 days known, 28 to come: silent with (8 / 12)^(1 + x)
    model = Nbd(1.0, 4.0, 0.0, 0, 0)
    assert btyd.chance_to_buy(model, 28, [0, 1], [0, 28], [28, 28]) == pytest.approx([1 - 2 / 3, 1 - 4 / 9])
    # the same who may have left: after one purchase at once, odds of a / b = 1 to have left
    leaving = BgNbd(1.0, 4.0, 1.0, 1.0, 0.0, 0, 0, 0.0)
    assert btyd.chance_to_buy(leaving, 28, [1], [28], [28]) == pytest.approx([5 / 9 / 2])


def test_days_to_the_next_purchase_by_hand():
    # 7 × (4 + 6 weeks) × (2^(1/(0.5+1.5)) − 1), no figure once more likely gone than not
    assert btyd.days_to_next(Nbd(0.5, 4.0, 0.0, 0, 0), [2], [14], [42]) == pytest.approx([70 * (2**0.4 - 1)])
    model = BgNbd(1.0, 2.0, 1.0, 2.0, 0.0, 0, 0, 0.0)
    found = btyd.days_to_next(model, [0, 1, 1], [0, 14, 14], [28, 14, 28])
    assert found[:2] == pytest.approx([42 * 1, 28 * (2**0.5 - 1)])
    assert np.isnan(found[2])
