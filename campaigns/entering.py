"""People enter a series: by news of the segment, by a date of theirs, on a recurring day. Each cause counts once.

Everything about one cause happens in one transaction under the lock of the campaign's row: the news is taken, arms are
drawn, journeys begin. Killed in it, nothing has happened and the next call does it again.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import connection, transaction

from accounts import jobs
from accounts.models import Installation
from common import sql
from segments import movements
from segments.models import Movement

from . import anniversaries, audience, journeys, recurring, uplift, variants, verdicts
from .journeys import Event
from .models import Campaign, Step
from .states import State
from .waiting import DAY, Clock, due_after

log = logging.getLogger(__name__)
CATCH_UP = 3 * DAY  # a day or occurrence missed for longer is left out
AT_ONCE = 5_000  # news taken in one transaction
# Verdicts that keep someone out of the series when no channel gets a better one.
BARRED = (
    "no_address", "bad_address", "no_consent", "refused", "bounced", "complained", "excluded", "duplicate_address",
)  # fmt: skip


def enter_due(*, now: dt.datetime) -> int:
    """Lets in whoever has a cause to enter a running campaign. How many set out."""
    running = Campaign.objects.filter(state=State.RUNNING, planned_to__isnull=False)
    waiting = running.exclude(trigger=Campaign.Trigger.BROADCAST).values_list("pk", "trigger")
    entered = 0
    for pk, trigger in list(waiting):
        try:
            entered += DOORS[trigger](pk, now)
        except Exception:  # one campaign's trouble stays its own; tried again in five seconds
            log.exception("nobody could enter campaign %s", pk)
    return entered


def taken(campaign_id: int) -> Campaign | None:
    """The running campaign, locked until the transaction ends; None while another process has it.

    Rows that refer to it may be written meanwhile; a pause or stop waits for the few seconds.
    """
    found = Campaign.objects.select_for_update(skip_locked=True, of=["self"], no_key=True).select_related("segment")
    return found.filter(pk=campaign_id, state=State.RUNNING, planned_to__isnull=False).first()


def is_offer_over(campaign: Campaign, today: dt.date) -> bool:
    """What is offered has ended: nobody enters any more, and who is on the way leaves."""
    offer = getattr(campaign, "offer", None)
    return bool(offer and offer.expires_on and offer.expires_on < today)


# --- by news of the segment ------------------------------------------------------------------


def _by_news(campaign_id: int, now: dt.datetime) -> int:
    entered = 0
    if _is_present_asked(campaign_id):
        entered += _once(campaign_id, "present", now, _present)
    while True:
        with transaction.atomic():
            campaign = taken(campaign_id)
            news = _news(campaign) if campaign else []
            if campaign is None or not news:
                return entered
            causes = {one.customer_id: f"news:{one.pk}" for one in news if one.kind == Movement.Kind.ENTERED}
            given = {"customers": list(causes), "causes": list(causes.values())}
            sql.run("campaigns/sql/candidates.sql", given)
            entered += enter(campaign, Event.ENTERED, base=now, now=now)


def _news(campaign: Campaign) -> list[Movement]:
    """Both directions, so that none is left over: who left is no member any more, and does not enter."""
    return movements.take(consumer=journeys.consumer_of(campaign), segment=campaign.segment, limit=AT_ONCE)


def _is_present_asked(campaign_id: int) -> bool:
    return bool(Campaign.objects.get(pk=campaign_id).trigger_rule.get("present"))


def _present(campaign: Campaign, now: dt.datetime) -> int:
    """Who was in the segment already, once."""
    sql.run("campaigns/sql/members.sql", {"segment": campaign.segment_id, "cause": "present"})
    return enter(campaign, Event.STARTED, base=now, now=now)


# --- by a date, and on a recurring day ---------------------------------------------------------


def _by_date(campaign_id: int, now: dt.datetime) -> int:
    """Each day since the launch once its hour has come, the last days too where they were missed."""
    clock = Clock.load(Installation.get())
    campaign = Campaign.objects.get(pk=campaign_id)
    time = campaign.send_time or recurring.DEFAULT_TIME
    today = clock.day_of(now)
    since = max(clock.day_of(campaign.launched_at or now), today - CATCH_UP)
    days = [since + ahead * DAY for ahead in range((today - since).days + 1)]
    due = [day for day in days if (campaign.launched_at or now) <= clock.moment(day, time) <= now]
    return sum(_once(campaign_id, f"{day}", now, _of_day(day)) for day in due)


def _of_day(day: dt.date) -> Callable[[Campaign, dt.datetime], int]:
    def act(campaign: Campaign, now: dt.datetime) -> int:
        rule = anniversaries.Rule.read(campaign.trigger_rule)
        dates = anniversaries.turned(rule, day)
        if not dates:
            return 0
        wanted = {"date": rule.date, "dates": dates, "month_days": anniversaries.month_days(dates)}
        sql.run("campaigns/sql/dated.sql", {"segment": campaign.segment_id, "year": dates[0].year, **wanted})
        return enter(campaign, Event.DAY, base=now, now=now)

    return act


def _by_occurrence(campaign_id: int, now: dt.datetime) -> int:
    """Each occurrence since the launch, with whoever is in the segment then."""
    campaign = Campaign.objects.get(pk=campaign_id)
    clock = Clock.load(Installation.get())
    rule = recurring.Rule.read(campaign.trigger_rule)
    since = max(campaign.launched_at or now, now - CATCH_UP)
    due = recurring.occurrences(rule, campaign.send_time or recurring.DEFAULT_TIME, clock, since=since, until=now)
    return sum(_once(campaign_id, f"{moment:%Y-%m-%dT%H:%MZ}", now, _of_occurrence(moment)) for moment in due)


def _of_occurrence(moment: dt.datetime) -> Callable[[Campaign, dt.datetime], int]:
    def act(campaign: Campaign, now: dt.datetime) -> int:
        cause = f"on:{moment:%Y-%m-%dT%H:%MZ}"
        sql.run("campaigns/sql/members.sql", {"segment": campaign.segment_id, "cause": cause})
        return enter(campaign, Event.OCCURRENCE, base=now, now=now)

    return act


def _once(campaign_id: int, due: str, now: dt.datetime, act: Callable[[Campaign, dt.datetime], int]) -> int:
    """Does it once for this due time: the row in jobs stands in the same transaction, so a kill leaves no half."""
    job = f"campaign {campaign_id}"
    if jobs.is_done(job, due=due):
        return 0
    with transaction.atomic():
        campaign = taken(campaign_id)
        if campaign is None or _is_stale(campaign, now):
            return 0
        with jobs.once(job, due=due, now=now) as run:
            return act(campaign, now) if run else 0


def _is_stale(campaign: Campaign, now: dt.datetime) -> bool:
    """Members of yesterday are no audience of today: it waits for the refresh, and says so."""
    problems = audience.stale(campaign.segment, now)
    note = " ".join(problems)[:300]
    if note != campaign.note:
        Campaign.objects.filter(pk=campaign.pk).update(note=note)
    return bool(problems)


DOORS: dict[str, Callable[[int, dt.datetime], int]] = {
    Campaign.Trigger.ENTERING: _by_news,
    Campaign.Trigger.DATE: _by_date,
    Campaign.Trigger.RECURRING: _by_occurrence,
}


# --- entering --------------------------------------------------------------------------------


def enter(campaign: Campaign, event: Event, *, base: dt.datetime, now: dt.datetime) -> int:
    """Lets in those of the temporary table campaign_causes (customer_id, cause) whom the table of entry lets in.

    `base`: the moment from which step 1 is counted. Must be called under the campaign's lock. How many set out.
    """
    installation = Installation.get()
    today = installation.day_of(now)
    steps = list(campaign.steps.filter(edition=campaign.edition).order_by("position"))
    if is_offer_over(campaign, today) or not steps:
        return 0
    standing = {"may_enter": journeys.may_enter(event), "reentry_days": campaign.reentry_days, "today": today}
    wanted = {"campaign": campaign.pk, "segment": campaign.segment_id, "zone": installation.time_zone}
    sql.run("campaigns/sql/standing.sql", wanted | standing)
    _judge(campaign, steps, today)
    _draw(campaign)
    due_at = due_after(steps[0], base, Clock.load(installation))
    wanted = _entry_of(campaign, steps[0], installation, due_at, now)
    entered = sql.run("campaigns/sql/enter.sql", wanted)
    variants.assign(
        campaign,
        due_at=due_at,
        expires_at=audience.given_up_at(due_at, getattr(campaign, "offer", None), installation),
    )
    return entered


def _judge(campaign: Campaign, steps: list[Step], today: dt.date) -> None:
    """A verdict for each who enters: the best of all channels of the series."""
    for channel in dict.fromkeys(step.channel for step in steps):
        verdicts.judge_chosen(campaign, as_of=today, channel=channel)
        sql.run("campaigns/sql/reach_at_entry.sql", {"barred": list(BARRED)})


def _draw(campaign: Campaign) -> None:
    """Arms of those who were never randomised; whoever comes again keeps his."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id FROM campaign_entering WHERE is_new AND verdict = 'ok'")
        held_out = uplift.drawn_at_entry(campaign.pk, [row[0] for row in cursor], campaign.held_out_share)
        cursor.execute(
            "UPDATE campaign_entering SET arm = 'held_out' WHERE customer_id = ANY(%s::bigint[])", [list(held_out)]
        )


def _entry_of(
    campaign: Campaign, step: Step, installation: Installation, due_at: dt.datetime, now: dt.datetime
) -> dict:
    return audience.plan_of(campaign, step, installation, due_at, now) | {"edition": campaign.edition}
