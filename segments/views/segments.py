"""Segments: the list, who is in one, and its members as a file."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may

from .. import building, exporting, frozen_lines, listing, rules
from ..models import Segment


@may("segments.view")
@require_safe
def segment_list(request: HttpRequest) -> HttpResponse:
    """Every segment: how many, who came and went, how fresh."""
    installation = Installation.get()
    rows = listing.rows(today=installation.day_of(timezone.now()), zone=installation.zone)
    context = {
        "general": [row for row in rows if not row.is_rfm],
        "rfm": [row for row in rows if row.is_rfm],
        "loud": [row for row in rows if row.is_loud],
        "as_of": max((row.segment.as_of for row in rows if row.segment.as_of), default=None),
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
        "owners": listing.owners(segment),
        "may_export": allows(request.user, "customers.export"),
        "may_edit": allows(request.user, "segments.edit"),
        "may_change": building.may_change(request.user, segment),
        "may_delete": building.may_delete(request.user, segment),
    }
    return render(request, "segments/detail.html", context)


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
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The members as a file; who took it along is recorded."""
    segment = get_object_or_404(Segment, slug=slug)
    audit.record("segment.export", by=request.user, on=segment, count=segment.member_count)
    response = StreamingHttpResponse(exporting.lines(segment), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{segment.slug}.csv"'
    return response
