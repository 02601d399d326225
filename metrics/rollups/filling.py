"""Which periods are missing, half-done, under other settings, not over yet or stale; each redone in its transaction.

Marks (Stale) are taken in the transaction that opens the Fill rows of all who read them: killed at any moment, the next
run finds either the marks or the open rows.
"""

import datetime as dt
import hashlib
import time
from collections.abc import Iterable

from django.db import connection, transaction

from accounts.models import Installation
from metrics.models import Fill
from metrics.periods import Period, after, named

from .rollup import Rollup

FORMULA = 4  # raise it when what is written changes: every period is then filled anew
AT_LEAST = 60.0  # seconds between two fillings of one period between nights …
TIMES = 10  # … and so many times what the last one took

Mark = tuple[str, dt.date, bool]  # kind, first day of the month, onward


def settings_hash(settings: Installation | None = None) -> str:
    """Short hash of the settings figures depend on; `settings` spares a query where the caller has them."""
    row = settings or Installation.get()
    parts = (
        FORMULA,
        row.churn_policy,
        row.month_end,
        row.pause_months,
        row.inactivity_days,
        row.activity,
        row.time_zone,
    )
    scored = (row.rfm_window_days, row.rfm_r_cutoffs, row.rfm_f_cutoffs, row.rfm_m_cutoffs, row.rfm_grid)
    stages = tuple(row.stages.values())
    return hashlib.sha256(repr((*parts, row.fiscal_year_start, *scored, *stages, row.margin)).encode()).hexdigest()[:16]


@transaction.atomic
def open_stale(rollups: Iterable[Rollup]) -> None:
    """Takes the marks there are, and opens the Fill rows of the periods they concern."""
    marks = _take_marks()
    for rollup in rollups if marks else ():
        mine = [mark for mark in marks if mark[0] in rollup.kinds]
        done = Fill.objects.filter(metric=rollup.name, done_at__isnull=False).values_list("period", flat=True)
        stale = [code for code in done if mine and is_stale(_period(code), mine, rollup.reach)]
        Fill.objects.filter(metric=rollup.name, period__in=stale).update(done_at=None)


def _take_marks() -> set[Mark]:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_stale RETURNING kind, month, onward")
        return set(cursor.fetchall())


def is_stale(period: Period, marks: Iterable[Mark], reach: int = 0) -> bool:
    """Whether one of the months marked lies in the period (onward: or before its end), or `reach` months before it."""
    return any(
        month <= period.last and (onward or after(month, reach) >= period.first) for _kind, month, onward in marks
    )


def fill_open(rollup: Rollup, *, as_of: dt.date, now: dt.datetime, is_patient: bool) -> int:
    """Writes every period that is not as it should be; returns how many. `is_patient` leaves for later what was
    written a moment ago."""
    today = Installation.get().day_of(now)
    periods = rollup.periods(as_of, today)
    rows = {row.period: row for row in Fill.objects.filter(metric=rollup.name)}
    if rows.keys() - {period.code for period in periods}:
        _forget(rollup, periods)
    settings = settings_hash()
    open_ones = [period for period in periods if _is_open(period, rows.get(period.code), as_of, settings)]
    due = [one for one in open_ones if not (is_patient and _is_fresh(rows.get(one.code), now, settings))]
    for some in [due] if rollup.together and due else [[one] for one in due]:
        _write(rollup, some, as_of=as_of, now=now, settings=settings)
    return len(due)


def _is_open(period: Period, row: Fill | None, as_of: dt.date, settings: str) -> bool:
    if row is None or row.done_at is None or row.settings != settings:
        return True
    return row.as_of < as_of and row.as_of < period.last


def _is_fresh(row: Fill | None, now: dt.datetime, settings: str) -> bool:
    if row is None or row.seconds is None or row.settings != settings:
        return False
    return now < row.started_at + dt.timedelta(seconds=max(AT_LEAST, TIMES * row.seconds))


@transaction.atomic
def _write(rollup: Rollup, periods: list[Period], *, as_of: dt.date, now: dt.datetime, settings: str) -> None:
    started = time.perf_counter()
    rollup.write(periods, as_of, now)
    said = {"settings": settings, "as_of": as_of, "started_at": now, "done_at": now}
    seconds = (time.perf_counter() - started) / len(periods)
    for period in periods:
        Fill.objects.update_or_create(metric=rollup.name, period=period.code, defaults={**said, "seconds": seconds})


@transaction.atomic
def _forget(rollup: Rollup, periods: list[Period]) -> None:
    rollup.forget(periods)
    Fill.objects.filter(metric=rollup.name).exclude(period__in=[period.code for period in periods]).delete()


def _period(code: str) -> Period:
    return named(code) or Period(dt.date(1, 1, 1), 12 * 9998)  # a word of before: whatever is marked concerns it
