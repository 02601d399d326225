"""What is kept of LTV and of repeat buying: of today anew whenever facts changed, of the month's ends before once."""

import datetime as dt
from typing import Any

from django.db import transaction

from common import sql
from scores import spells

from . import computing, payback, repeating, worth
from .models import KeptReport
from .periods import ONE_DAY, after

Row = dict[str, Any]
Kept = dict[tuple[str, str], list[Row]]
THEN = "ltv@"  # ltv@2026-10-31: LTV by every single cut as the night of that day stored it
MONTHS_BACK = 13


@transaction.atomic
def keep(*, as_of: dt.date, now: dt.datetime) -> None:
    """Rewrites the reports of LTV and repeat buying; the scores stored must be those of `as_of`."""
    spells.build(as_of=as_of)
    sql.run("metrics/sql/stored_scores.sql", {"as_of": as_of})
    _keep_then(as_of=as_of)
    found = _today(as_of=as_of, now=now)
    sql.run("metrics/sql/worth_kept.sql")
    KeptReport.objects.filter(name__in={name for name, _by in found}).delete()
    KeptReport.objects.bulk_create(
        [KeptReport(name=name, by=by, as_of=as_of, rows=rows) for (name, by), rows in found.items()]
    )


def _today(*, as_of: dt.date, now: dt.datetime) -> Kept:
    """By (name, by), from temp `scored` and the tables of `spells` as they stand."""
    worth.build(as_of=as_of)
    found: Kept = {("ltv", by): [] for by in ("", *worth.CUTS)}
    offered = {"", *computing.offered(worth.CUTS)}
    found |= {("ltv", by): rows for by, rows in worth.cuts(as_of=as_of).items() if offered.issuperset(by.split(","))}
    found["ltv-spread", ""] = [worth.spread()]
    found["ltv-distribution", ""] = worth.distribution()
    found["ltv-deciles", ""] = worth.deciles()
    found["ltv-top", ""] = worth.top()
    found["ltv-lifetime", ""] = computing.lifetime(as_of=as_of, now=now)
    for by, rows in payback.compute(as_of=as_of, margin=computing.margin()).items():
        found["ltv-cohorts", by] = rows
    for by, rows in repeating.compute(as_of=as_of, until=computing.last_over(as_of=as_of, now=now)).items():
        found["repeat", by] = rows
    return found


# --- as it was -------------------------------------------------------------------------------------


def _keep_then(*, as_of: dt.date) -> None:
    """LTV by single cuts as stored at the last month's ends: what a night stored stays, so each is counted once."""
    wanted = {f"{THEN}{day}": day for day in month_ends(as_of)}
    kept = KeptReport.objects.filter(name__startswith=THEN)
    kept.exclude(name__in=wanted).delete()
    stored = {row["day"] for row in sql.rows("metrics/sql/snapshot_days.sql")}
    done = set(kept.values_list("name", flat=True))
    for name, day in wanted.items():
        if day in stored and name not in done:
            _keep_day(name, day)


def _keep_day(name: str, day: dt.date) -> None:
    worth.build(as_of=day, is_stored_day=True)
    found = worth.cuts(as_of=day)
    KeptReport.objects.bulk_create(
        [KeptReport(name=name, by=by, as_of=day, rows=found.get(by, [])) for by in ("", *worth.CUTS)]
    )


def month_ends(as_of: dt.date) -> list[dt.date]:
    """The last days of the months before that of `as_of`, newest first: a year and one more."""
    this_month = as_of.replace(day=1)
    return [after(this_month, -back) - ONE_DAY for back in range(MONTHS_BACK)]


def month_before(as_of: dt.date) -> dt.date:
    """前月末."""
    return month_ends(as_of)[0]


def year_before(as_of: dt.date) -> dt.date:
    """前年同月末."""
    return after(as_of.replace(day=1), -11) - ONE_DAY
