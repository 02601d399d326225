"""LTV so far and of the next 12 months: the whole, the groups of a cut, or two cuts across each other."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import allows, may
from metrics import charts, computing, keeping, keeping_worth, reading, worth
from metrics.definitions import chip, money_basis
from metrics.periods import Period
from metrics.wording import CUTS, group_words, large_money
from segments.models import Segment

BARS, GROUPS = 12, 200
ROWS, COLUMNS = 20, 10
MEASURES = ("historic_mean", "to_come_mean", "historic_total", "customers")
OVERLAPPING = "membership"

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The cuts somebody wants; of the cut by owner staff see their own group alone (`only`)."""

    by: str
    second: str
    measure: str
    only: str | None

    @classmethod
    def read(cls, request: HttpRequest) -> "Asked":
        by, second = request.GET.get("by", "segment"), request.GET.get("and", "")
        by = by if by in worth.CUTS else "segment"
        second = second if second in worth.CUTS and second != by else ""
        measure = request.GET.get("show", "")
        is_all = allows(request.user, "metrics.all_owners")
        return cls(
            by, second, measure if measure in MEASURES else MEASURES[0], None if is_all else str(request.user.pk)
        )

    def address(self, **changes: str) -> str:
        values = {"by": self.by, "and": self.second, "show": self.measure if self.second else "", **changes}
        return reverse("metrics:ltv") + "?" + urlencode({name: value for name, value in values.items() if value})

    def allows(self, row: Row) -> bool:
        """Whether who asks may see this group."""
        key = {self.by: "value", self.second: "second"}.get("owner")
        return self.only is None or key is None or row.get(key) == self.only

    @property
    def is_own(self) -> bool:
        return self.only is not None and "owner" in (self.by, self.second)


@may("metrics.view")
@require_safe
def ltv(request: HttpRequest) -> HttpResponse:
    """The whole company's figures, and below them those of one cut or two."""
    settings, asked = Installation.get(), Asked.read(request)
    kept = reading.ltv()
    total = kept.rows[0] if kept.rows else None
    context = {
        "as_of": kept.as_of,
        "basis": money_basis(settings),
        "is_by_sales": settings.margin is None,
        "asked": asked,
        "by": asked.by,
        "total": total,
        "cuts": [(key, CUTS[key]) for key in computing.offered(worth.CUTS)],
        "cut_words": [CUTS[cut] for cut in (asked.by, asked.second) if cut],
        "is_own": asked.is_own,
        "has_overlap": OVERLAPPING in (asked.by, asked.second),
        "chips": {key: chip(key, settings=settings, as_of=kept.as_of) for key in _CHIPS},
    }
    if total and kept.as_of:
        then = Then.read(kept.as_of, "" if asked.second else asked.by)
        context |= _whole(total, then) | (_matrix(asked) if asked.second else _groups(asked, then))
    return render(request, "metrics/ltv.html", context)


_CHIPS = ("ltv_historic", "ltv_to_come", "ltv_predicted", "ltv_lifetime")


@dataclass(frozen=True)
class Then:
    """LTV as stored at the last month's end and a year before it, and the months in between."""

    as_of: Any
    kept: dict[tuple[str, str], keeping.Kept]

    @classmethod
    def read(cls, as_of: Any, by: str) -> "Then":
        days = [(f"{keeping_worth.THEN}{day}", "") for day in keeping_worth.month_ends(as_of)]
        both = [(f"{keeping_worth.THEN}{day}", by) for day in _compared(as_of)]
        return cls(as_of, keeping.read(*days, *both, ("ltv-lifetime", "")))

    def rows(self, day: Any, by: str = "") -> list[Row]:
        return self.kept.get((f"{keeping_worth.THEN}{day}", by), keeping.Kept()).rows

    @property
    def lifetime(self) -> Row | None:
        rows = self.kept["ltv-lifetime", ""].rows
        return rows[0] if rows else None

    def whole(self) -> list[tuple[Any, Row]]:
        """The month's ends that are stored, oldest first."""
        days = reversed(keeping_worth.month_ends(self.as_of))
        return [(day, rows[0]) for day in days if (rows := self.rows(day))]


def _compared(as_of: Any) -> tuple[Any, Any]:
    return keeping_worth.month_before(as_of), keeping_worth.year_before(as_of)


def _whole(total: Row, then: Then) -> Row:
    """The figures on top: each with its change against both days, and the line of the last year."""
    month, year = (next(iter(then.rows(day)), None) for day in _compared(then.as_of))
    to_come = total["to_come_total"]
    return {
        "sum": large_money(total["historic_total"]),
        "to_come_sum": large_money(to_come) if to_come is not None else None,
        "changes": {key: (_change(total, month, key), _change(total, year, key)) for key in _COMPARED},
        "month_on": keeping_worth.month_before(then.as_of),
        "year_on": keeping_worth.year_before(then.as_of),
        "lifetime": then.lifetime,
        "trend": _trend(total, then),
    }


_COMPARED = ("historic_total", "historic_mean", "to_come_total", "to_come_mean")


def _change(now: Row, before: Row | None, key: str) -> float | None:
    """By how many percent a figure is above what it was; None where there is nothing to compare."""
    if not before or now.get(key) is None or not before.get(key) or before[key] <= 0:
        return None
    return float((now[key] / before[key] - 1) * 100)


def _trend(total: Row, then: Then) -> charts.Chart | None:
    """Means at the month's ends, and today."""
    points = [*then.whole(), (then.as_of, total)]
    if len(points) < 3:
        return None
    names = [f"{day:%Y/%m/%d}" for day, _row in points]
    series = {_("Historic LTV, mean"): [float(row["historic_mean"]) for _day, row in points]}
    if any(row["to_come_mean"] is not None for _day, row in points):
        series[_("Next 12 months, mean")] = [_float(row["to_come_mean"]) for _day, row in points]
    months = [Period(day.replace(day=1), 1) for day, _row in points]
    return charts.line(names, series, unit="¥") | {"digits": 0, "short": charts.short(months)}


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


# --- groups ----------------------------------------------------------------------------------------


def words_of(by: str, rows: list[Row], key: str = "value", name: str = "group") -> dict[str, str]:
    """What the groups of a cut are called on the screen, by stored value."""
    if by == "membership":
        found = {row.slug: str(row) for row in Segment.objects.filter(slug__in={row[key] for row in rows})}
        return {row[key]: found.get(row[key], row[key]) for row in rows}
    return {row[key]: _("Others") if row[key] == worth.REST else group_words(by, row[name]) for row in rows}


def _groups(asked: Asked, then: Then) -> Row:
    """One line a group, the most value first (cohorts by time), with both comparisons."""
    rows = [row for row in reading.ltv(by=asked.by).rows if asked.allows(row)]
    words = words_of(asked.by, rows)
    whole = sum(row["historic_total"] for row in rows)
    earlier = [{row["value"]: row for row in then.rows(day, asked.by)} for day in _compared(then.as_of)]
    for row in rows:
        row["words"] = words[row["value"]]
        row["url"] = people_address(asked.by, row["value"])
        row["share"] = float(row["historic_total"] / whole) if whole > 0 and asked.by != OVERLAPPING else None
        row["changes"] = [_change(row, found.get(row["value"]), "historic_mean") for found in earlier]
    rows.sort(key=lambda row: row["words"] if asked.by == "cohort" else -row["historic_total"])
    shown = rows[-GROUPS:] if asked.by == "cohort" else rows[:GROUPS]
    return {"rows": shown, "hidden": len(rows) - len(shown), "chart": _chart(shown, asked.by) if rows else None}


def people_address(by: str, value: str, second: str = "", other: str = "") -> str:
    """The page of the customers of a group (of two cuts); none for what is put together."""
    if worth.REST in (value, other):
        return ""
    pairs = {"by": by, "group": value, **({"and": second, "group2": other} if second else {})}
    return reverse("metrics:ltv-people") + "?" + urlencode(pairs)


def visible(rows: list[Row], by: str, request: HttpRequest, second: str = "") -> list[Row]:
    """All groups; of a cut by owner, staff see their own."""
    key = {by: "value", second: "second"}.get("owner")
    if key is None or allows(request.user, "metrics.all_owners"):
        return rows
    return [row for row in rows if row[key] == str(request.user.pk)]


def _chart(rows: list[Row], by: str) -> charts.Chart:
    """Mean LTV of the largest groups (of the newest cohorts)."""
    shown = rows[-BARS:] if by == "cohort" else rows[:BARS]
    series: dict[str, list[float | None]] = {_("Historic LTV, mean"): [float(row["historic_mean"]) for row in shown]}
    if any(row["to_come_mean"] is not None for row in shown):
        series[_("Next 12 months, mean")] = [_float(row["to_come_mean"]) for row in shown]
    return charts.bars([row["words"] for row in shown], series, unit="¥") | {"stacked": True}


# --- two cuts --------------------------------------------------------------------------------------


def _matrix(asked: Asked) -> Row:
    """The largest groups of both cuts, what lies beyond them as one row or column, and the cells where they cross."""
    found = [row for row in reading.ltv(by=asked.by, second=asked.second).rows if asked.allows(row)]
    across = _axis(found, "second", asked.second, COLUMNS)
    down = _axis(found, "value", asked.by, ROWS)
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        cells.setdefault((_at(row["value"], down), _at(row["second"], across)), []).append(row)
    merged = {place: worth.merged(rows) for place, rows in cells.items()}
    most = max((_measured(row, asked.measure) for row in merged.values()), default=0.0)
    has_sums = OVERLAPPING not in (asked.by, asked.second)
    lines = [
        {
            "words": words,
            "cells": [
                _cell(asked, merged.get((value, other)), value, other, most) | {"words": column}
                for other, column in across.items()
            ],
            "total": _cell(asked, _sum(found, "value", value, down), value, None, most) if has_sums else None,
        }
        for value, words in down.items()
    ]
    totals = [
        _cell(asked, _sum(found, "second", other, across), None, other, most) | {"words": column}
        for other, column in across.items()
    ]
    return {
        "columns": list(across.values()),
        "lines": lines,
        "totals": totals if has_sums else [],
        "matrix_total": _cell(asked, worth.merged(found), None, None, most) if has_sums and found else None,
        "measures": [(words, asked.address(show=key), key == asked.measure) for key, words in _measures()],
    }


def _measures() -> list[tuple[str, str]]:
    words = (_("Historic LTV, mean"), _("Next 12 months, mean"), _("Historic LTV, total"), _("Customers"))
    return list(zip(MEASURES, words, strict=True))


def _axis(rows: list[Row], key: str, by: str, most: int) -> dict[str, str]:
    """The groups of one cut in their order with their words; those beyond `most` are one, at the end."""
    people: dict[str, int] = {}
    for row in rows:
        people[row[key]] = people.get(row[key], 0) + row["customers"]
    words = words_of(by, rows, key, "group" if key == "value" else "second_group")
    if by == "cohort":
        ranked = sorted(people, reverse=True)
    else:
        ranked = sorted(people, key=lambda value: (-people[value], value))
    shown = [value for value in ranked if value != worth.REST][:most]
    axis = {value: words[value] for value in shown}
    return axis | ({worth.REST: _("Others")} if len(axis) < len(ranked) else {})


def _at(value: str, axis: dict[str, str]) -> str:
    return value if value in axis else worth.REST


def _sum(rows: list[Row], key: str, value: str, axis: dict[str, str]) -> Row | None:
    some = [row for row in rows if _at(row[key], axis) == value]
    return worth.merged(some) if some else None


def _measured(row: Row, measure: str) -> float:
    return max(0.0, float(row[measure] or 0))


def _cell(asked: Asked, row: Row | None, value: str | None, other: str | None, most: float) -> Row:
    """A cell: the figure asked for, how many customers, its strength, and the people behind it."""
    pairs = [(asked.by, value), (asked.second, other)]
    cuts = [(cut, group) for cut, group in pairs if group is not None]
    flat = [part for pair in cuts for part in pair]
    if row is None:
        return {"row": None}
    return {
        "row": row,
        "figure": row[asked.measure],
        "is_count": asked.measure == "customers",
        "heat": charts.heat(_measured(row, asked.measure) / most) if most else 0,
        "url": people_address(*flat) if flat else "",
    }
