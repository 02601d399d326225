"""What a person types into the search of the list, and whom it finds."""

import pytest
from django.db import connection

from customers import listing, searching
from customers.models import Contact, Customer
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def takahashi():
    """The one who is looked for, among others."""
    who = factories.customer("A-0042", name="株式会社髙橋商店", kana="タカハシショウテン", company="青空グループ")
    Contact.objects.create(
        customer=who, name="山田 太郎", email="taro.yamada@example.jp", phone="0312345678", is_primary=True
    )
    Contact.objects.create(customer=who, name="渡邉 花子", kana="ワタナベ ハナコ", phone="09098761234")
    factories.customer("B-1", name="鈴木物産(株)", kana="スズキブッサン")
    searching.refresh(list(Customer.objects.values_list("pk", flat=True)))
    return who


@pytest.mark.parametrize(
    "words",
    [
        "髙橋",
        "高橋",
        "高橋商店",
        "株式会社高橋商店",
        "(株)髙橋",
        "㈱高橋商店",
        "たかはし",
        "タカハシ",
        "ﾀｶﾊｼ",
        "タカハシ ショウテン",
        "a-0042",
        "Ａ-００４２",
        "0042",
        "青空グループ",
        "山田太郎",
        "山田　太郎",
        "太郎 山田",
        "渡辺花子",
        "わたなべ",
        "taro.yamada@example.jp",
        "TARO.YAMADA",
        "@example.jp",
        "5678",
        "03-1234-5678",
        "０３（１２３４）５６７８",
        "090 9876 1234",
        "高",
        "高橋 5678",
    ],
)
def test_the_search_finds(takahashi, words):
    assert list(listing.search(Customer.objects.all(), words)) == [takahashi]


@pytest.mark.parametrize("words", ["田中", "5679", "橋高", "高橋 鈴木", "%", "\\", "' OR 1=1 --", "🦊", "x" * 200])
def test_the_search_finds_nobody(takahashi, words):
    assert not listing.search(Customer.objects.all(), words)


@pytest.mark.parametrize("words", ["", "  ", "株式会社", "(株)", "-", "_"])
def test_words_that_say_nothing_leave_everybody(takahashi, words):
    assert listing.search(Customer.objects.all(), words).count() == 2


@pytest.mark.parametrize("words", ["髙橋", "5678", "高橋商店"])
def test_two_letters_and_more_are_looked_up_in_the_index(takahashi, words):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "customers_by_bigrams" in listing.search(Customer.objects.all(), words).explain()
