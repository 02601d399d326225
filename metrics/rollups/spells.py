"""What figures are made from, kept per customer: when he was active, since when he buys, signs and logs in.

Computed anew for customers whose facts changed, and for everybody at night. Only rows that differ are written, and each
difference marks the months it concerns (Stale), in one transaction.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from accounts import jobs
from accounts.models import Installation
from common import sql
from metrics.models import Fill
from scores import activity
from scores import spells as truth

from . import filling

METRIC, PERIOD = "spells", "all"
BUILT = ("filed", "first_days", "revenue_spells")  # beside what scores.spells builds: metrics/sql/<name>.sql
KEPT = ("spells", *BUILT)  # metrics/sql/keep_<name>.sql: compares, marks, writes


def keep_up(*, as_of: dt.date, now: dt.datetime, touched: Collection[int] | None = None) -> dt.date:
    """Makes what is kept right as of `as_of`, or of the day it speaks of already where that is later; returns the day.

    `touched` are the customers whose facts changed; without, or on another day or under other settings than what is
    kept, everybody is computed.
    """
    with jobs.lock("spells"), transaction.atomic():
        kept = Fill.objects.filter(metric=METRIC).first()
        settings = filling.settings_hash()
        day = max(as_of, kept.as_of) if kept else as_of
        is_same = kept is not None and kept.settings == settings
        if kept is not None and day > kept.as_of:
            sql.run("metrics/sql/passing.sql", {"since": kept.as_of, "as_of": day})
        is_few = kept is not None and is_same and kept.as_of == day
        _keep(day, touched if is_few else None, is_marked=is_same)
        said = {"settings": settings, "as_of": day, "started_at": now, "done_at": now}
        Fill.objects.update_or_create(metric=METRIC, period=PERIOD, defaults=said)
    return day


def _keep(as_of: dt.date, touched: Collection[int] | None, *, is_marked: bool) -> None:
    """Builds, compares and writes. Where everything is filled anew anyway (is_marked off) no month is marked."""
    lasting = {"pause_months": Installation.get().pause_months}
    params = truth.parameters(as_of=as_of) | lasting | {"everybody": touched is None, "is_marked": is_marked}
    sql.run("scores/sql/room.sql")
    if touched is not None:
        activity.want(touched)
    with truth.scope(is_everybody=touched is None):
        truth.make_quickly(params)
    for name in BUILT:
        sql.run(f"metrics/sql/{name}.sql", params)
    for name in KEPT:
        sql.run(f"metrics/sql/keep_{name}.sql", params)


def day() -> dt.date | None:
    """The day that what is kept speaks of; None before it was kept for the first time."""
    return Fill.objects.filter(metric=METRIC).values_list("as_of", flat=True).first()
