"""BG/NBD on simulated customers, beside the textbook's formulas row by row. A process of its own; no database.

python -m benchmarks.models CUSTOMERS ROUNDS
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

from benchmarks import generator
from scores import btyd

SAMPLE = 20_000
YEAR_WEEKS = 365 / 7


def textbook(logs, x, tx, t) -> float:
    """BG/NBD's log-likelihood, a row a customer (Fader, Hardie, Lee 2005, eq. 6); weeks."""
    r, alpha, a, b = np.exp(logs)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    stayed = betaln(a, b + x) - (r + x) * np.log(alpha + t)
    gone = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx), -np.inf)
    return float(np.sum(common + np.logaddexp(stayed, gone)))


def fit_numerically(x, tx, t) -> float:
    """The largest log-likelihood found with gradients by differences."""
    loss = lambda logs: -textbook(logs, x, tx / 7, t / 7) / len(x)  # noqa: E731
    return -minimize(loss, np.zeros(4), method="L-BFGS-B", options={"maxiter": 500}).fun * len(x)


def predict_by_row(model: btyd.BgNbd, x, tx, t) -> np.ndarray:
    """P(alive) and the year's purchases in closed form, a row a customer."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    tx, t = tx / 7, t / 7
    odds = a / (b + np.maximum(x, 1) - 1) * ((alpha + t) / (alpha + tx)) ** (r + x)
    alive = np.where(x > 0, 1 / (1 + odds), 1.0)
    series = hyp2f1(r + x, b + x, a + b + x - 1, YEAR_WEEKS / (alpha + t + YEAR_WEEKS))
    shrunk = ((alpha + t) / (alpha + t + YEAR_WEEKS)) ** (r + x)
    return alive * (a + b + x - 1) / (a - 1) * (1 - shrunk * series)


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Median seconds and the last answer."""
    seconds = []
    for _round in range(rounds):
        started = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - started)
    return median(seconds), answer


def measure(count: int, rounds: int) -> dict[str, float]:
    """Seconds of the fit, of the numeric fit scaled from a sample, of predictions both ways; the likelihoods' gap."""
    every = generator.histories(count)
    some = tuple(column[:SAMPLE] for column in every)
    fit_seconds, model = timed(lambda: btyd.fit_transactions(*every), rounds)
    said, (_alive, purchases) = timed(
        lambda: (btyd.p_alive(model, *every), btyd.expected_purchases(model, 365, *every)), rounds
    )
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    numeric, reached = timed(lambda: fit_numerically(*some), 1)
    by_row, closed = timed(lambda: predict_by_row(model, *every), 1)
    ours = btyd.fit_transactions(*some).log_likelihood
    return {
        "fit": fit_seconds,
        "numeric_scaled": numeric * count / len(some[0]),
        "gap": max((reached - ours) / abs(reached), 0.0),
        "predict": said,
        "by_row": by_row,
        "predict_gap": float(np.nanmax(np.abs(purchases - closed))),
        "rss": rss,
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
