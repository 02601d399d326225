"""Segments for programs: which there are, who is (or was) in one, and who moved."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import ERROR, ERRORS, ApiView, scope
from accounts.models import Installation
from scores.api import DAY, PAGE, Page, asked, page_of

from . import listing, movements
from .models import Movement, Segment

SCOPE = {"x-scope": "segments:read"}
_SLUG = OpenApiParameter("slug", {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}, OpenApiParameter.PATH)
_NONE = {404: OpenApiResponse(ERROR, "No segment of this name.")}
SEGMENT = ["slug", "name", "description", "kind", "state", "as_of", "members", "rule"]
MEMBER = ["customer_id", "entered_on", "left_on"]
MOVEMENT = ["id", "customer_id", "kind", "on", "at"]


def _page(found: QuerySet, limit: int, fields: list[str], paths: list[str]) -> dict[str, Any]:
    rows = list(found.order_by("pk").values_list("pk", *paths)[: limit + 1])
    shown = rows[:limit]
    records = [dict(zip(fields, row[1:], strict=True)) for row in shown]
    return {"records": records, "next": shown[-1][0] if len(rows) > limit else None}


def _segment(slug: str) -> Segment:
    found = Segment.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


class Segments(ApiView):
    """GET only."""

    @extend_schema(
        operation_id="listSegments",
        tags=["segments"],
        summary="Segments, how many are in each, and how fresh that is",
        parameters=PAGE,
        responses={200: OpenApiResponse(page_of(SEGMENT), "A page of segments."), **ERRORS},
        extensions=SCOPE,
    )
    def get(self, request: Request) -> Response:
        """`state` is fresh, stale, failed, never or frozen: act on fresh and frozen ones only."""
        query = Page(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        limit = query.validated_data["limit"]
        found = list(Segment.objects.filter(pk__gt=query.validated_data["after"]).order_by("pk")[: limit + 1])
        today = Installation.get().day_of(timezone.now())
        records = [_described(one, today) for one in found[:limit]]
        return Response({"records": records, "next": found[limit - 1].pk if len(found) > limit else None})


def _described(segment: Segment, today: dt.date) -> dict[str, Any]:
    kind = "ready_made" if segment.is_ready_made else "frozen" if segment.is_frozen else "own"
    return {
        "slug": segment.slug,
        "name": str(segment),
        "description": str(segment.purpose),
        "kind": kind,
        "state": listing.freshness(segment, today),
        "as_of": segment.as_of,
        "members": segment.member_count,
        "rule": segment.rule,
    }


class OnDay(Page):
    on = serializers.DateField(required=False, default=None)


class Members(ApiView):
    """GET only."""

    @extend_schema(
        operation_id="listMembers",
        tags=["segments"],
        summary="Who is in a segment, or was on a day",
        parameters=[
            _SLUG,
            *PAGE,
            asked("on", {"type": "string", "format": "date"}, "who was in it at the end of this day"),
        ],
        responses={200: OpenApiResponse(page_of(MEMBER, as_of=DAY), "A page of members."), **_NONE, **ERRORS},
        extensions=SCOPE,
    )
    def get(self, request: Request, slug: str) -> Response:
        segment = _segment(slug)
        query = OnDay(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        wanted, day = query.validated_data, query.validated_data["on"]
        inside = Q(entered_on__lte=day) & (Q(left_on=None) | Q(left_on__gt=day)) if day else Q(left_on=None)
        found = segment.memberships.filter(inside, pk__gt=wanted["after"])
        paths = ["customer__code", "entered_on", "left_on"]
        return Response({"as_of": segment.as_of, **_page(found, wanted["limit"], MEMBER, paths)})


class Moved(Page):
    kind = serializers.ChoiceField(choices=Movement.Kind.values, required=False, default="")


class Movements(ApiView):
    """GET only."""

    @extend_schema(
        operation_id="listMovements",
        tags=["segments"],
        summary="Who entered and left a segment, in order",
        description=(
            f"News of the last {movements.KEPT_DAYS} days; numbers grow, so keep the last one and ask for what follows"
            " it. What moved back on the same day is left out."
        ),
        parameters=[_SLUG, *PAGE, asked("kind", {"enum": Movement.Kind.values}, "one direction alone")],
        responses={200: OpenApiResponse(page_of(MOVEMENT), "A page of movements."), **_NONE, **ERRORS},
        extensions=SCOPE,
    )
    def get(self, request: Request, slug: str) -> Response:
        segment = _segment(slug)
        query = Moved(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        found = segment.movements.filter(pk__gt=wanted["after"], is_void=False)
        if wanted["kind"]:
            found = found.filter(kind=wanted["kind"])
        return Response(_page(found, wanted["limit"], MOVEMENT, ["pk", "customer__code", "kind", "on", "at"]))


listed = scope(Segments, get="segments:read")
members = scope(Members, get="segments:read")
moved = scope(Movements, get="segments:read")
