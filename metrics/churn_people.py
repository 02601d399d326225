"""The customers behind every figure of churn, from what is kept: a page of them, how many, all of them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Installation
from common import sql
from scores import spells

from . import churn_tables
from .computing import CHURN_BY
from .periods import Period

WHO = ("lost", "won-back", "joined", "at-start", "at-end")
SORTS = ("since", "ltv")
PER_PAGE = 50
ALL = 2**31
WALKS: dict[str, tuple[bool | None, ...]] = {"since": (None,), "ltv": (True, False)}  # with an LTV, then without
_WANTED = ("who", "as_of", "owner", "words", "reason", "competitor", "topic", "back")

Row = dict[str, Any]
Cursor = tuple[dt.date | Decimal, int]  # the day or the LTV a page ended with, and the customer


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
        groups = dict(self.pairs)
        return {
            **{name: policy[name] for name in ("by_activity", "by_contract")},
            **{f"of_{cut}": groups.get(cut) for cut in CHURN_BY},
            **{name: getattr(self, name) for name in _WANTED},
            "zone": self.settings.time_zone,
            "first_on": self.period.first,
            "last_on": min(self.period.last, self.as_of),
            "with_why": with_why and self.who == "lost",
        }


def page(behind: Behind, *, after: Cursor | None = None) -> list[Row]:
    """Up to PER_PAGE + 1 rows: customer_id, since, reason, competitor, topic, returned_on, ltv, code, cursor.

    By day, the latest first; or by LTV, the largest first, and at the end by day those who have none. Each page is a
    walk along an index from where the one before ended.
    """
    rows: list[Row] = []
    for valued in WALKS[behind.sort]:
        if after is None or (valued is True) == isinstance(after[0], Decimal):
            rows += _walk(behind, valued=valued, after=after, most=PER_PAGE + 1 - len(rows), with_why=behind.by_why)
            after = None
    return rows if behind.by_why or behind.who != "lost" else _explained(rows, behind)


def _walk(behind: Behind, *, valued: bool | None, after: Cursor | None, most: int, with_why: bool) -> Iterator[Row]:
    place, customer = after or (None, None)
    where = {
        "valued": valued,
        "after_ltv": place if valued else None,
        "after_day": None if valued else place,
        "after_id": customer,
        "most": most,
    }
    for row in sql.iterate("metrics/sql/people.sql", behind.parameters(with_why=with_why) | where):
        yield row | {"cursor": (row["ltv"] if valued else row["on_day"], row["customer_id"])}


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
    for valued in WALKS[behind.sort]:
        yield from _walk(behind, valued=valued, after=None, most=ALL, with_why=True)


def count(behind: Behind) -> int:
    """How many there are: the figure itself; counted only where none is kept or the list is narrowed."""
    kept = None if behind.is_narrowed else _figure(behind)
    return counted(behind) if kept is None else kept


def _figure(behind: Behind) -> int | None:
    """What the rollup says, 0 of a group it does not name; None where nothing is kept of the period."""
    (by, group), (second, other) = (*behind.pairs, ("", ""), ("", ""))[:2]
    found = churn_tables.figures([behind.period], by=by, second=second, groups=[group], seconds=[other], least=0)
    if not found and behind.pairs:
        return 0 if churn_tables.figures([behind.period]) else None
    return getattr(found[0], behind.who.replace("-", "_")) if found else None


def counted(behind: Behind) -> int:
    """How many there are, one by one."""
    found = sql.rows("metrics/sql/people_count.sql", behind.parameters(with_why=behind.by_why))
    return found[0]["customers"]
