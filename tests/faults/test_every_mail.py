"""Every mail as a receiver's machine reads it: its headers, its signature, its lines, and what happens on its links."""

import datetime as dt
import email
import email.policy
import random
import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from campaigns import audience, sending
from campaigns.models import Campaign, Delivery, Offer, Report, Step
from customers import consent
from customers.models import Consent, Contact, Customer
from tests.faults import dkim
from tests.faults.conftest import SEED, people
from tests.faults.judge import Judge

pytestmark = pytest.mark.django_db
BASE = "https://crm.example.jp"
NAMES = [
    "山田 太郎", "髙橋 﨑子", "Jürgen O'Neill", '"; DROP', "<b>Bold</b>", "{{ subject }}", "=?utf-8?B?4pi6?=", "𠮷野家",
    "とても長い名前の" * 8, "a", "株式会社ﾀﾅｶ〜①", "null", "Robert ' OR 1=1", "👨‍👩‍👧‍👦 家族", "ｘ" * 60,
]  # fmt: skip
ODD = ["x+y@sub.例え.jp", "o'neill@example.jp"]
BODY = "{{ 宛名 }}\n\nお元気ですか。" + "長い行です。" * 200 + "\n\nhttps://shop.example.jp/back?a=1&b=2"
BLOCKS = [
    {"kind": "banner", "text": "{{ 姓 }}様へ", "lead": "お久しぶりです"},
    {"kind": "text", "text": "**新しい**商品は[こちら](https://shop.example.jp/new)です。\n.\n..点で始まる行"},
    {"kind": "button", "label": "見る", "url": "https://shop.example.jp/back"},
    {"kind": "signature", "fallback": "担当"},
]
UNFILLED = re.compile(r"\{\{ *(宛名|姓|特典|クーポン|担当|click_|\w+_url)")  # "{{ subject }}" is somebody's name
KINDS = {
    "text": {"subject": "{{ 姓 }}様へ、お久しぶりです", "body": BODY},
    "blocks": {"subject": "Hello, is it you? 日本語と、とても長い題名" * 3, "blocks": BLOCKS},
    "offer": {"subject": "{{ 特典 }}", "body": "{{ クーポン }}\n\nhttps://shop.example.jp/"},
    "notice": {"subject": "ご契約のお知らせ", "body": "{{ 宛名 }}\n\nhttps://shop.example.jp/mypage"},
}


@pytest.fixture
def every_kind(campaign, here: Judge, monkeypatch):
    """Sends so many mails of each kind to people with every sort of name; the campaigns by kind."""
    monkeypatch.setattr(django_settings, "BASE_URL", BASE)
    monkeypatch.setattr(django_settings, "SEND_CONNECTIONS", 2)
    here.keeps = True

    def send(each: int) -> dict[str, Campaign]:
        _people(campaign, each)
        made = {kind: _launched(campaign, kind, words) for kind, words in KINDS.items()}
        sending.run(now=timezone.now(), seconds=600)
        assert len(here.mails) == each * len(KINDS)
        return made

    return send


def _people(campaign: Campaign, count: int) -> None:
    chance = random.Random(SEED)
    for number, who in enumerate(people(campaign, count)):
        owner = User.objects.get() if number % 2 else None
        Customer.objects.filter(pk=who.pk).update(name=chance.choice(NAMES), owner=owner)
        if number < len(ODD):
            Contact.objects.filter(customer=who).update(email=ODD[number])
            plain = consent.normalise_address("mail", ODD[number])
            Consent.objects.create(customer=who, channel="mail", address=plain, state="granted", at=timezone.now())


def _launched(like: Campaign, kind: str, words: dict) -> Campaign:
    made = Campaign.objects.create(
        name=kind, segment=like.segment, created_by=like.created_by, holdout_percent=0,
        message_class="notice" if kind == "notice" else "promotion",
    )  # fmt: skip
    Step.objects.create(campaign=made, **words)
    if kind == "offer":
        ends = timezone.now().date() + dt.timedelta(days=30)
        Offer.objects.create(campaign=made, text="10%割引", expires_on=ends, code_prefix="BACK-")
    audience.launch(campaign=made, by=made.created_by, now=timezone.now())
    audience.plan_due(now=timezone.now())
    return made


# --- headers -----------------------------------------------------------------------------------------


def test_what_a_receiver_checks_is_right_in_every_mail(every_kind, here):
    audit(every_kind, here, each=12)


@pytest.mark.prove
def test_what_a_receiver_checks_is_right_in_1000_mails(every_kind, here, say):
    say(f"{audit(every_kind, here, each=250)} of 1000 mails in order")


def audit(every_kind, here: Judge, *, each: int) -> int:
    every_kind(each)
    key = rsa.generate_private_key(65537, 1024)  # small: this is about what is signed
    notices = {
        str(key) for key in Delivery.objects.filter(campaign__name="notice").values_list("message_key", flat=True)
    }
    seen = [_audited(mail, key, notices) for mail in here.mails]
    assert len(set(seen)) == each * len(KINDS), "a Message-ID twice"
    return len(seen)


def _audited(raw: bytes, key: rsa.RSAPrivateKey, notices: set[str]) -> str:
    """Checks one mail; its Message-ID."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    message_id = _check_head(raw, mail)
    is_notice = message_id.split("@")[0].strip("<") in notices
    covered = _check_signature(raw, key)
    _check_list_headers(mail, covered, is_notice=is_notice)
    _check_body(mail, is_notice=is_notice)
    return message_id


def _check_head(raw: bytes, mail: EmailMessage) -> str:
    assert not mail.defects
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    for name in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version", "Content-Type", "Auto-Submitted"):
        assert len(mail.get_all(name, [])) == 1, name
        assert not mail[name].defects, name
    assert mail["From"].addresses[0].addr_spec == "news@modoru.example.jp"
    assert len(mail["To"].addresses) == 1
    assert abs(parsedate_to_datetime(str(mail["Date"])) - timezone.now()) < dt.timedelta(hours=1)
    assert mail["Subject"].strip()
    assert mail["Auto-Submitted"] == "auto-generated"
    found = re.fullmatch(r"<[0-9a-f-]{36}@modoru\.example\.jp>", mail["Message-ID"])
    assert found, mail["Message-ID"]
    return found[0]


def _check_signature(raw: bytes, key: rsa.RSAPrivateKey) -> set[str]:
    """A relay signs, others put their Received on top: it still holds, and covers what RFC 8058 asks for."""
    signed = dkim.sign(raw, key, domain="modoru.example.jp")
    passed_on = b"Received: from relay.example.jp by mx.example.com; Mon, 1 Jan 2024 00:00:00 +0000\r\n" + signed
    covered = dkim.signed_headers(passed_on, key.public_key())
    assert {"from", "subject", "message-id"} <= covered
    return covered


def _check_list_headers(mail: EmailMessage, covered: set[str], *, is_notice: bool) -> None:
    names = ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id")
    if is_notice:
        assert [mail[name] for name in names] == [None] * 3
        return
    assert re.fullmatch(rf"<{BASE}/u/[\w-]{{43}}/>", mail["List-Unsubscribe"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<campaigns.modoru.example.jp>"
    assert {name.lower() for name in names} <= covered


def _check_body(mail: EmailMessage, *, is_notice: bool) -> None:
    """Both halves readable, and what the law asks for in each."""
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for part in mail.iter_parts():
        text = unescape(part.get_content())
        assert not part.defects
        assert not UNFILLED.search(text)
        assert "news@modoru.example.jp" in text
        if not is_notice:
            for needed in ("東京都千代田区千代田1-1", "03-0000-0000", "下のリンクから停止", f"{BASE}/u/"):
                assert needed in text, needed


def test_a_signature_does_not_hold_once_its_headers_are_touched():
    key = rsa.generate_private_key(65537, 1024)
    raw = b"From: a@example.jp\r\nSubject: x\r\nList-Unsubscribe: <https://a/>\r\n\r\nbody \r\n\r\n"
    signed = dkim.sign(raw, key, domain="example.jp")
    assert "list-unsubscribe" in dkim.signed_headers(signed, key.public_key())
    for touched in (signed.replace(b"<https://a/>", b"<https://b/>"), signed.replace(b"body", b"bodies")):
        assert dkim.signed_headers(touched, key.public_key()) == set()


# --- links ---------------------------------------------------------------------------------------------

SCANNERS = ["Mozilla/5.0 (compatible; BarracudaCentral)", "Mozilla/5.0", "python-requests/2.31", ""]
CONTENTS = """
    SELECT md5(coalesce(string_agg(md5(whole::text), '' ORDER BY md5(whole::text)), '')) FROM {table} AS whole
"""


def _tables() -> dict[str, str]:
    """A hash of each table, without the one that only collects."""
    names = sorted(set(connection.introspection.table_names()) - {Report._meta.db_table, "django_session"})
    with connection.cursor() as cursor:
        hashes = {}
        for name in names:
            cursor.execute(CONTENTS.format(table=connection.ops.quote_name(name)))
            hashes[name] = cursor.fetchone()[0]
        return hashes


def test_a_scanner_on_every_link_changes_nothing(every_kind, here):
    scan(every_kind, here, each=1, times=1)


@pytest.mark.prove
def test_a_scanner_on_every_link_ten_times_over_changes_nothing(every_kind, here, say):
    say(f"{scan(every_kind, here, each=25, times=10)} requests, no table changed")


def scan(every_kind, here: Judge, *, each: int, times: int) -> int:
    """GET, HEAD, OPTIONS and GET again on all our links; only reports of machines come in, and nobody is refused."""
    every_kind(each)
    links = sorted({link for mail in here.mails for link in _links(mail)})
    assert {link.split("/")[1] for link in links} == {"u", "c", "o"}
    before, client, asked = _tables(), Client(enforce_csrf_checks=True), 0
    for link in links:
        for agent in SCANNERS * times:
            for method in ("get", "head", "options", "get"):
                answer = getattr(client, method)(link, secure=True, headers={"user-agent": agent, "host": "localhost"})
                assert answer.status_code < 500
                asked += 1
    assert {name for name, hash_ in _tables().items() if hash_ != before[name]} == set()
    assert Report.objects.filter(kind="clicked").exists()
    assert not Report.objects.filter(is_machine=False).exists()
    assert not Report.objects.exclude(kind__in=["clicked", "opened"]).exists()
    return asked


def _links(raw: bytes) -> set[str]:
    """The paths of our own pages in the headers, the text and the HTML of a mail."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    texts = [str(mail["List-Unsubscribe"] or ""), *(unescape(part.get_content()) for part in mail.iter_parts())]
    return {path for text in texts for path in re.findall(rf"{BASE}(/[\w./-]+)", text)}
