"""Bringing a file in: upload → columns → preview → progress → result and rejected rows."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts.roles import may
from common import exports

from .. import tasks
from ..forms import UploadForm
from ..importing import columns, encoding, guide, mapping_forms, previewing, rejects, running, staging, undo_kept
from ..importing.encoding import RefusedError
from ..models import Consent, Import, ImportReject

PREVIEW_ROWS = 50_000
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("imports.run")
@get_or_post
def imports(request: HttpRequest) -> HttpResponse:
    """The upload form and the files so far."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        draft = _draft(request, form.cleaned_data)
        return redirect("customers:import-mapping", draft.pk)
    recent = Import.objects.select_related("by").defer("mapping")[:50]
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/import_list.html", {"form": form, "imports": recent}, status=status)


def _draft(request: HttpRequest, data: dict[str, Any]) -> Import:
    file = data["file"]
    return running.start(
        kind=data["kind"],
        source=file,
        file_name=file.name,
        mapping={},
        options={},
        by=request.user,
        state=Import.State.DRAFT,
    )


@may("imports.run")
@get_or_post
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """The columns as guessed, with samples; a person corrects them."""
    draft = get_object_or_404(Import, pk=pk, state=Import.State.DRAFT)
    if request.method == "POST" and not _correct(request, draft):
        return redirect("customers:import-preview", pk)
    return _mapping_page(request, draft)


def _correct(request: HttpRequest, draft: Import) -> str:
    """Save the answers; the sentence that says why the columns are not yet right, or ''."""
    draft.mapping = mapping_forms.layout_given_by(request.POST)
    draft.options |= {name: bool(request.POST.get(name)) for name in ("create_customers", "clear_empty")}
    problem = "reread" if "reread" in request.POST else ""
    try:
        layout, _guess = staging.layout_and_mapping(draft)
        if not problem:
            draft.mapping = mapping_forms.given_by(draft.kind, layout, request.POST)
            columns.check(staging.layout_and_mapping(draft)[1], layout.header)
            mapping_forms.remember(draft.kind, layout, draft.mapping)
    except RefusedError as refusal:
        problem = str(refusal)
        messages.error(request, problem)
    draft.save(update_fields=["mapping", "options"])
    return problem


def _mapping_page(request: HttpRequest, draft: Import) -> HttpResponse:
    context: dict[str, Any] = {
        "imported": draft,
        "given": draft.mapping,
        "encodings": encoding.CHOICES,
        "delimiters": mapping_forms.DELIMITER_CODES.values(),
        "given_delimiter": mapping_forms.DELIMITER_CODES.get(draft.mapping.get("delimiter", "")),
        "orders": mapping_forms.ORDERS,
        "required": [column.field for column in columns.columns_of(draft.kind) if column.required],
    }
    try:
        layout, guessed = staging.layout_and_mapping(draft)
        if "columns" not in draft.mapping and (known := mapping_forms.remembered(draft.kind, layout)):
            draft.mapping = known | draft.mapping
            layout, guessed = staging.layout_and_mapping(draft)
            context["is_remembered"] = True
        rows = mapping_forms.rows(draft, layout, guessed)
        found = mapping_forms.DELIMITER_CODES.get(layout.delimiter, "")
        context |= {"layout": layout, "rows": rows, "notices": guessed.notices, "found_delimiter": found}
        context |= {"asks": {ask.about: ask for ask in guessed.asks}, "totals_once": guessed.totals_once}
        context["given"] = draft.mapping
    except RefusedError as refusal:
        context["refusal"] = str(refusal)
    return render(request, "customers/import_mapping.html", context)


@may("imports.run")
@get_or_post
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen, with examples, before anything is written."""
    draft = get_object_or_404(Import, pk=pk, state=Import.State.DRAFT)
    if request.method == "POST":
        return _confirm(request, draft)
    try:
        layout, guessed = staging.layout_and_mapping(draft)
        found = previewing.preview(draft, layout, guessed, first=PREVIEW_ROWS)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("customers:import-mapping", pk)
    reasons = [(reject, rejects.sentence(reject.code)) for reject in found.rejects]
    again = Import.objects.filter(sha256=draft.sha256, kind=draft.kind, state=Import.State.DONE).first()
    asks_basis = draft.kind == Import.Kind.CUSTOMERS and "email" in guessed.filled
    context = {"imported": draft, "found": found, "reasons": reasons, "again": again, "layout": layout}
    return render(request, "customers/import_preview.html", context | {"bases": asks_basis and Consent.Basis.choices})


def _confirm(request: HttpRequest, draft: Import) -> HttpResponse:
    options = {}
    if request.POST.get("basis") in Consent.Basis.values and draft.kind == Import.Kind.CUSTOMERS:
        options = {"basis": request.POST["basis"], "wording": request.POST.get("wording", "").strip()}
        if options["basis"] == Consent.Basis.CONSENT and not options["wording"]:
            messages.error(request, _("For consent, give the words the people agreed to."))
            return redirect("customers:import-preview", draft.pk)
    if running.confirm(imported=draft, by=request.user, options=options):
        transaction.on_commit(lambda: _wake(draft.pk))
    return redirect("customers:import-detail", draft.pk)


def _wake(pk: int) -> None:
    """Tell a worker at once; without Redis the clock finds the import in the table."""
    try:
        tasks.run_import.apply_async((pk,), retry=False)
    except OperationalError:
        return


@may("imports.run")
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress while it runs (the partial asks for itself), then the result."""
    imported = get_object_or_404(Import.objects.select_related("by"), pk=pk)
    if imported.state == Import.State.DRAFT:
        return redirect("customers:import-mapping", pk)
    context = {"imported": imported, "is_running": imported.state in running.UNFINISHED}
    if not context["is_running"]:
        shown = ImportReject.objects.filter(imported=imported).exclude(code="superseded").order_by("line")[:20]
        context["summary"] = rejects.summary(imported)
        context["reasons"] = [(reject, rejects.sentence(reject.code)) for reject in shown]
    context |= undo_kept.result(imported)
    context["written"] = imported.created + imported.updated + imported.unchanged + imported.rejected
    if request.htmx and context["is_running"]:
        return render(request, "customers/_import_progress.html", context)
    response = render(request, "customers/import_detail.html", context)
    if request.htmx:
        response["HX-Refresh"] = "true"
    return response


@may("imports.run")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    imported = get_object_or_404(Import, pk=pk)
    if running.cancel(imported=imported, by=request.user):
        messages.success(request, _("The import was stopped. Rows already written stay."))
    return redirect(
        "customers:import-detail" if imported.rows else "customers:imports", *([pk] if imported.rows else [])
    )


@may("imports.run")
@require_safe
def rejected(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rejected rows as a file to mend and bring back."""
    imported = get_object_or_404(Import, pk=pk)
    response = StreamingHttpResponse(rejects.lines(imported), content_type=rejects.content_type(imported))
    response.headers["Content-Disposition"] = _attachment(rejects.title(imported))
    return response


def _attachment(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(as_attachment=True, filename=name)


@may("imports.run")
@require_safe
def guide_page(request: HttpRequest) -> HttpResponse:
    """How to prepare a file, kind by kind."""
    return render(request, "customers/import_help.html", {"kinds": guide.kinds()})


@may("imports.run")
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty file with the headers of a kind."""
    if kind not in Import.Kind.values:
        return HttpResponse(status=404)
    response = HttpResponse("".join(exports.lines(guide.header(kind), [])), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = _attachment(f"{kind}.csv")
    return response
