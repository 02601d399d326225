"""The list, and a campaign while it is written: playbook, form, preview, who will receive it."""

import datetime as dt

import nh3
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import may
from campaigns import approving, audience, composing, explaining, fields, playbooks, previewing, proposing
from campaigns.forms import CampaignForm, begin_with
from campaigns.models import Campaign
from campaigns.playbooks import PLAYBOOKS
from campaigns.states import CampaignError
from customers.models import Customer
from customers.searching import search_form
from segments.models import Segment

from . import fairness, find, number, results, running, today

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
FOUND = 8  # customers offered for a preview
STEPS = {Campaign.State.DRAFT: 3, Campaign.State.SCHEDULED: 4, Campaign.State.RUNNING: 4, Campaign.State.PAUSED: 4}
LAST_STEP = 5


@may("campaigns.edit")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    """First which playbook, then its words to change."""
    segment = Segment.objects.filter(slug=request.GET.get("segment", "")).first()
    playbook = PLAYBOOKS.get(request.GET.get("playbook", ""))
    if playbook is None:
        return render(request, "campaigns/playbooks.html", {"playbooks": PLAYBOOKS.values(), "segment": segment})
    day = today()
    initial = begin_with(playbook, segment=segment, language=get_language() or "", today=day)
    campaign = Campaign(playbook=playbook.key)
    form = CampaignForm(request.POST or None, instance=campaign, initial=initial, today=day)
    if request.method == "POST" and form.is_valid():
        composing.create(campaign=form.instance, words=form.words, by=request.user)
        messages.success(request, _("The draft is saved. Nothing is sent before you launch it."))
        return redirect("campaigns:detail", form.instance.pk)
    return _form_page(request, form, {"playbook": playbook})


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
        composing.change(campaign=form.instance, words=form.words, by=request.user, version=seen)
    except CampaignError as error:
        form.add_error(None, str(error))
        form.data = form.data.copy()
        form.data["version"] = Campaign.objects.values_list("version", flat=True).get(pk=form.instance.pk)
        return False
    return True


def _form_page(request: HttpRequest, form: CampaignForm, context: dict) -> HttpResponse:
    words = "word" if (get_language() or "").startswith("ja") else "key"
    merge_fields = [(field.label, f"{{{{ {getattr(field, words)} }}}}") for field in fields.FIELDS]
    context |= {"form": form, "merge_fields": merge_fields}
    return render(request, "campaigns/form.html", context, status=422 if form.errors else 200)


@may("campaigns.view")
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One page for a campaign's whole life; what stands on it follows its state."""
    campaign = find(pk)
    if request.htmx and request.htmx.target == "preview":
        return render(request, "campaigns/_preview.html", {"campaign": campaign, **preview_of(request, campaign)})
    day = today()
    context = {
        "campaign": campaign,
        "playbook": playbooks.label(campaign.playbook),
        "approval": approving.latest(campaign),
        "acts": running.acts_of(campaign),
        "step": STEPS.get(campaign.state, LAST_STEP),
        **preview_of(request, campaign),
    }
    context |= _before_launch(campaign, day) if campaign.launched_at is None else _since_launch(campaign, day)
    return render(request, "campaigns/detail.html", context)


def _before_launch(campaign: Campaign, day: dt.date) -> dict:
    waterfall, prospects = audience.projection(campaign, as_of=day)
    return {
        **running.shown(waterfall),
        "problems": running.problems_of(campaign, day),
        "prospects": prospects,
        "outlook": explaining.outlook(prospects, campaign),
        "proposal": proposing.holdout(campaign, prospects),
        **fairness.of(campaign),
    }


def _since_launch(campaign: Campaign, day: dt.date) -> dict:
    waterfall = audience.waterfall(campaign, as_of=day)
    return running.shown(waterfall) | results.of(campaign) | running.of(campaign)


def preview_of(request: HttpRequest, campaign: Campaign) -> dict:
    """The mail as one customer would read it: one chosen, one invented, else the first of the segment."""
    step = campaign.steps.first()
    query = request.GET.get("q", "").strip()
    persona = request.GET.get("persona", "")
    persona = persona if persona in previewing.PERSONAS else ""
    found = list(_matching(campaign, query)[:FOUND]) if query else []
    customer = None if persona else _chosen(request, campaign, found)
    shown = None
    if step and (persona or customer):
        shown = previewing.preview(step, customer=customer, persona=persona, now=timezone.now())
    html = nh3.clean(shown.html) if shown and shown.html else ""
    return {
        "preview": shown,
        "html": html,
        "query": query,
        "found": found,
        "persona": persona,
        "personas": previewing.PERSONAS.items(),
        "customer": customer,
    }


def _matching(campaign: Campaign, query: str) -> QuerySet[Customer]:
    """Those of the audience found by name, kana, code or e-mail, written in any way."""
    is_found = Q(code__iexact=query) | Q(name__icontains=query)
    if form := search_form(query):
        is_found |= Q(search_text__contains=form)
    return _members(campaign).filter(is_found)


def _members(campaign: Campaign) -> QuerySet[Customer]:
    """Those in the segment now; once planned, those in the ledger."""
    if campaign.planned_to is not None:
        inside = campaign.deliveries.values("customer")
    else:
        inside = campaign.segment.memberships.filter(left_on=None).values("customer")
    return Customer.objects.current().filter(pk__in=inside).order_by("sort_key", "pk")


def _chosen(request: HttpRequest, campaign: Campaign, found: list[Customer]) -> Customer | None:
    pk = number(request.GET.get("customer"))
    if pk is not None:
        return Customer.objects.filter(pk=pk).first()
    if request.GET.get("q", "").strip():
        return found[0] if found else None
    return _members(campaign).first()
