"""A PostgreSQL and a Valkey of one test's own, to be killed and started again on the same port."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import redis
from django.db import connection

from devstack.machine import until
from devstack.postgres import Postgres, find_binaries
from devstack.valkey import Valkey, find_binary
from tests.conftest import database_url
from tests.faults.nemesis import send

STARTING_SECONDS = 60


def _home(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ["TEST_HOME"]))


class OwnPostgres(Postgres):
    """Keeps what it has confirmed (synchronous_commit): that is what its death is to show."""

    def kill(self) -> None:
        """SIGKILL of all of it, as when the machine goes; returns when it answers again, recovered, on its port."""
        pid, port = self._pidfile()
        everything = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        for each in everything:
            send(each, signal.SIGKILL)
        self.process.wait(STARTING_SECONDS)
        assert until(lambda: not any(psutil.pid_exists(each) for each in everything), STARTING_SECONDS)
        assert self._launch_on(find_binaries(), port), self.log.read_text()


@contextmanager
def moved_to_own_postgres() -> Iterator[OwnPostgres]:
    """This test's database, copied to a server of its own; Django and `database_url` speak to the copy meanwhile."""
    server = OwnPostgres(_home("killed"))
    server.start()
    before = dict(connection.settings_dict)
    try:
        _copy(server)
        own = {"NAME": "modoru", "USER": "modoru", "PASSWORD": server.password, "PORT": str(server._pidfile()[1])}
        connection.close()
        connection.settings_dict |= own | {"HOST": "127.0.0.1"}
        yield server
    finally:
        connection.close()
        connection.settings_dict |= before
        server.stop()


def _copy(server: Postgres) -> None:
    programs = find_binaries()
    with subprocess.Popen(
        [programs / "pg_dump", "--no-owner", database_url()], stdout=subprocess.PIPE
    ) as dump:  # its order lets the rows in before the keys between tables stand
        words = [programs / "psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-d", server.url()]
        subprocess.run(words, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)
    assert dump.returncode == 0


class OwnValkey(Valkey):
    """As the product's: it keeps nothing, so its death takes everything in it along."""

    def kill(self) -> None:
        """SIGKILL, and a new, empty one on the same port with the same password."""
        self.process.kill()
        self.process.wait()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [find_binary(), str(self.config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )
        assert until(self.is_running, STARTING_SECONDS, every=0.01), self.log.read_text()

    def wipe(self) -> None:
        """All queues, all messages gone."""
        with redis.Redis.from_url(self.url()) as client:
            client.flushall()

    def hang_up(self) -> None:
        """Resets the connections of everybody."""
        with redis.Redis.from_url(self.url()) as client:
            for kind in ("normal", "pubsub"):
                client.client_kill_filter(_type=kind, skipme=True)


@contextmanager
def own_valkey() -> Iterator[OwnValkey]:
    server = OwnValkey(_home("wiped"))
    server.start()
    try:
        yield server
    finally:
        server.stop()
