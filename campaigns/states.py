"""What people do with a campaign as a whole: plan it for later, pause, resume, stop. The table: Campaign.MOVES."""

import datetime as dt

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Installation, User
from common import sql
from segments import movements

from . import journeys
from .models import Campaign, Delivery, DomainPause, Journey, Way

State = Campaign.State


class CampaignError(Exception):
    """What was asked cannot be done with this campaign; the message says why and what to do, for people."""


def lock(campaign: Campaign) -> Campaign:
    """The campaign as it stands now, locked until the transaction ends."""
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def check(campaign: Campaign, state: str) -> None:
    """Raises CampaignError where the table of moves has no way from where it stands to `state`."""
    if not campaign.may_become(state):
        words = {"name": campaign.name, "is": campaign.get_state_display(), "becomes": State(state).label}
        raise CampaignError(_("“%(name)s” is %(is)s: it can't become %(becomes)s.") % words)


def move(campaign: Campaign, state: str, *, by: User | None, **changes) -> None:
    """Changes the state of a locked campaign, and writes it down."""
    check(campaign, state)
    before = campaign.state
    campaign.state = state
    for field, value in changes.items():
        setattr(campaign, field, value)
    campaign.version += 1
    campaign.save(update_fields=["state", "version", *changes])
    audit.record("campaign.state", by=by, on=campaign, before=before, after=str(state))


@transaction.atomic
def unschedule(*, campaign: Campaign, by: User) -> Campaign:
    """Back to draft: its words may be changed again."""
    campaign = lock(campaign)
    move(campaign, State.DRAFT, by=by, scheduled_at=None)
    campaign.steps.update(frozen_at=None, content_hash="")
    return campaign


@transaction.atomic
def pause(*, campaign: Campaign, by: User | None, note: str = "", now: dt.datetime | None = None) -> Campaign:
    """Nothing more is sent until `resume`. What is on the wire at this moment is finished; waits stand still."""
    campaign = lock(campaign)
    move(campaign, State.PAUSED, by=by, note=str(note)[:300], paused_at=now or Now())
    _unclaim(campaign, Delivery.State.PENDING)
    return campaign


@transaction.atomic
def resume(*, campaign: Campaign, by: User, now: dt.datetime) -> Campaign:
    """Goes on, also at mail domains that had been paused for refusing us."""
    campaign = lock(campaign)
    lifted = DomainPause.objects.filter(campaign=campaign, lifted_at=None).update(lifted_at=now)
    if campaign.state == State.RUNNING and lifted:
        audit.record("campaign.domains_resumed", by=by, on=campaign, domains=lifted)
        return campaign
    if campaign.state != State.PAUSED:
        raise CampaignError(_("“%(name)s” is not paused.") % {"name": campaign.name})
    _go_on(campaign, now)
    move(campaign, State.RUNNING, by=by, note="", paused_at=None)
    return campaign


def _go_on(campaign: Campaign, now: dt.datetime) -> None:
    """Waits stood still during the pause: everybody on the way keeps what was left of his."""
    held = max(now - campaign.paused_at, dt.timedelta()) if campaign.paused_at else dt.timedelta()
    zone = Installation.get().time_zone
    sql.run("campaigns/sql/go_on.sql", {"campaign": campaign.pk, "held": held, "zone": zone})


@transaction.atomic
def cancel(*, campaign: Campaign, by: User) -> Campaign:
    """For good: whoever has not been written to yet, won't be. The results of the others stay."""
    campaign = lock(campaign)
    move(campaign, State.CANCELLED, by=by, note="")
    _send_home(campaign)
    waiting = campaign.deliveries.filter(state__in=[Delivery.State.PENDING, Delivery.State.DEFERRED])
    waiting.filter(reason="no_answer").update(state=Delivery.State.UNKNOWN)  # may have arrived
    waiting.update(state=Delivery.State.CANCELLED)
    by_hand = campaign.deliveries.filter(state=Delivery.State.SENDING, channel__in=[Way.POSTAL, Way.TASK])
    by_hand.update(state=Delivery.State.CANCELLED)  # letters not posted, calls not made
    _unclaim(campaign, Delivery.State.CANCELLED)
    return campaign


def _send_home(campaign: Campaign) -> None:
    """Nobody is on the way any more, and news of the segment is of no concern."""
    on_the_way = campaign.journeys.filter(state=Journey.State.ACTIVE)
    on_the_way.update(state=Journey.State.EXITED, reason=journeys.Event.CANCELLED, left_at=Now())
    movements.end(journeys.consumer_of(campaign))


def _unclaim(campaign: Campaign, state: str) -> None:
    """Takes rows from senders that have not begun with them; their next write finds the token gone."""
    claimed = campaign.deliveries.filter(state=Delivery.State.CLAIMED)
    claimed.update(state=state, claim_token=None, lease_until=None)


@transaction.atomic
def close_finished() -> list[int]:
    """Running campaigns with nothing left to send become finished; computed from the rows. Their ids."""
    closed = [row["id"] for row in sql.rows("campaigns/sql/finished.sql")]
    for campaign in Campaign.objects.filter(pk__in=closed):
        audit.record("campaign.state", by=None, on=campaign, before=State.RUNNING.value, after=State.FINISHED.value)
    return closed
