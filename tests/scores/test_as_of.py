"""As of D: what happened after D, and the order in which rows arrived, change no figure."""

import datetime as dt
import json
import random

import pytest
from django.db import connection

from customers.models import Contract, Customer, Login, Purchase
from scores import scoring
from tests.factories import configure, contract, customer, login, moment, purchase

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 6, 30)
NOW = "2026-11-22"
POLICIES = [
    {"churn_policy": "inactivity", "activity": "purchases"},
    {"churn_policy": "inactivity", "activity": "purchases+logins", "rfm_window_days": 200},
    {"churn_policy": "contract", "month_end": True},
    {"churn_policy": "contract", "month_end": False},
    {"churn_policy": "either", "activity": "purchases+logins", "margin": "0.35"},
]


def facts(dice: random.Random) -> list[tuple]:
    """Invented histories of 30 customers: (kind, customer, day, value …)."""
    made: list[tuple] = []
    for number in range(30):
        days = [FIRST + dt.timedelta(dice.randrange((LAST - FIRST).days)) for _ in range(dice.randrange(1, 9))]
        made += [("purchase", number, day, dice.choice([0, 500, 1200, 3300, -200]), dice.choice("AB")) for day in days]
        made += [("login", number, day + dt.timedelta(dice.randrange(20))) for day in days]
        start = dice.choice(days)
        notice = start + dt.timedelta(dice.randrange(200))
        made.append(("contract", number, start, 1000 + 10 * number, notice if number % 3 else None))
    return made


def enter(rows: list[tuple], *, until: dt.date | None = None) -> None:
    """Writes the facts known at the end of `until`, a later notice without its end."""
    people = {who.code: who for who in Customer.objects.all()}
    for kind, number, on, *more in rows:
        if until is not None and on > until:
            continue
        who = people[f"C{number}"]
        if kind == "purchase":
            purchase(who, on, more[0], order_id=f"{number}{more[1]}" if more[0] >= 0 else "")
        elif kind == "login":
            Login.objects.filter(customer=who, logged_in_on=on).exists() or login(who, on)
        else:
            notice = more[1] if more[1] and (until is None or more[1] <= until) else None
            ends = {"cancelled_on": notice, "ends_on": notice + dt.timedelta(30)} if notice else {}
            contract(who, on, more[0], contract_id=f"K{number}", **ends)


def figures(as_of: dt.date) -> list[dict]:
    scoring.build(as_of=as_of, now=moment(NOW))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (to_jsonb(s) - 'customer_id')::text FROM scored s"
            " JOIN customers_customer c ON c.id = s.customer_id ORDER BY c.code"
        )
        return [json.loads(row) for (row,) in cursor.fetchall()]


def start_over() -> None:
    for model in (Purchase, Login, Contract):
        model.objects.all().delete()


@pytest.mark.parametrize("settings", POLICIES, ids=str)
def test_nothing_after_the_day_and_no_order_of_rows_changes_a_figure(settings):
    dice = random.Random(str(settings))
    configure(**settings)
    for number in range(30):
        customer(f"C{number}")
    rows = facts(dice)
    days = [FIRST + dt.timedelta(dice.randrange(150, (LAST - FIRST).days)) for _ in range(2)]
    then = []
    for day in days:
        enter(rows, until=day)
        then.append(figures(day))
        start_over()
    dice.shuffle(rows)
    enter(rows)
    assert [figures(day) for day in days] == then
    assert any(row["is_active"] for row in then[0])
