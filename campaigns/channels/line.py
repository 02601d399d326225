"""LINE Messaging API: push messages to people who have joined their LINE account to a contact.

Facts (developers.line.biz, Messaging API reference, "Retrying an API request", "Get the number of messages sent this
month"): a push with `X-Line-Retry-Key` is executed once in 24 hours; the same key again is answered 409 with
`x-line-accepted-request-id`. 429 says too fast, or that the month's messages are used up. A person who has blocked the
account is answered 200: LINE tells it by webhook only.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Installation
from campaigns import rendering
from campaigns.letter import unsubscribe_url
from campaigns.models import Step

from . import Accepted, ChannelError, Message, NotConfiguredError, RefusedError, Route, Stage, wording
from .http import Answer, HttpChannel, Limits, check_demo, refusal

KEYED_FOR = dt.timedelta(hours=24)
CONNECTIONS = 4
PATIENCE = Limits(connect=2, answer=3)  # of somebody who waits for a page
MOST_CHARACTERS = 5000  # of a text message, in UTF-16 units
MOST_ALT = 400  # of the words in the list of chats
MOST_LABEL = 20
PUSH, QUOTA, USED = "/v2/bot/message/push", "/v2/bot/message/quota", "/v2/bot/message/quota/consumption"


@dataclass(frozen=True)
class Quota:
    """Messages that may still be pushed this month; None: as many as one likes."""

    limit: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)


class LineChannel(HttpChannel):
    """Pushes one message after another; the retry key is the message's own."""

    def __init__(self, base: str, token: str, limits: Limits | None = None):
        super().__init__(base, {"Authorization": f"Bearer {token}"}, limits)

    def deliver(self, message: Message) -> Accepted:
        answer = self._post(PUSH, message, {"X-Line-Retry-Key": message.key})
        if answer.is_yes:
            return Accepted(f"HTTP {answer.status}", answer.headers.get("x-line-request-id", ""))
        if answer.status == 409 and (accepted := answer.headers.get("x-line-accepted-request-id")):
            return Accepted("HTTP 409 accepted before", accepted)
        raise _refused(answer)

    def quota(self) -> Quota:
        """How much of the month is left. Raises NotConfiguredError or BrokenError where LINE can't be asked."""
        try:
            limit, used = (self.open().call("GET", path) for path in (QUOTA, USED))
        finally:
            self.close()
        if not (limit.is_yes and used.is_yes):
            status = used.status if limit.is_yes else limit.status
            raise NotConfiguredError(
                _("LINE does not tell how many messages are left (HTTP %(status)s).") % {"status": status}
            )
        most = limit.data.get("value") if limit.data.get("type") == "limited" else None
        return Quota(_whole(most), _whole(used.data.get("totalUsage")) or 0)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _refused(answer: Answer) -> ChannelError:
    """LINE's own words decide where the status alone says too little."""
    said = answer.text("message")
    about = " ".join(str(one.get("property", "")) for one in _details(answer))
    if answer.status == 429 and "monthly limit" in said:
        return RefusedError(Stage.SENDER, 552, _("LINE's messages of this month are used up."))
    if answer.status == 400 and ("'to'" in said or about == "to" or said == "Failed to send messages"):
        return RefusedError(Stage.RECIPIENT, 550, "5.1.1 LINE does not know this user")
    if answer.status == 400:  # what we wrote: it would be refused for everybody
        return RefusedError(Stage.SENDER, 554, f"HTTP 400 {said} {about}".strip())
    return refusal(answer, said, is_keyed=True)


def _details(answer: Answer) -> list[dict]:
    details = answer.data.get("details")
    return [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []


class LineWriter:
    """The step's words as a text, or as a bubble with buttons where addresses stand alone in their paragraphs."""

    def __init__(self, installation: Installation, step: Step, variant: str = ""):
        self._words = wording.Wording(installation, step, variant)
        with translation.override(settings.LANGUAGE_CODE):
            self._label = _("Open the page")[:MOST_LABEL]
            self._stop = _("Stop these messages: %(url)s")

    def write(self, row: Mapping[str, Any], *, now: dt.datetime) -> Message:
        if not row["address"].strip():
            raise rendering.UnsendableError("bad_address")
        filled = self._words.fill(row)
        if self._words.is_promotion:
            filled = filled.with_last(self._stop % {"url": unsubscribe_url(row["token"])})
        body = {"to": row["address"], "messages": [self.message(filled)]}
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return Message("", row["address"], content, str(row["message_key"]))

    def message(self, filled: wording.Filled) -> dict[str, Any]:
        """One LINE message object. Raises UnsendableError where it is longer than LINE takes."""
        if wording.utf16(filled.text) > MOST_CHARACTERS:
            raise rendering.UnsendableError("too_long")
        if not filled.buttons:
            return {"type": "text", "text": filled.text}
        return {"type": "flex", "altText": _shortened(filled.title or filled.text), "contents": self._bubble(filled)}

    def _bubble(self, filled: wording.Filled) -> dict[str, Any]:
        words = [{"type": "text", "text": part, "wrap": True, "size": "sm"} for part in filled.paragraphs]
        if filled.title:
            title = {"type": "text", "text": filled.title, "wrap": True, "weight": "bold", "size": "lg"}
            words = [title, *words]
        buttons = [
            {
                "type": "button",
                "style": "primary" if number == 0 else "secondary",
                "action": {"type": "uri", "label": self._label, "uri": url},
            }
            for number, url in enumerate(filled.buttons)
        ]
        return {
            "type": "bubble",
            "body": {"type": "box", "layout": "vertical", "spacing": "md", "contents": words},
            "footer": {"type": "box", "layout": "vertical", "spacing": "sm", "contents": buttons},
        }


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_ALT // 2 else f"{line[: MOST_ALT // 2 - 1]}…"


def channel(installation: Installation, limits: Limits | None = None) -> LineChannel:
    """The configured channel. Raises NotConfiguredError."""
    if not settings.LINE_CHANNEL_TOKEN:
        raise NotConfiguredError(_("LINE is not set up: give LINE_CHANNEL_TOKEN and LINE_CHANNEL_SECRET."))
    check_demo(installation, settings.LINE_API_URL)
    return LineChannel(settings.LINE_API_URL, settings.LINE_CHANNEL_TOKEN, limits)


def route(installation: Installation) -> Route:
    channel(installation)
    return Route(partial(channel, installation), partial(LineWriter, installation), CONNECTIONS, is_keyed=True)
