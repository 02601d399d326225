"""How LTV is spread: bands, tenths with their share of the whole, and the customers who brought the most."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may
from common import downloads
from customers.models import Customer
from metrics import charts, keeping
from metrics.definitions import chip, money_basis
from metrics.wording import band_words

from .worth_people import band_address

REPORTS = ("ltv-spread", "ltv-distribution", "ltv-deciles", "ltv-top")
HEADER = ["customer_id", "name", "owner", "ltv_historic", "ltv_to_come", "share", "last_purchase_on", "churn_risk"]

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def spread(request: HttpRequest) -> HttpResponse:
    """Histogram, tenths and the first fifty."""
    settings = Installation.get()
    kept = keeping.read(*((name, "") for name in REPORTS))
    middle, bands, tenths, top = (kept[name, ""].rows for name in REPORTS)
    as_of = kept["ltv-spread", ""].as_of
    whole = middle[0] if middle and middle[0]["customers"] else None
    context = {
        "as_of": as_of,
        "basis": money_basis(settings),
        "whole": whole,
        "may_export": allows(request.user, "customers.export"),
        "spread_chip": chip("ltv_distribution", settings=settings, as_of=as_of),
        "tenth_chip": chip("ltv_deciles", settings=settings, as_of=as_of),
    }
    if whole:
        context |= _bands(bands, whole) | _tenths(tenths) | {"top": _top(top, whole), "top_share": _share(whole)}
    return render(request, "metrics/ltv_spread.html", context)


def _share(whole: Row) -> float | None:
    """What the hundredth part with the most brought, of all."""
    return float(whole["top_total"] / whole["total"]) if whole["total"] > 0 else None


def _bands(bands: list[Row], whole: Row) -> Row:
    for row in bands:
        row["words"] = band_words(row["low"], row["high"])
        row["share"] = row["customers"] / whole["customers"]
        row["url"] = band_address(row)
    names = [row["words"] for row in bands]
    return {
        "bands": bands,
        "histogram": charts.histogram(names, str(_("Customers")), [row["customers"] for row in bands]),
    }


def _tenths(tenths: list[Row]) -> Row:
    """Ten bars and the running sum; how much the first one brought."""
    for row in tenths:
        row["url"] = reverse("metrics:ltv-people") + "?" + urlencode({"decile": row["decile"]})
        row["words"] = band_words(row["lowest"], row["highest"], is_closed=True)
    if not tenths or tenths[0]["share"] is None:
        return {"tenths": tenths, "tenths_chart": None}
    names = [_("Tenth %(number)s") % {"number": row["decile"]} for row in tenths]
    series = {
        _("Share of the whole"): [round(row["share"] * 100, 1) for row in tenths],
    }
    chart = charts.bars(names, series, unit="%") | {"digits": 1}
    return {"tenths": tenths, "tenths_chart": chart, "first_share": tenths[0]["share"]}


def _top(top: list[Row], whole: Row) -> list[Row]:
    found = Customer.objects.select_related("owner").in_bulk([row["customer_id"] for row in top])
    total = whole["total"]
    return [
        row
        | {"customer": found[row["customer_id"]], "share": float(row["historic"] / total) if total > 0 else None}
        | {"last": (row["last_purchase_on"] or "").replace("-", "/")}
        for row in top
        if row["customer_id"] in found
    ]


@may("customers.export")
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The customers who brought the most, as a file; who took it along is recorded."""
    kept = keeping.read(("ltv-spread", ""), ("ltv-top", ""))
    middle, top = kept["ltv-spread", ""].rows, kept["ltv-top", ""].rows
    rows = _top(top, middle[0]) if middle and top else []
    audit.record("ltv_top.export", by=request.user, count=len(rows))  # type: ignore[arg-type]  # signed in
    lines = [
        [
            *(row["customer"].code, row["customer"].name, row["customer"].owner.name if row["customer"].owner else ""),
            *(row[name] for name in ("historic", "to_come", "share", "last_purchase_on", "churn_risk")),
        ]
        for row in rows
    ]
    return downloads.answer(
        request, name="ltv-top", header=HEADER, rows=lambda: lines, back=reverse("metrics:ltv-spread")
    )
