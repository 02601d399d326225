"""What the night keeps for the first pages by role, beside the figures everybody shares (keeping.py).

Figures by owner, the most valuable of last month's lost and why they left, the same figures at earlier ends of months,
and what the last campaigns brought. Pages read it in one query and compute nothing.
"""

import datetime as dt
from typing import Any

from campaigns import results, uplift
from campaigns.models import Campaign
from common import sql
from scores import spells

from . import computing
from .models import KeptReport
from .periods import ONE_DAY, Period, after

MONTHS = 13  # ends of months: the last, and the one a year before it
LOST = 20
CAMPAIGNS = 5
LOOKED_AT = 12  # the last ones sent, of which some are not over
OWN = 8  # customers with most at stake, of each owner
# What `keep` gives, and the pages ask for.
KEPT = OWNERS, STAKES, LOST_NAMES, LOST_WHY, ENDS, WORKED = (
    ("figures", "owner"),
    ("stake", "owner"),
    ("lost", "names"),
    ("lost", "reasons"),
    ("figures", "month_ends"),
    ("campaigns", ""),
)

Row = dict[str, Any]
Reports = dict[tuple[str, str], list[Row]]


def keep(*, as_of: dt.date, now: dt.datetime) -> Reports:
    """The rows by (name, by), of temp `scored` and the spells last built, both as of `as_of`."""
    before = {(row.name, row.by): row for row in KeptReport.objects.filter(name__in=[ENDS[0], WORKED[0]]) if row.as_of}
    found: Reports = {OWNERS: sql.rows("metrics/sql/figures.sql", {"as_of": as_of, "dimension": "owner"})}
    found[STAKES] = sql.rows("metrics/sql/stake_by_owner.sql", {"most": OWN})
    found |= _lost(_last_full_month(as_of), as_of)
    found[ENDS] = _month_ends(as_of, before[ENDS].rows if ENDS in before else [])
    campaigns = before.get(WORKED)
    is_of_today = campaigns is not None and campaigns.as_of == as_of
    found[WORKED] = campaigns.rows if campaigns and is_of_today else _campaigns(now)
    return found


def _last_full_month(as_of: dt.date) -> Period:
    return Period(after(as_of.replace(day=1), -1), 1)


def _lost(month: Period, as_of: dt.date) -> Reports:
    """Of the last full month, whose figures speak of the start of that month."""
    sql.run("metrics/sql/segment_table.sql")
    computing.file(as_of=as_of, everybody=False)  # read by cuts, of which there is none here
    computing.stand(month, as_of=as_of)
    names = sql.rows("metrics/sql/lost_worth.sql", {"most": LOST})
    return {LOST_NAMES: names, LOST_WHY: sql.rows("metrics/sql/lost_reasons.sql")}


def _month_ends(as_of: dt.date, kept: list[Row]) -> list[Row]:
    """The first page's figures at the last ends of months, oldest first; what was stored of a day does not change.

    Days nothing was stored of are left out. Renewals are counted from the contracts as they were known then.
    """
    ends = [after(as_of.replace(day=1), -back) - ONE_DAY for back in range(MONTHS)]
    known = {row["as_of"]: row for row in kept}
    missing = [day for day in ends if day.isoformat() not in known]
    for row in sql.rows("metrics/sql/month_ends.sql", {"days": missing}):
        known[row["as_of"].isoformat()] = {**row, **_renewals(row["as_of"])}
    return [known[day.isoformat()] for day in reversed(ends) if day.isoformat() in known]


def _renewals(day: dt.date) -> Row:
    with spells.scope():
        spells.contracts(spells.parameters(as_of=day))
        return sql.rows("metrics/sql/renewals_then.sql", {"as_of": day})[0]


def _campaigns(now: dt.datetime) -> list[Row]:
    """What may be said of the last promotions that are over, the newest first: counted once a day."""
    sent = Campaign.objects.filter(message_class=Campaign.MessageClass.PROMOTION, launched_at__isnull=False)
    said: list[Row] = []
    for campaign in sent.order_by("-launched_at", "-pk")[:LOOKED_AT]:
        found = results.results(campaign, now=now)
        if found and found.is_over and len(said) < CAMPAIGNS:
            said.append(_said(campaign, found))
    return said


def _said(campaign: Campaign, found: results.Results) -> Row:
    judgement = found.judgement
    return {
        "campaign_id": campaign.pk,
        "name": campaign.name,
        "by": campaign.created_by_id,
        "last_on": found.last_on,
        "verdict": str(judgement.verdict),
        "uplift": _limits(judgement.uplift),
        "people_needed": judgement.people_needed,
        "treated": found.treated.customers,
        "held_out": found.held_out.customers,
        "money": _limits(found.money),
        "cost": found.cost,
    }


def _limits(interval: uplift.Interval | None) -> list[float] | None:
    """Value, low and high."""
    return [interval.value, interval.low, interval.high] if interval else None
