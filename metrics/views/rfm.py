"""The grid of recency and frequency, what each segment is worth, and who stands in a cell."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from customers.models import Customer
from metrics import charts, reading
from metrics.definitions import chip, money_basis
from scores.labels import cells, slug
from scores.models import RfmSegment

NAMES = 200

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def rfm(request: HttpRequest) -> HttpResponse:
    settings, kept = Installation.get(), reading.rfm()
    context = {
        "as_of": kept.as_of,
        "rfm": grid(kept.rows),
        "segments": _segments(kept.rows),
        "count": reading.total(kept.rows, "customers"),
        "basis": money_basis(settings),
        "definition": chip("rfm", settings=settings, as_of=kept.as_of),
    }
    return render(request, "metrics/rfm.html", context)


def grid(found: list[Row]) -> list[dict[str, Any]]:
    """Five lines, R 5 first; each cell with its heat against the fullest one. Empty without scores."""
    most = max((cell["customers"] for cell in found), default=0)
    if not most:
        return []
    lines = []
    for r in range(5, 0, -1):
        of_line = sorted((cell for cell in found if cell["r"] == r), key=lambda cell: cell["f"])
        lines.append({"r": r, "cells": [_cell(cell, most) for cell in of_line]})
    return lines


def _cell(cell: Row, most: int) -> Row:
    return {**cell, "heat": charts.heat(cell["customers"] / most), "label": RfmSegment(cell["segment"]).label}


def _segments(standing: list[Row]) -> list[Row]:
    """The ten segments, the most money first."""
    everybody = reading.total(standing, "customers")
    found: dict[str, Row] = {}
    for cell in standing:
        row = found.setdefault(cell["segment"], {"customers": 0, "monetary": 0})
        row["customers"] += cell["customers"]
        row["monetary"] += cell["monetary"]
    rows = [
        {"code": code, "slug": slug(code), "label": RfmSegment(code).label, **row}
        | {"share": row["customers"] / everybody if everybody else None}
        | {"mean": row["monetary"] / row["customers"] if row["customers"] else None}
        for code, row in found.items()
    ]
    return sorted(rows, key=lambda row: -row["monetary"])


@may("metrics.view")
@require_safe
def cell(request: HttpRequest, r: int, f: int) -> HttpResponse:
    """The customers of one cell, the most money first."""
    segment = cells(Installation.get()).get((r, f))
    if segment is None:
        raise Http404
    found = Customer.objects.current().filter(score__r=r, score__f=f)
    context = {
        "r": r,
        "f": f,
        "segment": segment,
        "slug": slug(segment.value),
        "count": found.count(),
        "customers": found.select_related("owner", "score", "prediction").order_by("-score__monetary", "id")[:NAMES],
        "as_of": reading.rfm().as_of,
        "basis": money_basis(Installation.get()),
    }
    return render(request, "metrics/cell.html", context)
