"""The churn of a period by the other common formulas, and the people who make the difference.

Built from raw rows as of any day (`compute`), or read as the night kept it (`read`): KeptReport "reconcile" of a
period's code, at most MOST ids behind each line.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction

from accounts.models import Installation
from common import sql
from scores import spells

from . import formulas
from .formulas import Bridge, Day, Formula, Line, Signature, Standing
from .models import KeptReport
from .periods import MONTHS, Period, after, between, holding

MOST = 500  # names behind one line
NAME = "reconcile"
NEWEST = {1: 13, 3: 9, 6: 4, 12: 3}  # how many complete periods the night keeps, by their months
Row = dict[str, Any]


@transaction.atomic
def compute(*, periods: list[Period], as_of: dt.date) -> dict[str, list[Bridge]]:
    """Bridges of every formula offered, by the periods' codes, as known at the end of `as_of`.

    A period in which nobody was there yet is left out.
    Leaves the spells of the installation's own way of counting in the temp tables.
    """
    settings = Installation.get()
    wanted = formulas.offered(policy=settings.churn_policy, inactivity_days=settings.inactivity_days)
    seen = {variant: _signatures(periods) for variant in _each_variant(wanted, as_of=as_of)}
    days = {one: _days(one, stood) for one, stood in seen[""].items()}
    return {
        one.code: [formulas.bridge(formula, seen[formula.spells][one], days[one]) for formula in wanted]
        for one in periods
        if seen[""][one]
    }


def _each_variant(wanted: Iterable[Formula], *, as_of: dt.date) -> Iterator[str]:
    """Builds the spells the formulas ask for, one way after the other: ours first, and again at the end."""
    params = spells.parameters(as_of=as_of)
    with spells.scope():
        _facts(params)
        _build("", params)
        sql.run("metrics/sql/our_spells.sql")
        yield ""
        for variant in sorted({one.spells for one in wanted} - {""}):
            _build(variant, params)
            yield variant
        _build("", params)


def _facts(params: dict[str, Any]) -> None:
    """The days of purchase; none where only contracts count."""
    if params["by_activity"]:
        spells.purchases(params, "purchase_days")
    else:
        sql.run("scores/sql/purchase_days.sql")
    sql.run("scores/sql/purchase_days_read.sql")


def _build(variant: str, params: dict[str, Any]) -> None:
    """Active spells by another way of counting, from the days and terms at hand."""
    word, _, number = variant.partition("-")
    params = params | {
        "month-end": {"month_end": not params["month_end"]},
        "logins": {"by_login": not params["by_login"]},
    }.get(variant, {"inactivity_days": int(number)} if word == "quiet" else {})
    spells.contracts(params)
    if variant == "notice":
        sql.run("metrics/sql/notice_cover.sql", params)
    sql.run("scores/sql/spells.sql", params)


def _signatures(periods: list[Period]) -> dict[Period, list[Signature]]:
    """Who stands alike in each period, by ours and by the spells last built; one at a time, to sort less."""
    return {one: [_signature(row) for row in _stood(one)] for one in periods}


def _stood(period: Period) -> list[Row]:
    return sql.rows("metrics/sql/reconcile.sql", _bounds(period))


def _bounds(period: Period) -> dict[str, Any]:
    return {"first_on": period.first, "last_on": period.last, "most": MOST}


def _signature(row: Row) -> Signature:
    ours, theirs = (
        Standing(*(row[f"{whose}_{what}"] for what in ("start", "end", "ends", "begins"))) for whose in ("our", "their")
    )
    return Signature(ours, theirs, row["people"], tuple(row["ids"] or ()))


def _days(period: Period, stood: list[Signature]) -> list[Day]:
    """The days on which somebody left, with how many were active when each began."""
    found = []
    active = sum(one.people for one in stood if one.ours.start)
    for row in sql.rows("metrics/sql/reconcile_days.sql", _bounds(period)):
        if row["gone"]:
            found.append(Day(row["day"], active, row["gone"], tuple(row["ids"])))
        active += row["came"] - row["gone"]
    return found


def report(
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
) -> list[Row]:
    """The rows of the complete periods between two days; without `start`, of as many as the night keeps."""
    today = Installation.get().day_of(now)
    return rows(periods=complete(start=start, end=end, as_of=as_of, today=today, months=MONTHS[period]), as_of=as_of)


def complete(
    *, start: dt.date | None, end: dt.date | None, as_of: dt.date, today: dt.date, months: int
) -> list[Period]:
    """The complete periods between two days; without `start`, the last of them, as many as the night keeps."""
    last = end or as_of
    first = start or after(holding(last, months).first, -months * NEWEST[months])
    found = [one for one in between(first, last, months) if one.is_complete(as_of=as_of, today=today)]
    return found if start else found[-NEWEST[months] :]


def rows(*, periods: list[Period], as_of: dt.date) -> list[Row]:
    """Report rows: period, formula, line ('' = the figure itself), people, numerator, denominator, rate."""
    return as_rows(compute(periods=periods, as_of=as_of)) if periods else []


def as_rows(by_period: dict[str, list[Bridge]]) -> list[Row]:
    """Bridges as report rows."""
    found = []
    for code, bridges in by_period.items():
        if bridges:
            numerator, denominator = bridges[0].ours
            rate = 100 * numerator / denominator if denominator else None
            found.append(_row(code, "ours", "", numerator, numerator, denominator, rate))
        for one in bridges:
            lines = (_row(code, one.formula, x.key, x.people, x.numerator, x.denominator, None) for x in one.lines)
            found += [*lines, _row(code, one.formula, "", one.theirs[0], *one.theirs, one.rate)]
    return found


def _row(code: str, formula: str, line: str, people: int, numerator: int, denominator: int, rate: float | None) -> Row:
    return {
        "period": code,
        "formula": formula,
        "line": line,
        "people": people,
        "numerator": numerator,
        "denominator": denominator,
        "rate": rate,
    }


@transaction.atomic
def keep(*, periods: list[Period], as_of: dt.date) -> int:
    """Writes the bridges of these periods for the pages; returns how many periods."""
    found = compute(periods=periods, as_of=as_of) if periods else {}
    KeptReport.objects.filter(name=NAME, by__in=list(found)).delete()
    KeptReport.objects.bulk_create(
        KeptReport(name=NAME, by=code, as_of=as_of, rows=[_plain(one) for one in bridges])
        for code, bridges in found.items()
    )
    return len(found)


def _plain(one: Bridge) -> Row:
    return {
        "formula": one.formula,
        "ours": one.ours,
        "theirs": one.theirs,
        "lines": [[line.key, line.people, line.numerator, line.denominator, line.ids] for line in one.lines],
        "days": [[each.day, each.at_start, each.left, each.ids] for each in one.days],
    }


def kept(codes: list[str]) -> dict[str, list[Bridge]]:
    """What the night kept of these periods, in their order; the others are not there."""
    found = {one.by: one.rows for one in KeptReport.objects.filter(name=NAME, by__in=codes)}
    return {code: [_bridge(row) for row in found[code]] for code in codes if code in found}


def read(code: str) -> tuple[dt.date | None, list[Bridge]]:
    """What the night kept of a period, and as of which day; (None, []) where nothing is kept."""
    kept = KeptReport.objects.filter(name=NAME, by=code).first()
    return (kept.as_of, [_bridge(row) for row in kept.rows]) if kept else (None, [])


def is_kept(code: str) -> bool:
    return KeptReport.objects.filter(name=NAME, by=code).exists()


def _bridge(row: Row) -> Bridge:
    lines = (
        Line(key, people, numerator, denominator, tuple(ids))
        for key, people, numerator, denominator, ids in row["lines"]
    )
    days = (Day(dt.date.fromisoformat(day), at_start, left, tuple(ids)) for day, at_start, left, ids in row["days"])
    return Bridge(row["formula"], tuple(row["ours"]), tuple(row["theirs"]), tuple(lines), tuple(days))
