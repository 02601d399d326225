"""The scores of one customer; the customer page loads the panel. And what the settings page asks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Installation
from accounts.roles import may
from customers.models import Customer
from scores import explaining, proposing, scoring


@may("customers.view")
@require_safe
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """How this customer's scores came about: a panel for htmx, a page of its own without it."""
    customer = get_object_or_404(Customer, pk=pk)
    page = {"customer": customer, "evidence": explaining.evidence(customer), "as_of": scoring.last_run()}
    return render(request, "scores/_panel.html" if request.htmx else "scores/detail.html", page)


@may("settings.change")
@require_safe
def inactivity(request: HttpRequest) -> HttpResponse:
    """After how many quiet days a customer counts as gone, proposed from the company's own purchases."""
    row = Installation.get()
    as_of = row.day_of(timezone.now())
    proposal = proposing.inactivity(as_of=as_of, present=row.inactivity_days)
    page = "scores/_inactivity.html" if request.htmx else "scores/inactivity.html"
    return render(request, page, {"proposal": proposal, "as_of": as_of})
