"""The scores of one customer; the customer page loads the panel. And what the settings page asks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, jobs
from accounts.models import Installation
from accounts.roles import may
from customers.models import Customer
from scores import explaining, proposing, scoring, tasks


@may("customers.view")
@require_safe
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """How this customer's scores came about: a panel for htmx, a page of its own without it."""
    customer = get_object_or_404(Customer, pk=pk)
    page = {"customer": customer, "evidence": explaining.evidence(customer), "as_of": scoring.last_run()}
    return render(request, "scores/_panel.html" if request.htmx else "scores/detail.html", page)


@may("scores.compute")
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Asks for scores, segments and figures to be computed now; a worker does it. Back to where the button stood."""
    now = timezone.now()
    jobs.ask("pipeline", now=now)
    audit.record("scores.compute", by=request.user)  # type: ignore[arg-type]  # signed in
    tasks.wake()
    messages.success(request, _("Scores and segments are being computed; this takes seconds to minutes."))
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect(wanted if is_ours else "/")


@may("settings.change")
@require_safe
def inactivity(request: HttpRequest) -> HttpResponse:
    """After how many quiet days a customer counts as gone, proposed from the company's own purchases."""
    row = Installation.get()
    as_of = row.day_of(timezone.now())
    proposal = proposing.inactivity(as_of=as_of, present=row.inactivity_days)
    page = "scores/_inactivity.html" if request.htmx else "scores/inactivity.html"
    return render(request, page, {"proposal": proposal, "as_of": as_of})
