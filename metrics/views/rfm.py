"""The grid of recency and frequency, what each segment is worth, and who stands in a cell."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may
from common import downloads
from common.templatetags.crm import money, number, share
from customers.models import Customer
from metrics import charts, keeping, reading
from metrics.definitions import chip, money_basis
from scores.api import FIELDS
from scores.labels import cells, slug
from scores.models import RfmSegment, Score

PER_PAGE = 50
HEADER = [
    "customer_id",
    "name",
    "r",
    "f",
    "m",
    "rfm_segment",
    "last_purchase_on",
    "frequency",
    "monetary",
    "ltv_historic",
]
PATHS = ["code", "name", *(f"score__{name}" for name in HEADER[2:])]
MEASURES = ("customers", "monetary", "mean", "vip")

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def rfm(request: HttpRequest) -> HttpResponse:
    """The painted grid by count, money, mean or share of VIPs (`?by=`), and the ten segments."""
    settings = Installation.get()
    kept = keeping.read(("rfm", ""), ("rfm", "vip"))
    standing = _with_vip(kept["rfm", ""].rows, kept["rfm", "vip"].rows)
    by = request.GET.get("by", "")
    by = by if by in MEASURES else MEASURES[0]
    context = {
        "as_of": kept["rfm", ""].as_of,
        "rfm": grid(standing, by),
        "segments": _segments(standing),
        "count": reading.total(standing, "customers"),
        "vips": reading.total(standing, "vip"),
        "by": by,
        "may_export": allows(request.user, "customers.export"),
        "measures": [{"words": words, "url": f"?by={code}", "is_here": code == by} for code, words in _measures()],
        "basis": money_basis(settings),
        "definition": chip("rfm", settings=settings, as_of=kept["rfm", ""].as_of),
    }
    return render(request, "metrics/rfm.html", context)


def _measures() -> list[tuple[str, str]]:
    return list(zip(MEASURES, (_("Customers"), _("Monetary"), _("Mean"), _("Share of VIPs")), strict=True))


def _with_vip(standing: list[Row], vips: list[Row]) -> list[Row]:
    """The cells with how many VIPs stand in them, and what they bought for on average."""
    by_cell = {(row["r"], row["f"]): row["vip"] for row in vips}
    return [
        {**row, "vip": by_cell.get((row["r"], row["f"]), 0)}
        | {"mean": row["monetary"] / row["customers"] if row["customers"] else None}
        for row in standing
    ]


def grid(found: list[Row], by: str = "customers") -> list[dict[str, Any]]:
    """Five lines, R 5 first; each cell with its strength against the strongest one. Empty without scores."""
    everybody = sum(cell["customers"] for cell in found)
    if not everybody:
        return []
    most = max(_measured(cell, by) for cell in found) or 1
    lines = []
    for r in range(5, 0, -1):
        of_line = sorted((cell for cell in found if cell["r"] == r), key=lambda cell: cell["f"])
        lines.append({"r": r, "cells": [_cell(cell, by, most, everybody) for cell in of_line]})
    return lines


def _measured(cell: Row, by: str) -> float:
    if by == "vip":
        return cell["vip"] / cell["customers"] if cell["customers"] else 0.0
    return float(cell[by] or 0)


def _cell(cell: Row, by: str, most: float, everybody: int) -> Row:
    """What stands in a cell: the figure asked for, and below it how many (where that is the figure: their share)."""
    value = _measured(cell, by)
    figures = {"customers": number(cell["customers"]), "vip": share(value) if cell["customers"] else "–"}
    shown = figures[by] if by in figures else money(cell[by])
    more = share(cell["customers"] / everybody, 1) if by == "customers" else number(cell["customers"])
    strength = {"heat": charts.heat(value / most), "label": RfmSegment(cell["segment"]).label}
    return {**cell, **strength, "shown": shown, "more": more}


def _segments(standing: list[Row]) -> list[Row]:
    """The ten segments, the most money first."""
    everybody = reading.total(standing, "customers")
    found: dict[str, Row] = {}
    for cell in standing:
        row = found.setdefault(cell["segment"], {"customers": 0, "monetary": 0, "vip": 0})
        for name in row:
            row[name] += cell[name]
    rows = [_segment(code, row, everybody) for code, row in found.items()]
    return sorted(rows, key=lambda row: -row["monetary"])


def _segment(code: str, row: Row, everybody: int) -> Row:
    people = row["customers"]
    return {"code": code, "slug": slug(code), "label": RfmSegment(code).label, **row} | {
        "share": people / everybody if everybody else None,
        "mean": row["monetary"] / people if people else None,
        "vip_share": row["vip"] / people if people else None,
    }


# --- one cell --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell of the grid, or the part of it with one M score."""

    r: int
    f: int
    m: str = ""

    @property
    def customers(self) -> QuerySet[Customer]:
        found = Customer.objects.current().filter(score__r=self.r, score__f=self.f)
        return found.filter(score__m=int(self.m)) if self.m else found

    def address(self, name: str = "metrics:cell", **values: Any) -> str:
        asked = {"m": self.m, **values}
        return (
            reverse(name, args=[self.r, self.f])
            + "?"
            + urlencode({key: value for key, value in asked.items() if value})
        )


def _asked(request: HttpRequest, r: int, f: int) -> tuple[Cell, RfmSegment]:
    segment = cells(Installation.get()).get((r, f))
    if segment is None:
        raise Http404
    m = request.GET.get("m", "")
    return Cell(r, f, m if m in {"1", "2", "3", "4", "5"} else ""), segment


@may("metrics.view")
@require_safe
def cell(request: HttpRequest, r: int, f: int) -> HttpResponse:
    """The customers of one cell, the most money first; `?m=` those with one M score."""
    here, segment = _asked(request, r, f)
    after = request.GET.get("after", "")
    some = list(_beyond(here.customers, after)[: PER_PAGE + 1])
    customers, has_more = some[:PER_PAGE], len(some) > PER_PAGE
    context = {
        "r": r,
        "f": f,
        "here": here,
        "segment": segment,
        "slug": slug(segment.value),
        "count": here.customers.count(),
        "customers": customers,
        "next_url": here.address(after=customers[-1].pk) if has_more else "",
        "prev_url": here.address() if after else "",
        "choices": [{"m": m, "url": Cell(r, f, m).address(), "is_here": m == here.m} for m in ("", *"54321")],
        "export_url": here.address("metrics:cell-export"),
        "may_export": allows(request.user, "customers.export"),
        "as_of": reading.rfm().as_of,
        "basis": money_basis(Installation.get()),
    }
    return render(request, "metrics/cell.html", context)


def _beyond(found: QuerySet[Customer], after: str) -> QuerySet[Customer]:
    """Those after the customer of that id, the most money first; everybody where there is no such customer."""
    ordered = found.select_related("owner", "score", "prediction").order_by(F("score__monetary").desc(), "id")
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        return ordered
    last = Customer.objects.filter(pk=int(after)).values_list("score__monetary", flat=True).first()
    if last is None:
        return ordered
    return ordered.filter(Q(score__monetary__lt=last) | Q(score__monetary=last, id__gt=int(after)))


@may("customers.export")
@require_POST
def export(request: HttpRequest, r: int, f: int) -> HttpResponseBase:
    """The same customers as a file; who took it along is recorded."""
    here, _segment_of_it = _asked(request, r, f)
    found = here.customers.order_by(F("score__monetary").desc(), "id").values_list(*PATHS)
    audit.record("rfm_cell.export", by=request.user, r=r, f=f, m=here.m, count=found.count())  # type: ignore[arg-type]  # signed in
    name = f"rfm-r{r}-f{f}"
    return downloads.answer(
        request, name=name, header=HEADER, rows=lambda: found.iterator(chunk_size=5000), back=here.address()
    )


@may("customers.export")
@require_POST
def scores(request: HttpRequest) -> HttpResponseBase:
    """The stored scores of all customers as a file, in the columns of the API; who took it along is recorded."""
    found = Score.objects.order_by("customer__code").values_list(*FIELDS.values())
    audit.record("scores.export", by=request.user, count=found.count())  # type: ignore[arg-type]  # signed in
    return downloads.answer(
        request,
        name="scores",
        header=list(FIELDS),
        rows=lambda: found.iterator(chunk_size=5000),
        back=reverse("metrics:rfm"),
    )
