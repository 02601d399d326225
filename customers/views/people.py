"""The list of customers, one customer's page, and what people change there."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may

from .. import editing, exporting, listing, profile
from ..forms import CustomerForm, InteractionForm
from ..models import Customer, Interaction

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("customers.view")
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """Search, filters, order, pages; CS staff begin with their own customers."""
    wanted = _wanted(request)
    page = listing.page(
        wanted, user=request.user, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context = {"wanted": wanted, "page": page, "may_export": allows(request.user, "customers.export")}
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


@may("customers.export")
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows now, as a file; who took it along is recorded."""
    wanted = _wanted(request)
    found = listing.matching(wanted, user=request.user).order_by("sort_key", "id")
    audit.record("customers.export", by=request.user, count=found.count(), is_filtered=wanted.is_filtered)
    response = StreamingHttpResponse(exporting.lines(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return response


@may("customers.view")
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything known of one customer."""
    customer = get_object_or_404(Customer.objects.current().select_related(*listing.RELATIONS), pk=pk)
    audit.record("customer.view", by=request.user, on=customer)
    return render(
        request,
        "customers/detail.html",
        _page(request, customer, InteractionForm(initial={"occurred_at": _local_now()})),
    )


def _page(request: HttpRequest, customer: Customer, form: InteractionForm) -> dict:
    return {
        "customer": customer,
        "contacts": customer.contacts.order_by("-is_primary", "id"),
        "standings": profile.standings(customer),
        "timeline": profile.timeline(customer),
        "promise": profile.open_promise(customer),
        "may_edit": editing.may_edit(request.user, customer),
        "log_form": form,
    }


@may("customers.view")
@require_safe
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Older entries: a part for htmx, a page of its own without script."""
    customer = get_object_or_404(Customer.objects.current(), pk=pk)
    context = {"customer": customer, "timeline": profile.timeline(customer, request.GET.get("before", ""))}
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, "customers/_timeline.html" if is_part else "customers/timeline.html", context)


@may("customers.log")
@require_POST
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """A call, a mail, a visit: written down in twenty seconds."""
    customer = get_object_or_404(Customer.objects.current().select_related(*listing.RELATIONS), pk=pk)
    form = InteractionForm(request.POST, instance=Interaction(customer=customer))
    if not form.is_valid():
        return render(request, "customers/detail.html", _page(request, customer, form), status=422)
    is_refusal = form.cleaned_data["is_refusal"]
    editing.log(
        interaction=form.instance,
        is_refusal=is_refusal,
        keeps=form.cleaned_data["keeps"],
        by=request.user,
        now=timezone.now(),
    )
    messages.success(
        request, _("It is written down; no more mail goes there.") if is_refusal else _("It is written down.")
    )
    return redirect("customers:detail", pk=pk)


@may("customers.edit")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    """A customer typed in by hand."""
    customer = Customer(owner=request.user if request.user.role == "cs" else None)
    form = CustomerForm(request.POST or None, instance=customer)
    if request.method == "POST" and form.is_valid():
        try:
            editing.add(
                customer=form.instance,
                email=form.cleaned_data["email"],
                phone=form.cleaned_data["phone"],
                by=request.user,
            )
        except editing.EditError as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect("customers:detail", pk=form.instance.pk)
    return render(request, "customers/form.html", {"form": form}, status=422 if form.errors else 200)


@may("customers.edit")
@get_or_post
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a customer; where somebody was faster, shows both and loses nothing."""
    customer = get_object_or_404(Customer.objects.current(), pk=pk)
    if not editing.may_edit(request.user, customer):
        raise PermissionDenied
    form = CustomerForm(request.POST or None, instance=customer)
    if request.method == "POST" and form.is_valid():
        try:
            _save(form, request)
        except editing.ConflictError as conflict:
            form = form.against(conflict.current)
            messages.error(request, str(conflict))
            return render(request, "customers/form.html", {"form": form, "customer": conflict.current}, status=409)
        messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
        return redirect("customers:detail", pk=pk)
    return render(
        request, "customers/form.html", {"form": form, "customer": customer}, status=422 if form.errors else 200
    )


def _save(form: CustomerForm, request: HttpRequest) -> None:
    editing.change(
        customer=form.instance,
        fields={name: form.cleaned_data[name] for name in form.Meta.fields if name != "code"},
        contact={name: form.cleaned_data[name] for name in form.OF_CONTACT},
        version=form.cleaned_data["version"],
        by=request.user,
        on=Installation.get().day_of(timezone.now()),
    )


def _local_now() -> dt.datetime:
    return timezone.localtime().replace(second=0, microsecond=0)
