"""What is behind a segment: what its members are worth, who came and went, and both as files."""

import datetime as dt
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Installation
from accounts.roles import allows, may
from common import downloads
from scores.labels import lifecycle_label
from scores.models import RfmSegment

from .. import exporting, figures, listing
from ..models import Segment


@may("segments.view")
@require_safe
def composition(request: HttpRequest, slug: str) -> HttpResponse:
    """Members by stage and RFM segment, their money, how many may be mailed: a panel for htmx, a page without it."""
    segment = get_object_or_404(Segment, slug=slug)
    installation = Installation.get()
    found = figures.composition(segment, as_of=segment.as_of or installation.day_of(timezone.now()))
    context = {
        "segment": segment,
        "found": found,
        "lifecycle": [
            (part, lifecycle_label(part.value, installation.churn_policy)) for part in found.lifecycle if part.value
        ],
        "rfm": [(part, RfmSegment(part.value).label) for part in found.rfm if part.value],
        "basis": f"{installation.get_tax_display()}",
    }
    return render(request, "segments/_composition.html" if request.htmx else "segments/composition.html", context)


@may("segments.view")
@require_safe
def moves(request: HttpRequest, slug: str) -> HttpResponse:
    """Who came (`?kind=entered`) or went (`left`), newest first; of one day where it is named."""
    segment = get_object_or_404(Segment, slug=slug)
    kind, on = _kind(request), _day(request)
    page = figures.moves_page(segment, kind, after=request.GET.get("after", ""), on=on)
    context = {
        "segment": segment,
        "row": listing.Row(segment, listing.freshness(segment, Installation.get().day_of(timezone.now()))),
        "kind": kind,
        "on": on,
        "page": page,
        "count": figures.moves(segment, kind, on=on).count(),
        "tabs": [(name, f"?kind={name}") for name in figures.DAY],
        "next_url": _address(kind, on, after=page.next) if page.next else "",
        "prev_url": _address(kind, on) if request.GET.get("after") else "",
        "export_url": reverse("segments:moves-export", args=[segment.slug]) + _address(kind, on),
        "may_export": allows(request.user, "customers.export"),
    }
    return render(request, "segments/moves.html", context)


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "entered")
    return kind if kind in figures.DAY else "entered"


def _day(request: HttpRequest) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None


def _address(kind: str, on: dt.date | None, **more: str) -> str:
    return "?" + urlencode({"kind": kind, **({"on": on} if on else {}), **more})


@may("customers.export")
@require_POST
def export_moves(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Who came or went as a file; who took it along is recorded."""
    segment = get_object_or_404(Segment, slug=slug)
    kind, on = _kind(request), _day(request)
    found = figures.moves(segment, kind, on=on)
    audit.record("segment.export", by=request.user, on=segment, count=found.count(), what=kind)  # type: ignore[arg-type]  # signed in
    return downloads.answer(
        request,
        name=f"{segment.slug}-{kind}",
        header=exporting.MOVES,
        rows=lambda: exporting.move_rows(found, kind),
        back=reverse("segments:moves", args=[segment.slug]) + _address(kind, on),
    )
