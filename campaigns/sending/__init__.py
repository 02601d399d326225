"""The hands: claim → write → offer → mark → deliver → settle. Nothing lost, nothing twice (QUALITY §3).

The order is the guarantee. A row is marked `sending`, committed, after the other side has accepted the recipient and
before the message itself is handed over; everything that may forbid it is read again in that commit, which also
settles the messages before. So a sender killed at any moment leaves its rows claimed (they go back to the queue) and
at most one per connection in doubt: handed over again with the same key where the other side knows keys, else listed
as `unknown` and never sent again by itself. No transaction is open while the other side talks.

ledger: what a sender holds · fleets: connections side by side · sender: the loop · statements: planned once.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from accounts.models import Installation
from campaigns import states
from campaigns.channels import NotConfiguredError, Route, registry
from campaigns.models import Way
from common import sql

from . import ledger
from .sender import Sender, say_why

SLOTS = 0x6D61696C  # "mail": names the advisory locks of the senders
EACH = 1000  # their numbers, a way


def run(*, now: dt.datetime, seconds: float = 20, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Sends what is due, way by way, for at most so many seconds each; returns how many messages were taken.

    Any number may run at once; `settings.SENDERS` of them work on a way, the others go on to the next.
    """
    routes = Routes()
    ledger.reap(now=now, keyed=routes.keyed)
    sent = 0
    for way in _due(now):
        if not is_stopping():
            sent += _run(way, routes, now=now, seconds=seconds, is_stopping=is_stopping)
    states.close_finished()
    return sent


class Routes:
    """How each way leaves this installation, or why it can't."""

    def __init__(self) -> None:
        self.known: dict[str, Route] = {}
        self.missing: dict[str, NotConfiguredError] = {}
        installation = Installation.get()
        for way in Way.values:
            try:
                self.known[way] = registry.route(way, installation)
            except NotConfiguredError as error:
                self.missing[way] = error

    @property
    def keyed(self) -> list[str]:
        return [way for way, route in self.known.items() if route.is_keyed]


def _due(now: dt.datetime) -> list[str]:
    """The ways with something to send, the most urgent first; not those that people carry."""
    if Installation.get().sending_stopped:
        return []
    due = sql.rows("campaigns/sql/due.sql", {"now": now})
    return list(dict.fromkeys(row["channel"] for row in due if row["channel"] not in registry.BY_HAND))


def _run(way: str, routes: Routes, *, now: dt.datetime, seconds: float, is_stopping: Callable[[], bool]) -> int:
    if way in routes.missing:
        say_why(way, routes.missing[way])
        return 0
    with _slot(way) as is_mine:
        if not is_mine:
            return 0
        until = time.monotonic() + seconds
        return Sender(way, routes.known[way], now=now, until=until, is_stopping=is_stopping).work()


@contextmanager
def _slot(way: str) -> Iterator[bool]:
    """One of the few places for senders of a way; it goes with the connection, so a killed sender frees it."""
    first, taken = Way.values.index(way) * EACH, None
    with connection.cursor() as cursor:
        for number in range(first, first + settings.SENDERS):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SLOTS, number])
            if cursor.fetchone()[0]:
                taken = number
                break
    try:
        yield taken is not None
    finally:
        if taken is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SLOTS, taken])
