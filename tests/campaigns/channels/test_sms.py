"""SMS: what is billed, what the law asks for, and what a provider's answers mean."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode

import pytest
from django.test import override_settings

from campaigns import replies
from campaigns.channels import BrokenError, ChannelError, NotConfiguredError, Stage, sms
from campaigns.channels.sms import Sms, SmsChannel, SmsWriter, international, segments
from campaigns.models import Campaign, Delivery
from campaigns.rendering import UnsendableError
from tests.campaigns.channels.conftest import KEY, QUICK, company, row, step
from tests.campaigns.moments import NOW
from tests.http_sink import Reply

State = Delivery.State
MESSAGE = Sms("modoru", "+819012345678", b'{"text":"x"}', KEY, NOW)
SECRET = "whsec_" + b64encode(b"k" * 32).decode()


@pytest.fixture
def channel(http_sink):
    made = SmsChannel(f"{http_sink.url}/send", token="token", limits=QUICK)
    yield made
    made.close()


def send(by: SmsChannel):
    by.offer(MESSAGE)
    return by.deliver(MESSAGE)


def test_the_call_carries_bearer_key_and_body(channel, http_sink):
    http_sink.replies = [Reply(202, {"id": "sms-1"})]
    assert send(channel).provider_id == "sms-1"
    call = http_sink.calls[0]
    assert (call.path, call.body) == ("/send", MESSAGE.content)
    assert (call.headers["authorization"], call.headers["idempotency-key"]) == ("Bearer token", KEY)


def test_with_a_secret_it_is_signed_over_id_time_and_body(http_sink):
    channel = SmsChannel(f"{http_sink.url}/send", secret=SECRET, limits=QUICK)
    assert send(channel).provider_id == ""
    headers = http_sink.calls[0].headers
    signed = f"{KEY}.{int(NOW.timestamp())}.".encode() + MESSAGE.content
    digest = b64encode(hmac.new(b64decode(SECRET[6:]), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert "authorization" not in headers
    channel.close()


@pytest.mark.parametrize(
    ("reply", "state", "pauses"),
    [
        (Reply(400, {"message": "number not reachable"}), State.FAILED, ""),
        (Reply(401, {}), State.DEFERRED, "campaign"),
        (Reply(402, {"error": "no credit"}), State.DEFERRED, "campaign"),
        (Reply(429, {}), State.DEFERRED, ""),
        (Reply(503, {}), State.DEFERRED, ""),
        (Reply(504, {}), State.UNKNOWN, ""),
        (Reply(200, {"id": "sms-1"}, ends="half"), State.UNKNOWN, ""),
        (Reply(ends="unanswered"), State.UNKNOWN, ""),
        (Reply(ends="silent"), State.UNKNOWN, ""),
    ],
)
def test_what_its_answers_mean(channel, http_sink, reply, state, pauses):
    http_sink.replies = [reply]
    with pytest.raises(ChannelError) as error:
        send(channel)
    outcome = replies.judge(error.value)
    assert (outcome.state, outcome.pauses) == (state, pauses)


def test_a_yes_that_cannot_be_read_is_a_yes(channel, http_sink):
    http_sink.replies = [Reply(200, b"OK")]
    assert send(channel).provider_id == ""


def test_after_a_broken_line_it_asks_first_whether_anybody_is_there(channel, http_sink):
    http_sink.replies = [Reply(ends="unanswered")]
    with pytest.raises(BrokenError):
        send(channel)
    http_sink.stop()
    with pytest.raises(BrokenError) as error:
        channel.offer(MESSAGE)
    assert error.value.stage == Stage.CONNECT


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("あ" * 70, 1),
        ("あ" * 71, 2),
        ("あ" * 134, 2),
        ("あ" * 135, 3),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("", 1),
    ],
)
def test_what_a_text_is_billed_as(text, count):
    assert segments(text) == count


@pytest.mark.parametrize(
    ("number", "to"),
    [
        ("09012345678", "+819012345678"),
        ("08012345678", "+818012345678"),
        ("+819012345678", "+819012345678"),
        ("+8109012345678", "+819012345678"),
        ("+14155550100", "+14155550100"),
    ],
)
def test_numbers_go_out_in_international_form(number, to):
    assert international(number) == to


@pytest.mark.parametrize("number", ["0312345678", "0120123456", "", "090", "+81312345678", "05012345678x"])
def test_what_cannot_get_an_sms(number):
    with pytest.raises(UnsendableError) as error:
        international(number)
    assert error.value.reason == "bad_address"


def written(body: str, **changes) -> str:
    with override_settings(SMS_SENDER="MODORU"):
        message = SmsWriter(company(), step(body, **changes)).write(row(address="09012345678"), now=NOW)
    sent = json.loads(message.content)
    assert (sent["to"], sent["from"], sent["id"]) == ("+819012345678", "MODORU", KEY)
    return sent["text"]


def test_a_promotion_names_its_sender_and_how_to_refuse():
    lines = written("{{ お名前 }}様、明日までです。").splitlines()
    assert lines[:2] == ["山田 太郎様、明日までです。", "もどる珈琲"]
    assert lines[2].endswith(f"/u/{'t' * 43}/")


def test_a_business_notice_has_the_words_alone():
    assert written("障害は直りました。", kind=Campaign.MessageClass.BUSINESS) == "障害は直りました。"


def test_a_text_longer_than_ten_messages_is_not_sent():
    with pytest.raises(UnsendableError, match="too_long"):
        written("あ" * 700)


# --- configuration ----------------------------------------------------------------------------


def test_without_an_address_nothing_is_set_up():
    with pytest.raises(NotConfiguredError, match="SMS_URL"):
        sms.route(company())


@pytest.mark.parametrize("is_keyed", [True, False])
def test_keys_are_relied_on_only_where_the_provider_is_said_to_know_them(is_keyed):
    with override_settings(SMS_URL="https://sms.example.jp/v1", SMS_TOKEN="t", SMS_IS_KEYED=is_keyed):
        assert sms.route(company()).is_keyed == is_keyed
        with pytest.raises(NotConfiguredError):
            sms.route(company(is_demo=True))
