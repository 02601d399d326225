import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import searching
from customers.models import Contact, Customer
from customers.searching import search_form, sort_form
from tests import factories

pytestmark = pytest.mark.django_db


def test_search_text_holds_the_customer_and_its_contacts():
    who = factories.customer("A-1", name="株式会社　髙橋商店", kana="ﾀｶﾊｼ", company="")
    Contact.objects.create(customer=who, name="山田 太郎", email="taro@example.jp", phone="0312345678", is_primary=True)
    other = factories.customer("B")
    assert searching.refresh([who.pk]) == 1
    who.refresh_from_db()
    assert who.search_text == "a1|高橋商店|タカハシ|山田太郎|taro@examplejp|0312345678"
    assert who.sort_key == "たかはし"
    other.refresh_from_db()
    assert other.search_text == ""


letters = st.text(st.sampled_from("ぁゖたカヷヺーｶﾞﾀ㈱髙﨑株式会社有限（）()Aaｂ1２ -・|　㍻①ゔヴ'\"&"), max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=letters, kana=letters)
def test_the_database_and_python_make_the_same_forms(name, kana):
    who = Customer.objects.create(code=f"c{Customer.objects.count()}", name=name, kana=kana)
    searching.refresh([who.pk])
    who.refresh_from_db()
    parts = [search_form(text) for text in [who.code, name] + ([kana] if kana else [])]
    assert who.search_text == "|".join(parts)
    assert who.sort_key == sort_form(kana or name)
