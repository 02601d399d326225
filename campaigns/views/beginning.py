"""A new campaign: which playbook, then the few things it asks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Installation
from accounts.roles import may
from campaigns import composing
from campaigns.beginning_forms import BeginForm
from campaigns.playbooks import PLAYBOOKS, Playbook
from segments.models import Segment

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("campaigns.edit")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    """First which playbook, then what it asks; the rest is filled in."""
    segment = Segment.objects.filter(slug=request.GET.get("segment", "")).first()
    playbook = PLAYBOOKS.get(request.GET.get("playbook", ""))
    if playbook is None:
        return render(request, "campaigns/playbooks.html", {"playbooks": PLAYBOOKS.values(), "segment": segment})
    form = _form(request, playbook, segment)
    if request.method == "POST" and form.is_valid():
        made = composing.create(
            campaign=form.campaign, messages=form.messages, offer=form.offer, event=form.event, by=request.user
        )
        messages.success(request, _("The draft is saved. Nothing is sent before you launch it."))
        return redirect("campaigns:detail", made.pk)
    context = {"form": form, "playbook": playbook, "steps": len(playbook.plans)}
    return render(request, "campaigns/begin.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, playbook: Playbook, segment: Segment | None) -> BeginForm:
    installation = Installation.get()
    meant = segment or Segment.objects.filter(slug=playbook.segment).first()
    return BeginForm(
        request.POST or None,
        playbook=playbook,
        language=get_language() or "",
        today=installation.day_of(timezone.now()),
        zone=installation.zone,
        initial={"segment": meant},
    )
