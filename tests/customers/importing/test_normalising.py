import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.importing import columns, values
from customers.importing.normalising import TEXT, clean, tidy
from customers.searching import search_form, sort_form


def cleaned(kind, header, *rows, mapping=None, **options):
    table = pd.DataFrame({i: pd.Series([row[i] for row in rows], dtype=TEXT) for i in range(len(header))})
    found = clean(table, list(header), columns.guess(kind, list(header), mapping), **options)
    return [{k: (None if pd.isna(v) else v) for k, v in row.items()} for row in found.to_dict("records")]


def customer(header, cell, **options):
    return cleaned("customers", ["customer_id", "name", header], ["1", "あ", cell], **options)[0]


@pytest.mark.parametrize(
    ("header", "cell", "field", "expected"),
    [
        ("氏名カナ", "ﾔﾏﾀﾞ ﾀﾛｳ", "kana", "ヤマダ タロウ"),
        ("氏名カナ", "やまだ　たろう", "kana", "ヤマダ タロウ"),
        ("電話番号", "０３－１２３４－５６７８", "phone", "0312345678"),
        ("電話番号", "312345678", "phone", "0312345678"),
        ("電話番号", "9012345678", "phone", "09012345678"),
        ("電話番号", "+81-90-1234-5678", "phone", "09012345678"),
        ("電話番号", "(03)1234-5678 内線12", "phone", "0312345678"),
        ("電話番号", "TEL: 0120-123-456", "phone", "0120123456"),
        ("電話番号", "+1 650 253 0000", "phone", "+16502530000"),
        ("電話番号", "なし", "phone", None),
        ("郵便番号", "〒100-0001", "postal_code", "1000001"),
        ("郵便番号", "１００ー０００１", "postal_code", "1000001"),
        ("郵便番号", "600001", "postal_code", "0600001"),
        ("メール", " Taro@Example.JP ", "email", "taro@example.jp"),
        ("メール", "<mailto:taro@example.jp>", "email", "taro@example.jp"),
        ("メール", "taro..yamada.@docomo.ne.jp", "email", "taro..yamada.@docomo.ne.jp"),
        ("メール", "taro@例え.jp", "email", "taro@例え.jp"),
        ("生年月日", "S55.3.2", "birth_on", "1980-03-02"),
        ("法人/個人", "法人", "kind", "company"),
        ("業種", "ＩＴ・通信", "industry", "IT・通信"),
        ("業種", "", "industry", None),
    ],
)
def test_a_cell_of_a_customer(header, cell, field, expected):
    row = customer(header, cell)
    assert (row[field], row["code"]) == (expected, None)


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("電話番号", "1234", "bad_phone"),
        ("電話番号", "電話しない", "bad_phone"),
        ("電話番号", "03-1234-5678 / 090-1234-5678", "bad_phone"),
        ("郵便番号", "1234", "bad_postal_code"),
        ("メール", "taro@", "bad_email"),
        ("メール", "a@b@c.jp", "bad_email"),
        ("メール", "a..b@example.jp", "bad_email"),
        ("メール", "x" * 250 + "@example.jp", "bad_email"),
        ("生年月日", "きのう", "bad_date"),
        ("法人個人", "ねこ", "bad_kind"),
        ("業種", "x" * 101, "too_long"),
        ("mail_ok", "たぶん", "bad_boolean"),
    ],
)
def test_a_cell_that_is_not_certain_names_code_and_column(header, cell, code):
    row = customer(header, cell)
    assert (row["code"], row["column"]) == (code, header)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("山田　太郎　様", "山田 太郎"),
        ("山田 太郎様", "山田 太郎"),
        ("㈱山田商店 御中", "(株)山田商店"),
        ("ｶﾌﾞｼｷｶﾞｲｼｬ", "カブシキガイシャ"),
        ("髙橋\u200b一郎\t", "髙橋一郎"),
        ("大殿", "大殿"),
        ("山田 殿", "山田"),
        ("様", "様"),
        ("'=cmd|x", "=cmd|x"),
    ],
)
def test_a_name_loses_sama_and_stray_spaces_only(cell, name):
    assert cleaned("customers", ["id", "name"], ["1", cell])[0]["name"] == name


def test_parts_are_joined_in_their_order_whatever_the_order_of_columns():
    header = ["id", "名", "姓", "番地", "都道府県", "市区町村", "TEL2", "TEL1", "TEL3"]
    row = cleaned("customers", header, ["1", "太郎", "山田", "１－２", "東京都", "千代田区", "1234", "03", "5678"])[0]
    assert (row["name"], row["address"], row["phone"]) == ("山田 太郎", "東京都千代田区1-2", "0312345678")


def test_an_empty_part_leaves_no_joiner():
    row = cleaned("customers", ["id", "姓", "名"], ["1", "山田", ""], ["2", "", ""])
    assert [r["name"] for r in row] == ["山田", None]
    assert [r["code"] for r in row] == [None, "missing"]


def test_several_addresses_in_a_cell_are_told_apart():
    row = customer("メール", "a@example.jp、B@example.jp; a@example.jp")
    assert (row["email"], row["other_emails"]) == ("a@example.jp", "b@example.jp")


def test_tags_are_split():
    assert customer("タグ", "VIP、 展示会;VIP2,")["tags"] == "VIP\x1f展示会\x1fVIP2"


def test_unknown_columns_become_json_that_holds_any_text():
    cell = '彼は"はい"と\\言った'
    row = customer("メモ", cell)
    assert json.loads(row["attributes"]) == {"メモ": cell}
    assert json.loads(customer("メモ", "")["attributes"]) == {}
    assert json.loads(customer("メモ", "", clear_empty=True)["attributes"]) == {"メモ": None}


def test_two_consent_columns_for_one_channel_the_stricter_wins():
    rows = cleaned(
        "customers",
        ["id", "name", "メルマガ希望", "メール配信停止"],
        ["1", "あ", "1", "1"],
        ["2", "い", "1", "0"],
        ["3", "う", "", ""],
    )
    assert [row["mail_ok"] for row in rows] == ["false", "true", None]


@pytest.mark.parametrize(
    ("code", "error"), [("0012", None), ("1.2E+11", "bad_id"), ("", "missing"), ("x" * 101, "too_long")]
)
def test_a_customers_code_is_kept_as_it_is(code, error):
    row = cleaned("customers", ["id", "name"], [code, "あ"])[0]
    assert row["code"] == error
    assert row["customer_id"] == (None if error else code)


def test_a_key_of_columns_stands_in_for_a_missing_code():
    row = cleaned("customers", ["氏名", "〒"], ["㈱あ", "100-0001"], mapping={"key": ["氏名", "〒"]})[0]
    assert row["customer_id"] == "(株)あ/100-0001"


def test_purchases():
    header = ["顧客番号", "購入日時", "金額", "数量"]
    rows = cleaned(
        "purchases",
        header,
        ["1", "2024/4/1 9:05", "¥1,200", "2"],
        ["1", "R6.4.1", "△500", ""],
        ["", "2024-02-30", "x", "1"],
    )
    assert [(r["purchased_at"], r["amount"], r["quantity"], r["code"], r["column"]) for r in rows] == [
        ("2024-04-01 09:05:00", "1200", "2", None, None),
        ("2024-04-01 00:00:00", "-500", None, None, None),
        (None, None, "1", "bad_date", "購入日時"),
    ]


def test_a_constant_fills_a_field_of_every_row():
    rows = cleaned(
        "purchases",
        ["customer_id", "purchased_at", "amount"],
        ["1", "2024-04-01", "1"],
        mapping={"constants": {"tax_rate": "8%"}},
    )
    assert rows[0]["tax_rate"] == "8"


def test_no_rows_give_no_rows():
    assert cleaned("customers", ["id", "name", "kana", "email", "phone", "メモ"]) == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("株式会社　髙橋商店", "高橋商店"),
        ("㈱高橋商店", "高橋商店"),
        ("たかはし", "タカハシ"),
        ("ﾀｶﾊｼ", "タカハシ"),
        ("03-1234-5678", "0312345678"),
        ("Ａ・Ｂ．Ｃ", "abc"),
    ],
)
def test_search_form(text, form):
    assert search_form(text) == form


def test_sort_form_is_hiragana_without_the_legal_form():
    assert sort_form("ｶﾌﾞｼｷｶﾞｲｼｬ ｱｵｷ") == "あおき"
    assert sort_form("カブシキガイシャ アオキ") == "あおき"
    assert sort_form("アオキ") == "あおき"
    assert sort_form("㈱青木") == "青木"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_tidying_twice_is_tidying_once(texts):
    once = tidy(pd.Series(texts, dtype=TEXT).array.__arrow_array__().combine_chunks())
    assert tidy(once).to_pylist() == once.to_pylist()


@given(st.text(max_size=30))
def test_no_text_makes_a_reader_fail(text):
    for read in (values.read_day, values.read_moment, values.read_amount, values.read_number, values.read_integer,
                 values.read_rate, values.read_boolean, values.read_kind, values.read_cycle):  # fmt: skip
        value, code = read(text)
        assert bool(value) != bool(code) or not text


@given(st.dates(min_value=pd.Timestamp("1900-01-01").date(), max_value=pd.Timestamp("2100-12-31").date()))
def test_every_day_comes_back_from_each_way_of_writing_it(day):
    ways = [
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}" if day.year > 999 else str(day),
        f"{day.year}年{day.month}月{day.day}日",
        str(day),
    ]
    assert {values.read_day(way) for way in ways} == {(str(day), "")}


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_every_amount_comes_back_from_each_way_of_writing_it(amount):
    sign, size = ("▲" if amount < 0 else ""), abs(amount)
    read = {values.read_amount(way) for way in (f"{amount:f}", f"{sign}¥{size:,f}", f"{sign}{size:f}円")}
    assert len(read) == 1
    assert float(read.pop()[0]) == float(amount)


def test_a_column_splits_anywhere_without_a_difference():
    header = ["顧客番号", "購入日時", "金額"]
    rows = [[str(i), f"2024/4/{i % 30 + 1} {i % 24}:00", f"¥{i * 37:,}"] for i in range(50)]
    whole = cleaned("purchases", header, *rows)
    assert whole == cleaned("purchases", header, *rows[:17]) + cleaned("purchases", header, *rows[17:])
