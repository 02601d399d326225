"""Who will receive a campaign, and who won't and why: projected, planned into the ledger, and read back from it."""

import datetime as dt
from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Installation, User
from common import sql
from customers.models import Customer
from scores import scoring
from scores.runs import Trouble
from segments import movements
from segments.models import Segment

from . import approving, compliance, journeys, links, reasons, starting, uplift, variants, windows
from .models import Campaign, Delivery, Exclusion, Step
from .states import CampaignError, State, check, lock, move
from .verdicts import TRY_FOR, judge, zones

LATE_BY = dt.timedelta(hours=1)  # a planned start that could not happen by then is called off


@dataclass(frozen=True)
class Line:
    """One line of the waterfall."""

    code: str
    count: int

    @property
    def label(self) -> str:
        return reasons.label(self.code)

    @property
    def is_total(self) -> bool:
        return self.code in {reasons.MATCHED, reasons.WILL_RECEIVE}


@dataclass(frozen=True)
class Waterfall:
    """From matched to who will receive it: matched − all lines between = will receive, customer by customer."""

    lines: tuple[Line, ...]
    is_projected: bool

    def count(self, code: str) -> int:
        return next((line.count for line in self.lines if line.code == code), 0)


def waterfall(campaign: Campaign, *, as_of: dt.date) -> Waterfall:
    """Before planning as it would be on `as_of`; after planning as the rows of the ledger say."""
    if campaign.planned_to is not None:
        return _waterfall(_counted(campaign), is_projected=False)
    with transaction.atomic():
        judge(campaign, as_of=as_of)
        return _waterfall(_projected(), is_projected=True)


def behind(campaign: Campaign, code: str, *, as_of: dt.date) -> QuerySet[Customer]:
    """The customers of one line of the waterfall."""
    if campaign.planned_to is not None:
        return Customer.objects.filter(pk__in=_rows_behind(_first_step(campaign), code).values("customer"))
    with transaction.atomic(), connection.cursor() as cursor:
        judge(campaign, as_of=as_of)
        verdict = "ok" if code == reasons.WILL_RECEIVE else code
        where = "true" if code == reasons.MATCHED else "verdict = %(verdict)s"
        cursor.execute(f"SELECT customer_id FROM campaign_audience WHERE {where}", {"verdict": verdict})  # noqa: S608  two fixed texts
        return Customer.objects.filter(pk__in=[row[0] for row in cursor])


def ledger_behind(campaign: Campaign, code: str) -> QuerySet[Delivery]:
    """The same once it is planned, as rows of the ledger."""
    return _rows_behind(_first_step(campaign), code)


def _rows_behind(rows: QuerySet[Delivery], code: str) -> QuerySet[Delivery]:
    stopped = [Delivery.State.SUPPRESSED, Delivery.State.HELD_OUT, Delivery.State.CANCELLED]
    if code == reasons.MATCHED:
        return rows
    if code == reasons.WILL_RECEIVE:
        return rows.exclude(state__in=stopped)
    if code in stopped[1:]:
        return rows.filter(state=code)
    return rows.filter(state=Delivery.State.SUPPRESSED, reason=code)


def foresight(campaign: Campaign, *, as_of: dt.date) -> list[uplift.Prospect]:
    """What the audience could show with its own share held out and with 10, 20 and 50 %."""
    with transaction.atomic():
        judge(campaign, as_of=as_of)
        return _foresight(campaign, as_of, _drawn(campaign, _projected()))


def projection(campaign: Campaign, *, as_of: dt.date) -> tuple[Waterfall, list[uplift.Prospect]]:
    """Waterfall and foresight of what is not planned yet, from one judgement of its audience."""
    with transaction.atomic():
        judge(campaign, as_of=as_of)
        counts = _projected()
        drawn = _drawn(campaign, counts)
        return _waterfall(counts, is_projected=True), _foresight(campaign, as_of, drawn)


def _drawn(campaign: Campaign, counts: dict[str, int]) -> dict[int, int]:
    """How many the campaign's own share really holds out: the same figure as in the waterfall."""
    return {campaign.held_out_share: counts.get(reasons.HELD_OUT, 0)}


def _foresight(campaign: Campaign, as_of: dt.date, drawn: dict[int, int]) -> list[uplift.Prospect]:
    people, base_rate = _base_rate(campaign, as_of)
    percents = sorted({10, 20, 50} | {campaign.held_out_share} - {0})
    return uplift.foresee(people, base_rate, percents, drawn)


def _projected() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT verdict, count(*) FROM campaign_audience GROUP BY verdict")
        counts = dict(cursor.fetchall())
    counts[reasons.WILL_RECEIVE] = counts.pop("ok", 0)
    return counts


def _first_step(campaign: Campaign) -> QuerySet[Delivery]:
    return campaign.deliveries.filter(step__position=1)


def _counted(campaign: Campaign) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in _first_step(campaign).values("state", "reason").annotate(count=Count("pk")).order_by():
        code = _code(row["state"], row["reason"])
        counts[code] = counts.get(code, 0) + row["count"]
    return counts


def _code(state: str, reason: str) -> str:
    """The waterfall's line of a row: why it was stopped, or that it goes (or went) out."""
    if state == Delivery.State.SUPPRESSED:
        return reason
    return state if state in {Delivery.State.HELD_OUT, Delivery.State.CANCELLED} else reasons.WILL_RECEIVE


def _waterfall(counts: dict[str, int], *, is_projected: bool) -> Waterfall:
    matched = Line(reasons.MATCHED, sum(counts.values()))
    always = [*reasons.PLANNED, *(code for code in reasons.LATER if counts.get(code))]
    ends = [reasons.HELD_OUT, reasons.WILL_RECEIVE]
    return Waterfall((matched, *(Line(code, counts.get(code, 0)) for code in [*always, *ends])), is_projected)


def _base_rate(campaign: Campaign, as_of: dt.date) -> tuple[int, float | None]:
    """How many may be randomised, and which share of them reached the goal in the window before."""
    last = as_of - dt.timedelta(days=1)
    days = {"since": last - dt.timedelta(days=campaign.window_days), "until": last}
    wanted = {"goal": campaign.goal, "zone": Installation.get().time_zone, **days}
    row = sql.rows("campaigns/sql/base_rate.sql", wanted)[0]
    return row["people"], row["reached"] / row["people"] if row["people"] else None


# --- launch and plan -------------------------------------------------------------------------


@transaction.atomic
def launch(*, campaign: Campaign, by: User, now: dt.datetime) -> Campaign:
    """Starts a draft or scheduled campaign. Its words are frozen here; `plan_due` writes the ledger right after.

    Raises CampaignError with every reason that forbids it.
    """
    campaign = lock(campaign)
    if campaign.state == State.PAUSED:
        raise CampaignError(_("This campaign is paused: resume it."))
    check(campaign, State.RUNNING)
    _refuse_if_not_ready(campaign, now)
    freeze(campaign, now)
    planned_to = 0 if journeys.is_triggered(campaign) else None  # who enters by trigger is planned at his entry
    move(campaign, State.RUNNING, by=by, launched_at=now, launched_by=by, note="", planned_to=planned_to)
    if campaign.trigger == Campaign.Trigger.ENTERING:
        movements.begin(journeys.consumer_of(campaign))
    return campaign


@transaction.atomic
def schedule(*, campaign: Campaign, at: dt.datetime, by: User, now: dt.datetime) -> Campaign:
    """Plans the start. Its words are frozen now; the audience is that of the moment of the start."""
    campaign = lock(campaign)
    check(campaign, State.SCHEDULED)
    if at <= now:
        raise CampaignError(_("The time to send lies in the past."))
    _refuse_if_not_ready(campaign, now, at=at)
    freeze(campaign, now)
    move(campaign, State.SCHEDULED, by=by, scheduled_at=at, launched_by=by, note="")
    return campaign


def _refuse_if_not_ready(campaign: Campaign, now: dt.datetime, *, at: dt.datetime | None = None) -> None:
    today = Installation.get().day_of(now)
    problems = [*compliance.problems(campaign, as_of=today), *([] if at else stale(campaign.segment, now))]
    problems += approving.problems(campaign, now, count=partial(receivers, campaign, as_of=today), at=at)
    if problems:
        raise CampaignError(" ".join(problems))


def receivers(campaign: Campaign, *, as_of: dt.date) -> int:
    """How many would receive it, as the waterfall says."""
    return waterfall(campaign, as_of=as_of).count(reasons.WILL_RECEIVE)


def stale(segment: Segment, now: dt.datetime) -> list[str]:
    """Why the segment's members can't be relied on now; empty where they can."""
    words = {"name": str(segment)}
    if segment.state == Segment.State.FAILED:
        return [str(_("The segment “%(name)s” could not be computed: mend its rule first.") % words)]
    if segment.state == Segment.State.NEVER:
        return [str(_("The segment “%(name)s” has not been computed yet.") % words)]
    if segment.is_frozen:
        return []
    if segment.as_of is None or segment.as_of < Installation.get().day_of(now):
        return [str(_("The members of “%(name)s” are not those of today: wait until it is refreshed.") % words)]
    return _stale_scores(now)


def _stale_scores(now: dt.datetime) -> list[str]:
    """Why no scores may be acted on; a segment that was computed without any run of scoring stands by itself."""
    found = scoring.freshness(now=now)
    if found.is_fine or found.trouble == Trouble.NEVER:
        return []
    reason = _("%(reason)s Its segments cannot be relied on: compute again, or wait for the next run.")
    return [str(reason % {"reason": found.reason})]


def freeze(campaign: Campaign, now: dt.datetime) -> None:
    """Fixes what every recipient gets: sending refuses words that no longer match the hash."""
    for step in campaign.steps.filter(edition=campaign.edition):
        step.frozen_at, step.content_hash = now, compliance.content_hash(step)
        step.save(update_fields=["frozen_at", "content_hash"])
        links.freeze(step)


def launch_due(*, now: dt.datetime) -> None:
    """Starts what was scheduled until now. What can't start for an hour is called off, and says why."""
    approving.lapse(now=now)
    due = Campaign.objects.filter(state=State.SCHEDULED, scheduled_at__lte=now)
    for campaign in due.select_related("launched_by"):
        late_by = now - (campaign.scheduled_at or now)
        try:
            launch(campaign=campaign, by=campaign.launched_by or campaign.created_by, now=now)
        except CampaignError as error:
            _could_not_start(campaign, str(error), is_over=late_by > LATE_BY)


@transaction.atomic
def _could_not_start(campaign: Campaign, why: str, *, is_over: bool) -> None:
    campaign = lock(campaign)
    if campaign.state != State.SCHEDULED:
        return
    if is_over:
        move(campaign, State.DRAFT, by=None, scheduled_at=None, note=why[:300])
    else:
        Campaign.objects.filter(pk=campaign.pk).update(note=why[:300])


def plan_due(*, now: dt.datetime) -> int:
    """Plans every running campaign that is not planned yet. How many rows were written."""
    waiting = Campaign.objects.filter(state=State.RUNNING, planned_to=None).values_list("pk", flat=True)
    return sum(plan(campaign_id=pk, now=now) for pk in list(waiting))


@transaction.atomic
def plan(*, campaign_id: int, now: dt.datetime) -> int:
    """Writes the whole ledger in one transaction: arms, coupons, a row for everybody. Killed in it, it begins anew."""
    found = Campaign.objects.select_for_update(skip_locked=True, of=["self"]).select_related("segment")
    campaign = found.filter(pk=campaign_id, state=State.RUNNING, planned_to=None).first()
    if campaign is None:  # another process has it
        return 0
    installation = Installation.get()
    today = installation.day_of(now)
    if problems := stale(campaign.segment, now):
        Campaign.objects.filter(pk=campaign.pk).update(note=" ".join(problems)[:300])
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")  # else a million people are sorted on disk, several times
    judge(campaign, as_of=today)
    _people, campaign.base_rate = _base_rate(campaign, today)
    sql.run("campaigns/sql/plan.sql", _plan_of(campaign, installation, now))
    _assign_variants(campaign, installation, now)
    starting.begin(campaign, now=now)
    campaign.planned_to, campaign.note = campaign.deliveries.count(), ""
    campaign.save(update_fields=["planned_to", "base_rate", "note"])
    audit.record("campaign.plan", by=None, on=campaign, rows=campaign.planned_to)
    return campaign.planned_to


def _assign_variants(campaign: Campaign, installation: Installation, now: dt.datetime) -> None:
    due_at = variants.decided_at(campaign, now)
    expires_at = given_up_at(due_at, getattr(campaign, "offer", None), installation)
    variants.assign(campaign, due_at=due_at, expires_at=expires_at)


def _plan_of(campaign: Campaign, installation: Installation, now: dt.datetime) -> dict:
    due_at = campaign.launched_at or now
    step = campaign.steps.filter(edition=campaign.edition).order_by("position")[0]
    opening = _opening(campaign, installation, due_at, getattr(campaign, "offer", None))
    return plan_of(campaign, step, installation, due_at, now) | opening


def plan_of(campaign: Campaign, step: Step, installation: Installation, due_at: dt.datetime, now: dt.datetime) -> dict:
    """What the statements that write a step's rows ask for: whose words, which offer, when due, when given up."""
    offer = getattr(campaign, "offer", None)
    return {
        "campaign": campaign.pk,
        "step": step.pk,
        "channel": step.channel,
        "offer": offer.pk if offer else None,
        "prefix": offer.code_prefix if offer else "",
        "now": now,
        "due_at": due_at,
        "expires_at": given_up_at(due_at, offer, installation),
    }


def _opening(campaign: Campaign, installation: Installation, due_at: dt.datetime, offer) -> dict:
    """When promotions may reach the people of each time zone in which it is night, or a day of rest."""
    rules = windows.Rules.load(installation)
    opens = {zone: windows.opens_at(due_at, zone, rules) for zone in (zones() if campaign.is_promotion else [])}
    closed = {zone: moment for zone, moment in opens.items() if moment > due_at}
    return {
        "zones": list(closed),
        "opens": list(closed.values()),
        "given_up": [given_up_at(moment, offer, installation) for moment in closed.values()],
    }


def given_up_at(due_at: dt.datetime, offer, installation: Installation) -> dt.datetime:
    """When a mail is too late: three days after it was due, and never after its offer has ended."""
    latest = due_at + TRY_FOR
    if offer and offer.expires_on:
        midnight = dt.datetime.combine(offer.expires_on + dt.timedelta(days=1), dt.time(), installation.zone)
        return min(latest, midnight)
    return latest


# --- customers no campaign writes to -----------------------------------------------------------


@transaction.atomic
def exclude(
    *,
    customer: Customer,
    reason: str,
    by: User,
    now: dt.datetime,
    note: str = "",
    until_on: dt.date | None = None,
) -> Exclusion:
    """No campaign writes to this customer from now on; a second call changes the reason."""
    exclusion, _is_new = Exclusion.objects.update_or_create(
        customer=customer,
        lifted_at=None,
        defaults={"reason": reason, "by": by, "at": now, "note": note, "until_on": until_on},
    )
    audit.record("customer.exclude", by=by, on=customer, reason=reason)
    return exclusion


@transaction.atomic
def readmit(*, customer: Customer, by: User, now: dt.datetime) -> bool:
    """Takes an exclusion back. False where there was none."""
    lifted = Exclusion.objects.filter(customer=customer, lifted_at=None).update(lifted_at=now)
    if lifted:
        audit.record("customer.readmit", by=by, on=customer)
    return bool(lifted)
