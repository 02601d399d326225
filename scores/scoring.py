"""Facts → activity → RFM, lifecycle, P(alive), LTV of every customer, as of the end of any day.

`build` leaves all figures of a day in the temp table `scored` of this database session (columns: scored.sql);
exports and reports of days that no night has stored read it there. `compute` also stores them.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import AuditEvent, Installation
from common import sql
from customers.models import Touched
from scores import backtesting, labels, predicting, runs, spells
from scores.models import ModelFit, ScoringRun
from scores.runs import Freshness, freshness

__all__ = ["Freshness", "build", "compute", "current_since", "freshness", "last_run", "parameters", "run"]

FULL_MONTHS = 6
BEGINNING = dt.date(1, 1, 1)
ONE_DAY = dt.timedelta(days=1)


def last_run() -> dt.date | None:
    """The day stored scores speak of; None before the first night."""
    return ModelFit.objects.aggregate(last=Max("as_of"))["last"]


def current_since(*, as_of: dt.date) -> dt.datetime | None:
    """When the stored scores were computed; None if not of `as_of`, or if a fact or setting changed since."""
    done = runs.last_done()
    if done is None or done.as_of != as_of:
        return None
    later = {"at__gt": done.started_at}
    is_changed = (
        Touched.objects.filter(**later).exists()
        or AuditEvent.objects.filter(action="settings_changed", **later).exists()
    )
    return None if is_changed else done.started_at


@contextmanager
def run(*, as_of: dt.date, now: dt.datetime) -> Iterator[ScoringRun | None]:
    """Records what goes on inside as one run, and lets no other run in; None for a day before the last run.

    Who refreshes segments with the scores does both inside and hands the run to `compute`.
    """
    if _is_past(as_of):
        yield None
        return
    with runs.recorded(as_of=as_of, now=now) as one:
        yield one


def compute(*, as_of: dt.date, now: dt.datetime, within: ScoringRun | None = None) -> dict[str, Any]:
    """Computes and stores the figures as of the end of `as_of`; safe to repeat. Returns counts.

    For a day before the last run only its model and, at a month's end, its snapshot are stored. A snapshot is
    taken of days that are over, once. `within` is the run it is a part of; without, it is a run of its own.
    """
    with nullcontext(within) if within else run(as_of=as_of, now=now) as one:
        return _compute(one, as_of=as_of, now=now)


def _is_past(as_of: dt.date) -> bool:
    last = last_run()
    return last is not None and as_of < last


@transaction.atomic
def _compute(one: ScoringRun | None, *, as_of: dt.date, now: dt.datetime) -> dict[str, Any]:
    fitted = build(as_of=as_of, now=now)
    if one is not None:
        one.changed += sql.total("scores/sql/store.sql", {"as_of": as_of})
    if (as_of + ONE_DAY).day == 1 and as_of < Installation.get().day_of(now):
        sql.run("scores/sql/snapshot.sql", {"as_of": as_of})
    _store_fit(fitted, as_of=as_of, now=now)
    backtesting.run_if_due(fitted, params=parameters(as_of=as_of))
    (counts,) = sql.rows("scores/sql/summary.sql")
    if one is not None:
        one.customers = counts["customers"]
    return {"as_of": as_of.isoformat(), **counts, "model": fitted.uses}


def build(*, as_of: dt.date, now: dt.datetime) -> predicting.Fit:
    """(Re)builds temp `scored`, and all it is made from, as of the end of `as_of`; stores nothing.

    `now` decides which months are over (a month counts only then for the churn rate behind predicted LTV).
    """
    params = parameters(as_of=as_of)
    spells.build(as_of=as_of)
    for name in ("activity", "rfm", "contract_state", "lifecycle"):
        sql.run(f"scores/sql/{name}.sql", params)
    fitted = predicting.build(params=params)
    sql.run("scores/sql/scored.sql", params | company(as_of=as_of, now=now))
    return fitted


def parameters(*, as_of: dt.date, settings: Installation | None = None) -> dict[str, Any]:
    """What the statements ask for: the settings, the thresholds, the names of the RFM cells.

    `settings` are those of the installation unless others are to be tried.
    """
    settings = settings or Installation.get()
    window = settings.rfm_window_days
    cells = labels.cells(settings)
    return {
        **spells.parameters(as_of=as_of, settings=settings),
        **settings.stages,
        "r_cutoffs": settings.rfm_r_cutoffs,
        "f_cutoffs": settings.rfm_f_cutoffs,
        "m_cutoffs": settings.rfm_m_cutoffs,
        "window_from": as_of - dt.timedelta(days=window) if window else BEGINNING,
        "margin": 1 if settings.margin is None else settings.margin,
        "cells_r": [r for r, _ in cells],
        "cells_f": [f for _, f in cells],
        "cells_segment": [segment.value for segment in cells.values()],
    }


def company(*, as_of: dt.date, now: dt.datetime) -> dict[str, float | None]:
    """The company's factors of predicted LTV: `refund_share` (of purchases of its last 365 days, 0 without any) and
    `months_to_come` = Σ_{k=1..12}(1 − c)^k with c = lost ÷ at start of the last six full months (None without)."""
    months = full_months(as_of=as_of, today=Installation.get().day_of(now))
    params = {
        "as_of": as_of,
        "month_firsts": [first for first, _ in months],
        "month_lasts": [last for _, last in months],
    }
    (found,) = sql.rows("scores/sql/company.sql", params)
    stay = 1 - found["lost"] / found["at_start"] if found["at_start"] else None
    return {
        "refund_share": found["returned"] / found["sold"] if found["sold"] else 0,
        "months_to_come": None if stay is None else sum(stay**k for k in range(1, 13)),
    }


def full_months(*, as_of: dt.date, today: dt.date) -> list[tuple[dt.date, dt.date]]:
    """First and last day of the last six months that are complete: their last day ≤ as_of and < today."""
    months = []
    first = (min(as_of + ONE_DAY, today)).replace(day=1)
    for _ in range(FULL_MONTHS):
        last = first - ONE_DAY
        first = last.replace(day=1)
        months.append((first, last))
    return months


def _store_fit(fitted: predicting.Fit, *, as_of: dt.date, now: dt.datetime) -> None:
    ModelFit.objects.update_or_create(
        as_of=as_of,
        defaults={
            "customers": fitted.customers,
            "repeaters": fitted.repeaters,
            "params": fitted.params(),
            "uses": fitted.uses,
            "reason": fitted.reason,
            "risk": fitted.risk,
            "fitted_at": now,
        },
    )
