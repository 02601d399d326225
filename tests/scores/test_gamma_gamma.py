"""Gamma-Gamma, against the published figures and itself."""

import csv
from collections import defaultdict
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scores import gamma_gamma
from scores.gamma_gamma import GammaGamma
from scores.likelihood import TooLittleData

PUBLISHED = GammaGamma(6.25, 3.74, 15.44, 0.0, 946)


def simulated(n, model, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 12, n)
    return x, rng.gamma(model.p * x, 1 / rng.gamma(model.q, 1 / model.gamma, n)) / x


def test_it_finds_the_published_parameters_of_cdnow(sample_data):
    spent = defaultdict(lambda: defaultdict(float))
    with (sample_data / "cdnow_sample_purchases.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["purchased_at"])
            if day <= date(1997, 9, 30):
                spent[row["customer_id"]][day] += float(row["amount"])
    repeats = [[amount for _, amount in sorted(days.items())][1:] for days in spent.values()]
    fit = gamma_gamma.fit_spending([len(days) for days in repeats], [np.mean(days or [0.0]) for days in repeats])
    assert (fit.p, fit.q, fit.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=0.005)
    assert fit.n == 946


def test_it_finds_the_parameters_that_made_the_data():
    fit = gamma_gamma.fit_spending(*simulated(5000, PUBLISHED, seed=1))
    assert (fit.p, fit.q, fit.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=0.1)


def test_a_warm_start_reaches_the_likelihood_of_a_cold_one():
    data = simulated(800, PUBLISHED, seed=2)
    cold = gamma_gamma.fit_spending(*data)
    for start in (cold, GammaGamma(0.5, 20.0, 900.0, 0.0, 5)):
        assert gamma_gamma.fit_spending(*data, start=start).log_likelihood == pytest.approx(
            cold.log_likelihood, abs=1e-6
        )


def test_the_currency_does_not_matter():
    x, mean = simulated(800, PUBLISHED, seed=3)
    dollars, yen = gamma_gamma.fit_spending(x, mean), gamma_gamma.fit_spending(x, mean * 150)
    assert (yen.p, yen.q, yen.gamma / 150) == pytest.approx((dollars.p, dollars.q, dollars.gamma), rel=1e-4)
    assert yen.log_likelihood == pytest.approx(dollars.log_likelihood - 800 * np.log(150), abs=1e-5)


def test_who_never_came_back_or_never_paid_is_not_fitted():
    x, mean = simulated(200, PUBLISHED, seed=4)
    more = gamma_gamma.fit_spending([*x, 0, 3, 0], [*mean, 0.0, 0.0, 12.0])
    assert more == gamma_gamma.fit_spending(x, mean)


def test_too_few_returning_customers_are_an_answer_not_an_error():
    found = gamma_gamma.fit_spending([1] * 9 + [0] * 9, [5.0] * 18)
    assert found == TooLittleData("too_few_repeat_customers", 9, 10)


def test_customers_all_alike_are_expected_to_stay_so():
    fit = gamma_gamma.fit_spending([3] * 40, [5000.0] * 40)
    assert gamma_gamma.expected_value(fit, [3], [5000.0]) == pytest.approx([5000], rel=0.01)


@pytest.mark.parametrize(
    "amounts",
    [
        np.linspace(0.01, 0.02, 50),
        np.linspace(1e12, 2e12, 50),
        10.0 ** np.linspace(-2, 12, 50),  # so wide that there is no mean
        np.array([1e11] + [100.0] * 49),
    ],
)
def test_it_stays_finite_at_the_edges(amounts):
    fit = gamma_gamma.fit_spending([3] * 50, amounts)
    said = gamma_gamma.expected_value(fit, [3] * 50, amounts)
    assert np.isfinite([fit.p, fit.q, fit.gamma, fit.log_likelihood]).all()
    assert (said > 0).all() if fit.has_mean else np.isnan(said).all()


def test_expected_value_by_hand():
    model = GammaGamma(p=6.0, q=4.0, gamma=15.0, log_likelihood=0.0, n=10)
    # 6 × (15 + 2 × 30) ÷ (12 + 3) = 30;  x = 0: 6 × 15 ÷ 3 = 30;  m = 0: 6 × 15 ÷ (12 + 3) = 6
    assert gamma_gamma.expected_value(model, [2, 0, 2], [30.0, 0.0, 0.0]) == pytest.approx([30, 30, 6])


def test_there_is_no_figure_where_the_mean_is_infinite():
    assert np.isnan(gamma_gamma.expected_value(GammaGamma(6.0, 1.0, 15.0, 0.0, 10), [2, 0], [30.0, 0.0])).all()


positive = st.floats(-3, 3).map(lambda power: float(np.exp(power)))


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(0.1, 100)), min_size=1, max_size=20), positive, positive, positive
)
@settings(max_examples=60, deadline=None)
def test_the_gradient_is_that_of_the_likelihood(rows, p, q, gamma):
    x, mean = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    values, at = np.unique(x, return_inverse=True)
    data = gamma_gamma._Spending(len(x), values, at, x, mean)
    params = np.array([p, q, gamma])
    value, gradient = gamma_gamma.gamma_gamma_log_likelihood(params, data)
    for i, step in enumerate(np.diag(params * 1e-5)):
        up, down = (gamma_gamma.gamma_gamma_log_likelihood(params + sign * step, data)[0] for sign in (1, -1))
        assert (up - down) / 2e-5 == pytest.approx(gradient[i] * params[i], rel=1e-5, abs=1e-6 * max(1, abs(value)))


@given(st.integers(1, 50), st.floats(1, 1000), st.floats(1, 1000))
def test_who_spent_more_is_expected_to_spend_more(x, low, more):
    found = gamma_gamma.expected_value(PUBLISHED, [x, x], [low, low + more])
    assert found[0] < found[1]
