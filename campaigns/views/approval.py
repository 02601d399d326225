"""A second person looks: asking, the page on which it is judged as three customers would read it, and the verdict."""

import datetime as dt
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from campaigns import approving, audience, explaining, previewing, releasing, tasks
from campaigns.forms import LaunchForm
from campaigns.models import Approval, Campaign, Step
from campaigns.states import CampaignError
from customers.models import Customer

from . import find, number, today

OLD = 50  # decisions shown
READERS = (
    ("", gettext_lazy("As a customer of the segment")),
    ("no_name", previewing.PERSONAS["no_name"]),
    ("long_company", previewing.PERSONAS["long_company"]),
)


def needed(campaign: Campaign, receivers: int, now: dt.datetime) -> dict:
    """What the page before sending says: why a second person is asked, and whether that is still to be done."""
    why = approving.reasons(campaign, lambda: receivers)
    last = approving.latest(campaign)
    stops = approving.problems(campaign, now, count=lambda: receivers, at=last.planned_at if last else None)
    return {"approval_reasons": why, "last_approval": last, "must_ask": bool(stops)}


@may("campaigns.view")
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for whom, and what was decided of late."""
    decided = Approval.objects.exclude(verdict=Approval.Verdict.OPEN).order_by("-decided_at", "-pk")
    context = {
        "waiting": Approval.objects.filter(verdict=Approval.Verdict.OPEN)
        .select_related("campaign", "asked_by")
        .order_by("planned_at", "pk"),
        "decided": decided.select_related("campaign", "asked_by", "decided_by")[:OLD],
    }
    return render(request, "campaigns/approvals.html", context)


@may("campaigns.view")
@require_safe
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """All that the approver needs on one page: the words as three people read them, who gets it, the offer, when."""
    campaign = find(pk)
    return _page(request, campaign, approving.latest(campaign))


def _page(request: HttpRequest, campaign: Campaign, last: Approval | None, *, error: str = "") -> HttpResponse:
    context = {
        "campaign": campaign,
        "approval": last,
        "error": error,
        "reason": request.POST.get("reason", ""),
        "may_not": approving.may_not(last, request.user) if last else "",
        "is_changed": bool(last and last.content_hash != approving.fingerprint(campaign)),
        "history": campaign.approvals.select_related("asked_by", "decided_by"),
        "occasion": getattr(campaign, "occasion", None),
        "messages_shown": [(step, _read(campaign, step)) for step in _steps(campaign)],
        **_foreseen(campaign),
    }
    return render(request, "campaigns/approval.html", context, status=422 if error else 200)


def _steps(campaign: Campaign) -> list[Step]:
    return list(campaign.steps.filter(edition=campaign.edition).prefetch_related("variants"))


def _foreseen(campaign: Campaign) -> dict:
    """Who would get it and what it could show; once planned, who got it."""
    if campaign.planned_to is not None:
        waterfall = audience.waterfall(campaign, as_of=today())
        return {"waterfall": waterfall, "matched": waterfall.count("matched")}
    waterfall, prospects = audience.projection(campaign, as_of=today())
    outlook = explaining.outlook(prospects, campaign)
    return {"waterfall": waterfall, "matched": waterfall.count("matched"), "prospects": prospects, "outlook": outlook}


def _read(campaign: Campaign, step: Step) -> list[tuple[str, previewing.Preview, str]]:
    """The step as three people would read it: who, the mail, and the query that shows it in a frame."""
    inside = campaign.segment.memberships.filter(left_on=None).values("customer")
    somebody = Customer.objects.current().filter(pk__in=inside).order_by("sort_key", "pk").first()
    now, found = timezone.now(), []
    for persona, label in READERS:
        if persona or somebody:
            shown = previewing.preview(step, customer=None if persona else somebody, persona=persona, now=now)
            whom = {"persona": persona} if persona or not somebody else {"customer": somebody.pk}
            found.append((str(label), shown, urlencode({**whom, "version": campaign.version})))
    return found


@may("campaigns.send")
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Puts the draft before somebody, for now or for a time."""
    campaign, form = find(pk), LaunchForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return redirect("campaigns:launch", pk)
    try:
        _refuse_if_changed(campaign, form)
        approving.ask(
            campaign=campaign,
            recipients=audience.receivers(campaign, as_of=today()),
            by=request.user,
            now=timezone.now(),
            planned_at=form.at(Installation.get().zone),
            comment=request.POST.get("comment", ""),
        )
    except CampaignError as error:
        messages.error(request, str(error))
        return redirect("campaigns:launch", pk)
    messages.success(request, _("Approval is asked for. You will see here and on your home page what becomes of it."))
    return redirect("campaigns:approval", pk)


def _refuse_if_changed(campaign: Campaign, form: LaunchForm) -> None:
    if campaign.version != form.cleaned_data["version"]:
        raise CampaignError(_("Someone has changed this campaign since you opened this page. Look at it again first."))


@may("campaigns.approve")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approves it, which sets it going, or returns it with a reason."""
    campaign = find(pk)
    asked = get_object_or_404(campaign.approvals, pk=number(request.POST.get("approval")))
    reason, now = request.POST.get("reason", ""), timezone.now()
    try:
        if request.POST.get("do") == "return":
            approving.send_back(approval=asked, by=request.user, now=now, reason=reason)
            messages.success(request, _("It is returned. Whoever asked sees your reason."))
            return redirect("campaigns:approval", pk)
        is_deputy = "is_deputy" in request.POST
        done = approving.approve(approval=asked, by=request.user, now=now, reason=reason, is_deputy=is_deputy)
    except CampaignError as error:
        return _page(request, campaign, approving.latest(campaign), error=str(error))
    _release(request, done, now)
    return redirect("campaigns:detail", pk)


def _release(request: HttpRequest, done: Approval, now: dt.datetime) -> None:
    """What is approved goes at once or at its time; what still forbids it is said, and the approval stands."""
    try:
        campaign = releasing.release(done, now)
    except CampaignError as error:
        messages.warning(request, _("It is approved, but it can't be sent yet: %(why)s") % {"why": error})
        return
    transaction.on_commit(tasks.wake)
    if campaign.state == Campaign.State.SCHEDULED:
        messages.success(request, _("It is approved, and goes at the planned time."))
    else:
        messages.success(request, _("It is approved, and goes now."))


@may("campaigns.send")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = find(pk)
    asked = get_object_or_404(campaign.approvals, pk=number(request.POST.get("approval")))
    try:
        approving.withdraw(approval=asked, by=request.user, now=timezone.now())
        messages.success(request, _("The request is taken back. You can change the draft and ask again."))
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect("campaigns:detail", pk)
