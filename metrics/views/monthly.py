"""The month as a page, and as a PDF or a workbook to hand on."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from metrics import monthly
from metrics.letter import readers_of
from metrics.monthly import book, facts
from metrics.monthly import pdf as drawn
from metrics.periods import Period, named
from metrics.wording import period_words

from . import files


@may("metrics.view")
@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    """To the last month that is over; to the one that runs where there is no other."""
    settings = Installation.get()
    today = settings.day_of(timezone.now())
    asked = request.GET.get("month", "")
    codes = facts.months()
    over = [code for code in codes if (one := named(code)) and one.last < today]
    chosen = asked if named(asked) else (over or codes or [f"{today:%Y-%m}"])[0]
    return redirect("metrics:monthly", code=chosen)


@may("metrics.view")
@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    report = _report(request, code)
    settings = Installation.get()
    months = [(one, period_words(found, settings)) for one in facts.months() if (found := named(one))]
    return render(request, "metrics/monthly.html", {"report": report, "months": months, "here": code})


def _report(request: HttpRequest, code: str) -> monthly.Report:
    """Staff see the part of the cut by owner that is theirs; 404 where the address names no month."""
    return monthly.build(
        month_of(code), today=Installation.get().day_of(timezone.now()), readers=readers_of(request.user)
    )


def month_of(code: str) -> Period:
    period = named(code)
    if period is None or period.months != 1:
        raise Http404
    return period


@may("metrics.view")
@require_safe
def pdf(request: HttpRequest, code: str) -> HttpResponse:
    report = _kept(request, code)
    return files.as_file(drawn.render(report), "application/pdf", f"{_stem(report)}.pdf")


@may("metrics.view")
@require_safe
def xlsx(request: HttpRequest, code: str) -> HttpResponse:
    report = _kept(request, code)
    return files.as_file(book.render(report), files.XLSX, f"{_stem(report)}.xlsx")


def _kept(request: HttpRequest, code: str) -> monthly.Report:
    """A file of a month of which no night knows anything would be empty paper: 404."""
    report = _report(request, code)
    if report.as_of is None:
        raise Http404
    return report


def _stem(report: monthly.Report) -> str:
    return report.title.replace(" ", "_")


@may("metrics.view")
@require_safe
def table(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """One table of the report as CSV or workbook (form=xlsx); the figures of a chart too."""
    report = _kept(request, code)
    tables = [one for part in report.sections for one in (*part.tables, *(chart.table for chart in part.charts))]
    found = next((one for one in tables if one.key == key), None)
    if found is None:
        raise Http404
    return files.handed_out(request, f"{code}-{key}", [column.name for column in found.columns], found.rows)
