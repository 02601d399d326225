"""A real Celery worker in a process of its own, on the session's Valkey and the test's database."""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from devstack.machine import until

STARTING_SECONDS = 60
STOPPING_SECONDS = 30


@dataclass
class CeleryWorker:
    """`start()` returns when it takes tasks. `kill()` is SIGKILL of the whole group: nothing gets to tidy up."""

    environment: dict[str, str]
    arguments: tuple[str, ...] = ("--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle")
    process: subprocess.Popen | None = None
    log: Path = field(default_factory=lambda: Path(tempfile.mkstemp(suffix=".log", dir=os.environ["TEST_HOME"])[1]))

    def start(self) -> "CeleryWorker":
        command = [sys.executable, "-m", "celery", "-A", "retention_crm", "worker", "--loglevel=INFO", *self.arguments]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | self.environment, start_new_session=True
            )
        ready = until(lambda: "ready." in self.log.read_text() or self.process.poll() is not None, STARTING_SECONDS)
        assert ready, f"no worker: {self.log.read_text()}"
        assert self.is_alive(), f"the worker ended: {self.log.read_text()}"
        return self

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """Warm shutdown, as a deployment does it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=STOPPING_SECONDS)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _signal(self, sign: signal.Signals) -> None:
        if self.is_alive():
            os.killpg(self.process.pid, sign)
            self.process.wait(timeout=STOPPING_SECONDS)
