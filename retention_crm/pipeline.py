"""The night: facts → scores → segments → metrics → duplicates. Read it and know the system."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.db import transaction

from accounts import jobs
from accounts.models import Installation
from customers import matching, quality
from customers.models import Touched
from metrics import rollups
from scores import scoring
from segments import membership


def nightly(*, as_of: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Computes everything as of the end of `as_of`; safe to repeat.

    A day before the last run fills snapshots and rollups only, and nobody enters or leaves a
    segment on a day other than today.
    """
    is_today = as_of == Installation.get().day_of(now)
    with jobs.lock("pipeline"):
        with scoring.run(as_of=as_of, now=now) as run:
            scored = scoring.compute(as_of=as_of, now=now, within=run)
            entered = membership.refresh_all(as_of=as_of, now=now) if is_today else {}
        filled = rollups.fill(as_of=as_of, now=now)
    return {"as_of": as_of.isoformat(), "scores": scored, "segments": entered, "metrics": filled}


def refresh_if_touched(*, now: dt.datetime) -> dict[str, Any] | None:
    """The same for today, where facts or settings changed since; takes the marks it saw."""
    last = Touched.objects.order_by("-id").values_list("id", flat=True).first()
    if last is None and not rollups.is_outdated():
        return None
    result = nightly(as_of=Installation.get().day_of(now), now=now)
    with transaction.atomic():
        seen = Touched.objects.filter(id__lte=last or 0)
        ids = set(seen.values_list("customer_id", flat=True))
        seen.delete()
    matching.find(now=now, customer_ids=list(ids))
    return result


def nightly_if_due(*, now: dt.datetime) -> None:
    """Once per business day: yesterday is closed, then today computed."""
    today = Installation.get().day_of(now)
    with jobs.once("nightly", due=today.isoformat(), now=now) as run:
        if run is not None:
            run.detail = {
                "yesterday": nightly(as_of=today - dt.timedelta(days=1), now=now),
                "today": nightly(as_of=today, now=now),
            }
            found = matching.find(now=now)
            run.detail["quality"] = quality.measure(now=now)
            run.detail["duplicates"] = found and asdict(found)
