"""Records page by page for programs: in canonical columns, in the order of their numbers (keyset, no OFFSET)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Model

from . import exporting

MOST = 1000
KINDS = exporting.KINDS


def columns(kind: str) -> dict[str, Any]:
    """Canonical column → where its value stands; what has no column of its own is one object, `attributes`."""
    what = KINDS[kind]
    return what.columns() | ({"attributes": what.more} if what.more else {})


def page(kind: str, *, limit: int, after: int, updated_since: dt.datetime | None) -> dict[str, Any]:
    """Up to `limit` records after the one numbered `after`; `next` is the number to go on from, null at the end."""
    what = KINDS[kind]
    rows = what.rows().filter(pk__gt=after)
    if updated_since and what.has_updated:
        rows = rows.filter(updated_at__gte=updated_since)
    named = columns(kind)
    found = list(rows.order_by("pk").values_list("pk", *named.values())[: limit + 1])
    records = [{name: _plain(value) for name, value in zip(named, row[1:], strict=True)} for row in found[:limit]]
    return {"records": records, "next": found[limit - 1][0] if len(found) > limit else None}


def _plain(value: Any) -> Any:
    """Moments and days as ISO texts; amounts as numbers, whole ones without a point."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.pk if isinstance(value, Model) else value
