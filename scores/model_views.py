"""How well the scores foretell: the page "Model check" and its table as a file."""

import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import ChurnPolicy, Installation
from accounts.roles import may
from common import exports
from scores import backtesting, checking
from scores.models import ModelFit


@may("metrics.view")
@require_safe
def model(request: HttpRequest) -> HttpResponse:
    """Which model speaks, since when and why, and what it foretold of days held back (`days`: 90 or 365)."""
    fit, tested = ModelFit.objects.order_by("-as_of").first(), backtesting.latest()
    days = 365 if request.GET.get("days") == "365" else backtesting.RISK_DAYS
    by_contract = Installation.get().churn_policy != ChurnPolicy.INACTIVITY
    context = {
        "as_of": fit and fit.as_of,
        "tested": tested,
        "days": (checking.window_of(tested, days) or {}).get("days"),
        "windows": [window["days"] for window in tested.backtest["windows"]] if tested else [],
        "speakers": checking.speakers(fit, by_contract=by_contract) if fit else [],
        "checks": checking.checks(fit, tested, days=days),
    }
    return render(request, "scores/model.html", context)


@may("metrics.view")
@require_safe
def model_table(request: HttpRequest) -> HttpResponse:
    """The tables of the page as one CSV, UTF-8 with BOM."""
    fit, tested = ModelFit.objects.order_by("-as_of").first(), backtesting.latest()
    text = io.StringIO(newline="")
    found = checking.rows(fit, tested)
    exports.write(text, checking.COLUMNS, ([row[column] for column in checking.COLUMNS] for row in found))
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="model-check.csv"'
    return response
