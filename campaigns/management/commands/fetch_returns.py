"""Takes in mails that came back: `fetch_returns` (BOUNCE_MAILBOX), `fetch_returns DIRECTORY`, `… | fetch_returns -`."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns import bounces, mailbox, reporting


class Command(BaseCommand):
    help = "Takes in bounces and complaints from BOUNCE_MAILBOX, from a directory, or one mail from standard input (-)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("where", nargs="?", default="", help="a directory, or - for standard input")

    def handle(self, *args: Any, where: str, **options: Any) -> None:
        now = timezone.now()
        try:
            found = self._found(where, now)
        except (mailbox.MailboxError, OSError) as error:
            raise CommandError(str(error)) from None
        reporting.apply_waiting(now=now)
        self.stdout.write(f"{found} reports")

    def _found(self, where: str, now: Any) -> int:
        if where == "-":
            return bounces.take_in([sys.stdin.buffer.read(bounces.LONGEST + 1)], now=now)
        if where:
            return mailbox.read_directory(Path(where), now=now)
        if not settings.BOUNCE_MAILBOX:
            raise CommandError("Set BOUNCE_MAILBOX to imaps://user:password@host/INBOX, or name a directory.")
        return mailbox.fetch(settings.BOUNCE_MAILBOX, now=now)
