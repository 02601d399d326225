"""Entry, exit and re-entry of a series: one table, which the statements get as parameters and the page tells in words.

A journey is one way of one customer through a series. What may happen to him (`Event`) meets how he stands in the
campaign (`Standing`), and the table says what becomes of it (`Outcome`). Pure.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from .models import Campaign


class Event(StrEnum):
    """What happens to a customer. The first four may let him in."""

    STARTED = "started"  # the campaign was launched: he was in its audience
    ENTERED = "entered"  # he came into the segment
    DAY = "day"  # a date of his has come
    OCCURRENCE = "occurrence"  # the recurring day has come, and he is in the segment
    THROUGH = "through"  # the last step is behind him
    GOAL = "goal"  # he has reached the goal since he entered
    LEFT_SEGMENT = "left_segment"
    UNREACHABLE = "unreachable"  # refused, bounced or complained on every channel still to come
    GONE = "gone"  # archived, merged into another, or erased
    OFFER_OVER = "offer_over"  # what is offered has ended
    CANCELLED = "cancelled"  # the campaign was stopped for good


class Standing(StrEnum):
    """How a customer stands in the campaign at that moment."""

    NEW = "new"  # never in it
    ON_THE_WAY = "on_the_way"
    RESTING = "resting"  # was in it; may come again, but the days are not over
    RETURNING = "returning"  # was in it, and may come again
    DONE = "done"  # was in it; nobody comes again
    HELD_OUT = "held_out"  # randomised to get nothing
    OUTSIDE = "outside"  # not in the segment now, or archived


class Outcome(StrEnum):
    ENTERS = "enters"
    STAYS = "stays"  # goes on where he is; nothing begins anew
    LEAVES = "leaves"
    FINISHES = "finishes"
    NOTHING = "nothing"


ENTRIES = (Event.STARTED, Event.ENTERED, Event.DAY, Event.OCCURRENCE)
# In this order: who is gone is not said to have reached the goal, and so on.
EXITS = (Event.GONE, Event.CANCELLED, Event.GOAL, Event.LEFT_SEGMENT, Event.OFFER_OVER, Event.UNREACHABLE)
CHOSEN = {Event.GOAL: "exits_on_goal", Event.LEFT_SEGMENT: "exits_on_leaving"}  # the others hold for every campaign


def _entry(event: Event) -> dict[Standing, Outcome]:
    comes_again = Outcome.NOTHING if event == Event.STARTED else Outcome.ENTERS
    return {
        Standing.NEW: Outcome.ENTERS,
        Standing.ON_THE_WAY: Outcome.STAYS,
        Standing.RESTING: Outcome.NOTHING,
        Standing.RETURNING: comes_again,
        Standing.DONE: Outcome.NOTHING,
        Standing.HELD_OUT: Outcome.NOTHING,
        Standing.OUTSIDE: Outcome.NOTHING,
    }


def _of_travellers(outcome: Outcome) -> dict[Standing, Outcome]:
    return {standing: outcome if standing == Standing.ON_THE_WAY else Outcome.NOTHING for standing in Standing}


TABLE: Mapping[Event, Mapping[Standing, Outcome]] = MappingProxyType(
    {event: MappingProxyType(_entry(event)) for event in ENTRIES}
    | {event: MappingProxyType(_of_travellers(Outcome.LEAVES)) for event in EXITS}
    | {Event.THROUGH: MappingProxyType(_of_travellers(Outcome.FINISHES))}
)


def outcome(event: Event, standing: Standing) -> Outcome:
    """The cell of the table."""
    return TABLE[event][standing]


def may_enter(event: Event) -> list[str]:
    """The standings from which the event lets someone in: what the statement of entry compares with."""
    return [str(standing) for standing in Standing if TABLE[event][standing] == Outcome.ENTERS]


def exits_of(campaign: Campaign) -> list[str]:
    """The events that end a journey of this campaign early, the weightiest first."""
    return [str(event) for event in EXITS if event not in CHOSEN or getattr(campaign, CHOSEN[event])]


# Why someone left early: words for lists and for the ledger.
REASONS = {
    Event.GOAL: _("Reached the goal"),
    Event.LEFT_SEGMENT: _("Left the segment"),
    Event.UNREACHABLE: _("Can't be reached any more"),
    Event.GONE: _("Archived, merged or erased"),
    Event.OFFER_OVER: _("The offer has ended"),
    Event.CANCELLED: _("The campaign was stopped"),
}


def is_series(campaign: Campaign) -> bool:
    """Whether people go through it one by one; a broadcast of one step is over with its ledger."""
    if campaign.trigger != Campaign.Trigger.BROADCAST:
        return True
    return campaign.steps.filter(edition=campaign.edition).count() > 1


def consumer_of(campaign: Campaign) -> str:
    """The name under which the campaign takes news of its segment."""
    return f"campaign:{campaign.pk}"


def is_triggered(campaign: Campaign) -> bool:
    """Whether people enter it one after another, for as long as it runs."""
    return campaign.trigger != Campaign.Trigger.BROADCAST
