"""What a campaign has shown: rates of two arms compared, and the verdict. Pure functions.

The unit is the customer; everyone is analysed in the arm he was randomised to. Rates and effects are shares.
Source: Newcombe (1998), "Interval estimation for the difference between independent proportions",
Statistics in Medicine 17, method 10.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from .arms import Arm, Interval
from .foreseeing import people_needed

Z95 = 1.959963984540054  # 97.5 % point of the normal distribution
Z99 = 2.5758293035489  # 99.5 % point: what a series is asked for, as people look at it every day


def wilson(arm: Arm, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson score limits of an arm's rate, 95 % unless told."""
    n, z2 = arm.customers, z**2
    middle = (arm.reached + z2 / 2) / (n + z2)
    half = z / (n + z2) * math.sqrt(arm.reached * (n - arm.reached) / n + z2 / 4)
    # rounding must not carry a limit past the rate itself where that is 0 or 1
    return min(arm.rate, max(0.0, middle - half)), max(arm.rate, min(1.0, middle + half))


def uplift(treated: Arm, held_out: Arm, z: float = Z95) -> Interval | None:
    """Return x₁/n₁ − x₀/n₀ with Newcombe's hybrid-score limits, 95 % unless told; None where an arm is empty."""
    if not (treated.customers and held_out.customers):
        return None
    (low1, high1), (low0, high0) = wilson(treated, z), wilson(held_out, z)
    rate1, rate0 = treated.rate, held_out.rate
    value = rate1 - rate0
    return Interval(
        value, value - math.hypot(rate1 - low1, high0 - rate0), value + math.hypot(high1 - rate1, rate0 - low0)
    )


class Verdict(StrEnum):
    RUNNING = "running"  # the window is open: counts, no verdict
    FAULTY = "faulty"  # the arms can't be compared
    NO_COMPARISON = "no_comparison"  # nobody held out, or nobody treated
    POSITIVE = "positive"
    NEGATIVE = "negative"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True)
class Plan:
    """What was expected before launch. Nothing seen since may enter it."""

    base_rate: float
    effect: float
    percent: int = 10
    entries_per_day: float | None = None  # of a series; None for a broadcast
    waiting: int = 0  # of a series: randomised, their window not over
    window_days: int = 0


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    uplift: Interval | None = None
    people_needed: int | None = None  # named with "cannot say" only
    days_needed: int | None = None  # for a series: from now, at its rate of entries


def judge(
    treated: Arm, held_out: Arm, plan: Plan, *, is_over: bool, has_faults: bool = False, is_early: bool = False
) -> Judgement:
    """Return what may be said of a campaign. It rests on the rate alone.

    Whoever looks at a series every day sees it win by chance far more often than once in twenty (decision 20). So one
    that has not the people its plan needs yet (`is_early`) is not judged, and after that 99 % limits must exclude 0.
    """
    if not is_over:
        return Judgement(Verdict.RUNNING)
    if has_faults:
        return Judgement(Verdict.FAULTY)
    found = uplift(treated, held_out)
    if found is None:
        return Judgement(Verdict.NO_COMPARISON)
    strict = found if plan.entries_per_day is None else uplift(treated, held_out, Z99) or found
    if strict.low > 0 and not is_early:
        return Judgement(Verdict.POSITIVE, found)
    if strict.high < 0 and not is_early:
        return Judgement(Verdict.NEGATIVE, found)
    needed = people_needed(plan.base_rate, plan.effect, plan.percent)
    days = _days_needed(needed, treated.customers + held_out.customers, plan)
    return Judgement(Verdict.CANNOT_SAY, found, needed, days)


def is_early(treated: Arm, held_out: Arm, plan: Plan) -> bool:
    """Tell whether a series has fewer people than its plan needs."""
    needed = people_needed(plan.base_rate, plan.effect, plan.percent)
    return needed is not None and treated.customers + held_out.customers < needed


def _days_needed(needed: int | None, so_far: int, plan: Plan) -> int | None:
    """Until the people needed have come in at the rate so far, and the window of the last of them is over."""
    if needed is None or not plan.entries_per_day:
        return None
    if needed <= so_far:
        return 0
    return math.ceil(max(0, needed - so_far - plan.waiting) / plan.entries_per_day) + plan.window_days
