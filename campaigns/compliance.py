"""What forbids sending a campaign, as sentences: what 特定電子メール法 asks, and what would make it go wrong.

Sources: 特定電子メールの送信の適正化等に関する法律 4条, 施行規則 9条 (sender, postal address, where to complain,
how to refuse, an address for refusing); HTML and text part both carry them (letter.py writes, this checks).
"""

import datetime as dt
import hashlib
import html
import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Installation

from . import fields, letter, rendering
from .models import Campaign, Step

CHANGED = gettext_lazy("The message was changed after the launch: nobody else gets it. Make a new campaign.")


def problems(campaign: Campaign, *, as_of: dt.date) -> list[str]:
    """Everything that forbids sending this campaign on that day; empty where it may go out."""
    installation = Installation.get()
    found = [*_stopped(installation), *_sender(installation, campaign), *_steps(campaign), *_offer(campaign, as_of)]
    return found or _shown(campaign, installation)


def content_hash(step: Step) -> str:
    """SHA-256 of all that makes up what recipients are told: the same for everybody in a campaign."""
    campaign = step.campaign
    offer = getattr(campaign, "offer", None)
    told = [step.subject, step.body, campaign.message_class, *([offer.text, str(offer.expires_on)] if offer else [])]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _stopped(installation: Installation) -> list[str]:
    if installation.sending_stopped:
        return [_("Sending is stopped: %(why)s") % {"why": installation.sending_stopped}]
    return []


def _sender(installation: Installation, campaign: Campaign) -> list[str]:
    """The five display items for promotions; a business notice needs to say who writes."""
    needed = set(installation.missing_sender_items)
    if not campaign.is_promotion:
        needed &= {"sender_name", "sender_email"}
    names = [str(Installation._meta.get_field(name).verbose_name) for name in installation.missing_sender_items]
    missing = [name for name, field in zip(names, installation.missing_sender_items, strict=True) if field in needed]
    return [
        _("In the settings, %(item)s is missing; the law asks for it in every mail.") % {"item": i} for i in missing
    ]


def _steps(campaign: Campaign) -> list[str]:
    steps = list(campaign.steps.all())
    if not steps:
        return [_("The campaign has no message yet.")]
    return [problem for step in steps for problem in _step(campaign, step)]


def _step(campaign: Campaign, step: Step) -> list[str]:
    found = [
        *([] if step.subject.strip() else [_("The subject is empty.")]),
        *([] if step.body.strip() else [_("The text is empty.")]),
        *rendering.template_problems(step.subject),
        *rendering.template_problems(step.body),
    ]
    if "\n" in step.subject or "\r" in step.subject:
        found.append(_("The subject must be one line."))
    return found or _offered(campaign, step)


def _offered(campaign: Campaign, step: Step) -> list[str]:
    """A business notice carries no offer; a text that names one needs it."""
    used = (rendering.uses(step.subject) | rendering.uses(step.body)) & {"offer", "coupon", "expires_on"}
    has_offer = hasattr(campaign, "offer")
    if not campaign.is_promotion and (used or has_offer):
        return [_("A business notice may not carry an offer: make it a promotion, or take the offer out.")]
    if used and not has_offer:
        return [_("The text names an offer, but the campaign has none.")]
    return []


def _offer(campaign: Campaign, as_of: dt.date) -> list[str]:
    offer = getattr(campaign, "offer", None)
    if offer and offer.expires_on and offer.expires_on < as_of:
        return [_("The offer ended on %(day)s.") % {"day": f"{offer.expires_on:%Y/%m/%d}"}]
    return []


def _shown(campaign: Campaign, installation: Installation) -> list[str]:
    """Reads a finished mail as a recipient would: every item must stand in its text and in its HTML."""
    url = letter.unsubscribe_url("0" * 43)
    items = letter.display_items(installation, campaign) + ([url] if campaign.is_promotion else [])
    examples = {name: field.example for field in fields.FIELDS for name in (field.key, field.word)}
    found = []
    for step in campaign.steps.all():
        words = letter.Letter(step, installation).words(examples, url)
        missing = [item for item in items if item not in words.text or html.escape(item) not in words.html]
        found += [_("The mail does not show “%(item)s”; the law asks for it.") % {"item": item} for item in missing]
    return found
