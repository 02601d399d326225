"""A mail of a step to a person: his words, what the law asks to stand under them, and the headers of a good sender."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Installation

from . import blocks, event_words, fields, links, markup, mime, painting, palette, plaintext, rendering, return_paths
from .channels import Message
from .models import Campaign, Step, Variant

SAMPLE = "0" * 43  # a token nobody has
FOOT = (
    '<img src="{{ open_url }}" width="1" height="1" alt="" style="display:block;border:0">'
    '<a href="{{ trap_url }}" style="display:none" aria-hidden="true" tabindex="-1"></a>'
)
NO_TAGS = str.maketrans("{}", "（）")  # what is typed into the settings is no template


@dataclass(frozen=True)
class Words:
    """What a person reads, before it becomes bytes."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str


def unsubscribe_url(token: str) -> str:
    return f"{settings.BASE_URL}/u/{token}/"


def display_items(installation: Installation, campaign: Campaign) -> list[str]:
    """What must stand in every mail of this campaign, beside the link to refuse."""
    sender = [installation.sender_name, installation.sender_email]
    if not campaign.is_promotion:
        return sender
    more = [installation.sender_address, installation.complaint_contact, installation.refusal_notice]
    return sender + more


def words_of(step: Step, variant: str = "") -> Step | Variant:
    """Where subject, body and blocks of a variant stand; A is the step's own, and so is what this step doesn't test."""
    return step if variant in ("", "A", "?") else step.variants.filter(letter=variant).first() or step


class Letter:
    """One step, or a variant of it, ready to be written to many. Built once; `write` is called per person.

    `is_counted` False: links lead where they say, and nobody is told that it was read (previews and tests).
    """

    def __init__(self, step: Step, installation: Installation, variant: str = "", *, is_counted: bool = True):
        self.step, self.campaign, self.installation = step, step.campaign, installation
        self.variant = "" if variant in ("A", "?") else variant
        self._sender = mime.address(installation.sender_email) if installation.sender_email else ""
        self._domain = self._sender.rpartition("@")[2]
        self._is_counted = is_counted and self.campaign.is_promotion and step.frozen_at is not None
        self._numbers = links.numbers(step, self.variant) if self._is_counted else {}
        self._compile(words_of(step, variant))

    @classmethod
    def of(cls, installation: Installation, step: Step, variant: str) -> "Letter":
        return cls(step, installation, variant)

    def _compile(self, words: Step | Variant) -> None:
        content = blocks.tidy(words.blocks) or short(words.body)
        language = blocks.head_of(content)["language"] or settings.LANGUAGE_CODE
        self._subject = words.subject
        with translation.override(language):
            self._occasion = event_words.of_campaign(self.campaign)
            self._event = event_words.values(self._occasion) if self._occasion else {}
            scene = self._scene(language)
            self._html = painting.paint(content, scene)
            self._text = plaintext.write(content, scene, "\n".join([plaintext.RULE, *self._footer()]))

    def _scene(self, language: str) -> painting.Scene:
        offer = getattr(self.campaign, "offer", None)
        shown = [
            (_("Day and time"), "event_date"),
            (_("Place"), "event_place"),
            (pgettext("event", "Seats"), "event_seats"),
        ]
        if self._occasion and self._occasion.answer_until:
            shown.append((_("Answer by"), "event_until"))
        return painting.Scene(
            language=language,
            company=self.our_company.translate(NO_TAGS),
            footer=_linked(self._footer()),
            has_end=bool(offer and offer.expires_on),
            event=[(label, name) for label, name in shown if self._event.get(name)],
            click=self._click,
            pixel=FOOT if self._is_counted else "",
        )

    def _click(self, url: str) -> str:
        number = self._numbers.get(url)
        return url if number is None else f"{{{{ click_{number} }}}}"

    @property
    def our_company(self) -> str:
        return self.installation.company_name or self.installation.sender_name

    def words(self, values: Mapping[str, str], url: str, token: str = SAMPLE) -> Words:
        """Subject, text and HTML for one person. Raises rendering.UnsendableError."""
        values = {**values, **self._addresses(token), "unsubscribe_url": url}
        subject = rendering.fill(self._subject, _in_one_line(values)).strip()
        return Words(subject, self._text.fill(values), self._html.fill(markup.Escaped(values)), url)

    def write(self, row: Mapping[str, Any], *, now: dt.datetime) -> Message:
        """The mail of one row of recipients.sql. Raises rendering.UnsendableError where the person can't get it."""
        token = row["token"]
        url = unsubscribe_url(token)
        to = mime.address(row["address"])
        words = self.words(self.values(row), url, token)
        headers = {
            "Date": mime.date(now),
            "To": to,
            "Subject": mime.words(words.subject),
            "Message-ID": f"<{row['message_key']}@{self._domain}>",
            **self._reply_to(row),
        }
        if self.campaign.is_promotion:
            headers["List-Unsubscribe"] = f"<{url}>"
        content = self._skeleton.fill(headers, words.text, words.html)
        sender = return_paths.of(row["message_key"]) or self._sender
        return Message(sender, to, content, str(row["message_key"]))

    def values(self, row: Mapping[str, Any]) -> dict[str, str]:
        """The merge fields of one row of recipients.sql."""
        event = {**self._event, "event_url": event_words.url(row["token"])} if self._event else {}
        url = unsubscribe_url(row["token"])
        return fields.values(row, unsubscribe_url=url, our_company=self.our_company, told=event)

    def _addresses(self, token: str) -> dict[str, str]:
        if not self._is_counted:
            return {}
        counted = {f"click_{number}": links.click_url(token, number) for number in self._numbers.values()}
        return {**counted, "open_url": links.open_url(token), "trap_url": links.trap_url(token)}

    def _reply_to(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Answers go to the customer's owner, where he has an address."""
        if not row["owner_email"]:
            return {}
        return {"Reply-To": mime.mailbox(row["owner_name"], row["owner_email"])}

    @property
    def _skeleton(self) -> mime.Skeleton:
        """What every mail begins with; made when the first is written, because only then a sender is needed."""
        if not hasattr(self, "_made"):
            self._made = mime.Skeleton(self._headers(), boundary=f"=_modoru_{self.step.pk}{self.variant}")
        return self._made

    def _headers(self) -> dict[str, str]:
        headers = {
            "From": mime.mailbox(self.installation.sender_name, self.installation.sender_email),
            "Auto-Submitted": "auto-generated",  # no out-of-office answers to thousands of mails
        }
        if self.campaign.is_promotion:
            headers["List-Id"] = f"<campaigns.{self._domain}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    def _footer(self) -> list[str]:
        """The lines under every mail, as templates of text."""
        by = self.installation
        lines = [_("Sender: %(name)s") % {"name": by.sender_name}]
        if self.campaign.is_promotion:
            lines = [by.refusal_notice, f"{_('Stop these mails:')} {URL}", "", *lines]
            lines += [by.sender_address, _("Questions and complaints: %(at)s") % {"at": by.complaint_contact}]
        lines.append(_("E-mail: %(address)s") % {"address": by.sender_email})
        return [line.translate(NO_TAGS).replace(URL, "{{ unsubscribe_url }}") for line in lines]


URL = "\ue000"  # stands for the person's link; the private character can't come from a setting


def short(body: str) -> list[blocks.Block]:
    """A letter written as plain text: its paragraphs, and a button for an address alone in one."""
    found = []
    for part in re.split(r"\n\s*\n", body.strip()):
        is_address = rendering.URL.fullmatch(part.strip()) is not None
        found.append(
            {"kind": "button", "label": _("Open the page"), "url": part.strip()}
            if is_address
            else {"kind": "text", "text": part}
        )
    return found


def _linked(lines: Sequence[str]) -> str:
    """The footer's lines as HTML, the address to refuse as a link."""
    link = f'<a href="{{{{ unsubscribe_url__whole }}}}" style="color:{palette.QUIET};text-decoration:underline">'
    shown = "<br>".join(markup.line(line) for line in lines)
    return shown.replace("{{ unsubscribe_url__line }}", f"{link}{{{{ unsubscribe_url__whole }}}}</a>")


def _in_one_line(values: Mapping[str, str]) -> dict[str, str]:
    """For the subject: our own 宛名 has lines, which become spaces."""
    return {key: text.replace("\n", " ") for key, text in values.items()}
