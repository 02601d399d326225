"""What else customers from files say: contact, 法人番号, parent, staff, codes of other systems; and merged ones."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from customers import consent
from customers.importing import corporate_numbers, previewing, running, staging
from customers.models import (
    Contact,
    Customer,
    CustomerCode,
    ErasedAddress,
    Import,
    ImportChange,
    ImportReject,
    Suppression,
)
from tests import factories
from tests.customers.importing import undone

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def bring(text, *, kind="customers", mapping=None, **options):
    """The import, and that the dry run before it promised the very counts."""
    given = {"kind": kind, "file_name": "f.csv", "mapping": mapping or {}, "options": options, "by": None}
    draft = running.start(source=ContentFile(text.encode()), state=Import.State.DRAFT, **given)
    found = previewing.preview(draft, *staging.layout_and_mapping(draft))
    draft.delete()
    done = running.run(import_id=running.start(source=ContentFile(text.encode()), **given).pk, now=NOW)
    assert done.state == Import.State.DONE, done.error
    promised = (found.counts.created, found.counts.updated, found.counts.unchanged, found.rejected)
    assert promised == (done.created, done.updated, done.unchanged, done.rejected)
    return done


def counts(imported):
    assert imported.created + imported.updated + imported.unchanged + imported.rejected == imported.rows
    return imported.created, imported.updated, imported.unchanged, imported.rejected


def rejects(imported):
    found = ImportReject.objects.filter(imported=imported).exclude(code="superseded").order_by("line")
    return [(reject.line, reject.code, reject.column) for reject in found]


# --- the contact a company's row names -----------------------------------------------------------


def test_the_contact_person_of_a_company_is_its_primary_contact():
    text = "customer_id,会社名,先方担当者,email\n1,㈱あ,山田 太郎 様,a@example.jp\n2,㈱い,佐藤 花子,\n3,㈱う,,\n"
    assert counts(bring(text)) == (3, 0, 0, 0)
    assert list(Contact.objects.order_by("id").values_list("customer__code", "name", "email", "is_primary")) == [
        ("1", "山田 太郎", "a@example.jp", True),
        ("2", "佐藤 花子", "", True),
    ]
    assert "佐藤花子" in Customer.objects.get(code="2").search_text
    assert counts(bring(text)) == (0, 0, 3, 0)


def test_a_new_name_of_the_contact_person_is_an_update_with_its_before_image():
    bring("customer_id,会社名,先方担当者,email\n1,㈱あ,山田 太郎,a@example.jp\n")
    done = bring("customer_id,会社名,先方担当者,email\n1,㈱あ,佐藤 花子,\n")
    assert counts(done) == (0, 1, 0, 0)
    assert Contact.objects.values_list("name", "email", "version").get() == ("佐藤 花子", "a@example.jp", 2)
    assert ImportChange.objects.get(model="contact").before == {"name": "山田 太郎"}
    assert "佐藤花子" in Customer.objects.get().search_text


def test_a_contact_person_named_at_a_person_is_a_further_contact_unless_it_is_himself():
    text = "customer_id,name,kind,先方担当者\n1,山田 太郎,個人,山田太郎\n2,鈴木 一郎,個人,鈴木 花子\n"
    assert counts(bring(text)) == (2, 0, 0, 0)
    assert list(Contact.objects.order_by("customer__code", "id").values_list("name", "is_primary")) == [
        ("山田 太郎", True),
        ("鈴木 一郎", True),
        ("鈴木 花子", False),
    ]
    assert counts(bring(text)) == (0, 0, 2, 0)


# --- 法人番号 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7000012050002", "7000012050002"),  # that of the National Tax Agency
        ("7-0000-1205-0002", "7000012050002"),
        ("7000012050003", ""),
        ("700001205000", ""),
        ("7.00001E+12", ""),
        ("abc", ""),
    ],
)
def test_a_corporate_number_is_held_to_its_check_digit(text, expected):
    assert corporate_numbers.read(text) == ((expected, "") if expected else ("", "bad_corporate_number"))


def test_the_corporate_number_comes_in_and_a_wrong_one_is_rejected():
    text = "customer_id,name,法人番号\n1,㈱あ,７０００-０１２０-５０００-２\n2,㈱い,7000012050003\n3,㈱う,\n"
    done = bring(text)
    assert counts(done) == (2, 0, 0, 1)
    assert rejects(done) == [(3, "bad_corporate_number", "法人番号")]
    assert Customer.objects.get(code="1").corporate_number == "7000012050002"
    assert counts(bring(text)) == (0, 0, 2, 1)


# --- parents --------------------------------------------------------------------------------------


def parents():
    return dict(Customer.objects.order_by("code").values_list("code", "parent__code"))


@pytest.mark.parametrize("chunk", [1, 20_000])
def test_parents_come_in_whatever_the_order_of_the_rows(monkeypatch, chunk):
    monkeypatch.setattr(running, "CHUNK", chunk)
    factories.customer("0")
    text = "customer_id,name,本社コード\n3,支店の支店,2\n2,支店,1\n1,本社,\n4,もう一つ,0\n"
    assert counts(bring(text)) == (4, 0, 0, 0)
    assert parents() == {"0": None, "1": None, "2": "1", "3": "2", "4": "0"}
    assert ImportChange.objects.count() == 0
    assert counts(bring(text)) == (0, 0, 4, 0)


@pytest.mark.parametrize("chunk", [1, 20_000])
def test_a_known_customer_whose_parent_comes_in_later_in_the_file_is_changed(monkeypatch, chunk):
    monkeypatch.setattr(running, "CHUNK", chunk)
    bring("customer_id,name\n2,支店\n")
    done = bring("customer_id,name,parent\n2,支店,1\n1,本社,\n")
    assert counts(done) == (1, 1, 0, 0)
    head = Customer.objects.get(code="1")
    change = ImportChange.objects.get(imported=done)
    assert (change.before, change.after) == ({"parent_id": None}, {"parent_id": head.pk})
    assert parents() == {"1": None, "2": "1"}
    assert counts(bring("customer_id,name,parent\n2,支店,1\n1,本社,\n")) == (0, 0, 2, 0)


def test_a_parent_nobody_knows_is_rejected_and_those_below_it_too():
    text = "customer_id,name,parent\n1,あ,9\n2,い,1\n3,う,2\n4,え,\n5,お,4\n"
    done = bring(text)
    assert counts(done) == (2, 0, 0, 3)
    assert rejects(done) == [(line, "unknown_parent", "parent") for line in (2, 3, 4)]


def test_of_two_rows_the_one_with_a_known_parent_counts():
    done = bring("customer_id,name,parent\n1,あ,\n2,い,1\n2,う,9\n")
    assert counts(done) == (2, 0, 0, 1)
    assert Customer.objects.get(code="2").name == "い"
    assert parents() == {"1": None, "2": "1"}


@pytest.mark.parametrize(
    ("rows", "bad"),
    [
        ("1,あ,1\n", [2]),
        ("1,あ,2\n2,い,1\n", [2, 3]),
        ("1,あ,2\n2,い,3\n3,う,1\n4,え,1\n5,お,\n", [2, 3, 4, 5]),
        ("10,本社,11\n", [2]),  # 11 is below 10 already
        ("10,本社,12\n12,か,11\n", [2, 3]),
    ],
)
def test_parents_that_lead_round_in_a_circle_are_rejected(rows, bad):
    head = factories.customer("10", name="本社", kind="company")
    factories.customer("11", name="支店", kind="company", parent=head)
    done = bring("customer_id,name,parent\n" + rows)
    assert rejects(done) == [(line, "parent_loop", "parent") for line in bad]
    assert counts(done)[3] == len(bad)
    assert parents()["10"] is None


def test_an_empty_parent_keeps_the_stored_one_unless_asked():
    head = factories.customer("1", name="本社")
    factories.customer("2", name="支店", parent=head)
    text = "customer_id,name,parent\n2,支店,\n"
    assert counts(bring(text)) == (0, 0, 1, 0)
    assert counts(bring(text, clear_empty=True)) == (0, 1, 0, 0)
    assert parents() == {"1": None, "2": None}


# --- staff ----------------------------------------------------------------------------------------


def test_sales_owner_and_deputy_are_found_as_owners_are():
    sato = factories.user("sato@example.jp", name="佐藤 花子")
    factories.user("a@example.jp", name="鈴木 一")
    factories.user("b@example.jp", name="鈴木 二")
    text = "customer_id,name,担当CS,担当営業,副担当\n1,あ,佐藤,SATO@example.jp,田中\n2,い,,鈴木,\n3,う,,,鈴木\n"
    done = bring(text)
    assert counts(done) == (1, 0, 0, 2)
    assert rejects(done) == [(3, "ambiguous_owner", "担当営業"), (4, "ambiguous_owner", "副担当")]
    one = Customer.objects.get()
    assert (one.owner, one.sales_owner, one.deputy) == (sato, sato, User.objects.get(name="田中"))
    assert one.deputy.is_placeholder
    assert counts(bring(text)) == (0, 0, 1, 2)
    done = bring("customer_id,name,担当営業\n1,あ,田中\n")
    assert counts(done) == (0, 1, 0, 0)
    assert ImportChange.objects.get(imported=done).before == {"sales_owner_id": sato.pk}


# --- merged customers -----------------------------------------------------------------------------


@pytest.fixture
def merged():
    winner = factories.customer("W", name="残る方", kind="company")
    loser = factories.customer("L", name="統合された方", kind="company", merged_into=winner, archived_at=NOW)
    return winner, loser


def test_a_row_of_a_merged_customer_changes_the_one_it_was_put_into(merged):
    text = "customer_id,name,industry\nL,残る方,小売\n"
    assert counts(bring(text)) == (0, 1, 0, 0)
    assert list(Customer.objects.order_by("code").values_list("code", "name", "industry")) == [
        ("L", "統合された方", ""),
        ("W", "残る方", "小売"),
    ]
    assert counts(bring(text)) == (0, 0, 1, 0)


@pytest.mark.parametrize("rows", ["L,統合された方,卸\nW,残る方,小売\n", "W,残る方,小売\nL,統合された方,卸\n"])
def test_beside_a_row_of_the_one_that_stands_it_changes_nothing(merged, rows):
    text = "customer_id,name,industry\n" + rows
    assert counts(bring(text)) == (0, 1, 1, 0)
    assert set(Customer.objects.values_list("code", "name", "industry")) == {
        ("L", "統合された方", ""), ("W", "残る方", "小売"),
    }  # fmt: skip
    assert counts(bring(text)) == (0, 0, 2, 0)


def test_a_refusal_in_the_row_of_a_merged_customer_holds_for_the_one_that_stands(merged):
    text = "customer_id,name,mail_ok,DM不可,email\nL,x,不可,1,a@example.jp\nW,残る方,,,\n"
    bring(text)
    assert set(Suppression.objects.values_list("channel", "address")) >= {("postal", "W")}


def test_rows_below_a_merged_parent_go_below_the_one_that_stands(merged):
    assert counts(bring("customer_id,name,parent\n1,支店,L\n")) == (1, 0, 0, 0)
    assert parents()["1"] == "W"
    assert rejects(bring("customer_id,name,parent\nW,残る方,L\n")) == [(2, "parent_loop", "parent")]


# --- codes of other systems -----------------------------------------------------------------------

EC = {"constants": {"source": "EC-CUBE"}}


def codes():
    return set(CustomerCode.objects.values_list("source", "code", "customer__code"))


def test_a_customer_made_from_another_system_keeps_its_code_where_it_is_free():
    text = "customer_id,name\n1,あ\n2,い\n"
    assert counts(bring(text, mapping=EC)) == (2, 0, 0, 0)
    assert codes() == {("EC-CUBE", "1", "1"), ("EC-CUBE", "2", "2")}
    assert counts(bring(text, mapping=EC)) == (0, 0, 2, 0)
    assert counts(bring(text)) == (0, 0, 2, 0)


def test_the_codes_of_the_system_come_before_our_own():
    ours = factories.customer("1", name="うちの1番", kind="company")
    theirs = factories.customer("A", name="ECの1番", kind="company")
    CustomerCode.objects.create(customer=theirs, source="EC-CUBE", code="1")
    text = "customer_id,name,industry\n1,ECの1番,小売\n"
    assert counts(bring(text, mapping=EC)) == (0, 1, 0, 0)
    assert set(Customer.objects.values_list("code", "industry")) == {("1", ""), ("A", "小売")}
    assert counts(bring("customer_id,name,industry\n1,うちの1番,卸\n")) == (0, 1, 0, 0)
    ours.refresh_from_db()
    assert ours.industry == "卸"
    purchase = "customer_id,purchased_at,amount\n1,2024-04-01,100\n"
    assert counts(bring(purchase, kind="purchases", mapping=EC)) == (1, 0, 0, 0)
    assert theirs.purchases.count() == 1


def test_a_code_that_is_somebody_elses_with_us_is_made_under_the_name_of_the_system():
    ours = factories.customer("1", name="うちの1番")
    CustomerCode.objects.create(customer=ours, source="EC-CUBE", code="77")
    text = "customer_id,name,parent\n1,ECの1番,\n5,支店,1\n"
    assert counts(bring(text, mapping=EC)) == (2, 0, 0, 0)
    assert parents() == {"1": None, "EC-CUBE:1": None, "5": "EC-CUBE:1"}
    assert ("EC-CUBE", "1", "EC-CUBE:1") in codes()
    assert counts(bring(text, mapping=EC)) == (0, 0, 2, 0)
    purchase = "customer_id,purchased_at,amount\n1,2024-04-01,100\n"
    assert counts(bring(purchase, kind="purchases", mapping=EC)) == (1, 0, 0, 0)
    assert not ours.purchases.exists()


def test_purchases_make_no_customer_whose_code_is_somebody_elses_with_us():
    ours = factories.customer("1")
    CustomerCode.objects.create(customer=ours, source="EC-CUBE", code="77")
    purchase = "customer_id,purchased_at,amount\n1,2024-04-01,100\n8,2024-04-01,100\n"
    done = bring(purchase, kind="purchases", mapping=EC, create_customers=True)
    assert counts(done) == (1, 0, 0, 1)
    assert rejects(done) == [(2, "unknown_customer", "customer_id")]
    assert ("EC-CUBE", "8", "8") in codes()


def test_a_code_like_one_of_the_system_is_rejected():
    who = factories.customer("A")
    CustomerCode.objects.create(customer=who, source="EC-CUBE", code="007")
    assert rejects(bring("customer_id,name\n7,あ\n", mapping=EC)) == [(2, "similar_id", "customer_id")]


# --- addresses that were erased -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("customers", "customer_id,name,email\n1,あ,A@example.jp\n"),
        ("contacts", "customer_id,name,email\n1,山田,a@example.jp\n"),
    ],
)
def test_an_erased_address_that_comes_in_again_is_refused_at_once(kind, text):
    hashed = consent.address_hash("mail", "a@example.jp")
    ErasedAddress.objects.create(channel="mail", hash=hashed, erased_at=NOW)
    assert counts(bring(text, kind=kind, create_customers=True)) == (1, 0, 0, 0)
    assert list(Suppression.objects.values_list("channel", "address", "reason", "source")) == [
        ("mail", "a@example.jp", "refused", "erasure")
    ]


# --- taken back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mapping", [{}, EC])
def test_an_undo_takes_parents_staff_contact_and_codes_back(mapping):
    bring("customer_id,name,先方担当者\n2,支店,前任\n")
    before = undone.state()
    header = "customer_id,name,parent,法人番号,担当営業,副担当,先方担当者\n"
    text = header + "2,支店,1,7000012050002,田中,鈴木,後任\n1,本社,,,,,\n"
    done = bring(text, mapping=mapping)
    assert counts(done) == (1, 1, 0, 0)
    undone.undo(done)
    assert undone.state() == before
    assert not CustomerCode.objects.exists()


def test_a_dry_run_of_the_first_rows_takes_no_parent_for_unknown_that_may_stand_further_down():
    text = "customer_id,name,parent\n2,支店,1\n3,支店,9\n1,本社,\n"
    given = {"kind": "customers", "file_name": "f.csv", "mapping": {}, "options": {}, "by": None}
    draft = running.start(source=ContentFile(text.encode()), state=Import.State.DRAFT, **given)
    layout, mapping = staging.layout_and_mapping(draft)
    assert previewing.preview(draft, layout, mapping, first=1).rejected == 0
    assert previewing.preview(draft, layout, mapping).rejected == 1
