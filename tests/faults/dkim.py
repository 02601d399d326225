"""DKIM (RFC 6376), relaxed/relaxed with RSA and SHA-256: what a company's relay adds, and what a receiver checks."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

# What a careful relay signs; RFC 8058 demands the last two.
SIGNED = (
    "From:To:Subject:Date:Message-ID:Reply-To:MIME-Version:Content-Type:List-Id:List-Unsubscribe:List-Unsubscribe-Post"
)


def sign(mail: bytes, key: rsa.RSAPrivateKey, *, domain: str, selector: str = "s1") -> bytes:
    """The mail with a DKIM-Signature before everything else."""
    head, body = _parts(mail)
    present = ":".join(name for name in SIGNED.split(":") if _last(head, name) is not None)
    value = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; h={present}; bh={_body_hash(body)}; b="
    signature = key.sign(_signed_text(head, present, value), padding.PKCS1v15(), SHA256())
    return f"DKIM-Signature: {value}{base64.b64encode(signature).decode()}\r\n".encode() + mail


def signed_headers(mail: bytes, key: rsa.RSAPublicKey) -> set[str]:
    """The names that a valid signature covers, in lower case; empty where it doesn't hold."""
    head, body = _parts(mail)
    value = _last(head, "DKIM-Signature") or ""
    tags = dict(re.findall(r"(\w+)=([^;]*)", value))
    if tags.get("bh") != _body_hash(body):
        return set()
    try:
        text = _signed_text(head, tags["h"], value[: value.rindex("b=") + 2])
        key.verify(base64.b64decode(tags["b"]), text, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return set()
    return {name.lower() for name in tags["h"].split(":")}


def _parts(mail: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Header fields as (name, value with its folds), and the body."""
    head, body = mail.split(b"\r\n\r\n", 1)
    fields = re.split(r"\r\n(?![ \t])", head.decode("ascii"))
    return [(name, value) for name, _colon, value in (field.partition(":") for field in fields)], body


def _last(head: list[tuple[str, str]], wanted: str) -> str | None:
    return next((value for name, value in reversed(head) if name.lower() == wanted.lower()), None)


def _signed_text(head: list[tuple[str, str]], names: str, own: str) -> bytes:
    lines = [_relaxed(name, _last(head, name) or "") for name in names.split(":")]
    return "\r\n".join([*lines, _relaxed("dkim-signature", own)]).encode()


def _relaxed(name: str, value: str) -> str:
    """RFC 6376 3.4.2."""
    unfolded = re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip()
    return f"{name.lower()}:{unfolded}"


def _body_hash(body: bytes) -> str:
    """RFC 6376 3.4.4: spaces run together and trimmed at line ends, no empty lines at the end."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    text = b"".join(line + b"\r\n" for line in lines)
    return base64.b64encode(hashlib.sha256(text).digest()).decode()
