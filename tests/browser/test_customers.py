"""A call comes in: four digits, a colleague's customer, written down. And the same pages for axe."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Installation
from customers import searching
from customers.models import Contact, Interaction
from retention_crm import pipeline
from segments.models import Segment
from tests import factories

from .looking import look


@pytest.fixture
def colleague():
    return factories.user(name="上田 彩")


@pytest.fixture
def customer(colleague):
    """青空商事, looked after by a colleague: bought ten times until 200 days ago; nineteen others buy on."""
    today = Installation.get().day_of(timezone.now())
    who = factories.customer("A-1", name="株式会社青空商事", kana="アオゾラショウジ", owner=colleague, industry="食品")
    Contact.objects.create(
        customer=who, name="田中 太郎", email="tanaka@example.jp", phone="0312345678", is_primary=True
    )
    for number in range(10):
        factories.purchase(who, today - dt.timedelta(days=200 + 9 * number), 12_000, order_id=f"o{number}")
    factories.contract(who, today - dt.timedelta(days=300), 5000, renews_on=today + dt.timedelta(days=65))
    for number in range(19):
        other = factories.customer(f"B-{number}", name=f"緑物産{number:02}", kana=f"ミドリブッサン{number:02}")
        factories.purchase(other, today - dt.timedelta(days=3 * number), 3000, order_id=f"p{number}")
        searching.refresh([other.pk])
    searching.refresh([who.pk])
    pipeline.nightly(as_of=today, now=timezone.now())
    return who


def test_a_call_from_a_colleagues_customer_is_found_and_written_down(cs_page, base_url, customer):
    page = cs_page
    page.goto(f"{base_url}/customers/")
    page.get_by_role("searchbox").fill("5678")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="株式会社青空商事", exact=True).click()
    expect(page.get_by_role("heading", name="株式会社青空商事")).to_be_visible()
    page.get_by_role("link", name="対応を記録").click()
    page.get_by_label("どちらから").select_option("inbound")
    page.get_by_label("件名").fill("納期の確認")
    page.get_by_label("次にすること").fill("見積もりを送る")
    page.get_by_label("次回", exact=True).fill("2030-01-15")
    page.locator("#log").get_by_role("button", name="保存する").click()
    expect(page.get_by_text("次回 2030/01/15: 見積もりを送る")).to_be_visible()
    expect(page.locator(".timeline li").first).to_contain_text("納期の確認")
    assert Interaction.objects.get().direction == "inbound"


def test_the_customers_page_says_in_which_segments_and_why_not(cs_page, base_url, customer):
    page = cs_page
    page.goto(f"{base_url}/customers/{customer.pk}/")
    panel = page.locator("#segments-of-customer")
    expect(panel.get_by_role("link", name="休眠")).to_be_visible()
    panel.get_by_role("combobox").select_option(label="利用開始期")
    panel.get_by_role("button", name="理由を見る").click()
    expect(panel.get_by_text("「利用開始期」に入っていません")).to_be_visible()
    assert page.url == f"{base_url}/customers/{customer.pk}/"


def test_from_the_list_of_segments_to_a_campaign(cs_page, base_url, customer):
    page = cs_page
    page.goto(f"{base_url}/segments/")
    page.get_by_role("link", name="休眠", exact=True).click()
    expect(page.get_by_role("link", name="株式会社青空商事", exact=True)).to_be_visible()
    page.get_by_role("link", name="このセグメントで施策を作る").click()
    expect(page).to_have_url(f"{base_url}/campaigns/new/?segment=dormant")


def test_pages_have_no_fault_for_axe(cs_page, base_url, customer):
    page, said = cs_page, []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    Segment.objects.filter(slug="vip").update(state="failed", error="x")
    for address in (
        "/customers/?scope=all",
        "/customers/?q=どこにもいない",
        f"/customers/{customer.pk}/?log=1",
        "/customers/new/",
        "/segments/",
        "/segments/dormant/",
        "/segments/vip/",
        f"/segments/customers/{customer.pk}/?segment=vip",
    ):
        look(page, address.strip("/").replace("/", "-"), base_url + address)
    assert said == []
