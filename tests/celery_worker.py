"""A real Celery worker in a process of its own, on the session's Valkey and the test's database."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from devstack.machine import until

STARTING_SECONDS = 60
STOPPING_SECONDS = 30


@dataclass
class CeleryWorker:
    """`start()` returns when it takes tasks (`waits=False`: at once); the log goes on where a killed one left it.

    `kill()` is SIGKILL of the whole group: nothing gets to tidy up.
    """

    environment: dict[str, str]
    arguments: tuple[str, ...] = ("--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle")
    process: subprocess.Popen | None = None
    log: Path = field(default_factory=lambda: Path(tempfile.mkstemp(suffix=".log", dir=os.environ["TEST_HOME"])[1]))

    def start(self, *, waits: bool = True) -> "CeleryWorker":
        command = [sys.executable, "-m", "celery", "-A", "retention_crm", "worker", "--loglevel=INFO", *self.arguments]
        begins = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | self.environment, start_new_session=True
            )
        if not waits:
            return self
        ready = until(lambda: "ready." in self._said(begins) or self.process.poll() is not None, STARTING_SECONDS)
        assert ready, f"no worker: {self.log.read_text()}"
        assert self.is_alive(), f"the worker ended: {self.log.read_text()}"
        return self

    def _said(self, begins: int) -> str:
        return self.log.read_bytes()[begins:].decode(errors="replace")

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """Warm shutdown, as a deployment does it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=STOPPING_SECONDS)

    def hands(self) -> list[psutil.Process]:
        """The processes that work; their parent lives and makes new ones."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children()
        return []

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _signal(self, sign: signal.Signals) -> None:
        if self.is_alive():
            os.killpg(self.process.pid, sign)
            self.process.wait(timeout=STOPPING_SECONDS)
