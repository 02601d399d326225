"""Campaigns of several steps, launched, and what has become of the people in them."""

import datetime as dt

from campaigns import advancing, audience, entering
from campaigns.models import Campaign, Delivery, Journey, Step
from segments.models import Membership, Movement
from tests.campaigns.moments import NOW, TODAY

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def steps(campaign: Campaign, *rules: dict) -> None:
    """The campaign's steps in place of what it has: the words of its first one, a rule (wait, condition …) each."""
    words = campaign.steps.first()
    subject, body = words.subject, words.body
    campaign.steps.all().delete()
    for position, rule in enumerate(rules, start=1):
        Step.objects.create(campaign=campaign, position=position, **{"subject": subject, "body": body, **rule})


def launched(campaign: Campaign, *rules: dict, now: dt.datetime = NOW, **fields) -> Campaign:
    """Launched with these steps, and planned."""
    steps(campaign, *(rules or ({}, {"wait": 3})))
    Campaign.objects.filter(pk=campaign.pk).update(**fields)
    campaign = audience.launch(campaign=Campaign.objects.get(pk=campaign.pk), by=campaign.created_by, now=now)
    audience.plan_due(now=now)
    campaign.refresh_from_db()
    return campaign


def by_news(campaign: Campaign, *rules: dict, **fields) -> Campaign:
    return launched(campaign, *rules, **{"trigger": Campaign.Trigger.ENTERING, **fields})


def news(segment, *people, kind: str = "entered", on: dt.date = TODAY, at: dt.datetime = NOW) -> None:
    """They came into the segment, or left it."""
    for customer in people:
        Movement.objects.update_or_create(segment=segment, customer=customer, kind=kind, on=on, defaults={"at": at})
        open_ones = Membership.objects.filter(segment=segment, customer=customer, left_on=None)
        if kind == "left":
            open_ones.update(left_on=on)
        elif not open_ones.exists():
            Membership.objects.create(segment=segment, customer=customer, entered_on=on)


def tick(now: dt.datetime) -> None:
    """What the clock does, without sending."""
    entering.enter_due(now=now)
    advancing.advance_due(now=now)


def ledger(campaign: Campaign) -> list[tuple]:
    """(customer, entry, step, state or reason) in order."""
    rows = Delivery.objects.filter(campaign=campaign).order_by("customer__code", "entry", "step__position", "pk")
    return [(row.customer.code, row.entry, row.step.position, row.reason or row.state) for row in rows.select_related()]


def places(campaign: Campaign) -> list[tuple]:
    """(customer, entry, position, state or reason) in order."""
    rows = Journey.objects.filter(campaign=campaign).select_related("customer").order_by("customer__code", "entry")
    return [(row.customer.code, row.entry, row.position, row.reason or row.state) for row in rows]
