"""What to know before sending: nothing that forbids it (compliance.py does), but what would make it go badly.

Counted over the audience as it is now. Links are tried when someone asks, and remembered for an hour.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import outgoing
from accounts.models import AuditEvent, Installation
from common import sql

from . import blocks, compliance, fields, letter, links, rendering
from .models import Campaign, Step, Variant, Way

CLIP = 102 * 1024  # bytes of HTML after which Gmail hides the rest behind a link
LIGHT = 6_000  # characters of the author's: even forty blocks of them stay below CLIP with all their tables
LONG_SUBJECT = 40  # characters: phones show about 30 of them
LINKS_FOR = 3600  # seconds a link that was tried is remembered
MOST_LINKS = 50
# What the statement counts; every other field is always there, or is checked by compliance.py.
COUNTED = (
    "name", "company", "department", "title", "owner", "last_product", "last_purchased_on", "plan", "renews_on",
    "notice_due_on",
)  # fmt: skip
SAME = {"family_name": "name"}  # counted under another name


@dataclass(frozen=True)
class Link:
    """An address that was tried: `fault` says what was wrong, empty where it answered."""

    url: str
    fault: str


def warnings(campaign: Campaign, *, as_of: dt.date) -> list[str]:
    """Everything worth knowing before it goes, as sentences."""
    steps = mails_of(campaign)
    mails = [words for step in steps for words in compliance.words_of(step)]
    return list(
        dict.fromkeys([
            *_empty_fields(campaign, mails),
            *(problem for words in mails for problem in _words(words)),
            *_sizes(steps),
            *_links(mails),
            *_dates(campaign, as_of),
            *_untested(campaign),
        ])
    )  # fmt: skip


def mails_of(campaign: Campaign) -> list[Step]:
    """The mails that would go out now."""
    found = campaign.steps.filter(edition=campaign.edition, channel=Way.MAIL)
    return list(found.prefetch_related("variants"))


def needed(words: Step | Variant) -> set[str]:
    """Keys of the fields without which a person gets no mail."""
    sources = [words.subject, words.body, *blocks.texts(words.blocks)]
    found: set[str] = set()
    for source in sources:
        if not rendering.template_problems(source):
            found |= rendering.needs(source)
    return found


def _empty_fields(campaign: Campaign, mails: list[Step | Variant]) -> Iterator[str]:
    keys = {SAME.get(key, key) for words in mails for key in needed(words)} & set(COUNTED)
    if not keys:
        return
    counts = sql.rows("campaigns/sql/empty_fields.sql", {"segment": campaign.segment_id})[0]
    for field in fields.FIELDS:
        if field.key in keys and (count := counts[field.key]):
            words = {"count": f"{count:,}", "field": field.label}
            yield (
                ngettext(
                    "%(count)s person has no “%(field)s”, and nothing stands in for it: he gets no mail.",
                    "%(count)s people have no “%(field)s”, and nothing stands in for it: they get no mail.",
                    count,
                )
                % words
            )


def _words(words: Step | Variant) -> Iterator[str]:
    name = words.subject or _("(no subject)")
    if len(words.subject) > LONG_SUBJECT:
        yield _("“%(subject)s”: the subject is long; phones show about 30 characters.") % {"subject": name}
    for block in words.blocks:
        if block.get("kind") == "image" and not block.get("alt"):
            yield _("“%(subject)s”: an image has no words for those who don't see it.") % {"subject": name}
    if any("[[" in text for text in blocks.texts(words.blocks)) or "○" in f"{words.subject}{words.body}":
        yield _("“%(subject)s”: there is still a place to be filled in.") % {"subject": name}


def _sizes(steps: list[Step]) -> Iterator[str]:
    """Blocks cost a few kilobytes each; what is far from the limit is not painted to be weighed."""
    installation = Installation.get()
    examples = {name: field.example for field in fields.FIELDS for name in (field.key, field.word)}
    for step in steps:
        if _is_light(step) or compliance.step_problems(step.campaign, step):
            continue
        for variant in ["", *(other.letter for other in step.variants.all())]:
            words = letter.Letter(step, installation, variant, is_counted=False).words(examples, "https://x")
            if (size := len(words.html.encode())) > CLIP:
                shown = {"subject": words.subject, "size": f"{size // 1024:,}"}
                yield _("“%(subject)s” has %(size)s kB: Gmail hides what is beyond 102 kB.") % shown


def _is_light(step: Step) -> bool:
    return all(len(str(words.blocks)) + len(words.body) < LIGHT for words in compliance.words_of(step))


def _dates(campaign: Campaign, as_of: dt.date) -> Iterator[str]:
    occasion = getattr(campaign, "occasion", None)
    if occasion and Installation.get().day_of(occasion.starts_at) <= as_of:
        yield _("The event has begun or is over.")
    if occasion and occasion.answer_until and Installation.get().day_of(occasion.answer_until) < as_of:
        yield _("The day until which people may answer has passed.")


def _untested(campaign: Campaign) -> Iterator[str]:
    about = AuditEvent.objects.filter(object_type=campaign._meta.label, object_id=str(campaign.pk))
    if not about.filter(action="campaign.test").exists():
        yield _("No test mail has been sent yet: send one to yourself and read it.")


# --- links --------------------------------------------------------------------------------------


def _links(mails: list[Step | Variant]) -> Iterator[str]:
    """The dead ones among those that were tried."""
    for link in tried(mails):
        if link.fault:
            yield _("The link %(url)s does not work: %(why)s") % {"url": link.url, "why": link.fault}


def addresses(mails: list[Step | Variant]) -> list[str]:
    """Every address written in the mails, without those a merge field completes."""
    found = [url for words in mails for url in [*links.written(words.body), *links.written(words.blocks)]]
    return list(dict.fromkeys(found))[:MOST_LINKS]


def tried(mails: list[Step | Variant]) -> list[Link]:
    """What is remembered of them."""
    known = cache.get_many([_key(url) for url in addresses(mails)])
    return [Link(url, known[_key(url)]) for url in addresses(mails) if _key(url) in known]


def try_links(campaign: Campaign) -> list[Link]:
    """Calls every address of the campaign, as far as it lies in the public internet."""
    mails = [words for step in mails_of(campaign) for words in compliance.words_of(step)]
    found = [Link(url, _fault(url)) for url in addresses(mails)]
    for link in found:
        cache.set(_key(link.url), link.fault, LINKS_FOR)
    return found


def _fault(url: str) -> str:
    try:
        status = outgoing.status(url)
    except (outgoing.RefusedAddressError, outgoing.UnreachableError) as error:
        return str(error)
    return _("it answers %(status)s") % {"status": status} if status >= 400 and status not in (403, 405, 429) else ""


def _key(url: str) -> str:
    return f"link:{hashlib.sha256(url.encode()).hexdigest()}"
