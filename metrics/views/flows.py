"""Movement between RFM segments from one day to another, and the customers who moved."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may
from common import downloads
from common.templatetags.crm import money, number
from customers.models import Customer
from metrics import charts, flows, ribbons, tasks
from metrics.definitions import chip, money_basis
from metrics.models import RfmFlow
from scores.models import RfmSegment

LINE = 17.0  # between two words of the picture
MEASURES = ("customers", "ltv", "brought")
COLUMNS = ["was", "became", "customers", "own", "ltv", "brought"]
MATRIX = ["rfm_from", "rfm_to", "customers", "own_purchase", "ltv_historic", "sales_between"]
HEADER = ["customer_id", "name", "rfm_from", "rfm_to", "ltv_historic", "own_purchase"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Two days as asked for (either may be the earlier one) and what is counted."""

    start: dt.date
    end: dt.date
    by: str = "customers"

    @property
    def is_backwards(self) -> bool:
        return self.start > self.end

    @property
    def pair(self) -> tuple[dt.date, dt.date]:
        return min(self.start, self.end), max(self.start, self.end)

    @property
    def query(self) -> str:
        return urlencode({"from": self.start, "to": self.end})

    def address(self, name: str = "metrics:flow", **changes: str) -> str:
        values = {"from": self.start.isoformat(), "to": self.end.isoformat(), "by": self.by, **changes}
        return reverse(name) + "?" + urlencode(values)


@may("metrics.view")
@require_safe
def flow(request: HttpRequest) -> HttpResponse:
    """RFM segments of one day against those of another: a heat map, the picture of it, and how it adds up."""
    known, settings = flows.days(), Installation.get()
    asked = _asked(request, known)
    context: Row = {"known": known, "asked": asked, "basis": money_basis(settings), "as_of": max(known, default=None)}
    if asked is None:
        return render(request, "metrics/flow.html", context)
    kept = flows.read(*asked.pair)
    context |= {"kept": kept, "presets": _presets(asked, known), "measures": _measures(asked)}
    if kept and kept.state == RfmFlow.State.DONE:
        context |= _shown(kept, asked, settings)
    if request.headers.get("HX-Target") == "flow":
        return render(request, "metrics/_flow.html", context)
    return render(request, "metrics/flow.html", context)


def _asked(request: HttpRequest, known: list[dt.date]) -> Asked | None:
    """The days of the address; else the last two there are. None where there are not two."""
    start, end = _day(request.GET.get("from")), _day(request.GET.get("to"))
    by = request.GET.get("by", "")
    if start is None or end is None or start == end:
        if len(known) < 2:
            return None
        end, start = known[0], _month_end_before(known)
    return Asked(start, end, by if by in MEASURES else MEASURES[0])


def _month_end_before(known: list[dt.date]) -> dt.date:
    """The newest day before this month's, or the one before the newest."""
    return next((day for day in known[1:] if (day.year, day.month) != (known[0].year, known[0].month)), known[1])


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def _presets(asked: Asked, known: list[dt.date]) -> list[Row]:
    """The newest day against the stored one about 1, 3, 6 and 12 months before."""
    found = []
    for months, words in ((1, _("1 month")), (3, _("3 months")), (6, _("6 months")), (12, _("12 months"))):
        wanted = known[0] - dt.timedelta(days=round(30.44 * months) - 15) if known else None
        start = next((day for day in known[1:] if wanted and day <= wanted), None)
        if start:
            one = Asked(start, known[0], asked.by)
            found.append({"words": words, "url": one.address(), "is_here": one == asked})
    return found


def _measures(asked: Asked) -> list[Row]:
    words = {"customers": _("Customers"), "ltv": _("Historic LTV"), "brought": _("Sales in between")}
    return [{"words": words[by], "url": asked.address(by=by), "is_here": by == asked.by} for by in MEASURES]


def _shown(kept: RfmFlow, asked: Asked, settings: Installation) -> Row:
    turned = [_turned(row) if asked.is_backwards else row for row in flows.rows(kept)]
    used = [code for code in flows.ORDER if any(code in (row["was"], row["became"]) for row in turned)]
    cells = {(row["was"], row["became"]): row for row in turned}
    picture = ribbons.picture({pair: float(row[asked.by]) for pair, row in cells.items()}, used)
    return {
        "is_money": asked.by != "customers",
        "columns": [_segment(code) for code in used],
        "lines": [_line(code, used, cells, asked) for code in used],
        "totals": [{"value": _sum(cells, asked.by, became=code), "url": _link(asked, "", code)} for code in used],
        "picture": picture,
        "left_words": _beside(picture.left, asked.by),
        "right_words": _beside(picture.right, asked.by),
        "balance": _balance(turned, asked),
        "definition": chip("rfm_flow", settings=settings, as_of=asked.pair[1]),
    }


def _beside(blocks: list[ribbons.Block], by: str) -> list[Row]:
    """The words beside the blocks of a day, never on top of each other."""
    found, lowest = [], 0.0
    for block in blocks:
        y = max(block.middle + 4, lowest)
        lowest = y + LINE
        value = number(round(block.value)) if by == "customers" else money(block.value)
        found.append({"label": segment_words(block.code), "value": value, "y": round(y, 1)})
    return found


def _turned(row: Row) -> Row:
    return {**row, "was": row["became"], "became": row["was"]}


def segment_words(code: str) -> str | Promise:
    """The segment's name; "not scored" for none."""
    return RfmSegment(code).label if code else pgettext("RFM", "Not scored")


def _segment(code: str) -> Row:
    return {"code": code, "label": segment_words(code)}


def _line(was: str, used: list[str], cells: dict[tuple[str, str], Row], asked: Asked) -> Row:
    """One row of the matrix; the heat of a cell is its share of the row, so small segments speak too."""
    total = _sum(cells, asked.by, was=was)
    found = []
    for became in used:
        row = cells.get((was, became))
        value = row[asked.by] if row else 0
        share = float(value) / float(total) if total else 0.0
        own = row["own"] / row["customers"] if row else None
        found.append(
            {"value": value, "customers": row["customers"] if row else 0, "share": share, "own": own}
            | {"heat": charts.heat(share), "is_same": was == became, "became": segment_words(became)}
            | {"url": _link(asked, was, became)}
        )
    return {**_segment(was), "cells": found, "total": total, "url": _link(asked, was, "any")}


def _sum(cells: dict[tuple[str, str], Row], by: str, *, was: str | None = None, became: str | None = None) -> Any:
    return sum(row[by] for pair, row in cells.items() if was in (None, pair[0]) and became in (None, pair[1]))


def _link(asked: Asked, was: str, became: str) -> str:
    """The customers behind a cell; "-" is "not scored", "any" is whoever."""
    return asked.address("metrics:moved", was=was or "-", became=became or "-")


def _balance(rows: list[Row], asked: Asked) -> Row:
    """How the two days add up: at the start + newly scored − no longer scored = at the end; and who moved."""

    def count(wanted: Any) -> int:
        return sum(row["customers"] for row in rows if wanted(row))

    moves = [row for row in rows if row["was"] and row["became"] and row["was"] != row["became"]]
    customers = sum(row["customers"] for row in moves)
    own = sum(row["own"] for row in moves)
    return {
        "start": count(lambda row: row["was"]),
        "came": count(lambda row: not row["was"]),
        "gone": count(lambda row: not row["became"]),
        "end": count(lambda row: row["became"]),
        "stayed": count(lambda row: row["was"] == row["became"]),
        "moved": customers,
        "own": own,
        "by_time": customers - own,
        "came_url": asked.address("metrics:moved", was="-", became="any"),
        "gone_url": asked.address("metrics:moved", was="any", became="-"),
    }


@may("metrics.view")
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Puts two days on the queue of a worker; the page shows how far it is."""
    start, end = _day(request.POST.get("from")), _day(request.POST.get("to"))
    now = timezone.now()
    if start is None or end is None or start == end or max(start, end) > Installation.get().day_of(now):
        messages.error(request, _("Choose two different days, none of them in the future."))
        return redirect("metrics:flow")
    asked = Asked(start, end)
    flows.ask(from_on=asked.pair[0], to_on=asked.pair[1], now=now)
    tasks.wake()
    return redirect(asked.address())


# --- who moved -------------------------------------------------------------------------------------


@may("metrics.view")
@require_safe
def moved(request: HttpRequest) -> HttpResponse:
    """The customers of a cell, row or column of the matrix, the most LTV first."""
    asked, kept, was, became = _behind(request)
    earlier, later = (became, was) if asked.is_backwards else (was, became)
    found = flows.moved(kept, was=earlier, became=later, after=_cursor(request), most=flows.PER_PAGE + 1)
    rows, has_more = found[: flows.PER_PAGE], len(found) > flows.PER_PAGE
    people = Customer.objects.select_related("owner").in_bulk([row["customer_id"] for row in rows])
    words = {"was": request.GET.get("was", ""), "became": request.GET.get("became", "")}
    last = rows[-1] if rows else None
    context = {
        "asked": asked,
        "was": was,
        "became": became,
        "was_words": None if was is None else segment_words(was),
        "became_words": None if became is None else segment_words(became),
        "rows": [_person(people[row["customer_id"]], row, asked) for row in rows],
        "count": sum(row["customers"] for row in kept.rows if _fits(row, earlier, later)),
        "next_url": asked.address("metrics:moved", **words, after=f"{last['ltv']},{last['customer_id']}")
        if last and has_more
        else "",
        "prev_url": asked.address("metrics:moved", **words) if _cursor(request) else "",
        "query": urlencode({"from": asked.start, "to": asked.end, **words}),
        "may_export": allows(request.user, "customers.export"),
        "basis": money_basis(Installation.get()),
    }
    return render(request, "metrics/flow_customers.html", context)


def _behind(request: HttpRequest) -> tuple[Asked, RfmFlow, str | None, str | None]:
    """What the address asks for. Raises Http404 where the two days have not been computed."""
    values = request.GET
    start, end = _day(values.get("from")), _day(values.get("to"))
    if start is None or end is None or start == end:
        raise Http404
    asked = Asked(start, end)
    kept = flows.read(*asked.pair)
    if kept is None or kept.state != RfmFlow.State.DONE:
        raise Http404
    return asked, kept, _code(values.get("was", "any")), _code(values.get("became", "any"))


def _code(text: str) -> str | None:
    if text == "-":
        return flows.NOT_SCORED
    return text if text in RfmSegment.values else None


def _cursor(request: HttpRequest) -> tuple[Decimal, int] | None:
    ltv, _comma, customer = request.GET.get("after", "").partition(",")
    try:
        found = Decimal(ltv), int(customer)
    except (ArithmeticError, ValueError):
        return None
    return found if found[0].is_finite() and abs(found[1]) < 2**63 else None


def _fits(row: Row, was: str | None, became: str | None) -> bool:
    return was in (None, row["was"]) and became in (None, row["became"])


def _person(customer: Customer, row: Row, asked: Asked) -> Row:
    turned = _turned(row) if asked.is_backwards else row
    return {**turned, "customer": customer, "was_words": segment_words(turned["was"])} | {
        "became_words": segment_words(turned["became"])
    }


@may("customers.export")
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The same customers as a file; who took it along is recorded."""
    asked, kept, was, became = _behind(request)
    earlier, later = (became, was) if asked.is_backwards else (was, became)
    rows = flows.moved(kept, was=earlier, became=later, most=flows.ALL_ROWS)
    people = {pk: (code, name) for pk, code, name in _named(rows)}
    lines = [_exported(people[row["customer_id"]], row, asked) for row in rows]
    detail = {"from": str(asked.start), "to": str(asked.end), "was": was, "became": became}
    audit.record("rfm_flow.export", by=request.user, count=len(rows), **detail)  # type: ignore[arg-type]  # signed in
    name = f"rfm-{asked.start}-{asked.end}"
    return downloads.answer(request, name=name, header=HEADER, rows=lambda: lines, back=asked.address())


def _named(rows: list[Row]) -> Any:
    ids = [row["customer_id"] for row in rows]
    return Customer.objects.filter(pk__in=ids).values_list("pk", "code", "name")


def _exported(who: tuple[str, str], row: Row, asked: Asked) -> list[Any]:
    turned = _turned(row) if asked.is_backwards else row
    return [*who, turned["was"], turned["became"], row["ltv"], row["is_own"]]


@may("metrics.view")
@require_POST
def table(request: HttpRequest) -> HttpResponseBase:
    """The matrix as a file: one line a pair of segments."""
    asked, kept, _was, _became = _behind(request)
    turned = [_turned(row) if asked.is_backwards else row for row in flows.rows(kept)]
    lines = [[row[name] for name in COLUMNS] for row in turned]
    name = f"rfm-matrix-{asked.start}-{asked.end}"
    return downloads.answer(request, name=name, header=MATRIX, rows=lambda: lines, back=asked.address())
