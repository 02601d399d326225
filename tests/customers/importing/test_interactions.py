import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import CommandError

from accounts.models import User
from customers.importing import columns
from customers.models import Contact, Customer, ImportChange, Interaction, Touched
from tests import factories

from .by_command import bring, counts, rejects

pytestmark = pytest.mark.django_db
HEADER = "interaction_id,customer_id,occurred_at,kind,direction,category,status,priority,subject,body\n"


@pytest.fixture(autouse=True)
def _files_and_customers(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.customer("1")
    factories.customer("2")


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


JAPANESE = (
    "対応番号,顧客番号,対応日時,対応方法,発着信,区分,対応状況,優先度,件名,対応内容,"
    "対応者,ご担当者,満足度,競合,次回対応,次回日\n"
    """T1,1,2024/4/1 10:00,電話,受信,クレーム,対応中,緊急,請求の誤り,"①二重に請求されている
②至急！",鈴木,山田様,,Ｂ社,見積を送る,2024/4/8
T2,1,2024/4/2,打ち合わせ,,定例,,,ﾃｲﾚｲ,,sato@example.jp,,4.5,,,
"""
)


def test_interactions_come_in_with_everything_said_of_them(tmp_path):
    suzuki = factories.user("suzuki@example.jp", name="鈴木 一郎")
    sato = factories.user("sato@example.jp", name="佐藤 花子")
    yamada = Contact.objects.create(customer_id=_id("1"), name="山田")
    assert counts(tmp_path, "interactions", JAPANESE) == (2, 0, 0, 0)
    call, meeting = Interaction.objects.order_by("interaction_id")
    assert (call.kind, call.direction, call.category, call.status, call.priority) == (
        "phone", "inbound", "complaint", "working", "urgent",
    )  # fmt: skip
    assert call.occurred_at == utc(2024, 4, 1, 1)  # business time is Tokyo
    assert (call.subject, call.body) == ("請求の誤り", "①二重に請求されている\n②至急！")
    assert (call.by, call.contact, call.competitor) == (suzuki, yamada, "B社")
    assert (call.next_action, call.next_on, call.next_done_at) == ("見積を送る", dt.date(2024, 4, 8), None)
    assert (meeting.kind, meeting.direction, meeting.category, meeting.status) == (
        "meeting", "outbound", "regular", "closed",
    )  # fmt: skip
    assert (meeting.subject, meeting.by, meeting.satisfaction) == ("ﾃｲﾚｲ", sato, Decimal("4.5"))
    assert set(Touched.objects.values_list("customer__code", flat=True)) == {"1"}


@pytest.mark.parametrize(
    ("word", "kind", "direction"),
    [
        ("架電", "phone", "outbound"),
        ("受電", "phone", "inbound"),
        ("メール受信", "mail", "inbound"),
        ("来社", "visit", "inbound"),
        ("訪問", "visit", "outbound"),
        ("Phone call", "phone", "outbound"),
        ("オンライン会議", "meeting", "outbound"),
    ],
)
def test_a_word_for_the_kind_may_say_who_contacted_whom(tmp_path, word, kind, direction):
    counts(tmp_path, "interactions", f"customer_id,occurred_at,kind\n1,2024-04-01,{word}\n")
    assert Interaction.objects.values_list("kind", "direction").get() == (kind, direction)


def test_who_contacted_whom_is_not_assumed_in_silence():
    silent, said = ["customer_id", "occurred_at", "kind"], ["customer_id", "occurred_at", "kind", "direction"]
    assert ["who contacted whom" in notice for notice in columns.guess("interactions", silent).notices] == [True]
    assert columns.guess("interactions", said).notices == ()
    assert columns.guess("interactions", silent, {"constants": {"direction": "inbound"}}).notices == ()


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ("T,1,2024-04-01,手紙,,,,,,", "bad_interaction_kind", "kind"),
        ("T,1,2024-04-01,電話,横,,,,,", "bad_direction", "direction"),
        ("T,1,2024-04-01,電話,受信,その他,,,,", "bad_category", "category"),
        ("T,1,2024-04-01,電話,受信,,多分,,,", "bad_status", "status"),
        ("T,1,2024-04-01,電話,受信,,,P0,,", "bad_priority", "priority"),
        ("T,1,2199-04-01,電話,受信,,,,,", "future_date", "occurred_at"),
        ("T,1,2024-04-01,,受信,,,,,", "missing", "kind"),
        ("T,9,2024-04-01,電話,受信,,,,,", "unknown_customer", "customer_id"),
        (f"T,1,2024-04-01,電話,受信,,,,{'あ' * 201},", "too_long", "subject"),
    ],
)
def test_what_is_not_known_is_rejected_and_never_guessed(tmp_path, cells, code, column):
    assert counts(tmp_path, "interactions", f"{HEADER}{cells}\n") == (0, 0, 0, 1)
    assert rejects() == [(2, code, column)]


def test_a_later_file_corrects_what_it_names_and_leaves_empty_cells_alone(tmp_path):
    bring(tmp_path, "interactions", f"{HEADER}T1,1,2024-04-01,電話,受信,要望,未対応,高,件名,本文\n")
    text = "interaction_id,customer_id,occurred_at,kind,status,body,resolved_at\nT1,1,2024-04-01,mail,,,2024-04-03\n"
    assert counts(tmp_path, "interactions", text) == (0, 1, 0, 0)
    one = Interaction.objects.get()
    assert (one.kind, one.direction, one.category, one.body) == ("mail", "inbound", "request", "本文")
    assert (one.status, one.resolved_at, one.version) == ("closed", utc(2024, 4, 2, 15), 2)
    change = ImportChange.objects.get()
    assert (change.model, change.row_id, change.line) == ("interaction", one.pk, 2)
    assert change.before == {"kind": "phone", "status": "open", "resolved_at": None}
    assert (change.after["kind"], change.after["status"]) == ("mail", "closed")
    emptied = "interaction_id,customer_id,occurred_at,kind,body,category\nT1,1,2024-04-01,mail,,\n"
    assert counts(tmp_path, "interactions", emptied, "--clear-empty") == (0, 1, 0, 0)
    one.refresh_from_db()
    assert (one.body, one.category, one.priority) == ("", "", "high")


def test_rows_without_a_number_are_told_by_their_values_and_equal_ones_each_count(tmp_path):
    row = "1,2024-04-01 10:00,電話,受信,同じ\n"
    header = "customer_id,occurred_at,kind,direction,subject\n"
    assert counts(tmp_path, "interactions", header + row + row) == (2, 0, 0, 0)
    assert counts(tmp_path, "interactions", header + "2" + row[1:] + row * 3) == (2, 0, 2, 0)
    assert Interaction.objects.filter(customer__code="1").count() == 3


def test_what_was_edited_since_is_not_set_back_by_the_file_it_came_from(tmp_path):
    text = "customer_id,occurred_at,kind,subject\n1,2024-04-01,電話,前\n"
    bring(tmp_path, "interactions", text)
    Interaction.objects.update(subject="後", status="open")
    assert counts(tmp_path, "interactions", text) == (0, 0, 1, 0)
    assert Interaction.objects.get().subject == "後"


def test_our_own_number_names_a_row_that_has_none_of_its_own(tmp_path):
    mine = Interaction.objects.create(customer_id=_id("1"), occurred_at=utc(2024, 4, 1), subject="前")
    header = "interaction_id,customer_id,occurred_at,kind,direction,subject\n"
    same = f"{header}#{mine.pk},1,2024-04-01 09:00,phone,outbound,前\n"
    assert counts(tmp_path, "interactions", same) == (0, 0, 1, 0)
    assert counts(tmp_path, "interactions", same.replace("前", "後")) == (0, 1, 0, 0)
    mine.refresh_from_db()
    assert (mine.subject, mine.interaction_id) == ("後", "")
    of_another = same.replace(",1,", ",2,")
    assert counts(tmp_path, "interactions", of_another) == (1, 0, 0, 0)  # a number of the file's own
    assert Interaction.objects.get(customer__code="2").interaction_id == f"#{mine.pk}"


def test_a_number_belongs_to_one_customer(tmp_path):
    rows = "T1,1,2024-04-01,電話,受信,,,,,\nT1,2,2024-04-01,電話,受信,,,,,\nT1,1,2024-04-01,電話,発信,,,,,\n"
    assert counts(tmp_path, "interactions", HEADER + rows) == (1, 0, 1, 1)
    assert rejects() == [(3, "taken_id", "interaction_id")]
    assert Interaction.objects.get().direction == "outbound"
    assert counts(tmp_path, "interactions", HEADER + "T1,2,2024-04-01,電話,受信,,,,,\n") == (0, 0, 0, 1)


def test_resolved_before_it_occurred_is_rejected_but_a_day_alone_is_any_time_of_it(tmp_path):
    text = (
        "customer_id,occurred_at,kind,resolved_at\n"
        "1,2024-04-02 10:00,電話,2024-04-02\n"
        "1,2024-04-02 10:00,電話,2024-04-01\n"
        "1,2024-04-02 10:00,電話,2024-04-02 09:59\n"
    )
    assert counts(tmp_path, "interactions", text) == (1, 0, 0, 2)
    assert rejects() == [
        (3, "resolved_before_it_occurred", "resolved_at"),
        (4, "resolved_before_it_occurred", "resolved_at"),
    ]
    one = Interaction.objects.get()
    assert one.resolved_at == one.occurred_at == utc(2024, 4, 2, 1)


@pytest.mark.parametrize(("text", "kept"), [("5", "5.0"), ("4.5点", "4.5"), ("100", "100.0")])
def test_satisfaction_is_a_mark(tmp_path, text, kept):
    counts(tmp_path, "interactions", f"customer_id,occurred_at,kind,満足度\n1,2024-04-01,電話,{text}\n")
    assert str(Interaction.objects.get().satisfaction) == kept


@pytest.mark.parametrize("text", ["4.55", "101", "良い", "-1", "999999999999"])
def test_what_is_no_mark_is_rejected(tmp_path, text):
    assert counts(tmp_path, "interactions", f"customer_id,occurred_at,kind,満足度\n1,2024-04-01,電話,{text}\n")[3] == 1
    assert rejects() == [(2, "bad_score", "満足度")]


def test_staff_are_found_as_owners_are_and_one_nobody_knows_waits_for_an_admin(tmp_path):
    suzuki = factories.user("suzuki@example.jp", name="鈴木 一郎")
    factories.user("a@example.jp", name="田中 一郎")
    factories.user("b@example.jp", name="田中 二郎")
    rows = [
        ("SUZUKI@example.jp", 1),
        ("鈴木", 2),
        ("鈴木一郎", 3),
        ("田中", 4),
        ("退職 太郎", 5),
        ("退職 太郎", 6),
        ("", 7),
    ]
    text = "customer_id,occurred_at,kind,対応者\n" + "".join(f"1,2024-04-0{day},電話,{by}\n" for by, day in rows)
    assert counts(tmp_path, "interactions", text) == (6, 0, 0, 1)
    assert rejects() == [(5, "ambiguous_owner", "対応者")]
    assert Interaction.objects.filter(by=suzuki).count() == 3
    gone = User.objects.get(name="退職 太郎")
    assert (gone.is_placeholder, gone.is_active, Interaction.objects.filter(by=gone).count()) == (True, False, 2)
    assert Interaction.objects.filter(by=None).count() == 1


def test_contacts_are_those_of_the_customer_by_code_number_address_or_name(tmp_path):
    one = Contact.objects.create(customer_id=_id("1"), code="P1", name="山田 花子", email="hanako@example.jp")
    Contact.objects.create(customer_id=_id("1"), name="佐藤")
    Contact.objects.create(customer_id=_id("1"), name="佐 藤")
    other = Contact.objects.create(customer_id=_id("2"), code="P2", name="高橋", email="taka@example.jp")
    named = ["P1", f"#{one.pk}", "Hanako@example.jp", "山田花子 様", "佐藤", "P2", f"#{other.pk}", "だれか"]
    text = "customer_id,occurred_at,kind,contact_id\n" + "".join(f"1,2024-04-01,電話,{name}\n" for name in named)
    assert counts(tmp_path, "interactions", text) == (4, 0, 0, 4)
    assert rejects() == [
        (6, "ambiguous_contact", "contact_id"),
        *((line, "unknown_contact", "contact_id") for line in (7, 8, 9)),
    ]
    assert set(Interaction.objects.values_list("contact", flat=True)) == {one.pk}


def test_a_contract_may_stand_instead_of_the_customer_but_not_against_him(tmp_path):
    factories.contract(_of("1"), "2024-01-01", contract_id="K1")
    text = (
        "customer_id,contract_id,occurred_at,kind\n,K1,2024-04-01,電話\n1,K1,2024-04-02,電話\n2,K1,2024-04-03,電話\n"
        ",K9,2024-04-04,電話\n,,2024-04-05,電話\n1,K9,2024-04-06,電話\n"
    )
    assert counts(tmp_path, "interactions", text) == (3, 0, 0, 3)
    assert rejects() == [
        (4, "other_customer", "contract_id"),
        (5, "unknown_contract", "contract_id"),
        (6, "missing", "customer_id"),
    ]
    assert set(Interaction.objects.values_list("customer__code", flat=True)) == {"1"}


def test_a_row_without_number_stays_the_same_row_after_its_customer_was_merged(tmp_path):
    factories.contract(_of("1"), "2024-01-01", contract_id="K1")
    by_contract = "contract_id,occurred_at,kind\nK1,2024-04-01,電話\n"
    by_customer = "customer_id,occurred_at,kind\n1,2024-04-02,電話\n"
    bring(tmp_path, "interactions", by_contract)
    bring(tmp_path, "interactions", by_customer)
    one, two = _of("1"), _of("2")
    one.contracts.update(customer=two)
    one.interactions.update(customer=two)
    type(one).objects.filter(pk=one.pk).update(merged_into=two)
    assert counts(tmp_path, "interactions", by_contract) == (0, 0, 1, 0)
    assert counts(tmp_path, "interactions", by_customer) == (0, 0, 1, 0)


def test_a_bare_person_in_charge_is_asked(tmp_path):
    text = "customer_id,occurred_at,kind,担当者\n1,2024-04-01,電話,鈴木\n"
    with pytest.raises(CommandError, match="担当者"):
        bring(tmp_path, "interactions", text)
    assert counts(tmp_path, "interactions", text, mapping={"columns": {"担当者": "by"}}) == (1, 0, 0, 0)


def test_customers_may_be_made_and_constants_given(tmp_path):
    text = "customer_id,occurred_at\n77,2024-04-01\n"
    constants = {"constants": {"kind": "チャット", "direction": "受信", "category": "要望"}}
    assert counts(tmp_path, "interactions", text, "--create-customers", mapping=constants) == (1, 0, 0, 0)
    one = Interaction.objects.get()
    assert (one.customer.code, one.kind, one.direction, one.category) == ("77", "chat", "inbound", "request")


def test_a_formula_stays_text_and_its_quote_goes(tmp_path):
    text = "customer_id,occurred_at,kind,subject,body\n1,2024-04-01,電話,=1+1,'=cmd|x\n"
    counts(tmp_path, "interactions", text)
    assert Interaction.objects.values_list("subject", "body").get() == ("=1+1", "=cmd|x")


def test_small_chunks_give_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("customers.importing.running.CHUNK", 1)
    assert counts(tmp_path, "interactions", JAPANESE.replace("山田様", "")) == (2, 0, 0, 0)


def _of(code):
    return Customer.objects.get(code=code)


def _id(code):
    return _of(code).pk
