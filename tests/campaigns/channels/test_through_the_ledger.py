"""Whole ways: from a row of the ledger to a provider's server and back."""

import datetime as dt
import json

import pytest

from campaigns import compliance, sending
from campaigns.models import Campaign, Delivery, Step, Way
from customers import consent
from customers.models import Channel, Suppression
from tests.campaigns.conftest import WORDS
from tests.campaigns.moments import NOW
from tests.http_sink import HttpSink, Reply

State = Delivery.State


@pytest.fixture
def line(http_sink, settings) -> HttpSink:
    settings.LINE_CHANNEL_TOKEN, settings.LINE_API_URL = "token", http_sink.url
    http_sink.answer = lambda call: Reply(200, {"sentMessages": []}, {"X-Line-Request-Id": f"id-{call.json['to']}"})
    return http_sink


@pytest.fixture
def provider(http_sink, settings) -> HttpSink:
    settings.EMAIL_PROVIDER = "resend"
    settings.ANYMAIL = {"RESEND_API_KEY": "k", "RESEND_API_URL": http_sink.url, "IGNORE_UNSUPPORTED_FEATURES": True}
    http_sink.answer = lambda _call: Reply(200, {"id": "re-1"})
    return http_sink


@pytest.fixture
def running(installation, segment, staff, person, monkeypatch):
    """`running(Way.LINE, 2)`: a running campaign with a step of that way for so many people who have agreed."""
    monkeypatch.setattr("campaigns.channels.line.CONNECTIONS", 1)
    monkeypatch.setattr("django.conf.settings.SEND_CONNECTIONS", 1)

    def make(way: str, count: int = 1) -> Campaign:
        campaign = Campaign.objects.create(
            name="x", segment=segment, created_by=staff, state=Campaign.State.RUNNING, planned_to=count
        )
        step = Step.objects.create(campaign=campaign, channel=way, subject="秋のご案内", body="{{ お名前 }}様へ")
        sending_frozen(step)
        for number in range(1, count + 1):
            customer = person(number)
            address = f"p{number}@example.jp" if way == Way.MAIL else f"U{number}"
            given = {"customer": customer, "channel": Channel(way), "address": address, "source": "form"}
            consent.grant(**given, at=NOW - dt.timedelta(9), basis="consent", wording=WORDS)
            Delivery.objects.create(
                campaign=campaign,
                step=step,
                customer=customer,
                contact=customer.contacts.get(),
                channel=way,
                address=address,
                token=f"{number}" * 43,
                planned_at=NOW,
                due_at=NOW,
            )
        return campaign

    return make


def sending_frozen(step: Step) -> None:
    Step.objects.filter(pk=step.pk).update(content_hash=compliance.content_hash(step), frozen_at=NOW)


def rows(campaign: Campaign) -> list[tuple[str, str]]:
    return list(campaign.deliveries.order_by("address").values_list("state", "provider_id"))


def test_line_messages_are_pushed_and_their_ids_kept(running, line):
    campaign = running(Way.LINE, 2)
    assert sending.run(now=NOW) == 2
    assert rows(campaign) == [(State.ACCEPTED, "id-U1"), (State.ACCEPTED, "id-U2")]
    texts = {call.json["messages"][0]["text"].splitlines()[2] for call in line.calls}
    assert texts == {"田中 1様へ", "田中 2様へ"}


def test_a_lost_answer_is_asked_for_again_with_the_same_key(running, line):
    campaign = running(Way.LINE)
    accepted = Reply(409, {"message": "already accepted"}, {"X-Line-Accepted-Request-Id": "id-first"})
    line.replies = [Reply(ends="unanswered"), accepted]
    sending.run(now=NOW)
    assert rows(campaign)[0][0] == State.DEFERRED
    sending.run(now=NOW + dt.timedelta(hours=1))
    assert rows(campaign) == [(State.ACCEPTED, "id-first")]
    assert len({call.headers["x-line-retry-key"] for call in line.calls}) == 1


def test_a_used_up_month_stops_the_campaign_and_says_so(running, line):
    campaign = running(Way.LINE, 2)
    line.answer = lambda _call: Reply(429, {"message": "You have reached your monthly limit."})
    sending.run(now=NOW)
    campaign.refresh_from_db()
    assert (campaign.state, len(line.calls)) == (Campaign.State.PAUSED, 1)
    assert "使い切り" in campaign.note
    assert {state for state, _id in rows(campaign)} <= {State.PENDING, State.DEFERRED}


def test_a_user_line_does_not_know_gets_nothing_more_there(running, line):
    campaign = running(Way.LINE, 2)
    line.replies = [Reply(400, {"message": "The property, 'to', in the request body is invalid"})]
    sending.run(now=NOW)
    assert sorted(state for state, _id in rows(campaign)) == [State.ACCEPTED, State.FAILED]
    stopped = Suppression.objects.get()
    assert (stopped.channel, stopped.reason) == (Channel.LINE, "bounced")


def test_a_way_that_is_not_set_up_waits_and_says_what_to_set(running):
    campaign = running(Way.LINE)
    assert sending.run(now=NOW) == 0
    campaign.refresh_from_db()
    assert rows(campaign) == [(State.PENDING, "")]
    assert "LINE_CHANNEL_TOKEN" in campaign.note


@pytest.mark.parametrize("way", [Way.POSTAL, Way.TASK])
def test_what_people_carry_is_left_alone_without_a_complaint(running, segment, way):
    campaign = running(Way.LINE)
    Delivery.objects.update(channel=way)
    Step.objects.update(channel=way)
    assert sending.run(now=NOW) == 0
    campaign.refresh_from_db()
    assert (rows(campaign), campaign.note) == ([(State.PENDING, "")], "")


def test_a_mail_goes_through_the_provider_where_one_is_set(running, provider):
    campaign = running(Way.MAIL)
    assert sending.run(now=NOW) == 1
    assert rows(campaign) == [(State.ACCEPTED, "re-1")]
    call = provider.calls[0]
    key = str(campaign.deliveries.get().message_key)
    assert (call.headers["idempotency-key"], call.json["subject"]) == (key, "秋のご案内")
    assert json.loads(call.json["headers"]["X-Metadata"]) == {"message_key": key}
