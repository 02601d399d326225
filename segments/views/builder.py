"""Making and changing a segment: the form is the state, every button re-renders it, nothing typed is lost."""

import datetime as dt
import secrets
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Installation, User
from accounts.roles import may

from .. import building, counting, drafting, rules, suggesting, tasks
from ..drafts import Draft
from ..forms import RuleForm, SegmentForm, page_of
from ..models import Segment
from ..starting_points import STARTING_POINTS

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("segments.edit")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    """From nothing, from a starting point, or from a copy of any segment."""
    if request.method == "POST":
        return _act(request, Segment())
    start, copied = request.GET.get("start", ""), request.GET.get("copy", "")
    if not start and not copied:
        segments = Segment.objects.filter(is_frozen=False)
        return render(request, "segments/start.html", {"points": STARTING_POINTS.values(), "segments": segments})
    segment, rule = _begun(start, copied)
    return _page(request, segment, SegmentForm(instance=segment), _draft(rule))


def _begun(start: str, copied: str) -> tuple[Segment, dict]:
    if copied:
        original = get_object_or_404(Segment, slug=copied, is_frozen=False)
        name = _("Copy of %(name)s") % {"name": original}
        return Segment(name=name[:100], description=original.purpose), original.rule
    point = STARTING_POINTS.get(start)
    return (Segment(name=str(point.name)), point.rule) if point else (Segment(), {})


def _draft(rule: dict) -> Draft:
    """The draft of a rule; an empty condition to begin with where there is none, or none that can be read."""
    try:
        return drafting.draft_of(rule if rules.parse(rule) else {})
    except rules.RuleError:
        draft = Draft()
        draft.act("add:0")
        return draft


@may("segments.edit")
@get_or_post
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Its maker and leaders change a segment."""
    segment = get_object_or_404(Segment, slug=slug)
    if not building.may_change(_user(request), segment):
        raise PermissionDenied
    if request.method == "POST":
        return _act(request, segment)
    return _page(request, segment, SegmentForm(instance=segment), _draft(segment.rule))


def _act(request: HttpRequest, segment: Segment) -> HttpResponse:
    """Saves, or does what a button of the tree asks, and shows the page again."""
    draft = Draft.read(request.POST)
    do = request.POST.get("do", "")
    form = SegmentForm(request.POST, instance=segment)
    if do == "save":
        return _save(request, segment, form, draft)
    draft.act(do)
    form.errors.clear()  # only what is sent to be saved is complained of
    return _page(request, segment, form, draft, counts=do == "count")


def _save(request: HttpRequest, segment: Segment, form: SegmentForm, draft: Draft) -> HttpResponse:
    rule = RuleForm(draft, as_of=_today(), segment=segment)
    is_whole = rule.check() is not None
    if form.is_valid() and is_whole and _is_confirmed(request, segment, form, rule):
        try:
            saved = _write(request, segment, form, rule)
        except building.ChangedMeanwhileError as error:
            _over(form, segment, str(error))
        except (building.SegmentError, rules.RuleError) as error:
            form.add_error(None, str(error))
        else:
            transaction.on_commit(partial(tasks.find_customers, saved.pk))
            messages.success(request, _("The segment is saved. Its customers are being found."))
            return _to(request, saved)
    return _page(request, segment, form, draft, rule=rule, status=422)


def _is_confirmed(request: HttpRequest, segment: Segment, form: SegmentForm, rule: RuleForm) -> bool:
    """A rule others work with is changed knowingly."""
    stands = Segment.objects.filter(pk=segment.pk).values_list("rule", flat=True).first()
    if not segment.pk or rule.rule == stands or request.POST.get("knows") or not building.uses(segment):
        return True
    form.add_error(None, _("This segment is in use: tick below that you know who works with it, and save again."))
    return False


def _write(request: HttpRequest, segment: Segment, form: SegmentForm, rule: RuleForm) -> Segment:
    words = {name: form.cleaned_data[name] for name in ("name", "description", "time_limit")}
    acting = {"by": _user(request), "now": timezone.now()}
    if segment.pk is None:
        return building.create(rule=rule.rule, **words, **acting)
    return building.change(
        segment=segment, rule=rule.rule, version=form.cleaned_data["version"] or 0, **words, **acting
    )


def _over(form: SegmentForm, segment: Segment, why: str) -> None:
    """What was typed stays and may be saved over the other's; both rules are shown in words."""
    theirs = Segment.objects.get(pk=segment.pk)
    form.add_error(None, _("%(why)s What they saved: %(rule)s") % {"why": why, "rule": _in_words(theirs.rule)})
    form.add_error(None, _("Your entries are kept below. Save again to put them in place of theirs."))
    form.data = form.data.copy()
    form.data["version"] = theirs.version


def _in_words(rule: dict) -> str:
    try:
        return rules.parse(rule).words()
    except rules.RuleError as error:
        return str(error)


def _page(
    request: HttpRequest,
    segment: Segment,
    form: SegmentForm,
    draft: Draft,
    *,
    rule: RuleForm | None = None,
    counts: bool = False,
    status: int = 200,
) -> HttpResponse:
    rule = rule or RuleForm(draft, as_of=_today(), segment=segment)
    stored = Segment.objects.filter(pk=segment.pk).first() if segment.pk else None
    context = {
        "segment": stored,
        "form": form,
        "rule": rule,
        "page": page_of(request.POST) or secrets.token_hex(8),
        "uses": building.uses(stored) if stored else [],
        "focuses": request.method == "POST",
        "is_refused": status != 200,
    }
    if counts:
        context |= _counted(request, rule)
    is_part = request.htmx and not request.htmx.boosted
    return render(request, "segments/_builder.html" if is_part else "segments/form.html", context, status=status)


# --- the count beside it -----------------------------------------------------------------------------


@may("segments.edit")
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """The rule in words, how many it finds, and the first few. A newer count of the page ends an older one."""
    segment = Segment.objects.filter(slug=request.POST.get("slug", "")).first()
    rule = RuleForm(Draft.read(request.POST), as_of=_today(), segment=segment)
    return render(request, "segments/_builder_count.html", {"rule": rule, **_counted(request, rule)})


def _counted(request: HttpRequest, rule: RuleForm) -> dict:
    parsed = rule.check()
    if parsed is None:
        return {"is_asked": True, "problems": rule.problems}
    counted = counting.count(parsed, as_of=_today(), name=_name(request))
    return {"is_asked": True, "words": parsed.words(), "counted": counted, "as_of": _today()}


@may("segments.edit")
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Ends the count of the page in the database."""
    if page_of(request.POST):
        counting.call_off(_name(request))
    return HttpResponse(status=204)


def _name(request: HttpRequest) -> str:
    """Of this page of this person: nobody ends another's count."""
    return f"count {_user(request).pk} {page_of(request.POST)}"


@may("segments.edit")
@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Values that contain what is being typed, as options."""
    typed: QueryDict = request.GET
    text = next((typed[name] for name in typed if name.startswith("n")), "").strip()[:100].replace("\0", "")
    found = suggesting.suggest(typed.get("of", ""), text)
    return render(request, "segments/_builder_options.html", {"options": found})


# --- deleting ----------------------------------------------------------------------------------------


@may("segments.edit")
@get_or_post
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Says what it means and who uses it; then puts it away."""
    segment = get_object_or_404(Segment, slug=slug)
    if not building.may_delete(_user(request), segment):
        raise PermissionDenied
    if request.method == "POST":
        try:
            building.archive(segment=segment, by=_user(request), now=timezone.now())
        except building.SegmentError as error:
            messages.error(request, str(error))
            return redirect("segments:detail", slug)
        return redirect("segments:deleted", slug)
    return render(request, "segments/delete.html", {"segment": segment, "uses": building.uses(segment)})


@may("segments.edit")
@get_or_post
def deleted(request: HttpRequest, slug: str) -> HttpResponse:
    """A deleted segment, and the button that takes it back."""
    segment = get_object_or_404(Segment.everything.exclude(archived_at=None), slug=slug)
    if not building.may_delete(_user(request), segment):
        raise PermissionDenied
    if request.method == "POST":
        building.restore(segment=segment, by=_user(request))
        transaction.on_commit(partial(tasks.find_customers, segment.pk))
        messages.success(request, _("The segment is back. Its customers are being found."))
        return redirect("segments:detail", slug)
    return render(request, "segments/deleted.html", {"segment": segment})


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _today() -> dt.date:
    return Installation.get().day_of(timezone.now())


def _to(request: HttpRequest, segment: Segment) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(reverse("segments:detail", args=[segment.slug]))
    return redirect("segments:detail", segment.slug)
