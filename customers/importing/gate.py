"""Imports run beside one another; an undo runs alone, so that no file meets customers who are just going."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_GATE = 7102


def shared(*, wait: bool):
    """Held while an import runs. Yields False where an undo is under way (with `wait`, waits for its end)."""
    return _held("_shared", wait)


def alone(*, wait: bool):
    """Held while an undo runs. Yields False where an import or another undo is under way (`wait` waits)."""
    return _held("", wait)


@contextmanager
def _held(how: str, wait: bool) -> Iterator[bool]:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
            cursor.execute(f"SELECT pg_advisory_lock{how}(%s, 0)", [_GATE])
            cursor.execute("RESET lock_timeout")
        else:
            cursor.execute(f"SELECT pg_try_advisory_lock{how}(%s, 0)", [_GATE])  # a word of ours
        is_mine = wait or cursor.fetchone()[0]
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute(f"SELECT pg_advisory_unlock{how}(%s, 0)", [_GATE])
