"""News for the company's other systems, signed after Standard Webhooks (standardwebhooks.com, v1).

`emit` writes a row an endpoint in the transaction of what it tells of; `deliver` takes due rows and sends them.
A message keeps its id through every attempt, so that a receiver can tell a repetition. Retries go on for three days,
then the message is given up and stands on the page of dead letters.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common import sql

from . import audit, outgoing
from .models import User, WebhookEndpoint, WebhookMessage

KINDS = {
    "import.finished": _("an import has finished"),
    "import.undone": _("an import was undone"),
    "customer.changed": _("a customer was added or edited by hand"),
    "customer.merged": _("two customers were merged, or a merge was undone"),
    "customer.erased": _("a customer's personal data were erased"),
    "consent.withdrawn": _("someone wants to receive nothing more"),
    "campaign.step": _("a step of a campaign that goes to another system"),  # sent by campaigns themselves
}
TEST = "webhook.test"
# The waits between attempts: eleven attempts within three days.
WAITS = tuple(
    dt.timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 64_800, 79_200)
)
LEASE_SECONDS = 120
AT_ONCE = 5  # each takes 20 seconds at most: done before the lease ends
GONE = 410
_PREFIX = "whsec_"


def emit(kind: str, data: Mapping[str, Any]) -> int:
    """Queue one piece of news for every active endpoint that hears of it; returns how many do.

    `data` holds codes, ids and counts: the receiver fetches persons through the API.
    """
    assert kind in KINDS, kind
    endpoints = WebhookEndpoint.objects.filter(is_active=True, kinds__contains=[kind])
    return len(_queue(endpoints, kind, data))


def test(*, endpoint: WebhookEndpoint, by: User) -> WebhookMessage:
    """Queue a message that says nothing, to try an endpoint."""
    return _queue([endpoint], TEST, {"by": by.pk})[0]


def _queue(endpoints, kind: str, data: Mapping[str, Any]) -> list[WebhookMessage]:
    rows = [
        WebhookMessage(endpoint=endpoint, message_id=f"msg_{uuid.uuid4().hex}", kind=kind, payload=dict(data))
        for endpoint in endpoints
    ]
    return WebhookMessage.objects.bulk_create(rows)


@transaction.atomic
def add(*, url: str, kinds: list[str], by: User) -> WebhookEndpoint:
    """A new endpoint with a secret of its own."""
    endpoint = WebhookEndpoint.objects.create(url=url, kinds=kinds, secret=new_secret(), created_by=by)
    audit.record("webhook.add", by=by, on=endpoint, kinds=kinds)
    return endpoint


@transaction.atomic
def stop(*, endpoint: WebhookEndpoint, by: User | None, why: str = "") -> None:
    """Nothing more is queued for it or sent to it; what waits is given up."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=False)
    waiting = endpoint.messages.filter(state=WebhookMessage.State.WAITING)
    waiting.update(state=WebhookMessage.State.DEAD, last_error="stopped", claim_token=None)
    audit.record("webhook.stop", by=by, on=endpoint, why=why)


@transaction.atomic
def retry(*, messages, by: User, now: dt.datetime) -> int:
    """Send dead letters once more, from the first wait on."""
    dead = messages.filter(state=WebhookMessage.State.DEAD, endpoint__is_active=True)
    count = dead.update(state=WebhookMessage.State.WAITING, attempts=0, next_at=now, settled_at=None)
    audit.record("webhook.retry", by=by, count=count)
    return count


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def deliver(*, now: dt.datetime) -> int:
    """Send what is due; returns how many were tried. Safe in several workers at once."""
    tried = 0
    while claimed := _claim(now):
        for message in claimed:
            _attempt(message, now)
        tried += len(claimed)
    return tried


def signed(message_id: str, secret: str, body: bytes, *, at: dt.datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks: HMAC-SHA256 over id, time and the raw body."""
    moment = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.new(key, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": moment, "webhook-signature": signature}


def _claim(now: dt.datetime) -> list[WebhookMessage]:
    parameters = {"now": now, "most": AT_ONCE, "token": uuid.uuid4(), "lease": LEASE_SECONDS}
    ids = [row["id"] for row in sql.rows("accounts/sql/claim_webhooks.sql", parameters)]
    return list(WebhookMessage.objects.select_related("endpoint").filter(pk__in=ids).order_by("id"))


def _attempt(message: WebhookMessage, now: dt.datetime) -> None:
    news = {"type": message.kind, "timestamp": message.created_at.isoformat(), "data": message.payload}
    body = json.dumps(news, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed(message.message_id, message.endpoint.secret, body, at=now)
    try:
        status = outgoing.post(message.endpoint.url, body=body, headers=headers | {"Content-Type": "application/json"})
    except (outgoing.RefusedAddressError, outgoing.UnreachableError) as error:
        _settle(message, now, status=None, error=str(error))
        return
    _settle(message, now, status=status, error="" if 200 <= status < 300 else f"HTTP {status}")
    if status == GONE:
        stop(endpoint=message.endpoint, by=None, why="410 Gone")


def _settle(message: WebhookMessage, now: dt.datetime, *, status: int | None, error: str) -> None:
    """Write what became of an attempt; nothing where another worker has taken the row over since."""
    mine = WebhookMessage.objects.filter(pk=message.pk, claim_token=message.claim_token)
    what: dict[str, Any] = {"last_status": status, "last_error": error[:300], "claim_token": None, "lease_until": None}
    if not error:
        what |= {"state": WebhookMessage.State.DELIVERED, "settled_at": now}
    elif message.attempts > len(WAITS):
        what |= {"state": WebhookMessage.State.DEAD, "settled_at": now}
    else:
        what |= {"next_at": now + WAITS[message.attempts - 1]}
    mine.update(**what)
