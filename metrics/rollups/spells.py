"""What figures are made from, kept per customer: when he was active, since when he buys, signs and logs in.

Computed anew for customers whose facts changed, and for everybody at night. Only rows that differ are written, and each
difference marks the months it concerns (Stale), in one transaction.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from accounts import jobs
from common import sql
from metrics.models import Fill
from scores import activity
from scores import spells as truth

from . import filling

METRIC, PERIOD = "spells", "all"
KEPT = ("spells",)  # <name>_differ.sql, <name>_mark.sql, <name>_keep.sql one after another


def keep_up(*, as_of: dt.date, now: dt.datetime, touched: Collection[int] | None = None) -> dt.date:
    """Makes what is kept right as of `as_of`, or of the day it speaks of already where that is later; returns the day.

    `touched` are the customers whose facts changed; without, or on another day or under other settings than what is
    kept, everybody is computed.
    """
    with jobs.lock("spells"), transaction.atomic():
        kept = Fill.objects.filter(metric=METRIC).first()
        settings = filling.settings_hash()
        day = max(as_of, kept.as_of) if kept else as_of
        is_same = kept is not None and (kept.as_of, kept.settings) == (day, settings)
        _keep(day, touched if is_same else None)
        said = {"settings": settings, "as_of": day, "started_at": now, "done_at": now}
        Fill.objects.update_or_create(metric=METRIC, period=PERIOD, defaults=said)
    return day


def _keep(as_of: dt.date, touched: Collection[int] | None) -> int:
    """Builds, compares and writes; returns how many rows were written."""
    everybody = touched is None
    if touched is not None:
        activity.want(touched)
    with truth.scope(is_everybody=everybody):
        truth.make(truth.parameters(as_of=as_of))
    params = {"as_of": as_of, "everybody": everybody}
    written = 0
    for name in KEPT:
        sql.run(f"metrics/sql/{name}_differ.sql", params)
        sql.run(f"metrics/sql/{name}_mark.sql", params)
        written += sql.total(f"metrics/sql/{name}_keep.sql", params)
    return written


def day() -> dt.date | None:
    """The day that what is kept speaks of; None before it was kept for the first time."""
    return Fill.objects.filter(metric=METRIC).values_list("as_of", flat=True).first()
