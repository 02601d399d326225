"""A step as news for another system: signed after Standard Webhooks, to the endpoints an admin has entered for it.

    {"type": "campaign.step", "timestamp": …, "data": {"customer_id", "campaign", "step", "text", "fields"}}

`fields` holds the merge fields that the step's text uses. The id is the message's key: the receiver takes it once.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts import outgoing, webhooks
from accounts.models import Installation, WebhookEndpoint
from campaigns import fields, rendering
from campaigns.letter import unsubscribe_url
from campaigns.models import Step

from . import Accepted, BrokenError, ChannelError, Message, NotConfiguredError, Route, Stage
from .http import Answer, check_demo, refusal
from .wording import Wording

KEYED_FOR = dt.timedelta(days=3)  # as long as our other news is repeated: receivers have to know an id that long
KIND = "campaign.step"


@dataclass(frozen=True)
class News(Message):
    """With the moment its signature speaks of."""

    at: dt.datetime | None = None


class WebhookWriter:
    """What the other system is told of one customer."""

    def __init__(self, installation: Installation, step: Step, variant: str = ""):
        self._words = Wording(installation, step, variant)
        self._step = step
        self._our_company = installation.company_name or installation.sender_name
        self._uses = rendering.uses(self._words.body)

    def write(self, row: Mapping[str, Any], *, now: dt.datetime) -> Message:
        """Raises rendering.UnsendableError where a field of the text is empty."""
        known = fields.values(row, unsubscribe_url=unsubscribe_url(row["token"]), our_company=self._our_company)
        campaign = {"id": self._step.campaign_id, "name": self._step.campaign.name}
        data = {
            "customer_id": row["customer_code"],
            "campaign": campaign,
            "step": self._step.position,
            "text": self._words.fill(row).text,
            "fields": {key: known.get(key, "") for key in sorted(self._uses)},
        }
        news = {"type": KIND, "timestamp": now.isoformat(), "data": data}
        content = json.dumps(news, ensure_ascii=False, separators=(",", ":")).encode()
        return News("", row["customer_code"], content, str(row["message_key"]), now)


class WebhookChannel:
    """Posts to every endpoint; accepted when all of them have said yes. Who gets it twice knows it by its id."""

    def __init__(self, endpoints: list[tuple[str, str]]):
        """`endpoints`: addresses and their secrets."""
        self._endpoints = endpoints

    def open(self) -> None:
        """Each call connects by itself, to the address checked at that moment."""

    def offer(self, message: Message) -> None:
        """There is nothing to announce."""

    def deliver(self, message: Message) -> Accepted:
        assert isinstance(message, News)
        assert message.at is not None
        statuses = []
        for url, secret in self._endpoints:
            signed = webhooks.signed(message.key, secret, message.content, at=message.at)
            statuses.append(_posted(url, message.content, {"Content-Type": "application/json", **signed}))
        return Accepted(" ".join(f"HTTP {status}" for status in statuses), message.key)

    def withdraw(self) -> None:
        """Nothing was announced."""

    def close(self) -> None:
        """Nothing stays open."""


def _posted(url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        status = outgoing.post(url, body=body, headers=headers)
    except outgoing.RefusedAddressError as error:
        raise NotConfiguredAddressError(str(error)) from None
    except outgoing.UnreachableError as error:
        raise BrokenError(Stage.CONTENT, str(error)) from None
    if not 200 <= status < 300:
        raise refusal(Answer(status, {}, {}), "", is_keyed=True)
    return status


class NotConfiguredAddressError(ChannelError):
    """An endpoint leads where we don't call: nothing was handed over."""

    def __init__(self, words: str):
        super().__init__(Stage.DATA, words)


def route(installation: Installation) -> Route:
    """Raises NotConfiguredError where no endpoint hears of it."""
    found = WebhookEndpoint.objects.filter(is_active=True, kinds__contains=[KIND]).order_by("pk")
    endpoints = [(one.url, one.secret) for one in found]
    if not endpoints:
        raise NotConfiguredError(
            _("No webhook hears of campaign steps: an admin enters one under “Webhooks” and ticks that kind.")
        )
    for url, _secret in endpoints:
        check_demo(installation, url)
    return Route(partial(WebhookChannel, endpoints), partial(WebhookWriter, installation), is_keyed=True)
