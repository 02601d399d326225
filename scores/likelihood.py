"""What every fitted model here shares: columns in, a search for the largest likelihood, an answer.

Pure numpy and scipy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Four parameters drawn from fewer returning customers than this would be invented ones.
MIN_REPEAT_CUSTOMERS = 10


@dataclass(frozen=True)
class TooLittleData:
    """Not an error but an answer: `found` returning customers where `needed` are."""

    reason: str
    found: int
    needed: int


def whole_numbers(values: ArrayLike, name: str) -> Ints:
    array = np.atleast_1d(np.asarray(values))
    whole = array.astype(np.int64)
    if array.ndim != 1 or not np.array_equal(whole, array):
        raise ValueError(f"{name} must be one column of whole numbers")
    return whole


def maximise(
    likelihood: Callable[[Floats, Any], tuple[float, Floats]],
    data: Any,
    start: ArrayLike,
    box: list[tuple[float, float]],
) -> tuple[Floats, float]:
    """Return the parameters of largest likelihood, and that likelihood.

    The search runs on logarithms, which keeps parameters positive and steps in proportion,
    and on the mean per customer, so that its tolerances mean the same for any number.
    """

    def loss(logs: Floats) -> tuple[float, Floats]:
        params = np.exp(logs)
        value, gradient = likelihood(params, data)
        return -value / data.n, -gradient * params / data.n

    low, high = np.array(box).T
    first = np.clip(np.log(np.asarray(start, dtype=float)), low, high)
    options = {"maxiter": 1000, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=box, options=options)
    return np.exp(found.x), -float(found.fun) * data.n
