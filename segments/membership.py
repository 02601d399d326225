"""Who is in which segment: entered and left, day by day. Who moved is written as news in the same transaction."""

import datetime as dt
import logging
import time
from typing import Any

from django.db import Error, OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg2 import errorcodes

from common import sql
from customers.models import Customer
from scores import runs

from . import frozen_lines, movements, ready_made, rules, scanning
from .counting import WORK_MEM
from .models import Segment

log = logging.getLogger(__name__)
TIME_LIMIT_SECONDS = 60  # for the one pass over all; a segment by itself has a limit of its own (time_limit)

CHANGES = (
    "CREATE TEMP TABLE segment_changes ON COMMIT DROP AS"
    " SELECT coalesce(found.customer_id, stay.customer_id) AS customer_id, stay.customer_id IS NULL AS is_in FROM"
)
AGAINST = (
    "FULL JOIN (SELECT customer_id FROM segments_membership WHERE segment_id = %s AND left_on IS NULL) AS stay"
    " ON stay.customer_id = found.customer_id WHERE stay.customer_id IS NULL OR found.customer_id IS NULL"
)


def matching(segment: Segment, *, as_of: dt.date) -> QuerySet[Customer]:
    """Customers to whom the rule applies, by the scores stored; of a frozen one those of its list. Raises RuleError."""
    if segment.is_frozen:
        return frozen_lines.members(segment)
    return Customer.objects.current().filter(rules.parse(segment.rule).q(as_of))


def refresh_all(*, as_of: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Brings every segment up to date, each by itself: one that fails stops no other.

    Frozen ones stay as they are; only who was merged is followed.

    Returns {slug: members}; a failed one has None and says loudly why on its page. Rules that name other segments are
    written out with those, so the order does not matter.
    """
    ready_made.ensure()
    segments = list(Segment.objects.filter(is_frozen=False))
    movements.forget_old(as_of=as_of)
    scanned = scanning.scan(segments, as_of=as_of, seconds=TIME_LIMIT_SECONDS)
    segments += frozen_lines.with_lines()
    try:
        return {one.slug: _refresh_or_fail(one, as_of, now, scanned) for one in segments}
    finally:
        scanning.forget()


def refresh_new(*, segment_id: int, as_of: dt.date, now: dt.datetime) -> None:
    """Finds the customers of a segment somebody just made or changed; what goes wrong stands on its page.

    Only where the scores are those of `as_of`: otherwise the run that computes them comes to it.
    """
    segment = Segment.objects.filter(pk=segment_id, is_frozen=False, state=Segment.State.NEVER).first()
    done = runs.last_done()
    if segment is not None and done is not None and done.as_of == as_of:
        _refresh_or_fail(segment, as_of, now, {})


def _refresh_or_fail(segment: Segment, as_of: dt.date, now: dt.datetime, scanned: dict[int, Any]) -> int | None:
    try:
        return refresh(segment, as_of=as_of, now=now, scanned=scanned)
    except (rules.RuleError, Error) as error:
        log.exception("segment %s", segment.slug)
        Segment.objects.filter(pk=segment.pk).update(state=Segment.State.FAILED, error=_said(error, segment.time_limit))
        return None


@transaction.atomic
def refresh(
    segment: Segment,
    *,
    as_of: dt.date,
    now: dt.datetime,
    announce_first: bool = False,
    scanned: dict[int, Any] | None = None,
) -> int:
    """Who entered and left on `as_of`; returns how many are in it. Raises RuleError, django.db.Error.

    Whom it holds when it is computed by a rule for the first time is no news, unless `announce_first`.
    `scanned`: what temp segment_scan holds (scanning.scan).
    """
    started = time.perf_counter()
    segment = Segment.objects.select_for_update().get(pk=segment.pk)  # one writer a segment
    _find_changes(segment, *_found(segment, as_of, scanned or {}))
    is_news = announce_first or not segment.is_new_rule
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [movements.ONE_WRITER])
    sql.run("segments/sql/membership.sql", {"segment": segment.pk, "as_of": as_of, "now": now, "is_news": is_news})
    count = segment.memberships.filter(left_on=None).count()
    Segment.objects.filter(pk=segment.pk).update(
        state=Segment.State.FRESH,
        error="",
        as_of=as_of,
        refreshed_at=now,
        member_count=count,
        computed_rule=segment.rule,
        computed_ms=round((time.perf_counter() - started) * 1000),
    )
    return count


def _found(segment: Segment, as_of: dt.date, scanned: dict[int, Any]) -> tuple[str, tuple]:
    """The statement that finds its customers: read from the scan, or the ORM's own (every value a parameter)."""
    if scanned.get(segment.pk) == segment.rule:
        return scanning.found(segment.pk), ()
    return matching(segment, as_of=as_of).order_by().values("pk").query.sql_with_params()


def _find_changes(segment: Segment, found: str, params: tuple) -> None:
    """Fills temp segment_changes with those whose membership is not as the rule finds it: one hash join, few rows."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.segment_changes")
        cursor.execute(f"SET LOCAL statement_timeout = '{segment.time_limit}s'")
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        cursor.execute(f"{CHANGES} ({found}) AS found (customer_id) {AGAINST}", [*params, segment.pk])
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")


def _said(error: Exception, seconds: int) -> str:
    """What is stored of a failure: a sentence about the rule, or the code of one (Segment.error_words)."""
    if isinstance(error, rules.RuleError):
        return str(error)[:300]
    code = getattr(error.__cause__, "pgcode", None)
    is_slow = isinstance(error, OperationalError) and code == errorcodes.QUERY_CANCELED
    return f"timeout:{seconds}" if is_slow else f"database:{code or type(error).__name__}"
