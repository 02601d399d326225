"""Throw-away servers for a test session, and fixtures for what runs beside the tests.

Loaded with ``-p`` so that it acts before pytest-django reads the settings. One PostgreSQL and one Valkey serve all
xdist workers; each worker has a database of its own on both. DATA_DIR and DATABASE_URL of the user are never touched:
who wants other servers says so with TEST_DATABASE_URL and TEST_REDIS_URL.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

# The user's own environment must not decide what a test sees.
FORGOTTEN = (
    "DEMO",
    "DEMO_SMTP",
    "MAIL_DIR",
    "NO_DATABASE",
    "STATIC_MANIFEST",
    "STATIC_ROOT",
    "DEBUG",
    "LOG_LEVEL",
)
FIXED = {
    "SECRET_KEY": "a-key-for-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "BASE_URL": "http://127.0.0.1:8000",
    "EMAIL_URL": "smtp://127.0.0.1:1",  # nobody listens there: a test that sends mail brings its own sink
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config, args):
    if not {"-h", "--help", "--version"} & set(args):
        _prepare(early_config)
    return (yield)


def _prepare(config: pytest.Config) -> None:
    for name in FORGOTTEN:
        os.environ.pop(name, None)
    os.environ.update(FIXED)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not worker:
        _start_servers(config)
    _use_servers(worker or "main")


def _start_servers(config: pytest.Config) -> None:
    """Their folder goes with them. SIGKILL of the whole session is the one way to leave it behind."""
    # Imported here, so that the workers' coverage sees these modules from their first line.
    from devstack.postgres import Postgres
    from devstack.valkey import Valkey

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled run ends as with Ctrl-C, and tidies up
    home = Path(tempfile.mkdtemp(prefix="modoru-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["TEST_HOME"] = str(home)
    os.environ["TEST_SERVER_DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or _start(
        config, Postgres(home, throwaway=True)
    )
    os.environ["TEST_SERVER_REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or _start(config, Valkey(home))


def _start(config: pytest.Config, server) -> str:
    config.add_cleanup(server.stop)
    server.start()
    return server.url()


def _use_servers(worker: str) -> None:
    """pytest-django names the database of each worker; Valkey has sixteen by number."""
    number = int(worker.removeprefix("gw")) % 15 + 1 if worker != "main" else 0
    os.environ["DATABASE_URL"] = os.environ["TEST_SERVER_DATABASE_URL"]
    os.environ["REDIS_URL"] = os.environ["TEST_SERVER_REDIS_URL"].rsplit("/", 1)[0] + f"/{number}"
    folder = Path(os.environ["TEST_HOME"]) / worker
    (folder / "static").mkdir(parents=True, exist_ok=True)
    os.environ["DATA_DIR"] = str(folder)


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder with data that may not be shipped (SAMPLE_DATA, else ../shared/data beside the project).

    Without it the test skips; with CI=true it fails, so that nobody takes a skipped proof for a proof.
    """
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SAMPLE_DATA") or default)
    if not folder.is_dir():
        message = f"No sample data at {folder}: set SAMPLE_DATA."
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return folder
