"""Sending: a test to oneself, the launch after saying what will happen, how far it is, pause, resume, stop."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from campaigns import (
    audience,
    before_sending,
    checking,
    compliance,
    editions,
    flow,
    journeys,
    previewing,
    results,
    states,
    tasks,
)
from campaigns.forms import LaunchForm
from campaigns.models import Campaign, Delivery, DomainPause, Way
from campaigns.states import CampaignError
from customers.models import Customer

from . import approval, fairness, find, number, today
from .previews import step_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
ON_THE_WAY = {Campaign.State.RUNNING, Campaign.State.PAUSED}


def of(campaign: Campaign) -> dict:
    """What the page of a launched campaign shows of its sending."""
    progress = results.progress(campaign)
    meant = progress.planned - progress.suppressed - progress.held_out
    return {
        "progress": progress,
        "meant": meant,
        "done": meant - progress.open,
        "state_counts": _counts(progress),
        "domain_pauses": DomainPause.objects.filter(campaign=campaign, lifted_at=None).order_by("domain"),
        "is_on_the_way": campaign.state in ON_THE_WAY,
        "has_letters": campaign.steps.filter(channel=Way.POSTAL).exists(),
    }


def _counts(progress: results.Progress) -> list[tuple[str, str, int]]:
    """State, its words and its count; the rare ones only where there are any. Waiting is several states: no link."""
    always = [Delivery.State.ACCEPTED, Delivery.State.FAILED, Delivery.State.UNKNOWN]
    rare = [Delivery.State.SUPPRESSED, Delivery.State.CANCELLED, Delivery.State.EXPIRED]
    shown = [state for state in [*always, *rare] if state in always or getattr(progress, state)]
    waiting = [("", _("Waiting"), progress.open)] if progress.open else []
    counts = [(str(state), str(state.label), getattr(progress, state)) for state in [*shown, Delivery.State.HELD_OUT]]
    return [*waiting, *counts]


def shown(waterfall: audience.Waterfall) -> dict:
    """Who receives it and why not; `matched` is the whole that the bars are parts of."""
    return {"waterfall": waterfall, "matched": waterfall.count("matched")}


def problems_of(campaign: Campaign, day: dt.date) -> list[str]:
    """Everything that forbids sending it on that day, in words."""
    return [*compliance.problems(campaign, as_of=day), *audience.stale(campaign.segment, timezone.now())]


@may("campaigns.view")
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked every two seconds by the page of a running campaign; once it is through, the page loads anew."""
    campaign = find(pk)
    if campaign.state not in ON_THE_WAY and request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if not request.htmx:
        return redirect("campaigns:detail", pk)
    return render(request, "campaigns/_progress.html", {"campaign": campaign, **of(campaign)})


@may("campaigns.send")
@require_POST
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as one customer would get it, to the one who asks."""
    campaign = find(pk)
    persona = request.POST.get("persona", "")
    chosen = Customer.objects.filter(pk=number(request.POST.get("customer"))).first()
    step = step_of(campaign, number(request.POST.get("position")) or 1)
    try:
        previewing.send_test(
            step=step,
            customer=chosen,
            persona=persona,
            variant=request.POST.get("variant", "") if step.variants.exists() else "",
            by=request.user,
            now=timezone.now(),
        )
        messages.success(request, _("A test mail is on its way to %(address)s.") % {"address": request.user.email})
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect("campaigns:detail", pk)


@may("campaigns.edit")
@require_POST
def try_links(request: HttpRequest, pk: int) -> HttpResponse:
    """Calls every address in the mails, and says which are dead."""
    campaign = find(pk)
    found = checking.try_links(campaign)
    dead = [link for link in found if link.fault]
    if dead:
        messages.warning(request, _("%(n)s links do not work: see the checks.") % {"n": len(dead)})
    else:
        messages.success(request, _("All %(n)s links answer.") % {"n": len(found)})
    return redirect("campaigns:detail", pk)


@may("campaigns.send")
@get_or_post
def launch(request: HttpRequest, pk: int) -> HttpResponse:
    """What will happen and to how many, then the button that does it."""
    campaign = find(pk)
    if campaign.state != Campaign.State.DRAFT:
        messages.warning(request, _("This campaign has already been launched or planned."))
        return redirect("campaigns:detail", pk)
    day = today()
    waterfall = audience.waterfall(campaign, as_of=day)
    initial = {"version": campaign.version, "day": day + dt.timedelta(days=1)}
    form = LaunchForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _is_launched(request, campaign, form):
        return redirect("campaigns:detail", pk)
    context = {
        "campaign": campaign,
        "form": form,
        **shown(waterfall),
        "receivers": waterfall.count("will_receive"),
        "held_out": waterfall.count("held_out"),
        "problems": problems_of(campaign, day),
        "facts": before_sending.facts(campaign, receivers=waterfall.count("will_receive")),
        **fairness.of(campaign),
        "warnings": checking.warnings(campaign, as_of=day),
        "mails": campaign.steps.filter(edition=campaign.edition),
        "result_on": day + dt.timedelta(days=campaign.window_days),
        "is_triggered": journeys.is_triggered(campaign),
        "entry": flow.entry(campaign),
        "steps": editions.steps_of(campaign, campaign.edition),
        **approval.needed(campaign, waterfall.count("will_receive"), timezone.now()),
    }
    return render(request, "campaigns/launch.html", context, status=422 if form.errors else 200)


def _is_launched(request: HttpRequest, campaign: Campaign, form: LaunchForm) -> bool:
    """Launches or plans it. What forbids it stands on the form."""
    now, at = timezone.now(), form.at(Installation.get().zone)
    try:
        _refuse_if_changed(campaign, form.cleaned_data["version"])
        if at:
            audience.schedule(campaign=campaign, at=at, by=request.user, now=now)
            messages.success(request, _("It is planned. Until then you can take it back."))
        else:
            audience.launch(campaign=campaign, by=request.user, now=now)
            messages.success(request, _("It has been launched. What is due goes out now."))
    except CampaignError as error:
        form.add_error(None, str(error))
        return False
    transaction.on_commit(tasks.wake)
    return True


def _refuse_if_changed(campaign: Campaign, version: int) -> None:
    """What is sent is what was looked at."""
    if campaign.version != version:
        raise CampaignError(_("Someone has changed this campaign since you opened this page. Look at it again first."))


# --- pause, resume, stop ------------------------------------------------------------------------


State = Campaign.State


@dataclass(frozen=True)
class Act:
    """Something people do with a campaign as a whole, asked once before it is done. `do` takes campaign, by, now."""

    key: str
    when: frozenset[str]
    label: Promise
    question: Promise
    done: Promise
    icon: str
    do: Callable[..., object]
    is_grave: bool = False


ACTS = {
    act.key: act
    for act in (
        Act(
            "pause",
            frozenset({State.RUNNING}),
            gettext_lazy("Pause"),
            gettext_lazy("Nothing further goes out until you resume. What is being handed over right now is finished."),
            gettext_lazy("It is paused."),
            "player-pause",
            lambda campaign, by, now: states.pause(campaign=campaign, by=by, now=now),
        ),
        Act(
            "resume",
            frozenset({State.PAUSED}),
            gettext_lazy("Resume"),
            gettext_lazy("What is still waiting goes out now. Mail domains that had refused us are tried again."),
            gettext_lazy("It goes on."),
            "player-play",
            lambda campaign, by, now: states.resume(campaign=campaign, by=by, now=now),
        ),
        Act(
            "cancel",
            frozenset({State.RUNNING, State.PAUSED}),
            gettext_lazy("Stop for good"),
            gettext_lazy("Whoever has not been written to yet, won't be. This can't be taken back."),
            gettext_lazy("It is stopped. Nobody else will be written to."),
            "player-stop",
            lambda campaign, by, now: states.cancel(campaign=campaign, by=by),
            is_grave=True,
        ),
        Act(
            "unschedule",
            frozenset({State.SCHEDULED}),
            gettext_lazy("Back to draft"),
            gettext_lazy("It won't be sent at the planned time, and you can change it again."),
            gettext_lazy("It is a draft again."),
            "pencil",
            lambda campaign, by, now: states.unschedule(campaign=campaign, by=by),
        ),
        Act(
            "discard",
            frozenset({State.DRAFT}),
            gettext_lazy("Discard"),
            gettext_lazy("The draft stays in the list as cancelled, and can't be sent any more."),
            gettext_lazy("The draft is discarded."),
            "trash",
            lambda campaign, by, now: states.cancel(campaign=campaign, by=by),
            is_grave=True,
        ),
    )
}


def acts_of(campaign: Campaign) -> list[Act]:
    """What may be done with it now."""
    return [act for act in ACTS.values() if campaign.state in act.when]


@may("campaigns.send")
@get_or_post
def change(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Asks, then does it."""
    campaign = find(pk)
    asked = ACTS.get(act)
    if asked is None:
        raise Http404
    if request.method != "POST":
        waiting = results.progress(campaign).open if campaign.planned_to is not None else 0
        return render(request, "campaigns/confirm.html", {"campaign": campaign, "act": asked, "waiting": waiting})
    try:
        asked.do(campaign, request.user, timezone.now())
        messages.success(request, str(asked.done))
    except CampaignError as error:
        messages.error(request, str(error))
    transaction.on_commit(tasks.wake)
    return redirect("campaigns:detail", pk)
