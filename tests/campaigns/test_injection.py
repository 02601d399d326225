"""Five hundred payloads in what authors write and in what customers are called: nothing is evaluated, nothing leaks."""

import datetime as dt
import email
import email.policy
import re

import pytest

from accounts.models import Installation
from campaigns import blocks, event_words, fields, letter, markup, mime, previewing, rendering
from campaigns.models import Campaign, Step
from campaigns.rendering import UnsendableError
from tests.campaigns.injecting import ANSWER, FORMATS, HEADERS, MARKUP, TAGS, payloads

CANARY = "canary-5f1c2a"
NOW = dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)
FIELDS = [
    "customer_name",
    "contact_name",
    "department",
    "title",
    "owner_name",
    "coupon",
    "offer",
    "last_product",
    "plan",
]
BLOCKS = [
    {"kind": "head", "preheader": "{{ 会社名 }}", "look": "sea", "language": "ja"},
    {"kind": "banner", "eyebrow": "{{ 姓 }}", "text": "{{ お名前 }}", "lead": "{{ 役職 }}"},
    {"kind": "text", "text": "{{ 宛名 }} **{{ 会社名 }}** {{ 前回の商品 }} {{ プラン }}"},
    {"kind": "button", "label": "{{ 部署 }}", "url": "https://shop.example.jp/?c={{ 会社名 }}", "note": "{{ 会社名 }}"},
    {"kind": "image", "url": "https://shop.example.jp/{{ 姓 }}.png", "alt": "{{ 会社名 }}"},
    {"kind": "facts", "text": "会社：{{ 会社名 }}\n担当：{{ 担当者名 }}"},
    {"kind": "signature", "fallback": "窓口"},
]
LINK = re.compile(r'href="(https?://[^/"]*)')
USUAL = sorted([
    "Date", "To", "Subject", "Message-ID", "Reply-To", "List-Unsubscribe", "From", "Auto-Submitted", "List-Id",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
])  # fmt: skip
HTML_OF = re.compile(r"<(/?[a-z!][a-z0-9:]*)", re.IGNORECASE)


@pytest.fixture
def company(monkeypatch, settings) -> Installation:
    """In memory: nothing here touches the database."""
    settings.SECRET_KEY = CANARY
    found = Installation(id=1, company_name="もどる", sender_name="もどる", sender_email="news@modoru.example.jp")
    monkeypatch.setattr(Installation, "get", classmethod(lambda cls: found))
    monkeypatch.setattr(event_words, "of_campaign", lambda campaign: None)
    return found


def written_by(company: Installation, subject: str, content: list[dict]) -> letter.Letter:
    campaign = Campaign(playbook="")
    return letter.Letter(Step(pk=1, campaign=campaign, subject=subject, blocks=content), company, is_counted=False)


def row(**changes) -> dict:
    usual = {name: "ふつう" for name in FIELDS}
    return previewing._nobody() | usual | {"address": "p@example.jp", "owner_email": "s@example.jp", **changes}


def test_there_are_five_hundred_and_all_differ():
    assert len(payloads()) >= 500
    assert not any(ANSWER in one for one in payloads() if "{%" not in one)


def test_what_an_author_writes_is_refused_or_stays_the_text_it_is():
    """Only the closed set of fields and tags passes the check; what passes gives nothing but texts of fields."""
    values = {name: f"<{field.key}>" for field in fields.FIELDS for name in (field.key, field.word)}
    passed = 0
    for source in payloads():
        if rendering.template_problems(source):
            continue
        passed += 1
        try:
            shown = rendering.fill(source, values)
        except UnsendableError:
            continue
        rest = shown
        for text in values.values():
            rest = rest.replace(text, "")
        assert ANSWER not in rest, source
        assert not rest.strip() or rest.strip() in source or all(part in source for part in rest.split()), source
    assert 0 < passed < len(payloads())


def test_what_an_author_writes_never_leaves_its_block():
    """As an address nothing but http(s) or a field of ours passes; as a text nothing becomes an element."""
    usual = set(HTML_OF.findall("<a <strong></strong></a><br>"))
    for source in payloads():
        button = {"kind": "button", "label": "x", "url": source}
        passed = not blocks.problems([button])
        assert not passed or source.startswith(("http://", "https://", "{{")), source
        if not rendering.template_problems(source):
            assert set(HTML_OF.findall(markup.rich(source, style=""))) <= usual, source


def test_what_a_customer_is_called_is_only_text_in_both_parts_of_a_mail(company):
    """Every field of every payload, through the whole mail: the elements and links are those of an ordinary name."""
    written = written_by(company, "{{ 会社名 }}様へ", BLOCKS)
    url = letter.unsubscribe_url("preview")
    usual = written.words(written.values(row()), url).html
    elements, links = HTML_OF.findall(usual), LINK.findall(usual)
    for payload in payloads():
        values = written.values(row(**dict.fromkeys(FIELDS, payload)))
        if "会社名" not in values:  # nothing of it can be printed
            continue
        words = written.words(values, url)
        both = words.text + words.html
        assert (HTML_OF.findall(words.html), LINK.findall(words.html)) == (elements, links), payload
        assert ANSWER in payload or ANSWER not in both, payload
        assert CANARY not in both + words.subject
        assert "://evil" not in both, payload


@pytest.mark.parametrize("payload", [*HEADERS, *FORMATS, *TAGS[:3]])
def test_what_a_customer_is_called_breaks_no_header(company, payload):
    """One of each header, none of the payload's making, and the envelope as it was."""
    written = written_by(company, "{{ 会社名 }}様へ", BLOCKS)
    names = dict.fromkeys(FIELDS, payload) | {"owner_name": "佐藤"}  # of staff: whoever breaks it gets no answers
    message = written.write(row(**names), now=NOW)
    mail = email.message_from_bytes(message.content, policy=email.policy.default)
    assert not mail.defects
    assert sorted(mail.keys()) == USUAL
    assert (message.recipient, message.sender) == ("p@example.jp", "news@modoru.example.jp")
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == ["s@example.jp"]
    assert CANARY not in str(mail["Subject"]) + str(mail["Reply-To"])
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_senders_name_can_break_no_header():
    for payload in payloads():
        if any(ord(character) < 32 for character in payload):
            with pytest.raises(UnsendableError, match="unsafe_header"):
                mime.mailbox(payload, "a@example.jp")
            continue
        made = mime.mailbox(payload, "a@example.jp")
        read = email.message_from_bytes(
            f"From: {made}\r\nTo: b@example.jp\r\n\r\n".encode(), policy=email.policy.default
        )
        assert set(read.keys()) == {"From", "To"}
        assert [one.addr_spec for one in read["From"].addresses] == ["a@example.jp"], payload


@pytest.mark.parametrize("payload", MARKUP)
def test_the_settings_are_no_template(company, payload):
    company.sender_name = company.company_name = payload.replace("\x00", "")
    written = written_by(company, "件名", [{"kind": "text", "text": "本文"}])
    html = written.words(written.values(row()), "https://crm.example.jp/u/x/").html
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "onload" not in re.sub(r"&[a-z#0-9]+;|<[^>]*>", "", html) or "&lt;svg" in html
