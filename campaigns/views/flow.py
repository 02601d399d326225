"""The flow of a campaign: who enters, its steps with who is where, who leaves. By keyboard, and without script."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import may
from campaigns import conditions, editions, flow_counts, journeys
from campaigns import flow as words
from campaigns.flow_forms import RulesForm, StepForm
from campaigns.models import Campaign, Journey, Step
from campaigns.states import CampaignError

from . import find, number, today

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("campaigns.view")
@require_safe
def flow(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole on one page: the edition in force, or the one being worked on where it is asked for or exists."""
    campaign = find(pk)
    editable = editions.editable(campaign)
    edition = editable or campaign.edition
    if request.GET.get("edition") == "now":
        edition = campaign.edition
    context = {
        "campaign": campaign,
        "edition": edition,
        "is_editable": edition == editable,
        "is_new_edition": edition > campaign.edition,
        "may_begin": campaign.state in editions.RUNS and editable is None,
        "editable": editable,
        "version": campaign.version,
        "next": words.next_words(campaign, timezone.now()),
        "by_edition": editions.on_the_way(campaign),
        **_said(campaign),
        **_people(campaign, edition),
    }
    return render(request, "campaigns/flow.html", context)


def _said(campaign: Campaign) -> dict:
    return {
        "entry": words.entry(campaign),
        "table": words.table(campaign),
        "exits": words.exits(campaign),
        "recipients": words.recipients(campaign),
        "problems": words.problems(campaign),
        "is_series": journeys.is_series(campaign),
        "is_triggered": journeys.is_triggered(campaign),
    }


def _people(campaign: Campaign, edition: int) -> dict:
    counts = flow_counts.places(campaign)
    steps = editions.steps_of(campaign, edition)
    return {
        "steps": [_shown(campaign, step, counts.get(step.position, flow_counts.Place())) for step in steps],
        "last": len(steps),
        "totals": flow_counts.totals(campaign),
        "reasons": flow_counts.reasons(campaign),
    }


def _shown(campaign: Campaign, step: Step, place: flow_counts.Place) -> dict:
    return {
        "step": step,
        "wait": words.wait(step),
        "condition": conditions.words(step.condition),
        "place": place,
        "behind": step.position - 1,
        "words_url": _words_url(campaign, step),
    }


def _words_url(campaign: Campaign, step: Step) -> str:
    """Where the step's message is written."""
    try:
        return reverse("campaigns:step", args=[campaign.pk, step.position])
    except NoReverseMatch:
        return reverse("campaigns:edit", args=[campaign.pk])


# --- who enters and who leaves ---------------------------------------------------------------------


@may("campaigns.edit")
@get_or_post
def rules(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = find(pk)
    if campaign.state != Campaign.State.DRAFT and campaign.state not in editions.RUNS:
        messages.warning(request, _("This campaign is over or planned: its flow stays as it is."))
        return redirect("campaigns:flow", pk)
    form = RulesForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        act = {"fields": form.values, "version": form.cleaned_data["version"]}
        if _is_done(request, lambda: editions.change_rules(campaign=campaign, by=request.user, **act), form):
            return redirect("campaigns:flow", pk)
    return render(
        request, "campaigns/flow_rules.html", {"campaign": campaign, "form": form}, status=422 if form.errors else 200
    )


def _is_done(request: HttpRequest, act: Callable[[], object], form) -> bool:
    """Does it; what forbids it stands on the form."""
    try:
        act()
    except CampaignError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("It is saved."))
    return True


# --- steps ---------------------------------------------------------------------------------------


@may("campaigns.edit")
@get_or_post
def step(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """When a step comes and for whom."""
    campaign = find(pk)
    edition = editions.editable(campaign)
    found = campaign.steps.filter(edition=edition, position=position).first() if edition else None
    if found is None:
        raise Http404
    form = StepForm(request.POST or None, step=found, version=campaign.version)
    if request.method == "POST" and form.is_valid():
        act = {"rule": form.values, "version": form.cleaned_data["version"], "position": position}
        if _is_done(request, lambda: editions.change_step(campaign=campaign, by=request.user, **act), form):
            return redirect("campaigns:flow", pk)
    context = {"campaign": campaign, "form": form, "step": found, "words_url": _words_url(campaign, found)}
    return render(request, "campaigns/flow_step.html", context, status=422 if form.errors else 200)


@may("campaigns.edit")
@require_POST
def step_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A new step behind the one named; then when it comes is asked."""
    campaign = find(pk)
    after, version = number(request.POST.get("after")) or 0, number(request.POST.get("version")) or 0
    try:
        position = editions.add_step(campaign=campaign, by=request.user, version=version, after=after)
    except CampaignError as error:
        messages.error(request, str(error))
        return redirect("campaigns:flow", pk)
    return redirect("campaigns:flow-step", pk, position)


@may("campaigns.edit")
@require_POST
def step_change(request: HttpRequest, pk: int, position: int, act: str) -> HttpResponse:
    """One place up or down, or out."""
    campaign = find(pk)
    at = {"campaign": campaign, "by": request.user, "version": number(request.POST.get("version")) or 0}
    acts: dict[str, Callable[[], None]] = {
        "up": lambda: editions.move_step(**at, position=position, by_places=-1),
        "down": lambda: editions.move_step(**at, position=position, by_places=1),
        "remove": lambda: editions.remove_step(**at, position=position),
    }
    if act not in acts:
        raise Http404
    return _then_flow(request, pk, acts[act])


def _then_flow(request: HttpRequest, pk: int, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect("campaigns:flow", pk)


# --- editions ------------------------------------------------------------------------------------


@may("campaigns.edit")
@require_POST
def edition_begin(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = find(pk)
    return _then_flow(request, pk, lambda: editions.begin(campaign=campaign, by=request.user))


@may("campaigns.edit")
@require_POST
def edition_discard(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = find(pk)
    return _then_flow(request, pk, lambda: editions.discard(campaign=campaign, by=request.user))


@may("campaigns.send")
@get_or_post
def edition_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Says who gets which edition, then puts the new one in force."""
    campaign = find(pk)
    edition = editions.editable(campaign)
    if edition is None or campaign.state == Campaign.State.DRAFT:
        return redirect("campaigns:flow", pk)
    on_the_way = editions.on_the_way(campaign)
    problem = ""
    if request.method == "POST":
        moves = request.POST.get("who") == "all"
        act = {"campaign": campaign, "by": request.user, "now": timezone.now(), "as_of": today(), "moves": moves}
        try:
            editions.put_in_force(**act)
            messages.success(request, _("Edition %(n)s is in force.") % {"n": edition})
            return redirect("campaigns:flow", pk)
        except CampaignError as error:
            problem = str(error)
    context = {"campaign": campaign, "edition": edition, "on_the_way": on_the_way, "problem": problem}
    context["people"] = sum(on_the_way.values())
    return render(request, "campaigns/flow_edition.html", context, status=422 if problem else 200)


# --- who is where ----------------------------------------------------------------------------------


@may("campaigns.view")
@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody's way through the campaign, newest first; by state, and behind which step."""
    campaign = find(pk)
    state = request.GET.get("state", "")
    state = state if state in Journey.State else ""
    position = number(request.GET.get("behind"))
    cursor = {name: number(request.GET.get(name)) for name in ("before", "after")}
    page = flow_counts.page(campaign, state=state, position=position, **cursor)
    kept = {"state": state} if state else {}
    kept |= {} if position is None else {"behind": str(position)}
    context = {
        "campaign": campaign,
        "page": page,
        "state": state,
        "position": position,
        "states": Journey.State.choices,
        "reasons": journeys.REASONS,
        "prev_url": _url(kept, after=page.newer),
        "next_url": _url(kept, before=page.older),
    }
    template = (
        "campaigns/_flow_people.html" if request.htmx and not request.htmx.boosted else "campaigns/flow_people.html"
    )
    return render(request, template, context)


def _url(kept: dict[str, str], **cursor: int | None) -> str:
    (name, value), *_rest = cursor.items()
    return "?" + urlencode({**kept, name: str(value)}) if value is not None else ""
