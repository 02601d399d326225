"""Who uses a DATA_DIR: every user holds a shared lock in it, starting and stopping happen behind an exclusive one.

The system gives the locks of a killed process back, so nobody ever waits for the dead; servers a killed user left
behind are adopted by the next one, and stopped by the last.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def user_of(home: Path, *, enter: Callable[[], None], leave: Callable[[], None]) -> Iterator[None]:
    """Be a user of `home` inside the block.

    `enter` runs behind the gate when we come (servers start or are adopted), `leave` behind the gate when we go and
    nobody else is there (servers stop).
    """
    with (home / "users.lock").open("a") as users:
        with _gate(home):
            # Before the servers start: if we are killed while they do, nobody takes them for unused.
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                enter()
            except BaseException:
                _leave(users, leave)
                raise
        try:
            yield
        finally:
            with _gate(home):
                _leave(users, leave)


@contextmanager
def _gate(home: Path) -> Iterator[None]:
    with (home / "gate.lock").open("a") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _leave(users, leave: Callable[[], None]) -> None:
    """Unlocked by hand, because a forked child may still hold the same open file."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    try:
        leave()
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)
