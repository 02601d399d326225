import pytest

from customers.importing import columns
from customers.importing.encoding import RefusedError


def fields(kind, *header, **given):
    mapping = columns.guess(kind, list(header), given)
    return {header[index]: name for index, name in mapping.fields.items()}


def test_japanese_headers_are_recognised_whatever_their_width_and_brackets():
    assert fields(
        "customers",
        "顧客番号",
        "お名前(必須)",
        "ﾌﾘｶﾞﾅ",
        "【電話番号】",
        " E-mail ",
        "〒",
        "ご住所",
        "業種",
        "担当ＣＳ",
        "生年月日",
    ) == {
        "顧客番号": "customer_id",
        "お名前(必須)": "name",
        "ﾌﾘｶﾞﾅ": "kana",
        "【電話番号】": "phone",
        " E-mail ": "email",
        "〒": "postal_code",
        "ご住所": "address",
        "業種": "industry",
        "担当ＣＳ": "owner",
        "生年月日": "birth_on",
    }


@pytest.mark.parametrize("kind", ["customers", "purchases", "logins", "contracts"])
def test_every_canonical_column_is_recognised_by_its_own_name(kind):
    names = [column.field for column in columns.columns_of(kind)]
    assert fields(kind, *names) == {name: name for name in names}


def test_purchases():
    assert fields("purchases", "会員番号", "注文日", "受注番号", "売上金額", "商品名", "数量") == {
        "会員番号": "customer_id",
        "注文日": "purchased_at",
        "受注番号": "order_id",
        "売上金額": "amount",
        "商品名": "product",
        "数量": "quantity",
    }


@pytest.mark.parametrize(("header", "tax"), [("金額(税込)", "true"), ("税抜金額", "false"), ("金額", None)])
def test_a_header_may_say_the_tax(header, tax):
    mapping = columns.guess("purchases", ["顧客番号", "購入日", header])
    assert mapping.constants.get("tax_included") == tax


def test_parts_of_a_name_and_an_address_fill_one_field_each():
    mapping = columns.guess(
        "customers",
        ["ID", "姓", "名", "セイ", "メイ", "都道府県", "市区町村", "番地", "建物名", "TEL1", "TEL2", "TEL3"],
    )
    assert set(mapping.fields.values()) == {
        "customer_id", "family_name", "given_name", "family_kana", "given_kana",
        "prefecture", "city", "street", "building", "phone_1", "phone_2", "phone_3",
    }  # fmt: skip
    assert {"name", "kana", "address", "phone"} <= mapping.filled
    columns.check(mapping, [])


def test_a_company_beside_a_persons_name_is_the_employer():
    assert fields("customers", "顧客ID", "会社名", "氏名")["会社名"] == "company"
    assert fields("customers", "顧客ID", "会社名")["会社名"] == "name"


def test_unknown_columns_become_attributes_of_customers_only():
    mapping = columns.guess("customers", ["customer_id", "name", "血液型", ""])
    assert mapping.attributes == {2: "血液型"}
    assert columns.guess("purchases", ["customer_id", "血液型"]).attributes == {}


@pytest.mark.parametrize(
    ("header", "field", "direction"),
    [
        ("mail_ok", "mail_ok", "positive"),
        ("メルマガ可否", "mail_ok", "unclear"),
        ("メルマガ", "mail_ok", "unclear"),
        ("メルマガ希望", "mail_ok", "positive"),
        ("メール配信停止", "mail_ok", "negative"),
        ("DM不可", "postal_ok", "negative"),
        ("ＤＭ", "postal_ok", "unclear"),
        ("電話NG", "phone_ok", "negative"),
        ("電話可否", "phone_ok", "unclear"),
        ("unsubscribed", "mail_ok", "negative"),
        ("email_opt_in", "mail_ok", "positive"),
    ],
)
def test_consent_columns_know_their_direction(header, field, direction):
    mapping = columns.guess("customers", ["customer_id", "name", header])
    assert mapping.fields[2] == field
    assert mapping.consents == {2: direction}
    assert mapping.attributes == {}


@pytest.mark.parametrize("header", ["admin", "cdm", "電話番号", "メールアドレス", "phone", "E-mail"])
def test_what_only_holds_the_letters_is_no_consent(header):
    assert columns.consent_of(header) == ("", "")


def test_a_header_that_looks_like_consent_never_becomes_an_attribute():
    mapping = columns.guess("customers", ["customer_id", "name", "第三者提供の同意", "連絡不可"])
    assert mapping.attributes == {}
    assert len(mapping.notices) == 2


def test_a_person_confirms_the_direction_by_mapping_the_column():
    mapping = columns.guess(
        "customers",
        ["customer_id", "name", "メルマガ可否", "DM"],
        {"columns": {"メルマガ可否": "mail_ok", "DM": "postal_ng"}},
    )
    assert mapping.consents == {2: "positive", 3: "negative"}
    assert mapping.fields == {0: "customer_id", 1: "name", 2: "mail_ok", 3: "postal_ok"}


def test_contract_ends_by_their_headers():
    assert fields("contracts", "契約終了日", "解約申出日", "ends_on") == {
        "契約終了日": "last_service_on",
        "解約申出日": "cancelled_on",
        "ends_on": "ends_on",
    }


@pytest.mark.parametrize("bare", ["担当者", "担当", "担当者名(必須)"])
def test_a_bare_person_in_charge_is_asked(bare):
    header = ["顧客番号", "会社名", bare]
    mapping = columns.guess("customers", header)
    assert [(question.index, question.choices[0]) for question in mapping.questions] == [(2, "owner")]
    with pytest.raises(RefusedError, match=r"担当.*owner / contact_name"):
        columns.check(mapping, header)
    for answer, fields, attributes in (("owner", {2: "owner"}, {}), ("attributes.先方担当者", {}, {2: "先方担当者"})):
        answered = columns.guess("customers", header, {"columns": {bare: answer}})
        columns.check(answered, header)
        assert ({2: answered.fields[2]} if 2 in answered.fields else {}, answered.attributes) == (fields, attributes)


def test_a_bare_day_of_cancellation_is_asked():
    header = ["顧客番号", "契約番号", "月額", "開始日", "解約日"]
    mapping = columns.guess("contracts", header)
    assert [question.header for question in mapping.questions] == ["解約日"]
    with pytest.raises(RefusedError, match=r"解約日.*cancelled_on"):
        columns.check(mapping, header)
    answered = columns.guess("contracts", header, {"columns": {"解約日": "last_service_on"}})
    columns.check(answered, header)
    assert answered.fields[4] == "last_service_on"


def test_columns_can_be_given_by_name_or_place_and_left_out():
    mapping = columns.guess(
        "customers",
        ["a", "b", "氏名", "業種"],
        {"columns": {"a": "customer_id", "1": "kana", "業種": None, "氏名": "name"}},
    )
    assert mapping.fields == {0: "customer_id", 1: "kana", 2: "name"}
    assert mapping.attributes == {}


def test_key_and_constants_stand_in_for_columns():
    mapping = columns.guess(
        "contracts",
        ["会社", "plan", "mrr", "start"],
        {"columns": {"会社": "customer_id"}, "key": ["会社", "start"], "constants": {"is_trial": "false"}},
    )
    assert mapping.key == (0, 3)
    columns.check(mapping, [])
    assert "is_trial" in mapping.filled


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"columns": {"x": "name"}}, "column “x”"),
        ({"columns": {"a": "nonsense"}}, "field “nonsense”"),
        ({"constants": {"nonsense": 1}}, "field “nonsense”"),
        ({"date_order": "DYM"}, "date_order"),
        ({"key": ["zz"]}, "column “zz”"),
    ],
)
def test_a_mapping_that_names_what_is_not_there_is_refused(given, words):
    with pytest.raises(RefusedError, match=words):
        columns.guess("customers", ["a", "b"], given)


def test_a_missing_required_column_is_named():
    header = ["顧客番号", "色"]
    with pytest.raises(RefusedError, match=r"name.*顧客番号"):
        columns.check(columns.guess("customers", header), header)


def test_mrr_or_an_amount_will_do():
    header = ["customer_id", "contract_id", "amount", "billing_cycle", "starts_on"]
    columns.check(columns.guess("contracts", header), header)


def test_choices_hold_every_field_and_its_parts():
    assert {"family_name", "mail_ng", "birth_on"} <= set(columns.choices_of("customers"))
    assert "family_name" not in columns.choices_of("purchases")


@pytest.mark.parametrize(
    ("header", "direction"),
    [
        ("メール配信停止フラグ", "negative"),
        ("配信停止希望有無", "negative"),  # yes: they want it to stop
        ("メルマガ希望フラグ", "positive"),
        ("メルマガ希望有無", "unclear"),
        ("メルマガ区分", "unclear"),
    ],
)
def test_a_flag_points_as_the_word_before_it(header, direction):
    assert columns.consent_of(header) == ("mail_ok", direction)


def test_several_codes_of_a_customer_may_stand_for_one_another_but_not_two_days():
    given = {"columns": {"会員ID": "customer_id", "メール": "customer_id", "日付": "purchased_at"}}
    header = ["会員ID", "メール", "日付", "金額", "締日"]
    mapping = columns.guess("purchases", header, given)
    assert mapping.fields == {0: "customer_id", 1: "customer_id", 2: "purchased_at", 3: "amount"}
    assert mapping.lowered == {1}  # an address as a code counts whatever its case
    with pytest.raises(RefusedError, match="purchased_at"):
        columns.guess("purchases", header, {"columns": {"日付": "purchased_at", "締日": "purchased_at"}})


@pytest.mark.parametrize(
    "given",
    [
        {"products": {"nonsense": ["a"]}},
        {"products": {"amount": ["nowhere"]}},
        {"less": {"amount": ["nowhere"]}},
        {"skip": {"nowhere": ["x"]}},
        {"values": {"nowhere": {"*": "x"}}},
        {"once_per_order": ["nonsense"]},
    ],
)
def test_a_recipe_that_names_what_is_not_there_is_refused(given):
    with pytest.raises(RefusedError, match=r"nonsense|nowhere"):
        columns.guess("purchases", ["a", "b"], given)


def test_a_product_of_columns_fills_its_field():
    header = ["会員ID", "注文日", "単価", "数量", "値引"]
    given = {"products": {"amount": ["単価", "数量"]}, "less": {"amount": ["値引"]}}
    mapping = columns.guess("purchases", header, given)
    columns.check(mapping, header)
    assert (mapping.products, mapping.less) == ({"amount": (2, 3)}, {"amount": (4,)})


def test_a_number_of_a_telephone_in_three_parts_is_not_two_numbers():
    header = ["会員ID", "氏名", "電話番号1", "電話番号2"]
    parts = columns.guess("customers", header, samples=[["1", "あ", "03", "1234"]])
    assert (parts.fields[2], parts.fields[3]) == ("phone_1", "phone_2")
    whole = columns.guess("customers", header, samples=[["1", "あ", "", ""], ["2", "い", "03-1234-5678", ""]])
    assert (whole.fields[2], whole.attributes) == ("phone", {3: "電話番号2"})


@pytest.mark.parametrize("header", ["売上_千円", "売上(千円)", "売上【千円】", "売上 [単位:千円]"])
def test_a_header_with_its_unit_is_recognised(header):
    mapping = columns.guess("purchases", ["会員ID", "注文日", header])
    assert mapping.scales == {2: 1000}
    assert mapping.constants["currency"] == "JPY"


@pytest.mark.parametrize(
    ("header", "titles", "tax"),
    [
        ("金額", ["売上一覧(税込)"], "true"),
        ("金額(税抜)", ["売上一覧(税込)"], "false"),
        ("金額", ["税込・税抜"], None),  # both: says nothing
        ("金額(外税)", [], "false"),
    ],
)
def test_a_title_says_the_tax_where_the_header_does_not(header, titles, tax):
    mapping = columns.guess("purchases", ["会員ID", "注文日", header], titles=titles)
    assert mapping.constants.get("tax_included") == tax
    assert [ask.about for ask in mapping.asks] == ([] if tax else ["tax_included"])


def test_marks_of_the_reduced_rate_stand_back_behind_a_rate():
    mapping = columns.guess("purchases", ["会員ID", "注文日", "金額", "税率", "軽減税率"])
    assert [name for name in mapping.fields.values() if "rate" in name] == ["tax_rate"]
    assert "reduced_rate" in columns.guess("purchases", ["会員ID", "軽減税率対象"]).fields.values()


def test_a_price_of_one_piece_times_the_quantity_is_the_amount_where_no_column_has_it():
    mapping = columns.guess("purchases", ["会員ID", "注文日", "単価(税込)", "数量"])
    assert (mapping.products, mapping.constants) == ({"amount": (2, 3)}, {"tax_included": "true"})
    assert len(mapping.notices) == 1
    beside = columns.guess("purchases", ["会員ID", "注文日", "単価", "数量", "金額"])
    assert (beside.products, beside.fields[4]) == ({}, "amount")
    alone = ["会員ID", "注文日", "単価"]
    with pytest.raises(RefusedError, match="amount"):
        columns.check(columns.guess("purchases", alone), alone)


def test_a_bare_price_beside_a_quantity_is_asked():
    header = ["customer_id", "date", "price", "quantity"]
    [question] = columns.guess("purchases", header).questions
    assert (question.header, question.choices) == ("price", ("amount", "unit_price"))
    piece = columns.guess("purchases", header, {"columns": {"price": "unit_price"}})
    assert (piece.products, piece.questions) == ({"amount": (2, 3)}, ())
    line = columns.guess("purchases", header, {"columns": {"price": "amount"}})
    assert (line.products, line.fields[2]) == ({}, "amount")
    assert columns.guess("purchases", header[:3]).fields[2] == "amount"
    assert columns.guess("purchases", [*header, "amount"]).questions == ()
