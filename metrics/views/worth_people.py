"""Who is behind a figure of LTV or of repeat buying: a list page by page, and the same as a file."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation, User
from accounts.roles import allows, may
from common import downloads
from metrics import computing, keeping, reading, repeating, worth
from metrics.definitions import money_basis
from metrics.periods import month_of, named
from metrics.wording import CUTS, band_words, group_words, period_words
from metrics.worth_people import KINDS, Band, Group, Returning, Tenth, Who, in_order, page
from segments.models import Segment

HEADER = ["customer_id", "name", "ltv_historic", "ltv_to_come", "first_purchase_on", "last_purchase_on", "churn_risk"]
PATHS = ["customer__code", "customer__name", "historic", "to_come", "bought_on", "customer__score__last_purchase_on"]
LONGEST = 200

Row = dict[str, Any]


@dataclass
class Behind:
    """The people of a figure: who, what they are called, how many the figure says, and the way back."""

    who: Who
    title: str
    lead: str
    count: int
    back: str
    as_of: dt.date | None


@may("metrics.view")
@require_safe
def ltv_people(request: HttpRequest) -> HttpResponse:
    """`?by=&group=` (`&and=&group2=`) of a cut, `?decile=` or `?low=&high=` of the spread."""
    return _listed(request, _of_ltv(request), "metrics:ltv-people-export")


@may("customers.export")
@require_POST
def ltv_export(request: HttpRequest) -> HttpResponseBase:
    """The same customers as a file; who took it along is recorded."""
    return _file(request, _of_ltv(request), "ltv")


@may("metrics.view")
@require_safe
def repeat_people(request: HttpRequest) -> HttpResponse:
    """`?kind=again|not_again|early&step=2|3&days=&month=&via=`."""
    return _listed(request, _of_repeat(request), "metrics:repeat-people-export")


@may("customers.export")
@require_POST
def repeat_export(request: HttpRequest) -> HttpResponseBase:
    """The same customers as a file; who took it along is recorded."""
    return _file(request, _of_repeat(request), "repeat")


def _listed(request: HttpRequest, behind: Behind, export: str) -> HttpResponse:
    rows, has_more = page(in_order(behind.who), after=_cursor(request))
    asked = {name: value for name, value in request.GET.items() if name != "after"}
    here = f"{request.path}?{urlencode(asked)}"
    last = rows[-1] if rows else None
    context = {
        "behind": behind,
        "as_of": behind.as_of,
        "basis": money_basis(Installation.get()),
        "rows": rows,
        "has_second": isinstance(behind.who, Returning) and behind.who.kind != "early",
        "next_url": f"{here}&{urlencode({'after': f'{last.value},{last.pk}'})}" if last and has_more else "",  # type: ignore[attr-defined]  # annotated
        "prev_url": here if "after" in request.GET else "",
        "export_url": f"{reverse(export)}?{urlencode(asked)}",
        "may_export": allows(request.user, "customers.export"),
    }
    return render(request, "metrics/worth_people.html", context)


def _file(request: HttpRequest, behind: Behind, name: str) -> HttpResponseBase:
    found = in_order(behind.who).values_list(*PATHS, "customer__prediction__churn_risk")
    asked = {key: value for key, value in request.GET.items() if key != "after"}
    audit.record(f"{name}_people.export", by=request.user, count=behind.count, asked=sorted(asked))  # type: ignore[arg-type]  # signed in
    back = reverse(f"metrics:{name}-people") + "?" + urlencode(asked)
    return downloads.answer(
        request, name=f"{name}-customers", header=HEADER, rows=lambda: found.iterator(chunk_size=5000), back=back
    )


def _cursor(request: HttpRequest) -> tuple[Decimal, int] | None:
    value, _comma, pk = request.GET.get("after", "").partition(",")
    try:
        found = Decimal(value), int(pk)
    except (ArithmeticError, ValueError):
        return None
    return found if found[0].is_finite() and abs(found[0]) < Decimal("1e18") and abs(found[1]) < 2**63 else None


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "")[:LONGEST].replace("\0", "")


# --- LTV -------------------------------------------------------------------------------------------


def _of_ltv(request: HttpRequest) -> Behind:
    if "decile" in request.GET:
        return _of_tenth(request)
    if "low" in request.GET or "high" in request.GET:
        return _of_band(request)
    return _of_group(request)


def _of_group(request: HttpRequest) -> Behind:
    cuts = [(_text(request, "by"), _text(request, "group")), (_text(request, "and"), _text(request, "group2"))]
    cuts = [(cut, value) for cut, value in cuts if cut]
    if not cuts or any(cut not in worth.CUTS for cut, _value in cuts) or len({cut for cut, _v in cuts}) < len(cuts):
        raise Http404
    for cut, value in cuts:
        if cut == "owner" and value != str(request.user.pk) and not allows(request.user, "metrics.all_owners"):
            raise PermissionDenied
    kept = reading.ltv(by=cuts[0][0], second=cuts[1][0] if len(cuts) > 1 else "")
    values = [value for _cut, value in cuts]
    row = next((row for row in kept.rows if [row["value"], row.get("second")][: len(values)] == values), None)
    words = [f"{CUTS[cut]}: {_group_words(cut, value)}" for cut, value in cuts]
    return Behind(
        Group(tuple(cuts)),
        " × ".join(_group_words(cut, value) for cut, value in cuts),
        " · ".join(words),
        row["customers"] if row else 0,
        reverse("metrics:ltv") + "?" + urlencode({"by": cuts[0][0], **({"and": cuts[1][0]} if len(cuts) > 1 else {})}),
        kept.as_of,
    )


def _group_words(cut: str, value: str) -> str:
    if cut == "owner" and value.isascii() and value.isdigit():
        return User.objects.filter(pk=value).values_list("name", flat=True).first() or value
    if cut == "membership":
        segment = Segment.objects.filter(slug=value).first()
        return str(segment) if segment else value
    if cut == "cohort" and (month := named(value)):
        return period_words(month, Installation.get())
    try:
        return group_words(cut, value)
    except ValueError:  # a code there is not
        raise Http404 from None


def _of_tenth(request: HttpRequest) -> Behind:
    kept = keeping.read(("ltv-deciles", ""))["ltv-deciles", ""]
    parts = {str(row["decile"]): row for row in kept.rows}
    row = parts.get(request.GET["decile"])
    if row is None:
        raise Http404
    above = parts.get(str(row["decile"] - 1))
    limits = [(one["lowest"], one["last_id"]) if one else None for one in (above, row)]
    title = _("Tenth %(number)s by LTV") % {"number": row["decile"]}
    return Behind(
        Tenth(limits[0], limits[1]),  # type: ignore[arg-type]  # row is there
        title,
        band_words(row["lowest"], row["highest"], is_closed=True),
        row["customers"],
        reverse("metrics:ltv-spread"),
        kept.as_of,
    )


def _of_band(request: HttpRequest) -> Behind:
    kept = keeping.read(("ltv-distribution", ""))["ltv-distribution", ""]
    asked = _text(request, "low"), _text(request, "high")
    row = next((row for row in kept.rows if (_plain(row["low"]), _plain(row["high"])) == asked), None)
    if row is None:
        raise Http404
    title = _("LTV %(band)s") % {"band": band_words(row["low"], row["high"])}
    return Behind(
        Band(row["low"], row["high"]),
        title,
        _("by what they have brought so far"),
        row["customers"],
        reverse("metrics:ltv-spread"),
        kept.as_of,
    )


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}".removesuffix(".00")


def band_address(row: Row) -> str:
    """The page of the customers of a band."""
    return reverse("metrics:ltv-people") + "?" + urlencode({"low": _plain(row["low"]), "high": _plain(row["high"])})


# --- repeat buying ---------------------------------------------------------------------------------


def _of_repeat(request: HttpRequest) -> Behind:
    step, kind, days = (_text(request, name) for name in ("step", "kind", "days"))
    known = {str(n) for n in repeating.WINDOWS}
    if step not in {"2", "3"} or kind not in KINDS or days not in known:
        raise Http404
    month = named(_text(request, "month"))
    via = _text(request, "via") if "via" in request.GET else None
    by = "" if month else "via" if via is not None else "all"
    kept = keeping.read(("repeat", by))["repeat", by]
    group = month.first.isoformat() if month else via
    row = next((row for row in kept.rows if row["group"] == group), None)
    if kept.as_of is None or row is None:
        raise Http404
    until = computing.last_over(as_of=kept.as_of, now=timezone.now())
    who = Returning(int(step), kind, int(days), month.first if month else None, via, until)
    return Behind(
        who,
        _repeat_title(who),
        " · ".join(_repeat_lead(who, row)),
        _repeat_count(who, row),
        reverse("metrics:repeat") + "?" + urlencode({"by": by, "step": step}),
        kept.as_of,
    )


def _repeat_title(who: Returning) -> str:
    if who.kind == "early":
        return _("Gone within 90 days")
    words = {
        (2, "again"): _("Bought again within %(days)s days"),
        (2, "not_again"): _("Not bought again within %(days)s days"),
        (3, "again"): _("Bought a third time within %(days)s days"),
        (3, "not_again"): _("Not bought a third time within %(days)s days"),
    }
    return words[who.step, who.kind] % {"days": who.days}


def _repeat_lead(who: Returning, row: Row) -> Iterable[str]:
    if who.month:
        month = period_words(month_of(f"{who.month:%Y-%m}"), Installation.get())
        yield {"early": _("began in %(month)s")}.get(
            who.kind, _("first bought in %(month)s") if who.step == 2 else _("second purchase in %(month)s")
        ) % {"month": month}
    if who.via is not None:
        yield f"{CUTS['via']}: {group_words('via', who.via)}"


def _repeat_count(who: Returning, row: Row) -> int:
    """How many the page of figures says."""
    if who.kind == "early":
        early = row["early"] or {"gone": 0, "so_far": 0}
        return early["so_far"] if who.month else early["gone"]
    step = row[f"f{who.step}"]
    if step is None:
        return 0
    base, done, so_far = step["windows"][str(who.days)]
    everybody, came = (step["customers"], so_far) if who.month else (base, done)
    return came if who.kind == "again" else everybody - came
