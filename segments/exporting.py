"""The members of a segment as a file."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TextIO

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Installation
from common import exports
from customers.models import Contact
from scores import scoring

from . import membership, ready_made
from .models import Membership, Segment

MOVES = ["customer_id", "name", "moved", "entered_on", "left_on"]
HEADER = ["customer_id", "name", "email", "entered_on"]


def slugs() -> list[str]:
    """The slugs there are."""
    return list(Segment.objects.values_list("slug", flat=True))


def fresh(slug: str, *, now: dt.datetime) -> Segment:
    """The segment as of today; what no night has stored, or changed since, is computed. Raises Segment.DoesNotExist."""
    ready_made.ensure()
    segment = Segment.objects.get(slug=slug)
    today = Installation.get().day_of(now)
    if segment.is_frozen:
        return segment
    since = scoring.current_since(as_of=today)
    if since is None:
        scoring.compute(as_of=today, now=now, touched=scoring.waiting())
    if since is None or segment.refreshed_at is None or segment.as_of != today or segment.refreshed_at < since:
        membership.refresh(segment, as_of=today, now=now)
        segment.refresh_from_db()
    return segment


def write(segment: Segment, file: TextIO) -> int:
    """Header and one line a member, by customer code; returns how many."""
    return exports.write(file, HEADER, rows(segment))


def rows(segment: Segment) -> Iterable[Sequence]:
    """One line a member, by customer code."""
    email = Contact.objects.filter(customer=OuterRef("customer"), is_primary=True).values("email")[:1]
    found = segment.memberships.filter(left_on=None).annotate(email=Subquery(email)).order_by("customer__code")
    return found.values_list("customer__code", "customer__name", "email", "entered_on").iterator(chunk_size=5000)


def move_rows(found: QuerySet[Membership], kind: str) -> Iterable[Sequence]:
    """Who came or went, with the day and the other end of the stay."""
    listed = found.values_list("customer__code", "customer__name", "entered_on", "left_on").iterator(chunk_size=5000)
    return ((code, name, kind, entered, left) for code, name, entered, left in listed)
