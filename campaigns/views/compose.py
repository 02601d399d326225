"""The list, and a campaign while it is set up: how it is set, the mail as it will be read, who will receive it."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import may
from campaigns import approving, audience, checking, composing, explaining, playbooks, proposing
from campaigns.forms import CampaignForm
from campaigns.models import Campaign
from campaigns.playbooks import PLAYBOOKS
from campaigns.states import CampaignError

from . import fairness, find, results, running, today
from .previews import preview_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
STEPS = {Campaign.State.DRAFT: 3, Campaign.State.SCHEDULED: 4, Campaign.State.RUNNING: 4, Campaign.State.PAUSED: 4}
LAST_STEP = 5


@may("campaigns.edit")
@get_or_post
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = find(pk)
    if campaign.state != Campaign.State.DRAFT:
        messages.warning(request, _("Only a draft can be changed."))
        return redirect("campaigns:detail", pk)
    form = CampaignForm(request.POST or None, instance=campaign, today=today())
    if request.method == "POST" and form.is_valid() and _is_changed(request, form):
        messages.success(request, _("The draft is saved. Nothing is sent before you launch it."))
        return redirect("campaigns:detail", pk)
    return _form_page(request, form, {"campaign": campaign, "playbook": PLAYBOOKS.get(campaign.playbook)})


def _is_changed(request: HttpRequest, form: CampaignForm) -> bool:
    """Saves; what forbids it stands on the form. What was typed stays, and may be saved over the other's now."""
    seen = form.cleaned_data["version"] or 0
    try:
        composing.change(campaign=form.instance, offer=form.offer, by=request.user, version=seen)
    except CampaignError as error:
        form.add_error(None, str(error))
        form.data = form.data.copy()
        form.data["version"] = Campaign.objects.values_list("version", flat=True).get(pk=form.instance.pk)
        return False
    return True


def _form_page(request: HttpRequest, form: CampaignForm, context: dict) -> HttpResponse:
    return render(request, "campaigns/form.html", {**context, "form": form}, status=422 if form.errors else 200)


@may("campaigns.view")
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One page for a campaign's whole life; what stands on it follows its state."""
    campaign = find(pk)
    here = reverse("campaigns:detail", args=[pk])
    shown = preview_of(request, campaign, campaign.steps.first(), here)
    if request.htmx and request.htmx.target == "preview":
        return render(request, "campaigns/_preview.html", {"campaign": campaign, **shown})
    day = today()
    context = {
        "campaign": campaign,
        "playbook": playbooks.label(campaign.playbook),
        "approval": approving.latest(campaign),
        "acts": running.acts_of(campaign),
        "step": STEPS.get(campaign.state, LAST_STEP),
        "mails": campaign.steps.filter(edition=campaign.edition),
        **shown,
    }
    context |= _before_launch(campaign, day) if campaign.launched_at is None else _since_launch(campaign, day)
    return render(request, "campaigns/detail.html", context)


def _before_launch(campaign: Campaign, day: dt.date) -> dict:
    waterfall, prospects = audience.projection(campaign, as_of=day)
    return {
        **running.shown(waterfall),
        "problems": running.problems_of(campaign, day),
        "warnings": checking.warnings(campaign, as_of=day),
        "prospects": prospects,
        "outlook": explaining.outlook(prospects, campaign),
        "proposal": proposing.holdout(campaign, prospects),
        **fairness.of(campaign),
    }


def _since_launch(campaign: Campaign, day: dt.date) -> dict:
    waterfall = audience.waterfall(campaign, as_of=day)
    return running.shown(waterfall) | results.of(campaign) | running.of(campaign)
