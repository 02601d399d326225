"""The common ways to count one churn rate, and how each differs from ours, person by person. Pure.

A person stands in a period by one set of spells (ours, or those by notice, by another N …) as `Standing`. A formula
turns that into his part of the numerator and of the denominator. Who counts differently there than here is on exactly
one line of the bridge between the two, so that ours ± lines = theirs by construction. Sources: Bitrix24, ChartMogul,
Baremetrics, Stripe and ProfitWell as published; a product stands beside the rule it follows.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from accounts.models import ChurnPolicy

Pair = tuple[int, int]  # numerator, denominator


@dataclass(frozen=True)
class Standing:
    """How a person stands in a period: active before it and at its end, how often he left and came in it."""

    start: bool = False
    end: bool = False
    ends: int = 0
    begins: int = 0

    @property
    def is_lost(self) -> bool:
        return self.start and not self.end

    @property
    def is_there(self) -> bool:
        """Active at the start or on some day of the period."""
        return self.start or self.begins > 0

    @property
    def word(self) -> str:
        return "lost" if self.is_lost else "kept" if self.start else "out"


OUT = Standing()


@dataclass(frozen=True)
class Signature:
    """People who stand alike, by our spells and by the other ones."""

    ours: Standing
    theirs: Standing
    people: int
    ids: tuple[int, ...] = ()  # not all where many


@dataclass(frozen=True)
class Formula:
    """One way to count: by which spells, and who is in the numerator and the denominator."""

    key: str
    count: Callable[[Signature], Pair]
    spells: str = ""  # '' = ours
    products: str = ""


def ours(one: Signature) -> Pair:
    """Lost ÷ at the start."""
    return _lost(one.ours)


def _lost(standing: Standing) -> Pair:
    return int(standing.is_lost), int(standing.start)


def _joiners(one: Signature) -> Pair:
    """Who joined in the period and is gone at its end counts as lost, too."""
    there = one.theirs
    return int(there.is_there and not there.end), int(there.start)


def _widened(one: Signature) -> Pair:
    return int(one.theirs.is_lost), int(one.theirs.is_there)


def _each_end(one: Signature) -> Pair:
    return one.theirs.ends, int(one.theirs.start)


def _each_end_widened(one: Signature) -> Pair:
    return one.theirs.ends, int(one.theirs.is_there)


NOTICE = (
    Formula("notice", lambda one: _lost(one.theirs), "notice", "ChartMogul (Standard, B2B)"),
    Formula("notice-joiners", _joiners, "notice", "Baremetrics"),
    Formula("notice-widened", _each_end_widened, "notice", "Stripe Billing"),
)
SAME_SPELLS = (
    Formula("joiners", _joiners),
    Formula("widened", _widened),
    Formula("each-end", _each_end),
    Formula("daily", _each_end, products="ChartMogul (Shopify, B2C)"),
)
MONTH_END = Formula("month-end", lambda one: _lost(one.theirs), "month-end")
QUIET = {days: Formula(f"quiet-{days}", lambda one: _lost(one.theirs), f"quiet-{days}") for days in (90, 180, 365)}
LOGINS = Formula("logins", lambda one: _lost(one.theirs), "logins")
OURS_AS_AT = "ProfitWell"
FORMULAS = {one.key: one for one in (*NOTICE, MONTH_END, *QUIET.values(), LOGINS, *SAME_SPELLS)}


def offered(*, policy: str, inactivity_days: int) -> tuple[Formula, ...]:
    """The formulas that say something else than ours under this policy."""
    found: tuple[Formula, ...] = ()
    if policy != ChurnPolicy.INACTIVITY:
        found += (*NOTICE, MONTH_END)
    if policy != ChurnPolicy.CONTRACT:
        found += (*(one for days, one in QUIET.items() if days != inactivity_days), LOGINS)
    return found + SAME_SPELLS


@dataclass(frozen=True)
class Line:
    """People who count differently for one reason, and what they change in numerator and denominator."""

    key: str
    people: int
    numerator: int
    denominator: int
    ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Day:
    """A day of the daily formula: active when it began, how many left during it."""

    day: dt.date
    at_start: int
    left: int
    ids: tuple[int, ...] = ()

    @property
    def rate(self) -> float:
        return 100 * self.left / self.at_start


@dataclass(frozen=True)
class Bridge:
    """One formula's figure of a period, and the lines that lead to it from ours."""

    formula: str
    ours: Pair
    theirs: Pair
    lines: tuple[Line, ...]
    days: tuple[Day, ...] = field(default=())

    @property
    def rate(self) -> float | None:
        """Percent; the daily formula adds up its days. None where nobody was there."""
        if self.formula == "daily":
            return sum(one.rate for one in self.days) if self.days or self.theirs[1] else None
        return 100 * self.theirs[0] / self.theirs[1] if self.theirs[1] else None

    @property
    def is_exact(self) -> bool:
        """Ours and all lines make theirs; so do the daily lines."""
        numerator, denominator = (
            mine + sum(change) for mine, change in zip(self.ours, zip(*self._changes(), strict=True), strict=True)
        )
        by_days = self.formula != "daily" or sum(one.left for one in self.days) == self.theirs[0]
        return (numerator, denominator) == self.theirs and by_days

    def _changes(self) -> list[Pair]:
        return [(0, 0), *((line.numerator, line.denominator) for line in self.lines)]


def line_of(formula: Formula, one: Signature) -> str:
    """On which line of the bridge these people stand ('': they count alike in both)."""
    if formula.count(one) == ours(one):
        return ""
    there = one.theirs
    if there.ends > (0 if there.end else 1) and formula.count in (_each_end, _each_end_widened):
        return "returned"
    if not there.start and there.begins:
        return _newcomer(formula, one)
    return f"{one.ours.word}-{there.word}"


def _newcomer(formula: Formula, one: Signature) -> str:
    numerator, denominator = formula.count(one)
    if numerator:
        return "joined-left"
    return "joined" if denominator else f"{one.ours.word}-out"


def bridge(formula: Formula, signatures: Iterable[Signature], days: Iterable[Day] = ()) -> Bridge:
    """The formula's figure of a period, with the lines that lead to it."""
    mine = theirs = (0, 0)
    lines: dict[str, Line] = {}
    for one in signatures:
        here, there = ours(one), formula.count(one)
        mine, theirs = _plus(mine, here, one.people), _plus(theirs, there, one.people)
        if key := line_of(formula, one):
            lines[key] = _longer(lines.get(key, Line(key, 0, 0, 0)), one, (there[0] - here[0], there[1] - here[1]))
    ordered = tuple(sorted(lines.values(), key=lambda line: (-abs(line.numerator), -line.people, line.key)))
    return Bridge(formula.key, mine, theirs, ordered, tuple(days) if formula.key == "daily" else ())


def _plus(sums: Pair, part: Pair, people: int) -> Pair:
    return sums[0] + part[0] * people, sums[1] + part[1] * people


def _longer(line: Line, one: Signature, change: Pair) -> Line:
    numerator, denominator = _plus((line.numerator, line.denominator), change, one.people)
    return Line(line.key, line.people + one.people, numerator, denominator, tuple(sorted({*line.ids, *one.ids})))
