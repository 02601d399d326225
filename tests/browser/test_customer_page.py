"""The customer's page in a real browser: a complaint logged on a phone, two people at once, a person erased."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role, User
from customers import searching
from customers.models import Contact, Customer, Interaction
from tests import factories

from .looking import PHONE, faults, look


@pytest.fixture
def customer():
    who = factories.customer("A-1", name="株式会社青空商事", kana="アオゾラショウジ", corporate_number="7000012050002")
    Contact.objects.create(
        customer=who, name="田中 太郎", email="tanaka@example.jp", phone="0312345678", is_primary=True
    )
    Contact.objects.create(customer=who, name="古川 健", email="furu..kawa@docomo.ne.jp", role="uses")
    Contact.objects.create(customer=who, name="前任 次郎", email="zen@example.jp", left_on="2026-09-30")
    Interaction.objects.create(
        customer=who,
        occurred_at=timezone.now(),
        category="complaint",
        status="open",
        subject="納期が遅い",
        priority="urgent",
    )
    for number in range(40):
        factories.purchase(who, "2026-10-01", 1000 + number, order_id=f"注文{number:02}")
    searching.refresh([who.pk])
    return who


def test_a_complaint_is_logged_from_the_list_on_a_phone_and_one_stands_in_the_list_again(cs_page, base_url, customer):
    page = cs_page
    page.set_viewport_size(PHONE)
    page.goto(f"{base_url}/customers/?scope=all&sort=ltv")
    expect(page.get_by_label("セグメント", exact=True)).to_be_hidden()
    page.get_by_role("link", name="対応を記録: 株式会社青空商事").first.click()
    page.get_by_label("どちらから").select_option("inbound")
    page.get_by_label("区分").select_option("complaint")
    page.get_by_label("状況").select_option("open")
    page.get_by_label("件名").fill("請求が二重")
    page.get_by_label("「もう送らないで」と言われた(メール)").check()
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_text("3件の宛先を配信停止にしました")).to_be_visible()
    assert page.url == f"{base_url}/customers/?scope=all&sort=ltv"
    page.get_by_text("条件", exact=True).click()
    page.get_by_label("対応中のクレームあり").check()
    page.get_by_role("button", name="絞り込む").click()
    page.get_by_role("link", name="株式会社青空商事", exact=True).click()
    expect(page.get_by_text("対応中のクレーム", exact=True)).to_have_count(2)
    page.get_by_role("button", name="完了にする").first.click()
    expect(page.get_by_text("対応中のクレーム", exact=True)).to_have_count(1)


def test_of_two_at_once_the_second_chooses_field_by_field(signed_in, base_url, customer):
    first, second = (
        signed_in(User.objects.create_user(f"{name}@example.jp", name=name, role=Role.MANAGER)) for name in ("a", "b")
    )
    for page, words in ((first, "製造"), (second, "金融")):
        page.goto(f"{base_url}/customers/{customer.pk}/edit/")
        page.get_by_label("業種").fill(words)
    second.get_by_label("地域").fill("関東")
    first.get_by_role("button", name="保存する").click()
    expect(first.get_by_role("heading", name="株式会社青空商事")).to_be_visible()
    second.get_by_role("button", name="保存する").click()
    expect(second.get_by_role("heading", name="ほかの人と同時に変更されました")).to_be_visible()
    assert faults(second) == []
    second.get_by_role("radio", name="いま保存されている内容 製造").check()
    second.get_by_role("button", name="保存する").click()
    expect(second).to_have_url(f"{base_url}/customers/{customer.pk}/")
    customer.refresh_from_db()
    assert (customer.industry, customer.region) == ("製造", "関東")


def test_older_entries_are_still_there_when_one_comes_back(cs_page, base_url, customer):
    page = cs_page
    page.goto(f"{base_url}/customers/{customer.pk}/")
    entries = page.locator(".timeline > li")
    expect(entries).to_have_count(25)
    page.get_by_role("link", name="以前の記録を表示").or_(page.locator(".timeline-more a")).first.click()
    expect(entries).to_have_count(41)
    page.goto(f"{base_url}/customers/")
    page.go_back()
    expect(entries).to_have_count(41)
    page.get_by_role("link", name="対応記録", exact=True).click()
    expect(entries).to_have_count(1)


def test_a_person_is_erased_by_typing_the_code(admin_page, base_url, customer):
    page = admin_page
    page.goto(f"{base_url}/customers/{customer.pk}/")
    page.get_by_role("link", name="削除する").click()
    page.get_by_label("請求した方").fill("本人の請求")
    page.get_by_label("確認のため顧客コードを入力").fill("A-1")
    page.get_by_role("button", name="完全に削除する").click()
    expect(page.get_by_role("heading", name=f"削除済み{customer.pk}")).to_be_visible()
    assert Customer.objects.get(pk=customer.pk).erased_at


def test_the_pages_have_no_fault_for_axe(admin_page, base_url, customer):
    page, said = admin_page, []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    entry, contact = customer.interactions.get(), customer.contacts.first()
    of = f"/customers/{customer.pk}"
    for address in (
        f"{of}/?show=contacts",
        f"{of}/edit/",
        f"{of}/log/",
        f"{of}/interactions/{entry.pk}/",
        f"{of}/contacts/new/",
        f"{of}/contacts/{contact.pk}/",
        f"{of}/personal/",
        f"{of}/erase/",
        f"{of}/timeline/",
        "/customers/?scope=all&complaints=open",
    ):
        look(page, address.strip("/").replace("/", "-"), base_url + address)
    assert said == []
