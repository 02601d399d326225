"""What forbids sending a campaign, as sentences: what 特定電子メール法 asks, and what would make it go wrong.

Sources: 特定電子メールの送信の適正化等に関する法律 4条, 施行規則 9条 (sender, postal address, where to complain,
how to refuse, an address for refusing); HTML and text part both carry them (letter.py writes, this checks).
"""

import datetime as dt
import hashlib
import html
import json
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Installation

from . import blocks, event_words, fields, flow, letter, rendering
from .models import Campaign, Step, Variant, Way

OFFER_FIELDS = {"offer", "coupon", "expires_on"}
EVENT_FIELDS = {field.key for field in fields.FIELDS if field.key.startswith("event_")}
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
    told: list[Any] = [step.subject, step.body, campaign.message_class]
    told += [offer.text, str(offer.expires_on)] if offer else []
    told += [step.blocks] if step.blocks else []
    told += [[other.letter, other.subject, other.body, other.blocks] for other in step.variants.all()]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


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
    steps = list(in_force(campaign))
    if not steps:
        return [_("The campaign has no message yet.")]
    found = {step: step_problems(campaign, step) for step in steps}
    return [*flow.problems(campaign), *(_named(step, problem, steps) for step in steps for problem in found[step])]


def _named(step: Step, problem: str, steps: list[Step]) -> str:
    """With several steps, which one it is about."""
    return _("Step %(n)s: %(problem)s") % {"n": step.position, "problem": problem} if len(steps) > 1 else problem


def in_force(campaign: Campaign) -> QuerySet[Step]:
    """The steps people get, of this edition and of those before it; not of one that is being worked on."""
    return campaign.steps.filter(edition__lte=campaign.edition).prefetch_related("variants")


def step_problems(campaign: Campaign, step: Step) -> list[str]:
    """Of the step's own words, and of each variant that is tested against them."""
    found = [problem for words in words_of(step) for problem in _words(step, words)]
    return list(dict.fromkeys(found)) or _offered(campaign, step)


def words_of(step: Step) -> list[Step | Variant]:
    return [step, *step.variants.all()]


def _words(step: Step, words: Step | Variant) -> list[str]:
    is_mail = step.channel == Way.MAIL
    found = [
        *([] if words.subject.strip() or not is_mail else [_("The subject is empty.")]),
        *([] if words.body.strip() or blocks.body_of(words.blocks) else [_("The text is empty.")]),
        *rendering.template_problems(words.subject),
        *rendering.template_problems(words.body),
        *blocks.problems(words.blocks),
    ]
    if "\n" in words.subject or "\r" in words.subject:
        found.append(_("The subject must be one line."))
    return found


def used(words: Step | Variant) -> set[str]:
    """The keys of all merge fields in a message."""
    return rendering.uses(words.subject) | rendering.uses(words.body) | blocks.uses(words.blocks)


def _offered(campaign: Campaign, step: Step) -> list[str]:
    """A business notice carries no offer; a text that names one, or an event, needs it."""
    fields_used: set[str] = set().union(*(used(words) for words in words_of(step)))
    needed: set[str] = set().union(*(blocks.needs(words.blocks) for words in words_of(step)))
    offered = fields_used & OFFER_FIELDS
    has_offer = hasattr(campaign, "offer")
    if not campaign.is_promotion and (offered or has_offer):
        return [_("A business notice may not carry an offer: make it a promotion, or take the offer out.")]
    found = []
    if offered and not has_offer:
        found.append(_("The text names an offer, but the campaign has none."))
    if (fields_used & EVENT_FIELDS or "occasion" in needed) and event_words.of_campaign(campaign) is None:
        found.append(_("The text names an event, but the campaign has none."))
    return found


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
    for step, variant in _mails(campaign):
        words = letter.Letter(step, installation, variant).words(examples, url)
        missing = [item for item in items if item not in words.text or html.escape(item) not in words.html]
        found += [_("The mail does not show “%(item)s”; the law asks for it.") % {"item": item} for item in missing]
    return found


def _mails(campaign: Campaign) -> list[tuple[Step, str]]:
    """Every mail of the campaign: step and variant."""
    steps = in_force(campaign).filter(channel=Way.MAIL)
    return [(step, variant) for step in steps for variant in ["", *(other.letter for other in step.variants.all())]]
