"""Figures of segments: how large they were day by day, what their members are worth, and who came and went."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from common import sql
from customers.consent import mailable
from customers.models import Contact, Customer

from .models import Membership, Segment

ONE_DAY = dt.timedelta(days=1)
ONE_WEEK = 7
DAILY_UP_TO = 100  # days; a longer span is drawn week by week
PER_PAGE = 50


@dataclass(frozen=True)
class Trend:
    """How many were in a segment at the end of each day drawn, oldest first."""

    days: list[dt.date]
    sizes: list[int]


def trends(segments: list[Segment], *, days: int, zone: ZoneInfo, one: Segment | None = None) -> dict[int, Trend]:
    """By segment id: the last `days` days up to the day its members speak of, from the day it was made."""
    newest = max((segment.as_of for segment in segments if segment.as_of), default=None)
    if newest is None:
        return {}
    moves: dict[int, dict[dt.date, int]] = {}
    asked = {"segment": one.pk if one else None, "since": newest - dt.timedelta(days=days)}
    for row in sql.rows("segments/sql/sizes.sql", asked):
        moves.setdefault(row["segment_id"], {})[row["day"]] = row["entered"] - row["gone"]
    return {segment.pk: _trend(segment, moves.get(segment.pk, {}), days, zone) for segment in segments if segment.as_of}


def _trend(segment: Segment, moves: dict[dt.date, int], days: int, zone: ZoneInfo) -> Trend:
    """Backwards from how many are in it now, a day's movement taken off to know the day before."""
    assert segment.as_of is not None
    day, size = segment.as_of, segment.member_count
    first = max(day - dt.timedelta(days=days - 1), segment.created_at.astimezone(zone).date())
    found = []
    while day >= first:
        found.append((day, size))
        size -= moves.get(day, 0)
        day -= ONE_DAY
    drawn = found if days <= DAILY_UP_TO else found[::ONE_WEEK]
    return Trend([day for day, _size in drawn][::-1], [size for _day, size in drawn][::-1])


@dataclass(frozen=True)
class Share:
    """One part of the members: its code, how many, what they brought."""

    value: str
    customers: int
    ltv: Decimal
    share: float


@dataclass
class Composition:
    """What the members are worth and what they are."""

    customers: int = 0
    ltv: Decimal = Decimal(0)
    mrr: Decimal = Decimal(0)
    mailable: int = 0
    lifecycle: list[Share] = field(default_factory=list)
    rfm: list[Share] = field(default_factory=list)


def composition(segment: Segment, *, as_of: dt.date) -> Composition:
    """One pass over the members, and one over their contacts."""
    found = Composition(mailable=_mailable(segment, as_of))
    for row in sql.rows("segments/sql/composition.sql", {"segment": segment.pk}):  # "all" comes first
        if row["cut"] == "all":
            found.customers, found.ltv, found.mrr = row["customers"], row["ltv"], row["mrr"]
        else:
            part = Share(row["value"], row["customers"], row["ltv"], row["customers"] / found.customers)
            getattr(found, row["cut"]).append(part)
    return found


def _mailable(segment: Segment, as_of: dt.date) -> int:
    inside = segment.memberships.filter(left_on=None, customer=OuterRef("pk"))
    reachable = mailable(Contact.objects.filter(Q(left_on=None) | Q(left_on__gt=as_of), customer=OuterRef("pk")))
    return Customer.objects.current().filter(Exists(inside), Exists(reachable)).count()


# --- who came and went -----------------------------------------------------------------------------

DAY = {"entered": "entered_on", "left": "left_on"}


def moves(segment: Segment, kind: str, *, on: dt.date | None = None) -> QuerySet[Membership]:
    """Stays by the day they began ("entered") or ended ("left"), newest first. Whom it began with did not enter, and
    who was merged into another did not leave."""
    day = DAY[kind]
    found = segment.memberships.filter(**{f"{day}__isnull": False}).annotate(moved_on=F(day))
    found = found.filter(**{day: on}) if on else found
    if kind == "left":
        return found.filter(customer__merged_into=None).order_by(f"-{day}", "-pk")
    first = segment.memberships.order_by("entered_on").values("entered_on")[:1]
    return found.exclude(entered_on=first).order_by(f"-{day}", "-pk")


@dataclass
class Moves:
    """One page of those who came or went."""

    rows: list[Membership]
    next: str = ""


def moves_page(segment: Segment, kind: str, *, after: str = "", on: dt.date | None = None) -> Moves:
    """Those after the stay of that id; the newest where there is none."""
    found: Any = moves(segment, kind, on=on).select_related("customer__owner", "customer__score")
    day = DAY[kind]
    last = segment.memberships.filter(pk=int(after)).values_list(day, flat=True).first() if _is_id(after) else None
    if last:
        found = found.filter(Q(**{f"{day}__lt": last}) | Q(**{day: last}, pk__lt=int(after)))
    some = list(found[: PER_PAGE + 1])
    return Moves(some[:PER_PAGE], str(some[PER_PAGE - 1].pk) if len(some) > PER_PAGE else "")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
