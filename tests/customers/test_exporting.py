"""Every kind goes out as CSV and workbook, in both encodings, and comes back in without changing anything."""

import datetime as dt
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import AuditEvent
from common import exports
from customers import consent, exporting, searching
from customers.importing import running
from customers.models import (
    Contact,
    Customer,
    Event,
    Import,
    ImportReject,
    Interaction,
    Invoice,
    Login,
    Product,
)
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
FACTS = (
    *("customer", "contact", "purchase", "login", "contract", "interaction", "consent", "suppression", "invoice"),
    *("event", "product", "dimensionchange"),
)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def everything():
    """Rows of every kind with what is hard: formulas, line ends, quotes, kana, empty cells, both kinds of codes."""
    staff = factories.user("sato@example.jp", name="佐藤 花子")
    head = factories.customer("0012", name="株式会社 青空", kana="アオゾラ", industry="小売業", owner=staff)
    person = factories.customer(
        "007", name="=SUM(A1)", kind="person", birth_on=dt.date(1980, 2, 29), tags=["VIP", "紹介"], parent=head,
        attributes={"備考": "+1 加算", "name": "@会員", "会員ランク": "金"}, joined_on=dt.date(2024, 4, 1),
        postal_code="0600001", corporate_number="7000012050002",
    )  # fmt: skip
    lady = Contact.objects.create(
        customer=head, name="高橋 一郎", email="a@example.jp", phone="0312345678", is_primary=True
    )
    Contact.objects.create(
        customer=head, code="K-1", name="林", department="総務", role="decides", left_on=dt.date(2026, 1, 1)
    )
    Contact.objects.create(
        customer=person, name="=SUM(A1)", email="p@example.jp", phone="+16505550123", is_primary=True
    )
    Contact.objects.create(customer=head, name="林")
    pen = Product.objects.create(name="-ペン, 赤")
    for amount in ("100.00", "-50.00", "100.00"):
        factories.purchase(head, "2026-03-01", amount, order_id="A-1", product=pen, quantity=Decimal("1.500"))
    factories.purchase(person, "2026-03-02", "0", tax_rate=Decimal("8.00"))
    at = dt.datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=dt.UTC)
    Login.objects.create(customer=head, logged_in_at=at, logged_in_on=dt.date(2026, 3, 1))
    used = {"logged_in_at": at, "logged_in_on": dt.date(2026, 3, 1)}
    Login.objects.create(customer=head, usage_id="U1", feature="帳票", quantity=Decimal("3.000"), contact=lady, **used)
    Login.objects.create(customer=person, usage_id="U2", **used)
    factories.contract(head, "2026-04-01", contract_id="C1", plan="基本", ends_on=dt.date(2027, 4, 1), reason="価格")
    factories.contract(head, "2027-04-01", contract_id="C1", plan="上位", mrr="1200.50", seats=5, auto_renew=False)
    said = "電話で確認。\n\n①「値上げ」の件\t=ok  二つの空白"
    Interaction.objects.create(
        customer=head, occurred_at=at, kind="visit", subject="=訪問", body=said, by=staff, contact=lady
    )
    ticket = (
        "interaction_id,customer_id,occurred_at,kind,category,status,priority,satisfaction,next_on,next_action\n"
        "T-9,007,2026-03-01 10:00,phone,complaint,open,high,3.5,2026-12-01,'-折り返す\n"
    )
    bring("interactions", ticket.encode())
    Invoice.objects.create(customer=head, invoice_id="0001", amount=Decimal("11000.00"), due_on=dt.date(2026, 4, 30))
    bring("events", "event_id,customer_id,kind,occurred_at,reason,元\nE1,0012,churned,2026-03-02,価格,-5\n".encode())
    Event.objects.create(customer=head, kind="clicked", at=at, data={"campaign": 5, "is_bot": False, "to": {"a": [1]}})
    words = {"customer": head, "channel": "mail", "address": "a@example.jp"}
    consent.grant(**words, at=at, source="フォーム", basis="consent", wording="同意します。\n配信停止はいつでも")
    consent.withdraw(**words, at=at + dt.timedelta(days=1), source="本人")
    consent.grant(customer=person, channel="postal", address="007", at=at, source="名刺", basis="business_card")


def table_hash():
    """Everything that is kept of the facts."""
    with connection.cursor() as cursor:
        parts = [
            f"SELECT '{name}', md5(string_agg(row::text, '|' ORDER BY row.id)) FROM customers_{name} AS row"
            for name in FACTS
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def bring(kind, content: bytes, name="f.csv"):
    admin = factories.user(role="admin")
    queued = running.start(kind=kind, source=ContentFile(content), file_name=name, mapping={}, options={}, by=admin)
    return running.run(import_id=queued.pk, now=NOW)


def written(kind, form) -> tuple[bytes, exports.Lost]:
    lost = exports.Lost()
    if form == "xlsx":
        file = io.BytesIO()
        exports.workbook(file, exporting.header(kind), exporting.rows(kind))
        return file.getvalue(), lost
    return b"".join(exports.encoded(exporting.header(kind), exporting.rows(kind), form, lost)), lost


@pytest.mark.parametrize("form", ["utf-8", "cp932", "xlsx"])
@pytest.mark.parametrize("kind", list(exporting.KINDS))
def test_what_goes_out_comes_back_unchanged(everything, kind, form):
    before = table_hash()
    content, lost = written(kind, form)
    assert not lost.cells
    done = bring(kind, content, "f.xlsx" if form == "xlsx" else "f.csv")
    told = list(ImportReject.objects.filter(imported=done).values_list("line", "code", "column"))
    assert (done.state, done.error, told) == ("done", "", [])
    assert list(done.changes.values_list("model", "before", "after")) == []
    assert (done.created, done.updated, done.unchanged) == (0, 0, exporting.queryset(kind).count())
    assert done.rows > 0
    assert table_hash() == before


def test_every_kind_that_can_come_in_can_go_out():
    assert set(exporting.KINDS) == set(Import.Kind.values)


def test_it_comes_back_unchanged_after_a_merge_too(everything):
    from customers import merging

    winner, loser = Customer.objects.get(code="0012"), Customer.objects.get(code="007")
    merging.merge(winner=winner, loser=loser, fields={}, by=factories.user(role="admin"), now=NOW)
    before = table_hash()
    for kind in exporting.KINDS:
        done = bring(kind, written(kind, "utf-8")[0])
        assert (kind, done.created, done.updated, done.rejected) == (kind, 0, 0, 0)
    assert table_hash() == before


def test_a_formula_is_quoted_once_and_comes_back_as_it_was(everything):
    text = written("customers", "utf-8")[0].decode("utf-8-sig")
    assert "'=SUM(A1)" in text
    assert "'+1 加算" in text
    book = openpyxl.load_workbook(io.BytesIO(written("customers", "xlsx")[0]))
    kinds = {cell.data_type for row in book.active.iter_rows() for cell in row}
    assert "f" not in kinds
    assert book.active["A2"].value == "0012"


def test_some_customers_only(everything):
    of_person = Customer.objects.filter(code="007")
    assert [row[1] for row in exporting.rows("purchases", of_person)] == ["007"]
    assert [row[0] for row in exporting.rows("customers", of_person)] == ["007"]


def test_cp932_says_what_it_cannot_hold_and_marks_the_place():
    factories.customer("1", name="𠮷野家😀〜")
    content, lost = written("customers", "cp932")
    assert (lost.cells, lost.examples) == (1, [(2, "name", "𠮷😀")])
    assert "〓野家〓～" in content.decode("cp932")


def test_the_command_writes_whole_files_and_warns(everything, tmp_path, capsys):
    Customer.objects.filter(code="0012").update(name="𠮷")
    out = tmp_path / "顧客.csv"
    call_command("export_records", "customers", str(out), encoding="cp932")
    said = capsys.readouterr()
    assert "2 customers" in said.out
    assert "line 2, name: 𠮷" in said.err
    assert out.read_bytes().startswith("customer_id,name".encode("cp932"))
    call_command("export_records", "purchases", str(tmp_path / "p.xlsx"), json=True)
    assert json.loads(capsys.readouterr().out)["rows"] == 4
    assert openpyxl.load_workbook(tmp_path / "p.xlsx").active.max_row == 5
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["p.xlsx", "顧客.csv"]
    assert AuditEvent.objects.filter(action="records.export").count() == 2
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_records", "customers", str(tmp_path / "no" / "x.csv"))


def test_the_page_hands_out_every_kind_and_records_it(client, everything):
    searching.refresh(Customer.objects.values_list("pk", flat=True))
    client.force_login(factories.user(role="manager"))
    page = client.get("/customers/exports/").content.decode()
    assert 'aria-labelledby="kind-interactions"' in page
    got = client.post("/customers/exports/purchases/?q=0012", {"form": "csv"})
    assert b"".join(got.streaming_content).count(b"\r\n") == 4
    assert "purchases" in AuditEvent.objects.get(action="records.export").detail["kind"]
    book = client.post("/customers/exports/logins/", {"form": "xlsx"})
    assert openpyxl.load_workbook(io.BytesIO(b"".join(book.streaming_content))).active.max_row == 2
    assert client.post("/customers/exports/nothing/").status_code == 404
    assert client.get("/customers/exports/purchases/").status_code == 405


def test_the_page_asks_before_cp932_loses_letters(client):
    factories.customer("1", name="𠮷")
    client.force_login(factories.user(role="manager"))
    asked = client.post("/customers/exports/customers/", {"form": "cp932"})
    assert "𠮷" in asked.content.decode()
    assert not AuditEvent.objects.filter(action="records.export").exists()
    got = client.post("/customers/exports/customers/", {"form": "cp932", "anyway": "1"})
    assert "〓" in b"".join(got.streaming_content).decode("cp932")


def test_cs_staff_take_nothing_along(client):
    client.force_login(factories.user(role="cs"))
    assert client.get("/customers/exports/").status_code == 403
    assert client.post("/customers/exports/customers/").status_code == 403


def test_a_text_longer_than_a_cell_is_not_cut(client):
    who = factories.customer("1")
    Interaction.objects.create(customer=who, occurred_at=NOW, body="あ" * 40_000)
    client.force_login(factories.user(role="manager"))
    told = client.post("/customers/exports/interactions/", {"form": "xlsx"})
    assert told.status_code == 200
    assert "32,767" in told.content.decode()


def test_purchases_keep_their_identity():
    who = factories.customer("1")
    one = factories.purchase(who, "2026-03-01", 100)
    assert [row[0] for row in exporting.rows("purchases")] == [str(one.line_key)]
