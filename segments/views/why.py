"""Why a customer is in a segment, or is not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from customers.models import Customer

from .. import explaining, listing, rules
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
        "why": _why(customer, asked) if asked else None,
    }
    return render(request, "segments/_customer_panel.html" if request.htmx else "segments/customer.html", context)


def _why(customer: Customer, segment: Segment) -> explaining.Why | None:
    """As of the day of the stored scores and members; None where the rule cannot be read."""
    as_of = segment.as_of or Installation.get().day_of(timezone.now())
    try:
        return explaining.why(customer=customer, segment=segment, as_of=as_of)
    except rules.RuleError:
        return None
