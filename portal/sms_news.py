"""What an SMS provider tells us: signed after Standard Webhooks with SMS_SECRET, one event a call.

    {"id": our key, "status": "delivered", "at": "2026-11-20T10:00:00+09:00", "reason": "", "detail": ""}

`status`: accepted, delivered, undelivered, failed, rejected or stop (the person answered STOP).
`reason` of a failure that will stay: unknown_number.
"""

import base64
import datetime as dt
import hmac
import json
import uuid
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from campaigns.channels import ADDRESS
from campaigns.models import Delivery, Report
from campaigns.reporting import News

PROVIDER = "sms"
Kind = Report.Kind
KINDS = {
    "accepted": Kind.ACCEPTED,
    "delivered": Kind.DELIVERED,
    "undelivered": Kind.SOFT_BOUNCED,
    "failed": Kind.SOFT_BOUNCED,
    "rejected": Kind.BLOCKED,
    "stop": Kind.UNSUBSCRIBED,
}
GONE = {"unknown_number"}
WITHIN = 300  # seconds either way


def is_signed(message_id: str, moment: str, signatures: str, body: bytes, *, now: dt.datetime) -> bool:
    """HMAC-SHA256 over id, time and the raw body, of the last five minutes."""
    secret = str(getattr(settings, "SMS_SECRET", ""))
    if not (secret and message_id and moment.isdecimal()) or abs(now.timestamp() - int(moment)) > WITHIN:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{moment}.".encode() + body, "sha256")
    wanted = f"v1,{base64.b64encode(digest).decode()}".encode()
    return any(hmac.compare_digest(wanted, one.encode()) for one in signatures.split())


def read(body: bytes, message_id: str, *, now: dt.datetime) -> list[News]:
    """The report in a call; none where the message isn't ours. Raises ValueError where the form is wrong."""
    data = json.loads(body)
    if not isinstance(data, dict):
        raise TypeError("an object is wanted")
    kind = _kind(data)
    delivery = Delivery.objects.filter(message_key=uuid.UUID(str(data.get("id")))).first()
    if kind is None or delivery is None:
        return []
    at = parse_datetime(str(data.get("at") or "")) or now
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    detail = ADDRESS.sub("…", f"{data.get('reason') or ''} {data.get('detail') or ''}".strip())
    return [News(PROVIDER, message_id, kind, at, delivery.pk, detail=detail)]


def _kind(data: dict[str, Any]) -> str | None:
    status = str(data.get("status") or "").lower()
    return Kind.BOUNCED if status == "failed" and data.get("reason") in GONE else KINDS.get(status)
