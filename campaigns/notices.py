"""News to those who wait for a seat, through the ledger like every other message: a business notice of its own.

Each event has at most one such campaign, made when the first person moves up. It is finished whenever nothing waits
in it, and runs again when the next one moves up: one row of the ledger for each time somebody does.
"""

import datetime as dt
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import audit
from customers import consent
from customers.models import Contact

from . import compliance
from .models import Campaign, Delivery, Occasion, Rsvp, Step, Way

PLAYBOOK = "moved_up"


def moved_up(occasion: Occasion, rsvps: Iterable[Rsvp], now: dt.datetime) -> int:
    """Writes a mail to each of them into the ledger; who has no address is on the list of staff. How many mails."""
    written = [rsvp for rsvp in rsvps if _address(rsvp.contact)]
    if not written:
        return 0
    campaign = _campaign(occasion, now)
    step = campaign.steps.get()
    for rsvp in written:
        _write(campaign, step, rsvp, now, expires_at=occasion.starts_at)
    campaign.planned_to = campaign.deliveries.count()
    campaign.save(update_fields=["planned_to"])
    return len(written)


def of(occasion: Occasion) -> Campaign | None:
    """The campaign that tells of seats come free; None while nobody has moved up."""
    return Campaign.objects.filter(playbook=PLAYBOOK, trigger_rule={"occasion": occasion.pk}).first()


def told(occasion: Occasion) -> dict[int, str]:
    """Contact → what became of the last mail to him."""
    rows = Delivery.objects.filter(campaign=of(occasion)).order_by("pk")
    return {contact: state for contact, state in rows.values_list("contact", "state") if contact}


def _address(contact: Contact | None) -> str:
    """Where he is written to; empty where nothing is known."""
    return consent.address_of(contact, Way.MAIL) if contact else ""


def _campaign(occasion: Occasion, now: dt.datetime) -> Campaign:
    """The event's own; made, or set running again. Its event's row is locked, so two can't be made."""
    found = of(occasion)
    if found is None:
        return _made(occasion, now)
    if found.state == Campaign.State.FINISHED:
        found.state = Campaign.State.RUNNING
        found.save(update_fields=["state"])
        audit.record("campaign.state", by=None, on=found, before="finished", after="running")
    return found


def _made(occasion: Occasion, now: dt.datetime) -> Campaign:
    about = occasion.campaign
    with translation.override(settings.LANGUAGE_CODE):
        name = _("A seat has come free: %(event)s") % {"event": occasion.title}
        subject, body = _("A seat has come free: {{ event_title }}"), _words()
    campaign = Campaign.objects.create(
        name=name[:120],
        playbook=PLAYBOOK,
        segment_id=about.segment_id,
        state=Campaign.State.RUNNING,
        message_class=Campaign.MessageClass.BUSINESS,
        goal=Campaign.Goal.RSVP,
        holdout_percent=0,
        trigger_rule={"occasion": occasion.pk},
        launched_at=now,
        planned_to=0,
        created_by_id=about.created_by_id,
        launched_by_id=about.launched_by_id or about.created_by_id,
    )
    step = Step.objects.create(campaign=campaign, subject=subject, body=body, frozen_at=now)
    step.content_hash = compliance.content_hash(step)
    step.save(update_fields=["content_hash"])
    audit.record("campaign.create", by=None, on=campaign, playbook=PLAYBOOK)
    return campaign


def _words() -> str:
    return _(
        "{{ addressee }}\n\nYou were on the waiting list for “{{ event_title }}”. A seat has come free, and it is "
        'yours.\n\nWhen: {{ event_date }}\nWhere: {{ event_place | default: "see the page below" }}\n\n'
        "You need do nothing more. If you can't come any more, please tell us here, so that the seat goes to the "
        "next one:\n\n{{ event_url }}"
    )


def _write(campaign: Campaign, step: Step, rsvp: Rsvp, now: dt.datetime, *, expires_at: dt.datetime) -> None:
    before = Delivery.objects.filter(campaign=campaign, contact=rsvp.contact).aggregate(last=Max("entry"))["last"]
    Delivery.objects.create(
        campaign=campaign,
        step=step,
        customer_id=rsvp.customer_id,
        contact=rsvp.contact,
        channel=Way.MAIL,
        address=_address(rsvp.contact),
        entry=(before or 0) + 1,
        token=secrets.token_urlsafe(32),
        planned_at=now,
        due_at=now,
        expires_at=expires_at,
    )
