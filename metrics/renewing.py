"""Contract terms due for renewal, what became of them (更新率), and who is behind each figure.

Due, renewed, lost and undecided are what sql/due_terms.sql says. Rate = renewed ÷ (renewed + lost) × 100: what is not
decided yet stands apart.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from accounts.models import Installation
from common import sql
from customers.models import Contract
from scores import activity, spells

from . import computing
from .periods import MONTHS, Period, between

CUTS = ("owner", "plan", "industry", "region")
OUTCOMES = ("renewed", "lost", "undecided")
AHEAD = dt.timedelta(days=90)  # how far terms due in days to come are shown
COUNTS = ("due", "renewed", "lost", "undecided")
AMOUNTS = ("due_mrr", "renewed_mrr", "lost_mrr", "undecided_mrr", "mrr_after")
Row = dict[str, Any]


@transaction.atomic
def compute(
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
    by: str = "",
) -> list[Row]:
    """Rows of the report from raw rows: periods that hold a term due, from the first (or `start`) to 90 days ahead."""
    params = spells.parameters(as_of=as_of)
    with spells.scope():
        spells.contracts(params)
    periods = _periods(MONTHS[period], start, end or as_of + AHEAD)
    rows = counted(periods, as_of=as_of, today=Installation.get().day_of(now), by=by)
    return computing.named(rows, by)


def kept(*, as_of: dt.date, today: dt.date, by: str) -> list[Row]:
    """The same of all kinds of period, from temp known_terms as it stands, with the group's stored `value`."""
    ends = as_of + AHEAD
    periods = [one for months in MONTHS.values() for one in _periods(months, None, ends)]
    return counted(periods, as_of=as_of, today=today, by=by)


def _periods(months: int, start: dt.date | None, end: dt.date) -> list[Period]:
    (bounds,) = sql.rows("metrics/sql/due_bounds.sql")
    first = bounds["first_on"]
    return between(max(start or first, first), min(end, bounds["last_on"]), months) if first else []


def counted(periods: list[Period], *, as_of: dt.date, today: dt.date, by: str) -> list[Row]:
    """Figures of these periods and their groups, from temp known_terms as it stands."""
    if not periods:
        return []
    _due(as_of, min(one.first for one in periods), max(one.last for one in periods))
    days = {"firsts": [one.first for one in periods], "lasts": [one.last for one in periods]}
    at = {(one.first, one.last): one for one in periods}
    found = sql.rows("metrics/sql/renewals.sql", {**days, "dimension": by})
    return [_row(row, at[row["first_on"], row["last_on"]], as_of, today) for row in found]


def _due(as_of: dt.date, since: dt.date, until: dt.date) -> None:
    sql.run("metrics/sql/due_terms.sql", {"as_of": as_of, "since": since, "until": until})


def _row(row: Row, period: Period, as_of: dt.date, today: dt.date) -> Row:
    counts, amounts = ({name: row[name] for name in names} for names in (COUNTS, AMOUNTS))
    return (
        {"period": period.code, "start": period.first, "end": period.last, "value": row["value"]}
        | counts
        | {"rate": rate(row["renewed"], row["lost"])}
        | amounts
        | {
            "mrr_rate": rate(row["renewed_mrr"], row["lost_mrr"]),
            "complete": period.is_complete(as_of=as_of, today=today),
        }
    )


def rate(renewed: Any, lost: Any) -> float | None:
    """Percent of what is decided; None where nothing is."""
    return float(100 * renewed / (renewed + lost)) if renewed + lost else None


@transaction.atomic
def terms(*, period: Period, as_of: dt.date, outcome: str = "", by: str = "", group: str | None = None) -> list[Row]:
    """The terms behind a figure: customer_id, contract_id, plan, mrr, renews_on, notice_due_on, outcome …

    Reads the contracts of those alone who have a term due in the period.
    """
    due = Contract.objects.filter(renews_on__range=(period.first, period.last))
    activity.want(set(due.values_list("customer_id", flat=True)))
    with spells.scope(is_everybody=False):
        spells.contracts(spells.parameters(as_of=as_of))
    _due(as_of, period.first, period.last)
    asked = {"first_on": period.first, "dimension": by, "value": group or "", "outcome": outcome}
    return sql.rows("metrics/sql/renewed_customers.sql", asked)
