"""A PostgreSQL of its own in a temporary folder, and child processes whose time and memory are their own."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.rows import ROOT
from devstack.postgres import Postgres
from devstack.servers import NO_REDIS

SETTINGS = {
    "SECRET_KEY": "for this benchmark only",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "BASE_URL": "http://127.0.0.1:8000",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "REDIS_URL": NO_REDIS,
    "DJANGO_SETTINGS_MODULE": "retention_crm.settings",
}


@dataclass(frozen=True)
class Scratch:
    """Where the server is, and the folder that goes with it."""

    home: Path
    url: str

    def child(self, *words: str) -> tuple[Any, int]:
        """Runs `python words…`; returns the JSON of its last line and its peak memory in MB."""
        env = os.environ | SETTINGS | {"DATABASE_URL": self.url, "DATA_DIR": str(self.home)}
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        peak = _Peak(process.pid)
        said = process.stdout.read()
        if process.wait():
            raise SystemExit(f"python {' '.join(words)} ended with {process.returncode}")
        return json.loads(said.splitlines()[-1]) if said.strip() else None, peak.stop()

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Each statement commits by itself."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            yield connection.cursor()
        finally:
            connection.close()


class _Peak:
    """The peak memory of a process, asked for while it runs: what the system reports at its end begins with ours."""

    def __init__(self, pid: int):
        self.status, self.kilobytes, self.over = Path(f"/proc/{pid}/status"), 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.wait(0.02):
            try:
                found = re.search(r"VmHWM:\s+(\d+) kB", self.status.read_text())
            except OSError:
                return
            self.kilobytes = int(found[1]) if found else self.kilobytes

    def stop(self) -> int:
        """The peak in MB."""
        self.over.set()
        self.thread.join()
        return self.kilobytes // 1024


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A migrated database with the settings of `make demo` (fsync on); gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="modoru-bench-"))
    (home / "static").mkdir()
    server = Postgres(home)
    try:
        server.start()
        found = Scratch(home, server.url())
        found.child("manage.py", "migrate", "--verbosity", "0")
        yield found
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
