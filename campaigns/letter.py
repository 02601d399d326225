"""A mail of a step to a person: his words, what the law asks to stand under them, and the headers of a good sender."""

import datetime as dt
import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Installation

from . import fields, mime, rendering, return_paths
from .channels import Message
from .models import Campaign, Step

RULE = "―" * 12
DOCUMENT = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>'
    '<body style="margin:0;background:#f6f8fb"><div style="max-width:600px;margin:0 auto;padding:24px;'
    'background:#ffffff;color:#182433;font-family:sans-serif;font-size:15px;line-height:1.7">{body}'
    '<hr style="border:0;border-top:1px solid #dce1e7;margin:24px 0">'
    '<div style="font-size:12px;color:#49566c">{footer}</div></div></body></html>'
)


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


class Letter:
    """One step, ready to be written to many. Built once; `write` is called per person."""

    def __init__(self, step: Step, installation: Installation, variant: str = ""):
        """`variant`: B, C …; the step's own words are A, or what a step without a test has."""
        self.step, self.campaign, self.installation = step, step.campaign, installation
        other = step.variants.filter(letter=variant).first() if variant else None
        self.subject, self.body = (other or step).subject, (other or step).body
        self._sender = mime.address(installation.sender_email)
        self._domain = self._sender.rpartition("@")[2]
        with translation.override(settings.LANGUAGE_CODE):
            self._footer, self._footer_html = self._footers()
            self._links = rendering.Links.of(self.body, label=_("Open the page"))
        self._skeleton = mime.Skeleton(self._headers(), boundary=f"=_modoru_{step.pk}")

    @classmethod
    def of(cls, installation: Installation, step: Step, variant: str) -> "Letter":
        return cls(step, installation, variant)

    @property
    def our_company(self) -> str:
        return self.installation.company_name or self.installation.sender_name

    def words(self, values: dict[str, str], url: str) -> Words:
        """Subject, text and HTML for one person. Raises rendering.UnsendableError."""
        subject = rendering.fill(self.subject, _in_one_line(values)).strip()
        body = rendering.fill(self.body, values).strip()
        text = f"{body}\n\n{self._footer.replace(URL, url)}\n"
        inner = rendering.to_html(body, self._links)
        footer = self._footer_html.replace(URL, html.escape(url))
        return Words(subject, text, DOCUMENT.replace("{footer}", footer).replace("{body}", inner), url)

    def write(self, row: Mapping[str, Any], *, now: dt.datetime) -> Message:
        """The mail of one row of recipients.sql. Raises rendering.UnsendableError where the person can't get it."""
        url = unsubscribe_url(row["token"])
        to = mime.address(row["address"])
        words = self.words(fields.values(row, unsubscribe_url=url, our_company=self.our_company), url)
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

    def _reply_to(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Answers go to the customer's owner, where he has an address."""
        if not row["owner_email"]:
            return {}
        return {"Reply-To": mime.mailbox(row["owner_name"], row["owner_email"])}

    def _headers(self) -> dict[str, str]:
        headers = {
            "From": mime.mailbox(self.installation.sender_name, self.installation.sender_email),
            "Auto-Submitted": "auto-generated",  # no out-of-office answers to thousands of mails
        }
        if self.campaign.is_promotion:
            headers["List-Id"] = f"<campaigns.{self._domain}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    def _footers(self) -> tuple[str, str]:
        """As text and as HTML, with URL where the person's link goes."""
        by = self.installation
        lines = [_("Sender: %(name)s") % {"name": by.sender_name}]
        if self.campaign.is_promotion:
            lines = [by.refusal_notice, f"{_('Stop these mails:')} {URL}", "", *lines]
            lines += [by.sender_address, _("Questions and complaints: %(at)s") % {"at": by.complaint_contact}]
        lines.append(_("E-mail: %(address)s") % {"address": by.sender_email})
        link = f'<a href="{URL}" style="color:#49566c">{URL}</a>'
        as_html = "<br>".join(html.escape(line) for line in lines)
        return "\n".join([RULE, *lines]), as_html.replace(URL, link)


URL = "\ue000url\ue000"  # stands for the person's link; the private character can't come from a setting


def _in_one_line(values: dict[str, str]) -> dict[str, str]:
    """For the subject: our own 宛名 has lines, which become spaces."""
    return {key: text.replace("\n", " ") for key, text in values.items()}
