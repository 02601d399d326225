"""The company calendar: own days off, and the days that are holidays anyway."""

import datetime as dt

import jpholiday
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from . import audit
from .forms import ClosedDaysForm
from .models import ClosedDays, Installation
from .roles import may

AHEAD = dt.timedelta(days=365)
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("settings.change")
@get_or_post
def calendar(request: HttpRequest) -> HttpResponse:
    form = ClosedDaysForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        audit.record("calendar.add", by=request.user, on=made)
        messages.success(request, _("The days off are entered."))
        return redirect("accounts:calendar")
    today = Installation.get().day_of(timezone.now())
    holidays = jpholiday.between(today, today + AHEAD)
    context = {"form": form, "rows": ClosedDays.objects.all(), "holidays": holidays}
    return render(request, "accounts/calendar.html", context, status=422 if form.errors else 200)


@may("settings.change")
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ClosedDays, pk=pk)
    audit.record("calendar.remove", by=request.user, on=found)
    found.delete()
    messages.success(request, _("The days off are taken out. Enter them again to take that back."))
    return redirect("accounts:calendar")
