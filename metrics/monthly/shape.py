"""The monthly report as a tree: sections with sentences, figures, charts and tables.

Page, PDF, workbook, mail and files all render this tree, so the same figure is the same everywhere.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.templatetags.crm import day, money, number, percent

Unit = Literal["text", "people", "money", "percent", "change", "day"]
Cell = str | int | float | Decimal | dt.date | None
LEFT = ("text", "day")


@dataclass(frozen=True)
class Column:
    """A column: its words and the unit of its values (percent: 4.6 is 4.6 %)."""

    name: str
    unit: Unit = "text"

    @property
    def is_figure(self) -> bool:
        return self.unit not in LEFT


@dataclass(frozen=True)
class Table:
    """Rows as values. `links`: where the first cell of each row leads. `is_heat`: shares as colours from column 2 on.

    `has_sum`: the last row is that of all. `open_cells`: (row, column) of figures whose month is not over.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    links: tuple[str, ...] = ()
    note: str = ""
    is_heat: bool = False
    has_sum: bool = False
    open_cells: frozenset[tuple[int, int]] = frozenset()

    @property
    def written(self) -> list[list[str]]:
        """The rows as everybody reads them."""
        return [
            [written(value, column.unit) for value, column in zip(row, self.columns, strict=True)] for row in self.rows
        ]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The rows for the page: where the first cell leads, and each cell with its column and look."""
        links = self.links or ("",) * len(self.rows)
        return [
            {
                "url": url,
                "cells": [self._cell(at, place, text) for place, text in enumerate(texts)],
                "is_sum": self.is_sum(at),
            }
            for at, (texts, url) in enumerate(zip(self.written, links, strict=True))
        ]

    def _cell(self, at: int, place: int, text: str) -> dict[str, Any]:
        shade = self.shade(at, place)
        css = [] if shade is None else [f"heat-{shade}"]
        css += ["heat-open"] if (at, place) in self.open_cells else []
        is_empty = self.is_heat and place > 1 and self.rows[at][place] is None
        return {"text": "" if is_empty else text, "is_figure": self.columns[place].is_figure, "css": " ".join(css)}

    def shade(self, at: int, place: int) -> int | None:
        """Which of the ten steps of a heat map the cell has; None where it is none."""
        value = self.rows[at][place]
        if not self.is_heat or place < 2 or value is None:
            return None
        return min(9, max(0, int(float(value) / 10)))  # type: ignore[arg-type]

    def is_sum(self, at: int) -> bool:
        return self.has_sum and at == len(self.rows) - 1


@dataclass(frozen=True)
class Series:
    name: str
    data: tuple[float | None, ...]
    look: str = "main"


@dataclass(frozen=True)
class Chart:
    """Lines or bars over names; a table with the same figures follows it everywhere (`table`)."""

    key: str
    title: str
    kind: Literal["line", "bar"]
    names: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Unit
    is_across: bool = False
    is_stacked: bool = False
    from_zero: bool = True
    first: str = ""  # what the names are, as a column's heading

    @property
    def drawn(self) -> dict[str, Any]:
        """As static/js/charts.js takes it."""
        marks = {"percent": "%", "money": "¥", "people": str(_("customers"))}
        return {
            "kind": self.kind,
            "x": list(self.names),
            "unit": marks.get(self.unit, ""),
            "digits": 1 if self.unit == "percent" else 0,
            "zero": self.from_zero,
            "across": self.is_across,
            "stacked": self.is_stacked,
            "series": [{"name": one.name, "data": list(one.data), "look": one.look} for one in self.series],
        }

    @property
    def table(self) -> Table:
        columns = (Column(self.first), *(Column(one.name, self.unit) for one in self.series))
        rows = tuple((name, *(one.data[at] for one in self.series)) for at, name in enumerate(self.names))
        return Table(self.key, self.title, columns, rows)


@dataclass(frozen=True)
class Figure:
    """One number, what it was a month and a year before, and which way is good ("up", "down", "")."""

    key: str
    name: str
    value: Cell
    unit: Unit
    before: Cell = None
    year_before: Cell = None
    good: str = ""
    note: str = ""
    url: str = ""

    @property
    def written(self) -> str:
        return written(self.value, self.unit, has_unit=True)

    @property
    def change(self) -> str:
        return change(self.value, self.before, self.unit)

    @property
    def year_change(self) -> str:
        return change(self.value, self.year_before, self.unit)

    @property
    def look(self) -> str:
        """good, bad or flat, by the change against the month before."""
        return look(self.change, self.good)

    @property
    def changes(self) -> str:
        """Both changes in words; empty where there is nothing to compare with."""
        parts = []
        if self.change:
            parts.append(_("m/m %(points)s") % {"points": self.change})
        if self.year_change:
            parts.append(_("year on year %(points)s") % {"points": self.year_change})
        return " · ".join(parts)


@dataclass(frozen=True)
class Section:
    """A topic of the report. `empty`: what to say where it has neither figures nor tables."""

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class Closed:
    """Who closed the month, and when."""

    name: str
    at: dt.datetime


@dataclass(frozen=True)
class Report:
    """The month. `as_of` is the day its figures speak of, None where no night has been."""

    code: str
    title: str
    month: str
    company: str
    language: str
    as_of: dt.date | None
    is_complete: bool
    basis: str
    closed: Closed | None
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @property
    def summary(self) -> Section:
        return self.sections[0]

    @property
    def state(self) -> str:
        """途中, 締め済み (who, when), or not closed."""
        if not self.is_complete:
            return _("Not over yet: figures up to %(day)s") % {"day": day(self.as_of)}
        if self.closed:
            return _("Closed (%(name)s, %(when)s)") % {
                "name": self.closed.name,
                "when": f"{self.closed.at:%Y/%m/%d %H:%M}",
            }
        return pgettext("month", "Not closed")


def written(value: Cell, unit: str, *, has_unit: bool = False) -> str:
    """A value as people read it, – where there is none; counts with their unit where they stand alone."""
    if value is None:
        return "–"
    if unit == "money":
        return money(value)  # type: ignore[arg-type]
    if unit == "percent":
        return percent(value)  # type: ignore[arg-type]
    if unit == "change":
        return signed(float(value), 0)  # type: ignore[arg-type]
    if unit == "people":
        words = number(value).replace("-", "−")  # type: ignore[arg-type]
        return words + pgettext("after a number", " customers") if has_unit else words
    return day(value) if isinstance(value, dt.date) else str(value)


def signed(value: float, places: int = 1) -> str:
    """+1.2, −0.4, ±0.0."""
    rounded = round(value, places)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else '±'}{abs(rounded):,.{places}f}"


def change(now: Cell, before: Cell, unit: str) -> str:
    """How a figure moved: percentages by points, amounts and counts by their share; empty where that has no sense."""
    if now is None or before is None or isinstance(now, str | dt.date) or isinstance(before, str | dt.date):
        return ""
    if unit == "percent":
        return f"{signed(round(float(now), 1) - round(float(before), 1))}pt"
    return f"{signed(100 * (float(now) - float(before)) / float(before))}%" if before > 0 else ""


def look(words: str, good: str) -> str:
    """good, bad or flat: which way a change goes."""
    if not good or words[:1] not in ("+", "−"):
        return "flat"
    return "good" if (words[0] == "+") == (good == "up") else "bad"
