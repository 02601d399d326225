"""On a customer's page: what he was sent, and whether campaigns may write to him at all."""

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from campaigns import audience, line_accounts, permitted, proof, redeeming
from campaigns.forms import ExclusionForm
from campaigns.models import Coupon, Delivery, Exclusion
from customers import profile
from customers.models import Contact, Customer

SHOWN = 20


@may("campaigns.view")
@require_safe
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """A part of the customer's page, loaded by it; a page of its own without script."""
    return _panel(request, get_object_or_404(Customer, pk=pk), ExclusionForm())


@may("customers.view")
@require_safe
def proof_of(request: HttpRequest, pk: int) -> HttpResponse:
    """On what ground one message was sent: what the law asks to be able to show."""
    rows = Delivery.objects.select_related("customer", "contact", "campaign", "step")
    delivery = get_object_or_404(rows, pk=pk, sending_at__isnull=False)
    found = proof.proof(delivery)
    source = profile.SOURCES.get(found.source, found.source) if found else ""
    return render(request, "campaigns/proof.html", {"delivery": delivery, "proof": found, "source": source})


@may("customers.log")
@require_POST
def use_coupon(request: HttpRequest, pk: int) -> HttpResponse:
    """A colleague saw the coupon used: in the shop, on the phone."""
    coupon = get_object_or_404(Coupon.objects.select_related("customer"), pk=pk)
    order_id = request.POST.get("order_id", "").strip()[:100]
    try:
        redeeming.redeem(code=coupon.code, at=timezone.now(), via="staff", order_id=order_id, by=request.user)
    except redeeming.CouponError as error:
        return _panel(request, coupon.customer, ExclusionForm(), status=422, coupon_error=str(error))
    return _done(request, coupon.customer)


@may("campaigns.edit")
@require_POST
def exclude(request: HttpRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=pk)
    form = ExclusionForm(request.POST)
    if not form.is_valid():
        return _panel(request, customer, form, status=422)
    audience.exclude(customer=customer, by=request.user, now=timezone.now(), **form.cleaned_data)
    return _done(request, customer)


@may("campaigns.edit")
@require_POST
def readmit(request: HttpRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=pk)
    audience.readmit(customer=customer, by=request.user, now=timezone.now())
    return _done(request, customer)


@may("campaigns.edit")
@require_POST
def line_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A one-time URL and its QR for a contact, shown once."""
    contact = get_object_or_404(Contact.objects.select_related("customer"), pk=pk, customer__erased_at=None)
    if not line_accounts.is_set_up():
        raise Http404
    invitation = line_accounts.invite(contact=contact, by=request.user, now=timezone.now())
    picture = segno.make(invitation.url, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
    context = {"contact": contact, "customer": contact.customer, "invitation": invitation, "picture": picture}
    return render(request, "campaigns/line_invite.html", context)


@may("campaigns.edit")
@require_POST
def line_leave(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.select_related("customer"), pk=pk)
    line_accounts.leave(contact=contact, by=request.user, now=timezone.now())
    return _done(request, contact.customer)


def _done(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.htmx:
        return _panel(request, customer, ExclusionForm())
    return redirect("campaigns:customer-panel", customer.pk)


def _panel(
    request: HttpRequest, customer: Customer, form: ExclusionForm, status: int = 200, coupon_error: str = ""
) -> HttpResponse:
    rows = Delivery.objects.filter(customer=customer).select_related("campaign").order_by("-planned_at", "-pk")
    contacts = list(
        customer.contacts.filter(left_on=None).select_related("customer").order_by("-is_primary", "pk")[:SHOWN]
    )
    today = Installation.get().day_of(timezone.now())
    context = {
        "customer": customer,
        "deliveries": list(rows[:SHOWN]),
        "journeys": list(customer.journeys.select_related("campaign").order_by("-entered_at", "-pk")[:SHOWN]),
        "exclusion": Exclusion.objects.filter(customer=customer, lifted_at=None).select_related("by").first(),
        "form": form,
        "contacts": contacts,
        "has_line": line_accounts.is_set_up(),
        "permitted": permitted.of_contact(contacts[0], as_of=today) if contacts else [],
        "coupons": list(customer.coupons.select_related("offer").order_by("-pk")[:SHOWN]),
        "coupon_error": coupon_error,
    }
    template = "campaigns/_customer_panel.html" if request.htmx else "campaigns/customer_panel.html"
    return render(request, template, context, status=status)
