"""What the clock does, once: a row unique in (job, due time), and locks held in PostgreSQL."""

import datetime as dt
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Q

from .models import JobRun

LEASE = dt.timedelta(hours=2)


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Waits for, then holds, a session lock of that name; it goes with the connection."""
    key = zlib.crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
            cursor.execute("RESET lock_timeout")


@contextmanager
def lock_if_free(name: str) -> Iterator[bool]:
    """The same without waiting: False inside where another holds it."""
    key = zlib.crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_mine = cursor.fetchone()[0]
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def once(job: str, *, due: str, now: dt.datetime) -> Iterator[JobRun | None]:
    """Gives the run to whoever takes it first, None to everybody else.

    A run left by a killed worker is taken over when its lease ends; a failed one is tried again
    after the lease too, and says what went wrong (`detail["error"]`).
    """
    run = _take(job, due, now)
    if run is None:
        yield None
        return
    try:
        yield run
    except Exception as error:
        _settle(run, JobRun.State.FAILED, {**run.detail, "error": f"{type(error).__name__}: {error}"[:500]}, now)
        raise
    _settle(run, JobRun.State.DONE, run.detail, now)


def is_done(job: str, *, due: str) -> bool:
    """Whether somebody has done it for that due time."""
    return JobRun.objects.filter(job=job, due=due, state=JobRun.State.DONE).exists()


def _take(job: str, due: str, now: dt.datetime) -> JobRun | None:
    with transaction.atomic():
        run, is_new = JobRun.objects.get_or_create(
            job=job, due=due, defaults={"started_at": now, "lease_until": now + LEASE}
        )
        if is_new:
            return run
        free = JobRun.objects.filter(~Q(state=JobRun.State.DONE), pk=run.pk, lease_until__lt=now)
        if not free.update(started_at=now, lease_until=now + LEASE, state=JobRun.State.RUNNING):
            return None
    run.refresh_from_db()
    return run


def _settle(run: JobRun, state: str, detail: dict, now: dt.datetime) -> None:
    JobRun.objects.filter(pk=run.pk).update(state=state, detail=detail, finished_at=now)


def ask(job: str, *, now: dt.datetime) -> None:
    """Somebody wants the job done soon: a row for whoever does it (`take_asked`). Asking often is asking once."""
    waiting = JobRun.objects.filter(job=f"asked: {job}", state=JobRun.State.RUNNING)
    if not waiting.exists():
        JobRun.objects.get_or_create(job=f"asked: {job}", due=now.isoformat(), defaults={"started_at": now})


def is_asked(job: str) -> bool:
    """Whether somebody waits for the job."""
    return JobRun.objects.filter(job=f"asked: {job}", state=JobRun.State.RUNNING).exists()


def take_asked(job: str, *, now: dt.datetime) -> bool:
    """Takes what was asked for; True for one of those who try. It is tried once: what fails says so elsewhere."""
    waiting = JobRun.objects.filter(job=f"asked: {job}", state=JobRun.State.RUNNING)
    return bool(waiting.update(state=JobRun.State.DONE, finished_at=now))
