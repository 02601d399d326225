"""Tests of other words (A/B): who gets which, and which one the rest gets. Chosen by the goal, never by opens.

Either the variants share everybody, or `test_percent` get them first and the rest waits (`Delivery.variant` "?") until
`test_hours` are over. A customer's variant hangs on SHA-256(campaign:variant:customer) alone, so all his contacts and
all his entries have the same.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence

from django.db import transaction

from accounts import audit
from common import sql

from . import results
from .models import Campaign, Delivery, Variant

OWN = "A"  # the step's own words
WAITS = "?"
_ONE = 1 << 32


def letters(campaign: Campaign) -> list[str]:
    """A, B …; empty where nothing is tested."""
    of_steps = Variant.objects.filter(step__campaign=campaign, step__edition=campaign.edition)
    others = sorted(set(of_steps.order_by().values_list("letter", flat=True)))
    return [OWN, *others] if others else []


def letter_of(campaign: int | str, customer: int | str, among: Sequence[str], share: int = 100) -> str:
    """The variant of one customer when `share` percent are in the test; empty for the rest. As variants.sql draws."""
    point = int(hashlib.sha256(f"{campaign}:variant:{customer}".encode()).hexdigest()[:8], 16)
    if point * 100 >= share * _ONE:
        return ""
    return among[point * len(among) * 100 // (share * _ONE)]


def share(campaign: Campaign) -> int:
    """Percent of those who receive it that are in the test. Only a broadcast of one message has somebody waiting."""
    is_one = (
        campaign.trigger == Campaign.Trigger.BROADCAST and campaign.steps.filter(edition=campaign.edition).count() == 1
    )
    return campaign.test_percent if campaign.test_percent and is_one else 100


def decided_at(campaign: Campaign, now: dt.datetime) -> dt.datetime:
    """When the better one goes to the rest."""
    return (campaign.launched_at or now) + dt.timedelta(hours=campaign.test_hours)


def assign(campaign: Campaign, *, due_at: dt.datetime, expires_at: dt.datetime) -> bool:
    """Gives those randomised their variants, inside the transaction that planned them. False where nothing is tested.

    `due_at` and `expires_at` are those of the rest, which waits for the better one.
    """
    among = letters(campaign)
    if not among:
        return False
    wanted = {"campaign": campaign.pk, "letters": among, "test_share": share(campaign)}
    sql.run("campaigns/sql/variants.sql", wanted | {"due_at": due_at, "expires_at": expires_at})
    return True


def decide_due(*, now: dt.datetime) -> int:
    """Lets the better variant go to the rest, where the hours of the test are over. How many campaigns were decided."""
    waiting = Delivery.objects.filter(variant=WAITS, state=Delivery.State.PENDING, due_at__lte=now)
    campaigns = Campaign.objects.filter(state=Campaign.State.RUNNING, test_percent__gt=0)
    found = campaigns.filter(pk__in=waiting.values("campaign")).values_list("pk", flat=True)
    return sum(_decide(pk, now) for pk in list(found))


@transaction.atomic
def _decide(pk: int, now: dt.datetime) -> bool:
    """The best one; where that can't be said, the one that leads: nobody loses by it, and nobody waits for ever."""
    running = Campaign.objects.select_for_update(skip_locked=True).filter(state=Campaign.State.RUNNING)
    campaign = running.filter(pk=pk).first()
    if campaign is None:  # another process has it
        return False
    ranking = results.ranking(campaign, now=now)
    chosen = ranking.leading if ranking else OWN
    rest = campaign.deliveries.filter(variant=WAITS)
    count = rest.update(variant=chosen)
    is_sure = bool(ranking and ranking.best)
    audit.record("campaign.variant", by=None, on=campaign, variant=chosen, is_sure=is_sure, rows=count)
    return True


def of_the_rest(campaign: Campaign) -> str:
    """What those outside the test got: a letter, "?" while the test runs; empty where everybody was in it."""
    if not campaign.test_percent:
        return ""
    outside = campaign.enrollments.filter(arm="treated", variant="").values("customer")
    got = campaign.deliveries.exclude(variant="").filter(customer__in=outside)
    return got.values_list("variant", flat=True).first() or ""
