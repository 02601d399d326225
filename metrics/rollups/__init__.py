"""Keeps figures ready to be read, by redoing exactly the periods that changed. A rerun heals whatever was cut short.

Facts → what is kept per customer (spells.py), whose differences mark months → the periods that are missing, marked,
under other settings or not over yet (filling.py) → each table of figures (registry.py).
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import DateField, F, Func, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts import jobs
from accounts.models import Installation
from metrics import flows, keeping
from metrics.models import Fill
from metrics.monthly import facts
from metrics.periods import ONE_DAY
from scores import scoring

from . import filling, spells
from .churn import make_up_snapshots
from .filling import settings_hash
from .registry import ROLLUPS

__all__ = [
    "ROLLUPS",
    "SNAPSHOTS_BACK",
    "complete",
    "fill",
    "fill_open",
    "filled_to",
    "is_outdated",
    "keep_up",
    "settings_hash",
]

SNAPSHOTS_BACK = 36  # months whose RFM segments are made up for where no night stored them
METRIC = "run"  # its period is the day before which all is over
ROLLUP_OF_SCORES = "worth"  # scores just computed may differ without a fact that changed
keep_up = spells.keep_up


def fill(*, as_of: dt.date, now: dt.datetime, touched: Collection[int] | None = None) -> dict[str, Any]:
    """Brings everything up to date as of `as_of`, or of the day it speaks of already where that is later.

    Without `touched`, everybody is computed anew. Returns how many periods of each table were written.
    """
    day = spells.keep_up(as_of=as_of, now=now, touched=touched)
    make_up_snapshots(as_of=day, now=now, months_back=SNAPSHOTS_BACK)
    Fill.objects.filter(metric=ROLLUP_OF_SCORES).update(done_at=None)
    with jobs.lock("metrics"):
        written = _fill(day, now=now, is_patient=False)
    if scoring.last_run() == as_of:
        keeping.keep(as_of=as_of, now=now)
        flows.keep(as_of=as_of, now=now)
        facts.keep(as_of=as_of, now=now)
    return written


def fill_open(*, now: dt.datetime) -> dict[str, Any]:
    """Writes the periods that changed since, those written a moment ago a little later; nothing where another fills.

    What nothing is kept for yet waits for the night.
    """
    with jobs.lock_if_free("metrics") as is_mine:
        day = spells.day()
        return _fill(day, now=now, is_patient=True) if is_mine and day else {}


def _fill(as_of: dt.date, *, now: dt.datetime, is_patient: bool) -> dict[str, Any]:
    filling.open_stale(ROLLUPS)
    written = {one.name: filling.fill_open(one, as_of=as_of, now=now, is_patient=is_patient) for one in ROLLUPS}
    over = min(as_of + ONE_DAY, Installation.get().day_of(now))
    said = {"settings": settings_hash(), "as_of": as_of, "started_at": now, "done_at": now, "period": over.isoformat()}
    Fill.objects.update_or_create(metric=METRIC, defaults=said)
    return written


def is_outdated() -> bool:
    """True where what figures are made from was kept under other settings than those of now."""
    return Fill.objects.filter(metric=spells.METRIC).exclude(settings=settings_hash()).exists()


def filled_to() -> dt.date | None:
    """The day the figures speak of; None before the first fill."""
    return Fill.objects.filter(metric=METRIC).values_list("as_of", flat=True).first()


def complete(months: int) -> Q:
    """The condition that a period of so many months, by its first day, was over when the figures were last filled."""
    before = Func(
        F("period"),
        Value(months),
        template="(date_trunc('month', %(expressions)s))::date",
        arg_joiner="::timestamp) - make_interval(months => ",
        output_field=DateField(),
    )
    newest = Subquery(Fill.objects.filter(metric=METRIC).values(newest=before)[:1])
    return Q(first__lte=Coalesce(newest, Value(dt.date.max), output_field=DateField()))
