"""A broadcast of several steps: once its first stands in the ledger, whoever gets it is on the way to the second."""

import datetime as dt

from accounts.models import Installation
from common import sql

from .models import Campaign
from .waiting import Clock, due_after


def begin(campaign: Campaign, *, now: dt.datetime) -> int:
    """Begins the journeys in the transaction that planned step 1. How many; 0 for a broadcast of one step."""
    second = campaign.steps.filter(edition=campaign.edition, position__gt=1).order_by("position").first()
    if second is None:
        return 0
    due_at = due_after(second, campaign.launched_at or now, Clock.load(Installation.get()))
    wanted = {"campaign": campaign.pk, "edition": campaign.edition, "now": campaign.launched_at or now}
    return sql.run("campaigns/sql/begin.sql", {**wanted, "due_at": due_at})
