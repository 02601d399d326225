"""What arrived at the demo's own mail sink: one file a mail, written before the sink answered."""

import datetime as dt
import email
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

NAME = re.compile(r"\w[\w.-]*\.eml", re.ASCII)


@dataclass(frozen=True)
class Mail:
    """One mail as the mailbox page shows it."""

    name: str
    arrived_at: dt.datetime
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["subject"] or "")

    @property
    def recipient(self) -> str:
        return str(self.message["to"] or "")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content() if part else ""


def newest(folder: Path, *, skip: int, count: int) -> tuple[list[Mail], int]:
    """A page of mails, newest first, and how many there are in all."""
    paths = sorted(
        (path for path in folder.glob("*.eml") if NAME.fullmatch(path.name)), key=lambda path: path.name, reverse=True
    )
    return [_read(path) for path in paths[skip : skip + count]], len(paths)


def find(folder: Path, name: str) -> Mail | None:
    """One mail by its file's name; None for anything else."""
    path = folder / name
    return _read(path) if NAME.fullmatch(name) and path.is_file() else None


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    return Mail(path.name, dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC), message)
