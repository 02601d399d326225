"""Keys for programs: made (shown once), found by what a request carries, used within their rate, revoked.

A key reads `mdr_<prefix>_<secret>`. The prefix finds the row; of the secret (256 bits from the system's generator)
only the SHA-256 is kept: a slow hash protects weak passwords, and would here only cost every call its time.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from . import audit
from .models import ApiKey, User

SCOPES = {
    "customers:write": _("write customers"),
    "contacts:write": _("write contacts at customers"),
    "purchases:write": _("write purchases"),
    "logins:write": _("write logins"),
    "contracts:write": _("write contracts"),
    "interactions:write": _("write interactions"),
    "consents:write": _("write consents"),
    "invoices:write": _("write invoices"),
    "usage:write": _("write usage"),
    "events:write": _("write events"),
    "segment:write": _("send identify, track and group calls (write key of Segment's SDKs)"),
    "records:read": _("read records of every kind"),
    "scores:read": _("read scores of customers"),
    "segments:read": _("read segments, their members and who moved"),
    "reports:read": _("read figures of the reports"),
}
_TOKEN = re.compile(r"mdr_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
_PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


@dataclass(frozen=True)
class Use:
    """What asking to use a key gave: allowed, or how many seconds to wait; revoked in between."""

    is_allowed: bool
    wait_seconds: int = 0
    is_revoked: bool = False


@transaction.atomic
def make(*, name: str, scopes: list[str], by: User) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can show again. Raises ValueError for an unknown scope."""
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"unknown scopes: {sorted(unknown)}")
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _each in range(10))
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name, prefix=prefix, secret_hash=_hashed(secret), scopes=[one for one in SCOPES if one in scopes],
        created_by=by,
    )  # fmt: skip
    audit.record("api_key_made", by=by, on=key, scopes=key.scopes)
    return key, f"mdr_{prefix}_{secret}"


@transaction.atomic
def revoke(*, key: ApiKey, by: User, now: dt.datetime) -> bool:
    """No call with the key is answered from now on. False if it was revoked already."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now, revoked_by=by):
        return False
    audit.record("api_key_revoked", by=by, on=key)
    return True


def find(token: str) -> ApiKey | None:
    """The key of a text, if it is one that stands. Takes the same time for a wrong prefix and a wrong secret."""
    parts = _TOKEN.fullmatch(token)
    key = (
        ApiKey.objects.select_related("created_by").filter(prefix=parts[1], revoked_at=None).first() if parts else None
    )
    is_right = hmac.compare_digest(_hashed(parts[2] if parts else ""), key.secret_hash if key else _NOBODY)
    return key if key and is_right else None


def use(*, key: ApiKey, now: dt.datetime) -> Use:
    """Take one call from the key's rate (settings.API_CALLS_PER_MINUTE, as many at once as a tenth of it).

    One statement, so parallel calls cannot both take the last one. It also notes the use, and sees a revocation
    that came after `find`.
    """
    spacing = dt.timedelta(minutes=1) / settings.API_CALLS_PER_MINUTE
    burst = spacing * max(1, settings.API_CALLS_PER_MINUTE // 10)
    parameters: dict[str, Any] = {"now": now, "spacing": spacing, "burst": burst, "id": key.pk}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_apikey SET last_used_at = %(now)s,"
            " busy_until = greatest(busy_until, %(now)s) + %(spacing)s WHERE id = %(id)s AND revoked_at IS NULL"
            " AND (busy_until IS NULL OR busy_until + %(spacing)s <= %(now)s::timestamptz + %(burst)s)",
            parameters,
        )
        if cursor.rowcount:
            return Use(True)
    key.refresh_from_db(fields=["revoked_at", "busy_until"])
    if key.revoked_at or not key.busy_until:
        return Use(False, is_revoked=True)
    return Use(False, wait_seconds=max(1, -((now + burst - spacing - key.busy_until) // dt.timedelta(seconds=1))))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
