"""How a message leaves the house. A channel is a small class; its errors say what the other side said, and when."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


@dataclass(frozen=True)
class Message:
    """Ready bytes (CRLF) and the envelope they travel in."""

    sender: str
    recipient: str
    content: bytes


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

    def open(self) -> None: ...

    def offer(self, message: Message) -> None:
        """Announces the message; returns when the other side would take it. Nothing has been handed over yet."""

    def deliver(self, message: Message) -> str:
        """Hands the offered message over; returns the words with which it was accepted."""

    def withdraw(self) -> None:
        """Takes the offered message back."""

    def close(self) -> None: ...
