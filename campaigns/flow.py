"""A campaign's flow in words: who enters and when, what becomes of whom (journeys.TABLE), who leaves, when steps come.

The same table that the statements follow is read out here. `problems` are what forbids a launch.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Installation
from customers.models import Contact

from . import anniversaries, conditions, journeys, recurring
from .journeys import Event, Outcome, Standing
from .models import Campaign, Step, WaitUnit
from .waiting import Clock

Trigger = Campaign.Trigger
EVENTS = {
    Trigger.BROADCAST: Event.STARTED,
    Trigger.ENTERING: Event.ENTERED,
    Trigger.DATE: Event.DAY,
    Trigger.RECURRING: Event.OCCURRENCE,
}


@dataclass(frozen=True)
class Line:
    """Whom it is about, and what happens."""

    whom: str
    what: str


def problems(campaign: Campaign) -> list[str]:
    """What is missing or wrong in trigger, recipients and conditions."""
    found = []
    try:
        _rule(campaign)
    except ValueError:
        found.append(_("Say when people enter: the rule of the trigger is missing or not complete."))
    if campaign.recipients == Campaign.Recipients.ROLE and not campaign.recipient_roles:
        found.append(_("Choose which roles it goes to."))
    steps = list(campaign.steps.filter(edition=campaign.edition).order_by("position"))
    if campaign.trigger == Trigger.BROADCAST and steps and (steps[0].wait or steps[0].send_time or steps[0].condition):
        found.append(_("Step 1 of a broadcast goes out at its start, to everybody: take its wait and condition out."))
    return found + [fault for step in steps for fault in conditions.faults(step.condition, step.position)]


def _rule(campaign: Campaign) -> anniversaries.Rule | recurring.Rule | None:
    """The rule of the trigger; raises ValueError where it is none."""
    if campaign.trigger == Trigger.DATE:
        return anniversaries.Rule.read(campaign.trigger_rule)
    if campaign.trigger == Trigger.RECURRING:
        return recurring.Rule.read(campaign.trigger_rule)
    return None


# --- who enters ----------------------------------------------------------------------------------


def entry(campaign: Campaign) -> str:
    """When whom the campaign lets in, in a sentence or two."""
    segment = str(campaign.segment)
    try:
        rule = _rule(campaign)
    except ValueError:
        return _("It has not been said yet when people enter.")
    if isinstance(rule, anniversaries.Rule):
        words = _("Whoever is in “%(segment)s” enters %(when)s, at %(time)s.")
        return words % {"segment": segment, "when": date_words(rule), "time": _time(campaign)}
    if isinstance(rule, recurring.Rule):
        words = _("%(when)s at %(time)s, everybody in “%(segment)s” at that moment enters.")
        return words % {"segment": segment, "when": day_words(rule), "time": _time(campaign)}
    return _without_rule(campaign, segment)


def _without_rule(campaign: Campaign, segment: str) -> str:
    if campaign.trigger == Trigger.ENTERING:
        words = _("Whoever comes into “%(segment)s” after the launch enters.")
        also = _("Those who are in it at the launch enter as well.") if campaign.trigger_rule.get("present") else ""
        return f"{words % {'segment': segment}}{_sentence(also)}"
    if journeys.is_series(campaign):
        return _("Everybody in “%(segment)s” at the launch starts at the same time.") % {"segment": segment}
    return _("Everybody in “%(segment)s” at the moment of sending gets it once.") % {"segment": segment}


def _sentence(words: str) -> str:
    """A further sentence: after a blank, but not after 。"""
    return words and (words if words.endswith("。") else f" {words}")


def _time(campaign: Campaign) -> str:
    return f"{campaign.send_time or recurring.DEFAULT_TIME:%H:%M}"


def date_words(rule: anniversaries.Rule) -> str:
    """“30 days before the birthday”."""
    date = str(anniversaries.DATES[rule.date].label)
    count = abs(rule.months or rule.days)
    if not count:
        return _("on the %(date)s") % {"date": date}
    if rule.months < 0:
        words = ngettext("%(n)s month before the %(date)s", "%(n)s months before the %(date)s", count)
    elif rule.months > 0:
        words = ngettext("%(n)s month after the %(date)s", "%(n)s months after the %(date)s", count)
    elif rule.days < 0:
        words = ngettext("%(n)s day before the %(date)s", "%(n)s days before the %(date)s", count)
    else:
        words = ngettext("%(n)s day after the %(date)s", "%(n)s days after the %(date)s", count)
    return words % {"n": count, "date": date}


def day_words(rule: recurring.Rule) -> str:
    """“Every Monday and Friday”."""
    if rule.month_day is None:
        days = _(", ").join(str(WEEKDAYS[day]) for day in rule.weekdays)
        return _("Every week on %(days)s") % {"days": days}
    if rule.month_day == recurring.LAST:
        return _("Every month on its last day")
    return _("Every month on day %(n)s") % {"n": rule.month_day}


def next_words(campaign: Campaign, now: dt.datetime) -> str:
    """When the next occurrence of a recurring campaign is; empty for others."""
    if campaign.trigger != Trigger.RECURRING or problems(campaign):
        return ""
    clock = Clock.load(Installation.get())
    rule = recurring.Rule.read(campaign.trigger_rule)
    moment = recurring.upcoming(rule, campaign.send_time or recurring.DEFAULT_TIME, clock, now)
    return date_format(moment.astimezone(clock.zone), "Y/m/d H:i")


def recipients(campaign: Campaign) -> str:
    """Whom at a customer it goes to."""
    if campaign.recipients == Campaign.Recipients.ALL:
        return _("every contact of the customer, once per address")
    if campaign.recipients == Campaign.Recipients.ROLE:
        roles = _(", ").join(str(Contact.Role(role).label) for role in campaign.recipient_roles)
        return _("contacts with the role %(roles)s, once per address") % {"roles": roles or "–"}
    return _("the primary contact")


# --- the table in words ----------------------------------------------------------------------------


def table(campaign: Campaign) -> list[Line]:
    """How a cause to enter meets each standing, as the table has it for this campaign's trigger."""
    event = EVENTS[Trigger(campaign.trigger)]
    unused = {Standing.RESTING, Standing.RETURNING} if campaign.reentry_days is None else {Standing.DONE}
    whom, what = _whom(campaign), _what()
    return [
        Line(whom[standing], what[journeys.outcome(event, standing), standing == Standing.NEW])
        for standing in Standing
        if standing not in unused
    ]


def _whom(campaign: Campaign) -> dict[Standing, str]:
    days = campaign.reentry_days or 0
    return {
        Standing.NEW: _("who was never in it"),
        Standing.ON_THE_WAY: _("who is on the way"),
        Standing.RESTING: ngettext(
            "who entered less than %(n)s day ago and is through or has left",
            "who entered less than %(n)s days ago and is through or has left",
            days,
        )
        % {"n": days},
        Standing.RETURNING: ngettext(
            "who entered %(n)s day ago or earlier and is through or has left",
            "who entered %(n)s days ago or earlier and is through or has left",
            days,
        )
        % {"n": days},
        Standing.DONE: _("who was in it before"),
        Standing.HELD_OUT: _("who is held out for comparison"),
        Standing.OUTSIDE: _("who is no longer in the segment, or archived"),
    }


def _what() -> dict[tuple[Outcome, bool], str]:
    return {
        (Outcome.ENTERS, True): _("enters; a part is held out at random"),
        (Outcome.ENTERS, False): _("enters anew, from step 1"),
        (Outcome.STAYS, False): _("goes on where he is; nothing begins anew"),
        (Outcome.NOTHING, False): _("does not enter"),
    }


def exits(campaign: Campaign) -> list[str]:
    """Who leaves before the last step, as sentences."""
    words = {
        Event.GONE: _("is archived, merged into another customer, or erased"),
        Event.GOAL: _("reaches the goal (%(goal)s) after entering") % {"goal": campaign.get_goal_display()},
        Event.LEFT_SEGMENT: _("is no longer in “%(segment)s”") % {"segment": campaign.segment},
        Event.OFFER_OVER: _("has not come through when the offer ends"),
        Event.UNREACHABLE: _("refuses or bounces on every channel still to come"),
    }
    has_offer = hasattr(campaign, "offer")
    chosen = [Event(event) for event in journeys.exits_of(campaign) if event != Event.CANCELLED]
    return [words[event] for event in chosen if event != Event.OFFER_OVER or has_offer]


# --- the steps in words ------------------------------------------------------------------------------


def wait(step: Step) -> str:
    """When the step follows the one before, or the entry."""
    time = f"{step.send_time:%H:%M}" if step.send_time else ""
    if not step.wait:
        return _without_wait(step, time)
    words = {
        WaitUnit.HOURS: ngettext("%(n)s hour later", "%(n)s hours later", step.wait),
        WaitUnit.DAYS: ngettext("%(n)s day later", "%(n)s days later", step.wait),
        WaitUnit.WORKDAYS: ngettext("%(n)s working day later", "%(n)s working days later", step.wait),
    }[WaitUnit(step.wait_unit)] % {"n": step.wait}
    return _("%(wait)s at %(time)s") % {"wait": words, "time": time} if time else words


def _without_wait(step: Step, time: str) -> str:
    if step.wait_unit == WaitUnit.WORKDAYS:
        return _("on a working day at %(time)s") % {"time": time} if time else _("on a working day")
    return _("when it is next %(time)s") % {"time": time} if time else _("at once")
