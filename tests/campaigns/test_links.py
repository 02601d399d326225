"""Links of a message: numbered once, looked up by token and number, never by what stands in the address."""

import pytest

from campaigns import audience, links
from campaigns.models import Campaign, Delivery, Link, Variant
from tests.campaigns.moments import NOW

SHOP = "https://shop.example.jp/back"
TOKEN = "t" * 43


@pytest.fixture
def step(campaign):
    return campaign.steps.get()


@pytest.fixture
def delivery(campaign, person):
    who = person(1)
    return Delivery.objects.create(
        campaign=campaign,
        step=campaign.steps.get(),
        customer=who,
        contact=who.contacts.get(),
        channel="mail",
        address="p1@example.jp",
        state=Delivery.State.ACCEPTED,
        token=TOKEN,
        planned_at=NOW,
        due_at=NOW,
    )


def test_addresses_are_numbered_once_and_keep_their_number(step):
    assert links.register(step, "", [SHOP, "https://b.example.jp", SHOP]) == {SHOP: 1, "https://b.example.jp": 2}
    assert links.register(step, "", ["https://c.example.jp", SHOP])["https://c.example.jp"] == 3
    assert links.register(step, "B", ["https://c.example.jp"]) == {"https://c.example.jp": 1}
    assert links.numbers(step) == {SHOP: 1, "https://b.example.jp": 2, "https://c.example.jp": 3}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "mailto:a@example.jp", "//x", "", "https://x/" + "a" * 2000])
def test_what_is_no_address_of_a_page_gets_no_number(step, url):
    assert links.register(step, "", [url]) == {}


def test_addresses_are_found_in_texts_and_in_blocks_but_not_those_a_merge_field_completes():
    text = f"{SHOP}\nhttps://a.example.jp/?c={{{{ coupon }}}} https://b.example.jp"
    assert list(links.written(text)) == [SHOP, "https://b.example.jp"]
    blocks = [{"kind": "button", "url": SHOP}, {"columns": [{"text": "詳しくは https://c.example.jp/x。"}]}, 3, None]
    assert list(links.written(blocks)) == [SHOP, "https://c.example.jp/x"]


def test_freezing_registers_the_words_of_the_step_and_of_its_variants(step):
    Variant.objects.create(step=step, letter="B", subject="B", body="https://b.example.jp")
    audience.freeze(step.campaign, NOW)
    audience.freeze(step.campaign, NOW)
    assert sorted(Link.objects.values_list("variant", "number", "url")) == [
        ("", 1, SHOP),
        ("B", 1, "https://b.example.jp"),
    ]


def test_a_business_notice_is_not_tracked(step):
    Campaign.objects.update(message_class="business")
    audience.freeze(Campaign.objects.get(), NOW)
    assert not Link.objects.exists()


def test_a_click_is_looked_up(delivery, step):
    links.register(step, "", [SHOP])
    links.register(step, "B", ["https://b.example.jp"])
    assert links.target(TOKEN, 1).url == SHOP
    for letter, url in (("A", SHOP), ("?", SHOP), ("B", "https://b.example.jp")):
        Delivery.objects.update(variant=letter)
        assert links.target(TOKEN, 1).url == url
    assert links.target(TOKEN, links.TRAP).url == ""


@pytest.mark.parametrize("token", ["", "あ", "\0", "x" * 43, TOKEN[:-1]])
def test_what_is_unknown_leads_nowhere(delivery, step, token):
    links.register(step, "", [SHOP])
    assert links.target(token, 1) is None
    assert links.target(TOKEN, 2) is None


def test_addresses_in_the_mail_name_neither_customer_nor_target(settings):
    settings.BASE_URL = "https://crm.example.jp"
    assert links.click_url("abc", 3) == "https://crm.example.jp/c/abc/3/"
    assert links.trap_url("abc") == "https://crm.example.jp/c/abc/0/"
    assert links.open_url("abc") == "https://crm.example.jp/o/abc.gif"
