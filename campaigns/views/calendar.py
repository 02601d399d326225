"""All campaigns: as a list, by day, with the load on customers, and what a segment has received lately."""

import datetime as dt
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.roles import may
from campaigns import calendar as domain
from campaigns import listing
from campaigns.models import Campaign
from common import downloads
from segments.models import Segment

from . import today

LATELY = dt.timedelta(days=90)
LOAD_WEEKS = 8
MOST_YEARS = 20  # away from today


@may("campaigns.view")
@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """Found by name, filtered and sorted, twenty a page."""
    page = listing.page(request.GET.dict(), now=timezone.now())
    if request.htmx and not request.htmx.boosted:
        return render(request, "campaigns/_rows.html", {"page": page})
    context = {
        "page": page,
        "wanted": page.wanted,
        "states": Campaign.State.choices,
        "kinds": Campaign.MessageClass.choices,
        "triggers": Campaign.Trigger.choices,
        "orders": [(key, label) for key, (label, _by) in listing.ORDERS.items()],
        "export_url": reverse("campaigns:list-export") + page.wanted.address(),
        **listing.choices(),
    }
    return render(request, "campaigns/list.html", context)


@may("customers.export")
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The campaigns wanted as a file."""
    wanted = listing.Wanted.read(request.GET)
    audit.record("campaign.export", by=request.user, filtered=wanted.is_filtered)  # type: ignore[arg-type]  # signed in
    rows = partial(listing.lines, wanted, timezone.now())
    back = reverse("campaigns:list") + wanted.address()
    return downloads.answer(request, name="campaigns", header=listing.HEADER, rows=rows, back=back)


# --- by day -------------------------------------------------------------------------------------------------


@may("campaigns.view")
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A month or a week; on a phone only the days on which something is."""
    now = today()
    at = _day(request.GET.get("on", ""), now)
    is_week = request.GET.get("by") == "week"
    first, last = domain.week(at) if is_week else domain.month(at)
    days = domain.days(first, last)
    context = {
        "days": days,
        "weeks": [days[n : n + 7] for n in range(0, len(days), 7)],
        "names": [date_format(one.on, "D") for one in days[:7]],
        "at": at,
        "today": now,
        "is_week": is_week,
        "title": _title(at, first, last, is_week=is_week),
        "previous": first - domain.DAY if is_week else at.replace(day=1) - domain.DAY,
        "next": last + domain.DAY if is_week else (at.replace(day=28) + dt.timedelta(days=4)).replace(day=1),
        "standing": domain.standing(),
        "has_any": any(day.items for day in days),
        "load_on": first,
    }
    return render(request, "campaigns/calendar.html", context)


def _day(text: str, now: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return now
    return day if abs(day.year - now.year) <= MOST_YEARS else now


def _title(at: dt.date, first: dt.date, last: dt.date, *, is_week: bool) -> str:
    if is_week:
        return _("%(begins)s–%(ends)s") % {"begins": f"{first:%Y/%m/%d}", "ends": f"{last:%m/%d}"}
    return date_format(at, pgettext("format of a month", "F Y"))


@may("campaigns.view")
@require_safe
def load(request: HttpRequest) -> HttpResponse:
    """The load on customers over eight weeks: loaded by the calendar after it is shown, or a page of its own."""
    first, _last = domain.week(_day(request.GET.get("on", ""), today()))
    rows = domain.load(first, first + LOAD_WEEKS * domain.WEEK - domain.DAY)
    template = "campaigns/_calendar_load.html" if request.htmx else "campaigns/calendar_load.html"
    return render(request, template, {"rows": rows, "first": first, "weeks": LOAD_WEEKS})


# --- what a segment has received lately ---------------------------------------------------------------------


@may("campaigns.view")
@require_safe
def segment_panel(request: HttpRequest, slug: str) -> HttpResponse:
    """A part of the segment's page, loaded by it; a page of its own without script."""
    segment = get_object_or_404(Segment, slug=slug)
    rows = listing.received(segment, since=timezone.now() - LATELY)
    template = "campaigns/_segment_panel.html" if request.htmx else "campaigns/segment_panel.html"
    return render(request, template, {"segment": segment, "rows": rows, "days": LATELY.days})
