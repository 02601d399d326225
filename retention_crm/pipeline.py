"""The night: facts → scores → segments → metrics → duplicates. Read it and know the system."""

import datetime as dt
import time
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from accounts import jobs
from accounts.models import Installation
from campaigns import redeeming
from customers import matching, quality
from customers.models import Touched
from metrics import rollups
from scores import scoring
from segments import membership, touch


def nightly(*, as_of: dt.date, now: dt.datetime, touched: Collection[int] | None = None) -> dict[str, Any]:
    """Computes everything as of the end of `as_of`; safe to repeat. With `touched`, raw rows only of these customers.

    Scores and segments are committed before the figures of reports are filled. A day before the last run fills
    snapshots and rollups only, and nobody enters or leaves a segment on a day other than today.
    """
    result = _score(as_of=as_of, now=now, touched=touched)
    return {**result, "metrics": rollups.fill(as_of=as_of, now=now, touched=touched)}


def _score(*, as_of: dt.date, now: dt.datetime, touched: Collection[int] | None) -> dict[str, Any]:
    is_today = as_of == Installation.get().day_of(now)
    with jobs.lock("pipeline"), scoring.run(as_of=as_of, now=now) as run:
        scored = scoring.compute(as_of=as_of, now=now, touched=touched, within=run)
        tiers = touch.refresh(as_of=as_of) if is_today else 0
        entered = membership.refresh_all(as_of=as_of, now=now) if is_today else {}
    return {"as_of": as_of.isoformat(), "scores": scored, "tiers": tiers, "segments": entered}


def refresh_if_touched(*, now: dt.datetime) -> dict[str, Any] | None:
    """The same for today, where facts or settings changed since, or somebody asked; takes the marks it saw.

    Few changed customers are computed alone, by the models of the day (scoring.compute); changed settings concern all.
    It only marks the months that changed: their figures are filled beside it (metrics.tasks.fill).
    """
    marks = list(Touched.objects.values_list("id", "customer_id"))
    is_outdated = jobs.take_asked("pipeline", now=now) or rollups.is_outdated()
    if not marks and not is_outdated:
        return None
    redeeming.redeem_presented()
    ids = {customer_id for _id, customer_id in marks}
    today = Installation.get().day_of(now)
    touched = None if is_outdated else ids
    result = _score(as_of=today, now=now, touched=touched)
    rollups.keep_up(as_of=today, now=now, touched=touched)
    Touched.objects.filter(id__in=[pk for pk, _customer in marks]).delete()
    matching.find(now=now, customer_ids=list(ids))
    return result


def nightly_if_due(*, now: dt.datetime) -> None:
    """Once per business day: yesterday is closed (what changed since its last run), then today computed for all."""
    today = Installation.get().day_of(now)
    with jobs.once("nightly", due=today.isoformat(), now=now) as run:
        if run is not None:
            begun = time.monotonic()
            run.detail = {
                "yesterday": nightly(as_of=today - dt.timedelta(days=1), now=now, touched=scoring.waiting()),
                "today": nightly(as_of=today, now=now),
            }
            found = matching.find(now=now)
            run.detail["quality"] = quality.measure(now=now)
            run.detail["duplicates"] = found and asdict(found)
            run.detail["seconds"] = round(time.monotonic() - begun, 1)
