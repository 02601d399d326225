"""An event a campaign invites to, and people who answer, for the tests of seats, pages and lists."""

import datetime as dt
import secrets
from typing import Any

from campaigns import occasions
from campaigns.models import Campaign, Delivery, Occasion
from customers.models import Contact, Customer
from tests.campaigns.moments import NOW

BEGINS = dt.datetime(2026, 11, 28, 5, 0, tzinfo=dt.UTC)  # 28 November 2026, 14:00 in Tokyo, a Saturday
DETAILS = {"title": "秋の内覧会", "starts_at": BEGINS, "ends_at": BEGINS + dt.timedelta(hours=2), "place": "本社1階"}


def occasion(campaign: Campaign, capacity: int | None = 2, **details: Any) -> Occasion:
    return Occasion.objects.create(campaign=campaign, capacity=capacity, **(DETAILS | details))


def contact(customer: Customer) -> Contact:
    return customer.contacts.get()


def say(event: Occasion, who: Customer, answer: str = "coming", *, now: dt.datetime = NOW, **more: Any):
    """What `who` answers through his contact."""
    return occasions.answer(occasion=event, customer=who, contact=contact(who), answer=answer, now=now, **more)


def invite(campaign: Campaign, who: Customer, **fields: Any) -> Delivery:
    """The mail he got."""
    person = contact(who)
    given = {"address": person.email, "state": "accepted", "token": secrets.token_urlsafe(32)} | fields
    return Delivery.objects.create(
        campaign=campaign,
        step=campaign.steps.get(),
        customer=who,
        contact=person,
        channel="mail",
        planned_at=NOW,
        due_at=NOW,
        **given,
    )
