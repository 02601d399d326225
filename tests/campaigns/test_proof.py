"""The proof of consent: of every message sent, the ground it was sent on, as it was read in that moment."""

import datetime as dt
import hashlib

import pytest
from django.test import Client

from accounts.models import Role, User
from campaigns import audience, sending
from campaigns.models import Campaign, Delivery, Offer, Step
from campaigns.proof import hash_of, proof
from customers import consent, erasing
from customers.models import Consent
from tests.campaigns.conftest import WORDS
from tests.campaigns.moments import NOW


@pytest.fixture
def sent(campaign, person, staff, mail_server):
    """A campaign sent to so many people."""

    def make(count: int) -> list[Delivery]:
        for number in range(count):
            person(number)
        audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
        audience.plan_due(now=NOW)
        sending.run(now=NOW, seconds=60)
        return list(Delivery.objects.filter(state="accepted"))

    return make


def check(count: int, rows: list[Delivery]) -> None:
    assert len(rows) == count
    for row in rows:
        found = proof(row)
        assert found is not None
        assert (found.basis, found.at, found.source, found.wording) == (
            "consent",
            NOW - dt.timedelta(days=100),
            "form",
            WORDS,
        )
        assert found.wording_hash == hashlib.sha256(WORDS.encode()).hexdigest()
        assert found.entry == Consent.objects.get(address=row.address).pk
        assert found.was_before


def test_every_message_sent_has_its_proof(sent):
    check(20, sent(20))


@pytest.mark.prove
def test_1000_of_1000_messages_have_their_proof(sent):
    check(1000, sent(1000))


def test_what_was_agreed_later_changes_no_proof(sent):
    (row,) = sent(1)
    consent.grant(
        customer=row.customer, channel="mail", address=row.address, at=NOW, source="new", basis="consent", wording="new"
    )
    assert proof(row).wording == WORDS


def test_erasing_the_person_leaves_ground_time_and_words(sent):
    (row,) = sent(1)
    admin = User.objects.create_user("admin@modoru.example.jp", name="A", role=Role.ADMIN)
    erasing.erase(customer=row.customer, by=admin, now=NOW, why="asked for")
    row.refresh_from_db()
    found = proof(row)
    assert (found.basis, found.source, found.wording_hash) == ("consent", "form", hash_of(WORDS))
    assert Consent.objects.get(pk=found.entry).address == "erased"
    assert row.address == ""


def test_it_is_kept_for_three_years_after_the_last_message(sent):
    (row,) = sent(1)
    Delivery.objects.update(sending_at=dt.datetime(2028, 2, 29, 3, tzinfo=dt.UTC))
    row.refresh_from_db()
    assert proof(row).kept_until == dt.date(2031, 2, 28)


def test_a_notice_without_a_ground_and_a_message_never_sent_have_none(campaign, person, staff, mail_server, sent):
    Campaign.objects.update(message_class="business")
    Offer.objects.all().delete()
    Step.objects.update(subject="お知らせ", body="休業日のお知らせです。")
    person(7, agreed=False)
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    assert proof(Delivery.objects.get()) is None
    sending.run(now=NOW)
    row = Delivery.objects.get()
    assert (row.state, proof(row)) == ("accepted", None)


def test_the_page_shows_it(sent, staff):
    (row,) = sent(1)
    client = Client()
    client.force_login(staff, backend="accounts.backends.StaffBackend")
    page = client.get(f"/campaigns/deliveries/{row.pk}/proof/").content.decode()
    for text in (WORDS, hash_of(WORDS), "同意", f"{proof(row).kept_until:%Y/%m/%d}"):
        assert text in page
    assert row.address not in page
    Delivery.objects.update(sending_at=None)
    assert client.get(f"/campaigns/deliveries/{row.pk}/proof/").status_code == 404
