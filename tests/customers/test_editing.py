"""What people change by hand: nothing is lost, everything dated and recorded."""

import datetime as dt

import pytest

from accounts.models import AuditEvent, Role
from customers import consent, editing
from customers.models import Channel, Contact, Customer, DimensionChange, ErasedAddress, Touched
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def by():
    return factories.user(role=Role.MANAGER)


def change(who, by, *, on=DAY, version=None, email="", phone="", **fields):
    primary = who.contacts.filter(is_primary=True).first()
    return editing.change(
        customer=who,
        fields=fields,
        contact={"email": email, "phone": phone},
        version=who.version if version is None else version,
        contact_version=primary.version if primary else None,
        by=by,
        on=on,
    )


def dated(who, dimension):
    """(since, value) of a dimension, the beginning first."""
    rows = DimensionChange.objects.filter(customer=who, dimension=dimension)
    return sorted(rows.values_list("since", "value"), key=lambda row: row[0] or dt.date.min)


# --- who may


@pytest.mark.parametrize(
    ("role", "whose", "may"),
    [
        (Role.CS, "own", True),
        (Role.CS, "nobody's", True),
        (Role.CS, "another's", False),
        (Role.MANAGER, "another's", True),
        (Role.ADMIN, "another's", True),
    ],
)
def test_cs_staff_edit_their_own_and_leaders_all(role, whose, may):
    user = factories.user(role=role)
    owner = {"own": user, "nobody's": None}.get(whose) or (factories.user() if whose == "another's" else None)
    assert editing.may_edit(user, factories.customer(owner=owner)) is may


# --- adding


def add(by, code="", **fields):
    who = Customer(code=code, name="株式会社青空", **fields)
    return editing.add(customer=who, email="info@example.jp", phone="0312345678", by=by)


def test_an_added_customer_has_his_contact_is_found_scored_and_recorded(by):
    who = add(by, "A-1", kana="アオゾラ")
    who.refresh_from_db()
    contact = who.contacts.get()
    assert (contact.email, contact.phone, contact.is_primary, contact.name) == (
        "info@example.jp",
        "0312345678",
        True,
        "",
    )
    assert (who.search_text, who.sort_key) == ("a1|青空|アオゾラ|info@examplejp|0312345678", "あおそら")
    assert Touched.objects.filter(customer=who).count() == 1
    row = AuditEvent.objects.get(action="customer.add")
    assert (row.actor, row.object_id) == (by, str(who.pk))


def test_a_person_is_his_own_contact(by):
    assert add(by, "A-1", kind="person").contacts.get().name == "株式会社青空"


def test_without_a_code_a_customer_gets_one(by):
    first, second = add(by), add(by)
    assert first.code.startswith("M")
    assert first.code != second.code


@pytest.mark.parametrize(("known", "code"), [("A-1", "A-1"), ("A-1", "a-1"), ("0042", "42"), ("42", "00042")])
def test_a_code_that_is_taken_or_reads_like_one_is_refused(by, known, code):
    factories.customer(known)
    with pytest.raises(editing.EditError, match=code):
        add(by, code)
    assert Customer.objects.count() == 1
    assert not Contact.objects.exists()


# --- changing


def test_a_change_is_written_counted_found_and_recorded(by):
    who = factories.customer("A-1", name="旧")
    Contact.objects.create(customer=who, email="old@example.jp", is_primary=True)
    changed = change(who, by, email="new@example.jp", phone="0312345678", name="新", industry="")
    assert (changed.name, changed.version) == ("新", 2)
    who.refresh_from_db()
    assert who.search_text == "a1|新|new@examplejp|0312345678"
    assert who.contacts.get().email == "new@example.jp"
    assert who.updated_at > who.created_at
    assert AuditEvent.objects.get(action="customer.change").detail == {"fields": ["email", "name", "phone"]}


def test_a_change_makes_the_contact_that_was_missing(by):
    who = factories.customer()
    change(who, by, email="new@example.jp")
    assert who.contacts.get(is_primary=True).email == "new@example.jp"


def test_who_saw_an_older_version_changes_nothing_and_learns_how_it_stands(by):
    who = factories.customer(name="一")
    change(who, by, name="二")
    with pytest.raises(editing.ConflictError) as conflict:
        change(who, by, version=1, name="三")
    assert conflict.value.current.name == "二"
    assert Customer.objects.get().name == "二"
    assert AuditEvent.objects.filter(action="customer.change").count() == 1


# --- what was when


def test_a_new_owner_is_dated_and_the_old_one_holds_for_all_time_before(by):
    first, second = factories.user(), factories.user()
    who = factories.customer(owner=first)
    change(who, by, owner=second)
    assert dated(who, "owner") == [(None, str(first.pk)), (DAY, str(second.pk))]


def test_a_second_change_of_the_same_day_replaces_the_first(by):
    who = factories.customer(industry="小売")
    who = change(who, by, industry="製造")
    change(who, by, industry="金融")
    assert dated(who, "industry") == [(None, "小売"), (DAY, "金融")]


def test_the_first_known_value_holds_for_all_earlier_time(by):
    who = factories.customer()
    change(who, by, region="近畿")
    assert dated(who, "region") == []


def test_a_value_taken_away_and_given_again_is_dated_each_time(by):
    who = factories.customer(region="近畿")
    who = change(who, by, region="", on=dt.date(2026, 11, 1))
    change(who, by, region="関東", on=DAY)
    assert dated(who, "region") == [(None, "近畿"), (dt.date(2026, 11, 1), ""), (DAY, "関東")]


def test_a_value_left_as_it_is_is_not_dated(by):
    who = factories.customer(industry="小売", owner=by)
    change(who, by, name="新", industry="小売", owner=by)
    assert not DimensionChange.objects.exists()


# --- the people to reach there


def contact(who, **fields):
    return Contact.objects.create(customer=who, **{"name": "田中", **fields})


def change_contact(one, by, *, version=None, **fields):
    return editing.change_contact(contact=one, fields=fields, version=version or one.version, by=by)


def test_the_first_contact_is_the_primary_one_and_the_next_is_not(by):
    who = factories.customer()
    first = editing.add_contact(contact=Contact(customer=who, name="一"), by=by)
    second = editing.add_contact(contact=Contact(customer=who, name="二", email="b@example.jp"), by=by)
    assert (first.is_primary, second.is_primary) == (True, False)
    who.refresh_from_db()
    assert "b@examplejp" in who.search_text
    assert AuditEvent.objects.filter(action="contact.add", object_id=str(who.pk)).count() == 2


def test_a_changed_contact_is_counted_found_and_recorded_without_his_words(by):
    who = factories.customer()
    changed = change_contact(contact(who), by, name="佐藤", role="pays", email="s@example.jp")
    assert (changed.name, changed.role, changed.version) == ("佐藤", "pays", 2)
    who.refresh_from_db()
    assert "佐藤" in who.search_text
    row = AuditEvent.objects.get(action="contact.change")
    assert row.detail == {"contact": changed.pk, "fields": ["email", "name", "role"]}


def test_who_saw_an_older_contact_changes_nothing(by):
    one = contact(factories.customer())
    change_contact(one, by, name="佐藤")
    with pytest.raises(editing.ConflictError) as conflict:
        change_contact(one, by, name="鈴木", version=1)
    assert conflict.value.current.name == "佐藤"


def test_a_contact_changed_meanwhile_stops_an_edit_of_the_customer_that_writes_it_too(by):
    who = factories.customer()
    one = contact(who, is_primary=True, email="old@example.jp")
    change_contact(one, by, email="new@example.jp")
    with pytest.raises(editing.ConflictError):
        editing.change(
            customer=who,
            fields={},
            contact={"email": "mine@example.jp", "phone": ""},
            version=1,
            contact_version=1,
            by=by,
            on=DAY,
        )
    one.refresh_from_db()
    assert one.email == "new@example.jp"


def test_there_is_one_primary_contact_at_a_time(by):
    who = factories.customer()
    first, second = contact(who, is_primary=True), contact(who)
    editing.make_primary(contact=second, by=by)
    editing.make_primary(contact=second, by=by)
    assert list(who.contacts.order_by("id").values_list("is_primary", "version")) == [(False, 2), (True, 2)]
    assert AuditEvent.objects.filter(action="contact.primary").count() == 1
    first.refresh_from_db()
    assert not first.is_primary


def test_who_has_left_is_not_made_the_primary_contact(by):
    one = contact(factories.customer(), left_on=DAY)
    with pytest.raises(editing.EditError, match="主な先方担当"):
        editing.make_primary(contact=one, by=by)


@pytest.mark.parametrize("way", ["add", "change", "add_contact", "change_contact"])
def test_an_address_that_was_erased_is_refused_however_it_is_typed_in_again(by, way):
    ErasedAddress.objects.create(
        channel=Channel.MAIL, hash=consent.address_hash(Channel.MAIL, "gone@example.jp"), erased_at=NOW
    )
    if way == "add":
        editing.add(customer=Customer(code="N-1", name="青空"), email="gone@example.jp", phone="", by=by)
    elif way == "change":
        change(factories.customer(), by, email="gone@example.jp")
    elif way == "add_contact":
        editing.add_contact(contact=Contact(customer=factories.customer(), email="gone@example.jp"), by=by)
    else:
        change_contact(contact(factories.customer()), by, email="gone@example.jp")
    assert consent.standing(channel=Channel.MAIL, address="gone@example.jp").suppressions
