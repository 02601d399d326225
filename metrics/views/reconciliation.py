"""One period's churn by the other common ways to count, and the people who make each difference."""

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import ChurnPolicy, Installation
from accounts.roles import may
from common.templatetags.crm import day as day_words
from customers.models import Customer
from metrics import formulas, reconciling
from metrics.definitions import chip, counting
from metrics.formulas import FORMULAS, Bridge
from metrics.periods import Period, after, named
from metrics.wording import period_words, points

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def definition(request: HttpRequest, code: str) -> HttpResponse:
    """Our figure with its definition, the other formulas beside it, and the bridge to each."""
    period, settings = _period(code), Installation.get()
    as_of, bridges = reconciling.read(code)
    words = period_words(period, settings)
    rows = [_row(one, code, settings) for one in bridges]
    context = {
        "chip": chip("churn", settings=settings, as_of=as_of, period=words),
        "as_of": as_of,
        "words": words,
        "code": code,
        "ours": _ours(bridges[0], settings) if bridges else None,
        "rows": rows,
        "differing": [row for row in rows if row["lines"] or row["days"]],
        "before": _other(period, -1, settings),
        "next": _other(period, 1, settings),
    }
    return render(request, "metrics/definition.html", context)


@may("metrics.view")
@require_safe
def people(request: HttpRequest, code: str, formula: str, line: str) -> HttpResponse:
    """The people on one line of a bridge, or who left on one day of the daily formula."""
    period, settings = _period(code), Installation.get()
    as_of, bridges = reconciling.read(code)
    bridge = next((one for one in bridges if one.formula == formula), None)
    found = _line(bridge, line) if bridge else None
    if found is None:
        raise Http404
    why, count, ids = found
    known = Customer.objects.select_related("owner", "score").in_bulk(ids)
    context = {
        "as_of": as_of,
        "code": code,
        "formula": formula,
        "words": period_words(period, settings),
        "name": counting.name(formula, settings)[0],
        "why": why,
        "count": count,
        "shown": len(known),
        "customers": [known[pk] for pk in ids if pk in known],
    }
    return render(request, "metrics/definition_people.html", context)


def _period(code: str) -> Period:
    found = named(code)
    if found is None:
        raise Http404
    return found


def _other(period: Period, step: int, settings: Installation) -> Row | None:
    """The period before or after, where it is kept."""
    other = Period(after(period.first, step * period.months), period.months)
    if not reconciling.is_kept(other.code):
        return None
    return {"words": period_words(other, settings), "url": reverse("metrics:definition", args=[other.code])}


def _ours(bridge: Bridge, settings: Installation) -> Row:
    numerator, denominator = bridge.ours
    rate = 100 * numerator / denominator if denominator else None
    return _named(counting.OURS, settings) | {"numerator": numerator, "denominator": denominator, "rate": rate}


def _named(key: str, settings: Installation) -> Row:
    name, text = counting.name(key, settings)
    at_ours = formulas.OURS_AS_AT if settings.churn_policy == ChurnPolicy.CONTRACT else ""
    products = at_ours if key == counting.OURS else FORMULAS[key].products
    return {"key": key, "name": name, "text": text, "products": products}


def _row(bridge: Bridge, code: str, settings: Installation) -> Row:
    ours = 100 * bridge.ours[0] / bridge.ours[1] if bridge.ours[1] else None
    return _named(bridge.formula, settings) | {
        "numerator": bridge.theirs[0],
        "denominator": bridge.theirs[1],
        "rate": bridge.rate,
        "points": points(bridge.rate, ours),
        "is_daily": bridge.formula == "daily",
        "lines": _lines(bridge, code),
        "days": _days(bridge, code),
    }


def _lines(bridge: Bridge, code: str) -> list[Row]:
    return [
        {
            "words": counting.line(bridge.formula, one.key),
            "people": one.people,
            "numerator": signed(one.numerator),
            "denominator": signed(one.denominator),
            "url": _people_url(code, bridge.formula, one.key),
        }
        for one in bridge.lines
    ]


def _days(bridge: Bridge, code: str) -> list[Row]:
    return [
        {
            "day": one.day,
            "at_start": one.at_start,
            "left": one.left,
            "rate": one.rate,
            "url": _people_url(code, bridge.formula, one.day.isoformat()),
        }
        for one in bridge.days
    ]


def _people_url(code: str, formula: str, line: str) -> str:
    return reverse("metrics:definition-people", args=[code, formula, line])


def signed(change: int) -> str:
    """+4, −1, ±0 as they stand on a bridge."""
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change):,}"


def _line(bridge: Bridge, asked: str) -> tuple[str, int, tuple[int, ...]] | None:
    """Why, how many and who; None where there is no such line."""
    for line in bridge.lines:
        if line.key == asked:
            return counting.line(bridge.formula, line.key), line.people, line.ids
    for one in bridge.days:
        if one.day.isoformat() == asked:
            return _left_on(one.day), one.left, one.ids
    return None


def _left_on(day: dt.date) -> str:
    return _("Left on %(day)s") % {"day": day_words(day)}
