"""The touch model: tiers, load by owner, overdue contacts; changes show first what they ask of whom."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Installation, User
from accounts.roles import allows, may
from common import exports, sql
from customers.models import Customer
from scores import scoring

from .. import touch, touch_load
from ..models import CustomerTier, PastTier, Tier, TierOverride, TouchPlan
from ..touch_forms import MoveForm, OverrideForm, PlanForm, RuleFormSet, initial_rules

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
MOST_MOVED = 20_000


def _today() -> dt.date:
    return Installation.get().day_of(timezone.now())


@may("segments.view")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Sizes and money of the tiers, the load of each owner, who is overdue."""
    plan, as_of = TouchPlan.get(), _today()
    context: dict[str, Any] = {
        "plan": plan,
        "as_of": scoring.last_run(),
        "may_change": allows(request.user, "touch.change"),
        "may_export": allows(request.user, "customers.export"),
        "days": touch_load.MOVEMENT_DAYS,
    }
    if plan.rules:
        context |= _standing(plan, as_of)
    return render(request, "segments/touch.html", context)


def _standing(plan: TouchPlan, as_of: dt.date) -> dict[str, Any]:
    rows = touch_load.loads(plan, touch_load.stored_counts())
    late = touch_load.overdue_by_owner(plan, as_of=as_of, zone=Installation.get().zone)
    return {
        "tiers": touch_load.tiers(plan, as_of=as_of),
        "rules": [(Tier(rule["tier"]).label, touch.rule_in_words(rule)) for rule in plan.rules],
        "loads": [(row, late.get(row.owner and row.owner.pk, 0)) for row in rows],
        "shortfall": touch_load.shortfall(rows),
        "scale": touch_load.scale(rows),
        "overdue": sum(late.values()),
    }


@may("segments.view")
@require_safe
def due(request: HttpRequest) -> HttpResponse:
    """Customers whose last contact is longer ago than their tier allows, the longest first."""
    plan, installation = TouchPlan.get(), Installation.get()
    asked = {name: request.GET.get(name, "") for name in ("owner", "tier")}
    found = _narrowed(touch_load.overdue(plan, as_of=_today(), zone=installation.zone), asked)
    rows, after = touch_load.overdue_page(found, after=request.GET.get("after", ""))
    same = {name: value for name, value in asked.items() if value}
    context = {
        "rows": [(row, plan.days(row.tier), _days_over(plan, row)) for row in rows],
        "never": touch_load.NEVER,
        "count": found.count(),
        "asked": asked,
        "owners": User.objects.filter(customers__isnull=False).distinct(),
        "tiers": Tier.choices,
        "next_url": "?" + urlencode({**same, "after": after}) if after else "",
        "first_url": "?" + urlencode(same) if request.GET.get("after") else "",
        "as_of": _today(),
    }
    return render(request, "segments/_touch_due_rows.html" if _is_rows(request) else "segments/touch_due.html", context)


def _days_over(plan: TouchPlan, row: CustomerTier) -> int:
    return (_today() - row.last_on).days - (plan.days(row.tier) or 0)


def _is_rows(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == "rows"


def _narrowed(found, asked: dict[str, str]):
    """By owner (id, or `none`) and tier; what nobody knows is not asked for."""
    if asked["owner"] == "none":
        found = found.filter(customer__owner=None)
    elif asked["owner"].isascii() and asked["owner"].isdigit() and len(asked["owner"]) < 19:
        found = found.filter(customer__owner=int(asked["owner"]))
    return found.filter(tier=asked["tier"]) if asked["tier"] in Tier.values else found


# --- changes -------------------------------------------------------------------------------


@may("touch.change")
@get_or_post
def change(request: HttpRequest) -> HttpResponse:
    """Rules, hours, intervals, capacities. Posting shows the load then; `action=save` stores them."""
    plan = TouchPlan.get()
    owners = list(User.objects.filter(customers__isnull=False).distinct())
    data = request.POST if request.method == "POST" else None
    form = PlanForm(data, instance=TouchPlan.get(), owners=owners)
    rules = RuleFormSet(data, prefix="rules", initial=initial_rules(plan.rules or _proposal()))
    context: dict[str, Any] = {"form": form, "rules": rules, "plan": plan, "is_proposal": not plan.rules}
    is_valid = data is not None and form.is_valid() and rules.is_valid()
    if is_valid:
        proposed = form.instance
        proposed.rules = [rule for one in rules if (rule := one.rule())]
        if request.POST.get("action") == "save":
            return _save(request, proposed)
        context |= _effect(plan, proposed)
    return render(request, "segments/touch_change.html", context, status=200 if is_valid or data is None else 422)


def _proposal() -> list[dict[str, Any]]:
    """Two rules to begin with, from the company's own LTV: a twentieth of its active customers, and a fifth."""
    (found,) = sql.rows("segments/sql/touch_proposal.sql")
    limits = [(Tier.HIGH, found["high"]), (Tier.LOW, found["low"])]
    return [
        {"tier": tier.value, "criteria": {"ltv_at_least": _rounded(limit), "is_active": "yes"}}
        for tier, limit in limits
        if limit
    ]


def _rounded(limit) -> int:
    """To two digits: a limit people can remember."""
    return int(float(f"{float(limit):.1e}")) or 1


def _effect(plan: TouchPlan, proposed: TouchPlan) -> dict[str, Any]:
    as_of = _today()
    was = touch_load.loads(plan, touch_load.stored_counts())
    then = touch_load.loads(proposed, touch_load.counts_under(proposed, as_of=as_of))
    return _compared(was, then)


def _compared(was: list[touch_load.Load], then: list[touch_load.Load]) -> dict[str, Any]:
    return {
        "effects": touch_load.effects(was, then),
        "scale": touch_load.scale(then),
        "short_before": touch_load.shortfall(was),
        "short_after": touch_load.shortfall(then),
        "sizes": [
            (tier.label, sum(row.counts.get(tier, 0) for row in was), sum(row.counts.get(tier, 0) for row in then))
            for tier in Tier
        ],
    }


def _save(request: HttpRequest, proposed: TouchPlan) -> HttpResponse:
    touch.save_plan(plan=proposed, by=request.user, now=timezone.now())
    messages.success(request, _("The touch model is saved, and every customer is in his tier."))
    return redirect("segments:touch")


@may("touch.change")
@get_or_post
def move(request: HttpRequest) -> HttpResponse:
    """Customers of one owner to another: shown first, then done with `action=save`."""
    form = MoveForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        source, target = form.cleaned_data["source"], form.cleaned_data["target"]
        found = CustomerTier.objects.filter(customer__owner=source, tier__in=form.tiers)
        if request.POST.get("action") == "save":
            return _moved(request, found, target)
        plan, counts = TouchPlan.get(), touch_load.stored_counts()
        after = touch_load.moved(counts, source=source and source.pk, target=target.pk, tiers=form.tiers)
        context |= _compared(touch_load.loads(plan, counts), touch_load.loads(plan, after))
        context["moving"] = found.count()
    return render(request, "segments/touch_move.html", context, status=422 if form.errors else 200)


def _moved(request: HttpRequest, found, target: User) -> HttpResponse:
    ids = found.order_by("pk").values_list("pk", flat=True)[:MOST_MOVED]
    count = touch.move_owner(customers=ids, owner=target, by=request.user, now=timezone.now())
    words = ngettext("%(n)s customer now belongs to %(who)s.", "%(n)s customers now belong to %(who)s.", count)
    messages.success(request, words % {"n": f"{count:,}", "who": target})
    return redirect("segments:touch")


# --- one customer --------------------------------------------------------------------------


@may("segments.view")
@require_safe
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """The tier of one customer and why: a panel for htmx, a page of its own without it."""
    who = get_object_or_404(Customer, pk=pk)
    return _panel(request, who, OverrideForm())


@may("segments.edit")
@require_POST
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Sets a tier by hand with the reason, or frees it (`action=lift`)."""
    who, now = get_object_or_404(Customer.objects.current(), pk=pk), timezone.now()
    if request.POST.get("action") == "lift":
        touch.lift(customer=who, by=request.user, now=now)
        messages.success(request, _("The rules decide the tier again."))
        return redirect("customers:detail", pk)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return _panel(request, who, form)
    given = {name: form.cleaned_data[name] for name in ("tier", "reason", "until")}
    touch.override(customer=who, **given, by=request.user, now=now)
    messages.success(request, _("The tier is set."))
    return redirect("customers:detail", pk)


def _panel(request: HttpRequest, who: Customer, form: OverrideForm) -> HttpResponse:
    plan, as_of = TouchPlan.get(), _today()
    mine = touch_load.with_contact(zone=Installation.get().zone).filter(customer=who).first()
    context = {
        "customer": who,
        "plan": plan,
        "mine": mine,
        "why": touch.why(who, plan, as_of=as_of) if mine else "",
        "past": PastTier.objects.filter(customer=who).order_by("-until")[:5],
        "forced": TierOverride.objects.filter(customer=who).first(),
        "form": form,
        "may_edit": allows(request.user, "segments.edit"),
        **(_contact(plan, mine, as_of) if mine else {}),
    }
    page = "segments/_touch_customer.html" if request.htmx else "segments/touch_customer.html"
    return render(request, page, context, status=422 if form.errors else 200)


def _contact(plan: TouchPlan, mine: CustomerTier, as_of: dt.date) -> dict[str, Any]:
    """When he was last contacted, how often his tier asks for it, and until when the next one is due."""
    days, last = plan.days(mine.tier), None if mine.last_on == touch_load.NEVER else mine.last_on
    due_on = last + dt.timedelta(days=days) if days and last else None
    is_overdue = bool(days) and (due_on is None or due_on < as_of)
    return {"days": days, "last_on": last, "due_on": due_on, "is_overdue": is_overdue}


# --- files ---------------------------------------------------------------------------------


@may("segments.view")
@require_safe
def load_file(request: HttpRequest) -> HttpResponse:
    """The load of each owner as CSV."""
    rows = touch_load.loads(TouchPlan.get(), touch_load.stored_counts())
    return _csv("touch-load", touch_load.LOAD_HEADER, touch_load.load_rows(rows))


@may("customers.export")
@require_POST
def tiers_file(request: HttpRequest) -> HttpResponse:
    """Every customer's tier as CSV; who took it along is recorded."""
    audit.record("touch.export", by=request.user, count=CustomerTier.objects.count())
    rows = touch_load.tier_rows(TouchPlan.get(), zone=Installation.get().zone)
    return _csv("touch-tiers", touch_load.TIER_HEADER, rows)


def _csv(name: str, header: list[str], rows) -> StreamingHttpResponse:
    response = StreamingHttpResponse(exports.lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
