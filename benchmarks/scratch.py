"""A PostgreSQL of its own in a temporary folder, and child processes whose time and memory are their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.rows import ROOT
from devstack.postgres import Postgres
from devstack.services import NO_REDIS

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
        said = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"python {' '.join(words)} ended with {process.returncode}")
        return json.loads(said.splitlines()[-1]) if said.strip() else None, usage.ru_maxrss // 1024

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Each statement commits by itself."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            yield connection.cursor()
        finally:
            connection.close()


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
