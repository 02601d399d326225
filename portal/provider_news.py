"""What mail providers post to us, checked and read by django-anymail, as our reports.

A provider counts only where somebody set its secret: a signing key of its own, or for those that sign nothing
ANYMAIL_WEBHOOK_SECRET (user:password). Which message an event is about: our key in its metadata, our Message-ID, or
the id the provider gave when it took the message.
"""

import datetime as dt
import hashlib
import json
import re
import uuid
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from campaigns import links, machines, statuses
from campaigns.channels import ADDRESS
from campaigns.models import Delivery, Link, Report
from campaigns.reporting import News

Kind = Report.Kind
VIEWS = {
    "brevo": "Brevo",
    "mailersend": "MailerSend",
    "mailgun": "Mailgun",
    "mailjet": "Mailjet",
    "mailtrap": "Mailtrap",
    "mandrill": "Mandrill",
    "postal": "Postal",
    "postmark": "Postmark",
    "resend": "Resend",
    "sparkpost": "SparkPost",
    "unisender_go": "UnisenderGo",
}
SIGNED = {
    "mailersend": "SIGNING_SECRET",
    "mailgun": "WEBHOOK_SIGNING_KEY",
    "mandrill": "WEBHOOK_KEY",
    "postal": "WEBHOOK_KEY",
    "unisender_go": "API_KEY",
}
KINDS = {
    EventType.QUEUED: Kind.ACCEPTED,
    EventType.SENT: Kind.ACCEPTED,
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.DEFERRED: Kind.DEFERRED,
    EventType.OPENED: Kind.OPENED,
    EventType.CLICKED: Kind.CLICKED,
    EventType.COMPLAINED: Kind.COMPLAINED,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
    EventType.FAILED: Kind.REJECTED,
}
# A provider that refuses to send says what it remembers of the address.
REMEMBERED = {
    RejectReason.INVALID: Kind.BOUNCED,
    RejectReason.BOUNCED: Kind.BOUNCED,
    RejectReason.SPAM: Kind.COMPLAINED,
    RejectReason.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
}
SAYS_HOW = {"type", "event", "bounce_type", "bouncetype", "bounce_class"}
KEY = "message_key"
OUR_ID = re.compile(r"<?([0-9a-f]{8}-[0-9a-f-]{27})@", re.IGNORECASE)


class UnknownProviderError(Exception):
    """There is no such provider, or nobody set its secret."""


class RefusedError(Exception):
    """The call is not the provider's, or not readable."""


def is_known(provider: str) -> bool:
    """Whether calls of this provider can be told from anybody's."""
    given: dict[str, Any] = getattr(settings, "ANYMAIL", {})
    own = SIGNED.get(provider, "")
    is_signed = bool(own and given.get(f"{provider.upper()}_{own}"))
    return provider in VIEWS and (is_signed or bool(given.get("WEBHOOK_SECRET")))


def read(provider: str, request: HttpRequest, *, now: dt.datetime) -> list[News]:
    """The reports in a call. Raises UnknownProviderError, or RefusedError where signature or form are wrong."""
    if not is_known(provider):
        raise UnknownProviderError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what `is_known` has made sure of
            view = import_string(f"anymail.webhooks.{provider}.{VIEWS[provider]}TrackingWebhookView")()
        view.run_validators(request)
        events = view.parse_events(request)
        return _news(provider, events, now)
    except AnymailWebhookValidationFailure as error:
        raise RefusedError from error
    except (AnymailError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RefusedError from error


def _news(provider: str, events: Iterable[AnymailTrackingEvent], now: dt.datetime) -> list[News]:
    told = [(event, kind) for event in events if (kind := kind_of(event)) is not None]
    deliveries = _Deliveries([event for event, _kind in told])
    found = [(event, kind, deliveries.of(event)) for event, kind in told]
    return [_one(provider, event, kind, delivery, now) for event, kind, delivery in found if delivery is not None]


def kind_of(event: AnymailTrackingEvent) -> str | None:
    """Our kind of an event; None for what tells us nothing (somebody subscribed, an automatic answer)."""
    words = f"{event.mta_response or ''} {event.description or ''}".strip()
    if event.event_type == EventType.BOUNCED:
        return _failure(event, words)
    if event.event_type == EventType.REJECTED:
        return REMEMBERED.get(event.reject_reason, Kind.REJECTED)
    return KINDS.get(event.event_type)


def _failure(event: AnymailTrackingEvent, words: str) -> str:
    """The server's own code and words tell most; where there are none, whether the provider calls it soft."""
    kind = statuses.judge(words)
    is_soft = _calls_it_soft(event.esp_event)
    if kind == Kind.SOFT_BOUNCED and not statuses.status_in(words) and not statuses.SPEAKS_OF_NOW.search(words):
        is_hard = event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID)
        return Kind.BOUNCED if is_hard and not is_soft else kind
    return Kind.SOFT_BOUNCED if kind == Kind.BOUNCED and is_soft else kind


def _calls_it_soft(esp_event: Any) -> bool:
    told = dict(esp_event) if isinstance(esp_event, Mapping) else {}
    return any("soft" in str(text).lower() for name, text in told.items() if name.lower() in SAYS_HOW)


class _Deliveries:
    """The messages of many events, looked up together."""

    def __init__(self, events: list[AnymailTrackingEvent]):
        keys = {key for event in events if (key := _key(event))}
        self._by_key = Delivery.objects.filter(message_key__in=keys).in_bulk(field_name="message_key")
        ids = {str(event.message_id) for event in events if event.message_id and _key(event) not in self._by_key}
        rows = Delivery.objects.filter(provider_id__in=ids).exclude(provider_id="")
        self._by_id = {row.provider_id: row for row in rows}

    def of(self, event: AnymailTrackingEvent) -> Delivery | None:
        return self._by_key.get(_key(event)) or self._by_id.get(str(event.message_id))  # type: ignore[arg-type]


def _key(event: AnymailTrackingEvent) -> uuid.UUID | None:
    """Ours, from the metadata we gave along, or from a Message-ID of ours."""
    own = OUR_ID.match(str(event.message_id or ""))
    text = str((event.metadata or {}).get(KEY) or (own.group(1) if own else ""))
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _one(provider: str, event: AnymailTrackingEvent, kind: str, delivery: Delivery, now: dt.datetime) -> News:
    at = event.timestamp or now
    detail = ADDRESS.sub("…", f"{event.mta_response or event.description or ''}")
    link = _link(delivery, event.click_url) if kind == Kind.CLICKED else None
    is_machine = _is_machine(event, kind, delivery, at)
    return News(provider, _event_key(event, kind, delivery), kind, at, delivery.pk, is_machine, link, detail)


def _event_key(event: AnymailTrackingEvent, kind: str, delivery: Delivery) -> str:
    """The provider's own where it has one; else what makes the event one."""
    if event.event_id:
        return f"{event.event_id} {kind}"
    parts = [event.event_type, delivery.pk, event.timestamp, event.click_url, event.user_agent]
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()


def _link(delivery: Delivery, url: str | None) -> int | None:
    found = Link.objects.filter(step_id=delivery.step_id, variant=links.variant_of(delivery), url=url or "")
    return found.values_list("number", flat=True).first()


def _is_machine(event: AnymailTrackingEvent, kind: str, delivery: Delivery, at: dt.datetime) -> bool:
    """Of opens and clicks that the provider counts; it may say itself that a proxy loaded the picture."""
    if kind not in (Kind.OPENED, Kind.CLICKED):
        return False
    handed_over = delivery.sending_at or delivery.settled_at
    after = at - handed_over if handed_over else None
    look = machines.Look("GET", event.user_agent or "unknown")
    judge = machines.is_machine_open if kind == Kind.OPENED else machines.is_machine_click
    said = str(event.esp_event.get("event", "")) if isinstance(event.esp_event, dict) else ""
    return "proxy" in said or judge(look, after)
