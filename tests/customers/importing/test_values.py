"""Golden tables: one raw text → its canonical text, or the code that says why it cannot be read."""

import pytest

from customers.importing import values


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-04-01", "2024-04-01"),
        ("2024/4/1", "2024-04-01"),
        ("2024.4.1", "2024-04-01"),
        ("20240401", "2024-04-01"),
        ("2024年4月1日", "2024-04-01"),
        ("2024年4月1日(月)", "2024-04-01"),
        ("令和6年4月1日", "2024-04-01"),
        ("令和元年5月1日", "2019-05-01"),
        ("R6.4.1", "2024-04-01"),
        ("r1/5/1", "2019-05-01"),
        ("H31.4.30", "2019-04-30"),
        ("平成元年1月8日", "1989-01-08"),
        ("S64.1.7", "1989-01-07"),
        ("昭和 55年 3月 2日", "1980-03-02"),
        ("T15.12.25", "1926-12-25"),
        ("45383", "2024-04-01"),  # Excel: days since 1899-12-30
        ("2024-04-01 14:30", "2024-04-01"),
        ("2024/4/1 0:00:00", "2024-04-01"),
        ("20240401143000", "2024-04-01"),
        ("1 Apr 2024", "2024-04-01"),
        ("April 1, 2024", "2024-04-01"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_a_day_is_read(text, day):
    assert values.read_day(text) == (day, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-02-30", "bad_date"),
        ("2023-02-29", "bad_date"),
        ("2024/13/1", "bad_date"),
        ("令和7年", "bad_date"),
        ("平成31年5月1日", "bad_date"),  # 令和 had begun
        ("令和元年4月30日", "bad_date"),  # still 平成
        ("24/4/1", "bad_date"),
        ("04/05/2024", "ambiguous_date"),
        ("16-10-2024", "ambiguous_date"),
        ("20241301", "bad_date"),
        ("昨日", "bad_date"),
        ("2024-04-01 25:00", "bad_date"),
        ("0024-04-01", "bad_date"),
        ("1 4 Apr 2024", "bad_date"),
    ],
)
def test_a_day_that_is_not_certain_is_refused(text, code):
    assert values.read_day(text) == ("", code)


@pytest.mark.parametrize(("order", "day"), [("DMY", "2024-05-04"), ("MDY", "2024-04-05")])
def test_the_order_of_day_and_month_can_be_said(order, day):
    assert values.read_day("04-05-2024", order) == (day, "")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-04-01", "2024-04-01 00:00:00"),
        ("2024/4/1 9:05", "2024-04-01 09:05:00"),
        ("2024-04-01T09:05:07Z", "2024-04-01 09:05:07+00:00"),
        ("2024-04-01T09:05:07.250+09:00", "2024-04-01 09:05:07.250+09:00"),
        ("2024-04-01 09:05:07 +0900", "2024-04-01 09:05:07+09:00"),
        ("20240401090507", "2024-04-01 09:05:07"),
        ("2024年4月1日 午後2時30分", "2024-04-01 14:30:00"),
        ("2024年4月1日14時", "2024-04-01 14:00:00"),
        ("2024/4/1(月) 14:30:05", "2024-04-01 14:30:05"),
        ("2024/04/01 12:00 AM", "2024-04-01 00:00:00"),
        ("45383.5", "2024-04-01 12:00:00"),
        ("令和6年4月1日 14:30", "2024-04-01 14:30:00"),
    ],
)
def test_a_moment_is_read(text, moment):
    assert values.read_moment(text) == (moment, "")


@pytest.mark.parametrize("text", ["2024-04-01 24:00", "2024-04-01 12:60", "2024-04-01 13:00 PM", "2024-04-01 noon:1"])
def test_a_time_that_is_not_certain_is_refused(text):
    assert values.read_moment(text)[0] == ""
    assert values.read_moment(text)[1] in {"bad_time", "bad_date"}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1200", "1200"),
        ("1,200", "1200"),
        ("¥1,200", "1200"),
        ("\\1,200", "1200"),
        ("1,200円", "1200"),
        ("1,200 円", "1200"),
        ("△500", "-500"),
        ("▲500", "-500"),
        ("(500)", "-500"),
        ("-¥500", "-500"),
        ("¥-500", "-500"),
        ("500-", "-500"),
        ("−500", "-500"),
        ("+500", "500"),
        ("12.50", "12.5"),
        ("0", "0"),
        ("-0", "0"),
        (".5", "0.5"),
        ("1.2万円", "12000"),
        ("1,200千円", "1200000"),
        ("12.340", "12.34"),
        ("JPY 1,200", "1200"),
    ],
)
def test_an_amount_is_read(text, amount):
    assert values.read_amount(text) == (amount, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("abc", "bad_amount"),
        ("1,20", "bad_amount"),
        ("1.234,56", "bad_amount"),
        ("12.345", "bad_amount"),
        ("1.2E+05", "bad_amount"),
        ("--5", "bad_amount"),
        ("-(500)", "bad_amount"),
        ("(500", "bad_amount"),
        ("$12", "other_currency"),
        ("12 USD", "other_currency"),
        ("1000000000000", "amount_too_large"),
        ("9" * 60, "amount_too_large"),
    ],
)
def test_an_amount_that_is_not_certain_is_refused(text, code):
    assert values.read_amount(text) == ("", code)


def test_the_companys_own_currency_is_no_other():
    assert values.read_amount("$1,200.50", currency="USD") == ("1200.5", "")
    assert values.read_amount("1,200円", currency="USD") == ("", "other_currency")


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (values.read_number, "1.125", ("1.125", "")),
        (values.read_number, "3個", ("3", "")),
        (values.read_number, "¥3", ("", "bad_number")),
        (values.read_integer, "1,200", ("1200", "")),
        (values.read_integer, "30日", ("30", "")),
        (values.read_integer, "30.0", ("30", "")),
        (values.read_integer, "-1", ("", "bad_number")),
        (values.read_integer, "9999999999", ("", "bad_number")),
        (values.read_rate, "10%", ("10", "")),
        (values.read_rate, "0.08", ("8", "")),
        (values.read_rate, "軽減8%", ("8", "")),
        (values.read_rate, "非課税", ("0", "")),
        (values.read_rate, "40", ("", "bad_rate")),
        (values.read_rate, "%", ("", "bad_rate")),
        (values.read_boolean, "○", ("true", "")),
        (values.read_boolean, "×", ("false", "")),
        (values.read_boolean, "有", ("true", "")),
        (values.read_boolean, "なし", ("false", "")),
        (values.read_boolean, "TRUE", ("true", "")),
        (values.read_boolean, "いいえ", ("false", "")),
        (values.read_boolean, "たぶん", ("", "bad_boolean")),
        (values.read_kind, "法人", ("company", "")),
        (values.read_kind, "個人", ("person", "")),
        (values.read_kind, "その他", ("", "bad_kind")),
        (values.read_cycle, "年払い", ("yearly", "")),
        (values.read_cycle, "monthly", ("monthly", "")),
        (values.read_cycle, "quarterly", ("", "bad_cycle")),
    ],
)
def test_the_smaller_kinds_of_value(read, text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("direction", "text", "may"),
    [
        ("positive", "1", "true"),
        ("positive", "0", "false"),
        ("positive", "不可", "false"),
        ("negative", "1", "false"),  # DM不可 = 1
        ("negative", "○", "false"),
        ("negative", "0", "true"),
        ("negative", "不可", "false"),
        ("negative", "×", "false"),  # the stricter of two readings
        ("negative", "OK", "true"),
        ("unclear", "1", "false"),  # counts as no until confirmed
        ("unclear", "0", "false"),
        ("unclear", "可", "true"),
        ("unclear", "○", "true"),
    ],
)
def test_consent_is_read_the_strict_way(direction, text, may):
    assert values.read_consent(text, direction) == (may, "")


def test_consent_that_says_nothing_is_refused():
    assert values.read_consent("未確認", "positive") == ("", "bad_boolean")
