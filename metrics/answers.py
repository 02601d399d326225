"""Reports as pages show them, in the rows and the order the computed report has: for the API, the command and files.

Each takes `today` and what its report can be asked; None where what is kept does not hold it.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Min

from common import sql
from metrics.definitions import REPORTS
from metrics.reports import COLUMNS, ReportError, within
from scores import scoring
from scores.models import ScoreSnapshot

from . import cohorts as counting
from . import computing, costs, flows, keeping, payback, reading, reconciling, repeating, rollups
from . import reasons as answering
from . import revenue as revenues
from .models import LossRollup, RfmFlow
from .periods import MONTHS, ONE_DAY, Period, fiscal_year_start, holding

Row = dict[str, Any]


def _as_columns(name: str, rows: Iterable[Row]) -> list[Row]:
    return [{column: row[column] for column in COLUMNS[name]} for row in rows]


def churn(
    *, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, by: str, **more: str
) -> list[Row] | None:
    """Every complete period kept between two days; None where one is asked for from before the first kept."""
    second = more.get("second", "")
    kept = reading.churn(period=period, by=by, second=second)
    first = holding(start, MONTHS[period]).first if start else None
    if not kept or (first and first < min(row["start"] for row in kept)):
        return None
    shown = [row for row in kept if (not first or row["start"] >= first) and (not end or row["start"] <= end)]
    columns = REPORTS["churn"].column_names(second=second)
    return [{column: row[column] for column in columns} for row in shown]


def ltv(*, today: dt.date, by: str, second: str = "") -> list[Row] | None:
    kept = reading.ltv(by=by, second=second)
    columns = REPORTS["ltv"].column_names(second=second)
    return [{column: row[column] for column in columns} for row in kept.rows] if kept.as_of == today else None


def ltv_deciles(*, today: dt.date) -> list[Row] | None:
    return _kept("ltv-deciles", today)


def ltv_lifetime(*, today: dt.date) -> list[Row] | None:
    return _kept("ltv-lifetime", today)


def ltv_distribution(*, today: dt.date) -> list[Row] | None:
    return _kept("ltv-distribution", today)


def _kept(name: str, today: dt.date) -> list[Row] | None:
    kept = keeping.read((name, ""))[name, ""]
    return _as_columns(name, kept.rows) if kept.as_of == today else None


def ltv_cohorts(*, today: dt.date, by: str) -> list[Row] | None:
    kept = keeping.read(("ltv-cohorts", by))["ltv-cohorts", by]
    if kept.as_of != today:
        return None
    return payback.report(kept.rows, costs.entered(), by=by, as_of=today, today=today)


def repeat(*, today: dt.date, by: str) -> list[Row] | None:
    kept = keeping.read(("repeat", by))["repeat", by]
    return repeating.flat(kept.rows) if kept.as_of == today else None


def cohorts(*, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, kind: str) -> list[Row] | None:
    """None for what is not kept of it."""
    rows = reading.cohorts(today=today, kind=counting.named_kind(kind), period=period)
    return within(rows, start, end) if rows else None


def revenue(*, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, by: str) -> list[Row] | None:
    """Every complete period kept between two days; None where one is asked for from before the first kept."""
    known = revenues.periods(period)[::-1]
    first = holding(start, MONTHS[period]).first if start else None
    if not known or (first and first < known[0].first) or computing.offered([by]) != [by]:
        return None
    over = set(revenues.complete(known))
    wanted = [one for one in known if (not first or one.first >= first) and (not end or one.first <= end)]
    rows = revenues.rows([one for one in wanted if one in over], by=by)
    days = ({"period": row["period"].code, "start": row["period"].first, "end": row["period"].last} for row in rows)
    return _as_columns("revenue", (row | day for row, day in zip(rows, days, strict=True)))


def rfm(*, today: dt.date) -> list[Row] | None:
    kept = reading.rfm()
    return _as_columns("rfm", kept.rows) if kept.as_of == today else None


def figures(*, today: dt.date, by: str) -> list[Row] | None:
    """The figures of the first page, of everybody or by owner."""
    kept = keeping.read(("figures", by))["figures", by]
    return _as_columns("figures", computing.named(kept.rows, by)) if kept.as_of == today else None


def rfm_flow(*, as_of: dt.date, now: dt.datetime, start: dt.date | None, end: dt.date | None) -> list[Row]:
    """The movement between two days that are known (flows.days); the last two month's ends up to `as_of` unless told.

    A day is what was stored of it, so this is the same whoever asks and whenever.
    """
    known = [day for day in flows.days() if day <= as_of]
    to_on = end or (known[0] if known else as_of)
    from_on = start or next((day for day in known if day < to_on.replace(day=1)), to_on - ONE_DAY)
    if len(known) < 2 and not (start or end):
        return []
    for day in (from_on, to_on):
        if day not in known:
            raise ReportError(f"Nothing is stored of {day}; the newest days there are: {_listed(known)}.")
    if from_on >= to_on:
        raise ReportError(f"from {from_on} must be before to {to_on}.")
    found = _moved(from_on, to_on)
    return _as_columns("rfm-flow", ({"from_on": from_on, "to_on": to_on, **row} for row in found))


def _listed(known: list[dt.date]) -> str:
    return ", ".join(day.isoformat() for day in known[:5])


def _moved(from_on: dt.date, to_on: dt.date) -> list[Row]:
    kept = flows.read(from_on, to_on)
    if kept and kept.state == RfmFlow.State.DONE:
        return flows.rows(kept)
    is_live = to_on == scoring.last_run() and not ScoreSnapshot.objects.filter(as_of=to_on).exists()
    return sql.rows("metrics/sql/rfm_flow.sql", {"from_on": from_on, "to_on": to_on, "is_live": is_live})


def renewals(*, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, by: str) -> list[Row] | None:
    return _of_contracts("renewals", today, start, end, period, by)


def trials(*, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, by: str) -> list[Row] | None:
    return _of_contracts("trials", today, start, end, period, by)


def _of_contracts(
    name: str, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, by: str
) -> list[Row] | None:
    kept = reading.of_contracts(name, period=period, by=by)
    if kept.as_of != today:
        return None
    first = holding(start, MONTHS[period]).first if start else None
    rows = (row for row in kept.rows if (not first or row["start"] >= first) and (not end or row["start"] <= end))
    return _as_columns(name, rows)


def reconcile(*, today: dt.date, start: dt.date | None, end: dt.date | None, period: str) -> list[Row] | None:
    """None where a complete period is asked for that is older than those kept."""
    wanted = reconciling.complete(start=start, end=end, as_of=today, today=today, months=MONTHS[period])
    kept = reconciling.kept([one.code for one in wanted])
    return reconciling.as_rows(kept) if wanted and (not start or wanted[0].code in kept) else None


def reasons(*, today: dt.date, start: dt.date | None, end: dt.date | None, period: str, by: str) -> list[Row] | None:
    """Why customers left, of every complete period kept; None where one is asked for from before the first kept."""
    months = MONTHS[period]
    over = LossRollup.objects.filter(rollups.complete(months), months=months)
    oldest = over.aggregate(oldest=Min("first"))["oldest"]
    first = holding(start, months).first if start else oldest
    if oldest is None or first < oldest:
        return None
    found = over.filter(dimension=by, first__gte=first, **({"first__lte": end} if end else {}))
    fields = ("first", "group", "kind", "value", "lost", "mrr", "sales")
    starts = fiscal_year_start() if months == 6 else None
    return answering.named(
        [{**row, "period": Period(row["first"], months, starts)} for row in found.values(*fields)], by
    )
