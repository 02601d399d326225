import datetime as dt
import json
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from customers.importing import running
from customers.models import (
    Contact,
    Contract,
    Customer,
    DimensionChange,
    Import,
    ImportChange,
    ImportReject,
    Login,
    Purchase,
    Suppression,
    Touched,
)
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def bring(kind, text, *, now=NOW, mapping=None, codec="utf-8", **options):
    source = ContentFile(text.encode(codec))
    queued = running.start(kind=kind, source=source, file_name="f.csv", mapping=mapping or {}, options=options, by=None)
    return running.run(import_id=queued.pk, now=now)


def counts(imported):
    assert imported.state == Import.State.DONE, imported.error
    assert imported.created + imported.updated + imported.unchanged + imported.rejected == imported.rows
    return imported.created, imported.updated, imported.unchanged, imported.rejected


def rejects(imported):
    return [(r.line, r.code, r.column) for r in ImportReject.objects.filter(imported=imported).order_by("line")]


PURCHASES = """customer_id,order_id,purchased_at,amount,product
1,A,2024-04-01 10:00,100,ペン
1,A,2024-04-01 10:00,100,ペン
2,B,2024/4/2,-50,
"""


def test_purchases_come_in_and_the_same_file_again_changes_nothing():
    assert counts(bring("purchases", PURCHASES, create_customers=True)) == (3, 0, 0, 0)
    assert counts(bring("purchases", PURCHASES, create_customers=True)) == (0, 0, 3, 0)
    assert list(
        Purchase.objects.order_by("id").values_list(
            "customer__code", "order_id", "amount", "product__name", "nth", "purchased_on"
        )
    ) == [
        ("1", "A", Decimal(100), "ペン", 1, dt.date(2024, 4, 1)),
        ("1", "A", Decimal(100), "ペン", 2, dt.date(2024, 4, 1)),
        ("2", "B", Decimal(-50), None, 1, dt.date(2024, 4, 2)),
    ]
    assert Purchase.objects.first().purchased_at == dt.datetime(2024, 4, 1, 1, tzinfo=dt.UTC)  # business time is Tokyo
    assert set(Touched.objects.values_list("customer__code", flat=True)) == {"1", "2"}
    assert Customer.objects.get(code="1").search_text.startswith("1")


def test_an_unknown_customer_is_rejected_unless_asked():
    factories.customer("1")
    done = bring("purchases", PURCHASES)
    assert counts(done) == (2, 0, 0, 1)
    assert rejects(done) == [(4, "unknown_customer", "customer_id")]
    assert ImportReject.objects.get().cells == ["2", "B", "2024/4/2", "-50", ""]


def test_a_corrected_amount_is_an_update_with_its_before_image():
    bring("purchases", PURCHASES, create_customers=True)
    Touched.objects.all().delete()
    done = bring("purchases", PURCHASES.replace("-50", "-60"))
    assert counts(done) == (0, 1, 2, 0)
    change = ImportChange.objects.get(imported=done)
    assert (change.model, change.before["amount"], change.line) == ("purchase", -50.0, 4)
    assert list(Touched.objects.values_list("customer__code", flat=True)) == ["2"]


def test_without_order_ids_equal_lines_are_told_apart_by_their_number():
    text = "customer_id,purchased_at,amount\n1,2024-04-01,100\n1,2024-04-01,100\n1,2024-04-02,100\n"
    assert counts(bring("purchases", text, create_customers=True)) == (3, 0, 0, 0)
    days = ["2024-04-01", "2024-04-03", "2024-04-01", "2024-04-01"]
    overlapping = "customer_id,purchased_at,amount\n" + "".join(f"1,{day},100\n" for day in days)
    assert counts(bring("purchases", overlapping)) == (2, 0, 2, 0)
    assert Purchase.objects.count() == 5


def test_amounts_with_tax_are_stored_before_tax_by_the_rate_of_row_or_day():
    rows = ["1,2024-04-01,1100,", "1,2024-04-01,1080,8%", "1,2019-09-30,1080,", "1,2024-04-01,△550,10"]
    text = "顧客番号,購入日,税込金額,税率\n" + "\n".join(rows) + "\n"
    bring("purchases", text, create_customers=True)
    assert list(Purchase.objects.order_by("id").values_list("amount", flat=True)) == [1000, 1000, 1000, -500]


def test_with_the_setting_included_amounts_before_tax_are_turned():
    factories.configure(tax="included")
    bring("purchases", "顧客番号,購入日,税抜金額\n1,2024-04-01,1005\n", create_customers=True)
    assert Purchase.objects.get().amount == Decimal(1106)  # 1105.5, halves away from zero


def test_bad_rows_do_not_stop_the_good_ones():
    factories.customer("1")
    rows = ["1,2024-04-01,1", "1,2024-02-30,1", "1,2024-04-01", ",2024-04-01,1", "1,2024-04-01,x", "合計,,3"]
    text = "customer_id,purchased_at,amount\n" + "\n".join(rows) + "\n"
    done = bring("purchases", text)
    assert counts(done) == (1, 0, 0, 4)
    assert rejects(done) == [
        (3, "bad_date", "purchased_at"),
        (4, "short_row", ""),
        (5, "missing", "customer_id"),
        (6, "bad_amount", "amount"),
    ]
    assert done.skipped == 2


@pytest.mark.parametrize("code", ["01", "001"])
def test_a_code_that_only_lost_its_zeros_is_never_a_new_customer(code):
    factories.customer("1")
    done = bring("purchases", f"customer_id,purchased_at,amount\n{code},2024-04-01,1\n", create_customers=True)
    assert rejects(done) == [(2, "similar_id", "customer_id")]
    assert Customer.objects.count() == 1


def test_of_two_new_codes_alike_the_first_is_the_known_one():
    done = bring("customers", "customer_id,name\nA1,あ\na1,い\n")
    assert counts(done) == (1, 0, 0, 1)
    assert Customer.objects.get().name == "あ"


CUSTOMERS = (
    "customer_id,name,kana,kind,email,phone,industry,region,owner,joined_on,birth_on,tags,血液型\n"
    "C1,山田 太郎 様,ﾔﾏﾀﾞ ﾀﾛｳ,個人,Taro@example.jp,03-1234-5678,,関東,佐藤,2020/4/1,S55.3.2,VIP;展示会,A\n"
    "C2,㈱青木商店,,,info@example.jp,,小売,関西,sato@example.jp,,,,\n"
)


def test_customers_come_in_with_contacts_owners_and_attributes():
    assert counts(bring("customers", CUSTOMERS)) == (2, 0, 0, 0)
    taro, aoki = Customer.objects.order_by("code")
    assert (taro.name, taro.kana, taro.kind, taro.birth_on, taro.joined_on) == (
        "山田 太郎",
        "ヤマダ タロウ",
        "person",
        dt.date(1980, 3, 2),
        dt.date(2020, 4, 1),
    )
    assert (taro.tags, taro.attributes, taro.region, taro.sort_key) == (
        ["VIP", "展示会"],
        {"血液型": "A"},
        "関東",
        "やまた たろう",
    )
    assert (aoki.name, aoki.kind, aoki.attributes, aoki.sort_key) == ("(株)青木商店", "company", {}, "青木商店")
    contact = taro.contacts.get()
    assert (contact.name, contact.email, contact.phone, contact.is_primary) == (
        "山田 太郎",
        "taro@example.jp",
        "0312345678",
        True,
    )
    assert "ヤマダタロウ" in taro.search_text
    assert "0312345678" in taro.search_text
    assert (taro.owner.name, taro.owner.is_active, taro.owner.is_placeholder) == ("佐藤", False, True)
    assert (aoki.owner.email, aoki.owner.is_placeholder) == ("sato@example.jp", True)
    assert counts(bring("customers", CUSTOMERS)) == (0, 0, 2, 0)
    assert User.objects.count() == 2


def test_owners_are_found_by_address_name_or_surname_and_an_ambiguous_one_is_rejected():
    one = User.objects.create(email="Hanako@example.jp", name="佐藤 花子")
    User.objects.create(email="a@example.jp", name="鈴木 一郎")
    User.objects.create(email="b@example.jp", name="鈴木 二郎")
    rows = [("1", "hanako@example.jp"), ("2", "佐藤花子"), ("3", "佐藤"), ("4", "鈴木"), ("5", "鈴木　二郎")]
    done = bring("customers", "customer_id,name,owner\n" + "".join(f"{c},あ,{o}\n" for c, o in rows))
    assert counts(done) == (4, 0, 0, 1)
    assert rejects(done) == [(5, "ambiguous_owner", "owner")]
    assert Customer.objects.filter(owner=one).count() == 3
    assert User.objects.count() == 3


def test_an_empty_cell_changes_nothing_unless_asked():
    bring("customers", CUSTOMERS)
    text = "customer_id,name,industry,region,email,血液型\nC1,山田 太郎,,,,\n"
    assert counts(bring("customers", text)) == (0, 0, 1, 0)
    assert counts(bring("customers", text, clear_empty=True)) == (0, 1, 0, 0)
    taro = Customer.objects.get(code="C1")
    assert (taro.region, taro.attributes, taro.kana, taro.contacts.get().email) == ("", {}, "ヤマダ タロウ", "")
    assert taro.contacts.get().phone == "0312345678"


def test_the_last_of_equal_codes_counts_and_the_others_are_listed():
    done = bring("customers", "customer_id,name\n1,あ\n2,い\n1,う\n1,え\n")
    assert counts(done) == (2, 0, 2, 0)
    assert Customer.objects.get(code="1").name == "え"
    assert rejects(done) == [(2, "superseded", ""), (4, "superseded", "")]


def test_a_rejected_last_row_does_not_count():
    done = bring("customers", "customer_id,name,birth_on\n1,あ,2000-01-01\n1,い,x\n")
    assert counts(done) == (1, 0, 0, 1)
    assert Customer.objects.get().name == "あ"


def test_changes_of_owner_industry_and_region_are_dated():
    bring("customers", "customer_id,name,industry,region\n1,あ,小売,\n")
    assert DimensionChange.objects.count() == 0
    bring("customers", "customer_id,name,industry,region\n1,あ,製造,関東\n", now=NOW)
    assert set(DimensionChange.objects.values_list("dimension", "since", "value")) == {
        ("industry", None, "小売"),
        ("industry", dt.date(2026, 11, 21), "製造"),
    }  # the first known region holds for all earlier time
    bring("customers", "customer_id,name,industry,region\n1,あ,卸,関東\n", now=NOW)
    assert DimensionChange.objects.get(since=dt.date(2026, 11, 21)).value == "卸"


def test_a_no_withdraws_at_once_and_a_yes_grants_nothing():
    header = "customer_id,name,メール,電話,mail_ok,DM不可,phone_ok"
    text = header + "\n1,あ,a@example.jp,03-1234-5678,不可,1,×\n2,い,b@example.jp,,1,0,○\n"
    assert counts(bring("customers", text)) == (2, 0, 0, 0)
    assert set(Suppression.objects.values_list("channel", "address", "reason")) == {
        ("mail", "a@example.jp", "refused"), ("postal", "1", "refused"), ("phone", "0312345678", "refused"),
    }  # fmt: skip
    assert set(Contact.objects.get(email="b@example.jp").customer.consents.values_list("state")) == set()
    assert counts(bring("customers", text)) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("customer_id,姓,名", "1,山田,太郎", "person"),
        ("customer_id,氏名(必須),email", "1,山田 太郎,taro@example.jp", "person"),
        ("customer_id,氏名", "1,山田商事株式会社", "company"),
        ("customer_id,会社名", "1,山田商店", "company"),
        ("customer_id,name", "1,山田商店", "company"),
    ],
)
def test_the_header_of_the_name_says_who_is_a_person(header, row, kind):
    assert counts(bring("customers", f"{header}\n{row}\n")) == (1, 0, 0, 0)
    one = Customer.objects.get()
    assert one.kind == kind
    assert list(one.contacts.values_list("name", flat=True)) == ([one.name] if kind == "person" else [])
    assert counts(bring("customers", f"{header}\n{row}\n")) == (0, 0, 1, 0)


def test_a_no_in_an_earlier_row_of_the_same_customer_holds_though_the_last_row_counts():
    text = "customer_id,name,email,mail_ok\n1,あ,a@example.jp,no\n1,い,a@example.jp,yes\n2,う,b@example.jp,yes\n"
    assert counts(bring("customers", text)) == (2, 0, 1, 0)
    assert Customer.objects.get(code="1").name == "い"
    assert list(Suppression.objects.values_list("channel", "address")) == [("mail", "a@example.jp")]
    assert counts(bring("customers", text)) == (0, 0, 3, 0)


def test_a_row_or_header_that_names_another_currency_is_rejected():
    factories.customer(code="1")
    rows = "1,2024-04-01,100,JPY\n1,2024-04-02,100,usd\n1,2024-04-03,100,\n1,2024-04-04,100,円\n"
    done = bring("purchases", "customer_id,purchased_at,amount,通貨コード\n" + rows)
    assert counts(done) == (3, 0, 0, 1)
    assert rejects(done) == [(3, "other_currency", "通貨コード")]
    assert counts(bring("purchases", "customer_id,purchased_at,金額（円）\n1,2024-05-01,5\n")) == (1, 0, 0, 0)
    assert counts(bring("purchases", "customer_id,purchased_at,金額（USD）\n1,2024-05-01,5\n")) == (0, 0, 0, 1)
    contract = "customer_id,contract_id,mrr,starts_on,currency\n1,C,100,2024-01-01,EUR\n"
    assert counts(bring("contracts", contract)) == (0, 0, 0, 1)


def test_a_declared_basis_grants_to_those_who_did_not_refuse():
    admin = User.objects.create(email="admin@example.jp", name="管理", role="admin")
    text = "customer_id,name,email,mail_ok\n1,あ,a@example.jp,不可\n2,い,b@example.jp,\n"
    source = ContentFile(text.encode())
    options = {"basis": "relation", "basis_at": "2026-04-01T00:00:00+09:00"}
    queued = running.start(kind="customers", source=source, file_name="f.csv", mapping={}, options=options, by=admin)
    counts(running.run(import_id=queued.pk, now=NOW))
    states = {c.address: c.state for c in Customer.objects.get(code="2").consents.all()}
    assert states == {"b@example.jp": "granted"}
    assert {c.state for c in Customer.objects.get(code="1").consents.all()} == {"withdrawn"}


def test_further_addresses_become_contacts_once():
    text = "customer_id,name,email\n1,㈱あ,a@example.jp; b@example.jp\n"
    bring("customers", text)
    assert counts(bring("customers", text)) == (0, 0, 1, 0)
    assert list(Contact.objects.order_by("id").values_list("email", "is_primary")) == [
        ("a@example.jp", True),
        ("b@example.jp", False),
    ]


def test_logins_are_one_a_moment():
    text = "customer_id,logged_in_at\n1,2024-04-01 10:00\n1,2024-04-01T01:00:00Z\n1,2024-04-01 23:59:59\n"
    assert counts(bring("logins", text, create_customers=True)) == (2, 0, 1, 0)
    assert counts(bring("logins", text)) == (0, 0, 3, 0)
    assert list(Login.objects.order_by("id").values_list("logged_in_on", flat=True)) == [dt.date(2024, 4, 1)] * 2


CONTRACTS = """customer_id,contract_id,plan,金額,請求周期,契約開始日,契約終了日
1,K1,基本,12000,年払い,2024/4/1,2025/3/31
1,K1,上位,2000,月払い,2025/4/1,
"""


def test_contracts_come_in_as_terms():
    assert counts(bring("contracts", CONTRACTS, create_customers=True)) == (2, 0, 0, 0)
    assert list(Contract.objects.order_by("starts_on").values_list("plan", "mrr", "billing_cycle", "ends_on")) == [
        ("基本", 1000, "yearly", dt.date(2025, 4, 1)),
        ("上位", 2000, "monthly", None),
    ]
    assert counts(bring("contracts", CONTRACTS)) == (0, 0, 2, 0)


def test_a_later_start_ends_the_term_before_it():
    bring("contracts", "customer_id,contract_id,mrr,starts_on\n1,K,100,2024-04-01\n", create_customers=True)
    later = bring("contracts", "customer_id,contract_id,mrr,starts_on\n1,K,200,2024-10-01\n")
    assert counts(later) == (1, 0, 0, 0)
    assert list(Contract.objects.order_by("starts_on").values_list("ends_on", flat=True)) == [
        dt.date(2024, 10, 1),
        None,
    ]
    assert ImportChange.objects.filter(imported=later, before__isnull=False).count() == 1
    both = "customer_id,contract_id,mrr,starts_on\n1,K,200,2024-10-01\n1,K,100,2024-04-01\n"
    assert counts(bring("contracts", both)) == (0, 0, 2, 0)


def test_contracts_that_cannot_stand():
    factories.customer("1")
    factories.customer("2")
    header = "customer_id,contract_id,mrr,amount,billing_cycle,starts_on,ends_on\n"
    rows = [
        "1,A,,1200,,2024-04-01,",
        "1,B,-1,,,2024-04-01,",
        "1,C,1,,,2024-04-01,2024-03-01",
        "1,D,1,,,2024-04-01,",
        "2,D,1,,,2024-05-01,",
    ]
    done = bring("contracts", header + "\n".join(rows) + "\n")
    assert rejects(done) == [
        (2, "unclear_cycle", "billing_cycle"),
        (3, "negative_mrr", "mrr"),
        (4, "ends_before_start", "ends_on"),
        (6, "other_customer", "contract_id"),
    ]
    assert counts(done) == (1, 0, 0, 4)


@pytest.mark.parametrize(("text", "words"), [("x,y\n1,2\n", "customer_id"), ("", "empty"), ("a\0b", "NUL")])
def test_a_refused_file_fails_with_a_sentence(text, words):
    done = bring("purchases", text)
    assert done.state == Import.State.FAILED
    assert words in done.error


def test_small_chunks_give_the_same(monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    assert counts(bring("contracts", CONTRACTS, create_customers=True)) == (2, 0, 0, 0)
    assert counts(bring("purchases", PURCHASES, create_customers=True)) == (3, 0, 0, 0)
    assert counts(bring("customers", CUSTOMERS)) == (2, 0, 0, 0)
    assert list(Contract.objects.order_by("starts_on").values_list("ends_on", flat=True)) == [dt.date(2025, 4, 1), None]


def test_a_cancelled_import_stays_where_it_is(monkeypatch):
    source = ContentFile(PURCHASES.encode())
    queued = running.start(
        kind="purchases", source=source, file_name="f", mapping={}, options={"create_customers": True}, by=None
    )
    admin = User.objects.create(email="admin@example.jp", name="管理", role="admin")
    assert running.cancel(imported=queued, by=admin)
    assert not running.cancel(imported=queued, by=admin)
    assert running.run(import_id=queued.pk, now=NOW).state == Import.State.CANCELLED
    assert Purchase.objects.count() == 0
    assert running.due() == []


def test_json_of_attributes_may_hold_anything():
    value = '"\\}{'
    bring("customers", 'customer_id,name,"m""e\\mo"\n1,あ,"' + value.replace('"', '""') + '"\n')
    assert Customer.objects.get().attributes == {'m"e\\mo': value}
    assert json.dumps(Customer.objects.get().attributes)
