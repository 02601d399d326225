"""Mails that come back: delivery reports (RFC 3464), complaints (RFC 5965), and what older servers write instead.

Which message one is about is never guessed from its text. Returned to a signed address of ours (return_paths), the
address tells; a wrong signature makes it a forgery. Without BOUNCE_ADDRESS the Message-ID of the quoted mail tells,
whose 122 random bits only those know whom it reached. Complaints quote one of the two.
"""

import base64
import datetime as dt
import email
import email.errors
import email.utils
import hashlib
import logging
import quopri
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from django.conf import settings
from flufl.bounce import all_failures

from customers.consent import normalise_address

from . import reporting, return_paths, statuses
from .channels import ADDRESS
from .models import Delivery, Report

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it would write down what strangers send
Kind = Report.Kind
LONGEST = 2_000_000  # bytes; a bounce quotes a mail, never more
MOST_PARTS, WORDS = 50, 4000
DELIVERED_TO = ("Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "X-Delivered-To", "To")
MESSAGE_ID = re.compile(r"^Message-ID:\s*<([0-9a-f-]{36})@", re.IGNORECASE | re.MULTILINE)
MARKED = re.compile(
    r"^(?:Return-Path|Original-Mail-From|X-Original-Mail-From|Sender):.*$", re.IGNORECASE | re.MULTILINE
)
ACTIONS = {"delivered": Kind.DELIVERED, "relayed": Kind.ACCEPTED, "expanded": Kind.ACCEPTED, "delayed": Kind.DEFERRED}
COMPLAINTS = {"abuse": Kind.COMPLAINED, "fraud": Kind.COMPLAINED, "opt-out": Kind.UNSUBSCRIBED}


@dataclass(frozen=True)
class Returned:
    """What one mail says about one of ours. `recipient` as the report names it, may be empty."""

    provider: str  # dsn or arf
    key: uuid.UUID
    kind: str
    recipient: str = ""
    detail: str = ""
    at: dt.datetime | None = None
    is_signed: bool = False


def read(raw: bytes) -> Returned | None:
    """What a mail says; None for whatever is no report about a message of ours. Never raises: anybody may write it."""
    if len(raw) > LONGEST:
        return None
    try:
        message = email.message_from_bytes(raw)
        return _arf(message) or _bounce(message)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        email.errors.MessageError,
    ):  # broken on purpose, or by accident
        return None


def take_in(raws: list[bytes], *, now: dt.datetime) -> int:
    """Stores what the mails say about our messages; how many of them were reports."""
    found = [(returned, raw) for raw in raws if (returned := read(raw)) is not None]
    rows = Delivery.objects.filter(message_key__in=[one.key for one, _raw in found]).in_bulk(field_name="message_key")
    news = [_news(one, raw, rows[one.key], now) for one, raw in found if _is_about(one, rows.get(one.key))]
    reporting.store(news, received_at=now)
    return len(news)


def _is_about(returned: Returned, delivery: Delivery | None) -> bool:
    """An unsigned report that names another recipient is not about this message."""
    if delivery is None:
        return False
    named = normalise_address(delivery.channel, returned.recipient) if returned.recipient else ""
    return returned.is_signed or not named or named == delivery.address or returned.provider == "arf"


def _news(returned: Returned, raw: bytes, delivery: Delivery, now: dt.datetime) -> reporting.News:
    key = hashlib.sha256(raw).hexdigest()
    at, detail = returned.at or now, ADDRESS.sub("…", returned.detail)
    return reporting.News(returned.provider, key, returned.kind, at, delivery.pk, detail=detail)


# --- complaints -------------------------------------------------------------------------------


def _arf(message: Message) -> Returned | None:
    report = next((part for part in _parts(message) if part.get_content_type() == "message/feedback-report"), None)
    if report is None:
        return None
    fields = _fields(report)
    kind = COMPLAINTS.get(fields.get("feedback-type", "").strip().lower())
    key = _marked(_quoted(message) + "\n" + _text(report)) or _named(_quoted(message))
    return Returned("arf", key, kind, detail=fields["feedback-type"], at=_at(message)) if kind and key else None


def _marked(text: str) -> uuid.UUID | None:
    keys = (return_paths.key_in(line) for line in MARKED.findall(text))
    return next((key for key in keys if key), None)


# --- bounces ----------------------------------------------------------------------------------


def _bounce(message: Message) -> Returned | None:
    addresses = [str(text) for name in DELIVERED_TO for text in message.get_all(name, [])]
    signed = [address for address in addresses if return_paths.is_ours(address)]
    if signed:
        key = next((key for address in signed if (key := return_paths.key_in(address))), None)
    else:
        key = None if settings.BOUNCE_ADDRESS else _named(_quoted(message))
    if key is None:
        return None
    return _dsn(message, key, bool(signed)) or _old_fashioned(message, key, bool(signed))


def _dsn(message: Message, key: uuid.UUID, is_signed: bool) -> Returned | None:
    """The first recipient's block of message/delivery-status: our mails have one recipient."""
    report = next((part for part in _parts(message) if part.get_content_type() == "message/delivery-status"), None)
    fields = next((found for found in _blocks(report) if "action" in found or "final-recipient" in found), None)
    if fields is None:
        return None
    status = statuses.status_in(fields.get("status", ""))
    words = fields.get("diagnostic-code", "") or fields.get("status", "")
    action = fields.get("action", "").split("(")[0].strip().lower()
    recipient = fields.get("original-recipient", "") or fields.get("final-recipient", "")
    kind = ACTIONS.get(action) or statuses.judge(words, status=_telling(status, words))
    name = recipient.partition(";")[2].strip().strip("<>")
    return Returned("dsn", key, kind, name, f"{status} {words}".strip(), _at(message), is_signed)


def _telling(status: str, words: str) -> str:
    """The reporting server's own code, or where that says nothing (x.0.0) the one it was answered with."""
    inner = statuses.status_in(words)
    return inner if inner and (not status or status.endswith(".0.0")) else status


def _old_fashioned(message: Message, key: uuid.UUID, is_signed: bool) -> Returned | None:
    """A bounce in words alone: known as one by flufl's rules for such servers, or by its sender and subject."""
    if str(message.get("Auto-Submitted", "")).strip().lower().startswith("auto-replied") and not _failed(message):
        return None
    temporary, permanent = all_failures(message)
    words = _body(message)
    if permanent or _is_from_server(message):
        kind = statuses.judge(words, status=statuses.status_in(words.replace("#", " ")))
    elif temporary:
        kind = Kind.DEFERRED
    else:
        return None
    named = [address.decode("ascii", "replace") if isinstance(address, bytes) else address for address in permanent]
    return Returned("dsn", key, kind, "".join(named[:1]), _line(words), _at(message), is_signed)


def _failed(message: Message) -> str:
    return str(message.get("X-Failed-Recipients", ""))


def _is_from_server(message: Message) -> bool:
    sender = f"{message.get('From', '')} {message.get('Return-Path', '')}".lower()
    subject = str(message.get("Subject", "")).lower()
    is_server = "mailer-daemon" in sender or "postmaster" in sender or "<>" in sender
    return is_server and bool(re.search(r"undeliver|fail|return|not delivered|配信不能|届きません|status", subject))


def _line(words: str) -> str:
    """The line of a text that says why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return next((line for line in lines if statuses.STATUS.search(line) or statuses.REPLY.search(line)), "")[:300]


# --- reading MIME -----------------------------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    """The first parts, without those of the mail that is quoted."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        yield part
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting += [one for one in part.get_payload() if isinstance(one, Message)]


def _blocks(report: Message | None) -> Iterator[dict[str, str]]:
    """The blocks of a report's fields. Some gateways encode them, which they may not: those are read again."""
    payload = report.get_payload() if report is not None else None
    blocks = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    encoding = str(report.get("Content-Transfer-Encoding", "")).strip().lower() if report is not None else ""
    if encoding in ("base64", "quoted-printable"):
        packed = "".join(str(block) for block in blocks).encode("ascii", "replace")
        text = base64.b64decode(packed) if encoding == "base64" else quopri.decodestring(packed)
        blocks = [email.message_from_bytes(part) for part in re.split(rb"\r?\n\r?\n", text)]
    yield from map(_fields_of, blocks)


def _fields(report: Message) -> dict[str, str]:
    """All fields of a report, however its server packed them."""
    return {name: text for block in _blocks(report) for name, text in block.items()}


def _fields_of(block: Message) -> dict[str, str]:
    """As they stand, in UTF-8 if they hold more than ASCII: that is how servers here write."""
    return {name.lower(): " ".join(_utf8(text).split()) for name, text in block.raw_items()}


def _utf8(text: object) -> str:
    return str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(part: Message | None) -> str:
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload.decode(_charset(part), "replace")
    inner = part.get_payload()
    return "\n".join(str(one) for one in inner[:MOST_PARTS]) if isinstance(inner, list) else ""


def _charset(part: Message) -> str:
    name = str(part.get_content_charset() or "utf-8")
    try:
        return name if "".encode(name) == b"" else "utf-8"
    except (LookupError, ValueError):
        return "utf-8"


def _body(message: Message) -> str:
    """The words of the server, without the mail it returns."""
    texts = [_text(part) for part in _parts(message) if part.get_content_type() == "text/plain"]
    text = texts[0] if texts else ""
    return re.split(r"(?im)^(-+ ?.*(copy|original|below).*-+|received:)", text, maxsplit=1)[0][:WORDS]


def _quoted(message: Message) -> str:
    """The headers of the mail that came back, or the text that quotes them."""
    kinds = ("message/rfc822", "text/rfc822-headers", "text/rfc822", "message/global-headers", "message/global")
    quoted = [part for part in _parts(message) if part.get_content_type() in kinds]
    if not quoted:
        quoted = [part for part in _parts(message) if part.get_content_type() == "text/plain"]
    return "\n".join(_text(part) for part in quoted)[: 20 * WORDS]


def _named(text: str) -> uuid.UUID | None:
    found = MESSAGE_ID.search(text)
    try:
        return uuid.UUID(found.group(1)) if found else None
    except ValueError:
        return None


def _at(message: Message) -> dt.datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(str(message.get("Date", "")))
    except (TypeError, ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
