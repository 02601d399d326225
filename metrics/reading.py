"""What pages read: rollups and kept reports, as the rows the report command prints (with the stored `value` beside)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from accounts.models import Installation

from . import cohorts as counting
from . import computing, keeping, rollups
from .models import ChurnRollup, CohortRollup
from .periods import MONTHS, Period, after, named

Row = dict[str, Any]


def churn(*, period: str = "month", by: str = "", group: str | None = None, last: int = 0) -> list[Row]:
    """Churn of every complete period (of the `last` ones), oldest first; of one group where `group` is given."""
    months = MONTHS[period]
    found = ChurnRollup.objects.filter(months=months, dimension=by).order_by("first", "group")
    if group is not None:
        found = found.filter(group=group)
    if last:
        found = found.filter(first__in=_last_firsts(months, last))
    return churn_rows(list(found), by=by)


def churn_rows(stored: list[ChurnRollup], *, by: str) -> list[Row]:
    """The stored figures as report rows."""
    names = computing.group_names(by, {one.group for one in stored}) if by else {}
    rows = []
    for one in stored:
        period = Period(one.first, one.months)
        rows.append(
            {
                "period": period.code,
                "start": period.first,
                "end": period.last,
                "group": names.get(one.group),
                "value": one.group if by else None,
                "at_start": one.at_start,
                "lost": one.lost,
                "rate": computing.rate(one.lost, one.at_start),
            }
        )
    return rows


def _last_firsts(months: int, last: int) -> list[dt.date]:
    """First days of the newest periods; everybody's rows have them all."""
    firsts = ChurnRollup.objects.filter(months=months, dimension="").order_by("-first").values_list("first", flat=True)
    return list(firsts[:last])


def cohorts(*, today: dt.date, kind: str = "", period: str = "month") -> list[Row]:
    """Cohort retention: cohort, size, month, retained, complete, retained_after, revenue."""
    as_of = rollups.filled_to()
    stored = counting.stored(kind, Installation.get())
    found = CohortRollup.objects.filter(kind=stored, months=MONTHS[period]).order_by("cohort", "month")
    rows = (
        {
            "cohort": one.cohort,
            "first_on": after(one.cohort, one.month * one.months),
            "size": one.size,
            "month": one.month,
            "retained": one.retained,
            "retained_after": one.retained_after,
            "revenue": one.revenue,
        }
        for one in found
    )
    return [counting.shown(row, kind=kind, period=period, as_of=as_of, today=today) for row in rows if as_of]


def ltv(*, by: str = "") -> keeping.Kept:
    """LTV by group, largest total first, as of the last night; `value` is the stored one, `group` its word."""
    kept = keeping.read(("ltv", by))["ltv", by]
    names = computing.group_names(by, {row["value"] for row in kept.rows})
    rows = [{**row, "group": names.get(row["value"])} for row in kept.rows]
    return keeping.Kept(kept.as_of, rows)


def rfm() -> keeping.Kept:
    """The 25 cells as of the last night, best first."""
    return keeping.read(("rfm", ""))["rfm", ""]


def total(rows: Iterable[Row], key: str) -> Any:
    """Sum of a column."""
    return sum(row[key] for row in rows)


def of_contracts(name: str, *, period: str, by: str = "") -> keeping.Kept:
    """Renewals or trials by period and group, oldest first, as of the last night; `value` is the stored group."""
    kept = keeping.read((name, by))[name, by]
    names = computing.group_names(by, {row["value"] for row in kept.rows})
    rows = []
    for row in kept.rows:
        one = named(row["period"])
        if one and one.months == MONTHS[period]:
            rows.append({**row, "start": one.first, "end": one.last, "group": names.get(row["value"])})
    return keeping.Kept(kept.as_of, rows)
