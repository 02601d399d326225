"""Who began in a period, and how many of them are there so many periods later (PRODUCT.md §1 "Cohort").

Begun by the first purchase, login or paid term. There: bought or logged in within the period, under contract at the end
of its last day. "In or after": there in that period or in any later one.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from accounts.models import ChurnPolicy, Installation
from common import sql
from scores import spells

from . import movements
from .periods import MONTHS, Period

KINDS = ("", "purchase", "login", "contract")
PERIODS = ("month", "quarter")
_OF_POLICY = {
    ChurnPolicy.INACTIVITY: ("purchase",),
    ChurnPolicy.CONTRACT: ("contract",),
    ChurnPolicy.EITHER: ("purchase", "contract"),
}

Row = dict[str, Any]


def named_kind(word: str) -> str:
    """The kind a word of the report names; '' ("policy") as the churn policy has it."""
    return word if word in KINDS else ""


def parts(kind: str, settings: Installation) -> tuple[str, ...]:
    """What makes a cohort of this kind; '' is as the churn policy has it."""
    return (kind,) if kind else _OF_POLICY[ChurnPolicy(settings.churn_policy)]


def stored(kind: str, settings: Installation) -> str:
    """The kind under which the rollup holds it: '' where the churn policy has it so."""
    return "" if parts("", settings) == (kind,) else kind


def flags(kind: str, settings: Installation) -> dict[str, bool]:
    """The same as parameters of the statements."""
    made_of = parts(kind, settings)
    return {f"by_{part}": part in made_of for part in KINDS if part}


@transaction.atomic
def cohorts(*, as_of: dt.date, now: dt.datetime, kind: str = "", period: str = "month") -> list[Row]:
    """Every cohort and period (definitions.returning): `month` counts from 0, `revenue` is None for logins.

    Revenue is what was bought net of refunds in the period; where contracts alone decide, the monthly amounts at the
    end of its last day.
    """
    settings = Installation.get()
    spells.build(as_of=as_of)
    movements.build_spells(as_of=as_of, settings=settings)
    sql.run("metrics/sql/first_days.sql", {"as_of": as_of, "everybody": True})
    rows = triangle(kind=kind, period=period, as_of=as_of, settings=settings)
    return [shown(row, kind=kind, period=period, as_of=as_of, today=settings.day_of(now)) for row in rows]


def triangle(
    *, kind: str, period: str, as_of: dt.date, settings: Installation, kept_firsts: list[dt.date] | None = None
) -> list[Row]:
    """cohort, first_on, month, size, retained, retained_after, revenue from what was built of customers' days.

    With `kept_firsts` from what is kept of them, `retained` and `revenue` of the periods with these first days alone.
    """
    params = {"as_of": as_of, "unit": period, "months": MONTHS[period], **flags(kind, settings)}
    source = "" if kept_firsts is None else "_kept"
    sql.run(f"metrics/sql/cohort_people{source}.sql", params)
    firsts = kept_firsts
    if firsts is None:
        firsts = sql.rows("metrics/sql/cohort_firsts.sql", params)[0]["firsts"]
    sql.run(f"metrics/sql/cohort_presence{source}.sql", {**params, "firsts": firsts})
    return sql.rows("metrics/sql/cohort_triangle.sql", params)


def shown(row: Row, *, kind: str, period: str, as_of: dt.date, today: dt.date) -> Row:
    """A row of the triangle as reports have it."""
    months = MONTHS[period]
    return {
        "cohort": Period(row["cohort"], months).code,
        "size": row["size"],
        "month": row["month"],
        "retained": row["retained"],
        "complete": Period(row["first_on"], months).is_complete(as_of=as_of, today=today),
        "retained_after": row["retained_after"],
        "revenue": None if kind == "login" else row["revenue"],
    }
