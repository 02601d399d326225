"""Frozen segments: from pasted or uploaded lines, looked through before they are saved; and copies of a segment."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from common import exports
from common.templatetags.crm import day

from .. import frozen, frozen_lines
from ..frozen_forms import ChangeForm, ListForm, NameForm
from ..models import FrozenList, Segment

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("segments.edit")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    """Paste or upload; who the lines are is shown next."""
    form = ListForm(request.POST, request.FILES) if request.method == "POST" else ListForm()
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("segments:frozen-preview", _draft(request, form.cleaned_data).pk)
        except frozen.ListError as error:
            form.add_error("file" if form.cleaned_data["file"] else "text", str(error))
    return render(request, "segments/frozen_new.html", {"form": form}, status=422 if form.errors else 200)


def _draft(request: HttpRequest, data: dict) -> FrozenList:
    file = data["file"]
    source = FrozenList.Source.FILE if file else FrozenList.Source.PASTED
    lines = frozen.uploaded(file, file.name) if file else frozen.pasted(data["text"])
    name = file.name if file else ""
    return frozen.draft(lines=lines, source=source, file_name=name, by=request.user, now=timezone.now())


@may("segments.edit")
@get_or_post
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Matched, in doubt (choose), not found; saving makes the segment."""
    made = get_object_or_404(FrozenList, pk=pk, segment=None, made_by=request.user)
    form = NameForm(request.POST if request.POST.get("action") == "save" else None, initial={"name": _name(made)})
    if request.method == "POST":
        settled = frozen.choose(made=made, choices=_choices(request))
        if not form.is_bound:
            return _settled(request, made, settled)
        if form.is_valid() and (segment := _saved(request, made, form)):
            return redirect("segments:detail", segment.slug)
    return _preview(request, made, form)


def _name(made: FrozenList) -> str:
    words = made.file_name.rsplit(".", 1)[0][:80] if made.file_name else _("List")
    return f"{words} {day(made.made_at)}"


def _choices(request: HttpRequest) -> dict[int, int]:
    """line id → customer id, of the lists that were answered."""
    given = {name.removeprefix("line-"): value for name, value in request.POST.items() if name.startswith("line-")}
    return {int(line): int(one) for line, one in given.items() if _is_id(line) and _is_id(one)}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _settled(request: HttpRequest, made: FrozenList, settled: int) -> HttpResponse:
    """After choices: the lines that follow those shown."""
    messages.success(request, ngettext("%(n)s line is settled.", "%(n)s lines are settled.", settled) % {"n": settled})
    after = request.POST.get("after", "")
    answer = redirect("segments:frozen-preview", made.pk)
    if _is_id(after):
        answer["Location"] += f"?after={after}"
    return answer


def _saved(request: HttpRequest, made: FrozenList, form: NameForm) -> Segment | None:
    try:
        segment = frozen.save(made=made, name=form.cleaned_data["name"], by=request.user, now=timezone.now())
    except frozen.ListError as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _("“%(name)s” is saved with %(n)s customers.") % {"name": segment, "n": _n(segment)})
    return segment


def _n(segment: Segment) -> str:
    return f"{segment.member_count:,}"


def _preview(request: HttpRequest, made: FrozenList, form: NameForm) -> HttpResponse:
    after = request.GET.get("after", "")
    doubts, more = frozen_lines.doubts(made, after=int(after) if _is_id(after) else 0)
    context = {
        "made": made,
        "form": form,
        "outcome": frozen_lines.outcome(made),
        "doubts": doubts,
        "more": more,
        "missing": list(frozen_lines.missing(made)[: frozen_lines.MISSING_SHOWN]),
    }
    return render(request, "segments/frozen_preview.html", context, status=422 if form.errors else 200)


@may("segments.edit")
@require_safe
def missing(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The lines that are nobody, as a file: what was typed, nothing of ours."""
    made = get_object_or_404(FrozenList, pk=pk, segment=None, made_by=request.user)
    rows = exports.lines(["line", "text"], frozen_lines.missing_rows(made))
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="not-found-{made.pk}.csv"'
    return response


@may("segments.edit")
@require_POST
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """Today's members of a segment as a list of its own."""
    segment = get_object_or_404(Segment, slug=slug)
    now = timezone.now()
    name = f"{str(segment)[:85]} {day(Installation.get().day_of(now))}"
    try:
        made = frozen.copy(segment=segment, name=name, by=request.user, now=now)
    except frozen.ListError as error:
        messages.error(request, str(error))
        return redirect("segments:detail", slug)
    messages.success(request, _("“%(name)s” is saved with %(n)s customers.") % {"name": made, "n": _n(made)})
    return redirect("segments:detail", made.slug)


@may("segments.edit")
@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds customers to a frozen segment, or takes them out (`action=remove`)."""
    segment = get_object_or_404(frozen_lines.with_lines(), slug=slug)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give one code, e-mail address or name a line."))
        return redirect("segments:detail", slug)
    verb = frozen.remove if request.POST.get("action") == "remove" else frozen.add
    count, left = verb(segment=segment, text=form.cleaned_data["text"], by=request.user, now=timezone.now())
    messages.success(request, _changed(verb is frozen.add, count))
    if left:
        some = ", ".join(left[:10]) + (" …" if len(left) > 10 else "")
        messages.warning(request, _("Not found, or not certain who it is: %(lines)s") % {"lines": some})
    return redirect("segments:detail", slug)


def _changed(is_added: bool, count: int) -> str:
    if is_added:
        return ngettext("%(n)s customer is added.", "%(n)s customers are added.", count) % {"n": count}
    return ngettext("%(n)s customer is taken out.", "%(n)s customers are taken out.", count) % {"n": count}
