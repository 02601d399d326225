"""SMS through any provider that takes a POST of JSON and answers with its id.

    {"id": our key, "from": sender, "to": "+819012345678", "text": …}

The key stands in the body and in the header Idempotency-Key; it is relied on only where SMS_IS_KEYED says that the
provider does. Authority: a bearer token, or an HMAC over id, time and body (Standard Webhooks), or both.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import webhooks
from accounts.models import Installation
from campaigns import rendering
from campaigns.letter import unsubscribe_url
from campaigns.models import Step

from . import Accepted, Message, NotConfiguredError, Route
from .http import HttpChannel, Limits, check_demo, refusal
from .wording import Wording, utf16

KEYED_FOR = dt.timedelta(hours=24)
CONNECTIONS = 2
UCS2_ONE, UCS2_MORE, GSM_ONE, GSM_MORE = 70, 67, 160, 153  # characters of one, and of each of several (3GPP TS 23.040)
MOST_SEGMENTS = 10
# What a phone writes with seven bits (3GPP TS 23.038), as far as it stands in ASCII too, without the doubled ones.
GSM = re.compile(r"[A-Za-z0-9 \n\r@!\"#$%&'()*+,./:;<=>?_-]*")
MOBILE = re.compile(r"0[6-9]0\d{8}|\+[1-9]\d{6,14}")
IN_JAPAN = re.compile(r"\+81(?!0?[6-9]0\d{8}$)")


@dataclass(frozen=True)
class Sms(Message):
    """With the moment its signature speaks of."""

    at: dt.datetime | None = None


def segments(text: str) -> int:
    """How many messages a text is billed as: 70 characters each, 67 of several; 160 and 153 where ASCII will do."""
    if GSM.fullmatch(text):
        length, one, more = len(text), GSM_ONE, GSM_MORE
    else:
        length, one, more = utf16(text), UCS2_ONE, UCS2_MORE
    return 1 if length <= one else -(-length // more)


def international(number: str) -> str:
    """+81… of a Japanese mobile number; others as they are. Raises UnsendableError for what can't get an SMS."""
    if not MOBILE.fullmatch(number) or IN_JAPAN.match(number):
        raise rendering.UnsendableError("bad_address")
    return f"+81{number[1:]}" if number.startswith("0") else number.replace("+810", "+81", 1)


class SmsWriter:
    """The step's words, and under a promotion who writes and how to refuse (特定電子メール法 covers SMS)."""

    def __init__(self, installation: Installation, step: Step, variant: str = ""):
        self._words = Wording(installation, step, variant)
        self._name = installation.sender_name
        with translation.override(settings.LANGUAGE_CODE):
            self._stop = _("Stop: %(url)s")

    def text(self, row: Mapping[str, Any]) -> str:
        """What this person reads. Raises UnsendableError."""
        text = self._words.fill(row).text
        if self._words.is_promotion:
            text = f"{text}\n{self._name}\n{self._stop % {'url': unsubscribe_url(row['token'])}}"
        if segments(text) > MOST_SEGMENTS:
            raise rendering.UnsendableError("too_long")
        return text

    def write(self, row: Mapping[str, Any], *, now: dt.datetime) -> Message:
        to, key = international(row["address"]), str(row["message_key"])
        body = {"id": key, "from": settings.SMS_SENDER, "to": to, "text": self.text(row)}
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return Sms(settings.SMS_SENDER, to, content, key, now)


class SmsChannel(HttpChannel):
    """Posts one message after another."""

    def __init__(
        self, url: str, *, token: str = "", secret: str = "", is_keyed: bool = False, limits: Limits | None = None
    ):
        super().__init__(url, {"Authorization": f"Bearer {token}"} if token else {}, limits)
        self._url, self._secret, self._is_keyed = url, secret, is_keyed

    def deliver(self, message: Message) -> Accepted:
        answer = self._post(self._url, message, self._headers(message))
        if not answer.is_yes:
            raise refusal(answer, answer.text("message", "error", "detail"), is_keyed=self._is_keyed)
        return Accepted(f"HTTP {answer.status}", answer.text("id", "message_id", "messageId", "sid")[:200])

    def _headers(self, message: Message) -> dict[str, str]:
        headers = {"Idempotency-Key": message.key}
        if self._secret and isinstance(message, Sms) and message.at:
            headers |= webhooks.signed(message.key, self._secret, message.content, at=message.at)
        return headers


def channel(installation: Installation) -> SmsChannel:
    """The configured channel. Raises NotConfiguredError."""
    if not settings.SMS_URL:
        raise NotConfiguredError(_("SMS is not set up: give SMS_URL, SMS_SENDER and SMS_TOKEN or SMS_SECRET."))
    check_demo(installation, settings.SMS_URL)
    return SmsChannel(
        settings.SMS_URL, token=settings.SMS_TOKEN, secret=settings.SMS_SECRET, is_keyed=settings.SMS_IS_KEYED
    )


def route(installation: Installation) -> Route:
    channel(installation)
    return Route(
        partial(channel, installation), partial(SmsWriter, installation), CONNECTIONS, is_keyed=settings.SMS_IS_KEYED
    )
