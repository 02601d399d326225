"""Writing a campaign: everything that may be changed while it is a draft, saved as one."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User

from .models import Campaign, Offer, Step
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


@dataclass(frozen=True)
class Words:
    """The message and what it offers; `offer` empty: nothing."""

    subject: str
    body: str
    offer: str = ""
    expires_on: dt.date | None = None
    code_prefix: str = ""


@transaction.atomic
def create(*, campaign: Campaign, words: Words, by: User) -> Campaign:
    """Saves a new draft."""
    campaign.created_by = by
    campaign.save()
    _write(campaign, words)
    audit.record("campaign.create", by=by, on=campaign, playbook=campaign.playbook)
    return campaign


@transaction.atomic
def change(*, campaign: Campaign, words: Words, by: User, version: int) -> Campaign:
    """Saves changes to a draft. Raises CampaignError where it is none any more, or someone was faster."""
    stored = lock(campaign)
    if stored.state != State.DRAFT:
        raise CampaignError(_("“%(name)s” is no longer a draft: it can't be changed.") % {"name": stored.name})
    if stored.version != version:
        raise CampaignError(
            _("Someone else has saved this campaign meanwhile. What you typed still stands here: compare, save again.")
        )
    campaign.version, campaign.note = stored.version + 1, ""
    campaign.save(update_fields=[*FIELDS, "version", "note"])
    _write(campaign, words)
    audit.record("campaign.change", by=by, on=campaign, version=campaign.version)
    return campaign


def _write(campaign: Campaign, words: Words) -> None:
    Step.objects.update_or_create(
        campaign=campaign, position=1, defaults={"subject": words.subject, "body": words.body}
    )
    if not words.offer:
        Offer.objects.filter(campaign=campaign).delete()
        return
    Offer.objects.update_or_create(
        campaign=campaign,
        defaults={"text": words.offer, "expires_on": words.expires_on, "code_prefix": words.code_prefix},
    )
