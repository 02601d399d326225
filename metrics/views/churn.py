"""Churn by month or quarter, whole or cut, and the names behind every "lost"."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Installation, Role, User
from accounts.roles import allows, may
from customers.models import Customer
from metrics import charts, computing, reading, rollups
from metrics.definitions import METRICS, chip
from metrics.periods import MONTHS, Period, named
from metrics.wording import CUTS, PERIODS, group_words, period_words, points

LAST = {"month": 13, "quarter": 9}
YEAR = {"month": 12, "quarter": 4}
LINES = 5
NAMES = 500
EVERYBODY = "all"

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Periods of everybody (staff: of their own customers first), or the groups of one period."""
    settings = Installation.get()
    period = request.GET.get("period", "month")
    period = period if period in LAST else "month"
    by, group = _cut(request)
    rows = reading.churn(period=period, by=by, group=group, last=LAST[period])
    if not rows and group is not None and "by" not in request.GET:
        by, group, rows = "", None, reading.churn(period=period, last=LAST[period])
    context = {
        "settings": settings,
        "as_of": rollups.filled_to(),
        "name": METRICS["churn"].name_under(settings.churn_policy),
        "period": period,
        "periods": PERIODS.items(),
        "by": by,
        "by_address": by or EVERYBODY,
        "cuts": [(key or EVERYBODY, CUTS[key]) for key in computing.offered(["", *computing.CHURN_BY])],
        "is_own": group is not None,
    }
    part = _groups(request, rows, by, settings) if by and group is None else _periods(rows, by, period, settings)
    return render(request, "metrics/churn.html", context | part | {"definition": _definition(part, settings, context)})


def _cut(request: HttpRequest) -> tuple[str, str | None]:
    """The dimension asked for, and the one group of it shown; staff see their own part of the cut by owner."""
    asked = request.GET.get("by", "owner" if request.user.role == Role.CS else "")
    by = asked if asked in computing.CHURN_BY else ""
    is_own = by == "owner" and not allows(request.user, "metrics.all_owners")
    return by, str(request.user.pk) if is_own else None


def _periods(rows: list[Row], by: str, period: str, settings: Installation) -> dict[str, Any]:
    """One line a period, newest first, with the change against the period and the year before."""
    rates = [row["rate"] for row in rows]
    back = YEAR[period]
    for at, row in enumerate(rows):
        row["words"] = _words(row, period, settings)
        row["change"] = points(row["rate"], rates[at - 1]) if at else ""
        row["year_change"] = points(row["rate"], rates[at - back]) if at >= back else ""
        row["url"] = _lost_url(row, by)
    words = [row["words"] for row in rows]
    name = str(METRICS["churn"].name_under(settings.churn_policy))
    chart = charts.line(words, {name: rates}) if any(rate is not None for rate in rates) else None
    return {
        "rows": rows[::-1],
        "chart": chart,
        "span": f"{words[0]} – {words[-1]}" if words else "",
        "code": _code(rows),
    }


def _code(rows: list[Row]) -> str:
    return rows[-1]["period"] if rows else ""


def _groups(request: HttpRequest, rows: list[Row], by: str, settings: Installation) -> dict[str, Any]:
    """The groups of one period, the largest first; lines of the largest over all periods."""
    codes = sorted({row["period"] for row in rows})
    chosen = request.GET.get("at", "")
    chosen = chosen if chosen in codes else (codes[-1] if codes else "")
    shown = sorted((row for row in rows if row["period"] == chosen), key=lambda row: -row["at_start"])
    for row in shown:
        row["words"] = group_words(by, row["group"])
        row["url"] = _lost_url(row, by)
    sums = {key: sum(row[key] for row in shown) for key in ("at_start", "lost")}
    called = {code: period_words(found, settings) for code in codes if (found := named(code))}
    return {
        "groups": shown,
        "total": {**sums, "rate": computing.rate(sums["lost"], sums["at_start"]), "url": _lost_url(shown[0], "")}
        if shown
        else None,
        "at": chosen,
        "codes": [(code, called[code]) for code in reversed(codes)],
        "chart": _lines(rows, shown[:LINES], called) if len(codes) > 1 else None,
        "span": called.get(chosen, ""),
        "code": chosen,
    }


def _lines(rows: list[Row], largest: list[Row], called: dict[str, str]) -> charts.Chart:
    found = {(row["period"], row["value"]): row["rate"] for row in rows}
    series = {row["words"]: [found.get((code, row["value"])) for code in called] for row in largest}
    return charts.line(list(called.values()), series)


def _definition(part: dict[str, Any], settings: Installation, context: dict[str, Any]) -> dict[str, Any]:
    return chip("churn", settings=settings, as_of=context["as_of"], period=part["span"], code=part["code"])


def _words(row: Row, period: str, settings: Installation) -> str:
    return period_words(Period(row["start"], MONTHS[period]), settings)


def _lost_url(row: Row, by: str) -> dict[str, str]:
    """What the drill-down of this figure needs: the period's code, the cut and the group's stored value."""
    return {"code": row["period"], "by": by, "group": row["value"] or ""}


@may("metrics.view")
@require_safe
def lost(request: HttpRequest, code: str) -> HttpResponse:
    """The customers lost in a period (of one group), as of the day the figure speaks of."""
    period, by, group = _asked(request, code)
    settings, as_of = Installation.get(), rollups.filled_to()
    found = computing.lost(period=period, as_of=as_of, now=timezone.now(), by=by, group=group) if as_of else []
    people = Customer.objects.select_related("owner", "score").in_bulk([row["customer_id"] for row in found[:NAMES]])
    context = {
        "name": METRICS["churn"].name_under(settings.churn_policy),
        "words": period_words(period, settings),
        "period": period,
        "as_of": as_of,
        "count": len(found),
        "shown": min(len(found), NAMES),
        "lost": [row | {"customer": people[row["customer_id"]]} for row in found if row["customer_id"] in people],
        "has_reasons": any(row["reason"] or row["competitor"] for row in found),
        "cut": CUTS[by] if by else "",
        "group": group_words(by, _group_name(by, group)) if by else "",
        "address": {"by": by, "group": group, "period": "quarter" if period.months > 1 else "month"},
    }
    return render(request, "metrics/lost.html", context)


def _asked(request: HttpRequest, code: str) -> tuple[Period, str, str | None]:
    period, by = named(code), request.GET.get("by", "")
    if period is None or (by and by not in computing.CHURN_BY):
        raise Http404
    group = request.GET.get("group", "")[:200].replace("\0", "") if by else None
    is_own = group == str(request.user.pk)
    if by == "owner" and not is_own and not allows(request.user, "metrics.all_owners"):
        raise PermissionDenied
    return period, by, group


def _group_name(by: str, group: str | None) -> str | None:
    if by == "owner" and group and group.isascii() and group.isdigit():
        return User.objects.filter(pk=group).values_list("name", flat=True).first()
    return group
