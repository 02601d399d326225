"""What people change by hand: nothing is lost, everything dated and recorded."""

import datetime as dt

import pytest

from accounts.models import AuditEvent, Role
from customers import consent, editing
from customers.models import Channel, Contact, Customer, DimensionChange, Interaction, Touched
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def by():
    return factories.user(role=Role.MANAGER)


def change(who, by, *, on=DAY, version=None, email="", phone="", **fields):
    return editing.change(
        customer=who,
        fields=fields,
        contact={"email": email, "phone": phone},
        version=who.version if version is None else version,
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
    assert AuditEvent.objects.get(action="customer.change").detail == {"fields": ["name"]}


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


# --- contacts written down


def interaction(who, **fields):
    return Interaction(customer=who, occurred_at=NOW, subject="電話しました", **fields)


def test_a_contact_is_written_down_by_whom(by):
    who = factories.customer()
    editing.log(interaction=interaction(who), is_refusal=False, by=by, now=NOW)
    assert Interaction.objects.get().by == by
    assert AuditEvent.objects.get(action="interaction.log").detail == {"kind": "phone", "is_refusal": False}


def test_the_new_entry_ticks_off_what_was_promised_but_not_its_own(by):
    who = factories.customer()
    editing.log(interaction=interaction(who, next_on=DAY), is_refusal=False, by=by, now=NOW)
    editing.log(interaction=interaction(who, next_on=DAY), is_refusal=False, by=by, now=NOW)
    other = factories.customer()
    editing.log(interaction=interaction(other), is_refusal=False, by=by, now=NOW)
    assert list(who.interactions.order_by("id").values_list("next_done_at", flat=True)) == [NOW, None]


def test_a_promise_may_stay_open(by):
    who = factories.customer()
    editing.log(interaction=interaction(who, next_on=DAY), is_refusal=False, by=by, now=NOW)
    editing.log(interaction=interaction(who), is_refusal=False, keeps=True, by=by, now=NOW)
    assert who.interactions.filter(next_on=DAY, next_done_at=None).count() == 1


def test_please_send_me_nothing_more_stops_every_address_of_the_customer(by):
    who = factories.customer()
    for address in ("one@example.jp", "two@example.jp"):
        Contact.objects.create(customer=who, email=address)
        consent.grant(
            customer=who,
            channel=Channel.MAIL,
            address=address,
            basis="relation",
            at=NOW,
            source="test",
            by=by,
        )
    Contact.objects.create(customer=who, email="")
    assert consent.mailable(Contact.objects.all()).count() == 2
    editing.log(interaction=interaction(who), is_refusal=True, by=by, now=NOW)
    assert not consent.mailable(Contact.objects.all()).exists()
    assert AuditEvent.objects.filter(action="consent.withdraw").count() == 2
