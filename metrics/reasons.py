"""Why customers left: what the lost said, ranked, with what they paid; who said nothing stands apart."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import Installation
from common import sql
from scores import spells

from . import computing
from .churn_people import Behind
from .models import LossRollup
from .periods import MONTHS, Period, between

Row = dict[str, Any]
KINDS = tuple(LossRollup.Kind)


@dataclass(frozen=True)
class Said:
    """One answer of the lost: how many gave it, their monthly amounts and what they had bought."""

    value: str
    lost: int
    mrr: Decimal
    sales: Decimal


@dataclass(frozen=True)
class Answers:
    """All answers of one kind, the most frequent first; `unsaid` of whom nothing is known."""

    said: list[Said]
    unsaid: Said

    @property
    def told(self) -> int:
        return sum(one.lost for one in self.said)

    @property
    def lost(self) -> int:
        return self.told + self.unsaid.lost

    @property
    def share_told(self) -> float | None:
        """Percent of the lost of whom something is known."""
        return 100 * self.told / self.lost if self.lost else None

    def share(self, one: Said) -> float | None:
        """Percent of those who said something at all."""
        return 100 * one.lost / self.told if self.told else None


def read(period: Period, *, by: str = "", group: str = "") -> dict[str, Answers]:
    """By kind, of everybody or one group of a cut."""
    found: dict[str, list[Said]] = {kind: [] for kind in KINDS}
    rows = LossRollup.objects.filter(months=period.months, first=period.first, dimension=by, group=group)
    for row in rows.order_by("-lost", "value"):
        found[row.kind].append(Said(row.value, row.lost, row.mrr, row.sales))
    return {kind: _answers(said) for kind, said in found.items()}


def _answers(said: list[Said]) -> Answers:
    nobody = Said("", 0, Decimal(0), Decimal(0))
    return Answers([one for one in said if one.value], next((one for one in said if not one.value), nobody))


def groups(period: Period, *, by: str) -> list[tuple[str, int]]:
    """The groups of a cut of whom somebody was lost, and how many; the most first."""
    found: dict[str, int] = {}
    rows = LossRollup.objects.filter(
        months=period.months, first=period.first, dimension=by, kind=LossRollup.Kind.REASON
    )
    for group, lost in rows.values_list("group", "lost"):
        found[group] = found.get(group, 0) + lost
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def count(period: Period, *, as_of: dt.date, cuts: Iterable[str], is_kept: bool = False) -> list[Row]:
    """dimension, group, kind, value, lost, mrr, sales of a period: from what is built, or from what is kept."""
    everybody = Behind("lost", period, as_of, Installation.get())
    asked = {**everybody.parameters(with_why=True), "every_cut": [cut for cut in cuts if cut != "membership"]}
    return sql.rows(f"metrics/sql/reasons{'_kept' if is_kept else ''}.sql", asked)


@transaction.atomic
def report(
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
    by: str = "",
) -> list[Row]:
    """The answers of the complete periods between two days, as known at the end of `as_of`: the report's columns."""
    spells.build(as_of=as_of)
    first = start or computing.first_activity()
    wanted = between(first, end or as_of, MONTHS[period]) if first else []
    today = Installation.get().day_of(now)
    periods = [one for one in wanted if one.is_complete(as_of=as_of, today=today)]
    computing.segments_at_start(periods if by == "segment" else [], now=now)
    spells.build(as_of=as_of)
    computing.file(as_of=as_of)
    rows = [{**row, "period": one} for one in periods for row in count(one, as_of=as_of, cuts=[by] if by else [])]
    return named([row for row in rows if row["dimension"] == by], by)


def named(rows: list[Row], by: str) -> list[Row]:
    """In the report's columns and order; groups by their words."""
    names = computing.group_names(by, {row["group"] for row in rows}) if by else {}
    rows = sorted(rows, key=lambda row: (row["period"].first, row["group"], row["kind"], -row["lost"], row["value"]))
    return [
        {
            "period": row["period"].code,
            "start": row["period"].first,
            "end": row["period"].last,
            "group": names.get(row["group"]),
            "kind": row["kind"],
            "answer": row["value"],
            "lost": row["lost"],
            "mrr": row["mrr"],
            "sales": row["sales"],
        }
        for row in rows
    ]
