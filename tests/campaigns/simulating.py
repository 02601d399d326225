"""Campaigns made up with a known effect, drawn and judged by the product: are its claims as good as they say?

A thousand campaigns a cell go to the same N customers in ten strata, who differ in how often they buy and how much they
spend. Who is held out comes from `uplift.hold_out`; what each one does is chance; what is said of it comes from
`uplift.judge` and `uplift.incremental_money`.

What the limits have to hold: of the rate, the mean over all N of the difference the message makes to a customer. Of the
money, the same of his revenue *counted up to the cap*, times those who got it. The cap comes from the window before
the launch, so no arm moves it; the effect on what is spent above it is left out on purpose, and stands uncapped beside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from campaigns import uplift
from campaigns.uplift import Arm, Moments, Plan, Verdict

SIZES = (500, 2_000, 20_000)
RATES = (0.01, 0.05, 0.20)
EFFECTS = (0.0, 0.30)  # of the rate
STRATA = (
    "champions",
    "loyal",
    "potential",
    "new",
    "promising",
    "attention",
    "sleep",
    "at_risk",
    "cant_lose",
    "hibernating",
)
WEIGHTS = np.array([6, 10, 14, 8, 8, 10, 10, 14, 4, 16]) / 100
APPETITE = np.array([3.0, 2.2, 1.4, 0.9, 0.8, 0.9, 0.6, 0.4, 0.7, 0.1])  # how often they buy, against each other
SPENDING = np.array([9.6, 9.2, 8.8, 8.3, 8.3, 8.6, 8.4, 8.9, 9.8, 8.2])  # mean log of what a buyer spends
SPREAD = 0.9  # of that log: mean 1.5 × median, largest of a thousand about 17 ×
HOLDOUT = 10


@dataclass(frozen=True)
class World:
    """N customers: the stratum of each, how likely he buys in a window, and what he spends if so."""

    strata: np.ndarray
    chance: np.ndarray
    log_spent: np.ndarray

    @classmethod
    def of(cls, size: int, rate: float) -> "World":
        strata = np.searchsorted(np.cumsum(WEIGHTS) * size, np.arange(size) + 0.5)
        appetite = APPETITE[strata]
        return cls(strata, rate * appetite / appetite.mean(), SPENDING[strata])

    def spent(self, buyers: np.ndarray, random: np.random.Generator) -> np.ndarray:
        return np.round(np.exp(self.log_spent[buyers] + SPREAD * random.standard_normal(len(buyers))))

    def cap(self, random: np.random.Generator) -> float:
        """The 95th percentile of what buyers spent in the window before."""
        buyers = np.flatnonzero(random.random(len(self.chance)) < self.chance)
        return float(np.percentile(self.spent(buyers, random), 95)) if len(buyers) else np.inf

    def expected_spent(self, cap: float) -> np.ndarray:
        """What each one spends on average if he buys, counted up to the cap (mean of a lognormal cut off)."""
        mean = np.exp(self.log_spent + SPREAD**2 / 2)
        if np.isinf(cap):
            return mean
        from scipy.stats import norm

        z = (np.log(cap) - self.log_spent) / SPREAD
        return mean * norm.cdf(z - SPREAD) + cap * norm.cdf(-z)


def drawn(size: int, campaigns: int, percent: int = HOLDOUT) -> Iterator[np.ndarray]:
    """Who is held out of each of so many campaigns: an array of N yes and no, from the product's own draw."""
    strata = World.of(size, 0.1).strata
    rows = [(number, STRATA[stratum]) for number, stratum in enumerate(strata)]
    for campaign in range(1, campaigns + 1):
        held_out = np.zeros(size, dtype=bool)
        held_out[list(uplift.hold_out(campaign, rows, percent))] = True
        yield held_out


@dataclass
class Cell:
    """What was said of the campaigns of one cell."""

    size: int
    rate: float
    effect: float
    campaigns: int = 0
    covered: int = 0
    won: int = 0
    lost: int = 0
    in_money: int = 0  # those whose result was put in money
    money_covered: int = 0
    money_won: int = 0

    @property
    def coverage(self) -> float:
        return self.covered / self.campaigns

    @property
    def wins(self) -> float:
        return self.won / self.campaigns

    @property
    def money_coverage(self) -> float | None:
        return self.money_covered / self.in_money if self.in_money else None

    @property
    def money_wins(self) -> float:
        """Of all campaigns of the cell: what isn't said can't be false."""
        return self.money_won / self.campaigns

    def run(self, world: World, held_out: np.ndarray, random: np.random.Generator) -> None:
        """One more campaign: everybody does what he does, and the product judges it."""
        chance = world.chance * np.where(held_out, 1, 1 + self.effect)
        has_bought = random.random(self.size) < chance
        self.campaigns += 1
        self._judge_rate(world, held_out, has_bought)
        if int(has_bought[held_out].sum()) >= uplift.MIN_HELD_OUT_BUYERS:
            self._judge_money(world, held_out, has_bought, random)

    def _judge_rate(self, world: World, held_out: np.ndarray, has_bought: np.ndarray) -> None:
        arms = [Arm(int(who.sum()), int(has_bought[who].sum())) for who in (~held_out, held_out)]
        judgement = uplift.judge(*arms, Plan(self.rate, 0.02, HOLDOUT), is_over=True)
        found, truth = judgement.uplift, world.chance.mean() * self.effect
        self.covered += found.low <= truth <= found.high
        self.won += judgement.verdict == Verdict.POSITIVE
        self.lost += judgement.verdict == Verdict.NEGATIVE

    def _judge_money(self, world, held_out, has_bought, random) -> None:
        cap = world.cap(random)
        revenue = np.zeros(self.size)
        buyers = np.flatnonzero(has_bought)
        revenue[buyers] = world.spent(buyers, random)
        treated, control = (Moments.of(revenue[who], cap) for who in (~held_out, held_out))
        money = uplift.incremental_money(treated, control, held_out_buyers=int(has_bought[held_out].sum()))
        if money is None:
            return
        truth = (world.chance * world.expected_spent(cap)).mean() * self.effect * treated.n
        self.in_money += 1
        self.money_covered += money.low <= truth <= money.high
        self.money_won += money.low > 0


def simulate(campaigns: int, sizes: Sequence[int] = SIZES, seed: int = 20261122) -> list[Cell]:
    """So many campaigns in every cell. All cells of a size share their draws; what happens in them is chance anew."""
    random = np.random.default_rng(seed)
    cells = [Cell(size, rate, effect) for size in sizes for rate in RATES for effect in EFFECTS]
    for size in sizes:
        mine = [(cell, World.of(size, cell.rate)) for cell in cells if cell.size == size]
        for held_out in drawn(size, campaigns):
            for cell, world in mine:
                cell.run(world, held_out, random)
    return cells


def table(cells: Sequence[Cell]) -> str:
    lines = ["     N   rate effect  coverage  wins  losses | in money  coverage  wins"]
    for cell in cells:
        money = "     –" if cell.money_coverage is None else f"{cell.money_coverage:6.1%}"
        lines.append(
            f"{cell.size:6,} {cell.rate:5.0%} {cell.effect:+6.0%}   {cell.coverage:6.1%} {cell.wins:6.1%} "
            f"{cell.lost / cell.campaigns:6.1%} | {cell.in_money:8} {money:>9} {cell.money_wins:6.1%}"
        )
    return "\n".join(lines)


ENTRIES, DAYS = 20, 200  # a day, and how long a series is looked at
SERIES = Plan(0.20, 0.10, HOLDOUT, entries_per_day=ENTRIES)  # needs 1,394 people: the first 70 days are too early


def watched(series: int, random: np.random.Generator) -> tuple[bool, bool]:
    """A series without effect, looked at every day: was it ever said to help; would 95 % alone have said so?"""
    people = np.arange(ENTRIES * DAYS)
    held_out = np.zeros(len(people), dtype=bool)
    held_out[list(uplift.drawn_at_entry(series, people.tolist(), HOLDOUT))] = True
    has_bought = random.random(len(people)) < SERIES.base_rate
    counts = [
        np.cumsum(who)[ENTRIES - 1 :: ENTRIES]
        for who in (~held_out, ~held_out & has_bought, held_out, held_out & has_bought)
    ]
    is_said = is_seen = False
    for sent, sent_bought, kept, kept_bought in zip(*(count.tolist() for count in counts), strict=True):
        arms = Arm(sent, sent_bought), Arm(kept, kept_bought)
        judgement = uplift.judge(*arms, SERIES, is_over=True, is_early=uplift.is_early(*arms, SERIES))
        is_said = is_said or judgement.verdict == Verdict.POSITIVE
        is_seen = is_seen or (judgement.uplift is not None and judgement.uplift.low > 0)
    return is_said, is_seen
