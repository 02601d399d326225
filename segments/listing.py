"""The pages of segments: how each stands and moved, and its members by keyset."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common import sql
from customers.listing import search
from customers.models import Customer

from . import figures, ready_made
from .models import Membership, Segment

ROWS = 50
MOVEMENT_DAYS = 30
NO_DAY = dt.date(1, 1, 1)  # stands for "no day" and "no figure": last of all where the largest comes first
NO_FIGURE = -1e18

FRESHNESS: dict[str, str | Promise] = {
    "fresh": pgettext_lazy("segment", "Up to date"),
    "stale": pgettext_lazy("segment", "Out of date"),
    "failed": pgettext_lazy("segment", "Failed"),
    "never": pgettext_lazy("segment", "Not computed yet"),
    "frozen": pgettext_lazy("segment", "Frozen"),
}


@dataclass(frozen=True)
class Asked:
    """How a person wants the list of segments; unknown values fall back."""

    q: str = ""
    kind: str = ""
    sort: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Asked":
        q, kind, sort = (params.get(name, "").strip()[:100] for name in ("q", "kind", "sort"))
        return cls(q, kind if kind in KINDS else "", sort if sort in SORTS else "")

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.kind)

    def address(self, **changes: str) -> str:
        values = {"q": self.q, "kind": self.kind, "sort": self.sort, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def shown(self, rows: list["Row"]) -> list["Row"]:
        """Those that fit, in the order wanted (else in their place)."""
        found = [row for row in rows if self._fits(row)]
        return sorted(found, key=SORTS[self.sort], reverse=self.sort != "name") if self.sort else found

    def _fits(self, row: "Row") -> bool:
        words = f"{row.segment} {row.segment.purpose}".casefold()
        return self.q.casefold() in words and (not self.kind or KINDS[self.kind](row))


@dataclass
class Row:
    """A segment, how fresh its members are, and who came and went since `since`."""

    segment: Segment
    freshness: str
    entered: int = 0
    left: int = 0
    since: dt.date | None = None
    sizes: list[int] = field(default_factory=list)

    @property
    def spark(self) -> dict[str, Any]:
        """How large it was in the last days, as charts.js draws it."""
        return {"kind": "spark", "data": self.sizes}

    @property
    def freshness_words(self) -> str | Promise:
        return FRESHNESS[self.freshness]

    @property
    def is_loud(self) -> bool:
        return self.freshness in {"stale", "failed", "never"}

    @property
    def is_rfm(self) -> bool:
        """One of the ten by recency and frequency: its name always stands with the badge."""
        return self.segment.is_rfm


KINDS: dict[str, Callable[[Row], bool]] = {
    "ready": lambda row: row.segment.is_ready_made,
    "own": lambda row: not row.segment.is_ready_made and not row.segment.is_frozen,
    "frozen": lambda row: row.segment.is_frozen,
}
SORTS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: str(row.segment),
    "size": lambda row: row.segment.member_count,
    "moved": lambda row: row.entered + row.left,
}


def rows(*, today: dt.date, zone: ZoneInfo) -> list[Row]:
    """Every segment the data allow, in its place."""
    offered = ready_made.offered()
    segments = [one for one in Segment.objects.all() if not one.is_ready_made or one.slug in offered]
    moved = {line["segment_id"]: line for line in _movement(zone)}
    trends = figures.trends(segments, days=MOVEMENT_DAYS, zone=zone)
    found = [_row(segment, moved.get(segment.pk), today) for segment in segments]
    for row in found:
        row.sizes = trends[row.segment.pk].sizes if row.segment.pk in trends else []
    return found


def row(segment: Segment, *, today: dt.date, zone: ZoneInfo) -> Row:
    """One of them."""
    lines = _movement(zone, segment.pk)
    return _row(segment, lines[0] if lines else None, today)


def _movement(zone: ZoneInfo, segment: int | None = None) -> list[dict]:
    return sql.rows("segments/sql/movement.sql", {"days": MOVEMENT_DAYS, "zone": zone.key, "segment": segment})


def _row(segment: Segment, moved: dict | None, today: dt.date) -> Row:
    found = Row(segment, freshness(segment, today))
    if moved:
        found.entered, found.left, found.since = moved["entered"], moved["gone"], moved["since"]
        if found.since == segment.as_of:  # computed for the first time: nothing can have moved yet
            found.since = None
    return found


def freshness(segment: Segment, today: dt.date) -> str:
    """fresh, stale (a dynamic one of an earlier day), failed, never or frozen."""
    if segment.is_frozen:
        return "frozen"
    if segment.state == Segment.State.FRESH and (segment.as_of is None or segment.as_of < today):
        return "stale"
    return segment.state


@dataclass(frozen=True)
class Wanted:
    """What a person asked the members for; unknown values fall back."""

    q: str = ""
    owner: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Wanted":
        q, owner, sort = (params.get(name, "").strip()[:200].replace("\0", "") for name in ("q", "owner", "sort"))
        return cls(q, owner if _is_id(owner) else "", sort if sort in ORDERS else "name")

    def address(self, **changes: str | int) -> str:
        values = {"q": self.q, "owner": self.owner, "sort": self.sort, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.owner)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


ORDERS: dict[str, tuple[str | Promise, F | Coalesce]] = {
    "name": (_("Customer"), F("customer__sort_key")),
    "entered": (_("Entered on"), F("entered_on")),
    "last": (_("Last purchase"), Coalesce("customer__score__last_purchase_on", Value(NO_DAY))),
    "ltv": (_("LTV so far"), Coalesce(Cast("customer__score__ltv_historic", FloatField()), Value(NO_FIGURE))),
}


@dataclass
class Page:
    """One page of members and the ways to those beside it."""

    rows: list[Membership]
    count: int
    prev_url: str = ""
    next_url: str = ""


def page(segment: Segment, wanted: Wanted, *, after: str = "", before: str = "") -> Page:
    """The members after the membership of that id, before it, or the first."""
    found = _matching(segment, wanted)
    cursor, is_back = (before, True) if before else (after, False)
    some, has_more = _slice(found, cursor, wanted.sort, is_back)
    has_prev, has_next = (has_more, True) if is_back else (bool(cursor), has_more)
    return Page(
        some,
        found.count() if wanted.is_filtered else segment.member_count,
        prev_url=wanted.address(before=some[0].pk) if has_prev and some else "",
        next_url=wanted.address(after=some[-1].pk) if has_next and some else "",
    )


def _matching(segment: Segment, wanted: Wanted) -> QuerySet[Membership]:
    found = segment.memberships.filter(left_on=None)
    if wanted.owner:
        found = found.filter(customer__owner=int(wanted.owner))
    if wanted.q:
        found = found.filter(customer__in=search(Customer.objects.all(), wanted.q))
    return found


def _slice(found: QuerySet[Membership], cursor: str, sort: str, is_back: bool) -> tuple[list[Membership], bool]:
    """One page, and whether there are more in the direction gone. Names upwards, days and figures downwards."""
    keyed: QuerySet = found.annotate(key=ORDERS[sort][1])
    upwards = (sort == "name") is not is_back
    if cursor:
        keyed = _beyond(keyed, cursor, sort, upwards, is_back)
    order = ("key" if upwards else "-key", "-pk" if is_back else "pk")
    some = list(keyed.select_related("customer__owner", "customer__score").order_by(*order)[: ROWS + 1])
    has_more, some = len(some) > ROWS, some[:ROWS]
    return (some[::-1] if is_back else some), has_more


def _beyond(keyed: QuerySet[Membership], cursor: str, sort: str, upwards: bool, is_back: bool) -> QuerySet[Membership]:
    """Those after (before) the membership of that id; everybody where there is none."""
    himself = Membership.objects.filter(pk=int(cursor) if _is_id(cursor) else 0)
    last = himself.annotate(key=ORDERS[sort][1]).values_list("key", flat=True).first()
    if last is None:
        return keyed
    key_on, id_on = ("gt" if upwards else "lt"), ("lt" if is_back else "gt")
    return keyed.filter(Q(**{f"key__{key_on}": last}) | Q(key=last, **{f"pk__{id_on}": int(cursor)}))


def owners(segment: Segment) -> QuerySet[User]:
    """Who looks after its members."""
    inside = segment.memberships.filter(left_on=None, customer__owner=OuterRef("pk"))
    return User.objects.filter(Exists(inside))


def of_customer(customer: Customer) -> list[Membership]:
    """The segments a customer is in."""
    stays = Membership.objects.filter(customer=customer, left_on=None, segment__archived_at=None).select_related(
        "segment"
    )
    return list(stays.order_by("segment__position", "segment__name"))


FORMER = 20


def former(customer: Customer) -> list[Membership]:
    """The segments a customer was in and left, the latest first."""
    stays = Membership.objects.filter(customer=customer, left_on__isnull=False).select_related("segment")
    return list(stays.order_by("-left_on", "-pk")[:FORMER])
