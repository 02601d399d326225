"""The customers behind every figure of churn: a page of them, how many, all of them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Installation
from common import sql
from scores import spells

from .periods import Period

WHO = ("lost", "won-back", "joined", "at-start", "at-end")
SORTS = ("since", "ltv")
PER_PAGE = 50
ALL = 2**31
_WANTED = ("owner", "words", "reason", "competitor", "topic", "back", "sort", "as_of")

Row = dict[str, Any]


@dataclass(frozen=True)
class Behind:
    """A figure: who of which period, of which groups (cut, value at the start); and what the list is narrowed to."""

    who: str
    period: Period
    as_of: dt.date
    settings: Installation
    pairs: tuple[tuple[str, str], ...] = ()
    owner: int | None = None
    words: str = ""
    reason: str | None = None
    competitor: str | None = None
    topic: str | None = None
    back: int | None = None  # of the lost: those active again within so many days
    sort: str = "since"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.owner or self.words or self.back or self.by_why)

    @property
    def by_why(self) -> bool:
        """Narrowed to a reason, so that everybody's has to be looked up."""
        return any(one is not None for one in (self.reason, self.competitor, self.topic))

    def parameters(self, *, with_why: bool) -> Row:
        """What the statements ask for."""
        policy = spells.parameters(as_of=self.as_of, settings=self.settings)
        return {
            **{name: policy[name] for name in ("by_activity", "by_contract")},
            "zone": self.settings.time_zone,
            "who": self.who,
            "first_on": self.period.first,
            "last_on": min(self.period.last, self.as_of),
            "cuts": [cut for cut, _value in self.pairs],
            "groups": [value for _cut, value in self.pairs],
            "with_why": with_why and self.who == "lost",
            **{name: getattr(self, name) for name in _WANTED},
        }


def page(behind: Behind, *, after: tuple[Decimal, int] | None = None) -> list[Row]:
    """Up to PER_PAGE + 1 rows: customer_id, since, reason, competitor, topic, returned_on, ltv, code, key."""
    key, customer = after or (None, None)
    cursor = {"after_key": key, "after_id": customer, "most": PER_PAGE + 1}
    rows = sql.rows("metrics/sql/people.sql", behind.parameters(with_why=behind.by_why) | cursor)
    return rows if behind.by_why or behind.who != "lost" else _explained(rows, behind)


def _explained(rows: list[Row], behind: Behind) -> list[Row]:
    """The rows with why they left, looked up for these alone."""
    shown = {
        "ids": [row["customer_id"] for row in rows],
        "from_ons": [row["from_on"] for row in rows],
        "sinces": [row["since"] for row in rows],
    }
    found = sql.rows("metrics/sql/why_shown.sql", behind.parameters(with_why=True) | shown)
    by_id = {row["customer_id"]: row for row in found}
    return [row | by_id[row["customer_id"]] for row in rows]


def everybody(behind: Behind) -> Iterator[Row]:
    """All of them, one after another."""
    start = {"after_key": None, "after_id": None, "most": ALL}
    yield from sql.iterate("metrics/sql/people.sql", behind.parameters(with_why=True) | start)


def count(behind: Behind) -> int:
    """How many there are."""
    found = sql.rows("metrics/sql/people_count.sql", behind.parameters(with_why=behind.by_why))
    return found[0]["customers"]
