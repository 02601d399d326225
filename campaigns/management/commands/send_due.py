"""manage.py send_due: what the clock does every five seconds, without a broker or a worker."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from campaigns import audience, sending

EVERY = 5  # seconds
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Start campaigns that are due and send their mails; needs neither Redis nor a worker. Ctrl-C ends it."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="look once instead of every five seconds")

    def handle(self, *, once: bool, **_options):
        with _told_to_stop() as stop:
            if once:
                self.stdout.write(f"{_look(stop)}")
                return
            while not stop.is_set():
                _look_if_possible(stop)
                stop.wait(EVERY)


def _look(stop: threading.Event) -> int:
    now = timezone.now()
    audience.launch_due(now=now)
    audience.plan_due(now=now)
    return sending.run(now=now, is_stopping=stop.is_set)


def _look_if_possible(stop: threading.Event) -> None:
    """A database that is away comes back: what was under way is in the ledger, the next look goes on with it."""
    try:
        _look(stop)
    except (OperationalError, InterfaceError) as error:
        log.warning("no database: %s", type(error).__name__)
        connection.close()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Set by TERM and Ctrl-C: the mail in hand is finished, what was claimed is given back."""
    stop = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: stop.set()) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
