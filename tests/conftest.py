"""Fixtures of what runs beside the tests. Servers and sample data come from devstack.pytest_plugin."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection
from django.db.backends.postgresql.creation import DatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.celery_worker import CeleryWorker
from tests.smtp_sink import SmtpSink


@pytest.fixture(scope="session", autouse=True)
def _audit_log_can_be_emptied_between_tests() -> Iterator[None]:
    """Django empties tables with TRUNCATE, which the audit log's trigger refuses: here it sleeps for that moment."""
    sql_flush = DatabaseOperations.sql_flush

    def without_triggers(operations, *args, **kwargs):
        statements = sql_flush(operations, *args, **kwargs)
        return ["SET session_replication_role = replica", *statements, "SET session_replication_role = origin"]

    DatabaseOperations.sql_flush = without_triggers
    yield
    DatabaseOperations.sql_flush = sql_flush


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly() -> None:
    """The product's hash takes a fifth of a second on purpose; a thousand tests sign somebody in."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    hashers.get_hashers.cache_clear()
    hashers.get_hashers_by_algorithm.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _whoever_is_still_connected_does_not_keep_the_database() -> None:
    """The throw-away database goes with the session, also while a killed worker's backend finishes its statement."""

    def destroy(creation: DatabaseCreation, name: str, verbosity: int) -> None:
        with creation._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {creation._quote_name(name)} WITH (FORCE)")

    DatabaseCreation._destroy_test_db = destroy


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A real SMTP server; `smtp_sink.mails` are those it accepted, `smtp_sink.answer(...)` makes it refuse."""
    sink = SmtpSink().start()
    yield sink
    sink.stop()


@pytest.fixture
def celery_worker_process(transactional_db) -> Iterator[Callable[..., CeleryWorker]]:
    """Starts real workers on this test's database: `celery_worker_process(EMAIL_URL=smtp_sink.url)`; all end with it.

    The test's rows are committed (transactional_db), so the worker sees them.
    """
    started: list[CeleryWorker] = []

    def start(*arguments: str, **environment: str) -> CeleryWorker:
        worker = CeleryWorker({"DATABASE_URL": database_url(), **environment})
        worker.arguments = arguments or worker.arguments
        started.append(worker)
        return worker.start()

    yield start
    for worker in started:
        worker.kill()


def database_url() -> str:
    """Where the database of this test is, for another process."""
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
