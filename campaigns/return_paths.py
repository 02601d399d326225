"""Where bounces come back to: an envelope sender of its own for every message (VERP), signed against forgery.

`bounces@example.jp` (BOUNCE_ADDRESS) becomes `bounces+<key><mark>@example.jp`: 26 letters for the message's key, 16
for the first 80 bits of an HMAC over it. Letters and digits of base32: servers may change their case. Without
BOUNCE_ADDRESS bounces go to the sender's own mailbox, and are known by the Message-ID they quote.
"""

import base64
import hashlib
import hmac
import re
import uuid

from django.conf import settings

KEY, MARK = 26, 16  # characters
SIGNED = re.compile(rf"\+([a-z2-7]{{{KEY + MARK}}})@", re.IGNORECASE)


def of(message_key: uuid.UUID) -> str:
    """The envelope sender of a message; empty where BOUNCE_ADDRESS isn't set."""
    name, at, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{name}+{_text(message_key.bytes)}{_mark(message_key)}@{domain}" if at else ""


def is_ours(address: str) -> bool:
    """Whether it has the shape of our envelope senders, signed rightly or not."""
    return bool(SIGNED.search(address))


def key_in(address: str) -> uuid.UUID | None:
    """The key of the message an envelope sender was made for; None where the signature is not ours."""
    found = SIGNED.search(address)
    if found is None:
        return None
    text = found.group(1).lower()
    try:
        key = uuid.UUID(bytes=base64.b32decode(text[:KEY].upper() + "======"))
    except ValueError:
        return None
    return key if hmac.compare_digest(text[KEY:], _mark(key)) else None


def _text(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _mark(message_key: uuid.UUID) -> str:
    secret = hashlib.sha256(b"campaigns.return_paths" + settings.SECRET_KEY.encode()).digest()
    return _text(hmac.digest(secret, message_key.bytes, "sha256")[: MARK * 5 // 8])
