"""What providers tell us: signed, stored once, applied in any order, answered with 200 only after the commit."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
import uuid

import pytest
from django.db import DatabaseError
from django.test import Client

from accounts import webhooks as signing
from campaigns import reporting
from campaigns.models import Delivery, Report
from customers import consent
from customers.models import Consent, Contact, Suppression
from tests.portal.test_unsubscribe import ADDRESS, delivery  # noqa: F401  the fixture

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 1, 3, 0, tzinfo=dt.UTC)
BASIC = "Basic " + base64.b64encode(b"modoru:secret").decode()


@pytest.fixture
def sent(delivery) -> Delivery:  # noqa: F811
    Delivery.objects.update(sending_at=AT)
    return delivery


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "modoru:secret"}
    settings.LINE_CHANNEL_SECRET = "line-secret"
    settings.SMS_SECRET = "whsec_" + base64.b64encode(b"sms-secret").decode()


@pytest.fixture
def provider() -> Client:
    return Client(enforce_csrf_checks=True)


def postmark(key: object, kind: str = "Bounce", number: int = 1, **fields) -> dict:
    at = (AT + dt.timedelta(hours=number)).isoformat()
    names = {"Bounce": "BouncedAt", "Delivery": "DeliveredAt", "Open": "ReceivedAt", "Click": "ReceivedAt"}
    event = {"RecordType": kind, "MessageID": "pm-1", "Metadata": {"message_key": str(key)}, "Email": ADDRESS}
    event |= {names.get(kind, "BouncedAt"): at}
    if kind in ("Bounce", "SpamComplaint"):
        event |= {"ID": number, "Type": "HardBounce" if kind == "Bounce" else kind}
    return event | fields


def post(client: Client, event: object, *, name: str = "postmark", auth: str = BASIC):
    headers = {"Authorization": auth} if auth else {}
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return client.generic("POST", f"/hooks/mail/{name}/", body, content_type="application/json", headers=headers)


def stops() -> list[str]:
    return sorted(Suppression.objects.filter(lifted_at=None).values_list("reason", flat=True))


def test_a_hard_bounce_stops_the_address(sent, provider):
    assert post(provider, postmark(sent.message_key, Details="smtp;550 5.1.1 user unknown")).status_code == 200
    assert stops() == ["bounced"]
    report = Report.objects.get()
    assert (report.provider, report.kind, report.delivery) == ("postmark", "bounced", sent)


@pytest.mark.parametrize(
    "auth", ["", "Basic x", "Basic " + base64.b64encode(b"modoru:guess").decode(), "Bearer secret"]
)
def test_without_the_secret_nothing_is_stored(sent, provider, auth):
    assert post(provider, postmark(sent.message_key), auth=auth).status_code == 400
    assert not Report.objects.exists()


def test_a_provider_nobody_has_set_up_is_not_there(sent, provider, settings):
    settings.ANYMAIL = {}
    assert post(provider, postmark(sent.message_key)).status_code == 404
    assert post(provider, postmark(sent.message_key), name="amazon_ses").status_code == 404
    assert provider.head("/hooks/mail/postmark/").status_code == 404
    settings.ANYMAIL = {"WEBHOOK_SECRET": "modoru:secret"}
    assert provider.head("/hooks/mail/postmark/").status_code == 200
    assert not Report.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b'{"RecordType": 1}', b"\xff", b"[" * 2000])
def test_what_cannot_be_read_is_refused(sent, provider, body):
    assert post(provider, body).status_code in {200, 400}
    assert not Report.objects.exists()


def mailgun(key: object, *, secret: str = "mg", event: str = "delivered", **data) -> dict:
    token, moment = "t1", str(int(AT.timestamp()))
    signature = hmac.new(secret.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    told = {"event": event, "timestamp": AT.timestamp(), "user-variables": {"message_key": str(key)}, "id": "1"}
    signed = {"timestamp": moment, "token": token, "signature": signature}
    return {"signature": signed, "event-data": told | {"recipient": ADDRESS} | data}


def test_a_provider_that_signs_needs_no_other_secret(sent, provider, settings):
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": "mg"}
    assert post(provider, mailgun(sent.message_key, secret="other"), name="mailgun", auth="").status_code == 400
    assert not Report.objects.exists()
    assert post(provider, mailgun(sent.message_key), name="mailgun", auth="").status_code == 200
    assert Report.objects.get().kind == "delivered"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Type": "HardBounce"}, "bounced"),
        ({"Type": "HardBounce", "Details": "550 5.7.1 blocked by policy"}, "blocked"),
        ({"Type": "SoftBounce"}, "soft_bounced"),
        ({"Type": "SoftBounce", "Details": "550 5.1.1 user unknown"}, "soft_bounced"),
        ({"Type": "HardBounce", "Details": "452 4.2.2 over quota"}, "soft_bounced"),
        ({"Type": "Transient"}, "deferred"),
        ({"Type": "SpamComplaint"}, "complained"),
        ({"Type": "BadEmailAddress"}, "bounced"),
        ({"Type": "Blocked"}, "rejected"),
        ({"Type": "AutoResponder"}, None),
    ],
)
def test_what_a_bounce_means_is_told_by_code_and_type(sent, provider, fields, kind):
    post(provider, postmark(sent.message_key, **fields))
    assert list(Report.objects.values_list("kind", flat=True)) == ([kind] if kind else [])


@pytest.mark.parametrize(
    "fields",
    [
        {"Metadata": {}, "MessageID": "pm-77"},
        {"Metadata": {}, "MessageID": "<KEY@modoru.example.jp>"},
        {"Metadata": {"message_key": "KEY"}, "MessageID": "other"},
    ],
)
def test_the_message_is_found_by_our_key_or_by_the_providers_id(sent, provider, fields):
    Delivery.objects.update(provider_id="pm-77")
    text = json.dumps(postmark("x", **fields)).replace("KEY", str(sent.message_key))
    post(provider, text.encode())
    assert Report.objects.get().delivery == sent


def test_events_about_others_are_answered_and_forgotten(sent, provider):
    assert post(provider, postmark(uuid.uuid4(), MessageID="")).status_code == 200
    assert not Report.objects.exists()


def test_opens_and_clicks_of_a_provider_are_judged_by_its_reader(sent, provider):
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    post(provider, postmark(sent.message_key, "Open", 1, UserAgent="Mozilla/5.0"))
    post(provider, postmark(sent.message_key, "Open", 2, UserAgent=phone))
    post(provider, postmark(sent.message_key, "Click", 3, UserAgent=phone, OriginalLink="https://x.example.jp"))
    told = Report.objects.order_by("at").values_list("kind", "is_machine")
    assert list(told) == [("opened", True), ("opened", False), ("clicked", False)]


def test_46_repetitions_in_any_order_are_one(sent, provider):
    events = [postmark(sent.message_key, kind, 1) for kind in ("Bounce", "SpamComplaint", "Delivery")]
    dice = random.Random(46)
    for event in dice.sample(events * 15, 45):
        assert post(provider, event).status_code == 200
    assert Report.objects.count() == 3
    assert stops() == ["bounced", "complained"]


def test_a_burst_is_stored_with_few_statements(sent, provider, settings, django_assert_max_num_queries):
    settings.ANYMAIL = {"MANDRILL_WEBHOOK_KEY": "k", "MANDRILL_WEBHOOK_URL": "https://crm.example.jp/hooks"}
    events = [
        {
            "event": "send",
            "ts": AT.timestamp() + number,
            "_id": f"m{number}",
            "msg": {"_id": f"m{number}", "email": ADDRESS, "metadata": {"message_key": str(sent.message_key)}},
        }
        for number in range(1000)
    ]
    body = json.dumps(events)
    text = "https://crm.example.jp/hooks" + "mandrill_events" + body
    signature = base64.b64encode(hmac.new(b"k", text.encode(), hashlib.sha1).digest()).decode()
    with django_assert_max_num_queries(80):
        answer = provider.post(
            "/hooks/mail/mandrill/", {"mandrill_events": body}, headers={"X-Mandrill-Signature": signature}
        )
    assert answer.status_code == 200
    assert Report.objects.exclude(applied_at=None).count() == 1000


def test_what_cannot_be_applied_now_is_stored_and_waits(sent, provider, monkeypatch):
    def breaks(**_words):
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(reporting, "apply_waiting", breaks)
        assert post(provider, postmark(sent.message_key)).status_code == 200
    assert stops() == []
    reporting.apply_waiting(now=AT + dt.timedelta(days=30))
    assert stops() == ["bounced"]


def test_what_cannot_be_stored_is_not_answered_with_200(sent, provider, monkeypatch):
    def breaks(*_words, **_more):
        raise DatabaseError

    monkeypatch.setattr(reporting, "store", breaks)
    provider.raise_request_exception = False
    assert post(provider, postmark(sent.message_key)).status_code == 500


# --- SMS --------------------------------------------------------------------------------------


def sms(client: Client, settings, data: object, *, number: int = 1, late: float = 0, secret: str = ""):
    from django.utils import timezone

    body = json.dumps(data).encode()
    at = timezone.now() + dt.timedelta(seconds=late)
    headers = signing.signed(f"evt-{number}", secret or settings.SMS_SECRET, body, at=at)
    return client.generic("POST", "/hooks/sms/", body, content_type="application/json", headers=headers)


@pytest.fixture
def texted(sent) -> Delivery:
    Delivery.objects.update(channel="sms", address="+819012345678")
    sent.refresh_from_db()
    return sent


@pytest.mark.parametrize(
    ("fields", "kind", "stopped"),
    [
        ({"status": "delivered"}, "delivered", []),
        ({"status": "failed"}, "soft_bounced", []),
        ({"status": "failed", "reason": "unknown_number"}, "bounced", ["bounced"]),
        ({"status": "rejected"}, "blocked", []),
        ({"status": "stop"}, "unsubscribed", ["refused"]),
    ],
)
def test_an_sms_provider_says_what_became_of_a_message(texted, provider, settings, fields, kind, stopped):
    for _time in range(2):
        assert sms(provider, settings, {"id": str(texted.message_key), **fields}).status_code == 200
    assert Report.objects.get().kind == kind
    assert stops() == stopped
    assert set(Suppression.objects.values_list("channel", flat=True)) <= {"sms"}


@pytest.mark.parametrize(("late", "status"), [(-299, 200), (-310, 401), (299, 200), (310, 401)])
def test_a_call_is_good_for_five_minutes(texted, provider, settings, late, status):
    assert (
        sms(provider, settings, {"id": str(texted.message_key), "status": "delivered"}, late=late).status_code == status
    )


def test_a_wrong_signature_or_form_is_refused(texted, provider, settings):
    wrong = "whsec_" + base64.b64encode(b"other").decode()
    data = {"id": str(texted.message_key), "status": "delivered"}
    assert sms(provider, settings, data, secret=wrong).status_code == 401
    assert provider.post("/hooks/sms/").status_code == 401
    assert sms(provider, settings, [data]).status_code == 400
    assert sms(provider, settings, {"id": "x", "status": "delivered"}).status_code == 400
    assert sms(provider, settings, {"id": str(uuid.uuid4()), "status": "delivered"}).status_code == 200
    settings.SMS_SECRET = ""
    assert provider.post("/hooks/sms/", headers={"webhook-id": "1", "webhook-timestamp": "1"}).status_code == 401
    assert not Report.objects.exists()


# --- LINE -------------------------------------------------------------------------------------

LINE_ID = "U" + "0" * 32


@pytest.fixture
def friend(sent) -> Contact:
    contact = Contact.objects.get()
    contact.line_id = LINE_ID
    contact.save()
    return contact


def line(client: Client, *events: tuple[str, int], secret: str = "line-secret", who: str = LINE_ID):
    """(type, minutes); the id of an event is what it says."""
    told = [
        {
            "type": kind,
            "timestamp": int((AT + dt.timedelta(minutes=minutes)).timestamp() * 1000),
            "webhookEventId": f"{kind}{minutes}",
            "source": {"type": "user", "userId": who},
        }
        for kind, minutes in events
    ]
    body = json.dumps({"destination": "x", "events": told}).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {"X-Line-Signature": signature}
    return client.generic("POST", "/hooks/line/", body, content_type="application/json", headers=headers)


def may_line() -> bool:
    return consent.standing(channel="line", address=LINE_ID).is_mailable


def test_adding_the_account_is_consent_and_blocking_it_is_refusal(friend, provider):
    assert line(provider, ("follow", 1)).status_code == 200
    assert may_line()
    assert Consent.objects.order_by("id").last().wording == "LINE公式アカウントを友だち追加しました。"
    line(provider, ("unfollow", 2), ("message", 2))
    assert not may_line()
    line(provider, ("follow", 3))
    assert may_line()
    assert consent.standing(channel="mail", address=ADDRESS).is_mailable


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2), (0, 2, 1), (2, 0, 1)])
def test_the_last_word_counts_in_whatever_order_it_comes(friend, provider, order):
    events = [("follow", 1), ("unfollow", 2), ("follow", 3)]
    for number in (*order, *order):
        line(provider, events[number])
    assert may_line()
    assert Report.objects.count() == 3


def test_a_refusal_told_otherwise_is_not_lifted_by_a_new_friendship(friend, provider):
    consent.withdraw(customer=friend.customer, channel="line", address=LINE_ID, at=AT, source="staff")
    line(provider, ("follow", 5))
    assert not may_line()


def test_people_we_do_not_know_are_nobodys_business(friend, provider):
    assert line(provider, ("unfollow", 1), who="U" + "9" * 32).status_code == 200
    assert not Suppression.objects.exists()


def test_line_calls_are_signed(friend, provider, settings):
    assert line(provider, ("unfollow", 1), secret="guess").status_code == 401
    assert provider.post("/hooks/line/", b"{}", content_type="application/json").status_code == 401
    body = b'{"events": 5}'
    signature = base64.b64encode(hmac.digest(b"line-secret", body, "sha256")).decode()
    answer = provider.generic("POST", "/hooks/line/", body, headers={"X-Line-Signature": signature})
    assert answer.status_code == 400
    settings.LINE_CHANNEL_SECRET = ""
    assert line(provider, ("unfollow", 1), secret="").status_code == 401
    assert not Report.objects.exists()
