"""Renewals due and their outcome (更新率), trials that became paid (有料転換率), and the people behind each figure."""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Installation, Role, User
from accounts.roles import allows, may
from customers.models import Customer
from metrics import charts, keeping, reading, renewing, trialing
from metrics.definitions import METRICS, chip
from metrics.periods import MONTHS, Period, named
from metrics.wording import CUTS, PERIODS, group_words, period_words

from .ltv import visible

EVERYBODY = "all"
SHOWN = {"month": 16, "quarter": 10, "half": 6, "year": 4}  # periods, those to come included
DUE_SHOWN = 10
NAMES = 500
Row = dict[str, Any]


@may("metrics.view")
@require_safe
def renewals(request: HttpRequest) -> HttpResponse:
    """What is due, what became of what was, and trials; whole, or the groups of one period."""
    settings = Installation.get()
    period = request.GET.get("period", "month")
    period = period if period in PERIODS and period in MONTHS else "month"
    by, via = _cut(request), request.GET.get("via") == "1"
    terms, trials = (
        reading.of_contracts(name, period=period, by=cut)
        for name, cut in (("renewals", by), ("trials", "via" if via else ""))
    )
    context = {
        "as_of": terms.as_of,
        "period": period,
        "periods": PERIODS.items(),
        "by": by,
        "cuts": [(key or EVERYBODY, CUTS[key]) for key in ("", *renewing.CUTS)],
        "by_address": by or EVERYBODY,
        "via": via,
        "terms_chip": chip("renewal_rate", settings=settings, as_of=terms.as_of),
        "trials_chip": chip("trial_conversion", settings=settings, as_of=trials.as_of),
        "due": _due(request, settings),
    }
    rows = visible(terms.rows, by, request)
    return render(
        request,
        "metrics/renewals.html",
        context | _renewals(rows, by, period, request, settings) | _trials(trials.rows, via, period, request, settings),
    )


def _cut(request: HttpRequest) -> str:
    asked = request.GET.get("by", "owner" if request.user.role == Role.CS else "")
    return asked if asked in renewing.CUTS else ""


def _due(request: HttpRequest, settings: Installation) -> Row:
    """The nearest deadlines: staff see their own customers', leaders everybody's."""
    kept = keeping.read(("due", ""), ("figures", ""))
    rows = kept["due", ""].rows
    is_own = request.user.role == Role.CS
    if is_own:
        rows = [row for row in rows if row["owner_id"] == request.user.pk]
    people = Customer.objects.select_related("owner").in_bulk([row["customer_id"] for row in rows[:DUE_SHOWN]])
    figures = kept["figures", ""].rows
    return {
        "rows": [
            row | {"customer": people[row["customer_id"]], "due_on": dt.date.fromisoformat(row["notice_due_on"])}
            for row in rows
            if row["customer_id"] in people
        ],
        "is_own": is_own,
        "count": figures[0]["renewals"] if figures else None,
        "mrr": figures[0]["renewals_mrr"] if figures else None,
        "chip": chip("renewals", settings=settings, as_of=kept["figures", ""].as_of),
    }


def _renewals(rows: list[Row], by: str, period: str, request: HttpRequest, settings: Installation) -> Row:
    """One line a period, newest first (staff by owner: of their own customers); by a cut the groups of one period."""
    is_grouped = bool(by) and not (by == "owner" and not allows(request.user, "metrics.all_owners"))
    called = _called(rows, period, settings)
    codes = list(called)
    at = _at(request.GET.get("at", ""), rows, codes)
    shown = [row for row in rows if row["period"] == at or (not is_grouped and row["period"] in codes)]
    for row in shown:
        row["words"] = group_words(by, row["group"]) if is_grouped else called[row["period"]]
        row["query"] = {"by": by, "group": row["value"] or ""} if by else {}
    return {
        "terms": sorted(shown, key=lambda row: -row["due"]) if is_grouped else shown[::-1],
        "is_grouped": is_grouped,
        "at": at,
        "codes": list(called.items())[::-1],
        "terms_chart": None if is_grouped else _chart(shown),
    }


def _called(rows: list[Row], period: str, settings: Installation) -> dict[str, str]:
    """The newest periods there are, oldest first, in words by their codes."""
    starts = {row["start"]: row["period"] for row in rows}
    newest = sorted(starts)[-SHOWN[period] :]
    return {starts[start]: period_words(Period(start, MONTHS[period]), settings) for start in newest}


def _at(asked: str, rows: list[Row], codes: list[str]) -> str:
    """The period asked for, else the newest complete one."""
    complete = {row["period"] for row in rows if row["complete"]}
    whole = [code for code in codes if code in complete]
    return asked if asked in codes else (whole or codes or [""])[-1]


def _chart(rows: list[Row]) -> charts.Chart | None:
    """Both rates over the complete periods."""
    done = [row for row in rows if row["complete"]]
    if len(done) < 2:
        return None
    name = METRICS["renewal_rate"].name
    series = {str(name): [row["rate"] for row in done], f"{name} (MRR)": [row["mrr_rate"] for row in done]}
    return charts.line([row["words"] for row in done], series)


def _trials(rows: list[Row], via: bool, period: str, request: HttpRequest, settings: Installation) -> Row:
    called = _called(rows, period, settings)
    codes = list(called)
    at = _at(request.GET.get("trials_at", ""), rows, codes)
    shown = [row for row in rows if row["period"] == at] if via else [row for row in rows if row["period"] in codes]
    for row in shown:
        row["words"] = group_words("via", row["group"]) if via else called[row["period"]]
        row["query"] = {"by": "via", "group": row["value"] or ""} if via else {}
    return {
        "trials": sorted(shown, key=lambda row: -row["trials"]) if via else shown[::-1],
        "trials_at": at,
        "trials_codes": list(called.items())[::-1],
    }


@may("metrics.view")
@require_safe
def terms(request: HttpRequest, code: str, outcome: str) -> HttpResponse:
    """The contract terms behind one figure of a period's renewals."""
    period, by, group = _asked(request, code, renewing.CUTS)
    if outcome not in ("due", *renewing.OUTCOMES):
        raise Http404
    as_of, settings = keeping.read(("renewals", ""))["renewals", ""].as_of, Installation.get()
    wanted = {"outcome": "" if outcome == "due" else outcome, "by": by, "group": group}
    found = renewing.terms(period=period, as_of=as_of, **wanted) if as_of else []
    context = _people(found) | {"as_of": as_of, "words": period_words(period, settings), "outcome": outcome}
    return render(request, "metrics/renewal_terms.html", context | _cut_words(by, group))


@may("metrics.view")
@require_safe
def trial_people(request: HttpRequest, code: str, state: str) -> HttpResponse:
    """The customers behind one figure of a period's trials."""
    period, by, group = _asked(request, code, trialing.CUTS)
    if state not in ("all", *trialing.STATES):
        raise Http404
    as_of, settings = keeping.read(("trials", ""))["trials", ""].as_of, Installation.get()
    wanted = {"state": "" if state == "all" else state, "by": by, "group": group}
    found = trialing.people(period=period, as_of=as_of, **wanted) if as_of else []
    context = _people(found) | {"as_of": as_of, "words": period_words(period, settings), "state": state}
    return render(request, "metrics/trial_people.html", context | _cut_words(by, group))


def _asked(request: HttpRequest, code: str, cuts: tuple[str, ...]) -> tuple[Period, str, str | None]:
    period, by = named(code), request.GET.get("by", "")
    if period is None or (by and by not in cuts):
        raise Http404
    group = request.GET.get("group", "")[:200].replace("\0", "") if by else None
    if by == "owner" and group != str(request.user.pk) and not allows(request.user, "metrics.all_owners"):
        raise PermissionDenied
    return period, by, group


def _people(found: list[Row]) -> Row:
    """The first rows with their customers, and how many there are."""
    ids = {row["customer_id"] for row in found[:NAMES]}
    people = Customer.objects.select_related("owner", "prediction").in_bulk(ids)
    shown = [row | {"customer": people[row["customer_id"]]} for row in found[:NAMES] if row["customer_id"] in people]
    return {"rows": shown, "count": len(found), "shown": len(shown)}


def _cut_words(by: str, group: str | None) -> Row:
    """What the figure is cut by, and the group, in words."""
    if by == "owner" and group and group.isascii() and group.isdigit():
        group = User.objects.filter(pk=group).values_list("name", flat=True).first()
    return {"cut": CUTS[by] if by else "", "group": group_words(by, group) if by else ""}
