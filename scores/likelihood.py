"""What every fitted model here shares: columns in, a search for the largest likelihood, an answer.

Pure numpy and scipy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Box = list[tuple[float, float]]
# parameters and data → log-likelihood and its gradient; data has `n`, the number of customers
Likelihood = Callable[[Floats, Any], tuple[float, Floats]]
Loss = Callable[[Floats], tuple[float, Floats]]

_AT_WALL = 1e-12

# Four parameters drawn from fewer returning customers than this would be invented ones.
MIN_REPEAT_CUSTOMERS = 10


@dataclass(frozen=True)
class TooLittleData:
    """Not an error but an answer: `found` returning customers where `needed` are."""

    reason: str
    found: int
    needed: int


def whole_numbers(values: ArrayLike, name: str) -> Ints:
    """Return one column of integers; ValueError names the column that is anything else."""
    array = np.atleast_1d(np.asarray(values))
    whole = array.astype(np.int64)
    if array.ndim != 1 or not np.array_equal(whole, array):
        raise ValueError(f"{name} must be one column of whole numbers")
    return whole


def maximise(likelihood: Likelihood, data: Any, start: ArrayLike, box: Box, sample: Any = None) -> tuple[Floats, float]:
    """Return the parameters of largest likelihood inside the box of their logarithms, and that likelihood.

    The search runs on logarithms, which keeps parameters positive and steps in proportion,
    and on the mean per customer, so that its tolerances mean the same for any number.
    A `sample` of the data tells a long search, cheaply, how the ground lies around its start.
    """
    from scipy.optimize import Bounds, minimize  # a second to import: only where something is fitted

    loss = _loss(likelihood, data)
    low, high = np.array(box).T
    logs: Floats = np.clip(np.log(np.asarray(start, dtype=float)), low, high)
    is_found = False
    if sample is not None:
        logs, is_found = _approach(loss, logs, _evened(_loss(likelihood, sample), logs), low, high)
    if not is_found:
        options: Any = {"maxiter": 1000, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-9}
        logs = minimize(loss, logs, jac=True, method="L-BFGS-B", bounds=Bounds(low, high), options=options).x
        logs = _polished(loss, logs, low, high)
    return np.exp(logs), -loss(logs)[0] * data.n


def _loss(likelihood: Likelihood, data: Any) -> Loss:
    def loss(logs: Floats) -> tuple[float, Floats]:
        params: Floats = np.exp(logs)
        value, gradient = likelihood(params, data)
        return -value / data.n, -gradient * params / data.n

    return loss


def _evened(loss: Loss, at: Floats, is_free: NDArray[np.bool_] | None = None, least: float = 1e-6) -> Floats:
    """Return coordinates (columns) around a point in which the loss bends alike in every direction.

    Only along the axes that are free (all, unless told); `least` is the smallest bend that is believed.
    """
    width = 1e-4
    free = np.arange(len(at)) if is_free is None else np.flatnonzero(is_free)
    steps = width * np.eye(len(at))[free]
    bend = np.array([(loss(at + step)[1] - loss(at - step)[1])[free] for step in steps]) / (2 * width)
    sizes, directions = np.linalg.eigh((bend + bend.T) / 2)
    axes = np.zeros((len(at), len(free)))
    axes[free] = directions / np.sqrt(np.maximum(np.abs(sizes), least))
    return axes


def _polished(loss: Loss, at: Floats, low: Floats, high: Floats) -> Floats:
    """Return the end of the ridge a search stopped on: Newton's method inside the box, as long as it goes down.

    On a ridge (a and b of BG/NBD together) L-BFGS takes ever smaller steps and stops before its end.
    """
    value, slope = loss(at)
    for _ in range(20):
        axes = _evened(
            loss, at, ~((at <= low + _AT_WALL) & (slope > 0) | (at >= high - _AT_WALL) & (slope < 0)), least=1e-9
        )
        step, reach = _up_to_the_wall(at, -axes @ (axes.T @ slope), low, high)
        for _ in range(6):
            tried = np.clip(at + step, low, high)
            lower, bent = loss(tried)
            if lower < value:
                break
            step, reach = step / 4, 1.0
        else:
            return at
        gain, at, value, slope = value - lower, tried, lower, bent
        if gain < 1e-14 and reach == 1.0:
            return at
    return at


def _up_to_the_wall(at: Floats, step: Floats, low: Floats, high: Floats) -> tuple[Floats, float]:
    """Return a step cut to a factor of e² and to where it first meets the box, and which part of it that is."""
    step = step * min(1.0, 2.0 / max(float(np.abs(step).max(initial=0.0)), 1e-300))
    room = np.where(step > 0, high - at, at - low)
    reach = float(np.min(room / np.maximum(np.abs(step), 1e-300), initial=1.0, where=np.abs(step) > 0))
    return step * reach, reach


def _approach(loss: Loss, first: Floats, evened: Floats, low: Floats, high: Floats) -> tuple[Floats, bool]:
    """Return the lowest point found along `evened` coordinates, and whether it is a minimum inside the box."""

    def along(z: Floats) -> tuple[float, Floats]:
        value, gradient = loss(np.clip(first + evened @ z, low, high))
        return value, gradient @ evened

    from scipy.optimize import minimize

    # A slope of 1e-7 along evened coordinates is a height of 5e-15: nothing, for a million customers.
    options: Any = {"maxiter": 50, "ftol": 0, "gtol": 1e-7}
    found = minimize(along, np.zeros(len(first)), jac=True, method="L-BFGS-B", options=options)
    logs = first + evened @ found.x
    is_inside = bool(((low < logs) & (logs < high)).all())
    return np.clip(logs, low, high), is_inside and float(np.abs(found.jac).max()) <= 1e-7
