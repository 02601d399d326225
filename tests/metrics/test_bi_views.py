"""What Metabase and the like may read: the figures, and nobody's name or address."""

import datetime as dt

import pytest
from django.db import connection

from customers.models import Contact
from metrics.models import ChurnRollup
from tests import factories

pytestmark = pytest.mark.django_db
VIEWS = ["churn", "cohorts", "contracts", "customers", "logins", "memberships", "purchases", "scores"]


def read(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_these_are_the_views():
    assert read("SELECT table_name FROM information_schema.views WHERE table_schema = 'bi' ORDER BY 1") == [
        (name,) for name in VIEWS
    ]


def test_facts_stand_under_their_customers_code():
    who = factories.customer("C1", name="青空商事", industry="小売")
    factories.purchase(who, "2026-05-01", 1200, "A1")
    factories.purchase(who, "2026-05-02", -200, "A1")
    factories.contract(who, "2026-04-01", 3000)
    factories.login(who, "2026-05-03")
    assert read("SELECT customer_id, name, industry, is_archived FROM bi.customers") == [
        ("C1", "青空商事", "小売", False)
    ]
    assert read("SELECT customer_id, sum(amount), count(*) FILTER (WHERE is_refund) FROM bi.purchases GROUP BY 1") == [
        ("C1", 1000, 1)
    ]
    assert read("SELECT customer_id, mrr FROM bi.contracts") == [("C1", 3000)]
    assert read("SELECT customer_id, logged_in_on FROM bi.logins") == [("C1", dt.date(2026, 5, 3))]


def test_a_person_stands_there_by_his_code_only():
    who = factories.customer(
        "C2", name="佐藤 花子", kana="サトウ ハナコ", kind="person", address="東京都", birth_on="1990-01-02"
    )
    Contact.objects.create(customer=who, email="hanako@example.jp", phone="0312345678", is_primary=True)
    factories.purchase(who, "2026-05-01")
    said = str([read(f"SELECT * FROM bi.{name}") for name in VIEWS])
    assert "C2" in said
    for hidden in ("佐藤", "サトウ", "東京都", "1990", "hanako", "0312345678"):
        assert hidden not in said


def test_a_merged_customer_is_the_one_that_stands():
    stays = factories.customer("C1")
    factories.customer("C2", merged_into=stays)
    assert read("SELECT customer_id FROM bi.customers") == [("C1",)]


def test_churn_in_percent():
    ChurnRollup.objects.create(first="2026-05-01", months=1, at_start=1000, lost=66)
    ChurnRollup.objects.create(first="2026-05-01", months=1, dimension="industry", group="小売", at_start=10, lost=1)
    ChurnRollup.objects.create(first="2026-06-01", months=1, at_start=0, lost=0)
    found = read("SELECT to_char(period_start, 'YYYY-MM'), rate_percent FROM bi.churn ORDER BY 1")
    assert [(month, rate and float(rate)) for month, rate in found] == [("2026-05", 6.6), ("2026-06", None)]
