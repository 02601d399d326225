"""How a message leaves the house. A channel is a small class; its errors say what the other side said, and when.

Which channel carries a step: registry.py.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from campaigns.models import Step

ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


@dataclass(frozen=True)
class Message:
    """Ready bytes (of a mail: with CRLF) and the envelope they travel in.

    `key` stays the same at every attempt: the idempotency key where the other side knows such a thing.
    """

    sender: str
    recipient: str
    content: bytes
    key: str = ""


@dataclass(frozen=True)
class Accepted:
    """The other side's yes: its words (without addresses), and what it calls the message."""

    words: str
    provider_id: str = ""


class Stage(StrEnum):
    """How far a message had come."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"  # before the final dot
    CONTENT = "content"  # after it


class ChannelError(Exception):
    """A message did not leave. `words` is what may be shown: the other side's answer without addresses."""

    def __init__(self, stage: Stage, words: str = ""):
        self.stage, self.words = stage, ADDRESS.sub("…", words)[:300]
        super().__init__(f"{stage}: {self.words}")


class RefusedError(ChannelError):
    """The other side answered no, with a code of three digits: 4xx for now, 5xx for good."""

    def __init__(self, stage: Stage, code: int, words: str):
        self.code = code
        super().__init__(stage, f"{code} {words}".strip())
        found = ENHANCED.match(words)
        self.enhanced = ".".join(found.groups()) if found else ""

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500


class BrokenError(ChannelError):
    """The connection ended without an answer. After the final dot nobody can know what became of the message."""


class NotConfiguredError(ChannelError):
    """There is nowhere to send to, or nowhere allowed; the message says what to set."""

    def __init__(self, words: str):
        super().__init__(Stage.CONNECT, words)


class Channel(Protocol):
    """Sends one message after another; opens itself, and again after an error."""

    def open(self) -> object: ...

    def offer(self, message: Message, /) -> None:
        """Announces the message; returns when the other side would take it. Nothing has been handed over yet."""

    def deliver(self, message: Message, /) -> Accepted:
        """Hands the offered message over. A BrokenError at stage CONTENT says that nobody knows what became of it."""

    def withdraw(self) -> None:
        """Takes the offered message back."""

    def close(self) -> None: ...


class Writer(Protocol):
    """The words of one step and variant, ready to be written to many."""

    def write(self, row: Mapping[str, Any], *, now: dt.datetime) -> Message:
        """The message of one row of recipients.sql. Raises rendering.UnsendableError where the person can't get it."""


@dataclass(frozen=True)
class Route:
    """How the messages of one way leave this installation.

    `make` builds a channel (talks to nobody yet); `writer` is called once per step and variant of a run ("" and "A":
    the step's own words). `connections` go side by side, each in a thread; one alone works in the sender's own thread
    and may write to our database. `is_keyed`: the other side takes a message with the same key once, so that one whose
    answer was lost may be handed over again.
    """

    make: Callable[[], Channel]
    writer: Callable[[Step, str], Writer]
    connections: int = 1
    is_keyed: bool = False
