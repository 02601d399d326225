"""Records as files: of every kind, of all customers or of those a list shows."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import may
from common import exports

from .. import exporting, listing, quality
from ..models import Customer, Import

FORMS = {"csv": "utf-8", "cp932": "cp932", "xlsx": ""}


@may("customers.export")
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Every kind with how many records it has, and the forms it can be had in. The list's filters come along."""
    customers, wanted = _chosen(request)
    labels = dict(Import.Kind.choices)
    counted = [(kind, labels[kind], exporting.queryset(kind, customers).count()) for kind in exporting.KINDS]
    is_part = customers is not None
    context = {"kinds": counted, "address": wanted.address() if is_part else "", "is_part": is_part}
    return render(request, "customers/exports.html", context)


@may("customers.export")
@require_POST
def export(request: HttpRequest, kind: str = "customers") -> HttpResponse:
    """The records as a file; who took them along is recorded. For CP932 it says first what would be lost."""
    if kind not in exporting.KINDS:
        return HttpResponse(status=404)
    customers, wanted = _chosen(request)
    return _hand_out(request, kind, customers, is_filtered=wanted.is_filtered)


@may("customers.export")
@require_POST
def mend(request: HttpRequest, name: str) -> HttpResponse:
    """The records of those a check of quality finds, to be mended in a spreadsheet and brought in again."""
    if name not in quality.BY_NAME:
        return HttpResponse(status=404)
    today = Installation.get().day_of(timezone.now())
    chosen = {key: request.GET.get(key, "").replace("\0", "") for key in ("owner", "source")}
    if chosen["owner"] not in {"", "none"} and not chosen["owner"].isdigit():
        return HttpResponse(status=404)
    found = quality.customers(name, today=today, **chosen)
    return _hand_out(
        request, quality.BY_NAME[name].kind, Customer.objects.filter(pk__in=found.values("pk")), check=name
    )


def _hand_out(request: HttpRequest, kind: str, customers, **what: Any) -> HttpResponse:
    form = request.POST.get("form", "csv")
    if form == "cp932" and "anyway" not in request.POST and (lost := _lost(kind, customers)).cells:
        context = {"kind": kind, "lost": lost, "address": request.get_full_path()}
        return render(request, "customers/export_lost.html", context)
    count = exporting.queryset(kind, customers).count()
    audit.record("records.export", by=request.user, kind=kind, count=count, form=form, **what)  # type: ignore[arg-type]  # signed in
    return _workbook(request, kind, customers) if form == "xlsx" else _csv(kind, customers, FORMS.get(form, "utf-8"))


def _chosen(request: HttpRequest) -> tuple[Any, listing.Wanted]:
    """The customers of the list the form stood under; None for all."""
    has_own = Customer.objects.current().owned_by(request.user).exists()  # type: ignore[arg-type]  # signed in
    wanted = listing.Wanted.read(request.GET, user=request.user, has_own=has_own and bool(request.GET))
    if not wanted.is_filtered and wanted.scope == "all":
        return None, wanted
    return listing.matching(wanted, user=request.user), wanted


def _lost(kind: str, customers) -> exports.Lost:
    lost = exports.Lost()
    for _piece in exports.encoded(exporting.header(kind), exporting.rows(kind, customers), "cp932", lost):
        pass
    return lost


def _csv(kind: str, customers, encoding: str) -> StreamingHttpResponse:
    pieces: Iterator[bytes] = exports.encoded(
        exporting.header(kind), exporting.rows(kind, customers), encoding, exports.Lost()
    )
    charset = "utf-8" if encoding == "utf-8" else "Shift_JIS"
    response = StreamingHttpResponse(pieces, content_type=f"text/csv; charset={charset}")
    response.headers["Content-Disposition"] = content_disposition_header(True, _name(kind, "csv"))
    return response


def _workbook(request: HttpRequest, kind: str, customers) -> HttpResponse | FileResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        exports.workbook(file, exporting.header(kind), exporting.rows(kind, customers))
    except exports.DoesNotFitError:
        file.close()
        context = {"kind": kind, "address": request.get_full_path(), "is_too_large": True}
        return render(request, "customers/export_lost.html", context)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_name(kind, "xlsx"))


def _name(kind: str, ending: str) -> str:
    day = Installation.get().day_of(timezone.now())
    return f"{_('export')}_{dict(Import.Kind.choices)[kind]}_{day:%Y%m%d}.{ending}"
