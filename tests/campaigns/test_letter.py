"""A finished mail: what the law asks stands in both parts, and its headers are those of a good sender."""

import email
import email.policy
import html
import re

import pytest
from django.test import override_settings

from accounts.models import Installation
from campaigns import audience, compliance, letter, sending
from campaigns.models import Campaign, Delivery, Offer, Step
from tests.campaigns.moments import NOW, TODAY

pytestmark = pytest.mark.django_db
ITEMS = ["sender_name", "sender_email", "sender_address", "complaint_contact", "refusal_notice"]


@pytest.fixture
def mails(campaign, person, staff, mail_server):
    """Three received mails of the campaign, parsed by Python's own reader."""

    def send() -> list:
        for number in range(3):
            person(number)
        audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
        audience.plan_due(now=NOW)
        sending.run(now=NOW)
        return [mail.message for mail in mail_server.mails]

    return send


def bodies(message) -> tuple[str, str]:
    return tuple(message.get_body((kind,)).get_content() for kind in ("plain", "html"))


def test_header_audit(mails, mail_server):
    received = mails()
    assert len(received) == 3
    rows = {row.address: row for row in Delivery.objects.all()}
    for mail, message in zip(mail_server.mails, received, strict=True):
        row = rows[str(message["To"])]
        url = f"http://127.0.0.1:8000/u/{row.token}/"
        assert not message.defects
        assert message["From"].addresses[0].addr_spec == mail.sender == "news@modoru.example.jp"
        assert message["From"].addresses[0].display_name == "株式会社もどる"
        assert str(message["Reply-To"]) == "佐藤 花子 <sato@modoru.example.jp>"
        assert message["Message-ID"] == f"<{row.message_key}@modoru.example.jp>"
        assert message["List-Unsubscribe"] == f"<{url}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Id"] == "<campaigns.modoru.example.jp>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"].datetime == NOW
        assert message["MIME-Version"] == "1.0"
        assert all(len(message.get_all(name)) == 1 for name in set(message))
        assert all(len(line) <= 998 for line in mail.content.split(b"\r\n"))
        for body in bodies(message):
            assert url in body
            assert all(item in body for item in _items())


def _items() -> list[str]:
    company = Installation.get()
    return [getattr(company, item) for item in ITEMS]


def test_each_gets_his_own_part_and_nobody_elses(mails):
    received = mails()
    for message in received:
        plain, rich = bodies(message)
        number = str(message["To"])[1]
        assert f"田中 {number} 様" in plain
        assert all(f"田中 {other} 様" not in plain + rich for other in "012" if other != number)
    codes = [re.search(r"BACK(?:-[0-9A-F]{4}){4}", bodies(message)[0]).group() for message in received]
    assert len(set(codes)) == 3


@override_settings(BASE_URL="https://crm.example.jp")
def test_links_come_from_base_url(mails):
    assert mails()[0]["List-Unsubscribe"].startswith("<https://crm.example.jp/u/")


def test_a_business_notice_has_no_opt_out_but_says_who_writes(campaign, mails):
    campaign.offer.delete()
    campaign.steps.update(subject="更新のお知らせ", body="{{ 宛名 }}\n\n更新のお知らせです。")
    Campaign.objects.update(message_class="business")
    message = mails()[0]
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None
    for body in bodies(message):
        assert "/u/" not in body
        assert "株式会社もどる" in body


def test_without_an_owner_answers_go_to_the_sender(mails, person, staff):
    staff.email = None
    staff.save()
    assert mails()[0]["Reply-To"] is None


def test_someone_who_may_no_longer_sign_in_gets_no_answers(mails, staff):
    staff.is_active = False
    staff.save()
    assert mails()[0]["Reply-To"] is None


# --- what forbids sending --------------------------------------------------------------------


def problems(campaign: Campaign) -> list[str]:
    return compliance.problems(Campaign.objects.get(pk=campaign.pk), as_of=TODAY)


def test_a_whole_campaign_has_no_problems(campaign):
    assert problems(campaign) == []


@pytest.mark.parametrize("item", ITEMS)
def test_each_of_the_five_items_is_asked_for(campaign, item):
    Installation.objects.update(**{item: ""})
    found = problems(campaign)
    assert len(found) == 1
    assert str(Installation._meta.get_field(item).verbose_name) in found[0]


@pytest.mark.parametrize("item", ITEMS)
def test_a_business_notice_needs_only_to_say_who_writes(campaign, item):
    campaign.offer.delete()
    campaign.steps.update(subject="更新のお知らせ", body="お知らせです。")
    Campaign.objects.update(message_class="business")
    Installation.objects.update(**{item: ""})
    assert len(problems(campaign)) == (item in {"sender_name", "sender_email"})


@pytest.mark.parametrize(
    "words",
    [
        {"subject": ""},
        {"subject": "  "},
        {"body": ""},
        {"subject": "{{ nmae }}"},
        {"body": "{{ company | upcase }}"},
        {"body": "{% if company %}"},
        {"subject": "二行\nの件名"},
    ],
)
def test_a_message_that_cannot_be_written_is_refused(campaign, words):
    campaign.steps.update(**words)
    assert len(problems(campaign)) == 1


def test_a_campaign_without_a_message_is_refused(campaign):
    campaign.steps.all().delete()
    assert len(problems(campaign)) == 1


def test_stopped_sending_is_named(campaign):
    Installation.objects.update(sending_stopped="復元したデータベースです")
    assert "復元したデータベースです" in problems(campaign)[0]


def test_an_offer_that_has_ended_is_refused(campaign):
    Offer.objects.update(expires_on="2026-11-19")
    assert "2026/11/19" in problems(campaign)[0]
    Offer.objects.update(expires_on="2026-11-20")
    assert problems(campaign) == []


def test_a_text_that_names_an_offer_needs_one(campaign):
    campaign.offer.delete()
    assert len(problems(campaign)) == 1


def test_a_business_notice_with_an_offer_is_refused(campaign):
    Campaign.objects.update(message_class="business")
    assert len(problems(campaign)) == 1
    campaign.steps.update(body="お知らせです。")
    assert len(problems(campaign)) == 1
    campaign.offer.delete()
    assert problems(campaign) == []


def test_what_the_finished_mail_does_not_show_is_noticed(campaign, monkeypatch):
    """The items are looked for in the mail itself: a footer that forgets one would be caught."""
    monkeypatch.setattr(letter.Letter, "_footer", lambda self: [])
    found = problems(campaign)
    assert len(found) == 6
    assert any("/u/" in problem for problem in found)


def test_items_with_markup_in_them_are_shown_as_typed(campaign):
    Installation.objects.update(sender_address="東京都 <本社> & 支社")
    assert problems(campaign) == []
    url = letter.unsubscribe_url("t")
    words = letter.Letter(Step.objects.get(), Installation.get()).words(
        {"姓": "田中", "宛名": "田中 様", "offer": "割引", "coupon": "A"}, url
    )
    assert html.escape("東京都 <本社> & 支社") in words.html
    assert "<本社>" not in words.html


def test_the_hash_changes_with_every_word_and_with_nothing_else(campaign):
    def now() -> str:
        return compliance.content_hash(Step.objects.get())

    first = now()
    assert now() == first
    Campaign.objects.update(name="別の名前", note="x")
    assert now() == first
    seen = {first}
    for change in [{"subject": "別"}, {"body": "別"}]:
        campaign.steps.update(**change)
        seen.add(now())
    Offer.objects.update(text="別")
    seen.add(now())
    Offer.objects.update(expires_on=None)
    seen.add(now())
    Campaign.objects.update(message_class="business")
    seen.add(now())
    assert len(seen) == 6


def test_reading_back_with_the_old_parser_too(mails, mail_server):
    mails()
    old = email.message_from_bytes(mail_server.mails[0].content, policy=email.policy.compat32)
    assert [part.get_content_type() for part in old.get_payload()] == ["text/plain", "text/html"]
