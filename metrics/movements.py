"""How the monthly amounts under contract moved: new, reactivated, expansion, contraction, churned; NRR and GRR.

PRODUCT.md §1 "Revenue retention": customer by customer between the two ends of a period. The sums always close:
start + new + reactivated + expansion − contraction − churned = end. A pause is in no movement while it lasts no longer
than the setting; `paused` is the part of the end that pauses.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.models import Installation
from common import sql
from scores import spells

from . import computing
from .periods import MONTHS, Period, between

BY = ("owner", "segment", "industry", "region", "plan", "tier", "cohort")
INFLOWS = ("new", "reactivated", "expansion")
OUTFLOWS = ("contraction", "churned")
MOVES = (*INFLOWS, *OUTFLOWS)
AMOUNTS = ("at_start", *MOVES, "paused", "at_end")

Row = dict[str, Any]


@transaction.atomic
def movements(
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
    by: str = "",
) -> list[Row]:
    """The complete periods between two days (definitions.revenue); rates in percent, None where the start is 0.

    Without `start`, from the first amount on.
    """
    settings = Installation.get()
    spells.build(as_of=as_of)
    build_spells(as_of=as_of, settings=settings)
    first = start or first_amount()
    wanted = between(first, end or as_of, MONTHS[period]) if first else []
    periods = [one for one in wanted if one.is_complete(as_of=as_of, today=settings.day_of(now))]
    if by == "segment":
        computing.segments_at_start(periods, now=now)
        spells.build(as_of=as_of)
    found = sums(periods, as_of=as_of, by=by)
    names = computing.group_names(by, {row["value"] for row in found}) if by else {}
    return [
        {"period": row["period"].code, "start": row["period"].first, "end": row["period"].last}
        | {"group": names.get(row["value"])}
        | with_rates({name: row[name] for name in ("customers", *AMOUNTS)})
        for row in found
    ]


def build_spells(*, as_of: dt.date, settings: Installation) -> None:
    """(Re)builds temp `revenue_spells` from the terms last built by scores.spells."""
    params = spells.parameters(as_of=as_of, settings=settings)
    sql.run("metrics/sql/revenue_spells.sql", {**params, "pause_months": settings.pause_months})


def first_amount() -> dt.date | None:
    """The first day on which somebody paid, by the spells last built."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(from_on) FROM revenue_spells WHERE mrr > 0")
        return cursor.fetchone()[0]


def sums(periods: list[Period], *, as_of: dt.date, by: str = "") -> list[Row]:
    """period, value ('' = not cut), customers and AMOUNTS of each period and group, from the spells last built."""
    if not computing.offered([by]):
        return []
    computing.file(as_of=as_of, everybody=bool(by))
    if by != "segment":
        sql.run("metrics/sql/segment_table.sql")
    found = []
    for one in periods:
        move(one, as_of=as_of)
        found += [row | {"period": one} for row in sql.rows("metrics/sql/movement_sums.sql", {"cut": by})]
    return found


def move(period: Period, *, as_of: dt.date, is_kept: bool = False) -> None:
    """(Re)builds temp `movements` of one period, from what was built or is kept; up to `as_of` where that is less."""
    name = f"metrics/sql/movements{'_kept' if is_kept else ''}.sql"
    sql.run(name, {"first_on": period.first, "last_on": min(period.last, as_of)})


def with_rates(row: Row) -> Row:
    """A row of AMOUNTS with GRR and NRR beside."""
    return row | {"grr": grr(row), "nrr": nrr(row)}


def grr(row: Row) -> float | None:
    """(start − contraction − churned) ÷ start × 100; no figure where the start is 0."""
    return _share(row["at_start"] - row["contraction"] - row["churned"], row["at_start"])


def nrr(row: Row) -> float | None:
    """(start + expansion − contraction − churned) ÷ start × 100: new and reactivated stay outside."""
    return _share(row["at_start"] + row["expansion"] - row["contraction"] - row["churned"], row["at_start"])


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(100 * part / whole) if whole else None
