"""Cohorts by what began them, month and quarter: the cells of the periods that changed, and every cohort's size.

How many are there "in or after" a period, and how large a cohort is, follow from first and last days alone and are
brought up to date in every cell at each writing.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Min

from accounts.models import Installation
from common import sql
from metrics import cohorts
from metrics.models import CohortRollup, FirstDay
from metrics.periods import MONTHS, Period, after, between
from scores import spells

from .rollup import Rollup

FEW = 130  # days: purchases of so short a time are read alone
BATCH = 2_000

Row = dict[str, Any]


def periods(as_of: dt.date, _today: dt.date) -> list[Period]:
    """Every month and quarter since the first who began, the current ones included."""
    found = FirstDay.objects.aggregate(bought=Min("bought_on"), signed=Min("signed_on"), logged_in=Min("logged_in_on"))
    days = [day for day in found.values() if day is not None and day <= as_of]
    return [one for unit in cohorts.PERIODS for one in between(min(days), as_of, MONTHS[unit])] if days else []


def write(periods: list[Period], as_of: dt.date, _now: dt.datetime) -> None:
    """Rewrites the cells of these periods; sizes and "in or after" of all."""
    settings = Installation.get()
    sql.run("scores/sql/room.sql")
    _read_purchases(periods, as_of=as_of)
    for unit in cohorts.PERIODS:
        firsts = [one.first for one in periods if one.months == MONTHS[unit]]
        for kind in _kinds(settings) if firsts else ():
            rows = cohorts.triangle(kind=kind, period=unit, as_of=as_of, settings=settings, kept_firsts=firsts)
            _store(rows, kind=kind, months=MONTHS[unit], firsts=set(firsts))


def _kinds(settings: Installation) -> list[str]:
    """Each kind once; what the policy makes a cohort of stands under ''."""
    return [kind for kind in cohorts.KINDS if cohorts.stored(kind, settings) == kind]


def _read_purchases(periods: list[Period], *, as_of: dt.date) -> None:
    """Days of purchases and refunds: of everybody and all time, or of the orders of a short time alone."""
    first, last = min(one.first for one in periods), max(one.last for one in periods)
    if (last - first).days > FEW:
        spells.build_purchases(as_of=as_of)
        return
    sql.run("metrics/sql/scope_days.sql", {"first_on": first, "last_on": min(last, as_of)})
    spells.purchases({"as_of": as_of}, "purchase_days")
    sql.run("scores/sql/scope_end.sql")


def _store(rows: Iterable[Row], *, kind: str, months: int, firsts: set[dt.date]) -> None:
    """Only what differs is written; cells there are no more go."""
    kept = {(one.cohort, one.month): one for one in CohortRollup.objects.filter(kind=kind, months=months)}
    came, changed = [], []
    for row in rows:
        one = kept.pop((row["cohort"], row["month"]), None)
        values = {name: row[name] for name in ("size", "retained_after")}
        if one is None or row["first_on"] in firsts:
            values |= {"retained": row["retained"], "revenue": row["revenue"] if kind != "login" else None}
        if one is None:
            came.append(CohortRollup(kind=kind, months=months, cohort=row["cohort"], month=row["month"], **values))
        elif any(getattr(one, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(one, name, value)
            changed.append(one)
    CohortRollup.objects.filter(pk__in=[one.pk for one in kept.values()]).delete()
    CohortRollup.objects.bulk_create(came, batch_size=BATCH)
    CohortRollup.objects.bulk_update(changed, ["size", "retained", "retained_after", "revenue"], batch_size=BATCH)


def forget(periods: list[Period]) -> None:
    """Removes the cohorts and cells of periods there are no more."""
    for unit in cohorts.PERIODS:
        months = MONTHS[unit]
        stay = {one.first for one in periods if one.months == months}
        kept = CohortRollup.objects.filter(months=months)
        gone = [one.pk for one in kept if not {one.cohort, after(one.cohort, one.month * months)} <= stay]
        kept.filter(pk__in=gone).delete()


KINDS = frozenset({"purchases", "logins", "contracts", "revenue"})
ROLLUP = Rollup("cohorts", KINDS, periods, write, forget, together=True)
