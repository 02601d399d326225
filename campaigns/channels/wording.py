"""A step's words where they are short and plain: what LINE, SMS, the postal list and the call task write from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.models import Installation
from campaigns import fields, rendering
from campaigns.letter import unsubscribe_url
from campaigns.models import Step


@dataclass(frozen=True)
class Filled:
    """One person's words: title, paragraphs, and the addresses that stand alone (they become buttons)."""

    title: str
    paragraphs: tuple[str, ...]
    buttons: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return "\n\n".join(part for part in (self.title, *self.paragraphs, *self.buttons) if part)

    def with_last(self, line: str) -> "Filled":
        return replace(self, paragraphs=(*self.paragraphs, line))


class Wording:
    """One step and variant; `fill` is called per person."""

    def __init__(self, installation: Installation, step: Step, variant: str = ""):
        other = step.variants.filter(letter=variant).first() if variant else None
        self.subject, self.body = (other or step).subject, (other or step).body
        self.is_promotion = step.campaign.is_promotion
        self._our_company = installation.company_name or installation.sender_name
        self._links = rendering.Links.of(self.body)

    def fill(self, row: Mapping[str, Any]) -> Filled:
        """The words for one row of recipients.sql. Raises rendering.UnsendableError."""
        values = fields.values(row, unsubscribe_url=unsubscribe_url(row["token"]), our_company=self._our_company)
        title = " ".join(rendering.fill(self.subject, values).split())
        body = rendering.fill(self.body, values).strip()
        parts = [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()]
        alone = [part for part in parts if rendering.URL.fullmatch(part) and self._links.allow(part)]
        return Filled(title, tuple(part for part in parts if part not in alone), tuple(alone))


def utf16(text: str) -> int:
    """Length as LINE and mobile networks count: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2
