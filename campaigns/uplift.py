"""Did it help? Who is held out, what a campaign can show, and what it has shown. Pure functions.

Definitions: PRODUCT §1 "Uplift". The unit is the customer; everyone is analysed in the arm he was
randomised to. Rates and effects are shares (0.02 is 2 points), percents of a holdout whole numbers.

Sources: Newcombe (1998), "Interval estimation for the difference between independent proportions",
Statistics in Medicine 17, method 10; Welch (1947), Biometrika 34.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

Z95 = 1.959963984540054  # 97.5 % point of the normal distribution
DETECTABLE_FACTOR = 2.80  # 1.96 + 0.84: found in four campaigns of five, at 95 %
MIN_EXPECTED_CONVERSIONS = 5  # in the held-out arm, below which nothing can be measured
MIN_HELD_OUT_BUYERS = 100  # below which no money is named
FAULT_BELOW = 0.001  # p of an exact test
_FRACTION_BYTES = 8


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % limits."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        return Interval(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Arm:
    """Customers randomised into an arm, and those of them with a goal event in their window."""

    customers: int
    reached: int

    def __post_init__(self) -> None:
        if not 0 <= self.reached <= self.customers:
            raise ValueError(f"{self.reached} of {self.customers} customers cannot have reached the goal")

    @property
    def rate(self) -> float:
        """Share that reached the goal; an empty arm raises ZeroDivisionError."""
        return self.reached / self.customers


# --- who is held out ---------------------------------------------------------------------


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _scaled(digest: bytes) -> int:
    """Return the digest as a whole number of 2^-64ths, so that comparing it is exact."""
    return int.from_bytes(digest[:_FRACTION_BYTES], "big")


_ONE = 1 << (8 * _FRACTION_BYTES)


def _check_percent(percent: int) -> None:
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} % cannot be held out: name 0 to 100")


def hold_out(campaign: int | str, customers: Iterable[tuple[int | str, str]], percent: int = 10) -> set[int | str]:
    """Return who is held out of a fixed audience of (customer, stratum).

    Strata follow one another, customers inside one stand by SHA-256(campaign:customer), and position
    i (from 1) is held out when ⌊percent·i/100 + u⌋ exceeds that of i − 1, u from SHA-256(campaign).
    So every stratum and the whole list are within one customer of their share, whatever the order
    given. A customer named twice is a ValueError: he would stand in both arms.
    """
    _check_percent(percent)
    line = sorted((stratum, _digest(f"{campaign}:{customer}"), customer) for customer, stratum in customers)
    offset = _scaled(_digest(f"{campaign}"))
    held_out, seats = set(), 0
    for position, (_, _, customer) in enumerate(line, start=1):
        reached = (percent * position * _ONE + 100 * offset) // (100 * _ONE)
        if reached > seats:
            held_out.add(customer)
        seats = reached
    if len({customer for _, _, customer in line}) < len(line):
        raise ValueError("a customer is named twice in the audience")
    return held_out


def is_held_out_on_entry(campaign: int | str, customer: int | str, percent: int = 10) -> bool:
    """Tell whether a customer entering by trigger is held out; the same at every re-entry."""
    _check_percent(percent)
    return 100 * _scaled(_digest(f"{campaign}:{customer}")) < percent * _ONE


# --- what a campaign could show ----------------------------------------------------------


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
    if base_rate is None:
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


# --- what it has shown -------------------------------------------------------------------


def wilson(arm: Arm) -> tuple[float, float]:
    """Return the 95 % Wilson score limits of an arm's rate."""
    n, z2 = arm.customers, Z95**2
    middle = (arm.reached + z2 / 2) / (n + z2)
    half = Z95 / (n + z2) * math.sqrt(arm.reached * (n - arm.reached) / n + z2 / 4)
    # rounding must not carry a limit past the rate itself where that is 0 or 1
    return min(arm.rate, max(0.0, middle - half)), max(arm.rate, min(1.0, middle + half))


def uplift(treated: Arm, held_out: Arm) -> Interval | None:
    """Return x₁/n₁ − x₀/n₀ with Newcombe's hybrid-score limits; None where an arm is empty."""
    if not (treated.customers and held_out.customers):
        return None
    (low1, high1), (low0, high0) = wilson(treated), wilson(held_out)
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


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    uplift: Interval | None = None
    people_needed: int | None = None  # named with "cannot say" only
    days_needed: int | None = None  # for a series: from now, at its rate of entries


def judge(treated: Arm, held_out: Arm, plan: Plan, *, is_over: bool, has_faults: bool = False) -> Judgement:
    """Return what may be said of a campaign. It rests on the rate alone."""
    if not is_over:
        return Judgement(Verdict.RUNNING)
    if has_faults:
        return Judgement(Verdict.FAULTY)
    found = uplift(treated, held_out)
    if found is None:
        return Judgement(Verdict.NO_COMPARISON)
    if found.low > 0:
        return Judgement(Verdict.POSITIVE, found)
    if found.high < 0:
        return Judgement(Verdict.NEGATIVE, found)
    needed = people_needed(plan.base_rate, plan.effect, plan.percent)
    days = _days_needed(needed, treated.customers + held_out.customers, plan.entries_per_day)
    return Judgement(Verdict.CANNOT_SAY, found, needed, days)


def _days_needed(needed: int | None, so_far: int, entries_per_day: float | None) -> int | None:
    if needed is None or not entries_per_day:
        return None
    return max(0, math.ceil((needed - so_far) / entries_per_day))


# --- in money ----------------------------------------------------------------------------


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


# --- may the arms be compared? -----------------------------------------------------------


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
