"""What is known of the runs of scoring: done, failed, broken off, stale; and that two at once do no harm."""

import datetime as dt
import threading

import psycopg2
import pytest
from django.db import Error, connection, connections

from accounts import jobs
from customers.models import Touched
from retention_crm import pipeline
from scores import runs, scoring
from scores.models import Score, ScoringRun
from segments.models import Membership
from tests.conftest import database_url
from tests.factories import customer, day, moment, purchase

pytestmark = pytest.mark.django_db
TODAY = day("2026-06-30")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+09:00")


NOON = at("2026-06-30T12:00")


def test_before_the_first_run():
    found = scoring.freshness(now=NOON)
    assert (found.trouble, found.as_of, found.is_fine) == ("never", None, False)
    assert str(found.reason)


def test_a_run_says_what_it_did():
    purchase(customer(), "2026-06-01")
    pipeline.nightly(as_of=TODAY, now=NOON)
    found = scoring.freshness(now=NOON)
    assert (found.as_of, found.computed_at, found.covers, found.customers) == (TODAY, NOON, "everybody", 1)
    assert (found.is_fine, found.reason, found.is_running) == (True, "", False)
    assert found.changed == 3  # activity, a score and a prediction
    assert 0 < found.seconds < 60


@pytest.mark.parametrize(
    ("now", "trouble"),
    [
        ("2026-06-30T23:59", ""),
        ("2026-07-01T05:59", ""),  # the night may still compute
        ("2026-07-01T06:00", "stale"),
    ],
)
def test_yesterdays_scores_are_fresh_until_the_night_is_over(now, trouble):
    scoring.compute(as_of=TODAY, now=NOON)
    assert scoring.freshness(now=at(now)).trouble == trouble


def test_changes_that_nobody_takes_in_are_seen():
    scoring.compute(as_of=TODAY, now=NOON)
    Touched.objects.create(customer=customer())
    Touched.objects.update(at=NOON)
    assert scoring.freshness(now=NOON + dt.timedelta(minutes=59)).is_fine
    late = scoring.freshness(now=NOON + dt.timedelta(minutes=61))
    assert (late.trouble, late.waiting_since) == ("waiting", NOON)


def test_a_failed_run_is_loud_and_heals_on_the_next(monkeypatch):
    scoring.compute(as_of=TODAY, now=NOON)
    monkeypatch.setattr(pipeline.membership, "refresh_all", lambda **_words: 1 / 0)
    later = NOON + dt.timedelta(minutes=1)
    with pytest.raises(ZeroDivisionError):
        pipeline.nightly(as_of=TODAY, now=later)
    found = scoring.freshness(now=later)
    assert (found.trouble, found.error) == ("failed", "ZeroDivisionError: division by zero")
    assert (found.as_of, found.computed_at) == (TODAY, NOON)
    monkeypatch.undo()
    pipeline.nightly(as_of=TODAY, now=later)
    assert scoring.freshness(now=later).is_fine


def test_a_day_of_the_past_is_no_run():
    scoring.compute(as_of=TODAY, now=NOON)
    scoring.compute(as_of=day("2026-05-31"), now=NOON)
    assert ScoringRun.objects.count() == 1


def test_old_runs_are_forgotten():
    scoring.compute(as_of=day("2026-01-01"), now=moment("2026-01-01"))
    scoring.compute(as_of=TODAY, now=NOON)
    assert ScoringRun.objects.get().as_of == TODAY


# --- with real sessions --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_session_is_killed_is_found_dead_and_the_next_one_heals():
    purchase(customer(), "2026-06-01")
    with pytest.raises(Error):
        _run_and_be_killed()
    connection.close()
    found = scoring.freshness(now=NOON)
    assert (found.trouble, found.is_running, ScoringRun.objects.get().state) == ("died", False, "running")
    scoring.compute(as_of=TODAY, now=NOON)
    assert scoring.freshness(now=NOON).is_fine
    assert set(ScoringRun.objects.values_list("state", flat=True)) == {"died", "done"}


def _run_and_be_killed() -> None:
    with runs.recorded(as_of=TODAY, now=NOON), connection.cursor() as cursor:
        assert scoring.freshness(now=NOON).is_running
        cursor.execute("SELECT pg_backend_pid()")
        _terminate(cursor.fetchone()[0])
        cursor.execute("SELECT 1")


def _terminate(pid: int) -> None:
    other = psycopg2.connect(database_url())
    other.autocommit = True
    other.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_do_no_harm():
    for _ in range(3):
        purchase(customer(), "2026-06-01")
    errors = []

    def work():
        try:
            pipeline.nightly(as_of=TODAY, now=NOON)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert errors == []
    assert list(ScoringRun.objects.values_list("state", flat=True)) == ["done", "done"]
    assert Score.objects.count() == 3
    assert not Membership.objects.exclude(left_on=None).exists()


def test_the_lock_of_another_job_is_not_ours():
    ScoringRun.objects.create(as_of=TODAY, started_at=NOON)
    with jobs.lock("other"):
        assert scoring.freshness(now=NOON).trouble == "died"
    with jobs.lock(runs.LOCK):
        assert (scoring.freshness(now=NOON).is_running, scoring.freshness(now=NOON).trouble) == (True, "never")
