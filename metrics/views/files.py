"""A report's table as a CSV file: what the page shows, all periods of it."""

import io

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import allows, may
from common import exports
from metrics import reading, reports
from metrics.definitions import REPORTS, Report
from metrics.periods import MONTHS

from .ltv import Row, visible


@may("metrics.view")
@require_safe
def table(request: HttpRequest, name: str) -> HttpResponse:
    """UTF-8 with BOM, the columns of the report command."""
    if name not in REPORTS or REPORTS[name].is_one:
        raise Http404
    by, second = _cuts(request, REPORTS[name])
    rows = _rows(request, name, by, second)
    columns = REPORTS[name].column_names(second=second)
    text = io.StringIO(newline="")
    exports.write(text, columns, ([row[column] for column in columns] for row in rows))
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cuts(request: HttpRequest, report: Report) -> tuple[str, str]:
    """The cuts asked for that this report has."""
    by, second = request.GET.get("by", ""), request.GET.get("second", "")
    by = by if by in report.cuts else ""
    return by, second if by and second != by and second in report.second_cuts and report.name == "ltv" else ""


def _rows(request: HttpRequest, name: str, by: str, second: str) -> list[Row]:
    period = request.GET.get("period", "month")
    if name in ("renewals", "trials"):
        return visible(
            reading.of_contracts(name, period=period if period in MONTHS else "month", by=by).rows, by, request
        )
    if name == "churn":
        return visible(reading.churn(period=period if period in MONTHS else "month", by=by), by, request)
    if name == "ltv":
        return visible(reading.ltv(by=by, second=second).rows, by, request, second)
    by = by if by != "owner" or allows(request.user, "metrics.all_owners") else ""
    try:
        return reports.answer(name, now=timezone.now(), by=by, **_further(request, name))
    except reports.ReportError:
        raise Http404 from None


def _further(request: HttpRequest, name: str) -> Row:
    """The period and the report's own options, as the address has them."""
    report = REPORTS[name]
    asked = {key: request.GET[key] for key in report.options if request.GET.get(key)}
    period = request.GET.get("period", "")
    return {"options": asked} | ({"period": period} if period in report.periods else {})
