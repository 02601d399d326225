"""What winning customers cost: a table of months and ways typed like a sheet, lines pasted, the same as a file."""

import datetime as dt
import io
import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from common import exports
from customers.importing.encoding import RefusedError, blocks, detect
from metrics import costs
from metrics.periods import Period, after
from metrics.wording import period_words

MONTHS = 12
MOST_BYTES, MOST_LETTERS = 1_000_000, 200_000
HEADER = ["month", "way", "amount"]

Row = dict[str, Any]


@dataclass
class Cell:
    """One amount of the sheet: its key, what was stored when the page was shown, what stands in it, what is wrong."""

    key: costs.Key
    name: str
    seen: str
    text: str
    error: str = ""
    wanted: Decimal | None = None


@dataclass
class Sheet:
    """Twelve months down, ways across; the first column is what was not told apart by way."""

    last: dt.date
    ways: list[str]
    cells: dict[costs.Key, Cell] = field(default_factory=dict)

    @property
    def months(self) -> list[dt.date]:
        return [after(self.last, -back) for back in range(MONTHS)]

    @classmethod
    def stored(cls, last: dt.date, more: list[str]) -> "Sheet":
        entered = costs.entered()
        sheet = cls(last, ["", *dict.fromkeys([*costs.ways(), *more])])
        for key in sheet.places():
            text = _typed(entered.get(key))
            sheet.cells[key] = Cell(key, sheet.name(key), text, text)
        return sheet

    def places(self) -> list[costs.Key]:
        return [(month, way) for month in self.months for way in self.ways]

    def name(self, key: costs.Key) -> str:
        return f"{key[0]:%Y-%m}-{self.ways.index(key[1])}"

    def rows(self) -> list[Row]:
        settings = Installation.get()
        return [
            {
                "words": period_words(Period(month, 1), settings),
                "cells": [self.cells[month, way] for way in self.ways],
                "total": _total([self.cells[month, way].seen for way in self.ways]),
            }
            for month in self.months
        ]

    @property
    def faults(self) -> int:
        return sum(bool(cell.error) for cell in self.cells.values())


def _typed(amount: Decimal | None) -> str:
    """How an amount stands in its field: 120,000."""
    return "" if amount is None else f"{amount:,f}".removesuffix(".00")


def _total(texts: list[str]) -> Decimal | None:
    amounts = [costs.amount_of(text) for text in texts if text]
    return sum((amount for amount in amounts if amount is not None), Decimal(0)) if amounts else None


@may("metrics.costs")
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest) -> HttpResponse:
    """The sheet that ends with a month (`?to=2026-11`); what is wrong stands at its cell and nothing typed is lost."""
    asked = request.POST if request.method == "POST" else request.GET
    last = _last(asked.get("to", ""))
    if request.method != "POST":
        return _page(request, Sheet.stored(last, _ways(asked.getlist("way"))))
    ways = _ways(asked.getlist("way"))
    found = _filled(request, Sheet(last, ["", *(way for way in dict.fromkeys(ways) if way)]))
    if "add" in request.POST:
        return _with_a_way(request, found)
    if not found.faults and (saved := _saved(request, found)):
        return saved
    return _page(request, found, status=422)


def _last(text: str) -> dt.date:
    """The month asked for; the current one unless told, and none after the next year."""
    this_month = Installation.get().day_of(timezone.now()).replace(day=1)
    try:
        found = costs.month_of(text)
    except ValueError:
        return this_month
    return found if found <= after(this_month, MONTHS) else this_month


def _ways(given: list[str]) -> list[str]:
    found = []
    for text in given[:200]:
        try:
            found.append(costs.way_of(text))
        except ValueError:
            continue
    return [way for way in found if way]


def _filled(request: HttpRequest, sheet: Sheet) -> Sheet:
    """The sheet as it was typed, with what is wrong at its cells."""
    for key in sheet.places():
        name = sheet.name(key)
        text, seen = request.POST.get(f"c-{name}", "")[:100], request.POST.get(f"o-{name}", "")[:100]
        cell = sheet.cells[key] = Cell(key, name, seen, text)
        try:
            cell.wanted = costs.amount_of(text)
        except ValueError as error:
            cell.error = str(error)
    return sheet


def _saved(request: HttpRequest, sheet: Sheet) -> HttpResponse | None:
    """Writes what was changed; None where somebody else changed the same meanwhile (it stands at the cells)."""
    seen = {cell.key: _seen(cell) for cell in sheet.cells.values()}
    wanted = {cell.key: cell.wanted for cell in sheet.cells.values() if cell.wanted != seen[cell.key]}
    try:
        count = costs.save(wanted, by=request.user, now=timezone.now(), seen=seen)  # type: ignore[arg-type]  # signed in
    except costs.ChangedMeanwhileError as error:
        for key, amount in error.now.items():
            sheet.cells[key].seen = _typed(amount)
            sheet.cells[key].error = _("Somebody else has put %(amount)s here meanwhile. Save again to replace it.") % {
                "amount": _typed(amount) or _("nothing")
            }
        return None
    messages.success(request, _saved_words(count))
    return redirect(_address(sheet))


def _seen(cell: Cell) -> Decimal | None:
    try:
        return costs.amount_of(cell.seen)
    except ValueError:
        return None


def _saved_words(count: int) -> str:
    words = ngettext("%(count)s amount saved.", "%(count)s amounts saved.", count) % {"count": count}
    return words if count else _("Nothing was changed.")


def _address(sheet: Sheet) -> str:
    return reverse("metrics:costs") + "?" + urlencode({"to": f"{sheet.last:%Y-%m}"})


def _with_a_way(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Another column, without losing what stands in the others."""
    new = _ways([request.POST.get("new", "")])
    if new and new[0] not in sheet.ways:
        sheet.ways.append(new[0])
        for month in sheet.months:
            key = (month, new[0])
            sheet.cells[key] = Cell(key, sheet.name(key), "", "")
    return _page(request, sheet)


def _page(request: HttpRequest, sheet: Sheet, *, status: int = 200, **more: Any) -> HttpResponse:
    settings = Installation.get()
    context = {
        "sheet": sheet,
        "rows": sheet.rows(),
        "span": " – ".join(period_words(Period(month, 1), settings) for month in (sheet.months[-1], sheet.last)),
        "earlier": f"{after(sheet.last, -MONTHS):%Y-%m}",
        "later": f"{after(sheet.last, MONTHS):%Y-%m}"
        if after(sheet.last, MONTHS) <= after(settings.day_of(timezone.now()).replace(day=1), MONTHS)
        else "",
        "to": f"{sheet.last:%Y-%m}",
        "currency": settings.get_tax_display(),
        **more,
    }
    return render(request, "metrics/costs.html", context, status=status)


@may("metrics.costs")
@require_POST
def paste(request: HttpRequest) -> HttpResponse:
    """Lines of month, way, amount, pasted or from a file: all of them, or none and what is wrong with which line."""
    text, fault = _pasted(request)
    found, faults = costs.lines_of(text)
    if fault:
        faults = [costs.Fault(0, "", fault)]
    elif not found and not faults:
        faults = [costs.Fault(0, "", _("Paste lines of month, way and amount, or choose a file."))]
    if faults:
        sheet = Sheet.stored(_last(request.POST.get("to", "")), [])
        return _page(request, sheet, status=422, pasted=text, line_faults=faults[:100], more_faults=len(faults) - 100)
    count = costs.save(dict(found), by=request.user, now=timezone.now())  # type: ignore[arg-type]  # signed in
    messages.success(request, _saved_words(count))
    last = max(month for month, _way in found)
    return redirect(reverse("metrics:costs") + "?" + urlencode({"to": f"{last:%Y-%m}"}))


def _pasted(request: HttpRequest) -> tuple[str, str]:
    """The text, and what is wrong with the whole of it."""
    file = request.FILES.get("file")
    if file is None:
        text = request.POST.get("lines", "").replace("\0", "")
        return text[:MOST_LETTERS], _("This is too long.") if len(text) > MOST_LETTERS else ""
    if file.size and file.size > MOST_BYTES:
        return "", _("The file is too large: 1 MB at most.")
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(file.read())
        copy.flush()
        try:
            text = "".join(blocks(Path(copy.name), detect(Path(copy.name))))
        except RefusedError as error:
            return "", str(error)
    return text.replace("\0", ""), ""


@may("metrics.costs")
@require_safe
def table(request: HttpRequest) -> HttpResponse:
    """Every cost as a CSV file that can be pasted back."""
    text = io.StringIO(newline="")
    rows = sorted(costs.entered().items())
    exports.write(text, HEADER, ([f"{month:%Y-%m}", way, amount] for (month, way), amount in rows))
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="acquisition-costs.csv"'
    return response
