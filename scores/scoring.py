"""Facts → activity → RFM, lifecycle, P(alive), LTV of every customer, as of the end of any day.

`build` leaves all figures of a day in the temp table `scored` of this database session (columns: scored.sql);
exports and reports of days that no night has stored read it there. `compute` also stores them.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import AuditEvent, Installation
from common import sql
from customers.models import Touched
from scores import activity, backtesting, labels, predicting, runs, spells
from scores.models import CustomerActivity, ModelFit, ScoringRun
from scores.runs import Freshness, freshness

__all__ = ["Freshness", "build", "compute", "current_since", "freshness", "last_run", "parameters", "run", "waiting"]

FULL_MONTHS = 6
TOUCHED_SHARE = 0.1  # of all customers: from more on, everybody is computed and the models are fitted anew
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


def waiting() -> set[int]:
    """The customers whose facts changed since they were last computed."""
    return set(Touched.objects.values_list("customer_id", flat=True))


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


def compute(
    *, as_of: dt.date, now: dt.datetime, touched: Collection[int] | None = None, within: ScoringRun | None = None
) -> dict[str, Any]:
    """Computes and stores the figures as of the end of `as_of`; safe to repeat. Returns counts.

    `touched` are the customers whose facts changed since the last run. Where that run was of the same day under the
    same settings and they are few (TOUCHED_SHARE), only their raw rows are read and only they are judged anew, by the
    models fitted then; ranks, segments of RFM and the rest are still right for everybody. Otherwise, and without
    `touched`, everybody is computed and the models are fitted.

    For a day before the last run only its model and, at a month's end, its snapshot are stored. A snapshot is
    taken of days that are over, once. `within` is the run it is a part of; without, it is a run of its own.
    """
    with nullcontext(within) if within else run(as_of=as_of, now=now) as one:
        return _compute(one, touched, as_of=as_of, now=now)


def _is_past(as_of: dt.date) -> bool:
    last = last_run()
    return last is not None and as_of < last


@transaction.atomic
def _compute(
    one: ScoringRun | None, touched: Collection[int] | None, *, as_of: dt.date, now: dt.datetime
) -> dict[str, Any]:
    sql.run("scores/sql/room.sql")
    params = parameters(as_of=as_of)
    base = _base(touched, params) if one is not None and touched is not None else None
    if one is not None and base is not None:
        fitted = _renew(one, base, touched or [], params=params)
    else:
        fitted = _compute_everybody(one, params=params, now=now)
    (counts,) = sql.rows("scores/sql/summary.sql")
    if one is not None:
        _store(one, params=params, customers=counts["customers"])
    if (as_of + ONE_DAY).day == 1 and as_of < Installation.get().day_of(now):
        sql.run("scores/sql/snapshot.sql", params)
    if one is not None and base is None:  # not of days made up for reports
        backtesting.run_if_due(fitted, params=params)
    return {"as_of": as_of.isoformat(), **counts, "model": fitted.uses}


def _base(touched: Collection[int], params: dict[str, Any]) -> ScoringRun | None:
    """The last run, where computing the touched customers alone makes what it stored right again."""
    last = runs.last_done()
    if last is None or last.as_of != params["as_of"] or last.settings != activity.settings_hash(params):
        return None
    is_few = len(touched) <= TOUCHED_SHARE * CustomerActivity.objects.count()
    return last if is_few and ModelFit.objects.filter(as_of=last.as_of).exists() else None


def _renew(one: ScoringRun, base: ScoringRun, touched: Collection[int], *, params: dict[str, Any]) -> predicting.Fit:
    """The touched customers' activity and predictions, then ranks, stages and worth of everybody."""
    fitted = predicting.restored(ModelFit.objects.get(as_of=base.as_of))
    one.covers, one.company = ScoringRun.Covers.TOUCHED, base.company
    one.customers, one.changed = activity.renew(touched, params=params)
    predicting.build(params=params, fitted=fitted)
    sql.run("scores/sql/predictions_kept.sql")
    with activity.kept(params=params):
        _grade(params)
        sql.run("scores/sql/scored.sql", params | (base.company or {}))
    return fitted


def _compute_everybody(one: ScoringRun | None, *, params: dict[str, Any], now: dt.datetime) -> predicting.Fit:
    fitted, factors = _build(params, now=now)
    if one is not None:
        one.company, one.changed = factors, activity.keep(params=params)
    _store_fit(fitted, as_of=params["as_of"], now=now)
    return fitted


def _store(one: ScoringRun, *, params: dict[str, Any], customers: int) -> None:
    one.settings = activity.settings_hash(params)
    one.changed += sql.total("scores/sql/store.sql", params)
    sql.run("scores/sql/stages.sql")
    if one.covers == ScoringRun.Covers.EVERYBODY:
        one.customers = customers


def build(*, as_of: dt.date, now: dt.datetime) -> predicting.Fit:
    """(Re)builds temp `scored`, and all it is made from, as of the end of `as_of`; stores nothing.

    `now` decides which months are over (a month counts only then for the churn rate behind predicted LTV).
    """
    return _build(parameters(as_of=as_of), now=now)[0]


def _build(params: dict[str, Any], *, now: dt.datetime) -> tuple[predicting.Fit, dict[str, Any]]:
    activity.build(params=params)
    _grade(params)
    fitted = predicting.build(params=params)
    factors = company(as_of=params["as_of"], now=now, by_contract=params["by_contract"])
    sql.run("scores/sql/scored.sql", params | factors)
    return fitted, factors


def _grade(params: dict[str, Any]) -> None:
    for name in ("rfm", "lifecycle"):
        sql.run(f"scores/sql/{name}.sql", params)


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


def company(*, as_of: dt.date, now: dt.datetime, by_contract: bool) -> dict[str, Any]:
    """The company's factors of predicted LTV: `refund_share` (of purchases of its last 365 days, a decimal as text, 0
    without any) and `months_to_come` = Σ_{k=1..12}(1 − c)^k with c = lost ÷ at start of the last six full months
    (None without, and under a policy without contracts, which needs none); beside them `net_of_year`, what the company
    sold in its last 365 days less refunds."""
    (found,) = sql.rows("scores/sql/company.sql", {"as_of": as_of})
    return {
        "net_of_year": str(found["sold"] - found["returned"]),
        "refund_share": str(found["returned"] / found["sold"]) if found["sold"] else "0",
        "months_to_come": _months_to_come(as_of=as_of, now=now) if by_contract else None,
    }


def _months_to_come(*, as_of: dt.date, now: dt.datetime) -> float | None:
    months = full_months(as_of=as_of, today=Installation.get().day_of(now))
    params = {"month_firsts": [first for first, _ in months], "month_lasts": [last for _, last in months]}
    (found,) = sql.rows("scores/sql/company_churn.sql", params)
    stay = 1 - found["lost"] / found["at_start"] if found["at_start"] else None
    return None if stay is None else sum(stay**k for k in range(1, 13))


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
