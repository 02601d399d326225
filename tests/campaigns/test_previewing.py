"""What the words look like to someone, before anybody gets them."""

import pytest

from accounts.models import AuditEvent, Installation, User
from campaigns import previewing
from campaigns.models import Campaign, Delivery, Step
from campaigns.states import CampaignError
from customers.models import Contact, Customer, Event, Product, Purchase
from tests import factories
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def step(campaign) -> Step:
    return Step.objects.select_related("campaign", "campaign__offer").get()


def body(step: Step, text: str) -> Step:
    Step.objects.update(subject="件名", body=text)
    return Step.objects.get()


def test_as_a_customer(step, person):
    seen = previewing.preview(step, customer=person(1), now=NOW)
    assert (seen.to, seen.subject, seen.problem) == ("p1@example.jp", "田中様へ、お久しぶりです", "")
    assert "田中 1 様\n\nお元気ですか。10%割引をご用意しました。" in seen.text
    assert "田中 1 様" in seen.html
    assert "/u/preview/" in seen.text


def test_it_is_what_this_customer_then_gets(step, person, staff, mail_server):
    from campaigns import audience, sending

    customer = person(1)
    product = Product.objects.create(name="ティーカップ")
    factories.purchase(customer, "2026-06-01", product=product)
    body(step, "{{ 宛名 }} {{ 前回の商品 }} {{ 前回の購入日 }} {{ 担当者名 }} {{ 有効期限 }}")
    seen = previewing.preview(Step.objects.get(), customer=customer, now=NOW)
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    sending.run(now=NOW)
    sent = mail_server.mails[0].message.get_body(("plain",)).get_content()
    assert sent.split("―")[0] == seen.text.split("―")[0]
    assert "田中 1 様 ティーカップ 2026/06/01 佐藤 花子 2026/12/31" in sent


def test_a_missing_field_is_named(step, person):
    seen = previewing.preview(body(step, "{{ 前回の商品 }}"), customer=person(1), now=NOW)
    assert "前回の商品" in seen.problem
    assert seen.text == ""


def test_the_last_purchase_without_a_product_is_a_missing_field(step, person):
    customer = person(1)
    factories.purchase(customer, "2026-06-01")
    assert Purchase.objects.get().product is None
    assert previewing.preview(body(step, "{{ 前回の商品 }}"), customer=customer, now=NOW).problem
    assert "2026/06/01" in previewing.preview(body(step, "{{ 前回の購入日 }}"), customer=customer, now=NOW).text


def test_as_a_customer_without_owner_contact_or_name(step):
    customer = Customer.objects.create(code="X", name="山田商事", kind="company")
    seen = previewing.preview(body(step, "{{ 宛名 }}"), customer=customer, now=NOW)
    assert seen.text.startswith("山田商事\nご担当者様")
    Contact.objects.create(customer=customer, department="営業部", is_primary=True)
    seen = previewing.preview(body(step, "{{ 宛名 }}"), customer=customer, now=NOW)
    assert seen.text.startswith("山田商事\n営業部 御中")


@pytest.mark.parametrize("persona", previewing.PERSONAS)
def test_as_someone_made_up(step, persona):
    seen = previewing.preview(body(step, "{{ 宛名 }}\n{{ クーポン }}"), persona=persona, now=NOW)
    assert (seen.problem, "様" in seen.text, "BACK-" in seen.text) == ("", True, True)


def test_a_test_mail_goes_to_oneself_and_into_no_ledger(step, person, staff, mail_server):
    previewing.send_test(step=step, by=staff, customer=person(1), now=NOW)
    assert mail_server.recipients == ["sato@modoru.example.jp"]
    assert "田中 1 様" in mail_server.mails[0].message.get_body(("plain",)).get_content()
    assert not Delivery.objects.exists()
    assert not Event.objects.exists()
    assert AuditEvent.objects.get().action == "campaign.test"


def test_a_test_mail_without_an_offer(step, staff, mail_server):
    step.campaign.offer.delete()
    previewing.send_test(step=body(step, "{{ 会社名 }}"), by=staff, persona="long_company", now=NOW)
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: Installation.objects.update(sender_email=""),
        lambda: Installation.objects.update(sending_stopped="復元"),
        lambda: Installation.objects.update(is_demo=True),
        lambda: User.objects.update(email=None),
        lambda: Step.objects.update(body="{{ 部署 }}"),
    ],
)
def test_what_stands_in_the_way_is_said(step, person, staff, mail_server, change):
    change()
    staff.refresh_from_db()
    with pytest.raises(CampaignError):
        previewing.send_test(step=Step.objects.get(), by=staff, customer=person(1), now=NOW)
    assert mail_server.mails == []


def test_a_server_that_refuses_is_quoted(step, person, staff, mail_server):
    mail_server.answer(staff.email, rcpt="550 5.7.1 relay denied")
    with pytest.raises(CampaignError, match="relay denied"):
        previewing.send_test(step=step, by=staff, customer=person(1), now=NOW)


def test_a_bad_address_of_ones_own_is_said(step, person, staff, mail_server):
    staff.email = "a b@example.jp"
    with pytest.raises(CampaignError):
        previewing.send_test(step=step, by=staff, customer=person(1), now=NOW)
