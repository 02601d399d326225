"""Bringing a file in: upload → columns → preview → progress → result and rejected rows."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.roles import may
from common import exports

from .. import tasks
from ..forms import UploadForm
from ..importing import (
    columns,
    encoding,
    guide,
    mapping_forms,
    owners,
    previewing,
    reading,
    recognising,
    rejects,
    running,
    staging,
    undo_kept,
)
from ..importing.encoding import RefusedError
from ..importing.labels import FIELDS
from ..models import Consent, Import, ImportReject

PREVIEW_ROWS = 50_000
SHOWN = 50
MOST_OWNERS = 100
REREAD = "reread"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("imports.run")
@get_or_post
def imports(request: HttpRequest) -> HttpResponse:
    """The upload form and the files so far."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
    if request.method == "POST" and form.is_valid():
        draft = _draft(request, form.cleaned_data)
        return redirect("customers:import-mapping", draft.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/import_list.html", {"form": form} | _so_far(request), status=status)


def _so_far(request: HttpRequest) -> dict[str, Any]:
    """A page of the imports asked for, newest first; what programs sent only where it is asked for."""
    asked = {name: request.GET.get(name, "") for name in ("of", "state", "calls", "before")}
    found = Import.objects.all() if asked["calls"] else Import.objects.exclude(source=Import.Source.API)
    if asked["of"] in Import.Kind.values:
        found = found.filter(kind=asked["of"])
    if asked["state"] in Import.State.values:
        found = found.filter(state=asked["state"])
    count, before = found.count(), asked.pop("before")
    if is_place := before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(found.select_related("by").defer("mapping").order_by("-pk")[: SHOWN + 1])
    same = urlencode({name: value for name, value in asked.items() if value})
    return {
        "imports": rows[:SHOWN],
        "count": count,
        "asked": asked,
        "first_url": f"?{same}" if is_place else "",
        "next_url": f"?{same}&before={rows[SHOWN - 1].pk}" if len(rows) > SHOWN else "",
        "kinds": Import.Kind.choices,
        "states": Import.State.choices,
    }


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
    if request.method != "POST":
        return _mapping_page(request, draft)
    if "forget" in request.POST:
        return _forget(request, draft)
    problem = _correct(request, draft)
    return _mapping_page(request, draft, problem) if problem else redirect("customers:import-preview", pk)


def _forget(request: HttpRequest, draft: Import) -> HttpResponse:
    """The columns are guessed anew, and will be for the next file with this header."""
    if layout := _layout(draft):
        mapping_forms.forget(draft.kind, layout)
        messages.success(request, _("Forgotten. The columns are guessed from their headers again."))
    return redirect("customers:import-mapping", draft.pk)


def _layout(draft: Import) -> reading.Layout | None:
    """How the file is laid out by the answers so far; None where it cannot be read so."""
    try:
        return reading.layout_of(staging.path_of(draft), draft.kind, draft.mapping)
    except RefusedError:
        return None


def _correct(request: HttpRequest, draft: Import) -> str:
    """Save the answers; why the page is shown again (REREAD, or a sentence what is wrong), or ''."""
    before, draft.mapping = _layout(draft), mapping_forms.layout_given_by(request.POST)
    draft.options |= {name: bool(request.POST.get(name)) for name in ("create_customers", "clear_empty")}
    after = _layout(draft)
    if before and after:
        typed = mapping_forms.given_by(draft.kind, before, request.POST)
        draft.mapping = mapping_forms.kept(typed, before, after)
    is_anew = "reread" in request.POST or not (before and after and before.header == after.header)
    problem = REREAD if is_anew else _problem(draft)
    draft.save(update_fields=["mapping", "options"])
    return problem


def _problem(draft: Import) -> str:
    """Why the file cannot be read by these answers; remembers them where it can."""
    try:
        layout, guessed = staging.layout_and_mapping(draft)
        columns.check(guessed, layout.header)
    except RefusedError as refusal:
        return str(refusal)
    for row in mapping_forms.rows(draft, layout, guessed):
        if row.is_asked:
            return _("“%(header)s” is still open. %(question)s") % {"header": row.header, "question": row.question}
    mapping_forms.remember(draft.kind, layout, draft.mapping)
    return ""


def _mapping_page(request: HttpRequest, draft: Import, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "imported": draft,
        "refusal": "" if problem == REREAD else problem,
        "encodings": encoding.CHOICES,
        "delimiters": mapping_forms.DELIMITER_CODES.values(),
        "given_delimiter": mapping_forms.DELIMITER_CODES.get(draft.mapping.get("delimiter", "")),
        "needed": [FIELDS[column.field] for column in columns.columns_of(draft.kind) if column.required],
    }
    try:
        layout = reading.layout_of(staging.path_of(draft), draft.kind, draft.mapping)
        context |= _columns(draft, layout, context)
    except RefusedError as refusal:
        context["refusal"] = str(refusal)
    status = 422 if context["refusal"] and request.method == "POST" else 200
    return render(request, "customers/import_mapping.html", context | {"given": draft.mapping}, status=status)


def _columns(draft: Import, layout: reading.Layout, context: dict[str, Any]) -> dict[str, Any]:
    """What was found or said of the columns. Where that cannot be, it is shown with the reason, to be mended."""
    refusal, is_remembered = context["refusal"], False
    if "columns" not in draft.mapping and (known := mapping_forms.remembered(draft.kind, layout)):
        draft.mapping, is_remembered = known | draft.mapping, True
    try:
        layout, guessed = staging.layout_and_mapping(draft)
    except RefusedError as error:
        refusal, guessed = str(error), columns.guess(draft.kind, layout.header, samples=layout.samples)
    export = recognising.name_of(guessed)
    return {
        "refusal": refusal,
        "is_remembered": is_remembered,
        "layout": layout,
        "rows": mapping_forms.rows(draft, layout, guessed),
        "is_keyed": mapping_forms.is_keyed(guessed),
        "export": export,
        "notices": guessed.notices[1:] if export else guessed.notices,
        "found_delimiter": mapping_forms.DELIMITER_CODES.get(layout.delimiter, ""),
        "asks": {ask.about: ask for ask in guessed.asks},
        "totals_once": guessed.totals_once,
        "units": mapping_forms.UNITS,
    }


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
    context = {
        "imported": draft,
        "found": found,
        "layout": layout,
        "reasons": [(reject, rejects.sentence(reject.code)) for reject in found.rejects],
        "same": _same_file(draft),
        "owners": found.owners[:MOST_OWNERS],
        "staff": User.objects.filter(is_active=True, is_placeholder=False).order_by("name", "pk"),
        "bases": draft.kind == Import.Kind.CUSTOMERS and "email" in guessed.filled and Consent.Basis.choices,
    }
    return render(request, "customers/import_preview.html", context)


def _same_file(draft: Import) -> list[Import]:
    """Where these very bytes came in before, or are just coming in, under whatever name."""
    came = (Import.State.DONE, *running.UNFINISHED)
    same = Import.objects.filter(sha256=draft.sha256, kind=draft.kind, state__in=came).exclude(pk=draft.pk)
    return list(same.select_related("by").defer("mapping")[:5])


@may("imports.run")
@require_POST
def join_owners(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who the names in the file are; it is remembered, and the dry run counts by it at once."""
    get_object_or_404(Import, pk=pk, state=Import.State.DRAFT)
    staff = {str(user.pk): user for user in User.objects.filter(is_placeholder=False)}
    said = zip(request.POST.getlist("text"), request.POST.getlist("user"), strict=False)
    chosen = [(text, staff[user]) for text, user in said if user in staff]
    try:
        for text, user in chosen:
            owners.remember(text=text, user=user, by=request.user)
    except owners.OwnerNameError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(count)s names are joined.") % {"count": len(chosen)})
    return redirect("customers:import-preview", pk)


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
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed import goes on from where it stood."""
    imported = get_object_or_404(Import, pk=pk)
    if running.try_again(imported=imported, by=request.user):
        transaction.on_commit(lambda: _wake(pk))
    return redirect("customers:import-detail", pk)


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
