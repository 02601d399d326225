"""What a campaign did, and who stands behind each figure."""

import datetime as dt

from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import may
from campaigns import audience, explaining, reasons
from campaigns import results as domain
from campaigns.models import Campaign, Coupon, Delivery
from customers.models import Contact

from . import find, today

NAMES = 50  # a page
KNOWN = {reasons.MATCHED, reasons.HELD_OUT, reasons.WILL_RECEIVE, *reasons.PLANNED, *reasons.LATER}


def of(campaign: Campaign) -> dict:
    """What the page of a launched campaign shows of its results."""
    found = domain.results(campaign, now=timezone.now())
    words = {}
    if found:
        words = {
            "verdict": explaining.verdict(found.judgement),
            "what_now": explaining.what_now(found.judgement, campaign),
            "faults": explaining.faults(found.faults),
            "result_on": found.last_on + dt.timedelta(days=1),
        }
    return {"results": found, "coupons": _coupons(campaign), **words}


def _coupons(campaign: Campaign) -> dict | None:
    offer = getattr(campaign, "offer", None)
    if offer is None:
        return None
    given = Coupon.objects.filter(offer=offer)
    return {"offer": offer, "given": given.count(), "redeemed": given.exclude(redeemed_at=None).count()}


@may("campaigns.view")
@require_safe
def behind(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The customers of one line of "who will receive it and why not"."""
    campaign = find(pk)
    if code not in KNOWN:
        raise Http404
    mail = Contact.objects.filter(customer=OuterRef("pk"), left_on=None).order_by("-is_primary", "pk")
    customers = audience.behind(campaign, code, as_of=today()).select_related("owner")
    customers = customers.annotate(mail=Subquery(mail.values("email")[:1])).order_by("sort_key", "pk")
    context = {"campaign": campaign, "label": reasons.label(code), **_page(request, customers)}
    return render(request, "campaigns/behind.html", context)


@may("campaigns.view")
@require_safe
def deliveries(request: HttpRequest, pk: int, state: str) -> HttpResponse:
    """The mails of one state, with the server's words."""
    campaign = find(pk)
    if state not in Delivery.State:
        raise Http404
    rows = campaign.deliveries.filter(state=state).select_related("customer").order_by("customer__sort_key", "pk")
    context = {"campaign": campaign, "state": Delivery.State(state), **_page(request, rows)}
    return render(request, "campaigns/deliveries.html", context)


def _page(request: HttpRequest, rows: QuerySet) -> dict:
    """One page of names, and the ways to those beside it."""
    people = Paginator(rows, NAMES).get_page(request.GET.get("page"))
    return {
        "people": people,
        "prev_url": f"?page={people.previous_page_number()}" if people.has_previous() else "",
        "next_url": f"?page={people.next_page_number()}" if people.has_next() else "",
    }
