"""The clock's calls may be lost, doubled or too many: the work stands in PostgreSQL."""

import signal

import pytest
import time_machine
from django.core.management import call_command
from django.db import InterfaceError
from django.db import OperationalError as DatabaseGoneError
from kombu.exceptions import OperationalError

from campaigns import audience, tasks
from campaigns.management.commands import send_due
from campaigns.models import Campaign, Delivery
from segments.models import Segment
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def test_one_call_starts_plans_and_sends(campaign, person, staff, mail_server, at_now):
    person(1)
    Campaign.objects.update(state="scheduled", scheduled_at=NOW, launched_by=staff)
    tasks.send_due()
    assert Delivery.objects.get().state == "accepted"
    assert Campaign.objects.get().state == "finished"
    tasks.send_due()
    assert len(mail_server.mails) == 1


def test_without_a_worker_a_command_does_the_same(campaign, person, staff, mail_server, at_now, capsys):
    person(1)
    Campaign.objects.update(state="scheduled", scheduled_at=NOW, launched_by=staff)
    call_command("send_due", once=True)
    assert (capsys.readouterr().out, Delivery.objects.get().state) == ("1\n", "accepted")


@pytest.fixture
def looks(monkeypatch):
    """What happens at each look of the command; the last one is told to stop."""

    def script(*acts) -> list[float]:
        left, waited = list(acts), []

        def look(stop) -> None:
            if len(left) == 1:
                signal.raise_signal(signal.SIGTERM)
                assert stop.is_set()
            if error := left.pop(0):
                raise error

        monkeypatch.setattr(send_due, "_look", look)
        monkeypatch.setattr(send_due.threading.Event, "wait", lambda _event, seconds: waited.append(seconds))
        return waited

    return script


def test_the_command_looks_again_every_five_seconds_until_it_is_told_to_stop(db, looks):
    before = signal.getsignal(signal.SIGTERM)
    waited = looks(None, None, None)
    call_command("send_due")
    assert waited == [5, 5, 5]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("error", [DatabaseGoneError("server closed the connection"), InterfaceError("closed")])
def test_a_database_that_is_away_for_a_while_does_not_end_the_command(looks, error, caplog, monkeypatch):
    monkeypatch.setattr(send_due.connection, "close", lambda: None)
    waited = looks(error, None)
    call_command("send_due")
    assert waited == [5, 5]
    assert "no database" in caplog.text


def test_nothing_due_is_nothing_done(campaign, at_now):
    tasks.send_due()
    assert Campaign.objects.get().state == "draft"


def test_a_worker_told_to_stop_begins_nothing(campaign, person, staff, mail_server, at_now, monkeypatch):
    person(1)
    Segment.objects.update(as_of=NOW.date())
    audience.launch(campaign=campaign, by=staff, now=NOW)
    monkeypatch.setattr(tasks, "_stopping", bytearray(1))
    tasks._stop()
    tasks.send_due()
    assert (Delivery.objects.get().state, mail_server.mails) == ("pending", [])


@pytest.mark.parametrize("error", [OperationalError("no broker"), ConnectionRefusedError()])
def test_without_a_broker_waking_is_no_error(monkeypatch, error, caplog):
    def refuse(**_words):
        raise error

    monkeypatch.setattr(tasks.send_due, "apply_async", refuse)
    tasks.wake()
    assert "no broker" in caplog.text


def test_waking_leaves_a_message_that_soon_expires(monkeypatch):
    asked = []
    monkeypatch.setattr(tasks.send_due, "apply_async", lambda **words: asked.append(words))
    tasks.wake()
    assert asked == [{"expires": 60, "retry": False}]
