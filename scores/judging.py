"""How well chances foretold what then happened: pure numpy, rows in any order.

`happened` is 0 or 1 per case, `chance` what had been said of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
GROUPS = 10
_SURE = 1e-9  # a chance of exactly 0 or 1 that fails would cost infinitely much


def auc(happened: ArrayLike, chance: ArrayLike) -> float | None:
    """The chance that a case that happened had been given the higher chance than one that did not (ties half).

    None where all or none happened. Source: Mann and Whitney (1947), by mean ranks.
    """
    from scipy.stats import rankdata  # most of a second to import: only where chances are judged

    did, said = np.asarray(happened, dtype=bool), np.asarray(chance, dtype=float)
    yes, no = int(did.sum()), int((~did).sum())
    if not yes or not no:
        return None
    return float((rankdata(said)[did].sum() - yes * (yes + 1) / 2) / (yes * no))


def log_loss(happened: ArrayLike, chance: ArrayLike) -> float:
    """Mean of −ln of the chance given to what then happened; smaller is better."""
    return float(np.mean(_surprise(happened, chance)))


def _surprise(happened: ArrayLike, chance: ArrayLike) -> Floats:
    did, said = np.asarray(happened, dtype=float), np.clip(np.asarray(chance, dtype=float), _SURE, 1 - _SURE)
    return np.asarray(-(did * np.log(said) + (1 - did) * np.log1p(-said)))


def lead(happened: ArrayLike, chance: ArrayLike, other: ArrayLike, whose: ArrayLike) -> float:
    """How many standard errors the log loss of `chance` lies below that of `other`.

    Cases of one customer (`whose`) count together, because they are not independent of each other.
    """
    gain = _surprise(happened, other) - _surprise(happened, chance)
    _, at = np.unique(np.asarray(whose), return_inverse=True)
    sums = np.bincount(at, gain)
    spread = float(np.sqrt((sums**2).sum()))
    return float(sums.sum()) / spread if spread else 0.0


def brier(happened: ArrayLike, chance: ArrayLike) -> float:
    """Mean squared distance of the chance from what then happened; smaller is better."""
    return float(np.mean((np.asarray(chance, dtype=float) - np.asarray(happened, dtype=float)) ** 2))


def tenths(said: ArrayLike) -> NDArray[np.int64]:
    """0 (lowest) … 9 per case; equal values stand in the same tenth, so some may be empty or larger."""
    values = np.asarray(said, dtype=float)
    from scipy.stats import rankdata  # as above

    place = (rankdata(values) - 0.5) / max(1, len(values))
    return np.minimum(GROUPS - 1, (GROUPS * place).astype(np.int64))


def calibration(said: ArrayLike, happened: ArrayLike) -> list[dict[str, Any]]:
    """Per tenth by what was said, lowest first: tenth (1 … 10), customers, expected and actual mean."""
    expected, actual = np.asarray(said, dtype=float), np.asarray(happened, dtype=float)
    group = tenths(expected)
    rows = []
    for tenth in np.unique(group):
        here = group == tenth
        rows.append(
            {
                "tenth": int(tenth) + 1,
                "customers": int(here.sum()),
                "expected": float(expected[here].mean()),
                "actual": float(actual[here].mean()),
            }
        )
    return rows


def summary(happened: ArrayLike, chance: ArrayLike) -> dict[str, Any]:
    """All of it for chances of one kind: cases, share that happened, AUC, Brier, log loss, calibration by tenths."""
    did, said = np.asarray(happened, dtype=float), np.asarray(chance, dtype=float)
    return {
        "customers": len(did),
        "expected": float(said.mean()),
        "actual": float(did.mean()),
        "auc": auc(did, said),
        "brier": brier(did, said),
        "log_loss": log_loss(did, said),
        "tenths": calibration(said, did),
    }
