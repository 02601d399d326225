"""When a customer was active, by either policy; every day below was counted by hand."""

import datetime as dt

import pytest
from django.db import connection

from scores import spells
from tests.factories import configure, contract, customer, day, login, purchase

pytestmark = pytest.mark.django_db


def spells_of(who, as_of: str = "2026-06-30", **options) -> list[tuple[str, str]]:
    spells.build(as_of=day(as_of), **options)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT from_on::text, until_on::text FROM active_spells WHERE customer_id = %s ORDER BY from_on", [who.pk]
        )
        return cursor.fetchall()


def test_a_purchase_keeps_active_for_n_days_its_own_included():
    configure(inactivity_days=180)
    who = customer()
    purchase(who, "2026-01-01")
    assert spells_of(who) == [("2026-01-01", "2026-06-29")]


def test_purchases_on_touching_days_make_one_spell_and_a_day_between_makes_two():
    configure(inactivity_days=10)
    who, other = customer(), customer()
    purchase(who, "2026-01-01")
    purchase(who, "2026-01-11")
    purchase(other, "2026-01-01")
    purchase(other, "2026-01-12")
    assert spells_of(who) == [("2026-01-01", "2026-01-20")]
    assert spells_of(other) == [("2026-01-01", "2026-01-10"), ("2026-01-12", "2026-01-21")]


def test_what_happened_after_the_day_is_not_known():
    configure(inactivity_days=10)
    who = customer()
    purchase(who, "2026-01-01")
    purchase(who, "2026-01-05")
    assert spells_of(who, "2026-01-04") == [("2026-01-01", "2026-01-10")]


def test_refunds_and_prospects_have_no_spell():
    who = customer()
    purchase(who, "2026-05-01", -300)
    assert spells_of(who) == []


def test_archived_customers_are_left_out():
    who = customer(archived_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    purchase(who, "2026-05-01")
    assert spells_of(who) == []


def test_a_purchase_of_nothing_counts():
    configure(inactivity_days=10)
    who = customer()
    purchase(who, "2026-06-01", 0)
    assert spells_of(who) == [("2026-06-01", "2026-06-10")]


def test_lines_of_an_order_count_on_the_day_of_its_earliest():
    configure(inactivity_days=10)
    who = customer()
    purchase(who, "2026-06-01", order_id="A1")
    purchase(who, "2026-06-05", order_id="A1")
    assert spells_of(who) == [("2026-06-01", "2026-06-10")]


def test_logins_count_by_choice_and_only_from_the_first_purchase_on():
    configure(inactivity_days=10, activity="purchases+logins")
    who, prospect = customer(), customer()
    login(who, "2026-05-25")
    purchase(who, "2026-06-01")
    login(who, "2026-06-05")
    login(who, "2026-06-05", hour=20)
    login(prospect, "2026-06-05")
    assert spells_of(who) == [("2026-06-01", "2026-06-14")]
    assert spells_of(prospect) == []
    configure(activity="purchases")
    assert spells_of(who) == [("2026-06-01", "2026-06-10")]


def test_who_signed_but_never_bought_is_kept_by_his_logins():
    configure(inactivity_days=10, activity="purchases+logins")
    who = customer()
    contract(who, "2026-06-01")
    login(who, "2026-06-05")
    assert spells_of(who) == [("2026-06-05", "2026-06-14")]


def test_with_month_end_the_day_after_must_be_covered_too():
    configure(churn_policy="contract", month_end=True)
    who = customer()
    contract(who, "2026-01-01", ends_on="2026-04-01")
    assert spells_of(who) == [("2026-01-01", "2026-03-30")]
    assert spells_of(who, month_end=False) == [("2026-01-01", "2026-03-31")]


def test_a_term_that_follows_without_a_gap_keeps_active_on_its_eve():
    configure(churn_policy="contract", month_end=True)
    who = customer()
    contract(who, "2026-01-01", ends_on="2026-04-01", contract_id="K")
    contract(who, "2026-04-01", ends_on="2026-05-01", contract_id="K")
    assert spells_of(who) == [("2026-01-01", "2026-04-29")]


def test_on_its_eve_the_following_term_is_known_because_the_definition_asks_for_the_day_after():
    configure(churn_policy="contract", month_end=True)
    who, signs_tomorrow = customer(), customer()
    contract(who, "2026-01-01", ends_on="2026-04-01", contract_id="K")
    contract(who, "2026-04-01", contract_id="K")
    contract(signs_tomorrow, "2026-04-01")
    assert spells_of(who, "2026-03-31") == [("2026-01-01", "9999-12-29")]
    assert spells_of(signs_tomorrow, "2026-03-31") == []
    assert spells_of(who, "2026-03-30") == [("2026-01-01", "2026-03-30")]


def test_a_later_term_ends_the_one_before():
    configure(churn_policy="contract", month_end=False)
    who = customer()
    contract(who, "2026-01-01", contract_id="K")
    contract(who, "2026-03-01", contract_id="K", ends_on="2026-04-01")
    assert spells_of(who) == [("2026-01-01", "2026-03-31")]
    assert spells_of(who, "2026-02-28") == [("2026-01-01", "9999-12-30")]


def test_notice_after_the_day_leaves_the_end_unknown():
    configure(churn_policy="contract", month_end=False)
    who = customer()
    contract(who, "2026-01-01", cancelled_on="2026-02-15", ends_on="2026-03-01")
    assert spells_of(who, "2026-02-14") == [("2026-01-01", "9999-12-30")]
    assert spells_of(who, "2026-02-15") == [("2026-01-01", "2026-02-28")]


def test_a_trial_or_a_free_plan_alone_leaves_a_prospect():
    configure(churn_policy="contract", month_end=False)
    on_trial, free, converted = customer(), customer(), customer()
    contract(on_trial, "2026-01-01", is_trial=True)
    contract(free, "2026-01-01", mrr=0)
    contract(converted, "2026-01-01", is_trial=True, contract_id="K")
    contract(converted, "2026-02-01", contract_id="K", ends_on="2026-03-01")
    assert spells_of(on_trial) == []
    assert spells_of(free) == []
    assert spells_of(converted) == [("2026-02-01", "2026-02-28")]


def test_several_contracts_add_up():
    configure(churn_policy="contract", month_end=False)
    who = customer()
    contract(who, "2026-01-01", ends_on="2026-06-01")
    contract(who, "2026-02-01", ends_on="2026-03-01")
    contract(who, "2026-06-02", ends_on="2026-06-10")
    assert spells_of(who) == [("2026-01-01", "2026-05-31"), ("2026-06-02", "2026-06-09")]


def test_either_is_the_union_of_both():
    configure(churn_policy="either", month_end=False, inactivity_days=10)
    who = customer()
    contract(who, "2026-01-01", ends_on="2026-02-01")
    purchase(who, "2026-01-28")
    purchase(who, "2026-03-01")
    assert spells_of(who) == [("2026-01-01", "2026-02-06"), ("2026-03-01", "2026-03-10")]


def test_contracts_do_not_count_under_inactivity_nor_purchases_under_contract():
    configure(churn_policy="inactivity")
    who = customer()
    contract(who, "2026-01-01")
    assert spells_of(who) == []
    configure(churn_policy="contract")
    buyer = customer()
    purchase(buyer, "2026-06-01")
    assert spells_of(buyer) == []
