"""Churn of every period, by nothing and by each cut."""

import datetime as dt

from metrics import computing
from metrics.models import ChurnRollup
from metrics.periods import ONE_DAY, Period, between
from scores import scoring, spells
from scores.models import ScoreSnapshot

from .rollup import Rollup

BATCH = 2_000


def periods(as_of: dt.date, today: dt.date) -> list[Period]:
    """Every complete period from the first activity on."""
    spells.build(as_of=as_of)
    first = computing.first_activity()
    found = [one for months in (1, 3) for one in between(first, as_of, months)] if first else []
    return [one for one in found if one.is_complete(as_of=as_of, today=today)]


def write(periods: list[Period], as_of: dt.date, now: dt.datetime) -> None:
    """Replaces the rows of these periods."""
    computing.segments_at_start(periods, now=now, may_compute=False)
    spells.build(as_of=as_of)
    for one in periods:
        ChurnRollup.objects.filter(months=one.months, first=one.first).delete()
    for dimension in ("", *computing.CHURN_BY):
        _write_cut(periods, dimension)


def _write_cut(periods: list[Period], dimension: str) -> None:
    months = {one.first: one.months for one in periods}
    rows = (
        ChurnRollup(
            first=row["first_on"],
            months=months[row["first_on"]],
            dimension=dimension,
            group=row["value"] or "",
            at_start=row["at_start"],
            lost=row["lost"],
        )
        for row in computing.churn_counts(periods, by=dimension)
        if not dimension or row["at_start"]
    )
    ChurnRollup.objects.bulk_create(rows, batch_size=BATCH)


def make_up_snapshots(*, as_of: dt.date, now: dt.datetime, months_back: int) -> None:
    """The segments of earlier months' ends, where no night was there to store them."""
    today = as_of + ONE_DAY
    for one in periods(as_of, today):
        eve = one.first - ONE_DAY
        is_near = (as_of - eve).days <= months_back * 31
        if is_near and not ScoreSnapshot.objects.filter(as_of=eve).exists():
            scoring.compute(as_of=eve, now=now)


ROLLUP = Rollup("churn", frozenset({"activity", "values"}), periods, write)
