"""LTV by month of begin or by way of winning customers, beside what winning them cost."""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import allows, may
from metrics import charts, costs, keeping
from metrics import payback as paying
from metrics.definitions import chip, money_basis
from metrics.payback import AFTER, Curve
from metrics.periods import month_of
from metrics.wording import CUTS, group_words, period_words

from .ltv import people_address

LINES, LONGEST, COHORTS = 4, 24, 24

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def payback(request: HttpRequest) -> HttpResponse:
    """`?by=via` by way (`&from=` only those who began since), else by month of begin (`&via=` of one way)."""
    settings = Installation.get()
    by = "via" if request.GET.get("by") == "via" else ""
    via = request.GET.get("via") if not by else None
    kept = keeping.read(("ltv-cohorts", "via" if by or via is not None else ""))
    ((_key, found),) = kept.items()
    rows = [row for row in found.rows if via is None or row["via"] == via]
    context: Row = {
        "as_of": found.as_of,
        "basis": money_basis(settings),
        "by": by,
        "via": via,
        "via_words": group_words("via", via) if via is not None else "",
        "choices": [("", _("By first month")), ("via", CUTS["via"])],
        "after": AFTER,
        "may_enter": allows(request.user, "metrics.costs"),
        "payback_chip": chip("payback", settings=settings, as_of=found.as_of),
        "ratio_chip": chip("ltv_to_cac", settings=settings, as_of=found.as_of),
    }
    if found.as_of and rows:
        context |= _figures(rows, by, via, found.as_of, settings)
    return render(request, "metrics/payback.html", context)


def _figures(rows: list[Row], by: str, via: str | None, as_of: dt.date, settings: Installation) -> Row:
    entered = costs.entered()
    today = settings.day_of(timezone.now())
    curves = paying.curves(rows, entered, by=by, as_of=as_of, today=today)
    lines = [_line(group, curve, by, via, settings) for group, curve in curves.items()]
    shown = lines if by else lines[-COHORTS:][::-1]
    whole = Curve([part for curve in curves.values() for part in curve.parts])
    return {
        "lines": shown,
        "hidden": len(lines) - len(shown),
        "whole": whole,
        "whole_after": [whole.after(months) for months in AFTER],
        "chart": _chart(lines, by),
        "has_costs": bool(entered),
        "untold": sum((amount for (_month, way), amount in entered.items() if not way), Decimal(0)),
    }


def _line(group: str, curve: Curve, by: str, via: str | None, settings: Installation) -> Row:
    """A row of the table: amounts after so many months, each marked while it is not over."""
    cells = []
    for months in AFTER:
        amount = curve.after(months)
        so_far = None if amount is not None or by else curve.so_far(months)
        is_paid = curve.cac is not None and amount is not None and amount >= curve.cac
        cells.append({"amount": amount, "so_far": so_far, "is_paid": is_paid})
    if by:
        url, words = people_address("via", group), _("Others") if group == paying.REST else group_words("via", group)
        months_url = reverse("metrics:payback") + "?" + urlencode({"via": group})
    else:
        second = {"second": "via", "other": via} if via is not None else {}
        url, words, months_url = people_address("cohort", group, **second), period_words(month_of(group), settings), ""
    return {"group": group, "words": words, "url": url, "months_url": months_url, "curve": curve, "cells": cells}


def _chart(lines: list[Row], by: str) -> charts.Chart | None:
    """What a customer brought month by month: the last cohorts, or the largest ways; months that are over."""
    ready = [line for line in lines if line["curve"].after(2) is not None]
    chosen = ready[:LINES] if by else ready[-LINES:][::-1]
    if not chosen:
        return None
    longest = max(n for line in chosen for n in range(1, LONGEST + 1) if line["curve"].after(n) is not None)
    names = [_("after %(months)s mo.") % {"months": n} for n in range(1, longest + 1)]
    series = {line["words"]: [_float(line["curve"].after(n)) for n in range(1, longest + 1)] for line in chosen}
    return charts.line(names, series, unit="¥") | {"digits": 0, "short": [str(n) for n in range(1, longest + 1)]}


def _float(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value))
