"""Segments: the list, who is in one, and its members as a file."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may
from common import downloads

from .. import building, exporting, figures, frozen_lines, listing, rules
from ..models import Segment

TREND_DAYS = 365
KIND_WORDS = {"": _("All"), "ready": _("Ready-made"), "own": _("Own"), "frozen": pgettext_lazy("segment", "Frozen")}
SORT_WORDS = {"": _("In their place"), "name": _("Name"), "size": _("Largest first"), "moved": _("Most movement first")}


@may("segments.view")
@require_safe
def segment_list(request: HttpRequest) -> HttpResponse:
    """Every segment: how many, who came and went, how fresh."""
    installation = Installation.get()
    asked = listing.Asked.read(request.GET)
    every = listing.rows(today=installation.day_of(timezone.now()), zone=installation.zone)
    rows = asked.shown(every)
    context = {
        "asked": asked,
        "has_any": bool(every),
        "own": [row for row in rows if not row.segment.is_ready_made],
        "general": [row for row in rows if row.segment.is_ready_made and not row.is_rfm],
        "rfm": [row for row in rows if row.is_rfm],
        "loud": [row for row in every if row.is_loud],
        "sparks": {f"spark-{row.segment.slug}": row.spark for row in rows if len(row.sizes) > 1},
        "kinds": [(code, words, asked.address(kind=code)) for code, words in KIND_WORDS.items()],
        "sorts": [(code, words, asked.address(sort=code)) for code, words in SORT_WORDS.items()],
        "as_of": max((row.segment.as_of for row in every if row.segment.as_of), default=None),
        "days": listing.MOVEMENT_DAYS,
        "may_edit": allows(request.user, "segments.edit"),
    }
    return render(request, "segments/list.html", context)


@may("segments.view")
@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A segment's rule in words, its freshness, and its members."""
    segment = get_object_or_404(Segment, slug=slug)
    wanted = listing.Wanted.read(request.GET)
    page = listing.page(segment, wanted, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {"segment": segment, "wanted": wanted, "page": page, "sorts": _sorts(wanted)}
    if request.headers.get("HX-Target") == "rows":
        return render(request, "segments/_members.html", context)
    installation = Installation.get()
    context |= {
        "row": listing.row(segment, today=installation.day_of(timezone.now()), zone=installation.zone),
        "rule": _in_words(segment),
        "trend": _trend(segment, installation),
        "uses": building.uses(segment),
        "owners": listing.owners(segment),
        "may_export": allows(request.user, "customers.export"),
        "may_edit": allows(request.user, "segments.edit"),
        "may_change": building.may_change(request.user, segment),
        "may_delete": building.may_delete(request.user, segment),
    }
    return render(request, "segments/detail.html", context)


def _trend(segment: Segment, installation: Installation) -> dict | None:
    """The line of how many were in it; None before there are two points."""
    found = figures.trends([segment], days=TREND_DAYS, zone=installation.zone, one=segment).get(segment.pk)
    if found and len(found.days) < figures.ONE_WEEK * 2:  # young: day by day
        found = figures.trends([segment], days=figures.DAILY_UP_TO, zone=installation.zone, one=segment)[segment.pk]
    if not found or len(found.days) < 2:
        return None
    line = {"name": str(_("Customers")), "data": found.sizes, "look": "main"}
    return {"kind": "line", "x": [f"{day:%Y/%m/%d}" for day in found.days], "unit": "", "digits": 0, "series": [line]}


def _sorts(wanted: listing.Wanted) -> dict[str, dict]:
    """The heads of the columns that sort: names upwards, days and figures downwards."""
    order = "ascending" if wanted.sort == "name" else "descending"
    return {
        name: {"label": words, "url": wanted.address(sort=name), "order": order if wanted.sort == name else ""}
        for name, (words, _key) in listing.ORDERS.items()
    }


def _in_words(segment: Segment) -> str:
    if segment.is_frozen:
        return frozen_lines.words(segment)
    try:
        return rules.parse(segment.rule).words()
    except rules.RuleError as error:
        return str(error)


@may("customers.export")
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The members as a file; who took it along is recorded."""
    segment = get_object_or_404(Segment, slug=slug)
    audit.record("segment.export", by=request.user, on=segment, count=segment.member_count)
    return downloads.answer(
        request,
        name=segment.slug,
        header=exporting.HEADER,
        rows=lambda: exporting.rows(segment),
        back=reverse("segments:detail", args=[segment.slug]),
    )
