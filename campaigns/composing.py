"""Writing a campaign: everything that may be changed while it is a draft, saved as one, never over another's work."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import AuditEvent, User

from . import blocks as mail_blocks
from .models import Campaign, Occasion, Offer, Step, Variant
from .states import CampaignError, State, lock

FIELDS = (
    "name",
    "segment",
    "message_class",
    "goal",
    "holdout_percent",
    "window_days",
    "expected_effect",
    "cost",
)
LETTERS = "BC"  # of variants; A is the step itself
LASTS = dt.timedelta(hours=2)  # an event, until someone says otherwise


@dataclass(frozen=True)
class Message:
    """One step's words and place in the series."""

    subject: str
    body: str = ""
    blocks: Sequence[Mapping[str, str]] = ()
    wait: int = 0
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Given:
    """What is offered; `text` empty: nothing."""

    text: str = ""
    expires_on: dt.date | None = None
    code_prefix: str = ""
    kind: str = Offer.Kind.OTHER
    value: Decimal | None = None
    is_for_new: bool = False


@dataclass(frozen=True)
class Invited:
    """The event people are invited to."""

    title: str
    starts_at: dt.datetime
    place: str
    capacity: int | None = None


@transaction.atomic
def create(
    *,
    campaign: Campaign,
    messages: Sequence[Message],
    by: User,
    offer: Given | None = None,
    event: Invited | None = None,
) -> Campaign:
    """Saves a new draft with its steps, offer and event."""
    campaign.created_by = by
    campaign.save()
    for position, message in enumerate(messages, 1):
        Step.objects.create(
            campaign=campaign,
            position=position,
            wait=message.wait,
            condition=dict(message.condition or {}),
            subject=message.subject,
            body=message.body,
            blocks=mail_blocks.tidy(list(message.blocks)),
        )
    _offer(campaign, offer or Given())
    if event:
        ends_at = event.starts_at + LASTS
        Occasion.objects.create(
            campaign=campaign,
            title=event.title,
            starts_at=event.starts_at,
            ends_at=ends_at,
            place=event.place,
            capacity=event.capacity,
        )
    audit.record("campaign.create", by=by, on=campaign, playbook=campaign.playbook)
    return campaign


@transaction.atomic
def change(*, campaign: Campaign, offer: Given, by: User, version: int) -> Campaign:
    """Saves how a draft is set. Raises CampaignError where it is none any more, or someone was faster."""
    stored = _mine(campaign, version)
    campaign.version, campaign.note = stored.version + 1, ""
    campaign.save(update_fields=[*FIELDS, "version", "note"])
    _offer(campaign, offer)
    audit.record("campaign.change", by=by, on=campaign, version=campaign.version)
    return campaign


@transaction.atomic
def write(*, step: Step, variant: str, message: Message, by: User, version: int, is_auto: bool = False) -> int:
    """Saves the words of a step or one of its variants, faulty or not: a draft loses nothing. The new version.

    Raises CampaignError where the step is no draft any more, or someone was faster.
    """
    stored = _mine(step.campaign, version, step)
    words: Step | Variant = step if variant in ("", "A") else step.variants.get(letter=variant)
    words.subject, words.body = message.subject, message.body
    words.blocks = mail_blocks.tidy(list(message.blocks))
    words.save(update_fields=["subject", "body", "blocks"])
    return _count(stored, by, is_auto=is_auto)


@transaction.atomic
def add_variant(*, step: Step, by: User, version: int) -> Variant:
    """Begins as a copy of the step's own words. Raises CampaignError where there are as many as can be told apart."""
    stored = _mine(step.campaign, version, step)
    taken = set(step.variants.values_list("letter", flat=True))
    letter = next((one for one in LETTERS if one not in taken), "")
    if not letter:
        raise CampaignError(_("There are as many variants as can be told apart."))
    made = Variant.objects.create(step=step, letter=letter, subject=step.subject, body=step.body, blocks=step.blocks)
    _count(stored, by)
    return made


@transaction.atomic
def remove_variant(*, step: Step, variant: str, by: User, version: int) -> None:
    stored = _mine(step.campaign, version, step)
    step.variants.filter(letter=variant).delete()
    _count(stored, by)


@transaction.atomic
def set_test(*, campaign: Campaign, percent: int, hours: int, by: User, version: int) -> None:
    """How the variants are tested: on which share first, and for how long."""
    stored = _mine(campaign, version)
    Campaign.objects.filter(pk=campaign.pk).update(test_percent=percent, test_hours=hours)
    _count(stored, by)


def is_open(step: Step) -> bool:
    """Whether its words may still be changed."""
    return step.frozen_at is None and step.campaign.state in (State.DRAFT, State.RUNNING, State.PAUSED)


def _mine(campaign: Campaign, version: int, step: Step | None = None) -> Campaign:
    """The campaign, locked, if it is a draft (or the step is) and nobody has saved it since `version`."""
    stored = lock(campaign)
    is_draft = stored.state == State.DRAFT if step is None else is_open(step) and step.edition >= stored.edition
    if not is_draft:
        raise CampaignError(_("“%(name)s” is no longer a draft: it can't be changed.") % {"name": stored.name})
    if stored.version != version:
        raise CampaignError(
            _("Someone else has saved this campaign meanwhile. What you typed still stands here: compare, save again.")
        )
    return stored


def _count(stored: Campaign, by: User, *, is_auto: bool = False) -> int:
    """A new version. Saving while one types is written down once, until somebody else does something."""
    stored.version += 1
    stored.save(update_fields=["version"])
    if not (is_auto and _is_latest(stored, by)):
        audit.record("campaign.change", by=by, on=stored, version=stored.version)
    return stored.version


def _is_latest(campaign: Campaign, by: User) -> bool:
    about = AuditEvent.objects.filter(object_type=campaign._meta.label, object_id=str(campaign.pk))
    latest = about.order_by("-pk").first()
    return latest is not None and (latest.action, latest.actor_id) == ("campaign.change", by.pk)


def _offer(campaign: Campaign, offer: Given) -> None:
    if not offer.text:
        Offer.objects.filter(campaign=campaign).delete()
        return
    Offer.objects.update_or_create(
        campaign=campaign,
        defaults={
            "text": offer.text,
            "expires_on": offer.expires_on,
            "code_prefix": offer.code_prefix,
            "kind": offer.kind,
            "value": offer.value,
            "is_for_new": offer.is_for_new,
        },
    )
