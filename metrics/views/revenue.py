"""How monthly amounts moved: one period as a waterfall, the last ones side by side, and who stands behind each sum."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation, User
from accounts.roles import allows, may
from common import downloads
from common.templatetags.crm import money, number, percent
from customers.models import Customer
from metrics import charts, computing, goals, movements, remarks, revenue, rollups
from metrics.definitions import METRICS, chip
from metrics.periods import MONTHS, Period, after, named
from metrics.wording import CUTS, PERIODS, group_words, large_money, period_words, points

SHOWN = {"month": 13, "quarter": 9, "half": 5, "year": 5}
LINES = 5
HEADER = ["customer_id", "name", "owner", "mrr_before", "mrr_after", "amount"]
EVERYBODY = "all"
FILE_ROWS = 1_000_000

Row = dict[str, Any]


def words_of_moves() -> dict[str, str]:
    """What the movements are called on the screen."""
    return {
        "new": pgettext("revenue", "New"),
        "reactivated": pgettext("revenue", "Reactivated"),
        "expansion": pgettext("revenue", "Expansion"),
        "contraction": pgettext("revenue", "Contraction"),
        "churned": pgettext("revenue", "Churned"),
        "paused": pgettext("revenue", "Pausing at the end"),
    }


@dataclass(frozen=True)
class Asked:
    """What the address says; staff see their own part of the cut by owner."""

    period: str
    by: str
    at: str = ""
    group: str | None = None

    @classmethod
    def read(cls, request: HttpRequest) -> "Asked":
        period = request.GET.get("period", "month")
        by = request.GET.get("by", "")
        by = by if by in movements.BY else ""
        is_own = by == "owner" and not allows(request.user, "metrics.all_owners")
        own = str(request.user.pk) if is_own else None
        return cls(period if period in MONTHS else "month", by, request.GET.get("at", "")[:10], own)

    @property
    def file_query(self) -> str:
        return urlencode({"period": self.period, "by": self.by})

    def address(self, **changes: str) -> str:
        asked = {"period": self.period, "by": self.by or EVERYBODY, "at": self.at, **changes}
        return reverse("metrics:revenue") + "?" + urlencode({key: value for key, value in asked.items() if value})


@may("metrics.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everybody's periods, or the groups of one period."""
    asked, settings = Asked.read(request), Installation.get()
    known, as_of = revenue.periods(asked.period), rollups.filled_to()
    complete = revenue.complete(known)
    found = named(asked.at)
    chosen = found if found in known else next(iter(complete or known), None)
    context: Row = {
        "asked": asked,
        "as_of": as_of,
        "basis": settings.get_tax_display(),
        "periods": [(words, asked.address(period=key, at=""), key == asked.period) for key, words in PERIODS.items()],
        "cuts": [
            (CUTS[key], asked.address(by=key or EVERYBODY), key == asked.by, key == "owner")
            for key in computing.offered(["", *movements.BY])
        ],
        "choices": [(one.code, period_words(one, settings), one in complete) for one in known],
        "chosen": chosen,
        "is_complete": chosen in complete,
        "chosen_words": period_words(chosen, settings) if chosen else "",
        "moves": words_of_moves(),
        "definitions": {key: chip(key, settings=settings, as_of=as_of) for key in ("revenue", "nrr", "grr")},
    }
    if chosen and as_of:
        shown = known[: SHOWN[asked.period]][::-1]
        context |= _groups(asked, chosen, settings) if asked.by else _whole(shown, chosen, complete, settings)
        context |= _lines(asked, shown, complete, settings)
        if not asked.by:
            _set_beside(context, shown, settings)
    return render(request, "metrics/revenue.html", context)


def _set_beside(context: Row, shown: list[Period], settings: Installation) -> None:
    """Goals and remarks: on the charts of everybody, and below the two rates of a month."""
    read, chosen = goals.Goals.read(), context["chosen"]
    marks = remarks.marks("nrr", shown, settings=settings)
    for key in ("columns_chart", "rates_chart"):
        if context[key]:
            context[key] |= marks
    if context["rates_chart"]:
        context["rates_chart"] |= read.line("nrr", shown, of="NRR")
    for stat in context["stats"] if chosen.months == 1 and context["is_complete"] else ():
        if stat["key"] in ("nrr", "grr"):
            stat["goal"] = read.judge(stat["key"], context["row"][stat["key"]], chosen.first)


def _whole(shown: list[Period], chosen: Period, complete: list[Period], settings: Installation) -> Row:
    """Everybody's: the chosen period as a waterfall, and the last ones as columns and lines."""
    eve = Period(after(chosen.first, -chosen.months), chosen.months)
    by_period = {row["period"]: row for row in revenue.rows(list(dict.fromkeys([*shown, chosen, eve])))}
    rows = [_linked(by_period[one], settings) | {"is_open": one not in complete} for one in shown]
    row = _linked(by_period[chosen], settings)
    return {
        "row": row,
        "has_money": any(one["at_end"] or one["at_start"] for one in by_period.values()),
        "stats": _stats(row, by_period.get(eve)),
        "waterfall": _waterfall(row),
        "steps": [(words, row[name], row["urls"][name], name) for name, words in words_of_moves().items()],
        "rows": rows[::-1],
        "columns_chart": _columns(rows),
    }


def _linked(row: Row, settings: Installation, by: str = "") -> Row:
    """With words, the change of the whole, and addresses of the people behind each sum."""
    query = "?" + urlencode({"by": by, "group": row["value"] or ""}) if by else ""
    code = row["period"].code
    urls = {name: reverse("metrics:moved-revenue", args=[code, name]) + query for name in revenue.MOVES if row[name]}
    return row | {
        "words": period_words(row["period"], settings),
        "urls": {name: urls.get(name, "") for name in revenue.MOVES},
        "cells": [(row[name], urls.get(name, ""), name in movements.OUTFLOWS) for name in movements.MOVES],
        "change": row["at_end"] - row["at_start"],
    }


def _stats(row: Row, before: Row | None) -> list[Row]:
    value, unit = large_money(row["at_end"])
    change = row["at_end"] - row["at_start"]
    stats = [
        {"icon": "coin-yen", "label": pgettext("movements", "MRR at the end"), "value": value, "unit": unit}
        | {"note": _("%(change)s against the start") % {"change": signed(change)}, "key": "revenue"}
    ]
    for key, icon in (("nrr", "trending-up"), ("grr", "shield-check")):
        delta = points(row[key], before[key]) if before else ""
        look = "flat" if not delta or delta[0] == "±" else "good" if delta[0] == "+" else "bad"
        stats.append(
            {
                "icon": icon,
                "label": METRICS[key].name,
                "value": percent(row[key]),
                "key": key,
                "delta": delta,
                "look": look,
            }
        )
    label = pgettext("movements", "Customers at the start")
    stats.append(
        {"icon": "users", "label": label, "value": number(row["customers"]), "unit": _("people"), "key": "people"}
    )
    return stats


def signed(amount: Any) -> str:
    """+¥1,200, −¥300, ±¥0."""
    return f"{'+' if amount > 0 else '−' if amount < 0 else '±'}{money(abs(amount))}"


def _waterfall(row: Row) -> charts.Chart:
    words = words_of_moves()
    steps = {words[name]: float(row[name]) for name in movements.INFLOWS}
    steps |= {words[name]: -float(row[name]) for name in movements.OUTFLOWS}
    ends = (
        (pgettext("MRR", "At the start"), float(row["at_start"])),
        (pgettext("MRR", "At the end"), float(row["at_end"])),
    )
    return charts.waterfall("MRR", ends[0], steps, ends[1])


def _columns(rows: list[Row]) -> charts.Chart | None:
    """What came in above 0, what went out below it, over the periods."""
    if len(rows) < 2:
        return None
    words = words_of_moves()
    series: dict[str, list[float | None]] = {
        words[name]: [float(row[name]) for row in rows] for name in movements.INFLOWS
    }
    series |= {words[name]: [-float(row[name]) for row in rows] for name in movements.OUTFLOWS}
    names = [row["words"] for row in rows]
    running = [at for at, row in enumerate(rows) if row["is_open"]]
    chart = charts.stacked(names, series) | {"short": charts.short([row["period"] for row in rows])}
    return chart | ({"incomplete": running} if running else {})


def _groups(asked: Asked, chosen: Period, settings: Installation) -> Row:
    """The groups of one period, the most money at the start first."""
    found = revenue.rows([chosen], by=asked.by, group=asked.group)
    shown = sorted(found, key=lambda row: (-row["at_start"], -row["at_end"]))
    shown = [_linked(row, settings, asked.by) | {"words": group_words(asked.by, row["group"])} for row in shown]
    return {"groups": shown, "total": revenue.total(shown) if len(shown) > 1 else None, "has_money": bool(shown)}


def _lines(asked: Asked, shown: list[Period], complete: list[Period], settings: Installation) -> Row:
    """NRR and GRR over the periods; by a cut NRR of the largest groups."""
    rows = revenue.rows(shown, by=asked.by, group=asked.group)
    names = [period_words(one, settings) for one in shown]
    found = {(row["period"], row["value"]): row for row in rows}
    if not asked.by or asked.group is not None:
        value = asked.group
        series = {str(METRICS[key].name): [_of(found, one, value, key) for one in shown] for key in ("nrr", "grr")}
    else:
        largest = sorted((row for row in rows if row["period"] == shown[-1]), key=lambda row: -row["at_start"])[:LINES]
        series = {
            group_words(asked.by, row["group"]): [_of(found, one, row["value"], "nrr") for one in shown]
            for row in largest
        }
    if not any(value is not None for data in series.values() for value in data):
        return {"rates_chart": None}
    running = [at for at, one in enumerate(shown) if one not in complete]
    chart = charts.line(names, series) | {"short": charts.short(shown), "zero": False}
    return {"rates_chart": chart | ({"incomplete": running} if running else {})}


def _of(found: dict[Any, Row], period: Period, value: str | None, key: str) -> float | None:
    row = found.get((period, value))
    return row[key] if row else None


# --- who stands behind a sum ------------------------------------------------------------------------


@may("metrics.view")
@require_safe
def people(request: HttpRequest, code: str, move: str) -> HttpResponse:
    """The customers of one movement in one period, the largest amounts first: from what to what."""
    asked = _people(request, code, move)
    settings = Installation.get()
    context: Row = {
        "words": period_words(named(code) or Period(asked.as_of, 1), settings),
        "code": code,
        "move": move,
        "move_words": words_of_moves()[move],
        "as_of": rollups.filled_to(),
        "basis": settings.get_tax_display(),
        "cut": CUTS[asked.by] if asked.by else "",
        "group": group_words(asked.by, _group_name(asked.by, asked.group)) if asked.by else "",
        "query": request.GET.urlencode(),
        "back_url": Asked(_unit(asked.period), asked.by, asked.period.code).address(),
        "may_export": allows(request.user, "customers.export"),
    }
    found, after = asked.page(after=request.GET.get("after", "")[:40])
    who = Customer.objects.select_related("owner").in_bulk([row["customer_id"] for row in found])
    kept = {key: value for key, value in (("by", asked.by), ("group", asked.group)) if asked.by}
    context |= {
        "rows": [row | {"customer": who[row["customer_id"]]} for row in found if row["customer_id"] in who],
        "total": asked.count(),
        "next_url": "?" + urlencode({**kept, "after": after}) if after else "",
        "prev_url": "?" + urlencode(kept) if request.GET.get("after") else "",
    }
    return render(request, "metrics/revenue_people.html", context)


@may("customers.export")
@require_POST
def export(request: HttpRequest, code: str, move: str) -> HttpResponseBase:
    """The same as a file; who took it along is recorded."""
    asked = _people(request, code, move)
    found, _after = asked.page(most=FILE_ROWS)
    audit.record("revenue_people.export", by=request.user, period=code, move=move, count=len(found))  # type: ignore[arg-type]  # signed in
    who = Customer.objects.select_related("owner").in_bulk([row["customer_id"] for row in found])
    rows = [
        [one.code, one.name, one.owner.name if one.owner else "", row["was"], row["became"], row["amount"]]
        for row in found
        if (one := who.get(row["customer_id"]))
    ]
    back = reverse("metrics:moved-revenue", args=[code, move])
    return downloads.answer(request, name=f"revenue-{code}-{move}", header=HEADER, rows=lambda: rows, back=back)


def _people(request: HttpRequest, code: str, move: str) -> revenue.People:
    period, by = named(code), request.GET.get("by", "")
    if period is None or move not in revenue.MOVES or (by and by not in movements.BY):
        raise Http404
    group = request.GET.get("group", "")[:200].replace("\0", "") if by else ""
    if by == "owner" and group != str(request.user.pk) and not allows(request.user, "metrics.all_owners"):
        raise PermissionDenied
    as_of = rollups.filled_to()
    if as_of is None or period.first > as_of:
        raise Http404
    return revenue.People(period, move, as_of, by, group)


def _unit(period: Period) -> str:
    return next(key for key, months in MONTHS.items() if months == period.months)


def _group_name(by: str, group: str) -> str | None:
    if by == "owner" and group.isascii() and group.isdigit():
        return User.objects.filter(pk=group).values_list("name", flat=True).first()
    return group
