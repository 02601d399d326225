"""Customers taken back: who is in use or edited stays, with his contacts and the history of his owner and region."""

import datetime as dt

import pytest

from accounts.models import AuditEvent
from customers import consent, editing, merging, searching
from customers.importing import running, undoing
from customers.models import (
    Consent,
    Contact,
    Customer,
    CustomerCode,
    DimensionChange,
    Duplicate,
    Import,
    ImportChange,
    Interaction,
    Merge,
    Product,
    Purchase,
    Touched,
)
from scores.models import Prediction, Score
from segments.models import FrozenLine, FrozenList, Membership, Segment, TierOverride
from tests import factories
from tests.customers.importing.undone import (
    LATER,
    LINES,
    NOW,
    PEOPLE,
    PEOPLE_CHANGED,
    bring,
    kept,
    state,
    undo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(db):
    return factories.user(role="admin")


@pytest.fixture
def known_customer(db):
    found = factories.customer("C1", name="山田商店")
    searching.refresh([found.pk])
    found.refresh_from_db()
    return found


def test_a_customer_edited_by_a_person_stays_with_his_contacts_and_is_listed(admin):
    done = bring("customers", PEOPLE)
    edited = Customer.objects.get(code="C1")
    edit(edited, {"name": "山田 三郎"}, by=admin)
    undone = undo(done)
    assert list(Customer.objects.values_list("code", "name")) == [("C1", "山田 三郎")]
    assert Contact.objects.get().email == "taro@example.jp"
    assert kept() == [("customer", "", "edited", "", "")]
    assert undone.undone["created"] == {"customer": 2, "contact": 2}
    assert edited.pk in {
        int(row.object_id) for row in AuditEvent.objects.filter(action="import.undo", object_type="customers.Customer")
    }


def edit(customer, fields, *, by, email=None):
    primary = customer.contacts.filter(is_primary=True).first()
    contact = {"email": email or primary.email, "phone": primary.phone} if primary else {"email": "", "phone": ""}
    version = primary.version if primary else None
    customer.refresh_from_db()
    return editing.change(
        customer=customer, fields=fields, contact=contact, version=customer.version, contact_version=version, by=by,
        on=dt.date(2026, 11, 22),
    )  # fmt: skip


REFERENCES = {
    "a purchase of another import": lambda who: bring(
        "purchases", f"customer_id,purchased_at,amount\n{who.code},2024-04-01,1\n"
    ),
    "a call": lambda who: Interaction.objects.create(customer=who, occurred_at=NOW),
    "a login by a person": lambda who: factories.login(who, "2024-04-01"),
    "a consent": lambda who: consent.grant(
        customer=who, channel="mail", address="x@example.jp", at=NOW, source="form", basis="relation"
    ),
    "a contact": lambda who: Contact.objects.create(customer=who, name="別の方"),
    "a branch": lambda who: factories.customer("B1", parent=who),
    "a line of a frozen list": lambda who: FrozenLine.objects.create(
        frozen_list=FrozenList.objects.create(line_count=1, made_by=factories.user(), made_at=NOW),
        nth=1,
        text="C1",
        customer=who,
    ),
    "a tier set by hand": lambda who: TierOverride.objects.create(customer=who, tier="high", reason="社長案件", at=NOW),
    "a merge": lambda who: Merge.objects.create(
        winner=factories.customer("W1"), loser=who, before={}, after={}, at=NOW
    ),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_customer_something_else_refers_to_stays_and_is_listed(name):
    done = bring("customers", "customer_id,name,email\nC1,青木商店,info@example.jp\nC2,鈴木,suzuki@example.jp\n")
    who = Customer.objects.get(code="C1")
    REFERENCES[name](who)
    undone = undo(done)
    assert Customer.objects.filter(code="C1").exists()
    assert not Customer.objects.filter(code="C2").exists()
    assert Contact.objects.filter(customer=who, email="info@example.jp").exists()
    assert kept() == [("customer", "", "in_use", "", "")]
    assert undone.undone["kept"] == {"in_use": 1}


def test_what_is_computed_of_a_customer_goes_with_him():
    done = bring("customers", "customer_id,name\nC1,青木商店\nC2,鈴木\n")
    who, other = Customer.objects.order_by("code")
    Score.objects.create(customer=who, as_of=dt.date(2026, 11, 20))
    Prediction.objects.create(customer=who, as_of=dt.date(2026, 11, 20))
    segment = Segment.objects.create(slug="x", name="x", rule={})
    Membership.objects.create(segment=segment, customer=who, entered_on=dt.date(2026, 11, 20))
    who.codes.create(source="CRM", code="77")
    Duplicate.objects.create(first=who, second=other, score=90, reasons=["phone"], found_at=NOW)
    undo(done)
    assert not Customer.objects.exists()
    assert not Score.objects.exists()
    assert not Membership.objects.exists()


def test_scores_are_computed_anew_where_customers_are_gone():
    stays = factories.customer("C0")
    done = bring("customers", "customer_id,name\nC1,青木商店\n")
    Touched.objects.all().delete()
    undo(done)
    assert Touched.objects.filter(customer=stays).exists()


def test_a_head_office_stays_with_the_branch_that_stays(admin):
    done = bring("customers", "customer_id,name\nH1,青木本社\nB1,青木大阪\nB2,青木堺\nX1,鈴木\n")
    by_code = {row.code: row for row in Customer.objects.all()}
    Customer.objects.filter(code="B1").update(parent=by_code["H1"])
    Customer.objects.filter(code="B2").update(parent=by_code["B1"])
    Interaction.objects.create(customer=by_code["B2"], occurred_at=NOW)
    undo(done)
    assert set(Customer.objects.values_list("code", flat=True)) == {"H1", "B1", "B2"}
    assert {one[2] for one in kept()} == {"in_use"}


def test_head_office_and_branch_go_together(monkeypatch):
    monkeypatch.setattr(undoing, "CHUNK", 1)
    done = bring("customers", "customer_id,name\nH1,青木本社\nB1,青木大阪\n")
    head = Customer.objects.get(code="H1")
    Customer.objects.filter(code="B1").update(parent=head)
    undo(done)
    assert not Customer.objects.exists()


def test_facts_of_a_customer_that_stays_go_all_the_same():
    done = bring("purchases", "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-01,100\n", create_customers=True)
    Interaction.objects.create(customer=Customer.objects.get(), occurred_at=NOW)
    undone = undo(done)
    assert not Purchase.objects.exists()
    assert undone.undone["created"] == {"purchase": 1}
    assert kept() == [("customer", "", "in_use", "", "")]


def test_a_product_another_import_sells_too_stays():
    done = bring("purchases", LINES, create_customers=True)
    bring("purchases", "customer_id,order_id,purchased_at,amount,product\nC1,Z,2024-04-01,1,ペン\n")
    undo(done)
    assert list(Product.objects.values_list("name", flat=True)) == ["ペン"]
    assert ("product", "", "in_use", "", "") in kept()


def test_owner_industry_and_region_and_their_history_are_as_before():
    bring("customers", PEOPLE)
    before = state()
    undo(bring("customers", PEOPLE_CHANGED, now=LATER), now=LATER)
    assert state() == before
    assert not DimensionChange.objects.exists()


def test_a_field_edited_after_the_import_keeps_its_history(admin):
    bring("customers", "customer_id,name,region\nC1,青木商店,関東\n")
    done = bring("customers", "customer_id,name,region\nC1,青木物産,関西\n", now=NOW - dt.timedelta(days=5))
    edit(Customer.objects.get(), {"region": "九州"}, by=admin)
    undo(done)
    customer = Customer.objects.get()
    assert (customer.name, customer.region) == ("青木商店", "九州")
    history = DimensionChange.objects.filter(dimension="region").order_by("since").values_list("since", "value")
    assert sorted(history, key=lambda row: str(row[0] or "")) == [(None, "関東"), (dt.date(2026, 11, 22), "九州")]
    assert kept() == [("dimension", "", "in_use", "", ""), ("customer", "region", "edited", "九州", "関東")]


def test_a_field_set_again_on_the_day_of_the_import_keeps_that_day(admin):
    bring("customers", "customer_id,name,region\nC1,青木商店,関東\n")
    done = bring(
        "customers", "customer_id,name,region\nC1,青木商店,関西\n", now=dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)
    )
    edit(Customer.objects.get(), {"region": "九州"}, by=admin)
    undo(done)
    assert set(DimensionChange.objects.values_list("since", "value")) == {
        (None, "関東"),
        (dt.date(2026, 11, 22), "九州"),
    }


def test_what_the_database_refuses_to_put_back_stays(known_customer):
    one = Contact.objects.create(customer=known_customer, code="P2")
    done = Import.objects.create(kind="contacts", state="done", file_name="f.csv")
    change = {"imported": done, "line": 2, "model": "contact", "row_id": one.pk}
    ImportChange.objects.create(**change, before={"code": "P1", "name": "旧"}, after={"code": "P2", "name": ""})
    other = Contact.objects.create(customer=known_customer, name="別", email="a@example.jp")
    ImportChange.objects.create(**change | {"row_id": other.pk}, before={"name": "元"}, after={"name": "別"})
    Contact.objects.create(customer=known_customer, code="P1")
    undoing.begin(import_id=done.pk, by=None)
    undoing.run(import_id=done.pk, now=LATER)
    assert set(Contact.objects.values_list("code", "name")) == {("P2", ""), ("", "元"), ("P1", "")}
    assert {row[:3] for row in kept()} == {("contact", "code", "in_use"), ("contact", "name", "in_use")}


@pytest.mark.parametrize("chunk", [1, 20_000])
def test_the_primary_contact_is_the_one_it_was(known_customer, monkeypatch, chunk):
    monkeypatch.setattr(undoing, "CHUNK", chunk)
    old = Contact.objects.create(customer=known_customer, name="旧", is_primary=False)
    new = Contact.objects.create(customer=known_customer, name="新", is_primary=True)
    done = Import.objects.create(kind="contacts", state="done", file_name="f.csv")
    for row, was in ((old, True), (new, False)):
        ImportChange.objects.create(
            imported=done,
            line=2,
            model="contact",
            row_id=row.pk,
            before={"is_primary": was},
            after={"is_primary": not was},
        )
    undone = undo(done)
    assert Contact.objects.get(is_primary=True) == old
    assert undone.undone["changed"] == {"contact": 2}


def test_no_second_primary_contact_is_made(known_customer):
    old = Contact.objects.create(customer=known_customer, name="旧", is_primary=False)
    done = Import.objects.create(kind="contacts", state="done", file_name="f.csv")
    ImportChange.objects.create(
        imported=done, line=2, model="contact", row_id=old.pk, before={"is_primary": True}, after={"is_primary": False}
    )
    Contact.objects.create(customer=known_customer, name="人が選んだ", is_primary=True)
    undo(done)
    assert kept() == [("contact", "is_primary", "in_use", "false", "true")]


def test_contacts_that_gave_way_within_the_file_are_not_taken_for_edited(known_customer, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    header = "customer_id,contact_id,name,email,is_primary\n"
    rows = [f"C1,P{number},担当{number},p{number}@example.jp,{number % 2}\n" for number in range(1, 4)]
    before = state()
    undo(bring("contacts", header + "".join(rows)))
    assert state() == before
    assert kept() == []


def test_a_parent_that_came_later_in_the_file_is_no_edit(monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    done = bring("customers", "customer_id,name,parent\nB1,青木大阪,H1\nH1,青木本社,\nB2,青木堺,H1\n")
    assert Customer.objects.filter(parent__code="H1").count() == 2
    undo(done)
    assert state() == []
    assert kept() == []


def test_customers_merged_since_stay_and_come_apart_again(admin):
    winner = factories.customer("W1", name="青木商店", kind="company")
    people = bring("customers", "customer_id,name,email,region\nC1,青木商店,info@example.jp,関東\n")
    lines = bring("purchases", "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-01,100\n")
    loser = Customer.objects.get(code="C1")
    merge = merging.merge(winner=winner, loser=loser, by=admin, now=LATER)
    undo(lines)
    assert not Purchase.objects.exists()
    undo(people)
    assert ("customer", "", "in_use", "", "") in kept()
    merging.undo(merge=merge, by=admin, now=LATER)
    loser.refresh_from_db()
    assert (loser.merged_into, loser.region) == (None, "関東")
    assert loser.contacts.get().email == "info@example.jp"


def test_further_codes_of_a_customer_it_made_go_with_him():
    text = "customer_id,name\n77,青木商店\n"
    done = bring("customers", text, mapping={"constants": {"source": "CRM"}})
    assert CustomerCode.objects.count() == 1
    undo(done)
    assert state() == []
    assert not CustomerCode.objects.exists()


def test_a_contact_the_ledger_names_goes_and_the_refusal_of_its_address_stays(known_customer):
    done = bring("contacts", "customer_id,contact_id,name,email\nC1,P1,田村,tamura@example.jp\n")
    consent.withdraw(
        customer=known_customer, channel="mail", address="tamura@example.jp", at=LATER, source="unsubscribe"
    )
    assert Consent.objects.get().contact is not None
    undo(done)
    assert not Contact.objects.exists()
    assert consent.standing(channel="mail", address="tamura@example.jp").suppressions
    assert (Consent.objects.get().contact, kept()) == (None, [])


def test_a_contact_somebody_talked_to_stays(known_customer):
    done = bring("contacts", "customer_id,contact_id,name,email\nC1,P1,田村,tamura@example.jp\n")
    Interaction.objects.create(customer=known_customer, contact=Contact.objects.get(), occurred_at=LATER)
    undo(done)
    assert kept() == [("contact", "", "in_use", "", "")]
