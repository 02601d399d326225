"""Why a customer is in a segment, or is not."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from customers.models import Customer
from scores import history

from .. import counting, explaining, listing, narrowing, rules
from ..models import Segment


@may("segments.view")
@require_safe
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The segments of one customer, and why he is or is not in the one asked for (`?segment=`)."""
    customer = get_object_or_404(Customer, pk=pk)
    asked = Segment.objects.filter(slug=request.GET.get("segment", "")).first()
    context = {
        "customer": customer,
        "memberships": listing.of_customer(customer),
        "segments": Segment.objects.all(),
        "asked": asked,
        "stages": history.stages(customer),
        "former": listing.former(customer),
    }
    context |= _why(customer, asked) if asked else {}
    return render(request, "segments/_customer_panel.html" if request.htmx else "segments/customer.html", context)


def _why(customer: Customer, segment: Segment) -> dict:
    """As of the day of the stored scores and members; where the rule cannot be read, why not."""
    if segment.is_frozen:
        return {}
    try:
        return {"why": explaining.why(customer=customer, segment=segment, as_of=_day(segment))}
    except rules.RuleError as error:
        return {"unreadable": str(error)}


def _day(segment: Segment) -> dt.date:
    return segment.as_of or Installation.get().day_of(timezone.now())


@may("segments.view")
@require_safe
def narrowed(request: HttpRequest, slug: str) -> HttpResponse:
    """Which conditions of the segment exclude most."""
    segment = get_object_or_404(Segment, slug=slug, is_frozen=False)
    context: dict = {"segment": segment, "as_of": _day(segment)}
    try:
        context["narrowing"] = narrowing.narrow(segment, as_of=_day(segment))
    except (rules.RuleError, counting.TooSlowError) as error:
        context["problem"] = str(error)
    return render(request, "segments/narrowed.html", context)
