"""What people see of the runs of scoring: a quiet line, an alert with what to do, and a button for leaders."""

import datetime as dt

import pytest
import time_machine

from accounts import jobs
from accounts.models import AuditEvent, JobRun
from retention_crm import pipeline
from scores import tasks
from scores.models import ScoringRun
from segments import ready_made
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _still(monkeypatch):
    monkeypatch.setattr(tasks, "wake", lambda: None)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def as_(client):
    def sign_in(role):
        client.force_login(factories.user(role=role, language="en"), backend="accounts.backends.StaffBackend")
        return client

    return sign_in


def _run(state="done", **fields):
    ScoringRun.objects.create(as_of="2026-06-30", started_at=NOW, finished_at=NOW, seconds=6.12, state=state, **fields)


def test_a_quiet_line_says_as_of_when_and_how_long(as_):
    ready_made.ensure()
    _run()
    page = as_("cs").get("/segments/").content.decode()
    assert "Scores and segments as of 2026/06/30, computed 2026/06/30 12:00 in 6.1 seconds" in page
    assert "Compute now" not in page


@pytest.mark.parametrize(
    ("role", "button", "error"), [("cs", False, False), ("manager", True, False), ("admin", True, True)]
)
def test_a_failed_run_is_loud_with_what_to_do_for_each_role(as_, role, button, error):
    ready_made.ensure()
    _run()
    _run("failed", error="OperationalError: gone")
    page = as_(role).get("/segments/").content.decode()
    assert "The last computation of scores failed." in page
    assert ("Compute now" in page) is button
    assert ("OperationalError" in page) is error


def test_leaders_ask_for_it_and_the_worker_does_it_once(as_, monkeypatch):
    ready_made.ensure()
    manager = as_("manager")
    answer = manager.post("/scores/compute/", {"next": "/segments/"})
    manager.post("/scores/compute/", {"next": "//elsewhere.example"})
    assert answer.url == "/segments/"
    assert JobRun.objects.filter(job="asked: pipeline").count() == 1
    assert AuditEvent.objects.filter(action="scores.compute").count() == 2
    assert "is being computed now" in manager.get("/segments/").content.decode()
    assert pipeline.refresh_if_touched(now=NOW)["as_of"] == "2026-06-30"
    assert not jobs.is_asked("pipeline")
    assert pipeline.refresh_if_touched(now=NOW) is None


def test_staff_may_not_start_it_and_looking_does_not(as_):
    client = as_("cs")
    assert client.post("/scores/compute/").status_code == 403
    assert as_("admin").get("/scores/compute/").status_code == 405
