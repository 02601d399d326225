"""A call with an Idempotency-Key has its effect once: its answer is kept for a day and given again.

While a call runs it holds a lock of PostgreSQL that goes with its connection. So a second one can tell whether the
first still runs (409) or was killed (then it takes the call over).
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .models import ApiKey, IdempotentCall

KEPT = dt.timedelta(hours=24)
LONGEST = 255
_LOCK_SPACE = 7104


class OtherCallError(Exception):
    """The key was used for another call."""


class StillRunningError(Exception):
    """The call with this key is running now."""


@dataclass
class Taken:
    """A call that is ours to run: give `status` and `body`; or one that ran: they stand there already."""

    is_done: bool = False
    status: int = 0
    body: Any = None


def fingerprint(*parts: str | bytes) -> str:
    """What makes two calls the same: method, address, body."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@contextmanager
def once(*, api_key: ApiKey, key: str, request_hash: str, now: dt.datetime) -> Iterator[Taken]:
    """Run a call once for its key; its answer is kept. One that raised did nothing and keeps nothing.

    Raises OtherCallError (the same key, another call) and StillRunningError.
    """
    call = _row(api_key, key, request_hash, now)
    with _held(call.pk) as is_mine:
        call.refresh_from_db()
        if call.request_hash != request_hash:
            raise OtherCallError
        if not is_mine:
            raise StillRunningError
        if call.status is not None:
            yield Taken(is_done=True, status=call.status, body=call.body)
            return
        taken = Taken()
        try:
            yield taken
        except Exception:
            call.delete()
            raise
        kept = {"status": taken.status, "body": taken.body, "finished_at": now}
        IdempotentCall.objects.filter(pk=call.pk).update(**kept)


def forget(*, now: dt.datetime) -> int:
    """Remove the calls of more than a day ago; returns how many."""
    return IdempotentCall.objects.filter(started_at__lt=now - KEPT).delete()[0]


def _row(api_key: ApiKey, key: str, request_hash: str, now: dt.datetime) -> IdempotentCall:
    IdempotentCall.objects.filter(api_key=api_key, key=key, started_at__lt=now - KEPT).delete()
    fresh = IdempotentCall(api_key=api_key, key=key, request_hash=request_hash, started_at=now)
    IdempotentCall.objects.bulk_create([fresh], ignore_conflicts=True)
    return IdempotentCall.objects.get(api_key=api_key, key=key)


@contextmanager
def _held(call_id: int) -> Iterator[bool]:
    number = call_id % 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, number])
        is_mine = cursor.fetchone()[0]
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, number])
