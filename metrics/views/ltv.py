"""LTV so far and to come, whole and by group."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import allows, may
from metrics import charts, computing, reading
from metrics.definitions import METRICS, chip, money_basis
from metrics.wording import CUTS, group_words, large_money

BARS = 12

Row = dict[str, Any]


@may("metrics.view")
@require_safe
def ltv(request: HttpRequest) -> HttpResponse:
    """The whole company's figures, and below them those of one cut."""
    settings = Installation.get()
    by = request.GET.get("by", "segment")
    by = by if by in computing.LTV_BY else "segment"
    kept, total = reading.ltv(by=by), reading.ltv()
    rows = [{**row, "words": group_words(by, row["group"])} for row in visible(kept.rows, by, request)]
    rows.sort(key=lambda row: row["words"] if by == "cohort" else -row["historic_total"])
    context = {
        "as_of": total.as_of,
        "basis": money_basis(settings),
        "total": total.rows[0] if total.rows else None,
        "sum": large_money(total.rows[0]["historic_total"]) if total.rows else None,
        "by": by,
        "cuts": [(key, CUTS[key]) for key in computing.offered(computing.LTV_BY)],
        "rows": rows,
        "chart": _chart(rows, by) if rows else None,
        "has_prediction": any(row["predicted_mean"] is not None for row in rows),
        "historic": METRICS["ltv_historic"].name,
        "predicted": METRICS["ltv_predicted"].name,
        "historic_chip": chip("ltv_historic", settings=settings, as_of=total.as_of),
        "predicted_chip": chip("ltv_predicted", settings=settings, as_of=total.as_of),
        "is_own": by == "owner" and not allows(request.user, "metrics.all_owners"),
    }
    return render(request, "metrics/ltv.html", context)


def visible(rows: list[Row], by: str, request: HttpRequest) -> list[Row]:
    """All groups; of the cut by owner, staff see their own."""
    if by != "owner" or allows(request.user, "metrics.all_owners"):
        return rows
    return [row for row in rows if row["value"] == str(request.user.pk)]


def _chart(rows: list[Row], by: str) -> charts.Chart:
    """Mean LTV of the largest groups (of the newest cohorts)."""
    shown = rows[-BARS:] if by == "cohort" else rows[:BARS]
    to_come = [
        None if row["predicted_mean"] is None else float(row["predicted_mean"] - row["historic_mean"]) for row in shown
    ]
    series = {_("Historic LTV, mean"): [float(row["historic_mean"]) for row in shown]}
    if any(value is not None for value in to_come):
        series[_("Next 12 months, mean")] = to_come
    return charts.bars([row["words"] for row in shown], series, unit="¥") | {"stacked": True}
