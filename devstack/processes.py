"""The processes of the demo in the foreground: web, worker, beat and the mail sink, under honcho.

Each notes its process id in DATA_DIR/run, so that what a killed run left behind is ended by the next one.
"""

import contextlib
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


class _Calm(Printer):
    """honcho's own remarks (started, stopped) are left out: the demo says itself what matters."""

    def write(self, message) -> None:
        if message.name != honcho.manager.SYSTEM_PRINTER_NAME:
            super().write(message)


class Processes(honcho.manager.Manager):
    """honcho's manager with a word when everything has been started; no thread exists before, since it forks."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        super().__init__(_Calm(sys.stdout))
        self._on_start = on_start

    def _start(self) -> None:
        super()._start()
        threading.Thread(target=self._on_start, daemon=True).start()


def commands(*, port: int, mail_port: int, home: Path) -> dict[str, list[str]]:
    """Name and words of each process."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--quiet", "-A", "retention_crm"]
    return {
        "mail": [*python, "devstack.mailsink", "--port", str(mail_port), "--dir", str(home / "mail")],
        "web": [
            *(*python, "gunicorn", "retention_crm.wsgi", f"--bind=127.0.0.1:{port}", "--worker-class=gthread"),
            *("--workers=2", "--threads=4", "--timeout=60", "--log-level=warning", "--no-control-socket"),
        ],
        "worker": [*celery, "worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=WARNING", f"--schedule={home / 'celerybeat-schedule'}", "--pidfile="],
    }


def run(
    programs: dict[str, list[str]], *, environment: dict[str, str], home: Path, cwd: Path, on_start: Callable[[], None]
) -> int:
    """Run them until Ctrl-C, or until one ends and takes the others with it; honcho's exit code."""
    pids = home / "run"
    pids.mkdir(exist_ok=True)
    manager = Processes(on_start)
    for name, words in programs.items():
        note = f"echo $$ > {shlex.quote(str(pids / name))}"
        manager.add_process(name, f"{note}; exec {shlex.join(words)}", env=environment, cwd=str(cwd))
    # A closed terminal ends the demo as Ctrl-C does.
    signal.signal(signal.SIGHUP, lambda *_: manager.terminate())
    manager.loop()
    for path in pids.iterdir():
        path.unlink()
    return manager.returncode or 0


def end_leftovers(home: Path) -> None:
    """End what a killed run of this DATA_DIR left behind: it would hold the port and send twice."""
    left = [pid for pid in map(_noted, (home / "run").glob("*")) if pid]
    for pid in left:
        _signal(pid, signal.SIGTERM)
    if not until(lambda: not any(map(_is_ours, left)), WAIT_FOR_LEFTOVERS):
        for pid in left:
            _signal(pid, signal.SIGKILL)


def _noted(path: Path) -> int | None:
    """The process of a note, unless it is gone or its number now belongs to a stranger."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(path.read_text())
        if _is_ours(pid):
            return pid
    path.unlink(missing_ok=True)
    return None


def _is_ours(pid: int) -> bool:
    words = command_line(pid)
    return any(word in words for word in ("retention_crm", "devstack.mailsink"))


def _signal(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, sign)
