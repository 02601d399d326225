"""The customers behind a figure of a result: those of an arm or a variant, all or who reached the goal, by keyset."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from accounts.models import Installation
from common import sql

from .models import Campaign, Enrollment
from .results import asked

ROWS = 50
HEADER = ["customer_id", "name", "group", "variant", "window_from", "window_to", "reached", "revenue"]


@dataclass(frozen=True)
class Wanted:
    """What a person asks for; unknown values fall back."""

    arm: str
    variant: str = ""
    only_reached: bool = False
    sort: str = "revenue"

    @classmethod
    def read(cls, arm: str, params: Mapping[str, str]) -> "Wanted":
        variant = params.get("variant", "")
        sort = "number" if params.get("sort") == "number" else "revenue"
        return cls(arm, variant if len(variant) == 1 and variant.isalpha() else "", params.get("reached") == "1", sort)

    def address(self, **changes: str) -> str:
        values = {"reached": "1" if self.only_reached else "", "variant": self.variant, "sort": self.sort, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class Page:
    """One page of customers and the ways to those beside it (empty at the ends)."""

    rows: list[dict[str, Any]]
    count: int
    prev_url: str = ""
    next_url: str = ""


def page(campaign: Campaign, wanted: Wanted, *, now: dt.datetime, after: str = "", before: str = "") -> Page:
    """The customers after the cursor ("key:number"), before it, or the first."""
    is_back = bool(before and _cursor(before))
    cursor = _cursor(before) or _cursor(after)
    found = _rows(campaign, wanted, now, cursor=cursor, way=-1 if is_back else 1, most=ROWS + 1)
    has_more, rows = len(found) > ROWS, found[:ROWS][:: -1 if is_back else 1]
    has_prev, has_next = (has_more, True) if is_back else (cursor is not None, has_more)
    return Page(
        rows,
        rows[0]["total"] if rows else 0,
        prev_url=wanted.address(before=_mark(rows[0])) if has_prev and rows else "",
        next_url=wanted.address(after=_mark(rows[-1])) if has_next and rows else "",
    )


def export(campaign: Campaign, wanted: Wanted, *, now: dt.datetime) -> Iterator[Sequence[Any]]:
    """All of them, as lines of a file."""
    for row in _rows(campaign, wanted, now):
        days = [row["first_on"], row["last_on"]]
        yield [row["code"], row["name"], wanted.arm, row["variant"], *days, row["has_reached"], row["revenue"]]


def _rows(
    campaign: Campaign,
    wanted: Wanted,
    now: dt.datetime,
    *,
    cursor: tuple[str, int] | None = None,
    way: int = 1,
    most: int | None = None,
) -> list[dict[str, Any]]:
    if campaign.launched_at is None or wanted.arm not in Enrollment.Arm:
        return []
    installation = Installation.get()
    key, number = cursor or (None, None)
    return sql.rows(
        "campaigns/sql/arm_people.sql",
        {
            **asked([campaign], installation.day_of(now), installation),
            "with_money": True,
            "arm": wanted.arm,
            "variant": wanted.variant,
            "only_reached": wanted.only_reached,
            "by_revenue": wanted.sort == "revenue",
            "after_key": key,
            "after_id": number,
            "way": way,
            "most": most,
        },
    )


def _mark(row: dict[str, Any]) -> str:
    return f"{row['key']}:{row['customer_id']}"


def _cursor(text: str) -> tuple[str, int] | None:
    """The key and number of a cursor; None for anything else."""
    key, _colon, number = text.partition(":")
    plain = key.removeprefix("-").replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit() and number.isascii() and number.isdigit() and len(text) < 40):
        return None
    return key, int(number)
