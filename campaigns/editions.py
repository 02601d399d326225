"""The steps of a campaign: added, moved, taken out; and once it runs, as a new edition beside the one in force.

A draft is changed in place. What runs is never changed: a copy of its steps becomes the next edition, is worked on
while the old one goes on, and is put in force as a whole, frozen and hashed like a launch. Who is on the way stays on
his edition, or goes on with the new one from the same position, as chosen.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.roles import allows

from . import approving, audience, compliance, conditions
from .models import Campaign, Journey, Step, Variant
from .states import CampaignError, State, lock

MOST_STEPS = 20
ASIDE = 1000  # positions out of the way while steps change places
RULES = ("wait", "wait_unit", "send_time", "condition", "channel", "unit_cost")  # what a step has beside its words
WORDS = ("subject", "body", "blocks")
RUNS = {State.RUNNING, State.PAUSED}
ANY_TIME = ("trigger_rule", "send_time", "reentry_days", "exits_on_goal", "exits_on_leaving", "priority")
BEFORE_LAUNCH = ("trigger", "recipients", "recipient_roles")


def editable(campaign: Campaign) -> int | None:
    """The edition whose steps may be changed now; None where there is none (begin one, or it is over)."""
    if campaign.state == State.DRAFT:
        return campaign.edition
    if campaign.state not in RUNS:
        return None
    newest = campaign.steps.aggregate(newest=Max("edition"))["newest"] or campaign.edition
    return newest if newest > campaign.edition else None


def steps_of(campaign: Campaign, edition: int) -> list[Step]:
    """In order."""
    return list(campaign.steps.filter(edition=edition).order_by("position"))


def on_the_way(campaign: Campaign) -> dict[int, int]:
    """How many people are on the way with each edition."""
    rows = Journey.objects.filter(campaign=campaign, state=Journey.State.ACTIVE)
    return dict(rows.values_list("edition").annotate(Count("pk")).order_by("edition"))


# --- editions ------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, campaign: Campaign, by: User) -> int:
    """Copies the steps in force into the next edition. Its number; the one being worked on where there is one."""
    campaign = lock(campaign)
    if campaign.state not in RUNS:
        raise CampaignError(_("Only a campaign that runs or is paused gets a new edition."))
    if (open_one := editable(campaign)) is not None:
        return open_one
    for step in steps_of(campaign, campaign.edition):
        _copy(step, campaign.edition + 1)
    audit.record("campaign.edition_begun", by=by, on=campaign, edition=campaign.edition + 1)
    return campaign.edition + 1


def _copy(step: Step, edition: int) -> None:
    variants = list(step.variants.all())
    same = {name: getattr(step, name) for name in (*RULES, *WORDS)}
    copied = Step.objects.create(campaign_id=step.campaign_id, edition=edition, position=step.position, **same)
    for one in variants:
        Variant.objects.create(step=copied, letter=one.letter, **{name: getattr(one, name) for name in WORDS})


@transaction.atomic
def discard(*, campaign: Campaign, by: User) -> None:
    """Takes the edition that is being worked on away; what runs goes on."""
    campaign = lock(campaign)
    if campaign.state == State.DRAFT or (edition := editable(campaign)) is None:
        raise CampaignError(_("There is no new edition."))
    campaign.steps.filter(edition=edition).delete()
    audit.record("campaign.edition_discarded", by=by, on=campaign, edition=edition)


@transaction.atomic
def put_in_force(*, campaign: Campaign, by: User, now: dt.datetime, as_of: dt.date, moves: bool = False) -> int:
    """Who enters from now on gets the new edition; `moves`: also who is on the way, from the same position.

    Freezes and hashes it. Returns how many on the way it changes. Raises CampaignError with all that forbids it.
    """
    campaign = lock(campaign)
    if campaign.state == State.DRAFT or (edition := editable(campaign)) is None:
        raise CampaignError(_("There is no new edition."))
    _refuse_alone(campaign, by)
    campaign.edition = edition
    if problems := compliance.problems(campaign, as_of=as_of):
        raise CampaignError(" ".join(problems))
    campaign.version += 1
    campaign.save(update_fields=["edition", "version"])
    audience.freeze(campaign, now)
    moved = campaign.journeys.filter(state=Journey.State.ACTIVE).update(edition=edition) if moves else 0
    audit.record("campaign.edition", by=by, on=campaign, edition=edition, moved=moved)
    return moved


def _refuse_alone(campaign: Campaign, by: User) -> None:
    """Where the launch needed a second person, so does a new edition: a leader who has not written it."""
    if not approving.reasons(campaign, lambda: campaign.segment.member_count):
        return
    if not allows(by, "campaigns.approve") or by.pk in approving.writers(campaign):
        raise CampaignError(_("A second person puts this edition in force: a manager or admin who has not changed it."))


# --- steps ---------------------------------------------------------------------------------------


def _worked_on(campaign: Campaign, version: int) -> tuple[Campaign, int]:
    """The campaign locked and the edition that may be changed. Raises CampaignError where someone was faster."""
    campaign = lock(campaign)
    edition = editable(campaign)
    if edition is None:
        raise CampaignError(
            _("The steps of “%(name)s” can't be changed: begin a new edition.") % {"name": campaign.name}
        )
    if campaign.version != version:
        raise CampaignError(_("Someone has changed this campaign since you opened this page. Look at it again first."))
    return campaign, edition


def _changed(campaign: Campaign, by: User, **detail: Any) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(version=campaign.version + 1)
    audit.record("campaign.change", by=by, on=campaign, version=campaign.version + 1, **detail)


@transaction.atomic
def add_step(*, campaign: Campaign, by: User, version: int, after: int) -> int:
    """A new step behind position `after` (0: first), three days after the one before. Its position."""
    campaign, edition = _worked_on(campaign, version)
    order = [step.pk for step in steps_of(campaign, edition)]
    if len(order) >= MOST_STEPS:
        raise CampaignError(_("A campaign has at most %(n)s steps.") % {"n": MOST_STEPS})
    place = min(max(after, 0), len(order))
    made = Step.objects.create(campaign=campaign, edition=edition, position=ASIDE * 2, wait=3 if place else 0)
    _put_in_order(campaign, edition, [*order[:place], made.pk, *order[place:]])
    _changed(campaign, by, step=place + 1, act="add")
    return place + 1


@transaction.atomic
def move_step(*, campaign: Campaign, by: User, version: int, position: int, by_places: int) -> None:
    """One place up (−1) or down (+1). Conditions that name it go along; at the ends nothing happens."""
    campaign, edition = _worked_on(campaign, version)
    order = [step.pk for step in steps_of(campaign, edition)]
    place, other = position - 1, position - 1 + by_places
    if not (0 <= place < len(order) and 0 <= other < len(order)):
        return
    order[place], order[other] = order[other], order[place]
    _put_in_order(campaign, edition, order)
    _changed(campaign, by, step=position, act="move")


@transaction.atomic
def remove_step(*, campaign: Campaign, by: User, version: int, position: int) -> None:
    """Takes a step out; the last one stays. A condition about it becomes "everybody"."""
    campaign, edition = _worked_on(campaign, version)
    steps = steps_of(campaign, edition)
    if len(steps) < 2:
        raise CampaignError(_("A campaign needs one step: change this one instead."))
    gone = [step for step in steps if step.position == position]
    _put_in_order(campaign, edition, [step.pk for step in steps if step.position != position])
    for step in gone:
        step.delete()
    _changed(campaign, by, step=position, act="remove")


@transaction.atomic
def change_step(*, campaign: Campaign, by: User, version: int, position: int, rule: dict[str, Any]) -> None:
    """Sets wait, time, condition and channel of a step (RULES)."""
    campaign, edition = _worked_on(campaign, version)
    changed = {name: rule[name] for name in RULES if name in rule}
    if not campaign.steps.filter(edition=edition, position=position).update(**changed):
        raise CampaignError(_("There is no such step any more."))
    _changed(campaign, by, step=position, act="change")


def _put_in_order(campaign: Campaign, edition: int, order: list[int]) -> None:
    """Positions 1, 2 … in that order; steps left out of it are put aside."""
    before = {step.pk: step for step in steps_of(campaign, edition)}
    places = {before[pk].position: place for place, pk in enumerate(order, start=1) if pk in before}
    for number, pk in enumerate(before):
        Step.objects.filter(pk=pk).update(position=ASIDE + number)
    for place, pk in enumerate(order, start=1):
        condition = conditions.moved(before[pk].condition, places)
        is_earlier = condition.get("step", 0) < place
        Step.objects.filter(pk=pk).update(position=place, condition=condition if is_earlier else {})


# --- who enters, and who leaves ------------------------------------------------------------------


@transaction.atomic
def change_rules(*, campaign: Campaign, by: User, version: int, fields: dict[str, Any]) -> Campaign:
    """Sets the trigger and its rule, re-entry, exits, recipients and priority; some only before the launch."""
    campaign = lock(campaign)
    if campaign.state != State.DRAFT and campaign.state not in RUNS:
        raise CampaignError(_("“%(name)s” is over or planned: it can't be changed.") % {"name": campaign.name})
    if campaign.version != version:
        raise CampaignError(_("Someone has changed this campaign since you opened this page. Look at it again first."))
    may_change = ANY_TIME if campaign.state in RUNS else (*ANY_TIME, *BEFORE_LAUNCH)
    changed = {name: fields[name] for name in may_change if name in fields}
    for name, value in changed.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(changed))
    _changed(campaign, by, rules=sorted(changed))
    campaign.refresh_from_db()
    return campaign
