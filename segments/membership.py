"""Who is in which segment: entered and left, day by day."""

import datetime as dt
import logging
from typing import Any

from django.db import Error, connection, transaction
from django.db.models import QuerySet

from common import sql
from customers.models import Customer

from . import ready_made, rules
from .models import Segment

log = logging.getLogger(__name__)


def matching(segment: Segment, *, as_of: dt.date) -> QuerySet[Customer]:
    """Customers to whom the rule applies, by the scores stored. Raises RuleError."""
    return Customer.objects.current().filter(rules.parse(segment.rule).q(as_of))


def refresh_all(*, as_of: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Brings every dynamic segment up to date, each by itself: one that fails stops no other.

    Returns {slug: members}; a failed one has None and says loudly why on its page.
    """
    ready_made.ensure()
    counts: dict[str, Any] = {}
    for segment in Segment.objects.filter(is_frozen=False):
        try:
            counts[segment.slug] = refresh(segment, as_of=as_of, now=now)
        except (rules.RuleError, Error) as error:
            log.exception("segment %s", segment.slug)
            counts[segment.slug] = None
            Segment.objects.filter(pk=segment.pk).update(state=Segment.State.FAILED, error=str(error)[:300])
    return counts


@transaction.atomic
def refresh(segment: Segment, *, as_of: dt.date, now: dt.datetime) -> int:
    """Who entered and left on `as_of`; returns how many are in it."""
    found, params = matching(segment, as_of=as_of).order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS segment_matched")
        # `found` is the ORM's own statement; every value in it stays a parameter.
        create = "CREATE TEMP TABLE segment_matched ON COMMIT DROP AS SELECT customer_id"
        cursor.execute(f"{create} FROM ({found}) AS found (customer_id)", params)
        cursor.execute("ANALYZE segment_matched")
    sql.run("segments/sql/membership.sql", {"segment": segment.pk, "as_of": as_of})
    count = segment.memberships.filter(left_on=None).count()
    Segment.objects.filter(pk=segment.pk).update(
        state=Segment.State.FRESH, error="", as_of=as_of, refreshed_at=now, member_count=count
    )
    return count
