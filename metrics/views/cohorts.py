"""Who came in a month, and how many of them are still there k months later."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from metrics import charts, reading, rollups
from metrics.definitions import chip
from metrics.periods import month_of
from metrics.wording import period_words

COHORTS = 25  # the newest; months beyond are in the file

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def cohorts(request: HttpRequest) -> HttpResponse:
    settings = Installation.get()
    rows = reading.cohorts(today=settings.day_of(timezone.now()))
    lines = [_line(code, list(cells), settings) for code, cells in groupby(rows, key=lambda row: row["cohort"])]
    shown = lines[-COHORTS:]
    months = range(min(COHORTS, max((len(line["cells"]) for line in shown), default=0)))
    as_of = rollups.filled_to()
    context = {
        "as_of": as_of,
        "lines": shown,
        "months": months,
        "means": _means(shown, months),
        "hidden": len(lines) - len(shown),
        "steps": range(10),
        "definition": chip("cohorts", settings=settings, as_of=as_of),
    }
    return render(request, "metrics/cohorts.html", context)


def _line(code: str, cells: list[Row], settings: Installation) -> dict[str, Any]:
    for cell in cells:
        share = cell["retained"] / cell["size"]
        cell |= {"share": share, "heat": charts.heat(share)}
    words = period_words(month_of(code), settings)
    return {"words": words, "size": cells[0]["size"], "cells": cells[:COHORTS]}


def _means(lines: list[dict[str, Any]], months: range) -> list[float | None]:
    """Retained ÷ size over the cohorts whose month is complete."""
    means = []
    for month in months:
        cells = [line["cells"][month] for line in lines if len(line["cells"]) > month]
        complete = [cell for cell in cells if cell["complete"]]
        size = reading.total(complete, "size")
        means.append(reading.total(complete, "retained") / size if size else None)
    return means
