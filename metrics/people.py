"""Who is behind a figure of churn: lost, joined, won back, there at the start; read along indexes, page by page.

A page begins where the one before ended (its `key`). Only what is kept is read: as of the day it speaks of.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Installation
from common import sql
from scores import spells

from .computing import CHURN_BY
from .periods import Period

KINDS = ("lost", "joined", "won_back", "at_start")
BEFORE_ALL = (dt.date(1, 1, 1), 0)

Key = tuple[dt.date, int]


@dataclass(frozen=True)
class Person:
    """A customer, and the day it happened: the first not active any more (lost), or again or for the first time;
    who is there at the start has the first day of the period."""

    customer_id: int
    on: dt.date

    @property
    def key(self) -> Key:
        """Where the next page begins."""
        return self.on, self.customer_id


def people(
    kind: str, period: Period, cuts: Mapping[str, str], *, as_of: dt.date, after: Key | None = None, limit: int = 50
) -> list[Person]:
    """The next so many, by day and customer. `cuts`: the stored value by cut (none, one or more); `kind`: KINDS.

    Of a period that is not over, up to `as_of`.
    """
    on, customer = after or BEFORE_ALL
    rows = sql.rows(f"metrics/sql/people_{kind}.sql", _asked(period, cuts, as_of) | _page(on, customer, limit))
    return [Person(row["customer_id"], row["on_day"]) for row in rows]


def count(kind: str, period: Period, cuts: Mapping[str, str], *, as_of: dt.date) -> int:
    """How many there are; pages that show a figure have it already."""
    return len(people(kind, period, cuts, as_of=as_of, limit=2**31 - 1))


def _page(on: dt.date, customer: int, limit: int) -> dict[str, Any]:
    return {"after_on": on, "after_customer": customer, "most": limit}


def _asked(period: Period, cuts: Mapping[str, str], as_of: dt.date) -> dict[str, Any]:
    settings = Installation.get()
    found = spells.parameters(as_of=as_of, settings=settings)
    wanted = {f"of_{cut}": cuts.get(cut) for cut in CHURN_BY}
    return found | wanted | {"first_on": period.first, "last_on": min(period.last, as_of)}
