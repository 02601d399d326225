"""`make demo`: the whole product on this machine, in the foreground, on data of its own in DATA_DIR."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from devstack import StackError, processes
from devstack.machine import free_port, until
from devstack.servers import data_dir, servers

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 300
PASSWORD = "modoru-demo"  # noqa: S105 (printed for everybody; refused outside the demo)
LOGINS = [("cs@example.jp", "CS staff"), ("manager@example.jp", "Manager"), ("admin@example.jp", "Admin")]
# What a user set for a real installation must not reach the demo: above all no real mail server.
IGNORED = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DEBUG", "NO_DATABASE", "STATIC_MANIFEST", "STATIC_ROOT")
SENDING = ("EMAIL_", "ANYMAIL_", "LINE_", "SMS_", "BOUNCE_")  # accounts elsewhere: a demo reaches nobody


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` would have it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        port, home = _port(), data_dir()
        with _only_demo_of(home):
            processes.end_leftovers(home)
            _refuse_busy(port)
            return _run(port, home)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StackError(f"PORT={text} is not a port: give a number from 1 to 65535.")
    return int(text)


@contextlib.contextmanager
def _only_demo_of(home: Path) -> Iterator[None]:
    """A lock no child inherits: whoever finds it free may end what the last holder left behind."""
    with (home / "demo.lock").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StackError(
                f"A demo already runs on {home}: stop it, or choose another folder and port, "
                "as in `make demo DATA_DIR=.data2 PORT=8001`."
            ) from None
        yield


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise StackError(f"Port {port} is for root only: choose another, as in `make demo PORT=8001`.") from None
        except OSError:
            raise StackError(
                f"Port {port} is in use: stop what listens there, or choose another, as in `make demo PORT=8001`."
            ) from None


def _run(port: int, home: Path) -> int:
    print("Starting PostgreSQL and Valkey ...", flush=True)
    with servers(home) as addresses:
        mail_port = free_port()
        environment = _environment(addresses, port=port, mail_port=mail_port, home=home)
        _prepare(environment)
        print("Starting web, worker and beat ...", flush=True)
        code = processes.run(
            processes.commands(port=port, mail_port=mail_port, home=home),
            environment=environment,
            home=home,
            cwd=ROOT,
            on_start=lambda: _welcome(port, home),
        )
    return _goodbye(code, home)


def _environment(addresses: dict[str, str], *, port: int, mail_port: int, home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in IGNORED and not key.startswith(SENDING)}
    return kept | {
        **addresses,
        "DEMO": "1",
        "STATIC_MANIFEST": "1",
        "STATIC_ROOT": str(home / "static"),
        "DEMO_SMTP": f"smtp://127.0.0.1:{mail_port}",
        "MAIL_DIR": str(home / "mail"),
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
        # Celery's remark about root is for servers that others can reach.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def _prepare(environment: dict[str, str]) -> None:
    """Packed files, tables and demo data; all of it does nothing the second time."""
    for folder in ("mail", "static"):
        Path(environment["DATA_DIR"], folder).mkdir(mode=0o700, exist_ok=True)
    print("Preparing the database ...", flush=True)
    packing = [] if _are_packed(Path(environment["STATIC_ROOT"])) else [["collectstatic", "--noinput", "--verbosity=0"]]
    for words in (*packing, ["load_demo"]):
        done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=False)
        if done.returncode:
            raise StackError(f"The demo could not be prepared: manage.py {words[0]} failed.")


def _are_packed(folder: Path) -> bool:
    """Packing takes seconds, so only when styles, scripts or the versions of packages changed since."""
    packed = folder / "staticfiles.json"
    sources = [*(ROOT / "static").rglob("*"), ROOT / "package-lock.json", ROOT / "requirements.txt"]
    return packed.exists() and packed.stat().st_mtime > max(path.stat().st_mtime for path in sources)


def _welcome(port: int, home: Path) -> None:
    """Waits for /readyz, then says where to go."""
    if not until(lambda: _is_ready(port), READY_SECONDS, every=0.2):
        print(f"http://127.0.0.1:{port}/readyz still does not answer with 200.", file=sys.stderr, flush=True)
        return
    logins = "\n".join(f"    {email:<20} {PASSWORD}   {role}" for email, role in LOGINS)
    # In one piece: another thread writes the lines of the processes meanwhile.
    sys.stdout.write(
        f"\nModoru is ready: http://127.0.0.1:{port}/\n\n{logins}\n\n"
        f"Its mail stays here: {home / 'mail'}\nCtrl-C stops everything and keeps the data.\n\n"
    )
    sys.stdout.flush()


def _is_ready(port: int) -> bool:
    # No proxy of the environment stands between us and ourselves.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"http://127.0.0.1:{port}/readyz"
    with contextlib.suppress(OSError, urllib.error.URLError), opener.open(url, timeout=10) as answer:
        return answer.status == 200
    return False


def _goodbye(code: int, home: Path) -> int:
    if code in (130, 143, 0):
        print(f"Stopped. The data stays in {home}; `make demo` continues with it.", flush=True)
        return 0
    print("A process ended by itself, see above; everything else was stopped.", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
