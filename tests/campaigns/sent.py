"""Rows of the ledger made by hand: of a campaign that runs, for whom and when a test likes."""

import datetime as dt
import secrets
from typing import Any

from campaigns import audience
from campaigns.models import Campaign, Delivery, Step, Way
from customers.models import Customer
from segments.models import Segment
from tests.campaigns.moments import NOW


def running(segment: Segment, by, *, way: str = Way.MAIL, **changes: Any) -> Campaign:
    """A campaign of one step that has been launched and planned; nobody is in its ledger yet."""
    fields = {"state": "running", "planned_to": 0, "launched_at": NOW, "holdout_percent": 0, "name": "お知らせ"}
    made = Campaign.objects.create(segment=segment, created_by=by, launched_by=by, **(fields | changes))
    Step.objects.create(campaign=made, subject="お知らせ", body="{{ 宛名 }}\n\nお知らせです。", channel=way)
    audience.freeze(made, NOW)
    return made


def due(campaign: Campaign, customer: Customer, **changes: Any) -> Delivery:
    """A message to the customer's contact, due now and given up in three days."""
    step, contact = campaign.steps.get(), customer.contacts.first()
    address = contact.email if step.channel == Way.MAIL else customer.code
    fields = {
        "channel": step.channel,
        "address": address,
        "token": secrets.token_urlsafe(32),
        "planned_at": NOW,
        "due_at": NOW,
        "expires_at": NOW + dt.timedelta(days=3),
    }
    return Delivery.objects.create(
        campaign=campaign, step=step, customer=customer, contact=contact, **(fields | changes)
    )
