"""Doubt about a message: settled by its key, by a person; and who gets one after all."""

import datetime as dt
import uuid

import pytest
from django.db import connection

from campaigns import sending, settling, states
from campaigns.channels import Accepted, BrokenError, Message, NotConfiguredError, RefusedError, Route, Stage, registry
from campaigns.models import Campaign, Delivery, Way
from campaigns.states import CampaignError
from customers.models import Consent, Event
from tests.campaigns.moments import NOW
from tests.campaigns.sent import due, running

pytestmark = pytest.mark.django_db
State = Delivery.State


class Book:
    """The other side: what it was given, by key; what it answers next."""

    def __init__(self):
        self.given: list[str] = []
        self.answers: list = []

    def open(self) -> None:
        pass

    close = withdraw = open

    def offer(self, message: Message) -> None:
        pass

    def deliver(self, message: Message) -> Accepted:
        self.given.append(message.key)
        answer = self.answers.pop(0) if self.answers else Accepted("ok", f"id-{len(self.given)}")
        if isinstance(answer, Exception):
            raise answer
        return answer


class Plain:
    def write(self, row, *, now) -> Message:
        return Message("", row["address"], b"", str(row["message_key"]))


@pytest.fixture
def book(monkeypatch, installation):
    made = Book()
    for way, is_keyed in ((Way.WEBHOOK, True), (Way.SMS, False)):
        route = Route(lambda: made, lambda _step, _variant: Plain(), is_keyed=is_keyed)
        monkeypatch.setitem(registry.ROUTES, way, lambda _installation, route=route: route)
    return made


def found(row: Delivery) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason


LOST = BrokenError(Stage.CONTENT, "reset")


def test_another_way_has_its_rows_in_the_same_ledger(book, person, segment, staff):
    row = due(running(segment, staff, way=Way.WEBHOOK), person(1))
    assert sending.run(now=NOW) == 1
    assert (found(row), row.provider_id, row.reply) == (("accepted", ""), "id-1", "ok")
    event = Event.objects.get()
    assert (event.kind, event.data["channel"]) == ("message_accepted", "webhook")


def test_with_a_key_a_lost_answer_is_asked_for_again(book, person, segment, staff):
    row = due(running(segment, staff, way=Way.WEBHOOK), person(1))
    book.answers = [LOST]
    sending.run(now=NOW)
    assert found(row) == ("deferred", "no_answer")
    begun = row.sending_at
    sending.run(now=NOW + dt.timedelta(minutes=2))
    assert (found(row), row.sending_at) == (("accepted", ""), begun)
    assert book.given == [str(row.message_key)] * 2


def test_without_a_key_a_lost_answer_stays_in_doubt(book, person, segment, staff):
    row = due(running(segment, staff, way=Way.SMS, message_class="business"), person(1))
    book.answers = [LOST]
    sending.run(now=NOW)
    sending.run(now=NOW + dt.timedelta(hours=2))
    assert (found(row), len(book.given)) == (("unknown", "no_answer"), 1)


def died(row: Delivery, hours: float) -> None:
    """The sender was killed after marking, so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_delivery SET state = 'sending', claim_token = %s, attempts = 1,"
            " lease_until = clock_timestamp() - interval '1 second',"
            " sending_at = clock_timestamp() - %s * interval '1 hour' WHERE id = %s",
            [str(uuid.uuid4()), hours, row.pk],
        )


@pytest.mark.parametrize(
    ("way", "hours", "expected"),
    [
        (Way.WEBHOOK, 1, ("accepted", "")),
        (Way.WEBHOOK, 25, ("unknown", "no_answer")),
        (Way.SMS, 1, ("unknown", "no_answer")),
    ],
)
def test_a_sender_killed_while_handing_over(book, person, segment, staff, way, hours, expected):
    row = due(running(segment, staff, way=way, message_class="business"), person(1))
    died(row, hours)
    sending.run(now=NOW)
    assert found(row) == expected


def test_what_may_have_arrived_is_unknown_when_the_campaign_is_stopped(book, person, segment, staff):
    campaign = running(segment, staff, way=Way.WEBHOOK)
    row = due(campaign, person(1))
    book.answers = [LOST]
    sending.run(now=NOW)
    states.cancel(campaign=campaign, by=staff)
    assert found(row) == ("unknown", "no_answer")


def test_a_key_nobody_honours_any_more_is_not_tried_again(book, person, segment, staff, monkeypatch):
    row = due(running(segment, staff, way=Way.WEBHOOK), person(1))
    book.answers = [LOST]
    sending.run(now=NOW)
    monkeypatch.setitem(registry.ROUTES, Way.WEBHOOK, registry.ROUTES[Way.SMS])
    sending.run(now=NOW + dt.timedelta(minutes=2))
    assert (found(row), len(book.given)) == (("unknown", "no_answer"), 1)


def test_one_way_that_cannot_send_does_not_hold_back_the_others(book, person, segment, staff, monkeypatch):
    def refuse(_installation):
        raise NotConfiguredError("set LINE_TOKEN")

    monkeypatch.setitem(registry.ROUTES, Way.LINE, refuse)
    silent = running(segment, staff, way=Way.LINE, priority=1)
    waiting, going = due(silent, person(1)), due(running(segment, staff, way=Way.WEBHOOK), person(2))
    assert sending.run(now=NOW) == 1
    assert (found(waiting), found(going)) == (("pending", ""), ("accepted", ""))
    silent.refresh_from_db()
    assert "LINE_TOKEN" in silent.note


def test_a_way_whose_server_is_dead_gives_its_rows_back(book, person, segment, staff):
    row = due(running(segment, staff, way=Way.WEBHOOK), person(1))
    book.answers = [BrokenError(Stage.CONNECT, "nobody there")]
    assert sending.run(now=NOW) == 0
    assert (found(row), row.attempts) == (("pending", ""), 0)
    assert "nobody there" in Campaign.objects.get().note


def test_what_the_other_side_says_for_now_and_for_good(book, person, segment, staff):
    campaign = running(segment, staff, way=Way.WEBHOOK)
    rows = [due(campaign, person(number)) for number in range(2)]
    book.answers = [RefusedError(Stage.CONTENT, 450, "later"), RefusedError(Stage.CONTENT, 550, "no")]
    sending.run(now=NOW)
    assert sorted(found(row) for row in rows) == [("deferred", "later"), ("failed", "rejected")]


def test_the_consent_it_was_sent_on_is_kept(mail_server, person, segment, staff, installation):
    someone = person(1)
    row = due(running(segment, staff), someone)
    sending.run(now=NOW)
    assert found(row) == ("accepted", "")
    assert row.consent_id == Consent.objects.get(customer=someone).pk


def test_a_variant_not_decided_yet_waits(mail_server, person, segment, staff, installation):
    row = due(running(segment, staff), person(1), variant="?")
    assert sending.run(now=NOW) == 0
    Delivery.objects.update(variant="A")
    assert sending.run(now=NOW) == 1
    assert found(row) == ("accepted", "")


def test_one_campaign_whose_words_cannot_be_prepared_does_not_hold_back_the_others(
    book, person, segment, staff, monkeypatch
):
    """A variant that is missing pauses its campaign; a row that cannot be written fails alone."""

    def writer(_step, variant):
        if variant == "B":
            raise KeyError(variant)
        return Plain()

    write = Plain.write
    monkeypatch.setattr(Plain, "write", lambda self, row, *, now: write(self, row, now=now) if row["name"] else 1 / 0)
    route = Route(lambda: book, writer, is_keyed=True)
    monkeypatch.setitem(registry.ROUTES, Way.WEBHOOK, lambda _installation: route)
    broken, fine = running(segment, staff, way=Way.WEBHOOK, priority=1), running(segment, staff, way=Way.WEBHOOK)
    rows = [due(broken, person(1), variant="B"), due(fine, person(2))]
    sending.run(now=NOW)
    assert [found(row) for row in rows] == [("pending", ""), ("failed", "error")]
    broken.refresh_from_db()
    assert (broken.state, bool(broken.note)) == ("paused", True)


# --- settled by a person -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("has_arrived", "expected", "kind"),
    [(True, ("accepted", ""), "mail_accepted"), (False, ("failed", "not_arrived"), "mail_failed")],
)
def test_a_person_settles_what_nobody_knew(person, segment, staff, installation, has_arrived, expected, kind):
    row = due(running(segment, staff), person(1), state=State.UNKNOWN, reason="no_answer")
    settling.settle_unknown(delivery=row, has_arrived=has_arrived, by=staff, now=NOW)
    assert (found(row), row.settled_by, Event.objects.get().kind) == (expected, staff, kind)
    with pytest.raises(CampaignError):
        settling.settle_unknown(delivery=row, has_arrived=True, by=staff, now=NOW)


def test_only_the_unsent_get_it_again_under_the_same_message_id(mail_server, person, segment, staff, installation):
    campaign = running(segment, staff)
    kept = {}
    for number, state in enumerate(["accepted", "unknown", "failed", "expired", "suppressed", "held_out"]):
        kept[state] = due(campaign, person(number), state=state, attempts=3)
    lost = due(campaign, person(9), state="unknown")
    settling.settle_unknown(delivery=lost, has_arrived=False, by=staff, now=NOW)
    Campaign.objects.update(state="finished")
    later = NOW + dt.timedelta(days=4)
    assert settling.resend(campaign=campaign, by=staff, now=later) == 3
    assert Campaign.objects.get().state == "running"
    assert sending.run(now=later) == 3
    assert sorted(mail_server.recipients) == ["p2@example.jp", "p3@example.jp", "p9@example.jp"]
    sent = {mail.message["Message-ID"] for mail in mail_server.mails}
    assert sent == {f"<{row.message_key}@modoru.example.jp>" for row in (kept["failed"], kept["expired"], lost)}
    assert found(kept["unknown"])[0] == "unknown"
    assert Campaign.objects.get().state == "finished"


def test_nothing_else_can_be_sent_again(person, segment, staff, installation):
    campaign = running(segment, staff)
    with pytest.raises(CampaignError):
        settling.resend(campaign=campaign, states=["accepted"], by=staff, now=NOW)
    Campaign.objects.update(state="cancelled")
    with pytest.raises(CampaignError):
        settling.resend(campaign=campaign, by=staff, now=NOW)
