"""Movements of monthly amounts of every month, quarter, half and fiscal year, whole and by each cut."""

import datetime as dt

from django.db.models import Min

from common import sql
from metrics import movements
from metrics.models import MovementRollup, RevenueSpell
from metrics.periods import MONTHS, Period, between

from .rollup import Rollup


def periods(as_of: dt.date, _today: dt.date) -> list[Period]:
    """Every period since the first amount, the current ones included; none without contracts."""
    first = RevenueSpell.objects.filter(mrr__gt=0).aggregate(first=Min("from_on"))["first"]
    is_known = first is not None and first <= as_of
    return [one for months in MONTHS.values() for one in between(first, as_of, months)] if is_known else []


def write(periods: list[Period], as_of: dt.date, _now: dt.datetime) -> None:
    """Replaces the rows of these periods."""
    sql.run("scores/sql/room.sql")
    for one in periods:
        MovementRollup.objects.filter(months=one.months, first=one.first).delete()
        movements.move(one, as_of=as_of, is_kept=True)
        sql.run("metrics/sql/movement_rollup.sql", {"first_on": one.first, "months": one.months})


def forget(periods: list[Period]) -> None:
    """Removes the rows of periods there are no more: before the first amount, or of another fiscal year."""
    for months in MONTHS.values():
        stay = [one.first for one in periods if one.months == months]
        MovementRollup.objects.filter(months=months).exclude(first__in=stay).delete()


ROLLUP = Rollup("movements", frozenset({"revenue", "contracts", "values"}), periods, write, forget)
