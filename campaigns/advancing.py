"""People in a series go on: whose next step is due gets it, skips it or leaves, by sets and each step once an entry.

A batch is one transaction under the lock of the campaign's row: rows of the ledger and the places of the journeys
change together. Killed in it, everybody stands where he stood. The wait for the step after counts from the batch, so
whoever comes late (an outage) gets one step now and the next after its whole wait, never two at once.
"""

import datetime as dt
import logging

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from accounts.models import Installation
from common import sql

from . import audience, conditions, entering, journeys, verdicts
from .models import Campaign, Journey, Step
from .states import State
from .waiting import Clock, due_after

log = logging.getLogger(__name__)
AT_ONCE = 20_000  # people in one transaction
ROUNDS = 200  # in one call; the clock comes again in five seconds
HOPELESS = ["refused", "bounced", "complained"]  # verdicts that hold for good
WAITED = dt.timedelta(minutes=10)  # a message that waited longer is looked at once more before it goes
SOON = dt.timedelta(minutes=1)
_JOURNEYS = Journey.objects.filter(campaign=OuterRef("pk"))


def advance_due(*, now: dt.datetime, most: int = AT_ONCE) -> int:
    """Sends everybody on whose next step is due. How many steps were written, skipped or ended."""
    running = Campaign.objects.filter(state=State.RUNNING, planned_to__isnull=False)
    done = 0
    for pk in list(running.filter(Exists(_JOURNEYS)).values_list("pk", flat=True)):
        try:
            done += _advance(pk, now, most)
        except Exception:  # one campaign's trouble stays its own; tried again in five seconds
            log.exception("nobody could go on in campaign %s", pk)
    return done


def _advance(campaign_id: int, now: dt.datetime, most: int) -> int:
    _stop_waiting(campaign_id, now, most)
    done = 0
    for _round in range(ROUNDS):
        moved = _batch(campaign_id, now, most)
        if not moved:
            break
        done += moved
    return done


@transaction.atomic
def _batch(campaign_id: int, now: dt.datetime, most: int) -> int:
    """One set of people from its place to the next. 0 where nobody is due, or another process is at it."""
    campaign = entering.taken(campaign_id)
    if campaign is None:
        return 0
    sql.run("campaigns/sql/going.sql", {"campaign": campaign.pk, "now": now, "most": most})
    count = _count()
    if not count:
        return 0
    _let_leave(campaign, now)
    for edition, position in _places():
        _step(campaign, edition, position, now)
    return count


@transaction.atomic
def _stop_waiting(campaign_id: int, now: dt.datetime, most: int) -> None:
    """A message that waited is not sent to someone who has reached the goal, or left, meanwhile."""
    campaign = entering.taken(campaign_id)
    if campaign is None:
        return
    wanted = {"campaign": campaign.pk, "written_before": now - WAITED, "due_before": now + SOON, "most": most}
    sql.run("campaigns/sql/waiting.sql", wanted)
    if _count():
        _let_leave(campaign, now)


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaign_going")
        return cursor.fetchone()[0]


def _places() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT edition, position FROM campaign_going ORDER BY edition, position")
        return cursor.fetchall()


def _let_leave(campaign: Campaign, now: dt.datetime) -> None:
    """Who has a reason to leave is taken out of campaign_going, and ends here."""
    installation = Installation.get()
    today = installation.day_of(now)
    goal = {"goal": campaign.goal, "now": now, "today": today, "zone": installation.time_zone}
    sql.run("campaigns/sql/reached.sql", {"campaign": campaign.pk, **goal})
    exits = {"exits": journeys.exits_of(campaign), "is_over": entering.is_offer_over(campaign, today)}
    sql.run("campaigns/sql/leaving.sql", {"campaign": campaign.pk, "segment": campaign.segment_id, "now": now, **exits})


def _step(campaign: Campaign, edition: int, position: int, now: dt.datetime) -> None:
    """The people of one place get, or skip, their next step."""
    place = {"campaign": campaign.pk, "edition": edition, "position": position}
    steps = list(campaign.steps.filter(edition=edition, position__gt=position).order_by("position"))
    if not steps:
        sql.run("campaigns/sql/over.sql", {**place, "now": now})
        return
    step, *later = steps
    sql.run("campaigns/sql/meeting.sql", place | conditions.read(step.condition))
    installation = Installation.get()
    _judge(campaign, step, later, installation.day_of(now))
    next_due_at = due_after(later[0], now, Clock.load(installation)) if later else None
    offer = getattr(campaign, "offer", None)
    written = {
        "step": step.pk,
        "channel": step.channel,
        "next_position": step.position,
        "next_due_at": next_due_at,
        "now": now,
        "expires_at": audience.given_up_at(now, offer, installation),
    }
    sql.run("campaigns/sql/step.sql", place | written)


def _judge(campaign: Campaign, step: Step, later: list[Step], today: dt.date) -> None:
    """Verdicts on the step's channel in campaign_audience; before it, whom the channels still to come may reach."""
    for channel in [*sorted({one.channel for one in later} - {step.channel}), step.channel]:
        verdicts.judge_chosen(campaign, as_of=today, channel=channel)
        sql.run("campaigns/sql/hopeful.sql", {"hopeless": HOPELESS})
