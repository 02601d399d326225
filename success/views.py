"""Ticking off and putting off what stands in today's list."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from campaigns import calls
from campaigns.models import Delivery, Way
from customers.models import Channel, Customer

from . import worklist


@may("customers.view")
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Today's list, whole."""
    day = Installation.get().day_of(timezone.now())
    mine_only = request.GET.get("scope", "mine" if request.user.role == "cs" else "all") == "mine"
    jobs = worklist.jobs(user=request.user, today=day, mine_only=mine_only)
    context = {
        "jobs": jobs,
        "calls": calls.open_calls(user=request.user, mine_only=mine_only),
        "results": calls.Result.choices,
        "today": day,
        "mine_only": mine_only,
        "is_cut": len(jobs) == worklist.MOST,
    }
    return render(request, "success/today.html", context)


@may("customers.log")
@require_POST
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """How a call that a campaign asked for went."""
    delivery = get_object_or_404(Delivery.objects.filter(channel=Way.TASK), pk=pk)
    scope = "mine" if request.POST.get("scope") == "mine" else "all"
    result = request.POST.get("result", "")
    if result not in calls.Result:
        messages.error(request, _("Say how the call went."))
    elif calls.settle(
        delivery=delivery,
        result=result,
        note=request.POST.get("note", "").strip()[:5000],
        refuses=[Channel.PHONE] if "refuses" in request.POST else [],
        by=request.user,
        now=timezone.now(),
    ):
        messages.success(request, _("It is written down."))
    else:
        messages.warning(
            request, _("This call is not on the list any more: a colleague was faster, or it was stopped.")
        )
    return redirect(f"{reverse('success:today')}?scope={scope}")


@may("customers.log")
@require_POST
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer is put off: he comes back to the list in a week."""
    customer = get_object_or_404(Customer.objects.current(), pk=pk)
    now = timezone.now()
    until = Installation.get().day_of(now) + dt.timedelta(days=worklist.SNOOZE_DAYS)
    worklist.snooze(customer=customer, until=until, by=request.user, now=now)
    messages.success(
        request, _("%(name)s comes back to the list on %(day)s.") % {"name": customer.name, "day": f"{until:%Y/%m/%d}"}
    )
    return redirect("success:today" if request.POST.get("back") == "today" else "metrics:dashboard")
