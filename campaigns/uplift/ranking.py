"""Which variant is better? Every pair compared by its goal, corrected by Holm. Pure functions.

Source: Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from .arms import Arm, Interval
from .judging import uplift

SURE_BELOW = 0.05  # of all pairs together


@dataclass(frozen=True)
class Pair:
    """Two variants: the difference of their rates (one − other), and how likely so large a one is by chance."""

    one: str
    other: str
    difference: Interval
    p: float  # exact (Fisher), corrected for the number of pairs

    @property
    def is_sure(self) -> bool:
        return self.p < SURE_BELOW

    @property
    def better(self) -> str:
        return self.one if self.difference.value > 0 else self.other


@dataclass(frozen=True)
class Ranking:
    """Variants among each other. `best` beats every other one surely; empty where that can't be said."""

    pairs: tuple[Pair, ...]
    leading: str  # the highest rate, of equal ones the first letter
    best: str


def holm(values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number, in the order given."""
    corrected, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda place: values[place])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = largest
    return corrected


def rank(variants: Mapping[str, Arm]) -> Ranking | None:
    """Return how variants stand; None with fewer than two that somebody got."""
    known = {letter: arm for letter, arm in sorted(variants.items()) if arm.customers}
    if len(known) < 2:
        return None
    found = list(combinations(known, 2))
    corrected = holm([_p(known[one], known[other]) for one, other in found])
    pairs = tuple(
        Pair(one, other, difference, p)
        for (one, other), p in zip(found, corrected, strict=True)
        if (difference := uplift(known[one], known[other])) is not None
    )
    leading = max(known, key=lambda letter: known[letter].rate)
    return Ranking(pairs, leading, leading if _beats_all(leading, pairs) else "")


def _beats_all(letter: str, pairs: Sequence[Pair]) -> bool:
    return all(pair.is_sure and pair.better == letter for pair in pairs if letter in (pair.one, pair.other))


def _p(one: Arm, other: Arm) -> float:
    import numpy as np
    from scipy import stats  # a second and more to import: only where variants are judged

    table = np.array([[arm.reached, arm.customers - arm.reached] for arm in (one, other)])
    return float(stats.fisher_exact(table).pvalue)
