"""Keeps churn and cohorts ready to be read. A rerun heals: what is half-done or under other settings is redone."""

import datetime as dt
import hashlib
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import Installation
from scores import scoring, spells
from scores.models import ScoreSnapshot

from . import cohorts, computing, flows, keeping
from .models import ChurnRollup, CohortRollup, Fill
from .periods import MONTHS, ONE_DAY, Period, between

SNAPSHOTS_BACK = 36  # months whose RFM segments are made up for where no night stored them
BATCH = 2_000


def fill(*, as_of: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Fills churn of every complete month and quarter, and cohorts; returns how many periods were written.

    A run for a day before the last one fills only what is missing: later knowledge is not overwritten.
    """
    written = {name: _churn(months, as_of=as_of, now=now) for name, months in MONTHS.items()}
    written["cohorts"] = _cohorts(as_of=as_of, now=now)
    if scoring.last_run() == as_of:
        keeping.keep(as_of=as_of, now=now)
        flows.keep(as_of=as_of, now=now)
    return written


def settings_hash() -> str:
    """Short hash of the settings figures depend on."""
    row = Installation.get()
    parts = (row.churn_policy, row.month_end, row.pause_months, row.inactivity_days, row.activity, row.time_zone)
    scored = (row.rfm_window_days, row.rfm_r_cutoffs, row.rfm_f_cutoffs, row.rfm_m_cutoffs, row.rfm_grid)
    stages = tuple(row.stages.values())
    return hashlib.sha256(repr((*parts, *scored, *stages, row.margin)).encode()).hexdigest()[:16]


def is_outdated() -> bool:
    """True where figures were computed, but under other settings than those of now."""
    filled = Fill.objects.filter(metric="cohorts", done_at__isnull=False)
    return filled.exclude(settings=settings_hash()).exists()


def filled_to() -> dt.date | None:
    """The day the rollups speak of; None before the first fill."""
    return Fill.objects.filter(metric="cohorts", done_at__isnull=False).aggregate(last=Max("as_of"))["last"]


def _churn(months: int, *, as_of: dt.date, now: dt.datetime) -> int:
    wanted = _wanted(months, as_of=as_of, now=now)
    for one in wanted:
        _make_up_snapshot(one.first - ONE_DAY, as_of=as_of, now=now)
    if wanted:
        _start("churn", [one.code for one in wanted], as_of=as_of, now=now)
        _write_churn(months, wanted, as_of=as_of, now=now)
    return len(wanted)


def _wanted(months: int, *, as_of: dt.date, now: dt.datetime) -> list[Period]:
    """Every complete period; only the missing ones where a later day is filled already."""
    today = Installation.get().day_of(now)
    spells.build(as_of=as_of)
    first = computing.first_activity()
    found = between(first, as_of, months) if first else []
    complete = [one for one in found if one.is_complete(as_of=as_of, today=today)]
    later = Fill.objects.filter(metric="churn", done_at__isnull=False, as_of__gt=as_of, settings=settings_hash())
    kept = set(later.values_list("period", flat=True))
    return [one for one in complete if one.code not in kept]


def _make_up_snapshot(eve: dt.date, *, as_of: dt.date, now: dt.datetime) -> None:
    """The segments of an earlier month's end, where no night was there to store them."""
    is_near = (as_of - eve).days <= SNAPSHOTS_BACK * 31
    if is_near and not ScoreSnapshot.objects.filter(as_of=eve).exists():
        scoring.compute(as_of=eve, now=now)


@transaction.atomic
def _start(metric: str, codes: list[str], *, as_of: dt.date, now: dt.datetime) -> None:
    """Notes what is being filled before anything is deleted, so that a killed run is seen."""
    Fill.objects.filter(metric=metric, period__in=codes).delete()
    common = {"metric": metric, "settings": settings_hash(), "as_of": as_of, "started_at": now}
    Fill.objects.bulk_create([Fill(period=code, **common) for code in codes])


@transaction.atomic
def _write_churn(months: int, wanted: list[Period], *, as_of: dt.date, now: dt.datetime) -> None:
    firsts = [one.first for one in wanted]
    ChurnRollup.objects.filter(months=months, first__in=firsts).delete()
    computing.segments_at_start(wanted, now=now, may_compute=False)
    spells.build(as_of=as_of)
    for dimension in ("", *computing.CHURN_BY):
        found = computing.churn_counts(wanted, by=dimension)
        rows = (
            ChurnRollup(
                first=row["first_on"],
                months=months,
                dimension=dimension,
                group=row["value"] or "",
                at_start=row["at_start"],
                lost=row["lost"],
            )
            for row in found
            if not dimension or row["at_start"]
        )
        ChurnRollup.objects.bulk_create(rows, batch_size=BATCH)
    Fill.objects.filter(metric="churn", period__in=[one.code for one in wanted]).update(done_at=now)


def _cohorts(*, as_of: dt.date, now: dt.datetime) -> int:
    last = filled_to()
    if last is not None and last > as_of and _is_current():
        return 0
    with transaction.atomic():
        _start("cohorts", ["all"], as_of=as_of, now=now)
        CohortRollup.objects.all().delete()
        found = cohorts.cohorts(as_of=as_of, now=now)
        rows = (
            CohortRollup(
                cohort=dt.date.fromisoformat(f"{row['cohort']}-01"),
                month=row["month"],
                size=row["size"],
                retained=row["retained"],
                retained_after=row["retained_after"],
                revenue=row["revenue"],
            )
            for row in found
        )
        CohortRollup.objects.bulk_create(rows, batch_size=BATCH)
        Fill.objects.filter(metric="cohorts").update(done_at=now)
    return len({row["cohort"] for row in found})


def _is_current() -> bool:
    return Fill.objects.filter(metric="cohorts", settings=settings_hash(), done_at__isnull=False).exists()
