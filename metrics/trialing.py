"""Trials and free plans that became paid (有料転換率), by when the trial began, and who is behind each figure.

Who counts is what sql/trial_starts.sql says. Rate = paid so far ÷ (trials − running) × 100: what still runs stands
apart. Paid within 30, 60 and 90 days are given once everybody has had those days.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import Installation
from common import sql
from customers.models import Contract
from scores import activity, spells

from .periods import MONTHS, Period, between

CUTS = ("via",)
WITHIN = (30, 60, 90)
STATES = ("paid", "running", "ended", *(f"within-{days}" for days in WITHIN))
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
    """Rows of the report from raw rows: periods in which trials began, from the first (or `start`) on."""
    params = spells.parameters(as_of=as_of)
    with spells.scope():
        spells.contracts(params)
    sql.run("metrics/sql/trial_starts.sql", {"as_of": as_of})
    periods = _periods(MONTHS[period], start, end or as_of)
    rows = counted(periods, as_of=as_of, today=Installation.get().day_of(now), by=by)
    return [{"group": row["value"]} | {name: value for name, value in row.items() if name != "value"} for row in rows]


def kept(*, as_of: dt.date, today: dt.date, by: str) -> list[Row]:
    """The same of all kinds of period, from temp known_terms as it stands, with the group as `value`."""
    sql.run("metrics/sql/trial_starts.sql", {"as_of": as_of})
    periods = [one for months in MONTHS.values() for one in _periods(months, None, as_of)]
    return counted(periods, as_of=as_of, today=today, by=by)


def _periods(months: int, start: dt.date | None, end: dt.date) -> list[Period]:
    (bounds,) = sql.rows("metrics/sql/trial_bounds.sql")
    first = bounds["first_on"]
    return between(max(start or first, first), min(end, bounds["last_on"]), months) if first else []


def counted(periods: list[Period], *, as_of: dt.date, today: dt.date, by: str) -> list[Row]:
    """Figures of these periods and their groups, from temp trial_starts as it stands."""
    days = {"firsts": [one.first for one in periods], "lasts": [one.last for one in periods]}
    at = {(one.first, one.last): one for one in periods}
    found = sql.rows("metrics/sql/trials.sql", {**days, "dimension": by})
    return [_row(row, at[row["first_on"], row["last_on"]], as_of, today) for row in found]


def _row(row: Row, period: Period, as_of: dt.date, today: dt.date) -> Row:
    settled = row["trials"] - row["running"]
    had = {days: period.last + dt.timedelta(days=days) <= as_of for days in WITHIN}
    return {
        "period": period.code,
        "start": period.first,
        "end": period.last,
        "value": row["value"],
        "trials": row["trials"],
        "paid": row["paid"],
        "running": row["running"],
        "ended": row["ended"],
        "rate": 100 * row["paid"] / settled if settled else None,
        **{f"within_{days}": row[f"within_{days}"] if had[days] else None for days in WITHIN},
        **{f"rate_{days}": 100 * row[f"within_{days}"] / row["trials"] if had[days] else None for days in WITHIN},
        "median_days": row["median_days"],
        "complete": period.is_complete(as_of=as_of, today=today),
    }


@transaction.atomic
def people(*, period: Period, as_of: dt.date, state: str = "", by: str = "", group: str | None = None) -> list[Row]:
    """Who is behind a figure: customer_id, started_on, paid_on, days, state.

    Reads the contracts of those alone who have an unpaid term that began in the period.
    """
    unpaid = Contract.objects.filter(Q(is_trial=True) | Q(mrr=0), starts_on__range=(period.first, period.last))
    activity.want(set(unpaid.values_list("customer_id", flat=True)))
    with spells.scope(is_everybody=False):
        spells.contracts(spells.parameters(as_of=as_of))
    sql.run("metrics/sql/trial_starts.sql", {"as_of": as_of})
    asked = {"first_on": period.first, "last_on": period.last, "dimension": by, "value": group or "", "state": state}
    return sql.rows("metrics/sql/trial_customers.sql", asked)
