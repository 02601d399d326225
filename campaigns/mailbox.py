"""Where mails come back to: an IMAP or POP3 mailbox (BOUNCE_MAILBOX), a directory, or one mail on standard input.

What was read is stored before the mailbox is told so; killed in between, it is read again, which changes nothing.
An IMAP mailbox keeps every mail, read ones are marked. POP3 has no marks: reports are deleted, all else stays.
"""

import contextlib
import datetime as dt
import imaplib
import poplib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from . import bounces

SECONDS = 30  # for each answer of the server
BATCH, MOST = 50, 1000  # mails stored together; in one run
SERVERS = {"imaps": 993, "imap": 143, "pop3s": 995, "pop3": 110}


class MailboxError(Exception):
    """The mailbox can't be read; the message holds no secret."""


def fetch(url: str, *, now: dt.datetime) -> int:
    """Takes in what came back since the last time; how many reports. `url`: imaps://user:password@host/INBOX.

    Raises MailboxError.
    """
    parts = urlsplit(url)
    try:
        return _imap(parts, now) if parts.scheme.startswith("imap") else _pop(parts, now)
    except (OSError, imaplib.IMAP4.error, poplib.error_proto, EOFError) as error:
        raise MailboxError(f"{parts.scheme} {parts.hostname}: {type(error).__name__}") from error


def read_directory(path: Path, *, now: dt.datetime) -> int:
    """Takes in every file of a directory (a Maildir's `new`); each goes to `read` beside it. How many reports."""
    done = path / "read"
    done.mkdir(exist_ok=True)
    files = sorted(one for one in path.iterdir() if one.is_file())
    found = 0
    for at in range(0, len(files), BATCH):
        batch = files[at : at + BATCH]
        found += bounces.take_in([one.read_bytes() for one in batch], now=now)
        for one in batch:
            one.rename(done / one.name)
    return found


# --- IMAP -------------------------------------------------------------------------------------


def _imap(parts: SplitResult, now: dt.datetime) -> int:
    with _imap_opened(parts) as box:
        _ok(box.select(unquote(parts.path.strip("/")) or "INBOX"))
        numbers = _ok(box.uid("SEARCH", "UNSEEN"))[0].split()[:MOST]
        found = 0
        for at in range(0, len(numbers), BATCH):
            batch = numbers[at : at + BATCH]
            found += bounces.take_in([_imap_mail(box, number) for number in batch], now=now)
            _ok(box.uid("STORE", b",".join(batch).decode(), "+FLAGS", r"(\Seen)"))
        return found


@contextlib.contextmanager
def _imap_opened(parts: SplitResult) -> Iterator[imaplib.IMAP4]:
    make = imaplib.IMAP4_SSL if parts.scheme == "imaps" else imaplib.IMAP4
    box = make(parts.hostname or "", parts.port or SERVERS[parts.scheme], timeout=SECONDS)
    try:
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        yield box
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            box.logout()


def _imap_mail(box: imaplib.IMAP4, number: bytes) -> bytes:
    """One mail, without marking it; of one too long for a bounce just enough to see that."""
    answer = _ok(box.uid("FETCH", number.decode(), f"(BODY.PEEK[]<0.{bounces.LONGEST + 1}>)"))
    return next((part[1] for part in answer if isinstance(part, tuple)), b"")


def _ok(answer: tuple) -> list:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(kind)
    return [part for part in data if part is not None] or [b""]


# --- POP3 -------------------------------------------------------------------------------------


def _pop(parts: SplitResult, now: dt.datetime) -> int:
    with _pop_opened(parts) as box:
        count = min(box.stat()[0], MOST)
        found = 0
        for at in range(1, count + 1, BATCH):
            batch = {number: _pop_mail(box, number) for number in range(at, min(at + BATCH, count + 1))}
            found += bounces.take_in(list(batch.values()), now=now)
            for number, raw in batch.items():
                if bounces.read(raw) is not None:
                    box.dele(number)
        return found


@contextlib.contextmanager
def _pop_opened(parts: SplitResult) -> Iterator[poplib.POP3]:
    make = poplib.POP3_SSL if parts.scheme == "pop3s" else poplib.POP3
    box = make(parts.hostname or "", parts.port or SERVERS[parts.scheme], timeout=SECONDS)
    try:
        box.user(unquote(parts.username or ""))
        box.pass_(unquote(parts.password or ""))
        yield box
    finally:
        with contextlib.suppress(OSError, poplib.error_proto):
            box.quit()


def _pop_mail(box: poplib.POP3, number: int) -> bytes:
    return b"\r\n".join(box.retr(number)[1]) + b"\r\n"
