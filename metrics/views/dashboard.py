"""The first page: what to do today, then the figures; leaders see the figures first."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Installation, JobRun, Role
from accounts.roles import allows, may
from campaigns import approving, listing
from customers.models import Customer, Import
from metrics import charts, computing
from metrics.definitions import METRICS, chip, money_basis
from metrics.overview import Overview
from metrics.periods import Period
from metrics.views.rfm import grid
from metrics.wording import period_words
from success import worklist

JOBS = 7
AT_STAKE = 8
CAMPAIGNS = 3
IMPORTS = 3


@may("pages.view")
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything from what the night stored; the list of today from the facts."""
    settings, now = Installation.get(), timezone.now()
    request.installation = settings  # type: ignore[attr-defined]  # read once a page (accounts.context)
    overview = Overview.read(settings)
    today = settings.day_of(now)
    for_leaders = allows(request.user, "metrics.all_owners")
    context = {
        "today": today,
        "today_words": date_format(today, "DATE_FORMAT"),
        "overview": overview,
        "basis": money_basis(settings),
        "stats": overview.stats(for_leaders=for_leaders),
        "churn": _churn_chart(overview),
        "rfm": grid(overview.rfm),
        "rfm_definition": chip("rfm", settings=settings, as_of=overview.as_of),
        "risk_definition": chip("churn_risk", settings=settings, as_of=overview.as_of),
        "at_stake": _at_stake(overview),
        "has_customers": overview.as_of is not None or computing.has_customers(),
        "for_leaders": for_leaders,
        "approvals": approving.home(request.user, now),
    }
    return render(request, "metrics/dashboard.html", context | _of_role(request, settings, now, today))


def _of_role(request: HttpRequest, settings: Installation, now: dt.datetime, today: dt.date) -> dict:
    if request.user.role == Role.CS:
        own = worklist.jobs(user=request.user, today=today, mine_only=True)
        jobs = own or worklist.jobs(user=request.user, today=today, mine_only=False)
        return {"jobs": jobs[:JOBS], "job_count": len(jobs), "has_more_jobs": len(jobs) > JOBS}
    if request.user.role == Role.MANAGER:
        page = listing.page({}, now=now)
        return {"campaigns": page.rows[:CAMPAIGNS]}
    last_night = JobRun.objects.filter(job="nightly").order_by("-started_at").first()
    next_run = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), settings.zone)
    return {"imports": list(Import.objects.all()[:IMPORTS]), "last_night": last_night, "next_run": next_run}


def _churn_chart(overview: Overview) -> dict | None:
    """The line of the last 13 full months; None without any."""
    months = [row for row in overview.months if row["rate"] is not None]
    if not months:
        return None
    settings = overview.settings
    name = str(METRICS["churn"].name_under(settings.churn_policy))
    words = [period_words(Period(row["start"], 1), settings) for row in months]
    return {
        "heading": _("%(name)s over time") % {"name": name},
        "chart": charts.line(words, {name: [row["rate"] for row in months]}),
        "definition": chip("churn", settings=settings, as_of=overview.as_of, period=f"{words[0]} – {words[-1]}"),
    }


def _at_stake(overview: Overview) -> list[Customer]:
    """The customers with most to lose, in that order."""
    wanted = overview.at_stake[:AT_STAKE]
    found = Customer.objects.current().select_related("owner", "score", "prediction").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
