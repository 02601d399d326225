"""LINE: pushed once whatever happens, and what its answers mean."""

import json

import pytest
from django.test import override_settings

from campaigns import replies
from campaigns.channels import BrokenError, ChannelError, Message, NotConfiguredError, RefusedError, Stage, line
from campaigns.channels.line import LineChannel, LineWriter, Quota
from campaigns.models import Campaign, Delivery
from campaigns.rendering import UnsendableError
from tests.campaigns.channels.conftest import KEY, QUICK, company, row, step
from tests.campaigns.moments import NOW
from tests.http_sink import Reply

State = Delivery.State
MESSAGE = Message("", "U1", b'{"to":"U1"}', KEY)


@pytest.fixture
def channel(http_sink):
    made = LineChannel(http_sink.url, "token", QUICK)
    yield made
    made.close()


def send(by: LineChannel):
    by.offer(MESSAGE)
    return by.deliver(MESSAGE)


def test_a_push_carries_the_messages_own_key(channel, http_sink):
    http_sink.replies = [Reply(200, {"sentMessages": [{"id": "1"}]}, {"X-Line-Request-Id": "req-1"})]
    accepted = send(channel)
    call = http_sink.calls[0]
    assert (call.method, call.path, call.body) == ("POST", "/v2/bot/message/push", MESSAGE.content)
    assert (call.headers["x-line-retry-key"], call.headers["authorization"]) == (KEY, "Bearer token")
    assert accepted.provider_id == "req-1"


def test_a_second_time_is_told_by_409_and_counts_as_accepted(channel, http_sink):
    said = {"message": "The retry key is already accepted"}
    http_sink.replies = [Reply(ends="unanswered"), Reply(409, said, {"X-Line-Accepted-Request-Id": "req-0"})]
    with pytest.raises(BrokenError) as error:
        send(channel)
    assert error.value.stage == Stage.CONTENT
    assert send(channel).provider_id == "req-0"
    assert [call.headers["x-line-retry-key"] for call in http_sink.calls] == [KEY, KEY]


@pytest.mark.parametrize(
    ("reply", "state", "pauses", "is_bounce"),
    [
        (Reply(400, {"message": "The property, 'to', in the request body is invalid"}), State.FAILED, "", True),
        (Reply(400, {"message": "Failed to send messages"}), State.FAILED, "", True),
        (
            Reply(400, {"message": "A message (messages[0]) in the request body is invalid"}),
            State.DEFERRED,
            "campaign",
            False,
        ),
        (Reply(401, {"message": "Authentication failed"}), State.DEFERRED, "campaign", False),
        (Reply(403, {"message": "Access to this API is not available"}), State.DEFERRED, "campaign", False),
        (Reply(409, {"message": "conflict"}), State.DEFERRED, "", False),
        (Reply(429, {"message": "You have reached your monthly limit."}), State.DEFERRED, "campaign", False),
        (Reply(429, {"message": "The API rate limit has been exceeded."}), State.DEFERRED, "", False),
        (Reply(500, {"message": "Internal Server Error"}), State.DEFERRED, "", False),
        (Reply(504, b"<html>"), State.DEFERRED, "", False),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), State.DEFERRED, "", False),
        (Reply(200, {"sentMessages": []}, ends="half"), State.UNKNOWN, "", False),
        (Reply(ends="silent"), State.UNKNOWN, "", False),
    ],
)
def test_what_its_answers_mean(channel, http_sink, reply, state, pauses, is_bounce):
    http_sink.replies = [reply]
    with pytest.raises(ChannelError) as error:
        send(channel)
    outcome = replies.judge(error.value)
    assert (outcome.state, outcome.pauses, outcome.is_bounce) == (state, pauses, is_bounce)


def test_a_used_up_month_is_said_in_words(channel, http_sink):
    http_sink.replies = [Reply(429, {"message": "You have reached your monthly limit."})]
    with pytest.raises(RefusedError, match="月"):
        send(channel)


def test_nobody_there_is_found_before_a_message_is_marked():
    with pytest.raises(BrokenError) as error:
        LineChannel("http://127.0.0.1:1", "token", QUICK).offer(MESSAGE)
    assert error.value.stage == Stage.CONNECT


def test_one_connection_for_many(channel, http_sink):
    http_sink.answer = lambda _call: Reply(200, {"sentMessages": []})
    for _number in range(3):
        send(channel)
    channel.withdraw()
    assert len(http_sink.calls) == 3


# --- quota ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "used", "quota", "left"),
    [
        ({"type": "limited", "value": 1000}, {"totalUsage": 400}, Quota(1000, 400), 600),
        ({"type": "limited", "value": 1000}, {"totalUsage": 1200}, Quota(1000, 1200), 0),
        ({"type": "none"}, {"totalUsage": 5}, Quota(None, 5), None),
        ({}, [], Quota(None, 0), None),
    ],
)
def test_how_many_are_left_this_month(channel, http_sink, limit, used, quota, left):
    http_sink.replies = [Reply(200, limit), Reply(200, used)]
    assert channel.quota() == quota
    assert quota.left == left
    assert [call.path for call in http_sink.calls] == ["/v2/bot/message/quota", "/v2/bot/message/quota/consumption"]


def test_a_quota_that_is_not_told_is_said(channel, http_sink):
    http_sink.replies = [Reply(200, {"type": "none"}), Reply(401, {})]
    with pytest.raises(NotConfiguredError, match="401"):
        channel.quota()


# --- words ------------------------------------------------------------------------------------


def written(body: str, subject: str = "", **changes) -> dict:
    message = LineWriter(company(), step(body, subject, **changes)).write(row(), now=NOW)
    assert (message.recipient, message.key) == ("U4af4980629", KEY)
    return json.loads(message.content)


def test_a_business_notice_is_a_text():
    body = written("{{ お名前 }}様\n\n料金が変わります。", kind=Campaign.MessageClass.BUSINESS)
    assert body == {"to": "U4af4980629", "messages": [{"type": "text", "text": "山田 太郎様\n\n料金が変わります。"}]}


def test_a_promotion_says_how_to_stop():
    text = written("新しい豆が入りました。")["messages"][0]["text"]
    assert text.startswith("新しい豆が入りました。")
    assert f"/u/{'t' * 43}/" in text


def test_an_address_alone_in_its_paragraph_becomes_a_button():
    message = written("お得です。\n\nhttps://example.jp/a\n\nまた後で。", "ご案内")["messages"][0]
    words = message["contents"]["body"]["contents"]
    assert (message["type"], message["altText"]) == ("flex", "ご案内")
    assert [part["text"] for part in words[:3]] == ["ご案内", "お得です。", "また後で。"]
    assert message["contents"]["footer"]["contents"][0]["action"]["uri"] == "https://example.jp/a"
    assert len(message["contents"]["footer"]["contents"][0]["action"]["label"]) <= 20


def test_a_bubble_without_a_title_shows_its_words_in_the_list_of_chats():
    message = written("あ" * 300 + "\n\nhttps://example.jp/a")["messages"][0]
    assert message["altText"] == "あ" * 199 + "…"


@pytest.mark.parametrize("changes", [{"address": " "}, {"customer_name": "あ" * 5001}])
def test_who_cannot_be_written_to(changes):
    writer = LineWriter(company(), step("{{ お名前 }}"))
    with pytest.raises(UnsendableError):
        writer.write(row(**changes), now=NOW)


# --- configuration ----------------------------------------------------------------------------


def test_without_a_token_nothing_is_set_up():
    with pytest.raises(NotConfiguredError, match="LINE_CHANNEL_TOKEN"):
        line.route(company())


@pytest.mark.parametrize("url", ["https://api.line.me", "http://localhost:9", "http://127.0.0.1.example.jp"])
def test_a_demo_speaks_to_this_machine_only(url):
    with override_settings(LINE_CHANNEL_TOKEN="t", LINE_API_URL=url), pytest.raises(NotConfiguredError):
        line.route(company(is_demo=True))


def test_a_route_is_keyed_and_talks_to_nobody_yet():
    with override_settings(LINE_CHANNEL_TOKEN="t", LINE_API_URL="http://127.0.0.1:1"):
        route = line.route(company(is_demo=True))
    assert route.is_keyed
