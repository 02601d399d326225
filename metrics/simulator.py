"""What keeping customers is worth, on the company's own figures: "1:5" and "5:25" put to the test. Pure.

The model, month by month: who is there at the start of a month pays for it and is looked after; then the share `churn`
of them leaves, and `joining` new ones come, each at the price of winning one. Nothing is discounted, nobody returns,
and old and new customers leave at the same rate: three assumptions the page states beside the figures.

The closed form of the same sum (geometric series) stands in the tests beside people drawn one by one.
"""

from dataclasses import dataclass, replace

STEP = 0.2  # how far the sensitivity bars move each figure
POINTS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Figures:
    """What a company knows or assumes of itself. Amounts in the installation's currency."""

    customers: float  # active now
    churn: float  # share lost a month, 0 … 1
    value: float  # revenue a customer and month
    margin: float  # share of revenue that stays, 0 … 1
    joining: float  # new customers a month
    winning: float  # cost of winning one new customer
    keeping: float  # cost of looking after one customer for a month
    months: int = 36

    @property
    def gain(self) -> float:
        """What one customer leaves in a month, after the cost of looking after him."""
        return self.value * self.margin - self.keeping

    @property
    def yearly_churn(self) -> float:
        """The share of today's customers gone in twelve months."""
        return 1 - (1 - self.churn) ** 12


def customer_months(of: Figures) -> float:
    """Customers summed over the months of the horizon."""
    there, total = of.customers, 0.0
    for _month in range(of.months):
        total += there
        there = there * (1 - of.churn) + of.joining
    return total


def profit(of: Figures) -> float:
    """What is left over the whole horizon after looking after customers and winning new ones."""
    return of.gain * customer_months(of) - of.joining * of.months * of.winning


def with_yearly_churn(of: Figures, share: float) -> Figures:
    """The same company losing `share` (0 … 1) of its customers in twelve months."""
    return replace(of, churn=1 - (1 - min(1.0, max(0.0, share))) ** (1 / 12))


@dataclass(frozen=True)
class Outcome:
    """What the profit becomes, and by how much: `gain` in currency, `share` of today's profit (None where that is
    not above 0: a share of a loss says nothing)."""

    churn: float  # a year
    profit: float
    gain: float
    share: float | None

    @property
    def percent(self) -> float | None:
        return None if self.share is None else self.share * 100


def _outcome(now: Figures, then: Figures) -> Outcome:
    before, after = profit(now), profit(then)
    return Outcome(then.yearly_churn, after, after - before, (after - before) / before if before > 0 else None)


def points_less(of: Figures) -> list[tuple[int, Outcome]]:
    """One to five points less churn a year. Points that would take it below 0 are left out."""
    return [
        (points, _outcome(of, with_yearly_churn(of, of.yearly_churn - points / 100)))
        for points in POINTS
        if of.yearly_churn >= points / 100
    ]


def a_twentieth_less(of: Figures) -> Outcome:
    """Churn five percent smaller than it is (of itself, not in points)."""
    return _outcome(of, with_yearly_churn(of, of.yearly_churn * 0.95))


def halved(of: Figures) -> Outcome:
    """Churn halved: what the saying "5 % more retention, 25 % more profit" quietly assumed (10 % → 5 %)."""
    return _outcome(of, with_yearly_churn(of, of.yearly_churn / 2))


@dataclass(frozen=True)
class Prices:
    """What it costs to have one customer more, by either way."""

    winning: float
    saving: float | None  # one who would have left; None where nobody is saved
    ratio: float | None  # winning ÷ saving: the "5" of "1:5"
    worth_paying: float  # for each customer a year, at most, before winning a new one is cheaper


def prices(of: Figures, *, extra: float, points: float) -> Prices:
    """With `extra` spent on each customer a year, churn falls by `points` (a share of 0 … 1) a year."""
    saved = min(points, of.yearly_churn)
    saving = extra / saved if saved > 0 else None
    return Prices(
        winning=of.winning,
        saving=saving,
        ratio=of.winning / saving if saving else None,
        worth_paying=of.winning * saved,
    )


@dataclass(frozen=True)
class Bar:
    """How the profit moves when one figure is a fifth lower or higher, all others as they are."""

    name: str
    lower: float
    higher: float

    @property
    def width(self) -> float:
        return max(abs(self.lower), abs(self.higher))


MOVED = ("churn", "value", "margin", "joining", "winning", "keeping")


def sensitivity(of: Figures) -> list[Bar]:
    """One bar for each figure, the one that matters most first."""
    now = profit(of)
    bars = [Bar(name, *(_moved(of, name, way) - now for way in (1 - STEP, 1 + STEP))) for name in MOVED]
    return sorted(bars, key=lambda bar: -bar.width)


def _moved(of: Figures, name: str, factor: float) -> float:
    moved = getattr(of, name) * factor
    return profit(replace(of, **{name: min(1.0, moved) if name in {"churn", "margin"} else moved}))
