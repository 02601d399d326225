"""What a campaign did, and who stands behind each figure."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may
from campaigns import arm_people, explaining, variants
from campaigns import results as domain
from campaigns.models import Campaign, Coupon, Enrollment
from common import downloads

from . import find


def of(campaign: Campaign) -> dict:
    """What the page of a launched campaign shows of its results."""
    found = domain.results(campaign, now=timezone.now())
    words = {}
    if found:
        words = {
            "verdict": explaining.verdict(found.judgement),
            "happened": explaining.happened(found),
            "worth": explaining.worth(found, Installation.get().get_tax_display()),
            "variant_words": explaining.variants(found.ranking),
            "of_the_rest": variants.of_the_rest(campaign),
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
def arm(request: HttpRequest, pk: int, arm: str) -> HttpResponse:
    """The customers behind a figure of the result: an arm, or a variant of it; all, or who reached the goal."""
    campaign, wanted = _asked(request, pk, arm)
    cursors = {name: request.GET.get(name, "") for name in ("after", "before")}
    context = {
        "campaign": campaign,
        "wanted": wanted,
        "arm": Enrollment.Arm(arm),
        "page": arm_people.page(campaign, wanted, now=timezone.now(), **cursors),
        "may_export": allows(request.user, "customers.export"),
        "everybody_url": wanted.address(reached=""),
        "reached_url": wanted.address(reached="1"),
        "sorts": {
            name: {"url": wanted.address(sort=name), "order": order if wanted.sort == name else ""}
            for name, order in (("revenue", "descending"), ("number", "ascending"))
        },
    }
    return render(request, "campaigns/arm.html", context)


@may("customers.export")
@require_POST
def export_arm(request: HttpRequest, pk: int, arm: str) -> HttpResponseBase:
    """The same customers as a file; who took it along is recorded."""
    campaign, wanted = _asked(request, pk, arm)
    now = timezone.now()
    count = arm_people.page(campaign, wanted, now=now).count
    audit.record("campaign.export", by=request.user, on=campaign, arm=arm, count=count)
    return downloads.answer(
        request,
        name=f"campaign-{campaign.pk}-{arm}",
        header=arm_people.HEADER,
        rows=lambda: arm_people.export(campaign, wanted, now=now),
        back=reverse("campaigns:arm", args=[pk, arm]) + wanted.address(),
    )


def _asked(request: HttpRequest, pk: int, arm: str) -> tuple[Campaign, arm_people.Wanted]:
    campaign = find(pk)
    if arm not in Enrollment.Arm or campaign.launched_at is None:
        raise Http404
    return campaign, arm_people.Wanted.read(arm, request.GET)
