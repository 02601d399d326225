"""A step as signed news for another system, once by its id."""

import json

import pytest
from django.test import override_settings

from accounts import webhooks
from campaigns import replies
from campaigns.channels import BrokenError, ChannelError, NotConfiguredError, RefusedError, Stage, webhook
from campaigns.channels.webhook import News, WebhookChannel, WebhookWriter
from campaigns.models import Delivery
from campaigns.rendering import UnsendableError
from tests.campaigns.channels.conftest import KEY, company, row, step
from tests.campaigns.moments import NOW
from tests.http_sink import Reply

State = Delivery.State
MESSAGE = News("", "C00001", b'{"type":"campaign.step"}', KEY, NOW)
SECRET = webhooks.new_secret()


@pytest.fixture
def channel(http_sink):
    with override_settings(WEBHOOKS_TO_PRIVATE=True):
        yield WebhookChannel([(f"{http_sink.url}/in", SECRET)])


def test_it_is_signed_and_its_id_is_the_messages_key(channel, http_sink):
    channel.open()
    channel.offer(MESSAGE)
    assert channel.deliver(MESSAGE).provider_id == KEY
    call = http_sink.calls[0]
    expected = webhooks.signed(KEY, SECRET, call.body, at=NOW)
    assert {name: call.headers[name] for name in expected} == expected
    assert call.body == MESSAGE.content
    channel.withdraw()
    channel.close()


@pytest.mark.parametrize(
    ("reply", "state", "pauses"),
    [
        (Reply(400), State.FAILED, ""),
        (Reply(401), State.DEFERRED, "campaign"),
        (Reply(404), State.DEFERRED, "campaign"),
        (Reply(410), State.DEFERRED, "campaign"),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), State.DEFERRED, ""),
        (Reply(429), State.DEFERRED, ""),
        (Reply(500), State.DEFERRED, ""),
        (Reply(504), State.DEFERRED, ""),
        (Reply(ends="unanswered"), State.UNKNOWN, ""),
    ],
)
def test_what_the_answers_mean(channel, http_sink, reply, state, pauses):
    http_sink.replies = [reply]
    with pytest.raises(ChannelError) as error:
        channel.deliver(MESSAGE)
    outcome = replies.judge(error.value)
    assert (outcome.state, outcome.pauses) == (state, pauses)


def test_all_endpoints_have_to_say_yes(channel, http_sink):
    both = WebhookChannel([(f"{http_sink.url}/a", SECRET), (f"{http_sink.url}/b", SECRET)])
    http_sink.replies = [Reply(204), Reply(503)]
    with pytest.raises(RefusedError):
        both.deliver(MESSAGE)
    assert both.deliver(MESSAGE).words == "HTTP 200 HTTP 200"
    assert [call.headers["webhook-id"] for call in http_sink.calls] == [KEY] * 4


def test_a_private_address_is_not_called(http_sink):
    with override_settings(WEBHOOKS_TO_PRIVATE=False), pytest.raises(ChannelError) as error:
        WebhookChannel([(http_sink.url.replace("http:", "https:"), SECRET)]).deliver(MESSAGE)
    assert (error.value.stage, http_sink.calls) == (Stage.DATA, [])
    assert replies.judge(error.value).state == State.DEFERRED


def test_nobody_there(channel):
    with override_settings(WEBHOOKS_TO_PRIVATE=True), pytest.raises(BrokenError):
        WebhookChannel([("http://127.0.0.1:1/", SECRET)]).deliver(MESSAGE)


def test_it_tells_whom_which_step_and_the_fields_its_text_uses():
    message = WebhookWriter(company(), step("{{ お名前 }}さんへ {{ owner }} から")).write(row(), now=NOW)
    news = json.loads(message.content)
    assert news["type"] == "campaign.step"
    assert news["data"] == {
        "customer_id": "C00001",
        "campaign": {"id": 7, "name": "秋のご案内"},
        "step": 2,
        "text": "山田 太郎さんへ 佐藤 花子 から",
        "fields": {"name": "山田 太郎", "owner": "佐藤 花子"},
    }


def test_an_empty_field_without_fallback_stops_it():
    with pytest.raises(UnsendableError):
        WebhookWriter(company(), step("{{ 部署 }}")).write(row(), now=NOW)


def test_it_goes_to_the_endpoints_an_admin_has_entered_for_it(db, admin_user, http_sink):
    with pytest.raises(NotConfiguredError):
        webhook.route(company())
    webhooks.add(url=f"{http_sink.url}/in", kinds=["campaign.step"], by=admin_user)
    webhooks.add(url=f"{http_sink.url}/other", kinds=["import.finished"], by=admin_user)
    route = webhook.route(company(is_demo=True))
    with override_settings(WEBHOOKS_TO_PRIVATE=True):
        route.make().deliver(MESSAGE)
    assert ([call.path for call in http_sink.calls], route.is_keyed) == (["/in"], True)


def test_a_demo_calls_this_machine_only(db, admin_user):
    webhooks.add(url="https://hooks.example.jp/", kinds=["campaign.step"], by=admin_user)
    with pytest.raises(NotConfiguredError):
        webhook.route(company(is_demo=True))
