"""Churn as pages show it: the rollup's rows by none, one or two dimensions, few of many groups at a time.

A group's own figures always come from its own row, never from a sum over another cut: saved segments overlap.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from . import computing
from .models import ChurnRollup
from .periods import Period, after, fiscal_year_start

TINY = 20  # fewer at the start: a rate of theirs says little
COUNTS = ("at_start", "lost", "joined", "won_back")
OVERLAPPING = {"membership"}  # cuts in which a customer may stand in several groups


@dataclass(frozen=True)
class Figure:
    """One row: how many were there at the start of a period, and what became of them and of others."""

    period: Period
    at_start: int = 0
    lost: int = 0
    joined: int = 0
    won_back: int = 0
    group: str = ""
    second: str = ""

    @property
    def at_end(self) -> int:
        return self.at_start - self.lost + self.won_back + self.joined

    @property
    def rate(self) -> float | None:
        return computing.rate(self.lost, self.at_start)

    @property
    def is_tiny(self) -> bool:
        return self.at_start < TINY


def everybody(months: int) -> list[Figure]:
    """Everybody's figures of every period of this length there is, newest first; those not over yet as well."""
    starts = fiscal_year_start() if months == 6 else None
    found = ChurnRollup.objects.filter(months=months, dimension="").order_by("-first")
    return [Figure(Period(first, months, starts), *row) for first, *row in found.values_list("first", *COUNTS)]


def figures(
    wanted: Iterable[Period],
    *,
    by: str = "",
    second: str = "",
    groups: Iterable[str] | None = None,
    seconds: Iterable[str] | None = None,
    least: int = 1,
) -> list[Figure]:
    """The rows of these periods (all of one length), oldest first; of some groups where told.

    `least` leaves out groups with fewer at the start; a row without anybody at the start counts for everybody only.
    """
    listed = list(wanted)
    if not listed:
        return []
    is_turned = bool(second) and not _in_order(by, second)
    first, other = (second, by) if is_turned else (by, second)
    found = ChurnRollup.objects.filter(
        months=listed[0].months, first__in=[one.first for one in listed], dimension=first, second=other
    )
    names = ("second_group", "group") if is_turned else ("group", "second_group")
    for name, few in zip(names, (groups, seconds), strict=True):
        found = found if few is None else found.filter(**{f"{name}__in": list(few)})
    if by:
        found = found.filter(at_start__gte=least)
    fields = ("first", *COUNTS, *names)
    by_first = {one.first: one for one in listed}
    return [Figure(by_first[row[0]], *row[1:]) for row in found.order_by("first", *names).values_list(*fields)]


def _in_order(by: str, second: str) -> bool:
    """Two dimensions are kept once, in the order the cuts are listed in."""
    order = list(computing.CHURN_BY)
    return order.index(by) < order.index(second)


def before(period: Period) -> Period:
    """The period just before."""
    return replace(period, first=after(period.first, -period.months))


def year_before(period: Period) -> Period:
    """The same period of the year before."""
    return replace(period, first=after(period.first, -12))


@dataclass(frozen=True)
class Compared:
    """A group's figure in a period beside the period before and the same one of the year before."""

    now: Figure
    before: float | None = None
    year_before: float | None = None

    @property
    def change(self) -> float | None:
        return _less(self.now.rate, self.before)

    @property
    def year_change(self) -> float | None:
        return _less(self.now.rate, self.year_before)


def _less(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


def compared(period: Period, *, is_complete: bool, **cut: Any) -> list[Compared]:
    """The groups of one period; one that is not over is compared with nothing."""
    earlier, last_year = before(period), year_before(period)
    wanted = {period, earlier, last_year} if is_complete else {period}
    found = {(one.period, one.group, one.second): one for one in figures(sorted(wanted, key=_first), **cut)}
    return [
        Compared(one, *(_rate(found, other, one) for other in (earlier, last_year)))
        for one in found.values()
        if one.period == period
    ]


def _first(period: Period) -> dt.date:
    return period.first


def _rate(found: dict[tuple[Period, str, str], Figure], period: Period, one: Figure) -> float | None:
    then = found.get((period, one.group, one.second))
    return then.rate if then else None


ORDERS = {
    "at_start": lambda one: one.now.at_start,
    "lost": lambda one: one.now.lost,
    "rate": lambda one: one.now.rate,
    "change": lambda one: one.change,
    "year_change": lambda one: one.year_change,
}


def ordered(rows: list[Compared], sort: str) -> list[Compared]:
    """By a column ("rate", "-rate"), equal ones by size; what has no figure stands last either way."""
    by, is_down = sort.lstrip("-"), sort.startswith("-")
    key = ORDERS.get(by, ORDERS["at_start"])
    sized = sorted(rows, key=lambda one: -one.now.at_start)
    known = [one for one in sized if key(one) is not None]
    return sorted(known, key=key, reverse=is_down) + [one for one in sized if key(one) is None]


@dataclass(frozen=True)
class Matrix:
    """Two cuts across each other: the largest rows and columns, and how many there are in all."""

    rows: list[Figure]
    columns: list[Figure]
    cells: dict[tuple[str, str], Figure]
    row_count: int
    column_count: int

    @property
    def most(self) -> float:
        """The highest rate of a cell that is not tiny; the heat of the others is measured by it."""
        return max((one.rate or 0 for one in self.cells.values() if not one.is_tiny), default=0)


def matrix(period: Period, *, by: str, second: str, most_rows: int, most_columns: int) -> Matrix:
    """The largest groups of both cuts and the cells where they cross."""
    rows, columns = (
        sorted(figures([period], by=cut), key=lambda one: (-one.at_start, one.group)) for cut in (by, second)
    )
    shown, across = rows[:most_rows], columns[:most_columns]
    cells = figures(
        [period],
        by=by,
        second=second,
        groups=[one.group for one in shown],
        seconds=[one.group for one in across],
    )
    return Matrix(shown, across, {(one.group, one.second): one for one in cells}, len(rows), len(columns))
