"""What pages read: rollups and kept reports, as the rows the report command prints (with the stored `value` beside)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from accounts.models import Installation

from . import cohorts as counting
from . import computing, keeping, rollups, worth
from .models import ChurnRollup, CohortRollup
from .periods import MONTHS, ONE_DAY, Period, after, fiscal_year_start

Row = dict[str, Any]
NAMES = ("group", "second_group")


def churn(
    *, period: str = "month", by: str = "", second: str = "", group: str | None = None, last: int = 0
) -> list[Row]:
    """Churn of every complete period (of the `last` ones), oldest first; of one group where `group` is given."""
    months = MONTHS[period]
    found = churn_of(months, by=by, second=second).filter(rollups.complete(months))
    if group is not None:
        found = found.filter(**{"second_group" if by != found_cut(by, second)[0] else "group": group})
    if last:
        firsts = churn_of(months).filter(rollups.complete(months)).order_by("-first").values_list("first", flat=True)
        found = found.filter(first__in=list(firsts[:last]))
    return churn_rows(list(found), by=by, second=second)


def churn_of(months: int, *, by: str = "", second: str = "") -> QuerySet[ChurnRollup]:
    """The figures kept of periods of so many months, whole or cut; those still running too, oldest first."""
    if computing.offered([by, second]) != [by, second]:
        return ChurnRollup.objects.none()
    cut, other = found_cut(by, second)
    found = ChurnRollup.objects.filter(months=months, dimension=cut, second=other)
    found = found.filter(at_start__gt=0) if cut else found
    return found.order_by("first", "group", "second_group")


def found_cut(by: str, second: str) -> tuple[str, str]:
    """The two cuts in the order in which they are stored; one alone stands first."""
    order = sorted((cut for cut in (by, second) if cut), key=computing.CHURN_BY.index)
    return (order[0] if order else "", order[1] if len(order) > 1 else "")


def churn_rows(stored: list[ChurnRollup], *, by: str, second: str = "") -> list[Row]:
    """The stored figures as report rows, with joined and won_back."""
    starts = fiscal_year_start() if any(one.months == 6 for one in stored) else None
    is_turned = by != found_cut(by, second)[0]
    found = []
    for one in stored:
        period = Period(one.first, one.months, starts)
        groups = (one.second_group, one.group) if is_turned else (one.group, one.second_group)
        days = {"period": period.code, "first_on": period.first, "last_on": period.last}
        found.append({**days, "value": groups[0], "other": groups[1], "at_start": one.at_start, "lost": one.lost})
    rows = computing.churn_named(found, computing.cuts_of(by, second))
    for row, one, raw in zip(rows, stored, found, strict=True):
        row |= {"value": raw["value"] if by else None, "joined": one.joined, "won_back": one.won_back}
        if second:
            row["second_value"] = raw["other"]
    return rows


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


def ltv(*, by: str = "", second: str = "") -> keeping.Kept:
    """LTV by group (and the group of a second cut) as of the last night; `value` and `second` are the stored ones."""
    key = ("ltv", ",".join(worth.in_order(filter(None, (by, second)))))
    kept = keeping.read(key)[key]
    rows = worth.turned({key[1]: kept.rows}, by, second)
    return keeping.Kept(kept.as_of, with_names(rows, by, second))


def with_names(rows: list[Row], by: str, second: str = "") -> list[Row]:
    """The rows with the words of their groups beside the stored values."""
    words = computing.named(rows, by, second)
    return [row | {key: name[key] for key in NAMES if key in name} for row, name in zip(rows, words, strict=True)]


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
        start, end = dt.date.fromisoformat(row["start"]), dt.date.fromisoformat(row["end"])
        if after(start, MONTHS[period]) - ONE_DAY == end:
            rows.append({**row, "start": start, "end": end, "group": names.get(row["value"])})
    return keeping.Kept(kept.as_of, rows)
