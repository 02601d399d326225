"""What a purchase of a customer is worth: Gamma-Gamma. Pure numpy and scipy.

x is the number of repeat purchase days, m the mean amount of those days (the first day is left
out of both). Source: Fader, Hardie (2013), "The Gamma-Gamma Model of Monetary Value".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from scores.likelihood import MIN_REPEAT_CUSTOMERS, Floats, Ints, TooLittleData, maximise, whole_numbers

_SPEND_BOX = [(np.log(1e-3), np.log(1e4)), (np.log(1e-3), np.log(1e4)), (np.log(1e-6), np.log(1e8))]


@dataclass(frozen=True)
class GammaGamma:
    """Amounts vary as gamma(p, nu) around a customer's own mean, nu as gamma(q, gamma)."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    n: int

    @property
    def has_mean(self) -> bool:
        """With q ≤ 1 the mean over customers is infinite, and no figure can be given."""
        return self.q > 1


@dataclass(frozen=True)
class _Spending:
    n: int
    x_values: Floats
    x_at: Ints
    x: Floats
    mean: Floats


def gamma_gamma_log_likelihood(params: Floats, data: _Spending) -> tuple[float, Floats]:
    """Return LL and its gradient at (p, q, gamma); Fader, Hardie (2013), eq. 1a."""
    p, q, gamma = params
    n, x, total = data.n, data.x, data.x * data.mean
    scale = np.log(gamma + total)
    px = p * data.x_values
    per_x = gammaln(px + q) - gammaln(px)
    slope = digamma(px + q)
    terms = per_x[data.x_at] + p * x * np.log(total) - np.log(data.mean) - (p * x + q) * scale
    value = terms.sum() + n * (q * np.log(gamma) - gammaln(q))
    by_p = x @ ((slope - digamma(px))[data.x_at] + np.log(total) - scale)
    by_q = slope[data.x_at].sum() - scale.sum() + n * (np.log(gamma) - digamma(q))
    by_gamma = n * q / gamma - ((p * x + q) / (gamma + total)).sum()
    return float(value), np.array([by_p, by_q, by_gamma])


def fit_spending(x: ArrayLike, mean_amount: ArrayLike, start: GammaGamma | None = None) -> GammaGamma | TooLittleData:
    """Fit Gamma-Gamma on the mean amount per repeat purchase day, where there is one above 0.

    The currency doesn't matter: amounts are searched in units of their median.
    """
    counts, amounts = whole_numbers(x, "x"), np.asarray(mean_amount, dtype=float)
    counted = (counts > 0) & (amounts > 0)
    if counted.sum() < MIN_REPEAT_CUSTOMERS:
        return TooLittleData("too_few_repeat_customers", int(counted.sum()), MIN_REPEAT_CUSTOMERS)
    unit = float(np.median(amounts[counted]))
    x_values, x_at = np.unique(counts[counted], return_inverse=True)
    repeats = counts[counted].astype(float)
    data = _Spending(len(repeats), x_values.astype(float), x_at, repeats, amounts[counted] / unit)
    begin = [start.p, start.q, start.gamma / unit] if start else [4.0, 4.0, 1.0]
    (p, q, gamma), value = maximise(gamma_gamma_log_likelihood, data, begin, _SPEND_BOX)
    return GammaGamma(float(p), float(q), float(gamma * unit), value - data.n * float(np.log(unit)), data.n)


def expected_value(model: GammaGamma, x: ArrayLike, mean_amount: ArrayLike) -> Floats:
    """Return the mean amount of a customer's coming purchase days; NaN where q ≤ 1."""
    counts, amounts = np.asarray(x, dtype=float), np.asarray(mean_amount, dtype=float)
    if not model.has_mean:
        return np.full(counts.shape, np.nan)
    return model.p * (model.gamma + counts * amounts) / (model.p * counts + model.q - 1)
