"""A report's table as a file, CSV or workbook: what the page shows, all periods of it.

What there is says the registry (metrics.definitions.REPORTS); the address takes the words the report can be asked:
period, by, second, from, to, its options, and form=xlsx.
"""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.roles import allows, may
from common import exports
from metrics import reading, reports
from metrics.definitions import REPORTS, Report
from metrics.periods import MONTHS

from .ltv import Row, visible

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@may("metrics.view")
@require_safe
def table(request: HttpRequest, name: str) -> HttpResponse:
    """The columns of the report command."""
    if name not in REPORTS or REPORTS[name].is_one:
        raise Http404
    report = REPORTS[name]
    asked = _asked(request, report)
    columns = report.column_names(second=asked.get("second", ""))
    rows = _rows(request, report, asked)
    return handed_out(request, name, columns, ([row.get(column) for column in columns] for row in rows))


def handed_out(request: HttpRequest, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """CSV (UTF-8 with BOM), or with form=xlsx a workbook; both safe in a spreadsheet."""
    if request.GET.get("form") == "xlsx":
        return _workbook(name, header, rows)
    text = io.StringIO(newline="")
    exports.write(text, [exports.cell(one) for one in header], rows)
    return as_file(text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{name}.csv")


def _workbook(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    file = io.BytesIO()
    try:
        exports.workbook(file, header, rows)
    except exports.DoesNotFitError:
        words = _("A worksheet cannot hold this table. Take the CSV file.")
        return HttpResponse(words, status=422, content_type="text/plain; charset=utf-8")
    return as_file(file.getvalue(), XLSX, f"{name}.xlsx")


def as_file(content: bytes, kind: str, name: str) -> HttpResponse:
    """A download."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _asked(request: HttpRequest, report: Report) -> dict[str, Any]:
    """What the address asks of this report; what it cannot be asked is the usual."""
    read = request.GET
    by = read.get("by", "") if read.get("by", "") in report.cuts else ""
    second = read.get("second", "") if by and read.get("second", "") in report.second_cuts else ""
    asked: dict[str, Any] = {"by": by, "second": second if second != by else ""}
    asked["period"] = read.get("period", "") if read.get("period", "") in report.periods else "month"
    asked["options"] = {name: read[name] for name in report.options if read.get(name)}
    return asked | {"start": _day(read.get("from", "")), "end": _day(read.get("to", ""))}


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _rows(request: HttpRequest, report: Report, asked: dict[str, Any]) -> list[Row]:
    """As the pages read them; of owners, staff get their own part only."""
    by, second, period = asked["by"], asked["second"], asked["period"]
    if report.name in ("renewals", "trials"):
        return visible(reading.of_contracts(report.name, period=period, by=by).rows, by, request)
    if report.name == "churn" and period in MONTHS and second != "owner":
        return visible(reading.churn(period=period, by=by, second=second), by, request)
    if report.name == "ltv":
        return visible(reading.ltv(by=by, second=second).rows, by, request, second)
    if "owner" in (by, second) and not allows(request.user, "metrics.all_owners"):
        asked = asked | {"by": "", "second": ""}
    if asked["start"] and asked["end"] and asked["start"] > asked["end"]:
        asked = asked | {"start": None, "end": None}
    try:
        return reports.answer(report.name, now=timezone.now(), **asked)
    except reports.ReportError:
        raise Http404 from None
