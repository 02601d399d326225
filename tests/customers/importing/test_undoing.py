"""An import taken back: what it made goes, what it changed is as before, what was done since stays and is listed."""

import datetime as dt

import pytest

from customers import zones
from customers.importing import running, undo_tables
from customers.models import (
    Contract,
    Customer,
    Import,
    Interaction,
    Purchase,
    Touched,
    UndoKept,
)
from tests import factories
from tests.customers.importing.undone import (
    KINDS,
    LATER,
    LINES,
    PEOPLE,
    TERMS,
    bring,
    kept,
    state,
    undo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_the_register_holds_every_table_an_import_writes():
    made = {
        relation.related_model
        for relation in Import._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and not relation.field.db_constraint
    }
    assert made == {table.model for table in undo_tables.TABLES} | {undo_tables.LEDGER}


def test_only_what_is_computed_anew_goes_with_a_customer():
    derived = {one.model._meta.label for one in undo_tables.CUSTOMERS.references if one.is_derived}
    assert derived == {
        "customers.Touched",
        "customers.CustomerCode",
        "customers.Duplicate",
        "metrics.Filed",
        "metrics.FirstDay",
        "metrics.RevenueSpell",
        "metrics.Spell",
        "metrics.Worth",
        "scores.CustomerActivity",
        "scores.LifecycleStage",
        "scores.Score",
        "scores.Prediction",
        "scores.ScoreSnapshot",
        "segments.Membership",
        "segments.Movement",
        "segments.CustomerTier",
        "segments.PastTier",
    }
    assert not [
        one for table in undo_tables.TABLES for one in table.references if one.is_derived and table.name != "customer"
    ]


def prepared(kind):
    """The customers a file of facts speaks of, and their contracts, stand already."""
    if kind != "customers":
        bring("customers", PEOPLE)
    if kind not in {"customers", "contracts"}:
        bring("contracts", TERMS)


@pytest.mark.parametrize("kind", KINDS)
def test_undone_everything_is_as_before(kind):
    prepared(kind)
    before = state()
    done = bring(kind, KINDS[kind][0], create_customers=True)
    assert state() != before
    undo(done)
    assert state() == before
    assert kept() == []


def test_customers_a_file_of_facts_made_go_with_its_facts():
    undo(bring("purchases", LINES, create_customers=True))
    assert state() == []


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_imports_the_second_undone_leaves_the_first(kind):
    prepared(kind)
    first, second = KINDS[kind]
    bring(kind, first, create_customers=True)
    before = state()
    done = bring(kind, second, create_customers=True, now=LATER)
    assert state() != before
    undo(done)
    assert state() == before
    assert kept() == []


@pytest.mark.parametrize("kind", KINDS)
def test_undone_one_after_the_other_nothing_is_left(kind):
    prepared(kind)
    before = state()
    imports = [bring(kind, text, create_customers=True) for text in KINDS[kind]]
    for imported in reversed(imports):
        undo(imported)
    assert state() == before
    assert kept() == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_file_after_its_undo_makes_everything_again(kind):
    prepared(kind)
    first = bring(kind, KINDS[kind][0], create_customers=True)
    whole = state()
    undo(first)
    again = bring(kind, KINDS[kind][0], create_customers=True)
    assert (again.created, again.unchanged) == (first.created, first.unchanged)
    assert state() == whole


# ------------------------------------------------------------------------------------------ a table of what happens


EDITS = {
    "purchase": {"amount": 999},
    "login": {"feature": "検索"},
    "contract": {"plan": "特別"},
    "interaction": {"subject": "別の件"},
    "invoice": {"method": "現金"},
    "event": {"kind": "other"},
}
FACTS = {
    "purchase": (
        "purchases",
        "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-01,100\n",
        "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-01,200\n",
        "amount",
    ),
    "login": (
        "usage",
        "customer_id,usage_id,used_at,feature,quantity\nC1,U1,2024-04-01,一覧,1\n",
        "customer_id,usage_id,used_at,feature,quantity\nC1,U1,2024-04-01,詳細,1\n",
        "feature",
    ),
    "contract": (
        "contracts",
        "customer_id,contract_id,plan,mrr,starts_on\nC1,K1,標準,1000,2024-01-01\n",
        "customer_id,contract_id,plan,mrr,starts_on\nC1,K1,上級,1000,2024-01-01\n",
        "plan",
    ),
    "interaction": (
        "interactions",
        "customer_id,interaction_id,occurred_at,kind,subject,body\nC1,I1,2024-04-01,電話,納期,\n",
        "customer_id,interaction_id,occurred_at,kind,subject,body\nC1,I1,2024-04-01,電話,価格,\n",
        "subject",
    ),
    "invoice": (
        "invoices",
        "customer_id,invoice_id,due_on,amount,method\nC1,V1,2024-04-30,1000,振込\n",
        "customer_id,invoice_id,due_on,amount,method\nC1,V1,2024-04-30,1000,カード\n",
        "method",
    ),
    "event": (
        "events",
        "customer_id,event_id,kind,occurred_at\nC1,E1,opened,2024-04-01\n",
        "customer_id,event_id,kind,occurred_at\nC1,E1,closed,2024-04-01\n",
        "kind",
    ),
}


@pytest.fixture
def known_customer():
    return factories.customer("C1", name="山田商店")


def the(name):
    return undo_tables.BY_NAME[name].model.objects.get()


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_it_made_goes(known_customer, name):
    kind, text, _, _ = FACTS[name]
    before = state()
    undone = undo(bring(kind, text))
    assert state() == before
    assert undone.undone["created"][name] == 1
    assert Touched.objects.filter(customer=known_customer).exists()


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_it_changed_is_as_before(known_customer, name):
    kind, text, changed, _ = FACTS[name]
    bring(kind, text)
    before = state()
    Touched.objects.all().delete()
    undone = undo(bring(kind, changed))
    assert state() == before
    assert undone.undone["changed"] == {name: 1}
    assert list(Touched.objects.values_list("customer__code", flat=True).distinct()) == ["C1"]


@pytest.mark.parametrize("name", FACTS)
def test_a_field_edited_since_stays_and_is_listed(known_customer, name):
    kind, text, changed, field = FACTS[name]
    bring(kind, text)
    was = str(getattr(the(name), field))
    done = bring(kind, changed)
    type(the(name)).objects.update(**EDITS[name])
    (edited,) = EDITS[name].values()
    before = state()
    undone = undo(done)
    assert state() == before
    ((table, column, why, now, would),) = kept()
    assert (table, column, why) == (name, field, "edited")
    assert (now.removesuffix(".00"), would.removesuffix(".00")) == (str(edited), was.removesuffix(".00"))
    assert (undone.undone["kept"], sum(undone.undone["changed"].values())) == ({"edited": 1}, 0)


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_it_made_that_a_later_import_changed_stays_and_is_listed(known_customer, name):
    kind, text, changed, _ = FACTS[name]
    first = bring(kind, text)
    later = bring(kind, changed)
    after = state()
    undone = undo(first)
    assert state() == after
    assert kept() == [(name, "", "edited", "", "")]
    assert undone.undone["kept"] == {"edited": 1}
    undo(later)
    assert UndoKept.objects.count() == 1  # the later one leaves what stood before it


@pytest.mark.parametrize("name", FACTS)
def test_the_later_import_undone_first_nothing_holds_the_first(known_customer, name):
    kind, text, changed, _ = FACTS[name]
    before = state()
    first = bring(kind, text)
    undo(bring(kind, changed))
    undo(first)
    assert state() == before
    assert kept() == []


def test_an_interaction_edited_by_a_person_stays(known_customer):
    done = bring(*FACTS["interaction"][:2])
    Interaction.objects.update(version=2)
    undo(done)
    assert kept() == [("interaction", "", "edited", "", "")]
    assert Interaction.objects.count() == 1


def test_a_purchase_goes_back_to_the_customer_it_was_of():
    factories.customer("C1")
    bring("purchases", "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-01,100\n")
    done = bring("purchases", "customer_id,order_id,purchased_at,amount\nC2,A,2024-04-01,100\n", create_customers=True)
    Touched.objects.all().delete()
    undo(done)
    assert Purchase.objects.get().customer.code == "C1"
    assert set(Customer.objects.values_list("code", flat=True)) == {"C1"}
    assert Touched.objects.filter(customer__code="C1").exists()


def test_the_business_day_follows_the_zone_of_now():
    bring("purchases", "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-01 01:00,100\n", create_customers=True)
    done = bring("purchases", "customer_id,order_id,purchased_at,amount\nC1,A,2024-04-05 01:00,100\n")
    zones.configure(values={"time_zone": "UTC"}, by=None)
    assert Purchase.objects.get().purchased_on == dt.date(2024, 4, 4)
    undo(done)
    assert Purchase.objects.get().purchased_on == dt.date(2024, 3, 31)  # 2024-04-01 01:00 in Tokyo
    assert kept() == []


def test_a_term_ended_by_one_that_stays_stays_ended():
    bring("contracts", TERMS, create_customers=True)
    done = bring("contracts", "customer_id,contract_id,plan,mrr,starts_on\nC1,K1,上級,3000,2024-06-01\n")
    bring("contracts", "customer_id,contract_id,plan,mrr,starts_on\nC1,K1,特別,3500,2024-06-01\n")
    undo(done)
    ends = Contract.objects.filter(contract_id="K1").order_by("starts_on").values_list("ends_on", flat=True)
    assert list(ends) == [dt.date(2024, 6, 1), None]
    assert ("contract", "ends_on", "in_use", "2024-06-01", "") in kept()


def test_a_term_both_ended_and_changed_over_two_chunks_is_as_before(monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    bring("contracts", TERMS, create_customers=True)
    before = state()
    text = "customer_id,contract_id,plan,mrr,starts_on\nC1,K1,上級,3000,2024-06-01\nC1,K1,基本,1000,2024-01-01\n"
    undo(bring("contracts", text))
    assert state() == before


def test_a_reason_lent_to_a_term_goes_with_the_event_that_lent_it():
    text = "customer_id,contract_id,plan,mrr,starts_on,ends_on\nC1,K1,標準,1000,2024-01-01,2024-06-01\n"
    bring("contracts", text, create_customers=True)
    before = state()
    done = bring("events", "customer_id,event_id,kind,occurred_at,reason\nC1,E1,churned,2024-06-01,価格\n")
    assert Contract.objects.get().reason == "価格"
    undone = undo(done)
    assert state() == before
    assert undone.undone["changed"] == {"contract": 1}
