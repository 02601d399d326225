"""What the night keeps of each month for its report: sums of the snapshots, the lost, who has most at stake, campaigns.

One row of KeptReport a month (`name` "month", `by` its code). What is missing, was counted under other settings or no
longer agrees with the rollups is made anew; the last two months always are. Reading is one query.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import AuditEvent, Installation
from campaigns import results
from campaigns.models import Campaign
from common import sql
from scores import scoring, spells

from .. import computing
from ..models import ChurnRollup, KeptReport
from ..periods import Period, after
from ..rollups.filling import settings_hash

NAME = "month"
MONTHS = 25  # kept: two years and the month itself
FRESH = 2  # months made anew each time
TOP = 20  # customers named
LONGEST = dt.timedelta(days=400)  # a window
Row = dict[str, Any]


def keep(*, as_of: dt.date, now: dt.datetime) -> int:
    """Makes the months that need it; the scores stored must be those of `as_of`. Returns how many."""
    if scoring.last_run() != as_of:
        return 0
    wanted = _wanted(as_of)
    if wanted:
        _write(wanted, as_of=as_of, now=now)
    KeptReport.objects.filter(name=NAME).exclude(by__in=[one.code for one in _months(as_of)]).delete()
    return len(wanted)


def read(codes: Iterable[str]) -> dict[str, Row]:
    """The facts of months by code; those the night has not kept are missing."""
    found = KeptReport.objects.filter(name=NAME, by__in=list(codes))
    return {one.by: {**one.rows[0], "day": one.as_of} for one in found}


def months() -> list[str]:
    """Codes of the months there is a report of, newest first."""
    return list(KeptReport.objects.filter(name=NAME).order_by("-by").values_list("by", flat=True))


def _months(as_of: dt.date) -> list[Period]:
    this = as_of.replace(day=1)
    return [Period(after(this, -back), 1) for back in range(MONTHS)]


def _wanted(as_of: dt.date) -> list[Period]:
    """The month of `as_of`, the one before, and each earlier one with churn whose facts are missing or outdated."""
    kept, current = read(one.code for one in _months(as_of)), settings_hash()
    lost = dict(ChurnRollup.objects.filter(months=1, dimension="").values_list("first", "lost"))
    return [
        one
        for place, one in enumerate(_months(as_of))
        if place == 0
        or (one.first in lost and (place < FRESH or _is_outdated(kept.get(one.code), lost[one.first], current)))
    ]


def _is_outdated(facts: Row | None, lost: int, settings: str) -> bool:
    return facts is None or facts["settings"] != settings or facts["lost"] != lost


@transaction.atomic
def _write(wanted: list[Period], *, as_of: dt.date, now: dt.datetime) -> None:
    before = read(one.code for one in wanted)
    gone, current = _lost([one for one in wanted if one.last < as_of], as_of=as_of), settings_hash()
    rows = []
    for one in wanted:
        at: Row = {"as_of": min(as_of, one.last), "is_live": one.last >= as_of}
        facts = {
            "settings": current,
            **_standing(at),
            "stakes": sql.rows("metrics/sql/month_stakes.sql", {**at, "most": TOP}),
            **gone.get(one.first, _nobody(is_over=not at["is_live"])),
            "campaigns": _campaigns(one, now=now),
            "renewals": _renewals(as_of) if at["is_live"] else before.get(one.code, {}).get("renewals"),
        }
        rows.append(KeptReport(name=NAME, by=one.code, as_of=at["as_of"], rows=[facts]))
    KeptReport.objects.filter(name=NAME, by__in=[one.by for one in rows]).delete()
    KeptReport.objects.bulk_create(rows)


def _standing(at: Row) -> Row:
    """Nothing where no night stored that day: a sum over nobody would look like a figure."""
    everybody, *segments = sql.rows("metrics/sql/month_standing.sql", at)
    if not everybody["everybody"]:
        return {"standing": {}, "segments": []}
    return {"standing": everybody, "segments": [row for row in segments if row["segment"]]}


def _nobody(*, is_over: bool) -> Row:
    return {"lost": 0 if is_over else None, "lost_ltv": 0, "lost_top": [], "reasons": [], "competitors": []}


def _lost(months_over: list[Period], *, as_of: dt.date) -> dict[dt.date, Row]:
    """By first day: how many were lost, with how much LTV, who and why."""
    losing = ChurnRollup.objects.filter(months=1, dimension="", lost__gt=0)
    firsts = set(losing.values_list("first", flat=True))
    wanted = [one for one in months_over if one.first in firsts]
    if not wanted:
        return {}
    spells.build(as_of=as_of)
    sql.run("metrics/sql/segment_table.sql")
    computing.file(as_of=as_of, everybody=False)  # read by cuts, of which there is none here
    found = {one.first: _nobody(is_over=True) for one in wanted}
    for one in wanted:
        computing.stand(one, as_of=as_of)
        _say_lost(found[one.first])
    return found


def _say_lost(facts: Row) -> None:
    """Of the month in temp standing."""
    sql.run("metrics/sql/standing_lost.sql")
    for row in sql.rows("metrics/sql/standing_lost_top.sql", {"most": TOP}):
        del row["first_on"]
        facts["lost_top"].append(row)
    for row in sql.rows("metrics/sql/standing_lost_reasons.sql"):
        del row["first_on"]
        kind = row.pop("kind")
        if kind == "all":
            facts |= {"lost": row["customers"], "lost_ltv": row["ltv"]}
        else:
            facts[f"{kind}s"].append(row)


def _renewals(as_of: dt.date) -> Row | None:
    """Those due as the night has just kept them."""
    kept = KeptReport.objects.filter(name="figures", by="", as_of=as_of).first()
    if kept is None or not kept.rows:
        return None
    return {"on": as_of, "customers": kept.rows[0]["renewals"], "mrr": kept.rows[0]["renewals_mrr"]}


def _campaigns(month: Period, *, now: dt.datetime) -> list[Row]:
    """Campaigns whose result could be read first in that month, with what may be said of them now."""
    finished = _finished(month)
    judged = results.judgements(finished, now=now)
    return [
        {
            "id": one.pk,
            "name": one.name,
            "on": _ended_on(one),
            "planned": one.planned_to or 0,
            "verdict": judged[one.pk].verdict,
            "uplift": _interval(judged[one.pk].uplift),
        }
        for one in finished
        if one.pk in judged
    ]


def _interval(found: Any) -> Row | None:
    return {"value": found.value, "low": found.low, "high": found.high} if found else None


def _finished(month: Period) -> list[Campaign]:
    """Broadcasts whose window ended in the month, and series that were ended in it."""
    zone = Installation.get().zone
    since = dt.datetime.combine(month.first, dt.time(), zone)
    until = dt.datetime.combine(after(month.first, 1), dt.time(), zone)
    ended = AuditEvent.objects.filter(
        action="campaign.state", detail__after=Campaign.State.FINISHED.value, at__gte=since, at__lt=until
    )
    ids = {int(one) for one in ended.values_list("object_id", flat=True)}
    launched = Campaign.objects.filter(launched_at__lt=until, planned_to__isnull=False).order_by("launched_at", "pk")
    is_cast = {"trigger": Campaign.Trigger.BROADCAST}
    casts = launched.filter(**is_cast, launched_at__gte=since - LONGEST)
    series = launched.exclude(**is_cast).filter(pk__in=ids)
    return [one for one in casts if month.first <= (_ended_on(one) or month.last) <= month.last] + list(series)


def _ended_on(campaign: Campaign) -> dt.date | None:
    """The last day of a broadcast's window; a series has none."""
    if campaign.trigger != Campaign.Trigger.BROADCAST or campaign.launched_at is None:
        return None
    return Installation.get().day_of(campaign.launched_at) + dt.timedelta(days=campaign.window_days - 1)
