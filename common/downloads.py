"""A table as a download, in the form a person chose: CSV (UTF-8 or CP932) or a workbook."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

from . import exports

ENCODINGS = {"csv": "utf-8", "cp932": "cp932"}

Rows = Callable[[], Iterable[Sequence[Any]]]


def form_of(request: HttpRequest) -> str:
    """csv, cp932 or xlsx, as the button said."""
    form = request.POST.get("form", "csv")
    return form if form in {*ENCODINGS, "xlsx"} else "csv"


def answer(request: HttpRequest, *, name: str, header: Sequence[str], rows: Rows, back: str) -> HttpResponseBase:
    """The file, or the page that says first what would be lost in it. `rows` is called for each pass; `back` is
    where who changes his mind goes. The name is without ending."""
    form = form_of(request)
    if form == "xlsx":
        return _workbook(request, name, header, rows, back)
    if form == "cp932" and "anyway" not in request.POST and (lost := _lost(header, rows)).cells:
        return _said(request, back, lost=lost)
    charset = "Shift_JIS" if form == "cp932" else "utf-8"
    pieces = exports.encoded(header, rows(), ENCODINGS[form], exports.Lost())
    response = StreamingHttpResponse(pieces, content_type=f"text/csv; charset={charset}")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.csv")
    return response


def _lost(header: Sequence[str], rows: Rows) -> exports.Lost:
    lost = exports.Lost()
    for _piece in exports.encoded(header, rows(), "cp932", lost):
        pass
    return lost


def _workbook(request: HttpRequest, name: str, header: Sequence[str], rows: Rows, back: str) -> HttpResponseBase:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        exports.workbook(file, header, rows())
    except exports.DoesNotFitError:
        file.close()
        return _said(request, back, is_too_large=True)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")


def _said(request: HttpRequest, back: str, **what: Any) -> HttpResponse:
    context = {"address": request.get_full_path(), "cancel_url": back, **what}
    return render(request, "customers/export_lost.html", context)
