"""May the arms be compared? Everyone randomised is analysed, or left for a reason that is known. Pure functions."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

FAULT_BELOW = 0.001  # p of an exact test


class Fault(StrEnum):
    MISSING = "missing"  # randomised, not analysed, and no reason known
    LEFT_UNEVENLY = "left_unevenly"  # merged or erased in one arm more than in the other
    SHARE_OFF = "share_off"  # hashed entry gave another share than it should


@dataclass(frozen=True)
class Counts:
    """Customers of an arm: randomised into it, analysed, and gone for a known reason."""

    randomised: int
    analysed: int
    left: int = 0  # merged with one of the other arm, or erased


def find_faults(treated: Counts, held_out: Counts, *, hashed_percent: int | None = None) -> list[Fault]:
    """Return what forbids comparing the arms; `hashed_percent` is the holdout of an entry by trigger."""
    faults = []
    if any(arm.randomised != arm.analysed + arm.left for arm in (treated, held_out)):
        faults.append(Fault.MISSING)
    table = np.array([[arm.left, arm.randomised - arm.left] for arm in (treated, held_out)])
    from scipy import stats

    if stats.fisher_exact(table).pvalue < FAULT_BELOW:
        faults.append(Fault.LEFT_UNEVENLY)
    if hashed_percent is not None and _is_share_off(treated.randomised, held_out.randomised, hashed_percent):
        faults.append(Fault.SHARE_OFF)
    return faults


def _is_share_off(treated: int, held_out: int, percent: int) -> bool:
    people = treated + held_out
    from scipy import stats

    return people > 0 and bool(stats.binomtest(held_out, people, percent / 100).pvalue < FAULT_BELOW)
