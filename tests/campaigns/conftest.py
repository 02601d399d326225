"""A company that may send, and a segment with people in it."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings

from accounts.models import Installation, Role, User
from campaigns.models import Campaign, Offer, Step
from customers import consent
from customers.models import Channel, Contact, Customer, Kind
from segments.models import Membership, Segment
from tests.campaigns.moments import NOW, TODAY

WORDS = "お得な情報をメールで受け取ります。"


@pytest.fixture
def installation(db) -> Installation:
    company = Installation.get()
    company.company_name = "株式会社もどる"
    company.sender_name = "株式会社もどる"
    company.sender_email = "news@modoru.example.jp"
    company.sender_address = "東京都千代田区千代田1-1"
    company.complaint_contact = "お客様窓口 03-0000-0000"
    company.refusal_notice = "配信を希望されない方は、下のリンクから停止できます。"
    company.save()
    return company


@pytest.fixture
def staff(db) -> User:
    return User.objects.create_user("sato@modoru.example.jp", name="佐藤 花子", role=Role.CS)


@pytest.fixture
def segment(db) -> Segment:
    return Segment.objects.create(
        slug="dormant", name="Dormant", rule={}, state=Segment.State.FRESH, as_of=TODAY, refreshed_at=NOW
    )


@pytest.fixture
def person(segment, staff) -> Callable[..., Customer]:
    """A customer in the segment with a primary contact who has agreed (unless told otherwise)."""

    def make(number: int, *, email: str | None = None, agreed: bool = True, name: str = "", **changes) -> Customer:
        email = f"p{number}@example.jp" if email is None else email
        fields = {"code": f"C{number:05}", "kind": Kind.PERSON, "name": name or f"田中 {number}", "owner": staff}
        customer = Customer.objects.create(**(fields | changes))
        Contact.objects.create(customer=customer, email=email, is_primary=True)
        Membership.objects.create(segment=segment, customer=customer, entered_on=TODAY)
        if agreed and email:
            agree(customer, email)
        return customer

    return make


def agree(customer: Customer, email: str) -> None:
    consent.grant(
        customer=customer,
        channel=Channel.MAIL,
        address=email,
        at=NOW - dt.timedelta(days=100),
        source="form",
        basis="consent",
        wording=WORDS,
    )


@pytest.fixture
def campaign(installation, segment, staff) -> Campaign:
    made = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=staff, holdout_percent=0)
    Step.objects.create(
        campaign=made,
        subject="{{ 姓 }}様へ、お久しぶりです",
        body="{{ 宛名 }}\n\nお元気ですか。{{ offer }}をご用意しました。\nクーポン: {{ coupon }}\n\nhttps://shop.example.jp/back",
    )
    Offer.objects.create(campaign=made, text="10%割引", expires_on=dt.date(2026, 12, 31), code_prefix="BACK-")
    return made


@pytest.fixture
def mail_server(smtp_sink, monkeypatch):
    """Lets this process send to the sink, on one connection, so that the order is known."""
    monkeypatch.setattr(django_settings, "SEND_CONNECTIONS", 1)
    monkeypatch.setattr(django_settings, "EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr(django_settings, "EMAIL_PORT", smtp_sink.port)
    return smtp_sink
