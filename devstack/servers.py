"""The servers of a DATA_DIR, for as long as somebody uses them."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack import StackError
from devstack.locks import user_of
from devstack.machine import disown, write_private
from devstack.postgres import Postgres
from devstack.valkey import Valkey

NO_REDIS = "redis://127.0.0.1:1/0"
DEFAULT_DATA_DIR = Path(__file__).resolve().parent.parent / ".data"


def data_dir() -> Path:
    """DATA_DIR from the environment, else .data beside manage.py; made when missing, for its owner only."""
    home = Path(os.environ.get("DATA_DIR") or DEFAULT_DATA_DIR).resolve()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "gate.lock").open("a").close()
    except OSError as error:
        raise StackError(f"DATA_DIR {home} cannot be used: {error.strerror}.") from None
    return home


@contextmanager
def servers(home: Path, *, redis: bool = True) -> Iterator[dict[str, str]]:
    """Run the servers of `home` inside the block; gives the environment in which the product finds them.

    Starts or adopts PostgreSQL and, with `redis`, Valkey. Without `redis` a Valkey that runs is named, else an address
    where nobody answers: never some other Redis of this machine. The last user to leave stops both.
    """
    postgres, valkey = Postgres(home), Valkey(home)

    def enter() -> None:
        secret_key(home)
        postgres.start()
        if redis:
            valkey.start()

    def leave() -> None:
        valkey.stop()
        postgres.stop()

    with outliving(postgres, valkey), user_of(home, enter=enter, leave=leave):
        yield {
            "DATA_DIR": str(home),
            "SECRET_KEY": secret_key(home),
            "DATABASE_URL": postgres.url(),
            "REDIS_URL": valkey.url() if valkey.is_running() else NO_REDIS,
        }


@contextmanager
def outliving(*servers: Postgres | Valkey) -> Iterator[None]:
    """Afterwards a server that others still use is no child of ours to wait for."""
    try:
        yield
    finally:
        for server in servers:
            if server.process:
                disown(server.process)


def secret_key(home: Path) -> str:
    """The key of this DATA_DIR, made on first use, readable by its owner only."""
    path = home / "secret_key"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48))
    return path.read_text()
