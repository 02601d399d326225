"""Writing a contact down, changing it later, closing it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import may

from .. import editing, interactions, profile
from ..conflicts import typed
from ..models import Customer, Interaction
from ..record_forms import InteractionForm, LogForm
from .people import RELATIONS, page_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("customers.log")
@get_or_post
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """A call, a mail, a visit: written down in twenty seconds, from the list or the customer's page."""
    customer = get_object_or_404(Customer.objects.current().select_related(*RELATIONS), pk=pk, erased_at=None)
    back = _back(request, customer)
    if request.method != "POST":
        return render(request, "customers/log.html", _small_page(customer, LogForm.blank(customer), back))
    form = LogForm(request.POST, instance=Interaction(customer=customer))
    if not form.is_valid():
        if request.POST.get("from") == "page":
            return render(request, "customers/detail.html", page_of(request, customer, form), status=422)
        return render(request, "customers/log.html", _small_page(customer, form, back), status=422)
    keeps = form.cleaned_data["keeps"]
    stopped = interactions.log(
        interaction=form.instance, refuses=form.refused(), keeps=keeps, by=request.user, now=timezone.now()
    )
    messages.success(request, _said(form, stopped))
    return redirect(back)


def _small_page(customer: Customer, form: LogForm, back: str) -> dict:
    return {"customer": customer, "log_form": form, "promise": profile.open_promise(customer), "back": back}


def _back(request: HttpRequest, customer: Customer) -> str:
    """Where the person came from, if that is a page of ours; else the customer."""
    wanted = request.POST.get("back") or request.GET.get("back") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else reverse("customers:detail", args=[customer.pk])


def _said(form: LogForm, stopped: int) -> str:
    if not form.refused():
        return _("It is written down.")
    if not stopped:
        return _("It is written down. No address is known there yet; the first one that comes in will get nothing.")
    return ngettext(
        "It is written down; %(count)s address gets nothing more.",
        "It is written down; %(count)s addresses get nothing more.",
        stopped,
    ) % {"count": stopped}


def _found(request: HttpRequest, pk: int, interaction_pk: int) -> Interaction:
    """The entry, for those who may change it."""
    found = Interaction.objects.select_related("customer", "by", "imported")
    interaction = get_object_or_404(found, pk=interaction_pk, customer_id=pk, customer__archived_at=None)
    if not interactions.may_change(request.user, interaction):
        raise PermissionDenied
    return interaction


@may("customers.log")
@get_or_post
def edit(request: HttpRequest, pk: int, interaction_pk: int) -> HttpResponse:
    """Changes what was written down; where somebody was faster, shows both."""
    interaction = _found(request, pk, interaction_pk)
    form, status = InteractionForm(typed(request), instance=interaction), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(form, request)
            except editing.ConflictError as conflict:
                form, status = form.against(conflict.current), 409
            else:
                messages.success(request, _("The entry is saved."))
                return redirect("customers:detail", pk=pk)
    context = {"form": form, "interaction": interaction, "customer": interaction.customer}
    return render(request, "customers/interaction.html", context, status=status)


def _save(form: InteractionForm, request: HttpRequest) -> None:
    interactions.change(
        interaction=form.instance,
        fields=form.changes(),
        version=form.cleaned_data["version"],
        by=request.user,
        now=timezone.now(),
    )


@may("customers.log")
@require_POST
def close(request: HttpRequest, pk: int, interaction_pk: int) -> HttpResponse:
    """Done with: one click on the strip above the customer's page."""
    interaction = _found(request, pk, interaction_pk)
    if interactions.close(interaction=interaction, by=request.user, now=timezone.now()):
        messages.success(request, _("It is closed."))
    return redirect("customers:detail", pk=pk)
