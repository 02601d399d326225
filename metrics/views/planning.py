"""What leaders set beside the figures: goals, and remarks on charts."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Installation
from accounts.roles import may
from common.templatetags.charts import written
from metrics import goals, remarks
from metrics.definitions import METRICS
from metrics.forms import GoalForm, RemarkForm
from metrics.models import Annotation, Goal
from metrics.periods import Period
from metrics.wording import period_words

SHOWN = 100


@may("metrics.plan")
@require_safe
def remark_list(request: HttpRequest) -> HttpResponse:
    """All remarks, newest first, and a form for another; `gone` is the token of the one just deleted."""
    settings, today = Installation.get(), timezone.now()
    metric = request.GET.get("metric", "")
    back = _back(request, request.GET.get("back", ""))
    initial = {"on": settings.day_of(today), "metric": metric}
    context = {"form": RemarkForm(policy=settings.churn_policy, initial=initial), "back": back}
    return render(request, "metrics/remarks.html", context | _remarks(request, settings))


def _remarks(request: HttpRequest, settings: Installation) -> dict[str, Any]:
    found = Annotation.objects.select_related("by").order_by("-on", "-pk")
    rows = list(found[:SHOWN])
    for row in rows:
        row.figure = METRICS[row.metric].name_under(settings.churn_policy) if row.metric in METRICS else ""
    return {
        "rows": rows,
        "count": len(rows) if len(rows) < SHOWN else found.count(),
        "shown": len(rows),
        "gone": request.GET.get("gone", "")[:1000],
    }


@may("metrics.plan")
@require_POST
def remark_add(request: HttpRequest) -> HttpResponse:
    """From the list, or from the small form on a page with a chart (then back to it)."""
    settings = Installation.get()
    form = RemarkForm(request.POST, policy=settings.churn_policy)
    back = _back(request, request.POST.get("back", ""))
    if not form.is_valid():
        context = {"form": form, "back": back} | _remarks(request, settings)
        return render(request, "metrics/remarks.html", context, status=422)
    data = form.cleaned_data
    remarks.write(on=data["on"], text=data["text"], metric=data["metric"], by=request.user, now=timezone.now())
    messages.success(request, _("It stands on the charts of that time now."))
    return redirect(back or "metrics:remarks")


@may("metrics.plan")
def remark_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a remark; whoever comes second sees what stands there now."""
    remark, policy = get_object_or_404(Annotation, pk=pk), Installation.get().churn_policy
    stored = {"on": remark.on, "text": remark.text, "metric": remark.metric, "version": remark.version}
    if request.method != "POST":
        form = RemarkForm(policy=policy, initial=stored)
        return render(request, "metrics/remark.html", {"form": form, "remark": remark})
    form = RemarkForm(request.POST, policy=policy)
    if form.is_valid():
        data = form.cleaned_data
        version = data.pop("version") or 0
        try:
            remarks.change(remark=remark, version=version, by=request.user, **data)
        except remarks.ChangedMeanwhileError:
            said = _("Somebody else has changed this remark meanwhile. This is how it stands now.")
            messages.warning(request, said)
            form = RemarkForm(policy=policy, initial=stored)
            return render(request, "metrics/remark.html", {"form": form, "remark": remark}, status=409)
        messages.success(request, _("Saved."))
        return redirect("metrics:remarks")
    return render(request, "metrics/remark.html", {"form": form, "remark": remark}, status=422)


@may("metrics.plan")
@require_POST
def remark_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes; the list then offers to take it back."""
    remark = Annotation.objects.filter(pk=pk).first()
    if remark is None:
        return redirect("metrics:remarks")  # a second click
    token = remarks.remove(remark=remark, by=request.user)
    return redirect(f"{reverse('metrics:remarks')}?{urlencode({'gone': token})}")


@may("metrics.plan")
@require_POST
def remark_restore(request: HttpRequest) -> HttpResponse:
    try:
        remarks.restore(token=request.POST.get("token", ""), by=request.user)
    except signing.BadSignature:
        messages.error(request, _("It cannot be taken back any more. Write it down again."))
    else:
        messages.success(request, _("The remark is back."))
    return redirect("metrics:remarks")


def _back(request: HttpRequest, url: str) -> str:
    """The page to go back to, where it is one of ours."""
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    return url if is_ours else ""


@may("metrics.plan")
@require_safe
def goal_list(request: HttpRequest) -> HttpResponse:
    """Goals that hold or will hold, by figure, and a form for another."""
    settings = Installation.get()
    this_month = settings.day_of(timezone.now()).replace(day=1)
    initial = {"metric": request.GET.get("metric", ""), "since": f"{this_month:%Y-%m}"}
    form = GoalForm(policy=settings.churn_policy, initial=initial)
    return render(request, "metrics/goals.html", {"form": form, "rows": _goals(settings)})


@may("metrics.plan")
@require_POST
def goal_set(request: HttpRequest) -> HttpResponse:
    settings = Installation.get()
    form = GoalForm(request.POST, policy=settings.churn_policy)
    if not form.is_valid():
        return render(request, "metrics/goals.html", {"form": form, "rows": _goals(settings)}, status=422)
    goals.set_goal(**form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, _("The goal is set."))
    return redirect("metrics:goals")


@may("metrics.plan")
@require_POST
def goal_remove(request: HttpRequest, pk: int) -> HttpResponse:
    goal = Goal.objects.filter(pk=pk).first()
    if goal:
        goals.take_back(goal=goal, by=request.user)
        messages.success(request, _("The goal is taken out. The one before it, if any, holds on."))
    return redirect("metrics:goals")


def _goals(settings: Installation) -> list[dict[str, Any]]:
    """The goals as written, by figure, the newest first; which holds this month."""
    read, today = goals.Goals.read(), settings.day_of(timezone.now())
    order = list(METRICS)
    known = [one for one in read.rows if one.metric in METRICS]
    holding: dict[str, int] = {}
    for one in known:
        if one.since <= today:
            holding[one.metric] = one.pk
    names = {user.pk: user.name for user in read.authors()}
    found = [
        {
            "goal": one,
            "figure": METRICS[one.metric].name_under(settings.churn_policy),
            "since": period_words(Period(one.since, 1), settings),
            "value": _goal_words(one),
            "by": names.get(one.by_id, ""),
            "holds": holding.get(one.metric) == one.pk,
            "is_coming": one.since > today,
        }
        for one in reversed(known)
    ]
    return sorted(found, key=lambda row: order.index(row["goal"].metric))


def _goal_words(one: Goal) -> str:
    if one.value is None:
        return _("no goal")
    unit = str(METRICS[one.metric].unit)
    return written(float(one.value), {"unit": unit, "digits": 1 if unit == "%" else 0})
