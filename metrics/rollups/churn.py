"""Churn of every month, quarter, half and fiscal year, by nothing, by each cut and by any two."""

import datetime as dt

from django.db.models import Min

from common import sql
from metrics import computing
from metrics.models import ChurnRollup, Spell
from metrics.periods import MONTHS, ONE_DAY, Period, between
from scores import scoring
from scores.models import ScoreSnapshot

from .rollup import Rollup


def periods(as_of: dt.date, _today: dt.date) -> list[Period]:
    """Every period from the first activity on, the current ones included."""
    first = Spell.objects.aggregate(first=Min("from_on"))["first"]
    is_known = first is not None and first <= as_of
    return [one for months in MONTHS.values() for one in between(first, as_of, months)] if is_known else []


def write(periods: list[Period], as_of: dt.date, _now: dt.datetime) -> None:
    """Replaces the rows of these periods."""
    sql.run("scores/sql/room.sql")
    for one in periods:
        ChurnRollup.objects.filter(months=one.months, first=one.first).delete()
        computing.stand(one, as_of=as_of, is_kept=True)
        sql.run("metrics/sql/churn_rollup.sql", {"first_on": one.first, "months": one.months})


def forget(periods: list[Period]) -> None:
    """Removes the rows of periods there are no more: before the first activity, or of another fiscal year."""
    for months in MONTHS.values():
        stay = [one.first for one in periods if one.months == months]
        ChurnRollup.objects.filter(months=months).exclude(first__in=stay).delete()


def make_up_snapshots(*, as_of: dt.date, now: dt.datetime, months_back: int) -> None:
    """The segments of earlier months' ends, where no night was there to store them."""
    for one in periods(as_of, as_of)[1:]:
        eve = one.first - ONE_DAY
        is_near = one.months == 1 and (as_of - eve).days <= months_back * 31
        if is_near and not ScoreSnapshot.objects.filter(as_of=eve).exists():
            scoring.compute(as_of=eve, now=now)


ROLLUP = Rollup("churn", frozenset({"activity", "values"}), periods, write, forget)
