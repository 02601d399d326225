"""Who began in a period, and how many of them are there so many periods later: a triangle, and its mean as a curve."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from common.templatetags.crm import money, number, share
from metrics import charts, cohorts, reading, rollups
from metrics.definitions import chip
from metrics.models import CohortRollup
from metrics.periods import MONTHS, named
from metrics.wording import PERIODS, period_words

COHORTS = 25  # the newest; those before are in the file
YEAR = {"month": 12, "quarter": 4}
SHOWS = ("percent", "counts", "revenue", "mean", "share")
MONEY = SHOWS[2:]
MODES = ("in", "after")

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What the address says: what makes a cohort, month or quarter, what is shown, and when somebody counts."""

    kind: str = ""
    period: str = "month"
    show: str = "percent"
    mode: str = "in"

    @classmethod
    def read(cls, request: HttpRequest) -> "Asked":
        def one(name: str, of: tuple[str, ...]) -> str:
            value = request.GET.get(name, "")
            return value if value in of else of[0]

        found = cls(one("kind", cohorts.KINDS), one("period", cohorts.PERIODS), one("show", SHOWS), one("mode", MODES))
        return cls(found.kind, found.period, "percent", found.mode) if found.is_odd else found

    @property
    def is_odd(self) -> bool:
        """Money of logins, which there is not."""
        return self.kind == "login" and self.show in MONEY

    @property
    def is_money(self) -> bool:
        return self.show in MONEY

    @property
    def query(self) -> str:
        values = {"kind": self.kind, "period": self.period, "show": self.show, "mode": self.mode}
        return urlencode({key: value for key, value in values.items() if value})

    def address(self, **changes: str) -> str:
        values = {"kind": self.kind, "period": self.period, "show": self.show, "mode": self.mode, **changes}
        return reverse("metrics:cohorts") + "?" + urlencode({key: value for key, value in values.items() if value})


@may("metrics.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The triangle of the newest cohorts; `?kind= period= show= mode=`."""
    settings, asked = Installation.get(), Asked.read(request)
    rows = reading.cohorts(today=settings.day_of(timezone.now()), kind=asked.kind, period=asked.period)
    every = [_line(code, list(cells), asked, settings) for code, cells in groupby(rows, key=lambda row: row["cohort"])]
    shown = every[-COHORTS:]
    wide = min(COHORTS, max((len(line["cells"]) for line in shown), default=0))
    _heat(shown, asked)
    as_of = rollups.filled_to()
    context = {
        "asked": asked,
        "as_of": as_of,
        "lines": shown,
        "ages": range(wide),
        "means": [_written(_mean(shown, age, asked), asked) for age in range(wide)],
        "hidden": len(every) - len(shown),
        "steps": range(10),
        "chart": _curve(every, asked),
        "basis": settings.get_tax_display() if asked.is_money else "",
        "definition": chip("cohorts", settings=settings, as_of=as_of),
        "words": words(asked, settings),
        **_choices(asked, settings),
    }
    return render(request, "metrics/cohorts.html", context)


def words(asked: Asked, settings: Installation) -> dict[str, str]:
    """What makes a cohort of this kind, when somebody counts as there, and what the money is."""
    made_of = cohorts.parts(asked.kind, settings)
    key = made_of[0] if len(made_of) == 1 else "either"
    began = {
        "purchase": pgettext("cohort", "first purchase"),
        "login": _("first login"),
        "contract": _("first paid contract"),
        "either": _("first purchase or paid contract"),
    }
    there = {
        "purchase": _("bought in the period"),
        "login": _("logged in in the period"),
        "contract": _("under contract at the end of the period"),
        "either": _("bought in the period, or under contract at its end"),
    }
    brought = _("monthly amounts (MRR) at the end of the period") if key == "contract" else _("purchases less refunds")
    suffix = _(", in it or in any later one") if asked.mode == "after" and not asked.is_money else ""
    return {"began": began[key], "there": there[key] + suffix, "brought": brought}


def _choices(asked: Asked, settings: Installation) -> Row:
    months = MONTHS[asked.period]
    kept = set(CohortRollup.objects.filter(months=months).values_list("kind", flat=True).distinct())
    kinds = {"purchase": pgettext("cohorts", "By purchases"), "login": _("By logins"), "contract": _("By contracts")}
    is_both = len(cohorts.parts("", settings)) > 1
    offered = [("", _("By purchases or contracts"))] if is_both else []
    offered += [(kind, name) for kind, name in kinds.items() if cohorts.stored(kind, settings) in kept]
    here = asked.kind if asked.kind or is_both else cohorts.parts("", settings)[0]
    shows = {
        "percent": _("Percent"),
        "counts": pgettext("cohorts", "Customers"),
        "revenue": _("Revenue"),
        "mean": _("Revenue per customer"),
        "share": _("Revenue against the first period (%)"),
    }
    modes = {"in": _("There in the period"), "after": _("There in it or later")}
    return {
        "kinds": [(name, asked.address(kind=kind), kind == here) for kind, name in offered],
        "periods": [(PERIODS[key], asked.address(period=key), key == asked.period) for key in cohorts.PERIODS],
        "shows": [
            (name, asked.address(show=key), key == asked.show)
            for key, name in shows.items()
            if not (here == "login" and key in MONEY)
        ],
        "modes": [(name, asked.address(mode=key), key == asked.mode) for key, name in modes.items()],
    }


def _line(code: str, cells: list[Row], asked: Asked, settings: Installation) -> Row:
    period = named(code)
    assert period is not None  # the codes are our own
    first = cells[0]["revenue"]
    people, query = reverse("metrics:cohort-people", args=[code, 0]).removesuffix("0/"), asked.query
    open_words = " · " + _("not over yet")
    for cell in cells:
        count = cell["retained"] if asked.mode == "in" else cell["retained_after"]
        cell |= {"count": count, "first": first, "value": _value(cell, count, first, asked.show)}
        cell["shown"] = _written(cell["value"], asked)
        cell["title"] = f"{number(count)} / {number(cell['size'])}" + ("" if cell["complete"] else open_words)
        cell["url"] = f"{people}{cell['month']}/?{query}"
    return {"words": period_words(period, settings), "code": code, "size": cells[0]["size"], "cells": cells}


def _value(cell: Row, count: int | None, first: Decimal | None, show: str) -> float | None:
    if show == "percent":
        return count / cell["size"] if count is not None else None
    if show == "counts":
        return count
    if cell["revenue"] is None:
        return None
    amounts = {"revenue": float(cell["revenue"]), "mean": float(cell["revenue"]) / cell["size"]}
    return amounts[show] if show in amounts else float(cell["revenue"] / first) if first and first > 0 else None


def _written(value: float | None, asked: Asked) -> str:
    if value is None:
        return "–"
    written = {"percent": share, "share": share, "counts": number}.get(asked.show, money)
    return written(round(value) if asked.show == "counts" else value)


def _heat(lines: list[Row], asked: Asked) -> None:
    """How dark a cell is: its share of the cohort, of money its share of the largest one after the first period."""
    values = [cell["value"] or 0 for line in lines for cell in line["cells"] if cell["month"]]
    most = max([value for value in values if value > 0], default=1)
    for line in lines:
        for cell in line["cells"]:
            part = (cell["count"] or 0) / line["size"] if not asked.is_money else (cell["value"] or 0) / most
            cell["heat"] = charts.heat(part)


def _mean(lines: list[Row], age: int, asked: Asked) -> float | None:
    """Weighted: Σ there ÷ Σ size (money: per customer, or of the first period) over the cohorts whose period is over;
    of counts and sums the mean of a cohort."""
    cells = [line["cells"][age] for line in lines if len(line["cells"]) > age]
    over = [cell for cell in cells if cell["complete"] and cell["value"] is not None]
    if not over:
        return None
    if asked.show in ("counts", "revenue"):
        return sum(cell["value"] for cell in over) / len(over)
    tops = {"percent": "count", "mean": "revenue", "share": "revenue"}
    below = sum(cell["first"] if asked.show == "share" else cell["size"] for cell in over)
    return float(sum(cell[tops[asked.show]] for cell in over) / below) if below else None


def _curve(lines: list[Row], asked: Asked) -> charts.Chart | None:
    """The mean of the cohorts of the last year by age, those of the year before beside; from the first period after."""
    if asked.show not in ("percent", "share", "mean"):
        return None
    year = YEAR[asked.period]
    last, before = lines[-year:], lines[-2 * year : -year]
    ages = range(1, min(COHORTS, max((len(line["cells"]) for line in last), default=0)))
    factor = 1 if asked.show == "mean" else 100

    def data(of: list[Row]) -> list[float | None]:
        found = [_mean(of, age, asked) for age in ages]
        return [None if value is None else round(factor * value, 1) for value in found]

    main = data(last)
    if sum(value is not None for value in main) < 2:
        return None
    chart = charts.line(
        [f"+{age}" for age in ages], {_("Cohorts of the last year"): main}, unit="¥" if factor == 1 else "%"
    )
    return chart | {"digits": 0 if factor == 1 else 1} | charts.before(_("Those of the year before"), data(before))
