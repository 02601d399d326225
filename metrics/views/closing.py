"""Closing a month (締め): the list of months, one month then and now, closing and reopening."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from common import downloads
from metrics import closing as closings
from metrics import computing, differing, reading, rollups
from metrics.definitions import METRICS, chip
from metrics.forms import ReopenForm
from metrics.models import ChurnRollup, Closing
from metrics.periods import Period, named
from metrics.wording import CUTS, large_money, period_words

SHOWN = 24
FIGURES = ("at_start", "lost", "rate")
HEADER = [
    "month",
    "closed_at",
    "closed_by",
    *(f"closed_{name}" for name in FIGURES),
    *(f"now_{name}" for name in FIGURES),
]
PEOPLE = ["customer_id", "name", "owner", "lost_as_closed", "lost_now", "file"]
STATES = ("", "closed", "open", "different")
Row = dict[str, Any]


@may("metrics.close")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The complete months, newest first: closed or not, the closed figure beside the present one."""
    settings, now = Installation.get(), timezone.now()
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    rows = _months(settings, now)
    shown = [row for row in rows if not state or state in row["states"]]
    before = request.GET.get("before", "")
    page = [row for row in shown if not before or row["code"] < before]
    following = page[SHOWN:]
    proposal = closings.proposal(now=now)
    context = {
        "rows": page[:SHOWN],
        "count": len(shown),
        "next": page[SHOWN - 1]["code"] if following else "",
        "state": state,
        "before": before,
        "states": [
            ("", _("All months")),
            ("closed", _("Closed months")),
            ("open", _("Not closed")),
            ("different", _("Changed since closing")),
        ],
        "name": METRICS["churn"].name_under(settings.churn_policy),
        "proposal": proposal,
        "proposal_words": period_words(proposal, settings) if proposal else "",
        "as_of": rollups.filled_to(),
        "definition": chip("churn", settings=settings, as_of=rollups.filled_to()),
    }
    return render(request, "metrics/closing.html", context)


@may("metrics.close")
@require_POST
def index_file(request: HttpRequest) -> HttpResponseBase:
    """Every complete month with its closed and its present figures."""
    rows = _months(Installation.get(), timezone.now())
    lines = [[row["code"], *_closed_cells(row), *(row["now"][name] for name in FIGURES)] for row in rows]
    back = reverse("metrics:closing")
    return downloads.answer(request, name="closings", header=HEADER, rows=lambda: lines, back=back)


def _closed_cells(row: Row) -> list[Any]:
    if not row["closed"]:
        return [""] * 5
    when = timezone.localtime(row["closed"]["closed_at"])
    return [f"{when:%Y-%m-%d %H:%M}", row["closed"]["name"], *(row["was"][name] for name in FIGURES)]


@may("metrics.close")
@require_POST
def people_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Everybody who makes a difference in a closed month: code, name, owner, counted then and now, and the file."""
    closing = get_object_or_404(Closing, pk=pk)
    found = differing.since(closing)
    lines = [
        [row["customer"].code, row["customer"].name, getattr(row["customer"].owner, "name", ""), *counted, _file(row)]
        for ids, counted in ((found.added, (0, 1)), (found.gone, (1, 0)))
        for row in differing.people(ids, closing, most=len(ids))
    ]
    month = f"{closing.month:%Y-%m}"
    back = reverse("metrics:closing-month", args=[month])
    return downloads.answer(request, name=f"differences-{month}", header=PEOPLE, rows=lambda: lines, back=back)


def _file(row: Row) -> str:
    return row["imported"].file_name if row["imported"] else ""


def _months(settings: Installation, now: dt.datetime) -> list[Row]:
    """A row a month, newest first. Whether figures differ is seen by the counts; names: on the month's own page."""
    today, as_of = settings.day_of(now), rollups.filled_to()
    stored = ChurnRollup.objects.filter(months=1, dimension="", second="").order_by("-first")
    closed = {
        one["month"]: one
        for one in Closing.objects.filter(reopened_at=None)
        .annotate(was=F("figures__churn"), name=F("by__name"))
        .values("month", "was", "name", "closed_at")
    }
    found = reading.churn_rows(list(stored), by="")
    over = [row for row in found if closings.is_over(Period(row["start"], 1), as_of=as_of, today=today)]
    return [_month(row, closed.get(row["start"]), settings) for row in over]


def _month(row: Row, closed: Row | None, settings: Installation) -> Row:
    was = closed and closed["was"]
    differs = bool(was) and (was["at_start"], was["lost"]) != (row["at_start"], row["lost"])
    return {
        "code": row["period"],
        "words": period_words(Period(row["start"], 1), settings),
        "now": row,
        "was": was,
        "closed": closed,
        "differs": differs,
        "states": {"closed" if closed else "open", *(["different"] if differs else [])},
    }


@may("metrics.close")
@require_safe
def month(request: HttpRequest, code: str) -> HttpResponse:
    """One month: what will be kept, or what was kept beside what stands there now, with the customers."""
    period, settings = _asked(code), Installation.get()
    return render(request, "metrics/closing_month.html", _context(period, settings) | {"form": ReopenForm()})


def _asked(code: str) -> Period:
    period = named(code)
    if period is None or period.months != 1:
        raise Http404
    return period


def _context(period: Period, settings: Installation) -> Row:
    history = list(Closing.objects.filter(month=period.first).select_related("by", "reopened_by").order_by("-pk"))
    current = next((one for one in history if one.reopened_at is None), None)
    figures = closings.figures_of(period)
    return {
        "period": period,
        "words": period_words(period, settings),
        "name": METRICS["churn"].name_under(settings.churn_policy),
        "closing": current,
        "history": [one for one in history if one.reopened_at],
        "why_not": "" if current else closings.obstacle(period, now=timezone.now()),
        "figures": _written(current.figures if current else figures),
        "definition": chip(
            "churn", settings=settings, as_of=rollups.filled_to(), period=period_words(period, settings)
        ),
    } | (_difference(current, figures, settings) if current else {})


def _written(figures: Row) -> Row:
    """Amounts are kept as texts."""
    ltv = figures["ltv"]
    if not ltv or ltv["historic_total"] is None:
        return {**figures, "ltv_total": ("–", "")}
    total = large_money(Decimal(str(ltv["historic_total"])))
    return {**figures, "ltv_total": total, "ltv_day": dt.date.fromisoformat(str(ltv["as_of"]))}


def _difference(closing: Closing, figures: Row, settings: Installation) -> Row:
    found = differing.since(closing, figures=figures)
    rows = [(words, found.then[key], found.now[key]) for key, words in _compared(settings).items()]
    return {
        "difference": found,
        "compared": [
            {"words": words, "then": then, "now": now, "differs": then != now, "is_rate": words == rows[0][0]}
            for words, then, now in rows
        ],
        "groups": [row | {"cut": CUTS[row["cut"]]} | _rates(row) for row in found.groups],
        "added": differing.people(found.added, closing),
        "gone": differing.people(found.gone, closing),
    }


def _compared(settings: Installation) -> dict[str, Any]:
    return {
        "rate": METRICS["churn"].name_under(settings.churn_policy),
        "at_start": _("At the start"),
        "lost": _("Lost in the month"),
        "active": _("Active at its end"),
    }


def _rates(row: Row) -> Row:
    return {
        f"{name}_rate": computing.rate(row[name]["lost"], row[name]["at_start"]) if row[name] else None
        for name in ("then", "now")
    }


@may("metrics.close")
@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    period = _asked(code)
    try:
        closings.close(period=period, by=request.user, now=timezone.now())
    except closings.ClosingError as error:
        messages.error(request, str(error))
    else:
        said = _("%(month)s is closed. What comes in later is shown as a difference.")
        messages.success(request, said % {"month": period_words(period, Installation.get())})
    return redirect("metrics:closing-month", code)


@may("metrics.close")
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a closing back, with a reason."""
    closing = get_object_or_404(Closing, pk=pk)
    period = Period(closing.month, 1)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        context = _context(period, Installation.get()) | {"form": form}
        return render(request, "metrics/closing_month.html", context, status=422)
    try:
        closings.reopen(closing=closing, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
    except closings.ClosingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The month is open again. What was closed stays in its history."))
    return redirect("metrics:closing-month", period.code)
