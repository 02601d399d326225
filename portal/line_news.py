"""What LINE tells us: who added or blocked our account.

An event of a person is applied when it is stored, in one transaction: later news of him wins, whatever comes first.
People we don't know by their LINE id are nobody's business of ours.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns import line_accounts
from campaigns.models import Report
from customers import consent
from customers.models import Channel, Consent, Contact, Suppression

PROVIDER = "line"
BLOCKED = "line blocked"
JOINS = {"message": "message", "accountLink": "link"}  # kind of event → where the code stands
KINDS = {"unfollow": Report.Kind.BLOCKED, "follow": Report.Kind.ACCEPTED}


def is_signed(body: bytes, signature: str) -> bool:
    """X-Line-Signature: HMAC-SHA256 of the raw body with the channel's secret."""
    secret = str(getattr(settings, "LINE_CHANNEL_SECRET", ""))
    wanted = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    return bool(secret) and hmac.compare_digest(wanted.encode(), signature.encode())


def events_in(body: bytes) -> list[dict[str, Any]]:
    """The events of a call; raises ValueError where the form is wrong."""
    data = json.loads(body)
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ValueError("events")
    return events


def take_in(events: list[dict[str, Any]], *, now: dt.datetime) -> int:
    """Stores and applies what is new; how many."""
    joined = sum(_join(event, now) for event in events if event.get("type") in JOINS)
    return joined + sum(_one(event, now) for event in events if event.get("type") in KINDS)


def _join(event: dict[str, Any], now: dt.datetime) -> bool:
    """Somebody sent the code of his invitation, as a message or through LINE's own dialogue. It works once."""
    source, told = event.get("source"), event.get(JOINS[event["type"]])
    if not isinstance(source, dict) or not isinstance(told, dict) or told.get("result", "ok") != "ok":
        return False
    code = line_accounts.code_in(str(told.get("nonce") or told.get("text") or ""))
    taken = line_accounts.take(code=code, line_id=str(source.get("userId") or "")[:64], now=now) if code else None
    return taken is not None


@transaction.atomic
def _one(event: dict[str, Any], now: dt.datetime) -> bool:
    source = event.get("source")
    line_id = str(source.get("userId") or "") if isinstance(source, dict) else ""
    key = str(event.get("webhookEventId") or "") or hashlib.sha256(json.dumps(event).encode()).hexdigest()
    at = min(dt.datetime.fromtimestamp(int(event.get("timestamp") or 0) / 1000, dt.UTC), now)
    report = Report(provider=PROVIDER, key=key[:200], kind=KINDS[event["type"]], at=at, received_at=now, applied_at=now)
    if not line_id or Report.objects.filter(provider=PROVIDER, key=report.key).exists():
        return False
    Report.objects.bulk_create([report], ignore_conflicts=True)
    _apply(event, line_id, at)
    return True


def _apply(event: dict[str, Any], line_id: str, at: dt.datetime) -> None:
    for contact in Contact.objects.select_for_update().filter(line_id=line_id).select_related("customer"):
        if _is_news(line_id, at):
            (_follow if event["type"] == "follow" else _unfollow)(contact, at)


def _is_news(line_id: str, at: dt.datetime) -> bool:
    """Nothing later has been heard of this person from LINE."""
    later = Consent.objects.filter(channel=Channel.LINE, address=line_id, source__startswith="line", at__gte=at)
    return not later.exists()


def _unfollow(contact: Contact, at: dt.datetime) -> None:
    consent.withdraw(
        customer=contact.customer, channel=Channel.LINE, address=contact.line_id, at=at, source=BLOCKED, wording=""
    )


def _follow(contact: Contact, at: dt.datetime) -> None:
    """Lifts the block he had set himself, never a refusal he told us otherwise."""
    address = consent.normalise_address(Channel.LINE, contact.line_id)
    stopped = Suppression.objects.filter(channel=Channel.LINE, address=address, lifted_at=None)
    stopped.filter(source=BLOCKED).update(lifted_at=at)
    if not stopped.exists():
        consent.grant(
            customer=contact.customer,
            channel=Channel.LINE,
            address=address,
            at=at,
            source="line followed",
            basis=Consent.Basis.CONSENT,
            wording=_wording(),
        )


def _wording() -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return _("Added our LINE official account as a friend.")
