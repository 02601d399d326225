"""Ticking off and putting off what stands in today's list."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from customers.models import Customer

from . import worklist


@may("customers.view")
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Today's list, whole."""
    day = Installation.get().day_of(timezone.now())
    mine_only = request.GET.get("scope", "mine" if request.user.role == "cs" else "all") == "mine"
    jobs = worklist.jobs(user=request.user, today=day, mine_only=mine_only)
    context = {"jobs": jobs, "today": day, "mine_only": mine_only, "is_cut": len(jobs) == worklist.MOST}
    return render(request, "success/today.html", context)


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
