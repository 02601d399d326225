"""A verdict for everybody a campaign is meant for: reached, or why not, or held out. Where the rows are, by sets."""

import datetime as dt

from django.db import connection

from accounts.models import Installation
from common import sql
from customers.models.people import UNSENDABLE

from . import uplift
from .models import Campaign, Way

TRY_FOR = dt.timedelta(days=3)  # a message not accepted by then is given up
CONSENTED = (Way.MAIL, Way.LINE, Way.SMS)  # promotions that need someone's consent
PERSONAL = CONSENTED  # ways that reach a person; the others reach the customer, once


def judge(campaign: Campaign, *, as_of: dt.date) -> None:
    """Fills the temporary table campaign_audience for the first step and the whole segment, arms drawn."""
    sql.run("campaigns/sql/chosen.sql", {"segment": campaign.segment_id})
    step = campaign.steps.filter(edition=campaign.edition).order_by("position").first()
    judge_chosen(campaign, as_of=as_of, channel=step.channel if step else Way.MAIL)
    draw(campaign)


def judge_chosen(campaign: Campaign, *, as_of: dt.date, channel: str = Way.MAIL) -> None:
    """Fills campaign_audience: a verdict for every customer in the temporary table campaign_chosen."""
    wanted = {
        "campaign": campaign.pk,
        "as_of": as_of,
        "channel": channel,
        "needs_consent": campaign.is_promotion and channel in CONSENTED,
        "unsendable": UNSENDABLE,
        **_contacts(campaign, channel),
        **_budget(campaign, as_of),
    }
    sql.run("campaigns/sql/audience.sql", wanted)


def _contacts(campaign: Campaign, channel: str) -> dict:
    is_each = campaign.recipients != Campaign.Recipients.PRIMARY and channel in PERSONAL
    is_by_role = is_each and campaign.recipients == Campaign.Recipients.ROLE
    return {"is_each": is_each, "roles": list(campaign.recipient_roles) if is_by_role else []}


def _budget(campaign: Campaign, as_of: dt.date) -> dict:
    """Whose budget is taken for as long as the message would be tried; the marking commit looks again."""
    installation = Installation.get()
    given_up = dt.datetime.combine(as_of, dt.time(), installation.zone) + TRY_FOR
    window = dt.timedelta(days=installation.contact_budget_days)
    return {
        "is_promotion": campaign.is_promotion,
        "priority": campaign.priority,
        "budget": installation.contact_budget,
        "since": given_up - window,
        "until": given_up - TRY_FOR + window,
    }


def draw(campaign: Campaign) -> None:
    """Holds the campaign's share out of those who may be reached; the same people as uplift.hold_out."""
    if campaign.held_out_share:
        words = {"campaign": campaign.pk, "percent": campaign.held_out_share, "start": uplift.start_of(campaign.pk)}
        sql.run("campaigns/sql/draw.sql", words)


def zones() -> list[str]:
    """The time zones of those who will be reached; empty: the company's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT time_zone FROM campaign_audience WHERE verdict = 'ok'")
        return [row[0] for row in cursor]
