"""Reports sent regularly: the list, one with its mails, and what can be done with them."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import workdays
from accounts.models import Installation
from accounts.roles import may
from metrics import due, mailing, schedules, tasks
from metrics.forms import ScheduleForm
from metrics.models import ReportMail, Schedule
from metrics.periods import named
from metrics.wording import period_words

PER_PAGE = 50
LOOKS = {"accepted": "tag-good", "failed": "tag-bad", "unknown": "tag-warn", "sending": "tag-info"}
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@may("metrics.schedule")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All of them: when next, when last and how that went."""
    found = Schedule.objects.annotate(people=Count("recipients", distinct=True)).order_by("-is_on", "name", "pk")
    rows = [_row(one) for one in found]
    return render(request, "metrics/schedules.html", {"rows": rows, "stopped": Installation.get().sending_stopped})


def _row(schedule: Schedule) -> dict[str, Any]:
    settings, now = Installation.get(), timezone.now()
    last = schedule.mails.filter(is_test=False).order_by("-due_at").values_list("due_at", flat=True).first()
    states = schedule.mails.filter(due_at=last).values_list("state").annotate(Count("pk")).order_by("state")
    following = due.following(schedule, now, zone=settings.zone, calendar=workdays.load()) if schedule.is_on else None
    return {
        "schedule": schedule,
        "next": following,
        "last": last and last.astimezone(settings.zone),
        "states": [(ReportMail.State(state).label, count, LOOKS.get(state, "")) for state, count in states],
    }


@may("metrics.schedule")
@get_or_post
def new(request: HttpRequest) -> HttpResponse:
    usual = {"every": "month", "day": 1, "hour": 9, "moves": True, "formats": ["pdf"], "language": get_language()}
    form = ScheduleForm(request.POST or None, initial={**usual, "recipients": [request.user.pk]})
    if request.method == "POST" and form.is_valid():
        made = schedules.make(by=request.user, now=timezone.now(), **_values(form))
        messages.success(request, _("It is on from now. Send yourself a test to see it."))
        return redirect("metrics:schedule", pk=made.pk)
    return render(request, "metrics/schedule_new.html", {"form": form}, status=422 if form.errors else 200)


def _values(form: ScheduleForm) -> dict[str, Any]:
    data = {name: value for name, value in form.cleaned_data.items() if name != "version"}
    return data | {"recipients": list(data["recipients"])}


@may("metrics.schedule")
@get_or_post
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: its mails, and the form to change it."""
    schedule = get_object_or_404(Schedule, pk=pk)
    form = ScheduleForm(request.POST or None, initial=_stored(schedule))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            schedules.change(schedule=schedule, version=version, by=request.user, now=timezone.now(), **_values(form))
        except schedules.ChangedMeanwhileError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Changed. The new time counts from now."))
            return redirect("metrics:schedule", pk=pk)
    if form.errors:
        status = 422
    context = _row(schedule) | {"form": form, **_mails(request, schedule)}
    return render(request, "metrics/schedule.html", context, status=status)


def _stored(schedule: Schedule) -> dict[str, Any]:
    found = {name: getattr(schedule, name) for name in (*schedules.FIELDS, "version")}
    return found | {"recipients": list(schedule.recipients.values_list("pk", flat=True))}


def _mails(request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
    """Newest first, a page of them; `after` is the last id of the page before."""
    settings = Installation.get()
    rows = schedule.mails.select_related("recipient").order_by("-pk")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit():
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[: PER_PAGE + 1])
    for one in found:
        period = named(one.period)
        one.words = period_words(period, settings) if period else one.period
        one.when = one.due_at.astimezone(settings.zone)
        one.look = LOOKS.get(one.state, "")
        one.can_go_again = one.state in {"failed", "unknown", "skipped"}
    return {
        "mails": found[:PER_PAGE],
        "count": schedule.mails.count(),
        "next_url": f"?after={found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else "",
    }


@may("metrics.schedule")
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, or go on."""
    schedule = get_object_or_404(Schedule, pk=pk)
    version = request.POST.get("version", "")
    try:
        schedules.switch(
            schedule=schedule,
            is_on=request.POST.get("is_on") == "1",
            version=int(version) if version.isascii() and version.isdigit() else 0,
            by=request.user,
            now=timezone.now(),
        )
    except schedules.ChangedMeanwhileError as error:
        messages.error(request, str(error))
    return redirect("metrics:schedule", pk=pk)


@may("metrics.schedule")
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail to whoever asks."""
    mailing.test(schedule=get_object_or_404(Schedule, pk=pk), by=request.user, now=timezone.now())
    tasks.wake_reports()
    messages.success(request, _("The test is on its way to %(address)s.") % {"address": request.user.email})
    return redirect("metrics:schedule", pk=pk)


@may("metrics.schedule")
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends one mail again that failed, was left out, or of which nobody knows."""
    mail = get_object_or_404(ReportMail, pk=pk)
    if mailing.again(mail=mail, by=request.user, now=timezone.now()):
        tasks.wake_reports()
        messages.success(request, _("It is sent again."))
    else:
        messages.error(request, _("This mail is on its way already."))
    return redirect("metrics:schedule", pk=mail.schedule_id)
