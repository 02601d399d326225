"""The scores of one customer; the customer page loads the panel."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.roles import may
from customers.models import Customer
from scores import explaining, scoring


@may("customers.view")
@require_safe
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """How this customer's scores came about: a panel for htmx, a page of its own without it."""
    customer = get_object_or_404(Customer, pk=pk)
    page = {"customer": customer, "evidence": explaining.evidence(customer), "as_of": scoring.last_run()}
    return render(request, "scores/_panel.html" if request.htmx else "scores/detail.html", page)
