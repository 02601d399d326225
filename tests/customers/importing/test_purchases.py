"""Purchases: identity, tax, units, an order's total, and rows that are no purchase."""

import datetime as dt
import io
import uuid
from decimal import Decimal

import pytest
from openpyxl import Workbook

from customers.importing import staging
from customers.models import Import, ImportChange, Purchase
from tests import factories

from .bringing import bring, counts, rejects

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def purchases(text, **options):
    return bring("purchases", text, create_customers=True, **options)


def amounts():
    return list(Purchase.objects.order_by("order_id", "product__name").values_list("amount", flat=True))


def notices(imported):
    return " ".join(staging.layout_and_mapping(imported)[1].notices)


# --- an order's total ----------------------------------------------------------------------------

TOTALS = """顧客番号,注文番号,注文日,合計金額,商品名
1,A,2024/4/1,3000,ペン
1,A,2024/4/1,3000,紙
1,A,2024/4/1,3000,消しゴム
2,B,2024/4/2,500,ペン
"""


def test_an_order_total_on_each_line_counts_once_and_the_products_stay():
    done = purchases(TOTALS)
    assert counts(done) == (4, 0, 0, 0)
    assert amounts() == [3000, 0, 0, 500]  # by code point ペン, 消しゴム, 紙: ペン carries order A
    assert Purchase.objects.get(order_id="A", amount=3000).product.name == "ペン"
    assert "合計金額" in notices(done)
    assert counts(purchases(TOTALS)) == (0, 0, 4, 0)


def test_the_order_of_the_lines_and_files_that_divide_an_order_make_no_difference():
    header, *lines = TOTALS.splitlines()
    purchases("\n".join([header, *lines[2:]]))  # 消しゴム carries A here
    purchases("\n".join([header, *lines[:2]]))
    assert sum(amounts()) == 3500
    assert counts(purchases("\n".join([header, *lines[1::-1]])))[2] == 2
    assert sum(amounts()) == 3500


def test_it_is_left_alone_where_lines_of_an_order_differ_or_a_person_says_so():
    purchases(TOTALS.replace("3000,紙", "2000,紙"))
    assert sum(amounts()) == 8500
    Purchase.objects.all().delete()
    purchases(TOTALS, mapping={"totals_once": False})
    assert sum(amounts()) == 9500


@pytest.mark.parametrize("header", ["金額", "小計", "売上金額"])
def test_a_header_of_lines_is_never_taken_for_a_total(header):
    done = purchases(TOTALS.replace("合計金額", header))
    assert sum(amounts()) == 9500
    assert header not in notices(done) or "order's total" not in notices(done)


def test_a_lines_amount_is_preferred_to_the_orders_total():
    rows = "1,A,2024/4/1,3000,1000,ペン\n1,A,2024/4/1,3000,2000,紙\n"
    purchases("顧客番号,注文番号,注文日,合計金額,小計,商品名\n" + rows)
    assert amounts() == [1000, 2000]


# --- tax -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "words"), [("excluded", "before tax"), ("included", "include it")])
def test_a_header_silent_on_tax_takes_the_companys_setting_and_says_so(setting, words):
    factories.configure(tax=setting)
    done = purchases("顧客番号,注文日,金額\n1,2024/4/1,1100\n")
    assert amounts() == [1100]
    assert words in notices(done)
    [ask] = staging.layout_and_mapping(done)[1].asks
    assert (ask.about, ask.header, ask.is_needed) == ("tax_included", "金額", False)


def test_a_person_who_answers_is_not_asked_again():
    done = purchases("顧客番号,注文日,金額\n1,2024/4/1,1100\n", mapping={"constants": {"tax_included": "true"}})
    assert amounts() == [1000]
    assert staging.layout_and_mapping(done)[1].asks == ()
    assert "general rate" in notices(done)


def test_with_a_column_of_rates_no_rate_is_assumed():
    done = purchases("顧客番号,注文日,税込金額,税率\n1,2024/4/1,1080,軽減8%\n")
    assert amounts() == [1000]
    assert notices(done) == "Amounts that include tax are kept before tax, rounded to the nearest unit (half up)."


def test_an_amount_that_stands_as_it_is_kept_leaves_nothing_to_say():
    assert notices(purchases("顧客番号,注文日,税抜金額\n1,2024/4/1,1080\n")) == ""
    factories.configure(tax="included")
    assert notices(purchases("顧客番号,注文日,税込金額\n1,2024/4/2,1080\n")) == ""
    assert "are kept with tax" in notices(purchases("顧客番号,注文日,税抜金額\n1,2024/4/3,1080\n"))


def test_marks_of_the_reduced_rate_and_a_title_that_says_the_tax():
    rows = "1,2024/4/1,1080,※,a\n1,2024/4/2,1100,,b\n1,2024/4/3,1080,8%,c\n1,2024/4/4,1100,?,d\n"
    done = purchases("売上一覧(税込)\n顧客番号,注文日,金額,軽減税率,商品\n" + rows)
    assert list(Purchase.objects.order_by("purchased_at").values_list("amount", "tax_rate")) == [
        (1000, 8),
        (1000, None),
        (1000, 8),
    ]
    assert rejects(done) == [(6, "bad_rate", "軽減税率")]


# --- units ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("顧客番号,注文日,金額(千円)\n1,2024/4/1,1.5\n", [1500]),
        ("顧客番号,注文日,売上金額（百万円）\n1,2024/4/1,2\n", [2_000_000]),
        ("顧客番号,注文日,金額_万円\n1,2024/4/1,△3\n", [-30_000]),
        ("売上一覧\n単位：千円\n顧客番号,注文日,金額\n1,2024/4/1,12\n", [12_000]),
        ("(千円)\n顧客番号,注文日,金額\n1,2024/4/1,12\n", [12_000]),
        ("売上一覧 単位：千円\n顧客番号,注文日,金額(円)\n1,2024/4/1,12\n", [12]),
        ("売上一覧 単位:円\n顧客番号,注文日,金額\n1,2024/4/1,12\n", [12]),
        ("customer_id,date,amount (thousands)\n1,2024/4/1,12\n", [12_000]),
    ],
)
def test_amounts_in_thousands_are_never_taken_for_yen(text, expected):
    done = purchases(text)
    assert amounts() == expected
    assert ("multiplied" in notices(done)) is (expected != [12])


def test_a_cell_that_names_its_own_unit_in_such_a_column_is_rejected():
    done = purchases('顧客番号,注文日,金額(千円)\n1,2024/4/1,"1,200円"\n1,2024/4/2,2千円\n1,2024/4/3,2\n')
    assert [(line, code) for line, code, _column in rejects(done)] == [(2, "unclear_unit"), (3, "unclear_unit")]
    assert amounts() == [2000]


def test_a_person_may_say_that_a_unit_is_not_meant():
    purchases("顧客番号,注文日,金額(千円)\n1,2024/4/1,1500\n", mapping={"units": {"金額(千円)": 1}})
    assert amounts() == [1500]


def test_monthly_amounts_in_thousands_too():
    from customers.models import Contract

    factories.customer("1")
    bring("contracts", "顧客番号,契約番号,契約開始日,月額(千円)\n1,K1,2024/4/1,12\n")
    assert Contract.objects.get().mrr == 12_000


# --- identity ------------------------------------------------------------------------------------


def test_the_id_our_export_writes_is_the_stored_line_whatever_else_changed():
    purchases("顧客番号,注文日,税抜金額,商品\n1,2024/4/1,100,ペン\n1,2024/4/1,100,ペン\n")
    lines = Purchase.objects.order_by("nth")
    text = "purchase_id,customer_id,purchased_at,amount,product,tax_included\n" + "".join(
        f"{p.line_key},2,{p.purchased_at.isoformat()},{p.amount},ペン,false\n" for p in lines
    )
    assert counts(purchases(text)) == (0, 2, 0, 0)  # another customer, as after a merge: the same two lines
    assert counts(purchases(text)) == (0, 0, 2, 0)
    assert set(Purchase.objects.values_list("customer__code", flat=True)) == {"2"}


def test_a_line_known_by_its_id_takes_another_order_and_product():
    done = purchases("purchase_id,顧客番号,注文番号,注文日,税抜金額,商品\nL1,1,A,2024/4/1,100,ペン\n")
    assert counts(done) == (1, 0, 0, 0)
    key = Purchase.objects.get().line_key
    done = purchases(f"purchase_id,顧客番号,注文番号,注文日,税抜金額,商品\n{key},1,B,2024/4/1,100,紙\n")
    assert counts(done) == (0, 1, 0, 0)
    line = Purchase.objects.get()
    assert (line.order_id, line.product.name, line.line_key) == ("B", "紙", key)
    change = ImportChange.objects.get(imported=done)
    assert (change.before["order_id"], change.after["order_id"]) == ("A", "B")
    assert change.before["product_id"] != change.after["product_id"]
    assert set(change.after) == {"order_id", "product_id"}


def test_an_id_of_the_file_is_an_identity_within_its_order():
    text = "purchase_id,顧客番号,注文番号,注文日,税抜金額\n1,1,A,2024/4/1,100\n1,1,B,2024/4/1,100\n"
    assert counts(purchases(text)) == (2, 0, 0, 0)
    assert counts(purchases(text.replace("A,2024/4/1,100", "A,2024/4/1,200"))) == (0, 1, 1, 0)
    done = purchases(text + "1,1,A,2024/4/1,100\n")
    assert rejects(done) == [(4, "repeated_id", "purchase_id")]


def test_an_unknown_uuid_makes_a_line_that_keeps_it():
    key = uuid.UUID("0190b8a0-0000-7000-8000-000000000001")
    purchases(f"purchase_id,顧客番号,注文日,税抜金額\n{key},1,2024/4/1,100\n")
    assert Purchase.objects.get().line_key == key


# --- rows that are no purchase ---------------------------------------------------------------------


def test_what_is_still_to_come_is_rejected_but_not_tomorrow():
    done = purchases("顧客番号,注文日,税抜金額\n1,2026/11/22,1\n1,2026/11/23,2\n1,2027/1/1,3\n")
    assert amounts() == [1]  # as of 2026-11-21
    assert rejects(done) == [(3, "future_date", "注文日"), (4, "future_date", "注文日")]


def test_logins_to_come_are_rejected_contracts_may_start_later():
    factories.customer("1")
    done = bring("logins", "customer_id,logged_in_at\n1,2026-11-21 10:00\n1,2026-12-01 10:00\n")
    assert rejects(done) == [(3, "future_date", "logged_in_at")]
    done = bring("contracts", "顧客番号,契約番号,月額,契約開始日\n1,K1,100,2027/4/1\n")
    assert counts(done) == (1, 0, 0, 0)


def test_a_cancelled_order_is_no_purchase():
    done = purchases("顧客番号,注文番号,注文日,税抜金額,注文状況\n1,A,2024/4/1,1,発送済み\n1,B,2024/4/1,2,キャンセル\n")
    assert amounts() == [1]
    assert rejects(done) == [(3, "cancelled_order", "注文状況")]


def test_amounts_and_numbers_beyond_what_can_be_kept_are_rejected_also_after_tax():
    factories.configure(tax="included")
    rows = "1,2024/4/1,999999999999,1\n1,2024/4/2,1000000000000,1\n1,2024/4/3,5,1000000000\n1,2024/4/4,5,1\n"
    done = purchases("顧客番号,注文日,税抜金額,数量\n" + rows)
    assert [(line, code) for line, code, _column in rejects(done)] == [
        (2, "amount_too_large"),
        (3, "amount_too_large"),
        (4, "bad_number"),
    ]
    assert amounts() == [Decimal(6)]


def test_what_another_currency_says_stays_out():
    done = purchases("顧客番号,注文日,税抜金額,通貨\n1,2024/4/1,1,JPY\n1,2024/4/2,2,USD\n1,2024/4/3,3,\n")
    assert amounts() == [1, 3]
    assert rejects(done) == [(3, "other_currency", "通貨")]


# --- days and the whole file -----------------------------------------------------------------------


def days(done):
    assert done.state == Import.State.DONE, done.error
    return sorted({str(day) for day in Purchase.objects.values_list("purchased_on", flat=True)})


def test_one_day_beyond_twelve_tells_the_order_for_the_whole_column():
    done = purchases("顧客番号,注文日,税抜金額\n1,03-04-2024,1\n1,25-04-2024,2\n1,05/06/2024 10:30,3\n")
    assert days(done) == ["2024-04-03", "2024-04-25", "2024-06-05"]
    assert "day first" in notices(done)
    Purchase.objects.all().delete()
    done = purchases("顧客番号,注文日,税抜金額\n1,03/04/2024,1\n1,04/25/2024,2\n")
    assert days(done) == ["2024-03-04", "2024-04-25"]
    assert "month first" in notices(done)


def test_where_nothing_tells_the_file_waits_for_an_answer():
    text = "顧客番号,注文日,税抜金額\n1,03/04/2024,1\n1,05/06/2024,2\n"
    refused = purchases(text)
    assert (refused.state, Purchase.objects.count()) == (Import.State.FAILED, 0)
    assert "注文日" in refused.error
    assert "date_order" in refused.error
    assert "03/04/2024" in refused.error
    assert days(purchases(text, mapping={"date_order": "DMY"})) == ["2024-04-03", "2024-06-05"]


def test_days_that_read_the_same_either_way_need_no_answer():
    assert days(purchases("顧客番号,注文日,税抜金額\n1,03/03/2024,1\n1,2024-05-06,2\n")) == ["2024-03-03", "2024-05-06"]


def test_rows_that_contradict_what_nearly_all_say_are_rejected():
    rows = "".join(f"1,{day}/04/2024,{day}\n" for day in range(11, 31)) + "1,04/25/2024,1\n"
    done = purchases("顧客番号,注文日,税抜金額\n" + rows)
    assert counts(done) == (20, 0, 0, 1)
    assert rejects(done) == [(22, "bad_date", "注文日")]
    assert "1 dates do not fit" in notices(done)


def test_a_file_at_odds_with_itself_waits_for_an_answer():
    refused = purchases("顧客番号,注文日,税抜金額\n1,13/04/2024,1\n1,04/13/2024,1\n")
    assert "date_order" in refused.error


def test_what_was_found_is_kept_with_the_import_and_no_other_import_is_begun_for_it():
    text = "顧客番号,注文日,税抜金額\n1,25-04-2024,2\n"
    done = purchases(text)
    assert done.mapping["judged"]["date_order"] == "DMY"
    Import.objects.filter(pk=done.pk).update(state=Import.State.STAGING)
    assert purchases(text).pk == done.pk


def test_a_workbook_is_judged_as_a_text_file_is():
    book, file = Workbook(), io.BytesIO()
    for row in (
        ["売上一覧", None, "単位：千円"],
        ["顧客番号", "注文日", "税抜金額"],
        [1, "03/04/2024", 1.5],
        [1, "25/04/2024", 2],
    ):
        book.active.append(row)
    book.save(file)
    done = purchases(file.getvalue())
    assert days(done) == ["2024-04-03", "2024-04-25"]
    assert sorted(amounts()) == [1500, 2000]


def test_a_moment_with_an_offset_or_under_utc_is_a_day_of_the_company():
    factories.customer("1")
    purchases("顧客番号,Order time (UTC),税抜金額\n1,2024-04-01 20:00,1\n", mapping={"columns": {"#1": "purchased_at"}})
    line = Purchase.objects.get()
    assert line.purchased_at == dt.datetime(2024, 4, 1, 20, tzinfo=dt.UTC)
    assert line.purchased_on == dt.date(2024, 4, 2)
