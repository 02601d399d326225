"""What the clock does, it does once; what was killed is taken over; what failed says so and is tried again."""

import datetime as dt
import threading

import pytest
from django.db import connection

from accounts import jobs
from accounts.models import JobRun

NOW = dt.datetime(2026, 11, 22, 0, 5, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_a_run_is_given_once():
    with jobs.once("nightly", due="2026-11-22", now=NOW) as run:
        run.detail = {"rows": 3}
    with jobs.once("nightly", due="2026-11-22", now=NOW) as second:
        assert second is None
    with jobs.once("nightly", due="2026-11-22", now=NOW + 2 * jobs.LEASE) as later:
        assert later is None
    row = JobRun.objects.get()
    assert (row.state, row.detail, row.finished_at) == (JobRun.State.DONE, {"rows": 3}, NOW)
    assert str(row) == "nightly 2026-11-22: done"


@pytest.mark.django_db
def test_another_due_time_is_another_run():
    for due in ("2026-11-21", "2026-11-22"):
        with jobs.once("nightly", due=due, now=NOW) as run:
            assert run is not None
    assert JobRun.objects.count() == 2


@pytest.mark.django_db
def test_a_failed_run_says_why_and_is_tried_again_after_its_lease():
    def fail():
        with jobs.once("nightly", due="d", now=NOW) as run:
            run.detail = {"rows": 1}
            raise ValueError("no disk")

    with pytest.raises(ValueError, match="no disk"):
        fail()
    row = JobRun.objects.get()
    assert (row.state, row.detail) == (JobRun.State.FAILED, {"rows": 1, "error": "ValueError: no disk"})
    with jobs.once("nightly", due="d", now=NOW + jobs.LEASE) as too_early:
        assert too_early is None
    with jobs.once("nightly", due="d", now=NOW + jobs.LEASE + dt.timedelta(seconds=1)) as again:
        assert again.pk == row.pk
    assert JobRun.objects.get().state == JobRun.State.DONE


@pytest.mark.django_db
def test_a_run_left_by_a_killed_worker_is_taken_over_when_its_lease_ends():
    JobRun.objects.create(job="nightly", due="d", started_at=NOW, lease_until=NOW + jobs.LEASE)
    with jobs.once("nightly", due="d", now=NOW + dt.timedelta(minutes=5)) as other:
        assert other is None
    after = NOW + jobs.LEASE + dt.timedelta(minutes=5)
    with jobs.once("nightly", due="d", now=after) as mine:
        assert mine.started_at == after


@pytest.mark.django_db(transaction=True)
def test_a_lock_lets_one_in_at_a_time():
    order = []
    waits = threading.Event()

    def second():
        waits.set()
        with jobs.lock("pipeline"):
            order.append("second")
        connection.close()

    thread = threading.Thread(target=second)
    with jobs.lock("pipeline"):
        thread.start()
        assert waits.wait(10)
        thread.join(0.3)  # it is still waiting: nothing else could have ended it
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


@pytest.mark.django_db
def test_a_lock_is_free_again_after_an_error():
    with pytest.raises(ValueError, match="oops"), jobs.lock("pipeline"):
        raise ValueError("oops")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
