"""The bytes of a mail. What is the same for everybody is built once per step; each person's part is filled in.

Base64 by hand instead of email.message: building MIME with the library was the cost of sending (benchmarks).
Nothing can break out of a header: texts of people go in encoded, addresses are checked, line breaks refused.
"""

import base64
import binascii
import datetime as dt
import re
from email.utils import format_datetime

from .rendering import UnsendableError

WORD_BYTES = 42  # of one encoded word: 56 characters of base64, under the 75 of RFC 2047
BASE64_LINE = 76  # characters (RFC 2045 6.8)
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
PLAIN = re.compile(r"[A-Za-z0-9 .,!?'()/:_-]{1,60}")


def address(raw: str) -> str:
    """An address as it may stand in a header and in RCPT TO; raises UnsendableError.

    Old mobile addresses with two dots or a dot before the @ get the quotes RFC 5321 asks for.
    """
    local, _at, domain = raw.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise UnsendableError("bad_address") from None
    if not LOCAL_PART.fullmatch(local) or not DOMAIN.fullmatch(domain):
        raise UnsendableError("bad_address")
    return f"{local}@{domain}" if DOT_ATOM.fullmatch(local) else f'"{local}"@{domain}'


def words(text: str) -> str:
    """A header's text, encoded where it is not plain ASCII. Raises UnsendableError at a line break."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text) or not text.strip():
        raise UnsendableError("unsafe_header")
    if PLAIN.fullmatch(text):
        return text
    chunks = [f"=?utf-8?B?{base64.b64encode(chunk).decode()}?=" for chunk in _chunks(text.encode())]
    return "\r\n ".join(chunks)


def _chunks(data: bytes) -> list[bytes]:
    """Pieces of at most WORD_BYTES that end between characters."""
    chunks = []
    while data:
        end = min(WORD_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        chunks.append(data[:end])
        data = data[end:]
    return chunks


def mailbox(name: str, raw: str) -> str:
    """`name <address>`; without a name the address alone."""
    return f"{words(name)} <{address(raw)}>" if name.strip() else address(raw)


def date(now: dt.datetime) -> str:
    return format_datetime(now)


class Skeleton:
    """Head and tail of every mail of one step; `fill` puts one person's parts between."""

    def __init__(self, headers: dict[str, str], boundary: str):
        lines = [f"{name}: {text}" for name, text in headers.items()]
        lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"']
        self._head = "\r\n".join(lines) + "\r\n"
        self._part = (
            f"--{boundary}\r\nContent-Type: text/{{}}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        )
        self._text, self._html = self._part.format("plain").encode(), self._part.format("html").encode()
        self._end = f"--{boundary}--\r\n".encode()

    def fill(self, headers: dict[str, str], text: str, html: str) -> bytes:
        """The whole mail with CRLF line ends. `headers` are this person's, already safe (words, address)."""
        own = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{own}{self._head}\r\n".encode("ascii")
        return b"".join([head, self._text, _base64(text), self._html, _base64(html), self._end])


def _base64(text: str) -> bytes:
    """In one go, then cut into lines: a third of the time of base64.encodebytes."""
    line = binascii.b2a_base64(text.encode(), newline=False)
    return b"".join([line[at : at + BASE64_LINE] + b"\r\n" for at in range(0, len(line), BASE64_LINE)])
