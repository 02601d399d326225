"""What an import said of consent, taken back: the ledger only grows, and what others refused stays refused."""

import datetime as dt

import pytest

from customers import consent
from customers.models import Channel, Consent, ConsentState, Contact, Customer, Suppression
from tests import factories
from tests.customers.importing.undone import LATER, NOW, bring, kept, state, undo

pytestmark = pytest.mark.django_db
MAIL = "taro@example.jp"
REFUSING = f"customer_id,name,email,mail_ok\nC1,山田商店,{MAIL},0\n"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(db):
    return factories.user(role="admin")


@pytest.fixture
def who(db):
    found = factories.customer("C1", name="山田商店", kind="company")
    Contact.objects.create(customer=found, email=MAIL, is_primary=True)
    return found


def agreed(who, source="form"):
    consent.grant(
        customer=who, channel="mail", address=MAIL, at=NOW - dt.timedelta(days=9), source=source, basis="consent",
        wording="お知らせを受け取ります",
    )  # fmt: skip


def mailable():
    return consent.standing(channel="mail", address=MAIL).is_mailable


def stops():
    return list(Suppression.objects.filter(lifted_at=None).values_list("channel", "source"))


def test_a_refusal_it_brought_is_lifted_and_the_consent_before_stands_again(who):
    agreed(who)
    done = bring("customers", REFUSING)
    assert not mailable()
    undone = undo(done)
    assert mailable()
    again = Consent.objects.order_by("-id").first()
    assert (again.source, again.basis, again.wording) == (
        f"undo of import {done.pk}",
        "consent",
        "お知らせを受け取ります",
    )
    assert again.at == NOW - dt.timedelta(days=9)  # the day he agreed
    assert Consent.objects.count() == 3  # nothing is taken out of the ledger
    assert (undone.undone["consents"], undone.undone["suppressions"]) == (1, 1)


def test_without_a_consent_before_nobody_may_be_written_to(who):
    undone = undo(bring("customers", REFUSING))
    assert not mailable()
    assert stops() == []
    assert (undone.undone["consents"], undone.undone["suppressions"]) == (0, 1)
    agreed(who)  # but may agree
    assert mailable()


def test_what_the_person_refused_himself_since_stays_refused(who):
    agreed(who)
    done = bring("customers", REFUSING)
    consent.withdraw(customer=who, channel="mail", address=MAIL, at=LATER, source="unsubscribe")
    undone = undo(done)
    assert not mailable()
    assert stops() == [("mail", f"import {done.pk}")]
    assert (undone.undone["consents"], undone.undone["suppressions"]) == (0, 0)


def test_a_refusal_of_somebody_else_before_stays(who):
    consent.withdraw(customer=who, channel="mail", address=MAIL, at=NOW, source="unsubscribe")
    undo(bring("customers", REFUSING))
    assert stops() == [("mail", "unsubscribe")]


@pytest.mark.parametrize("first", [0, 1])
def test_a_refusal_two_files_brought_goes_with_the_second(who, first):
    """Whichever is undone first: as long as one says no, it is no."""
    agreed(who)
    imports = [bring("customers", REFUSING), bring("customers", REFUSING.replace("山田商店", "山田物産"), now=LATER)]
    undo(imports[first])
    assert not mailable()
    undo(imports[1 - first])
    assert mailable()


def test_a_bounce_stays(who):
    agreed(who)
    done = bring("customers", REFUSING)
    consent.suppress(channel="mail", address=MAIL, reason=Suppression.Reason.BOUNCED, source="smtp", at=LATER)
    undo(done)
    assert stops() == [("mail", "smtp")]
    assert not mailable()


def test_letters_and_calls_as_well(who):
    text = "customer_id,name,phone,postal_ok,phone_ok\nC1,山田商店,03-1111-1111,0,0\n"
    done = bring("customers", text)
    assert {channel for channel, _ in stops()} == {Channel.POSTAL, Channel.PHONE}
    undo(done)
    assert stops() == []


def test_a_declared_basis_is_withdrawn_without_being_a_refusal(who, admin):
    text = f"customer_id,name,email\nC1,山田商店,{MAIL}\n"
    done = bring("customers", text, by=admin, basis="relation")
    assert mailable()
    undone = undo(done, by=admin)
    last = Consent.objects.order_by("-id").first()
    assert (last.state, last.by, last.source) == (ConsentState.WITHDRAWN, admin, f"undo of import {done.pk}")
    assert stops() == []
    assert undone.undone["consents"] == 1


def test_a_basis_goes_back_to_the_one_before(who, admin):
    agreed(who)
    done = bring("customers", f"customer_id,name,email\nC1,山田商店,{MAIL}\n", by=admin, basis="relation")
    undo(done)
    last = consent.standing(channel="mail", address=MAIL).entry
    assert (last.state, last.basis) == (ConsentState.GRANTED, "consent")


def test_what_was_said_since_the_import_stands(who, admin):
    done = bring("customers", f"customer_id,name,email\nC1,山田商店,{MAIL}\n", by=admin, basis="relation")
    agreed(who)
    undo(done)
    assert mailable()
    assert Consent.objects.count() == 2


def test_entries_of_a_customer_it_made_go_with_him(admin):
    text = f"customer_id,name,email,mail_ok\nC1,山田,{MAIL},1\nC2,鈴木,suzuki@example.jp,0\n"
    done = bring("customers", text, by=admin, basis="relation")
    assert Consent.objects.count() == 2
    undone = undo(done)
    assert state() == []
    assert not Consent.objects.exists()
    assert not Customer.objects.exists()
    assert (undone.undone["consents"], undone.undone["suppressions"]) == (0, 1)
    assert kept() == []


def test_consent_of_an_import_undone_since_is_not_given_again(who, admin):
    granting = bring("customers", f"customer_id,name,email\nC1,山田商店,{MAIL}\n", by=admin, basis="relation")
    refusing = bring("customers", REFUSING, now=LATER)
    undo(granting)
    assert not mailable()
    undo(refusing)
    assert not mailable()
    assert stops() == []


def test_consent_given_again_is_taken_back_with_the_import_it_came_from(who, admin):
    granting = bring("customers", f"customer_id,name,email\nC1,山田商店,{MAIL}\n", by=admin, basis="relation")
    undo(bring("customers", REFUSING, now=LATER))
    assert mailable()
    undo(granting)
    assert not mailable()


def test_a_refusal_without_an_address_counts_no_more(who):
    Contact.objects.all().delete()
    done = bring("customers", "customer_id,name,mail_ok\nC1,山田商店,0\n")
    undo(done)
    Contact.objects.create(customer=who, email=MAIL, is_primary=True)
    consent.settle([who.pk])
    assert stops() == []
    agreed(who)
    assert mailable()


def test_a_refusal_without_an_address_said_again_by_staff_holds(who):
    Contact.objects.all().delete()
    done = bring("customers", "customer_id,name,mail_ok\nC1,山田商店,0\n")
    consent.refuse_without_address([who.pk], channel="mail", at=LATER, source="staff")
    undo(done)
    Contact.objects.create(customer=who, email=MAIL, is_primary=True)
    consent.settle([who.pk])
    assert stops() == [("mail", "staff")]
