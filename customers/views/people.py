"""The list of customers, one customer's page, and what people change there."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may

from .. import editing, interactions, listing, profile
from ..conflicts import typed
from ..models import Customer, Merge
from ..record_forms import CustomerForm, LogForm

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
SHOWN_BRANCHES = 10
RELATIONS = (*listing.RELATIONS, "sales_owner", "deputy", "parent", "imported")


@may("customers.view")
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """Search, filters, order, pages; CS staff begin with their own customers."""
    wanted = _wanted(request)
    place = {name: request.GET.get(name, "")[:20] for name in ("after", "before")}
    page = listing.page(wanted, user=request.user, **place)
    context = {"wanted": wanted, "page": page, "may_export": allows(request.user, "customers.export")}
    context["list_url"] = reverse("customers:list") + wanted.address(**place)
    if request.headers.get("HX-Target") == "rows":
        return render(request, "customers/_rows.html", context)
    context |= {
        "lifecycles": listing.lifecycle_choices(),
        "segments": listing.segment_choices(),
        "owners": listing.owners(),
        "industries": listing.industries(),
        "sorts": [(name, words) for name, (words, _key) in listing.ORDERS.items()],
        "scopes": [
            ("mine", _("My customers"), wanted.address(scope="mine")),
            ("all", _("Everybody's"), wanted.address(scope="all")),
        ],
        "has_any": page.count > 0 or Customer.objects.exists(),
    }
    return render(request, "customers/list.html", context)


def _wanted(request: HttpRequest) -> listing.Wanted:
    has_own = Customer.objects.current().owned_by(request.user).exists()
    return listing.Wanted.read(request.GET, user=request.user, has_own=has_own)


@may("customers.view")
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything known of one customer; of one merged into another, that one's."""
    merged = Customer.objects.filter(pk=pk, merged_into__isnull=False).select_related("merged_into").first()
    if merged is not None:
        messages.info(request, _("%(code)s was merged into this customer.") % {"code": merged.code})
        return redirect("customers:detail", merged.merged_into_id)
    customer = get_object_or_404(Customer.objects.current().select_related(*RELATIONS), pk=pk)
    audit.record("customer.view", by=request.user, on=customer)
    return render(request, "customers/detail.html", page_of(request, customer, LogForm.blank(customer)))


def page_of(request: HttpRequest, customer: Customer, form: LogForm) -> dict:
    """What the page of a customer shows; the form to write down a contact may hold what was typed."""
    contacts = list(profile.contacts(customer))
    standings = profile.standings(contacts)
    branches = list(profile.branches(customer)[: SHOWN_BRANCHES + 1])
    return {
        "customer": customer,
        "merges": Merge.objects.filter(loser__merged_into=customer, undone_at=None).select_related("loser"),
        "may_merge": allows(request.user, "duplicates.merge"),
        "contacts": [(one, standings.get(one.pk)) for one in contacts],
        "codes": customer.codes.order_by("source", "code"),
        "branches": branches[:SHOWN_BRANCHES],
        "has_more_branches": len(branches) > SHOWN_BRANCHES,
        "complaints": interactions.open_complaints(customer),
        "promise": profile.open_promise(customer),
        "may_edit": editing.may_edit(request.user, customer),
        "may_see_imports": allows(request.user, "imports.run"),
        "may_hand_out": allows(request.user, "customers.personal"),
        "may_erase": allows(request.user, "customers.erase") and customer.erased_at is None,
        "log_form": form,
        **_entries(request, customer),
    }


def _entries(request: HttpRequest, customer: Customer) -> dict:
    """The part of the timeline the address asks for."""
    wanted = {name: request.GET.get(name, "")[:200] for name in ("before", "upto", "show")}
    return {
        "timeline": profile.timeline(customer, **wanted),
        "groups": profile.GROUPS.items(),
        "may_see_imports": allows(request.user, "imports.run"),
    }


@may("customers.view")
@require_safe
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Older entries: a part for htmx, a page of its own without script.

    The page's own address follows, so that coming back to it shows as much as before.
    """
    customer = get_object_or_404(Customer.objects.current(), pk=pk)
    context = {"customer": customer, **_entries(request, customer)}
    if not request.headers.get("HX-Request"):
        return render(request, "customers/timeline.html", context)
    response = render(request, "customers/_timeline.html", context)
    response["HX-Replace-Url"] = _address_of_page(customer, context["timeline"], request.GET.get("before", ""))
    return response


def _address_of_page(customer: Customer, shown: profile.Timeline, before: str) -> str:
    upto = shown.entries[-1].cursor if before and shown.entries else ""
    words = urlencode({name: value for name, value in (("show", shown.show), ("upto", upto)) if value})
    return reverse("customers:detail", args=[customer.pk]) + (f"?{words}" if words else "")


@may("customers.edit")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    """A customer typed in by hand."""
    customer = Customer(owner=request.user if request.user.role == "cs" else None)
    form = CustomerForm(typed(request), instance=customer)
    if request.method == "POST" and form.is_valid():
        try:
            editing.add(customer=_filled(form), **form.of_contact(), by=request.user)
        except editing.EditError as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect("customers:detail", pk=form.instance.pk)
    return render(request, "customers/form.html", {"form": form}, status=422 if form.errors else 200)


def _filled(form: CustomerForm) -> Customer:
    customer = form.instance
    customer.parent, customer.tags = form.cleaned_data["parent_code"], form.cleaned_data["tag_words"]
    return customer


@may("customers.edit")
@get_or_post
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a customer; where somebody was faster, shows both and loses nothing."""
    customer = get_object_or_404(Customer.objects.current().select_related("parent"), pk=pk)
    if not editing.may_edit(request.user, customer):
        raise PermissionDenied
    form, status = CustomerForm(typed(request), instance=customer), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(form, request)
            except editing.ConflictError as conflict:
                form, status = form.against(conflict.current), 409
            else:
                messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
                return redirect("customers:detail", pk=pk)
    return render(request, "customers/form.html", {"form": form, "customer": customer}, status=status)


def _save(form: CustomerForm, request: HttpRequest) -> None:
    editing.change(
        customer=form.instance,
        fields=form.changes(),
        contact=form.of_contact(),
        version=form.cleaned_data["version"],
        contact_version=form.cleaned_data["contact_version"],
        by=request.user,
        on=Installation.get().day_of(timezone.now()),
    )
