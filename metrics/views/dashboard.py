"""The first page by role: staff see what to do today, managers the company, admins whether data and jobs are well."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Installation, Role
from accounts.roles import allows, may
from campaigns import approving
from campaigns.models import Campaign
from customers.models import Customer
from metrics import charts, closing, computing, health, home, remarks
from metrics.definitions import METRICS, chip, money_basis
from metrics.overview import Overview, owners
from metrics.periods import Period, after
from metrics.views.rfm import grid
from metrics.wording import period_words
from success import worklist

JOBS = 7
AT_STAKE = 8
LOST = 6
CAMPAIGNS = 3
STAFF, COMPANY, OPERATIONS = "staff", "company", "operations"

Row = dict[str, Any]


@may("pages.view")
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything from what the night stored; the list of today and the state of jobs from the facts."""
    settings, now = Installation.get(), timezone.now()
    request.installation = settings  # type: ignore[attr-defined]  # read once a page (accounts.context)
    shows = _shown_to(request)
    overview = Overview.read(settings, with_goals=shows == COMPANY)
    context = {
        "shows": shows,
        "today": settings.day_of(now),
        "today_words": date_format(settings.day_of(now), "DATE_FORMAT"),
        "overview": overview,
        "basis": money_basis(settings),
        "has_customers": overview.as_of is not None or computing.has_customers(),
        "risk_definition": chip("churn_risk", settings=settings, as_of=overview.as_of),
        "approvals": approving.home(request.user, now) if shows != OPERATIONS else None,
    }
    parts = {STAFF: _staff, COMPANY: _company, OPERATIONS: _operations}
    return render(request, "metrics/dashboard.html", context | parts[shows](request, overview, now))


def _shown_to(request: HttpRequest) -> str:
    """Admins look after data and jobs, and may turn to the company's figures."""
    if request.user.role == Role.ADMIN:
        return COMPANY if request.GET.get("show") == COMPANY else OPERATIONS
    return COMPANY if allows(request.user, "metrics.all_owners") else STAFF


def _staff(request: HttpRequest, overview: Overview, now: dt.datetime) -> Row:
    user, today = request.user, overview.settings.day_of(now)
    jobs = worklist.jobs(user=user, today=today, mine_only=True)
    wanted = [row["customer_id"] for row in overview.rows(home.STAKES) if row["owner_id"] == user.pk]
    return {
        "jobs": jobs[:JOBS],
        "job_count": len(jobs),
        "stats": overview.own_stats(user.pk),
        "at_stake": list(_in_order(wanted[:AT_STAKE]).values()),
        "campaigns": _own_campaigns(request, overview),
    }


def _own_campaigns(request: HttpRequest, overview: Overview) -> list[Row]:
    """The last ones he made, with what was said of them, where anything can be."""
    said = {row["campaign_id"]: row for row in overview.rows(home.WORKED)}
    found = Campaign.objects.filter(created_by=request.user).select_related("segment").order_by("-pk")[:CAMPAIGNS]
    return [{"campaign": one, "said": said.get(one.pk)} for one in found]


def _company(request: HttpRequest, overview: Overview, now: dt.datetime) -> Row:
    lost, settings = overview.rows(home.LOST_NAMES)[:LOST], overview.settings
    stakes = overview.at_stake[:AT_STAKE]
    people = _in_order([*(row["customer_id"] for row in lost), *stakes])
    month = Period(after(overview.month.first, -1), 1) if overview.month else None
    return _closing(overview) | {
        "churn": _churn_chart(overview),
        "rfm": grid(overview.rfm),
        "rfm_definition": chip("rfm", settings=settings, as_of=overview.as_of),
        "month": month,
        "month_words": period_words(month, settings) if month else "",
        "lost": [row | {"customer": people[row["customer_id"]]} for row in lost if row["customer_id"] in people],
        "reasons": overview.rows(home.LOST_WHY),
        "worked": overview.rows(home.WORKED)[:CAMPAIGNS],
        "owners": owners(overview),
        "at_stake": [people[pk] for pk in stakes if pk in people],
    }


def _closing(overview: Overview) -> Row:
    """The figures, the last month's marked where it is closed; and the month that can be closed next. One query."""
    stats, firsts = overview.stats(), [row["start"] for row in overview.months]
    closed = closing.closed_by_month(firsts) if firsts else {}
    stats[0]["closing"] = closed.get(firsts[-1]) if firsts else None
    proposal = closing.next_to_close(firsts, set(closed))
    words = period_words(proposal, overview.settings) if proposal else ""
    return {"stats": stats, "proposal": proposal, "proposal_words": words}


def _operations(request: HttpRequest, overview: Overview, now: dt.datetime) -> Row:
    return {"health": health.read(settings=overview.settings, now=now)}


def _churn_chart(overview: Overview) -> Row | None:
    """The line of the last full months, with the goal; None without any."""
    months = [row for row in overview.months if row["rate"] is not None]
    if not months:
        return None
    settings = overview.settings
    name = str(METRICS["churn"].name_under(settings.churn_policy))
    periods = [Period(row["start"], 1) for row in months]
    words = [period_words(period, settings) for period in periods]
    chart = charts.line(words, {name: [row["rate"] for row in months]}) | overview.goals.line("churn", periods)
    chart |= charts.over(periods) | remarks.marks("churn", periods, settings=settings)
    return {
        "heading": _("%(name)s over time") % {"name": name},
        "chart": chart,
        "definition": chip("churn", settings=settings, as_of=overview.as_of, period=f"{words[0]} – {words[-1]}"),
    }


def _in_order(wanted: list[int]) -> dict[int, Customer]:
    """The customers by id, in the order asked for; archived ones are left out. One query."""
    found = Customer.objects.current().select_related("owner", "score", "prediction").in_bulk(wanted)
    return {pk: found[pk] for pk in wanted if pk in found}
