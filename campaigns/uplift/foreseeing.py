"""What a campaign could show, before it is launched. Pure functions; rates and effects are shares (0.02: 2 points)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DETECTABLE_FACTOR = 2.80  # 1.96 + 0.84: found in four campaigns of five, at 95 %
MIN_EXPECTED_CONVERSIONS = 5  # in the held-out arm, below which nothing can be measured


@dataclass(frozen=True)
class Prospect:
    """What holding out `percent` of an audience could show."""

    percent: int
    treated: int
    held_out: int
    effect: float | None  # smallest effect found in four of five; None where nothing can be said
    is_measurable: bool


def detectable_effect(base_rate: float, treated: int, held_out: int) -> float | None:
    """Return 2.80·√(p(1−p)(1/n₁+1/n₀)), or None where an arm is empty."""
    if not (treated and held_out):
        return None
    return DETECTABLE_FACTOR * math.sqrt(base_rate * (1 - base_rate) * (1 / treated + 1 / held_out))


def foresee(
    people: int,
    base_rate: float | None,
    percents: Sequence[int] = (10, 20, 50),
    drawn: Mapping[int, int] | None = None,
) -> list[Prospect]:
    """Return what an audience can show at each share held out.

    `base_rate` is the share of it that reached the goal in the equally long window before; None
    where that is not known. `drawn` holds how many a share really holds out where that was drawn.
    """
    counts = {percent: people * percent // 100 for percent in percents} | dict(drawn or {})
    return [_prospect(people, base_rate, percent, counts[percent]) for percent in percents]


def _prospect(people: int, base_rate: float | None, percent: int, held_out: int) -> Prospect:
    treated = people - held_out
    if base_rate is None or base_rate >= 1:  # all of them: the segment itself is made of the goal, and says nothing
        return Prospect(percent, treated, held_out, None, False)
    enough = held_out * base_rate >= MIN_EXPECTED_CONVERSIONS - 1e-9
    effect = detectable_effect(base_rate, treated, held_out)
    return Prospect(percent, treated, held_out, effect, enough and treated > 0)


def people_needed(base_rate: float, effect: float, percent: int = 10) -> int | None:
    """Return the audience in which `effect` could be detected, or None where no size would do.

    Never below what gives the held-out arm its five expected conversions.
    """
    share = percent / 100
    if not (0 < base_rate < 1 and effect and 0 < share < 1):
        return None
    for_effect = DETECTABLE_FACTOR**2 * base_rate * (1 - base_rate) / (effect**2 * share * (1 - share))
    for_counting = MIN_EXPECTED_CONVERSIONS / (base_rate * share)
    return math.ceil(max(for_effect, for_counting) - 1e-9)
