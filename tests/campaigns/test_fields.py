"""宛名 and the other merge fields: as written by a person of the trade."""

import datetime as dt

import pytest

from campaigns import fields

ROW = {
    "kind": "company",
    "customer_name": "山田商事株式会社",
    "employer": "",
    "contact_name": "山田 太郎",
    "department": "営業部",
    "title": "部長",
    "owner_name": "佐藤 花子",
    "offer": "",
    "coupon": "",
    "expires_on": None,
    "last_product": "",
    "last_purchased_on": None,
}


@pytest.mark.parametrize(
    ("is_company", "company", "department", "title", "name", "expected"),
    [
        (True, "山田商事", "営業部", "部長", "山田 太郎", "山田商事\n営業部 部長\n山田 太郎 様"),
        (True, "山田商事", "営業部", "", "山田 太郎", "山田商事\n営業部\n山田 太郎 様"),
        (True, "山田商事", "", "部長", "山田 太郎", "山田商事\n部長\n山田 太郎 様"),
        (True, "山田商事", "", "", "山田 太郎", "山田商事\n山田 太郎 様"),
        (True, "山田商事", "営業部", "部長", "", "山田商事\n営業部 御中"),
        (True, "山田商事", "営業部", "", "", "山田商事\n営業部 御中"),
        (True, "山田商事", "", "部長", "", "山田商事\nご担当者様"),
        (True, "山田商事", "", "", "", "山田商事\nご担当者様"),
        (True, "", "", "", "", "ご担当者様"),
        (False, "", "", "", "田中 花子", "田中 花子 様"),
        (False, "山田商事", "営業部", "", "田中 花子", "山田商事\n営業部\n田中 花子 様"),
        (False, "", "", "", "", "お客様"),
        (False, "山田商事", "営業部", "部長", "", "お客様"),
        (False, "", "", "", "田中様", "田中 様"),
    ],
)
def test_how_someone_is_addressed(is_company, company, department, title, name, expected):
    words = {"company": company, "department": department, "title": title, "name": name}
    assert fields.addressee(is_company=is_company, **words) == expected
    assert "部長様" not in expected.replace(" ", "")


@pytest.mark.parametrize(
    ("name", "bare", "family"),
    [
        ("山田 太郎", "山田 太郎", "山田"),
        ("山田　太郎 様", "山田　太郎", "山田"),
        ("山田太郎", "山田太郎", "山田太郎"),
        ("John Michael Smith", "John Michael Smith", "John"),
        ("様", "様", "様"),
        ("", "", ""),
    ],
)
def test_names_without_honorific_and_the_family_name(name, bare, family):
    assert (fields.bare_name(name), fields.family_name(name)) == (bare, family)


def values(told=None, **changes):
    return fields.values(ROW | changes, unsubscribe_url="https://x.jp/u/t/", our_company="もどる", told=told or {})


def test_every_field_stands_under_its_key_and_its_japanese_word():
    given = values(
        offer="10%割引",
        coupon="A1",
        expires_on=dt.date(2026, 12, 31),
        last_product="ティーカップ",
        last_purchased_on=dt.date(2026, 6, 1),
        plan="標準",
        renews_on=dt.date(2026, 12, 31),
        notice_due_on=dt.date(2026, 11, 30),
        told={field.key: field.example for field in fields.FIELDS if field.key.startswith("event_")},
    )
    assert set(given) == {name for field in fields.FIELDS for name in (field.key, field.word)}
    assert all(given[field.key] == given[field.word] for field in fields.FIELDS)
    assert (given["expires_on"], given["last_purchased_on"]) == ("2026/12/31", "2026/06/01")


def test_what_is_empty_for_someone_is_absent():
    given = values(title="", owner_name="")
    assert {"title", "役職", "owner", "offer", "coupon", "expires_on", "last_product"}.isdisjoint(given)
    assert given["company"] == "山田商事株式会社"


def test_a_person_is_called_by_his_own_name_and_his_company_is_his_employer():
    given = values(
        kind="person", customer_name="田中 花子", contact_name="", employer="山田商事", department="", title=""
    )
    assert given["name"] == "田中 花子"
    assert given["company"] == "山田商事"


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@y.jp", "a\nb", "a\x00b", "a\u2028b", "a\u200bb"])
def test_a_name_breaks_no_line(bad):
    given = values(customer_name=bad, contact_name=bad, last_product=bad)
    for key in ("company", "name", "last_product"):
        assert given[key].isprintable()
    assert len(given["addressee"].split("\n")) <= 4
