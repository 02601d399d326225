"""Who buys again: second and third purchase, repeat buyers, early leaving; by month or by way of winning customers."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from metrics import charts, keeping
from metrics.definitions import chip
from metrics.periods import Period
from metrics.repeating import WINDOWS, share
from metrics.wording import CUTS, group_words, period_words
from metrics.worth import REST

SHOWN = 18  # months; the others are in the file
STEPS = (2, 3)
CHIPS = ("f2", "f3", "repeat_rate", "early_leaving")

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def repeat(request: HttpRequest) -> HttpResponse:
    """`?by=via` by way, `?step=3` from the second to the third purchase."""
    settings = Installation.get()
    by = "via" if request.GET.get("by") == "via" else ""
    step = 3 if request.GET.get("step") == "3" else 2
    kept = keeping.read(("repeat", by), ("repeat", "all"))
    found, whole = kept["repeat", by], kept["repeat", "all"].rows
    as_of = found.as_of
    context: Row = {
        "as_of": as_of,
        "by": by,
        "step": step,
        "windows": WINDOWS,
        "steps": [(n, _address(by, n), n == step) for n in STEPS],
        "cuts": [(_("By month"), _address("", step), not by), (CUTS["via"], _address("via", step), bool(by))],
        "chips": {key: chip(key, settings=settings, as_of=as_of) for key in CHIPS},
        "step_chip": chip(f"f{step}", settings=settings, as_of=as_of),
    }
    if as_of and whole:
        lines = [_line(row, by, step, settings) for row in found.rows]
        shown = lines if by else lines[-SHOWN:][::-1]
        context |= {
            "lines": shown,
            "hidden": len(lines) - len(shown),
            "chart": _chart(lines, by, step),
            "total": _line(whole[0], "all", step, settings),
            "stats": _stats(whole[0]),
        }
    return render(request, "metrics/repeat.html", context)


def _address(by: str, step: int) -> str:
    return reverse("metrics:repeat") + "?" + urlencode({"by": by, "step": step})


def _line(row: Row, by: str, step: int, settings: Installation) -> Row:
    """A month, a way or everybody: a cell a window, repeat buyers, early leaving, each with its people."""
    group = {"month": row["group"][:7]} if not by else {"via": row["group"]} if by == "via" else {}
    can_open = row["group"] != REST
    found = row[f"f{step}"]
    early = row["early"] or {"customers": 0, "base": 0, "gone": 0, "so_far": 0}
    is_early_over = early["base"] > 0
    return {
        "words": _words(row, by, settings),
        "first": None if by else dt.date.fromisoformat(row["group"]),
        "customers": found["customers"] if found else 0,
        "cells": [_cell(found, n, step, group, is_month=not by, can_open=can_open) for n in WINDOWS],
        "days": found["days"] if found else None,
        "buyers": row["buyers"],
        "before": row["before"],
        "repeat_rate": share(row["before"], row["buyers"]),
        "early": share(early["gone"], early["base"]),
        "early_so_far": share(early["so_far"], early["customers"])
        if early["so_far"] and not by and not is_early_over
        else None,
        "early_url": _people("early", 2, 90, group)
        if can_open and (early["so_far"] if not by else early["gone"])
        else "",
    }


def _words(row: Row, by: str, settings: Installation) -> str:
    if by == "all":
        return _("All together")
    if by == "via":
        return _("Others") if row["group"] == REST else group_words("via", row["group"])
    return period_words(Period(dt.date.fromisoformat(row["group"]), 1), settings)


def _cell(found: Row | None, days: int, step: int, group: Row, *, is_month: bool, can_open: bool) -> Row:
    """The rate of a window; where its days are not over, what it is so far (a month's only)."""
    base, done, so_far = found["windows"][str(days)] if found else (0, 0, 0)
    rate = share(done, base)
    people = found["customers"] if found else 0
    return {
        "days": days,
        "rate": rate,
        "heat": charts.heat(min(1.0, (rate or 0) / 60)),
        "so_far": share(so_far, people) if rate is None and is_month else None,
        "done": so_far if is_month else done,
        "rest": (people - so_far) if is_month else (base - done),
        "url": _people("again", step, days, group) if can_open else "",
        "not_url": _people("not_again", step, days, group) if can_open else "",
    }


def _people(kind: str, step: int, days: int, group: Row) -> str:
    asked = {"kind": kind, "step": step, "days": days, **group}
    return reverse("metrics:repeat-people") + "?" + urlencode(asked)


def _stats(whole: Row) -> Row:
    """The figures on top: of all months whose days are over, and the hint when to write."""
    second, third = whole["f2"], whole["f3"]
    rates = {}
    for name, step in (("f2", second), ("f3", third)):
        base, done, _so_far = step["windows"]["90"] if step else (0, 0, 0)
        rates[name] = share(done, base)
    early = whole["early"] or {"base": 0, "gone": 0}
    return {
        **rates,
        "repeat_rate": share(whole["before"], whole["buyers"]),
        "several": share(second["several_orders"], second["customers"]) if second else None,
        "early": share(early["gone"], early["base"]),
        "days": second["days"] if second else None,
        "days_quarter": second["days_quarter"] if second else None,
    }


def _chart(lines: list[Row], by: str, step: int) -> charts.Chart | None:
    """Lines over the months that are over; of ways, bars of the rate within 90 days."""
    if by:
        shown = [line for line in lines if line["cells"][2]["rate"] is not None][:12]
        name = _("within %(days)s days") % {"days": 90}
        series = {name: [line["cells"][2]["rate"] for line in shown]}
        return charts.bars([line["words"] for line in shown], series, unit="%") | {"digits": 1} if shown else None
    recent = [line for line in lines if line["customers"]][-SHOWN:]
    series = {
        _("within %(days)s days") % {"days": n}: [line["cells"][at]["rate"] for line in recent]
        for at, n in enumerate(WINDOWS)
    }
    if len(recent) < 2 or not any(value is not None for data in series.values() for value in data):
        return None
    periods = [Period(line["first"], 1) for line in recent]
    return charts.line([line["words"] for line in recent], series) | {"short": charts.short(periods)}
