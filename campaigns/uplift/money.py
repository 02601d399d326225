"""What a campaign has shown, in money. Pure functions; amounts in the currency given.

Source: Welch (1947), Biometrika 34.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from .arms import Interval

MIN_HELD_OUT_BUYERS = 100  # below which no money is named


@dataclass(frozen=True)
class Moments:
    """Net revenue per assigned customer of an arm, zeros included."""

    n: int
    mean: float
    variance: float  # of the sample, over n − 1

    @classmethod
    def of(cls, revenue: ArrayLike, cap: SupportsFloat | None = None) -> Moments:
        """Sum up one net amount per customer, each at most `cap`."""
        amounts = np.asarray(revenue, dtype=float)
        if cap is not None:
            amounts = np.minimum(amounts, float(cap))
        if not len(amounts):
            return cls(0, 0.0, 0.0)
        return cls(len(amounts), float(amounts.mean()), float(amounts.var(ddof=1)) if len(amounts) > 1 else 0.0)


def incremental_money(treated: Moments, held_out: Moments, *, held_out_buyers: int) -> Interval | None:
    """Return the difference of means × n₁ with Welch's limits, in the currency of the amounts.

    None with fewer than 100 buyers held out: too few purchases to put it in money.
    """
    if held_out_buyers < MIN_HELD_OUT_BUYERS or min(treated.n, held_out.n) < 2:
        return None
    value = treated.mean - held_out.mean
    of_treated, of_held_out = treated.variance / treated.n, held_out.variance / held_out.n
    error2 = of_treated + of_held_out
    if not error2:
        return Interval(value, value, value).times(treated.n)
    freedom = error2**2 / (of_treated**2 / (treated.n - 1) + of_held_out**2 / (held_out.n - 1))
    from scipy import stats  # a second and more to import: only where money is judged

    half = float(stats.t.ppf(0.975, freedom)) * math.sqrt(error2)
    return Interval(value, value - half, value + half).times(treated.n)


def return_on_investment(
    money: Interval | None, *, margin: SupportsFloat | None, cost: SupportsFloat | None
) -> Interval | None:
    """Return (incremental margin − cost) ÷ cost; None where money, margin or cost is missing or cost is 0."""
    if money is None or margin is None or cost is None or not float(cost):
        return None
    scaled = money.times(float(margin) / float(cost))
    return Interval(scaled.value - 1, scaled.low - 1, scaled.high - 1)
