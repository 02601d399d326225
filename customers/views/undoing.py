"""An import taken back: what would happen, the progress, what came of it and what stayed."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from accounts.roles import may

from .. import tasks
from ..importing import undo_kept, undoing
from ..models import Import

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("imports.undo")
@get_or_post
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Before: what would happen. While it runs: how far it is. After: what came of it."""
    imported = get_object_or_404(Import.objects.select_related("by", "undone_by"), pk=pk)
    if request.method == "POST":
        return _begin(request, imported)
    if imported.state == Import.State.UNDOING:
        template = "_import_undo_progress.html" if request.htmx else "import_undo.html"
        return render(request, f"customers/{template}", {"imported": imported} | _numbers(imported.undone))
    if imported.state == Import.State.UNDONE:
        return _result(request, imported)
    return _preview(request, imported)


def _begin(request: HttpRequest, imported: Import) -> HttpResponse:
    try:
        undoing.begin(import_id=imported.pk, by=request.user)
    except undoing.UndoError as error:
        messages.error(request, str(error))
    else:
        transaction.on_commit(lambda: _wake(imported.pk))
    return redirect("customers:import-undo", imported.pk)


def _wake(pk: int) -> None:
    """Tell a worker at once; without Redis the clock finds the import in the table."""
    try:
        tasks.undo_import.apply_async((pk,), retry=False)
    except OperationalError:
        return


def _preview(request: HttpRequest, imported: Import) -> HttpResponse:
    try:
        undoing.check(imported)
    except undoing.UndoError as error:
        messages.error(request, str(error))
        return redirect("customers:import-detail", imported.pk)
    found = undoing.look(imported, now=timezone.now())
    context = {"imported": imported, "is_preview": True, "lines": undo_kept.lines(found["first"])}
    return render(request, "customers/import_undo.html", context | _numbers(found))


def _result(request: HttpRequest, imported: Import) -> HttpResponse:
    after = request.GET.get("after", "")
    lines, following = undo_kept.page(imported, int(after) if after.isascii() and after.isdigit() else 0)
    context = {"imported": imported, "lines": lines, "next_url": f"?after={following}" if following else ""}
    response = render(request, "customers/import_undo.html", context | _numbers(imported.undone))
    if request.htmx:
        response["HX-Refresh"] = "true"
    return response


def _numbers(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "totals": {name: undo_kept.total(found, name) for name in ("created", "changed", "kept")},
        "figures": undo_kept.figures(found),
        "consents": found.get("consents", 0) + found.get("suppressions", 0),
    }


@may("imports.undo")
@require_safe
def kept(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """What the undo left as it is, as a file."""
    imported = get_object_or_404(Import, pk=pk, state=Import.State.UNDONE)
    response = StreamingHttpResponse(undo_kept.file(imported), content_type="text/csv; charset=utf-8")
    name = _("kept") + f"_{imported.pk}.csv"
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response
