"""Who got it, who did not and why: the names behind each line, the ledger whole, doubts settled, sending again."""

from dataclasses import replace
from functools import partial

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.roles import may
from campaigns import audience, keyset, reasons, settling, tasks, who_got_it
from campaigns.models import Campaign, Delivery
from campaigns.states import CampaignError
from common import downloads
from customers.models import Contact

from . import find, today

KNOWN = {reasons.MATCHED, reasons.HELD_OUT, reasons.WILL_RECEIVE, *reasons.PLANNED, *reasons.LATER}


@may("campaigns.view")
@require_safe
def behind(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The customers of one line of "who will receive it and why not"."""
    campaign = find(pk)
    if code not in KNOWN:
        raise Http404
    page = (
        _of_ledger(request, campaign, code) if campaign.planned_to is not None else _projected(request, campaign, code)
    )
    context = {"campaign": campaign, "label": reasons.label(code), "page": page}
    return render(request, "campaigns/behind.html", context)


def _of_ledger(request: HttpRequest, campaign: Campaign, code: str) -> keyset.Page:
    rows = audience.ledger_behind(campaign, code).select_related("customer__owner")
    page = keyset.page(rows, request.GET.dict())
    return replace(page, rows=[(row.customer, row.address) for row in page.rows])


def _projected(request: HttpRequest, campaign: Campaign, code: str) -> keyset.Page:
    mail = Contact.objects.filter(customer=OuterRef("pk"), left_on=None).order_by("-is_primary", "pk")
    customers = audience.behind(campaign, code, as_of=today()).select_related("owner")
    customers = customers.annotate(mail=Subquery(mail.values("email")[:1]))
    page = keyset.page(customers, request.GET.dict(), by=("sort_key", "pk"))
    return replace(page, rows=[(one, one.mail) for one in page.rows])


@may("campaigns.view")
@require_safe
def deliveries(request: HttpRequest, pk: int, state: str) -> HttpResponse:
    """The ledger's rows of one state: a shorter address of the same page."""
    if state not in Delivery.State:
        raise Http404
    return redirect(f"{reverse('campaigns:ledger', args=[find(pk).pk])}?state={state}")


@may("campaigns.view")
@require_safe
def ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """Who got it, who did not, and why: every row of the ledger, filtered and found by name."""
    campaign = find(pk)
    wanted = who_got_it.Wanted.read(request.GET)
    context = {"campaign": campaign, "wanted": wanted, "page": who_got_it.page(campaign, request.GET.dict())}
    if request.htmx and request.htmx.target == "rows":
        return render(request, "campaigns/_ledger_rows.html", context)
    context |= {"counts": who_got_it.counts(campaign), "export_url": _export_url(campaign, wanted)}
    return render(request, "campaigns/ledger.html", context)


def _export_url(campaign: Campaign, wanted: who_got_it.Wanted) -> str:
    return reverse("campaigns:ledger-export", args=[campaign.pk]) + wanted.address()


@may("customers.export")
@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows wanted as a file; who took them along is recorded."""
    campaign, wanted = find(pk), who_got_it.Wanted.read(request.GET)
    audit.record("ledger.export", by=request.user, on=campaign, filtered=wanted.is_filtered)  # type: ignore[arg-type]  # signed in
    rows = partial(who_got_it.lines, campaign, wanted)
    back = reverse("campaigns:ledger", args=[pk]) + wanted.address()
    return downloads.answer(request, name=f"ledger-{pk}", header=who_got_it.HEADER, rows=rows, back=back)


@may("campaigns.send")
@require_POST
def settle(request: HttpRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """Somebody has found out whether a message arrived."""
    delivery = get_object_or_404(find(pk).deliveries, pk=delivery_pk)
    has_arrived = request.POST.get("arrived") == "yes"
    try:
        settling.settle_unknown(delivery=delivery, has_arrived=has_arrived, by=request.user, now=timezone.now())  # type: ignore[arg-type]  # signed in
        messages.success(request, _("Written down. It is no longer unknown."))
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('campaigns:ledger', args=[pk])}?state=unknown")


@may("campaigns.send")
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """To those only whom it did not reach: asks first, says how many."""
    campaign = find(pk)
    if request.method != "POST":
        count = campaign.deliveries.filter(state__in=settling.UNSENT).exclude(address="").count()
        return render(request, "campaigns/resend.html", {"campaign": campaign, "count": count})
    try:
        count = settling.resend(campaign=campaign, by=request.user, now=timezone.now())  # type: ignore[arg-type]  # signed in
        messages.success(request, _("%(n)s messages are sent again.") % {"n": f"{count:,}"})
        transaction.on_commit(tasks.wake)
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect("campaigns:detail", pk)
