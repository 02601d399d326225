"""One pass over all customers for every rule that asks only for what stands in their own row.

Fifteen rules by themselves read a million wide rows fifteen times; one pass leaves a narrow temp table, segment_scan:
one row per customer, one column (true, false) per segment.
"""

import datetime as dt
import logging
from typing import Any

from django.db import Error, connection, transaction
from django.db.models import BooleanField, Case, Q, Value, When

from customers.models import Customer
from scores.models import Prediction, Score

from . import rules
from .models import CustomerTier, Segment

log = logging.getLogger(__name__)
OWN_ROWS = {model._meta.db_table for model in (Customer, Score, Prediction, CustomerTier)}


def scan(segments: list[Segment], *, as_of: dt.date, seconds: float) -> dict[int, Any]:
    """Fills segment_scan; returns {segment id: the rule scanned}. What is not in it is to be computed by itself."""
    plain = {segment.pk: q for segment in segments if (q := _plain(segment, as_of)) is not None}
    if len(plain) < 2:
        return {}
    try:
        _fill(plain, seconds)
    except Error:
        log.exception("scan of %s rules", len(plain))
        return {}
    return {segment.pk: segment.rule for segment in segments if segment.pk in plain}


def forget() -> None:
    """Drops the table."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.segment_scan")


def column(segment: int) -> str:
    """The segment's column."""
    return f"s{segment}"


def found(segment: int) -> str:
    """The statement that reads its customers from the scan."""
    return f"SELECT customer_id FROM segment_scan WHERE {column(segment)}"  # noqa: S608  a name made of a number


def _plain(segment: Segment, as_of: dt.date) -> Q | None:
    """The rule's condition if it needs one row a customer and no subquery; None for others, and what is no rule."""
    try:
        q = rules.parse(segment.rule).q(as_of)
    except rules.RuleError:
        return None
    query = Customer.objects.filter(q).values("pk").query
    text, _params = query.sql_with_params()
    is_own = {join.table_name for join in query.alias_map.values()} <= OWN_ROWS
    return q if q and is_own and text.count("SELECT") == 1 else None


@transaction.atomic
def _fill(plain: dict[int, Q], seconds: float) -> None:
    columns = {
        column(pk): Case(When(q, then=Value(True)), default=Value(False), output_field=BooleanField())
        for pk, q in plain.items()
    }
    found = Customer.objects.current().order_by().annotate(**columns).values_list("pk", *columns)
    text, params = found.query.sql_with_params()
    names = ", ".join(["customer_id", *columns])
    forget()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{seconds}s'")
        # The ORM's own statement and names made of numbers; every value stays a parameter.
        cursor.execute(f"CREATE TEMP TABLE segment_scan ({names}) AS {text}", params)
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        cursor.execute("ANALYZE segment_scan")
