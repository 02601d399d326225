"""Contacts from files: who a row is, who is the primary one, and the same end however the rows stand."""

import datetime as dt
import random

import pytest
from django.core.files.base import ContentFile

from customers.importing import previewing, running, staging
from customers.models import Consent, Contact, Customer, Import, ImportChange, ImportReject, Suppression, Touched
from tests import factories
from tests.customers.importing import undone

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def bring(text, *, kind="contacts", mapping=None, by=None, **options):
    """The import, and that the dry run before it promised the very counts."""
    given = {"kind": kind, "file_name": "f.csv", "mapping": mapping or {}, "options": options, "by": by}
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


def stored(*fields):
    return list(Contact.objects.order_by("customer__code", "id").values_list(*fields))


HEADER = "顧客コード,担当者ID,氏名,フリガナ,メールアドレス,電話番号,部署,役職,役割,主担当,退職日\n"
ROWS = (
    "1,T1,山田 太郎 様,ﾔﾏﾀﾞ ﾀﾛｳ,Taro@example.jp,03-1234-5678,営業部,部長,決裁者,○,\n"
    "1,T2,佐藤 花子,,hanako@example.jp,,経理部,,請求担当,,2026/3/31\n"
    "2,,鈴木 一郎,,,,,,窓口,,\n"
)


@pytest.fixture
def companies():
    return [factories.customer(code) for code in ("1", "2")]


def test_contacts_come_in_with_all_they_say_and_the_same_file_again_changes_nothing(companies):
    assert counts(bring(HEADER + ROWS)) == (3, 0, 0, 0)
    assert stored("code", "name", "kana", "email", "phone", "department", "title", "role", "is_primary", "left_on") == [
        ("T1", "山田 太郎", "ヤマダ タロウ", "taro@example.jp", "0312345678", "営業部", "部長", "decides", True, None),
        ("T2", "佐藤 花子", "", "hanako@example.jp", "", "経理部", "", "pays", False, dt.date(2026, 3, 31)),
        ("", "鈴木 一郎", "", "", "", "", "", "window", True, None),
    ]
    assert "タロウ" in Customer.objects.get(code="1").search_text
    assert set(Touched.objects.values_list("customer__code", flat=True)) == {"1", "2"}
    assert counts(bring(HEADER + ROWS)) == (0, 0, 3, 0)
    assert ImportChange.objects.count() == 0


def test_what_changes_has_its_before_image_and_an_empty_cell_changes_nothing(companies):
    bring(HEADER + ROWS)
    changed = "customer_id,contact_id,name,title,department\n1,T1,山田 太郎,本部長,\n1,T2,佐藤 花子,,\n"
    done = bring(changed)
    assert counts(done) == (0, 1, 1, 0)
    change = ImportChange.objects.get()
    assert (change.model, change.before, change.after) == ("contact", {"title": "部長"}, {"title": "本部長"})
    assert Contact.objects.get(code="T1").version == 2
    cleared = bring(changed, clear_empty=True)
    assert counts(cleared) == (0, 2, 0, 0)
    assert Contact.objects.get(code="T1").department == ""
    assert Contact.objects.get(code="T2").phone == ""


def test_an_unknown_customer_is_rejected_or_made(companies):
    text = "customer_id,name\n9,田中\n"
    assert rejects(bring(text)) == [(2, "unknown_customer", "customer_id")]
    assert counts(bring(text, create_customers=True)) == (1, 0, 0, 0)
    assert Contact.objects.get(customer__code="9").is_primary
    assert counts(bring(text, create_customers=True)) == (0, 0, 1, 0)


def test_a_number_that_another_customer_has_is_rejected(companies):
    Contact.objects.create(customer=companies[0], code="T1", name="山田")
    text = "customer_id,contact_id,name\n2,T1,山田\n1,T1,山田 太郎\n1,T5,あ\n2,T5,い\n"
    done = bring(text)
    assert counts(done) == (1, 1, 0, 2)
    assert rejects(done) == [(2, "taken_id", "contact_id"), (5, "taken_id", "contact_id")]


def test_of_rows_with_one_number_the_last_counts(companies):
    done = bring("customer_id,contact_id,name\n1,T1,あ\n1,T1,い\n")
    assert counts(done) == (1, 0, 1, 0)
    assert stored("name") == [("い",)]


def test_our_own_number_with_a_hash_finds_the_row_we_keep(companies):
    mine = Contact.objects.create(customer=companies[0], name="山田")
    other = Contact.objects.create(customer=companies[1], name="佐藤")
    text = f"customer_id,contact_id,name\n1,#{mine.pk},山田 太郎\n1,#{other.pk},佐藤\n1,#99999999,誰か\n1,#x,誰か\n"
    done = bring(text)
    assert counts(done) == (0, 1, 0, 3)
    assert {code for _line, code, _column in rejects(done)} == {"unknown_contact"}
    mine.refresh_from_db()
    assert (mine.name, mine.code) == ("山田 太郎", "")


def test_without_a_number_the_address_tells_who_it_is_then_the_name(companies):
    Contact.objects.create(customer=companies[0], name="山田", email="a@example.jp", is_primary=True)
    Contact.objects.create(customer=companies[0], name="佐藤")
    text = "customer_id,name,email,phone\n1,山田 太郎,A@example.jp,\n1,佐 藤,,0312345678\n2,山田,a@example.jp,\n"
    assert counts(bring(text)) == (1, 2, 0, 0)
    assert stored("customer__code", "name", "email", "phone") == [
        ("1", "山田 太郎", "a@example.jp", ""),
        ("1", "佐 藤", "", "0312345678"),
        ("2", "山田", "a@example.jp", ""),
    ]
    assert counts(bring(text)) == (0, 0, 3, 0)


def test_two_people_share_an_address_and_stay_two(companies):
    text = "customer_id,name,email,phone\n1,山田,info@example.jp,\n1,佐藤,info@example.jp,\n"
    assert counts(bring(text)) == (2, 0, 0, 0)
    turned = "customer_id,name,email,phone\n1,佐藤,info@example.jp,0312345678\n1,山田,info@example.jp,\n"
    assert counts(bring(turned)) == (0, 1, 1, 0)
    assert stored("name", "phone") == [("山田", ""), ("佐藤", "0312345678")]


def test_people_of_one_name_are_told_apart_by_phone_and_department_then_by_their_number(companies):
    text = "customer_id,name,department\n1,鈴木,営業部\n1,鈴木,経理部\n1,鈴木,\n"
    assert counts(bring(text)) == (3, 0, 0, 0)
    turned = "customer_id,name,department\n1,鈴木,経理部\n1,鈴木,\n1,鈴木,営業部\n"
    assert counts(bring(turned)) == (0, 0, 3, 0)
    assert stored("department") == [("営業部",), ("経理部",), ("",)]


def test_a_row_without_a_name_is_known_by_its_phone_then_its_department(companies):
    text = "customer_id,name,phone,department\n1,,0312345678,\n1,,,経理部\n1,,,\n"
    done = bring(text)
    assert counts(done) == (2, 0, 0, 1)
    assert rejects(done) == [(4, "no_contact", "name")]
    assert counts(bring(text)) == (0, 0, 2, 1)


def test_a_contact_known_without_number_or_address_gets_the_one_a_file_brings(companies):
    bring("customer_id,name,email\n1,山田 太郎,\n2,㈱い,b@example.jp\n")
    text = "customer_id,contact_id,name,email\n1,T1,山田太郎,a@example.jp\n2,T2,い,b@example.jp\n"
    assert counts(bring(text)) == (0, 2, 0, 0)
    assert stored("code", "email") == [("T1", "a@example.jp"), ("T2", "b@example.jp")]
    assert counts(bring("customer_id,contact_id,name,email\n1,T9,山田太郎,a@example.jp\n")) == (1, 0, 0, 0)


def test_several_addresses_in_one_cell_are_turned_down(companies):
    done = bring("customer_id,name,email\n1,山田,a@example.jp; b@example.jp\n")
    assert rejects(done) == [(2, "several_addresses", "email")]
    assert Contact.objects.count() == 0


def test_the_last_row_that_says_so_is_the_primary_contact_and_the_former_gives_way(companies):
    former = Contact.objects.create(customer=companies[0], code="T0", name="前任", is_primary=True)
    text = (
        "customer_id,contact_id,name,is_primary\n1,T1,あ,1\n1,T2,い,1\n1,T3,う,0\n1,T0,前任,1\n1,T2,い,1\n1,T0,前任,\n"
    )
    done = bring(text)
    assert counts(done) == (3, 0, 3, 0)
    assert sorted(stored("code", "is_primary")) == [("T0", False), ("T1", False), ("T2", True), ("T3", False)]
    change = ImportChange.objects.get()
    assert (change.row_id, change.before, change.after) == (former.pk, {"is_primary": True}, {"is_primary": False})
    assert counts(bring(text)) == (0, 0, 6, 0)


def test_the_former_primary_contact_keeps_one_before_image_though_his_own_row_changes_too(companies, monkeypatch):
    Contact.objects.create(customer=companies[0], code="T0", name="前任", is_primary=True)
    text = "customer_id,contact_id,name,is_primary\n1,T1,後任,1\n1,T0,前任者,\n"
    monkeypatch.setattr(running, "CHUNK", 1)
    assert counts(bring(text)) == (1, 1, 0, 0)
    change = ImportChange.objects.get()
    assert change.before == {"name": "前任", "is_primary": True}
    assert change.after == {"name": "前任者", "is_primary": False}


def test_a_customer_without_a_primary_contact_gets_the_first_who_has_not_left(companies):
    text = "customer_id,name,left_on\n1,前任,2026-03-31\n1,あ,\n1,い,\n"
    bring(text)
    assert stored("name", "is_primary") == [("前任", False), ("あ", True), ("い", False)]
    bring("customer_id,name\n1,う\n")
    assert Contact.objects.get(is_primary=True).name == "あ"


def test_the_primary_contact_of_a_person_is_himself():
    person = factories.customer("P", kind="person", name="山田 太郎")
    himself = Contact.objects.create(customer=person, name="山田 太郎", email="a@example.jp", is_primary=True)
    text = "customer_id,name,email,is_primary\nP,山田 花子,hanako@example.jp,1\n"
    assert counts(bring(text)) == (1, 0, 0, 0)
    assert Contact.objects.get(is_primary=True) == himself
    assert counts(bring("customer_id,name,email,is_primary\nP,,new@example.jp,1\n")) == (1, 0, 0, 0)
    assert Contact.objects.filter(is_primary=True).values_list("name", "email").get() == ("山田 太郎", "new@example.jp")


def test_a_new_address_of_someone_who_refused_without_one_is_refused_at_once(companies):
    bring("customer_id,name,mail_ok\n1,㈱あ,不可\n", kind="customers")
    assert Suppression.objects.count() == 0
    bring("customer_id,name,email\n1,山田,a@example.jp\n2,佐藤,b@example.jp\n")
    assert list(Suppression.objects.values_list("channel", "address")) == [("mail", "a@example.jp")]
    assert Consent.objects.get(address="a@example.jp").state == "withdrawn"


def test_words_that_name_no_role_are_rejected(companies):
    assert rejects(bring("customer_id,name,role\n1,あ,謎\n1,い,決裁者\n")) == [(2, "bad_role", "role")]


def people(seed):
    """Rows of contacts of three customers, each known by one key of its own; one of each customer leads."""
    dice = random.Random(seed)
    rows = []
    for customer in ("1", "2", "3"):
        for n in range(dice.randint(1, 6)):
            known_by = dice.choice(["id", "mail", "name"])
            number = f"T{customer}{n}" if known_by == "id" else ""
            email = (
                f"p{customer}{n}@example.jp" if known_by == "mail" or (known_by == "id" and dice.random() < 0.9) else ""
            )
            name = f"名{customer}{n}" if known_by == "name" or dice.random() < 0.7 else ""
            rows.append(
                [
                    customer,
                    number,
                    name,
                    email,
                    dice.choice(["", "営業部"]),
                    dice.choice(["", "決裁者"]),
                    "1" if n == 0 else "",
                ]
            )
    return rows


def as_file(rows):
    return "customer_id,contact_id,name,email,department,role,is_primary\n" + "".join(
        ",".join(row) + "\n" for row in rows
    )


def end_state():
    fields = ("customer__code", "code", "name", "email", "department", "role", "is_primary")
    return sorted(Contact.objects.values_list(*fields))


@pytest.mark.parametrize("seed", range(6))
def test_order_of_rows_size_of_chunks_and_splitting_of_the_file_do_not_matter(seed, monkeypatch):
    dice = random.Random(seed)
    for code in ("1", "2", "3"):
        factories.customer(code)
    rows = people(seed)
    assert counts(bring(as_file(rows))) == (len(rows), 0, 0, 0)
    expected = end_state()
    assert counts(bring(as_file(dice.sample(rows, len(rows))))) == (0, 0, len(rows), 0)
    Contact.objects.all().delete()
    monkeypatch.setattr(running, "CHUNK", 2)
    mixed = dice.sample(rows, len(rows))
    half = len(mixed) // 2
    for part in (mixed[:half], mixed[half:], mixed[:half]):
        if part:
            counts(bring(as_file(part)))
    assert end_state() == expected


@pytest.mark.parametrize("chunk", [1, 20_000])
def test_an_undo_puts_every_contact_back_where_he_was(companies, monkeypatch, chunk):
    monkeypatch.setattr(running, "CHUNK", chunk)
    bring(HEADER + ROWS)
    before = undone.state()
    text = (
        "customer_id,contact_id,name,phone,is_primary,email\n1,T2,佐藤 花子,0399999999,1,\n1,T1,山田,,,new@example.jp\n"
    )
    text += "1,T9,後任,,,\n2,,鈴木 一郎,0388888888,,\n"
    done = bring(text)
    assert counts(done) == (1, 3, 0, 0)
    assert Contact.objects.get(customer__code="1", is_primary=True).code == "T2"
    undone.undo(done)
    assert undone.state() == before
