"""Records page by page for programs: in canonical columns, in the order of their numbers (keyset, no OFFSET)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery

from . import exporting
from .models import Contact, Customer

MOST = 1000


@dataclass(frozen=True)
class Kind:
    """What a kind's rows are, and canonical column → where its value stands; has it a moment of its last change?"""

    rows: Callable[[], QuerySet]
    columns: dict[str, str]
    has_updated: bool = False


def _customers() -> QuerySet[Customer]:
    primary = Contact.objects.filter(customer=OuterRef("pk"), is_primary=True)
    return Customer.objects.current().filter(merged_into=None).annotate(
        primary_email=Subquery(primary.values("email")[:1]), primary_phone=Subquery(primary.values("phone")[:1])
    )  # fmt: skip


KINDS = {
    "customers": Kind(_customers, exporting.COLUMNS | {"tags": "tags", "attributes": "attributes"}, has_updated=True),
}


def page(kind: str, *, limit: int, after: int, updated_since: dt.datetime | None) -> dict[str, Any]:
    """Up to `limit` records after the one numbered `after`; `next` is the number to go on from, null at the end."""
    what = KINDS[kind]
    rows = what.rows().filter(pk__gt=after)
    if updated_since:
        rows = rows.filter(updated_at__gte=updated_since)
    found = list(rows.order_by("pk").values_list("pk", *what.columns.values())[: limit + 1])
    records = [
        {name: _plain(value) for name, value in zip(what.columns, row[1:], strict=True)} for row in found[:limit]
    ]
    return {"records": records, "next": found[limit - 1][0] if len(found) > limit else None}


def _plain(value: Any) -> Any:
    """Moments and days as ISO texts; amounts as numbers, whole ones without a point."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.pk if isinstance(value, Model) else value
