"""What people decide about messages whose end nobody knows, and who gets one after all. Nothing goes out twice."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Installation, User
from customers.models import Event

from . import audience, compliance
from .models import Campaign, Delivery, Way
from .states import CampaignError, lock

State = Delivery.State
UNSENT = (State.FAILED, State.EXPIRED)  # what may be sent again; "unknown" only after somebody said it did not arrive
OPEN = (Campaign.State.RUNNING, Campaign.State.PAUSED, Campaign.State.FINISHED)


@transaction.atomic
def settle_unknown(*, delivery: Delivery, has_arrived: bool, by: User, now: dt.datetime) -> Delivery:
    """A person has found out what became of it: accepted, or failed and free to be sent again. Raises CampaignError."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state != State.UNKNOWN:
        raise CampaignError(_("It is known already what became of this message."))
    delivery.state = State.ACCEPTED if has_arrived else State.FAILED
    delivery.reason = "" if has_arrived else "not_arrived"
    delivery.settled_at, delivery.settled_by = now, by
    delivery.save(update_fields=["state", "reason", "settled_at", "settled_by"])
    _tell(delivery, now)
    audit.record("delivery.settle", by=by, on=delivery, after=str(delivery.state))
    return delivery


def _tell(delivery: Delivery, now: dt.datetime) -> None:
    prefix = "mail" if delivery.channel == Way.MAIL else "message"
    ids = {"campaign": delivery.campaign_id, "step": delivery.step_id, "delivery": delivery.pk}
    data = {**ids, "channel": delivery.channel}
    event = Event(customer_id=delivery.customer_id, contact_id=delivery.contact_id, at=now, data=data)
    event.kind = f"{prefix}_{delivery.state}"
    event.save()


@transaction.atomic
def resend(*, campaign: Campaign, states: Iterable[str] = UNSENT, by: User, now: dt.datetime) -> int:
    """Sends again what failed or came too late, with the same Message-ID; how many rows. Raises CampaignError.

    Never what was accepted, or may have been. What stops a message (a refusal, an address that does not exist) is
    looked at again before it goes.
    """
    campaign = lock(campaign)
    wanted = set(map(str, states))
    if not wanted <= set(UNSENT):
        raise CampaignError(_("Only what failed or came too late can be sent again."))
    if campaign.state not in OPEN:
        raise CampaignError(_("“%(name)s” sends nothing any more.") % {"name": campaign.name})
    installation = Installation.get()
    if problems := compliance.problems(campaign, as_of=installation.day_of(now)):
        raise CampaignError(" ".join(problems))
    rows = campaign.deliveries.filter(state__in=wanted).exclude(address="")
    count = rows.update(**_anew(campaign, installation, now))
    if count:
        _reopen(campaign)
        audit.record("campaign.resend", by=by, on=campaign, rows=count)
    return count


def _anew(campaign: Campaign, installation: Installation, now: dt.datetime) -> dict:
    expires_at = audience.given_up_at(now, getattr(campaign, "offer", None), installation)
    nothing = dict.fromkeys(["claim_token", "lease_until", "settled_at", "settled_by"])
    return {
        **nothing,
        "state": State.PENDING,
        "reason": "",
        "reply": "",
        "attempts": 0,
        "due_at": now,
        "expires_at": expires_at,
    }


def _reopen(campaign: Campaign) -> None:
    """A finished campaign has something to send again; it finishes anew by itself."""
    if campaign.state == Campaign.State.FINISHED:
        Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.RUNNING, version=campaign.version + 1)
