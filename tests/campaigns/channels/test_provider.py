"""Mail through providers' APIs, played by a local server: Resend and Brevo know keys, Postmark doesn't."""

import json

import pytest
from django.test import override_settings

from campaigns import replies
from campaigns.channels import BrokenError, ChannelError, Message, NotConfiguredError, Stage, provider, registry
from campaigns.channels.provider import ProviderChannel
from campaigns.letter import Letter
from campaigns.models import Delivery, Way
from campaigns.rendering import UnsendableError
from tests.campaigns.channels.conftest import KEY, company, row, step
from tests.campaigns.moments import NOW
from tests.http_sink import HttpSink, Reply

State = Delivery.State
QUICK = (2, 0.3)
YES = {
    "resend": {"id": "re-1"},
    "brevo": {"messageId": "<br-1@smtp-relay>"},
    "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "b@example.jp"},
}
PATHS = {"resend": "/emails", "brevo": "/smtp/email", "postmark": "/email"}


def channel(name: str, sink: HttpSink) -> ProviderChannel:
    secret = {"server_token": "secret"} if name == "postmark" else {"api_key": "secret"}
    return ProviderChannel(name, QUICK, api_url=sink.url, **secret)


@pytest.fixture
def letter(db) -> Message:
    sender = {"sender_email": "news@modoru.example.jp", "sender_address": "東京都千代田区1-1"}
    more = {"complaint_contact": "窓口 03-0000-0000", "refusal_notice": "下のリンクから停止できます。"}
    written = Letter(step("{{ お名前 }}様\n\n.行頭の点", "秋の😀ご案内"), company(**sender, **more))
    return written.write(row(address="b@example.jp", owner_email="sato@modoru.example.jp"), now=NOW)


def send(by: ProviderChannel, message: Message):
    by.offer(message)
    try:
        return by.deliver(message)
    finally:
        by.withdraw()
        by.close()


@pytest.mark.parametrize("name", YES)
def test_the_letter_arrives_as_it_would_over_smtp(http_sink, letter, name):
    http_sink.replies = [Reply(200, YES[name])]
    accepted = send(channel(name, http_sink), letter)
    call = http_sink.calls[0]
    sent = {key.lower(): value for key, value in call.json.items()}
    text = sent.get("text") or sent.get("textcontent") or sent.get("textbody")
    said = json.dumps(call.json, ensure_ascii=False)
    assert call.path == PATHS[name]
    assert accepted.provider_id.strip("<>") in ("re-1", "br-1@smtp-relay", "pm-1")
    assert (sent["subject"], text.startswith("山田 太郎様\n\n.行頭の点")) == ("秋の😀ご案内", True)
    assert f"<{KEY}@modoru.example.jp>" in said
    assert f"/u/{'t' * 43}/" in said
    assert "List-Unsubscribe=One-Click" in said
    assert "sato@modoru.example.jp" in said
    assert "山田 太郎様" in (sent.get("html") or sent.get("htmlcontent") or sent.get("htmlbody"))


def test_resend_gets_the_key_with_every_call(http_sink, letter):
    http_sink.answer = lambda _call: Reply(200, YES["resend"])
    by = channel("resend", http_sink)
    for key in ("one", "two"):
        by.deliver(Message(letter.sender, letter.recipient, letter.content, key))
    by.close()
    assert [call.headers["idempotency-key"] for call in http_sink.calls] == ["one", "two"]
    assert json.loads(http_sink.calls[1].json["headers"]["X-Metadata"]) == {"message_key": "two"}


def test_brevo_gets_the_key_with_the_mail(http_sink, letter):
    http_sink.replies = [Reply(201, YES["brevo"])]
    send(channel("brevo", http_sink), letter)
    headers = http_sink.calls[0].json["headers"]
    assert headers["idempotencyKey"] == KEY
    assert json.loads(headers["X-Mailin-custom"]) == {"message_key": KEY}


def test_the_same_mail_again_says_the_same(http_sink, letter):
    http_sink.answer = lambda _call: Reply(200, YES["resend"])
    for _attempt in range(2):
        send(channel("resend", http_sink), letter)
    assert http_sink.calls[0].body == http_sink.calls[1].body


@pytest.mark.parametrize(
    ("name", "said"), [("resend", {"name": "invalid_idempotent_request"}), ("brevo", {"code": "duplicate_request"})]
)
def test_a_key_that_is_known_with_other_words_was_accepted_before(http_sink, letter, name, said):
    http_sink.replies = [Reply(409, said)]
    assert "before" in send(channel(name, http_sink), letter).words


REFUSALS = [
    (Reply(400, {"message": "bad"}), State.FAILED, ""),
    (Reply(401, {"name": "missing_api_key"}), State.DEFERRED, "campaign"),
    (Reply(403, {}), State.DEFERRED, "campaign"),
    (Reply(422, {"name": "validation_error"}), State.FAILED, ""),
    (Reply(429, {"name": "rate_limit_exceeded"}), State.DEFERRED, ""),
    (Reply(500, {}), State.DEFERRED, ""),
    (Reply(503, b"<html>busy</html>"), State.DEFERRED, ""),
    (Reply(200, {"id": "x", "messageId": "x"}, ends="half"), State.UNKNOWN, ""),
    (Reply(ends="unanswered"), State.UNKNOWN, ""),
    (Reply(ends="silent"), State.UNKNOWN, ""),
]


@pytest.mark.parametrize("name", ["resend", "brevo"])
@pytest.mark.parametrize(("reply", "state", "pauses"), REFUSALS)
def test_what_the_answers_mean(http_sink, letter, name, reply, state, pauses):
    http_sink.replies = [reply]
    with pytest.raises(ChannelError) as error:
        send(channel(name, http_sink), letter)
    outcome = replies.judge(error.value)
    assert (outcome.state, outcome.pauses) == (state, pauses)
    assert "example.jp" not in error.value.words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (406, "Found inactive addresses: b@example.jp.\n Inactive recipients are …"),
        (406, "said otherwise"),
        (300, "Invalid 'To' address: 'b@example.jp'."),
    ],
)
def test_a_recipient_the_provider_refuses_fails_alone(http_sink, letter, code, words):
    """Postmark answers 422 with a code of its own; 406 is an address it has stopped itself."""
    http_sink.replies = [Reply(422, {"ErrorCode": code, "Message": words})]
    with pytest.raises(ChannelError) as error:
        send(channel("postmark", http_sink), letter)
    assert replies.judge(error.value).state == State.FAILED


def test_a_gateway_that_gave_up_leaves_a_doubt_only_where_there_is_no_key(http_sink, letter):
    states = []
    for name in ("resend", "postmark"):
        http_sink.replies = [Reply(504, {})]
        with pytest.raises(ChannelError) as error:
            send(channel(name, http_sink), letter)
        states.append(replies.judge(error.value).state)
    assert states == [State.DEFERRED, State.UNKNOWN]


def test_a_yes_that_cannot_be_read_leaves_a_doubt(http_sink, letter):
    http_sink.replies = [Reply(200, b"<html>")]
    with pytest.raises(BrokenError) as error:
        send(channel("resend", http_sink), letter)
    assert error.value.stage == Stage.CONTENT


def test_nobody_there_hands_nothing_over(letter):
    with pytest.raises(BrokenError) as error:
        send(ProviderChannel("resend", QUICK, api_key="x", api_url="http://127.0.0.1:1"), letter)
    assert error.value.stage == Stage.DATA


def test_an_address_no_provider_can_write_fails_alone(http_sink, letter):
    broken = Message(letter.sender, "", letter.content.replace(b"To: b@example.jp", b"To: b@@@"), KEY)
    with pytest.raises(ChannelError) as error:
        send(channel("resend", http_sink), broken)
    assert (replies.judge(error.value).state, http_sink.calls) == (State.FAILED, [])


# --- configuration ----------------------------------------------------------------------------


def test_a_missing_key_is_said():
    with pytest.raises(NotConfiguredError, match="RESEND_API_KEY"):
        ProviderChannel("resend").open()


@pytest.mark.parametrize(("name", "is_keyed"), [("resend", True), ("brevo", False), ("postmark", False)])
def test_only_a_key_that_lasts_a_day_is_relied_on(name, is_keyed):
    with override_settings(EMAIL_PROVIDER=name):
        assert registry.route(Way.MAIL, company()).is_keyed == is_keyed


def test_a_demo_keeps_to_its_own_mailbox():
    with override_settings(EMAIL_PROVIDER="resend", DEMO_SMTP="smtp://127.0.0.1:2525"):
        made = registry.route(Way.MAIL, company(is_demo=True)).make()
    assert not isinstance(made, ProviderChannel)


def test_a_person_without_an_address_is_told_by_the_letter(db):
    written = Letter(step("x", "y"), company(sender_email="news@modoru.example.jp"))
    with pytest.raises(UnsendableError):
        written.write(row(address="b@", owner_email=""), now=NOW)


def test_every_provider_of_the_settings_can_be_made(settings):
    settings.ANYMAIL = {"IGNORE_UNSUPPORTED_FEATURES": True}
    for name in ("brevo", "mailersend", "mailgun", "mailjet", "mailtrap", "mandrill", "postal", "postmark"):
        with pytest.raises(NotConfiguredError, match=name.upper()):
            provider.ProviderChannel(name).open()
