"""The people to reach at a customer: added, changed, made the primary one, marked as left."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import allows, may

from .. import editing
from ..conflicts import typed
from ..models import Contact, Customer
from ..record_forms import ContactForm

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _customer(request: HttpRequest, pk: int) -> Customer:
    customer = get_object_or_404(Customer.objects.current(), pk=pk)
    if not editing.may_edit(request.user, customer):
        raise PermissionDenied
    return customer


@may("customers.edit")
@get_or_post
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """A further person at the customer."""
    customer = _customer(request, pk)
    form = ContactForm(typed(request), instance=Contact(customer=customer))
    if request.method == "POST" and form.is_valid():
        for name, value in form.changes().items():
            setattr(form.instance, name, value)
        editing.add_contact(contact=form.instance, by=request.user)
        messages.success(request, _("%(name)s is saved.") % {"name": form.instance})
        return redirect("customers:detail", pk=pk)
    return _page(request, form, customer, 422 if form.errors else 200)


def _page(request: HttpRequest, form: ContactForm, customer: Customer, status: int) -> HttpResponse:
    context = {"form": form, "customer": customer, "contact": form.instance if form.instance.pk else None}
    context["may_hand_out"] = allows(request.user, "customers.personal")
    context["may_erase"] = allows(request.user, "customers.erase")
    return render(request, "customers/contact.html", context, status=status)


@may("customers.edit")
@get_or_post
def edit(request: HttpRequest, pk: int, contact_pk: int) -> HttpResponse:
    """Changes a person; where somebody was faster, shows both."""
    customer = _customer(request, pk)
    contact = get_object_or_404(Contact, pk=contact_pk, customer=customer)
    form, status = ContactForm(typed(request), instance=contact), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(form, request)
            except editing.ConflictError as conflict:
                form, status = form.against(conflict.current), 409
            else:
                messages.success(request, _("%(name)s is saved.") % {"name": form.instance})
                return redirect("customers:detail", pk=pk)
    return _page(request, form, customer, status)


def _save(form: ContactForm, request: HttpRequest) -> None:
    version = form.cleaned_data["version"]
    editing.change_contact(contact=form.instance, fields=form.changes(), version=version, by=request.user)


@may("customers.edit")
@require_POST
def make_primary(request: HttpRequest, pk: int, contact_pk: int) -> HttpResponse:
    """From now on this one is the primary contact."""
    contact = get_object_or_404(Contact, pk=contact_pk, customer=_customer(request, pk))
    try:
        editing.make_primary(contact=contact, by=request.user)
    except editing.EditError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is the primary contact now.") % {"name": contact})
    return redirect("customers:detail", pk=pk)
