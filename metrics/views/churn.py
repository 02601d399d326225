"""Churn by month, quarter, half and year: everybody's over time, the groups of a cut, or two cuts across each other."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import allows, may
from common import downloads
from metrics import charts, churn_people, churn_tables, closing, computing, remarks, rollups
from metrics.churn_tables import OVERLAPPING, Compared, Figure
from metrics.comparing import LABELS
from metrics.definitions import METRICS, chip
from metrics.goals import Goals
from metrics.periods import Period, named
from metrics.wording import CUTS, PERIODS, group_words, period_words, points

from .asked import EVERYBODY, Asked, people_address

SHOWN = {"month": 14, "quarter": 10, "half": 6, "year": 6}  # with the one that is not over
LINES = 5
ROWS, COLUMNS = 20, 12
GROUPS = 100
HEADER = [
    "period",
    "start",
    "end",
    "is_complete",
    "group",
    "second_group",
    "at_start",
    "lost",
    "rate",
    "won_back",
    "joined",
    "at_end",
]

Row = dict[str, Any]


@dataclass
class Page:
    """What is asked for, and which periods there are to show."""

    asked: Asked
    settings: Installation
    as_of: dt.date | None
    today: dt.date
    everybody: list[Figure]  # of every period, newest first, those not over as well

    @classmethod
    def read(cls, asked: Asked) -> "Page":
        settings = Installation.get()
        today = settings.day_of(timezone.now())
        return cls(asked, settings, rollups.filled_to(), today, churn_tables.everybody(asked.months))

    @property
    def periods(self) -> list[Period]:
        return [one.period for one in self.everybody]

    @property
    def whole(self) -> list[Figure]:
        """The figures the page speaks of as a whole, of the periods shown, oldest first."""
        if self.asked.group is None:
            return self.everybody[: SHOWN[self.asked.period]][::-1]
        return churn_tables.figures(self.shown, **self.cut)

    def is_complete(self, period: Period) -> bool:
        return self.as_of is not None and period.is_complete(as_of=self.as_of, today=self.today)

    @property
    def chosen(self) -> Period | None:
        """The period asked for, else the newest that is over."""
        found = named(self.asked.at)
        if found in self.periods:
            return found
        return next((one for one in self.periods if self.is_complete(one)), next(iter(self.periods), None))

    @property
    def shown(self) -> list[Period]:
        """The newest periods, oldest first."""
        return self.periods[: SHOWN[self.asked.period]][::-1]

    def words(self, period: Period) -> str:
        return period_words(period, self.settings)

    @property
    def cut(self) -> Row:
        """Which rows of the rollup make the whole that the page speaks of."""
        return {"by": self.asked.by, "groups": [self.asked.group]} if self.asked.group is not None else {}


@may("metrics.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The page; staff who look after nobody see everybody."""
    page = Page.read(Asked.read(request))
    request.installation = page.settings  # type: ignore[attr-defined]  # read once a page (accounts.context)
    whole = page.whole
    if not whole and page.asked.group is not None and "by" not in request.GET:
        page.asked = Asked(period=page.asked.period, at=page.asked.at)
        whole = page.whole
    return render(request, "metrics/churn.html", _context(page, whole, request))


def _context(page: Page, whole: list[Figure], request: HttpRequest) -> Row:
    asked, chosen = page.asked, page.chosen
    name = METRICS["churn"].name_under(page.settings.churn_policy)
    free = asked.free
    context: Row = {
        "asked": asked,
        "page": page,
        "as_of": page.as_of,
        "name": name,
        "chosen": chosen,
        "chosen_words": page.words(chosen) if chosen else "",
        "is_complete": chosen is not None and page.is_complete(chosen),
        "periods": [(words, asked.address(period=key, at=""), key == asked.period) for key, words in PERIODS.items()],
        "choices": [(one.code, page.words(one), page.is_complete(one)) for one in page.periods],
        "cuts": cut_choices(),
        "cut_words": [CUTS[cut] for cut in free],
        "held": _held(asked),
        "has_overlap": any(cut in OVERLAPPING for cut in free),
        "shape": ("periods", "groups", "matrix")[len(free)],
        "tiny": churn_tables.TINY,
        "table_url": asked.address("metrics:churn-table"),
        "free_url": asked.address(group=None) if allows(request.user, "metrics.all_owners") else "",  # type: ignore[arg-type]  # signed in
        "change_words": LABELS[asked.months][0],
        "year_words": LABELS[asked.months][1],
    }
    if chosen:
        parts = {"periods": _periods, "groups": _groups, "matrix": _matrix}
        context |= _flow(page, whole, chosen) | parts[context["shape"]](page, whole, chosen)
    said = {"period": context["chosen_words"], "code": chosen.code if chosen else ""}
    return context | {"definition": chip("churn", settings=page.settings, as_of=page.as_of, **said)}


def cut_choices() -> list[tuple[str, Any]]:
    """The cuts there is something to say about, by the word of the address."""
    return [(key or EVERYBODY, CUTS[key]) for key in computing.offered(["", *computing.CHURN_BY])]


def _held(asked: Asked) -> Row | None:
    """The one group the page is held to, in words."""
    if asked.group is None:
        return None
    return {"cut": CUTS[asked.by], "words": called(asked.by, [asked.group])[asked.group]}


def called(by: str, groups: list[str]) -> dict[str, str]:
    """How the groups of a cut are called."""
    found = computing.group_names(by, set(groups))
    return {group: group_words(by, found.get(group)) for group in groups}


def _flow(page: Page, whole: list[Figure], chosen: Period) -> Row:
    """Start → lost, won back, joined → end of the period, each with its customers."""
    one = next((figure for figure in whole if figure.period == chosen), None)
    one = one or next(iter(churn_tables.figures([chosen], **page.cut)), Figure(chosen))
    address = {who.replace("-", "_"): page.asked.people(who, chosen.code) for who in churn_people.WHO}
    return {"flow": one, "flow_urls": address}


def _periods(page: Page, whole: list[Figure], chosen: Period) -> Row:
    """One line a period, newest first, with the change against the period and the year before."""
    rates = {one.period: one.rate for one in whole if page.is_complete(one.period)}
    chart = _chart(page, {str(METRICS["churn"].name_under(page.settings.churn_policy)): whole})
    if chart:
        chart |= remarks.marks("churn", page.shown, settings=page.settings)
    rows = [_period_row(page, one, rates) for one in reversed(whole)]
    return {"rows": rows, "chart": chart} if page.cut else _of_everybody(page, rows, chart)


def _of_everybody(page: Page, rows: list[Row], chart: charts.Chart | None) -> Row:
    """The goal on the chart, and who closed which month: both speak of all customers."""
    closed = closing.closed_by_month([one.first for one in page.shown]) if page.asked.months == 1 else {}
    for row in rows:
        row["closing"] = closed.get(row["figure"].period.first)
    return {"rows": rows, "chart": chart and chart | Goals.read().line("churn", page.shown)}


def _period_row(page: Page, one: Figure, rates: dict[Period, float | None]) -> Row:
    rate = rates.get(one.period)
    return {
        "figure": one,
        "words": page.words(one.period),
        "is_complete": one.period in rates,
        "change": points(rate, rates.get(churn_tables.before(one.period))),
        "year_change": points(rate, rates.get(churn_tables.year_before(one.period))),
        "url": page.asked.people("lost", one.period.code),
        "here": page.asked.address(at=one.period.code),
    }


def _chart(page: Page, lines: dict[str, list[Figure]]) -> charts.Chart | None:
    """Lines over the periods shown; one that is not over is marked."""
    series = {}
    for name, figures in lines.items():
        rates = {one.period: one.rate for one in figures}
        series[name] = [rates.get(one) for one in page.shown]
    if not any(rate is not None for line in series.values() for rate in line):
        return None
    words = [page.words(one) for one in page.shown]
    return charts.line(words, series) | charts.over(page.shown, as_of=page.as_of, today=page.today)


def _groups(page: Page, whole: list[Figure], chosen: Period) -> Row:
    """The groups of one period beside the two it is compared with; lines of the largest over all periods."""
    asked = page.asked
    (cut,) = asked.free
    is_held = asked.group is not None
    where: Row = {"by": asked.by, "second": asked.second, "groups": [asked.group]} if is_held else {"by": asked.by}
    found = churn_tables.compared(chosen, is_complete=page.is_complete(chosen), **where)
    names = called(cut, [_of(one.now, is_held) for one in found])
    rows = _sorted(found, asked.sort, names, is_held)
    largest = [_of(one.now, is_held) for one in churn_tables.ordered(found, "-at_start")[:LINES]]
    few = {"seconds": largest} if is_held else {"groups": largest}
    history = churn_tables.figures(page.shown, **{**where, **few})
    lines = {names[group]: [one for one in history if _of(one, is_held) == group] for group in largest}
    return {
        "groups": [_group_row(page, one, names, is_held) for one in rows[:GROUPS]],
        "group_count": len(rows),
        "chart": _chart(page, lines),
        "sorts": _sorts(asked),
        "total": None if cut in OVERLAPPING else next((one for one in whole if one.period == chosen), None),
        "total_url": asked.people("lost", chosen.code),
    }


def _of(one: Figure, is_held: bool) -> str:
    return one.second if is_held else one.group


def _sorted(found: list[Compared], sort: str, names: dict[str, str], is_held: bool) -> list[Compared]:
    if sort.lstrip("-") != "name":
        return churn_tables.ordered(found, sort)
    return sorted(found, key=lambda one: names[_of(one.now, is_held)], reverse=sort.startswith("-"))


def _group_row(page: Page, one: Compared, names: dict[str, str], is_held: bool) -> Row:
    asked, group = page.asked, _of(one.now, is_held)
    chosen = {"second": group} if is_held else {"group": group}
    return {
        "figure": one.now,
        "words": names[group],
        "change": points(one.now.rate, one.before),
        "year_change": points(one.now.rate, one.year_before),
        "url": asked.people("lost", one.now.period.code, **chosen),
        "here": "" if is_held else asked.address(group=group),
    }


def _sorts(asked: Asked) -> dict[str, Row]:
    """For each column: the link that sorts by it, or turns it round, and how it stands now."""
    found = {}
    for name in ("name", *churn_tables.ORDERS):
        falling = "" if name == "name" else "-"
        turned = {name: f"-{name}", f"-{name}": name}.get(asked.sort, falling + name)
        order = {name: "ascending", f"-{name}": "descending"}.get(asked.sort, "")
        found[name] = {"url": asked.address(sort=turned), "order": order}
    return found


def _matrix(page: Page, whole: list[Figure], chosen: Period) -> Row:
    """The largest groups of both cuts; each cell leads to its lost."""
    asked = page.asked
    found = churn_tables.matrix(chosen, by=asked.by, second=asked.second, most_rows=ROWS, most_columns=COLUMNS)
    rows = called(asked.by, [one.group for one in found.rows])
    columns = called(asked.second, [one.group for one in found.columns])
    total = next((one for one in whole if one.period == chosen), None)
    return {
        "columns": [{"words": columns[one.group], **_cell(page, one, 0, second=one.group)} for one in found.columns],
        "lines": [
            {
                "words": rows[one.group],
                "here": asked.address(group=one.group),
                "total": _cell(page, one, 0, group=one.group),
                "cells": [
                    {"column": columns[other.group]}
                    | _cell(
                        page,
                        found.cells.get((one.group, other.group)),
                        found.most,
                        group=one.group,
                        second=other.group,
                    )
                    for other in found.columns
                ],
            }
            for one in found.rows
        ],
        "more_rows": max(found.row_count - ROWS, 0),
        "more_columns": max(found.column_count - COLUMNS, 0),
        "matrix_total": _cell(page, total, 0) if total else None,
    }


def _cell(page: Page, one: Figure | None, most: float, **groups: str) -> Row:
    if one is None:
        return {"figure": None}
    share = (one.rate or 0) / most if most and not one.is_tiny else 0
    pairs = [
        (cut, groups[key]) for cut, key in ((page.asked.by, "group"), (page.asked.second, "second")) if key in groups
    ]
    return {"figure": one, "heat": charts.heat(share), "url": people_address("lost", one.period.code, pairs)}


@may("metrics.view")
@require_POST
def table(request: HttpRequest) -> HttpResponseBase:
    """Every period of the table as a file, all groups of it."""
    page = Page.read(Asked.read(request))
    return downloads.answer(
        request,
        name=f"churn-{page.asked.period}",
        header=HEADER,
        rows=lambda: _lines(page),
        back=page.asked.address(),
    )


def _lines(page: Page) -> Iterator[list[Any]]:
    asked = page.asked
    groups = None if asked.group is None else [asked.group]
    found = churn_tables.figures(page.periods, by=asked.by, second=asked.second, groups=groups)
    firsts = computing.group_names(asked.by, {one.group for one in found}) if asked.by else {}
    seconds = computing.group_names(asked.second, {one.second for one in found}) if asked.second else {}
    for one in found:
        period = one.period
        yield [
            period.code,
            period.first,
            period.last,
            page.is_complete(period),
            firsts.get(one.group, ""),
            seconds.get(one.second, ""),
            one.at_start,
            one.lost,
            one.rate,
            one.won_back,
            one.joined,
            one.at_end,
        ]
