"""The consent ledger: it only grows, and the strictest word wins."""

import datetime as dt

import pytest

from accounts.models import AuditEvent, Role, User
from customers import consent
from customers.models import Channel, Consent, Contact, Customer, ErasedAddress, Suppression

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 1, 3, 0, tzinfo=dt.UTC)
MAIL = Channel.MAIL
WORDS = "お得な情報をメールで受け取ります。"


@pytest.fixture
def admin():
    return User.objects.create_user("admin@example.jp", name="管理", role=Role.ADMIN)


def customer(code: str, email: str = "") -> Customer:
    made = Customer.objects.create(code=code, name=f"顧客{code}")
    if email:
        Contact.objects.create(customer=made, email=email, is_primary=True)
    return made


def granted(who: Customer, address: str, **changes) -> bool:
    words = {"at": AT, "source": "form", "basis": "consent", "wording": WORDS} | changes
    return consent.grant(customer=who, channel=MAIL, address=address, **words)


def refuse(who: Customer, address: str, source: str = "unsubscribe", **changes) -> bool:
    return consent.withdraw(customer=who, channel=MAIL, address=address, at=AT, source=source, **changes)


def is_mailable(address: str) -> bool:
    return consent.standing(channel=MAIL, address=address).is_mailable


@pytest.mark.parametrize(
    ("channel", "raw", "expected"),
    [
        (MAIL, " Taro@Example.JP ", "taro@example.jp"),
        (MAIL, "taro@example.jp　", "taro@example.jp"),
        (Channel.PHONE, "03-1234-5678", "0312345678"),
        (Channel.PHONE, "+81 3 1234 5678", "+81312345678"),
        (Channel.POSTAL, " C-001 ", "C-001"),
    ],
)
def test_an_address_has_one_form(channel, raw, expected):
    assert consent.normalise_address(channel, raw) == expected


def test_a_contact_is_reached_at_its_mail_its_phone_or_the_customers_code():
    who = customer("A1", "a@example.jp")
    contact = who.contacts.get()
    assert [consent.address_of(contact, channel) for channel in Channel] == ["a@example.jp", "A1", "", "", ""]


def test_nothing_recorded_means_not_mailable():
    assert not is_mailable("a@example.jp")


def test_granted_then_withdrawn_then_granted_by_a_file_stays_refused(admin):
    who = customer("A1", "a@example.jp")
    assert granted(who, "A@example.jp")
    assert is_mailable("a@example.jp")
    assert refuse(who, "a@example.jp")
    assert not granted(who, "a@example.jp", source="import", by=admin)
    assert not is_mailable("a@example.jp")
    assert [entry.state for entry in Consent.objects.order_by("id")] == ["granted", "withdrawn"]


def test_withdrawing_twice_is_entered_once():
    who = customer("A1", "a@example.jp")
    assert refuse(who, "a@example.jp")
    assert not refuse(who, " A@EXAMPLE.JP")
    assert (Consent.objects.count(), Suppression.objects.count()) == (1, 1)


def test_a_withdrawal_by_staff_is_audited(admin):
    refuse(customer("A1"), "a@example.jp", by=admin)
    assert AuditEvent.objects.get().action == "consent.withdraw"


def test_the_person_himself_comes_back_but_a_bounce_stays():
    who = customer("A1", "a@example.jp")
    refuse(who, "a@example.jp")
    back = {"customer": who, "channel": MAIL, "address": "a@example.jp", "at": AT, "source": "portal"}
    assert consent.resubscribe(**back, wording=WORDS)
    assert is_mailable("a@example.jp")
    assert not consent.resubscribe(**back, wording=WORDS)
    consent.suppress(channel=MAIL, address="a@example.jp", reason="bounced", source="5.1.1", at=AT)
    refuse(who, "a@example.jp")
    assert consent.resubscribe(**back, wording=WORDS)
    assert not is_mailable("a@example.jp")


def test_only_an_admin_with_a_reason_lifts(admin):
    staff = User.objects.create_user("cs@example.jp", name="担当", role=Role.CS)
    consent.suppress(channel=MAIL, address="a@example.jp", reason="bounced", source="5.1.1", at=AT)
    for by, why in [(staff, "電話で確認"), (admin, " ")]:
        with pytest.raises(consent.ConsentError):
            consent.lift(channel=MAIL, address="a@example.jp", at=AT, by=by, why=why)
    assert consent.lift(channel=MAIL, address="a@example.jp", at=AT, by=admin, why="電話で確認") == 1
    assert AuditEvent.objects.get().detail["why"] == "電話で確認"
    assert Suppression.objects.get().lifted_at == AT


def test_a_grant_by_staff_is_audited_and_a_postal_refusal_binds_the_code(admin):
    who = customer("A1", "a@example.jp")
    assert granted(who, "a@example.jp", by=admin)
    assert AuditEvent.objects.get().action == "consent.grant"
    consent.withdraw(customer=who, channel=Channel.POSTAL, address="A1", at=AT, source="staff")
    assert not consent.standing(channel=Channel.POSTAL, address="A1").is_mailable
    assert is_mailable("a@example.jp")


def test_a_grant_needs_a_ground_and_consent_its_words():
    who = customer("A1")
    for basis, wording in [("", WORDS), ("because", WORDS), ("consent", "")]:
        with pytest.raises(consent.ConsentError):
            granted(who, "a@example.jp", basis=basis, wording=wording)
    with pytest.raises(consent.ConsentError):
        granted(who, "  ")


def test_mailable_contacts_are_those_whose_last_word_is_yes_and_no_suppression_is_open():
    for number, address in enumerate(["yes@x.jp", "Case@X.jp", "no@x.jp", "none@x.jp", "bounced@x.jp", ""]):
        who = customer(f"C{number}", "")
        Contact.objects.create(customer=who, email=address, is_primary=True)
        if address.lower() in {"yes@x.jp", "case@x.jp", "no@x.jp", "bounced@x.jp"}:
            granted(who, address)
    refuse(Customer.objects.get(code="C2"), "no@x.jp")
    consent.suppress(channel=MAIL, address="bounced@x.jp", reason="bounced", source="5.1.1", at=AT)
    found = consent.mailable(Contact.objects.order_by("id"))
    assert [contact.address for contact in found] == ["yes@x.jp", "case@x.jp"]


def test_a_files_refusals_count_once_and_bind_whoever_granted_before(admin):
    one, two = customer("A1", "a@example.jp"), customer("A2", "b@example.jp")
    granted(one, "a@example.jp")
    pairs = [(one.pk, "A@example.jp"), (two.pk, "b@example.jp"), (two.pk, "a@example.jp"), (two.pk, "")]
    words = {"channel": MAIL, "at": AT, "source": "import 7", "by": admin}
    assert consent.withdraw_many(pairs, **words) == 2
    assert consent.withdraw_many(pairs, **words) == 0
    assert not is_mailable("a@example.jp")
    entries = Consent.objects.filter(state="withdrawn").order_by("address")
    assert [(entry.address, entry.contact.email) for entry in entries] == [
        ("a@example.jp", "a@example.jp"),
        ("b@example.jp", "b@example.jp"),
    ]
    assert AuditEvent.objects.filter(action="consent.withdraw_many").count() == 1


def test_a_declared_basis_grants_all_but_the_refused_and_is_audited(admin):
    people = [customer(f"A{n}", f"a{n}@example.jp") for n in range(4)]
    refuse(people[3], "a3@example.jp")
    pairs = [(person.pk, f"a{n}@example.jp") for n, person in enumerate(people)]
    words = {"channel": MAIL, "basis": "relation", "at": AT, "source": "import 7", "by": admin}
    assert consent.declare_basis(pairs, **words) == consent.Declared(granted=3, unchanged=0, refused=1)
    assert consent.declare_basis(pairs, **words) == consent.Declared(granted=0, unchanged=3, refused=1)
    assert [is_mailable(f"a{n}@example.jp") for n in range(4)] == [True, True, True, False]
    assert AuditEvent.objects.filter(action="consent.declare").first().detail["granted"] == 3


def test_only_an_admin_declares_a_basis():
    staff = User.objects.create_user("cs@example.jp", name="担当", role=Role.MANAGER)
    with pytest.raises(consent.ConsentError):
        consent.declare_basis([], channel=MAIL, basis="relation", at=AT, source="import 7", by=staff)


def test_the_hash_of_an_address_is_keyed_and_does_not_mind_spelling(settings):
    one = consent.address_hash(MAIL, " Ａ@Example.jp")
    assert one == consent.address_hash(MAIL, "a@example.jp") != consent.address_hash(MAIL, "b@example.jp")
    assert len(one) == 64
    settings.SECRET_KEY = "another key"
    assert consent.address_hash(MAIL, "a@example.jp") != one


def suppressed():
    return set(Suppression.objects.values_list("channel", "address", "reason"))


def test_an_erased_address_that_comes_in_again_is_refused_at_once():
    gone, stays = customer("1", "gone@example.jp"), customer("2", "stays@example.jp")
    Contact.objects.filter(customer=stays).update(phone="0312345678")
    consent.settle([gone.pk, stays.pk])
    assert suppressed() == set()
    for channel, address in ((MAIL, "Gone@example.jp"), (Channel.PHONE, "03-1234-5678"), (Channel.POSTAL, "1")):
        hashed = consent.address_hash(channel, address)
        ErasedAddress.objects.create(channel=channel, hash=hashed, erased_at=AT)
    for _time in range(2):
        consent.settle([gone.pk, stays.pk])
        assert suppressed() == {
            ("mail", "gone@example.jp", "refused"), ("phone", "0312345678", "refused"), ("postal", "1", "refused"),
        }  # fmt: skip
    assert Suppression.objects.filter(at=AT).count() == 3


def test_a_refusal_without_an_address_waits_for_the_first_one():
    one, other = customer("1"), customer("2", "other@example.jp")
    refused = {"channel": MAIL, "at": AT, "source": "import 7"}
    assert consent.refuse_without_address([one.pk], **refused) == 1
    assert consent.refuse_without_address([one.pk, one.pk], **refused) == 0
    consent.settle([one.pk, other.pk])
    assert suppressed() == set()
    Contact.objects.create(customer=one, email="Late@example.jp", phone="0312345678")
    for _time in range(2):
        consent.settle([one.pk, other.pk])
        assert suppressed() == {("mail", "late@example.jp", "refused")}
    entry = Consent.objects.get(address="late@example.jp")
    assert (entry.state, entry.at, entry.source, entry.contact.customer) == ("withdrawn", AT, "import 7", one)


def test_a_refusal_without_an_address_does_not_undo_what_the_person_said_later():
    one = customer("1", "a@example.jp")
    consent.refuse_without_address([one.pk], channel=MAIL, at=AT, source="import 7")
    consent.settle([one.pk])
    words = {"channel": MAIL, "address": "a@example.jp", "at": AT, "source": "form", "wording": WORDS}
    assert consent.resubscribe(customer=one, **words)
    consent.settle([one.pk])
    assert is_mailable("a@example.jp")


def test_a_refusal_of_calls_waits_for_a_phone_number_not_for_mail():
    one = customer("1", "a@example.jp")
    consent.refuse_without_address([one.pk], channel=Channel.PHONE, at=AT, source="x")
    Contact.objects.filter(customer=one).update(phone="0312345678")
    consent.settle([one.pk])
    assert suppressed() == {("phone", "0312345678", "refused")}


def test_an_address_that_breaks_the_standard_is_kept_but_not_mailable():
    one = customer("1", "taro..y@docomo.ne.jp")
    granted(one, "taro..y@docomo.ne.jp")
    granted(customer("2", "hanako@docomo.ne.jp"), "hanako@docomo.ne.jp")
    found = consent.mailable(Contact.objects.all()).values_list("email", flat=True)
    assert list(found) == ["hanako@docomo.ne.jp"]
    assert not one.contacts.get().is_sendable
