"""The processes of the demo in the foreground: web, worker, beat and the mail sink, under honcho.

Each notes its process id, and its parent's, in DATA_DIR/run, so that what a killed run left behind is ended by the
next one.
"""

import contextlib
import multiprocessing
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import honcho.manager
from honcho.printer import Printer

from devstack.machine import command_line, until

# Celery's warm shutdown finishes the task in hand.
honcho.manager.KILL_WAIT = 15
WAIT_FOR_LEFTOVERS = 20
OUR_WORDS = {"retention_crm", "retention_crm.wsgi", "devstack.mailsink", "devstack.demo"}


class _Calm(Printer):
    """honcho's own remarks (started, stopped) are left out: the demo says itself what matters."""

    def write(self, message) -> None:
        # A terminal that was closed takes no more lines; that must not keep anything from stopping.
        with contextlib.suppress(OSError):
            if message.name != honcho.manager.SYSTEM_PRINTER_NAME:
                super().write(message)


class Processes(honcho.manager.Manager):
    """honcho's manager with a word when everything has been started; no thread exists before, since it forks."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        super().__init__(_Calm(sys.stdout))
        self._on_start = on_start

    def _start(self) -> None:
        # A closed terminal ends the demo as Ctrl-C does: one process hears of it, and tells the others.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        super()._start()
        signal.signal(signal.SIGHUP, lambda *_: self.terminate())
        threading.Thread(target=self._on_start, daemon=True).start()


def commands(*, port: int, mail_port: int, home: Path) -> dict[str, list[str]]:
    """Name and words of each process."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--quiet", "-A", "retention_crm"]
    return {
        "mail": [*python, "devstack.mailsink", "--port", str(mail_port), "--dir", str(home / "mail")],
        "web": [
            *(*python, "gunicorn", "retention_crm.wsgi", f"--bind=127.0.0.1:{port}", "--worker-class=gthread"),
            *("--workers=2", "--threads=4", "--timeout=60", "--preload", "--log-level=warning", "--no-control-socket"),
        ],
        "worker": [*celery, "worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=WARNING", f"--schedule={home / 'celerybeat-schedule'}", "--pidfile="],
    }


def run(
    programs: dict[str, list[str]], *, environment: dict[str, str], home: Path, cwd: Path, on_start: Callable[[], None]
) -> int:
    """Run them until Ctrl-C, or until one ends and takes the others with it; honcho's exit code."""
    # Forks share our locks: whoever outlives us still counts as a user of the servers. (Python 3.14 would not fork.)
    multiprocessing.set_start_method("fork", force=True)
    pids = home / "run"
    pids.mkdir(exist_ok=True)
    manager = Processes(on_start)
    for name, words in programs.items():
        note = f"echo $$ $PPID > {shlex.quote(str(pids / name))}"
        manager.add_process(name, f"{note}; exec {shlex.join(words)}", env=environment, cwd=str(cwd))
    manager.loop()
    for path in pids.iterdir():
        path.unlink()
    return manager.returncode or 0


def end_leftovers(home: Path) -> None:
    """End what a killed run of this DATA_DIR left behind: it would hold the port, the servers, and send twice."""
    left = [note for note in map(_noted, (home / "run").glob("*")) if note]
    programs, forks = [note[0] for note in left], [note[1] for note in left]
    for pid in programs:
        _signal(os.killpg, pid, signal.SIGTERM)
    if not until(lambda: not any(map(_is_ours, programs)), WAIT_FOR_LEFTOVERS):
        for pid in programs:
            _signal(os.killpg, pid, signal.SIGKILL)
    # honcho's forks may be stuck handing on lines to a manager that is no more.
    for pid in filter(_is_ours, forks):
        _signal(os.kill, pid, signal.SIGKILL)


def _noted(path: Path) -> tuple[int, int] | None:
    """A program and honcho's fork above it, unless they are gone or the numbers now belong to strangers."""
    with contextlib.suppress(OSError, ValueError):
        program, fork = map(int, path.read_text().split())
        if _is_ours(program) or _is_ours(fork):
            return program, fork
    path.unlink(missing_ok=True)
    return None


def _is_ours(pid: int) -> bool:
    """By whole words: a number given to somebody's editor or test run meanwhile must not be taken for ours."""
    return bool(OUR_WORDS & set(command_line(pid).split()))


def _signal(send: Callable[[int, int], None], pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        send(pid, sign)
