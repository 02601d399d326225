"""All campaigns day by day: what goes out when, what ends, which days the company rests, and the load on customers."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import workdays
from accounts.models import Installation
from common import sql

from . import recurring
from .models import Approval, Campaign, Occasion, Offer
from .waiting import Clock

State = Campaign.State
WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)
KINDS: dict[str, str | Promise] = {
    "asked": _("waits for approval"),
    "planned": _("planned"),
    "sent": _("Launched"),
    "recurs": _("goes out again"),
    "offer": _("offer ends"),
    "event": pgettext_lazy("calendar", "event"),
}


@dataclass(frozen=True)
class Item:
    """Something of a campaign on a day. `time`: None where it has no hour."""

    kind: str
    campaign: Campaign
    on: dt.date
    time: dt.time | None = None
    words: str = ""

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])


@dataclass
class Day:
    """A day with what is on it; `rest` says why no promotions or work: a holiday's or closure's name, or nothing."""

    on: dt.date
    items: list[Item] = field(default_factory=list)
    is_weekend: bool = False
    is_holiday: bool = False
    is_closed: bool = False

    @property
    def is_rest(self) -> bool:
        return self.is_weekend or self.is_holiday or self.is_closed


@dataclass(frozen=True)
class Load:
    """A week's promotions: how many, to how many people, and how many of them are at or over the budget."""

    week: dt.date
    messages: int
    people: int
    at_budget: int
    over_budget: int

    @property
    def each(self) -> float:
        return self.messages / self.people if self.people else 0.0


def month(first: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day of the weeks (Monday to Sunday) that a month touches."""
    first = first.replace(day=1)
    last = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - DAY
    return first - dt.timedelta(days=first.weekday()), last + dt.timedelta(days=6 - last.weekday())


def week(day: dt.date) -> tuple[dt.date, dt.date]:
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def days(first: dt.date, last: dt.date) -> list[Day]:
    """Every day from first to last with its items, in the order of the hours."""
    calendar = workdays.load()
    found = {
        on: Day(on, [], calendar.is_weekend(on), calendar.is_holiday(on), calendar.is_closed(on))
        for on in (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    }
    for item in sorted(_items(first, last), key=lambda one: (one.time or dt.time(), one.campaign.pk)):
        if item.on in found:
            found[item.on].items.append(item)
    return list(found.values())


def standing() -> list[Campaign]:
    """What goes out all the time, person by person: no day of its own."""
    always = [Campaign.Trigger.ENTERING, Campaign.Trigger.DATE]
    found = Campaign.objects.filter(trigger__in=always, state__in=[State.RUNNING, State.PAUSED])
    return list(found.select_related("segment").order_by("name"))


def _items(first: dt.date, last: dt.date) -> Iterator[Item]:
    zone = Installation.get().zone
    since = dt.datetime.combine(first, dt.time(), zone)
    until = dt.datetime.combine(last + DAY, dt.time(), zone)
    yield from _campaigns(since, until, zone)
    yield from _asked(since, until, zone)
    yield from _recurring(since, until, zone)
    for offer in Offer.objects.filter(expires_on__range=(first, last)).select_related("campaign"):
        if offer.campaign.state != State.CANCELLED and offer.expires_on:
            yield Item("offer", offer.campaign, offer.expires_on, words=offer.text)
    for one in Occasion.objects.filter(starts_at__gte=since, starts_at__lt=until).select_related("campaign"):
        here = one.starts_at.astimezone(zone)
        yield Item("event", one.campaign, here.date(), here.time(), one.title)


def _campaigns(since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> Iterator[Item]:
    is_planned = Q(state=State.SCHEDULED, scheduled_at__gte=since, scheduled_at__lt=until)
    is_sent = Q(launched_at__gte=since, launched_at__lt=until)
    for one in Campaign.objects.filter(is_planned | is_sent).select_related("segment"):
        at = one.launched_at or one.scheduled_at
        if at is not None:
            here = at.astimezone(zone)
            yield Item("sent" if one.launched_at else "planned", one, here.date(), here.time())


def _asked(since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> Iterator[Item]:
    found = Approval.objects.filter(verdict=Approval.Verdict.OPEN, planned_at__gte=since, planned_at__lt=until)
    for one in found.select_related("campaign"):
        if one.planned_at is not None:
            here = one.planned_at.astimezone(zone)
            yield Item("asked", one.campaign, here.date(), here.time())


def _recurring(since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> Iterator[Item]:
    found = Campaign.objects.filter(trigger=Campaign.Trigger.RECURRING, state__in=[State.RUNNING, State.PAUSED])
    clock = Clock.load(Installation.get())
    for one in found:
        try:
            rule = recurring.Rule.read(one.trigger_rule)
        except ValueError:
            continue
        time = one.send_time or recurring.DEFAULT_TIME
        for moment in recurring.occurrences(rule, time, clock, since=since, until=until):
            here = moment.astimezone(zone)
            yield Item("recurs", one, here.date(), here.time())


# --- the load on customers ----------------------------------------------------------------------------------


def load(first: dt.date, last: dt.date) -> list[Load]:
    """Promotions per person and week, sent and planned, the weeks without any left out.

    A planned campaign counts as if it reached its whole segment; the budget as it is set counts to a calendar week.
    """
    installation = Installation.get()
    coming = [(item.campaign.pk, item.on) for item in _coming(first, last)]
    given = {
        "zone": installation.time_zone,
        "first_on": first,
        "last_on": last,
        "budget": installation.contact_budget,
        "planned": [pk for pk, _on in coming],
        "on_days": [on for _pk, on in coming],
    }
    return [Load(**row) for row in sql.rows("campaigns/sql/contact_load.sql", given)]


def _coming(first: dt.date, last: dt.date) -> Iterable[Item]:
    """Promotions that are not in the ledger yet."""
    items = (item for item in _items(first, last) if item.kind in {"planned", "asked", "recurs"})
    return [item for item in items if item.campaign.is_promotion]
