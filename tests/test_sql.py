"""Every sql/*.sql is a statement this schema can plan, and says at its top what it is for."""

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from common import sql
from scores import activity, scoring
from tests.factories import configure

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "customers", "scores", "segments", "campaigns", "success", "metrics", "portal", "demo")
FILES = sorted(str(path.relative_to(ROOT)) for app in APPS for path in (ROOT / app).rglob("sql/*.sql"))
AS_OF = dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 7, 1, 3, 0, tzinfo=dt.UTC)

# What stands for a parameter that NULL cannot stand for; by name, or for one file alone.
SAMPLES: dict[str, Any] = {
    "now": NOW,
    "at": NOW,
    "due_at": NOW,
    "token": str(uuid.UUID(int=1)),
    "zone": "Asia/Tokyo",
    "month_firsts": [dt.date(2026, 6, 1)],
    "month_lasts": [AS_OF],
    "refund_share": 0.1,
    "months_to_come": 11.5,
    "since": AS_OF,
    "until": AS_OF,
    "first_on": AS_OF,
    "unit": "month",
    "months": 1,
    "by_purchase": True,
    "pause_months": 6,
    "firsts": [dt.date(2026, 6, 1)],
    "lasts": [AS_OF],
    "cut": "plan",
    "is_there": True,
    "by_contract": True,
    "by_login": True,
    "last_on": AS_OF,
    "lease": 60,
    "most": 10,
    "segment": 1,
    "on_days": [AS_OF],
    "held_from": AS_OF - dt.timedelta(90),
    "one_in": 1,
    "share_kinds": ["Q"],
    "share_buckets": [0],
    "share_risks": [0.5],
    "campaign": 1,
    "everybody": True,
    "ids": [1],
    "wait": 15,
    "campaigns": [1],
    "goals": ["purchase", "login", "renewal", "rsvp", "coupon"],
    "with_money": True,
    "letters": ["A", "B"],
    "test_share": 20,
    "expires_at": NOW,
}
SAMPLES_OF: dict[str, dict[str, Any]] = {"campaigns/sql/reports_apply.sql": {"only": []}}
# Temp tables whose statement is put together in Python.
MADE_IN_PYTHON = [
    "CREATE TEMP TABLE touch_wanted AS SELECT id AS customer_id, 'high' AS tier, FALSE AS is_by_hand"
    " FROM customers_customer",
    "CREATE TEMP TABLE campaign_chosen AS SELECT id AS customer_id FROM customers_customer",
    "CREATE TEMP TABLE segment_changes AS SELECT id AS customer_id, TRUE AS is_in FROM customers_customer",
]
MADE_FIRST = ["segment_table", "revenue_spells", "filed", "first_days"]  # read by statements that come before them
EXPLAINABLE = re.compile(
    r"(--[^\n]*\n|\s)*(SELECT|WITH|INSERT|UPDATE|DELETE|CREATE (TEMP|UNLOGGED) TABLE \w+[^;(]* AS\s)", re.I
)
HAPPENS = re.compile(r"(--[^\n]*\n|\s)*(CREATE|DROP|ANALYZE)", re.I)


def parameters(name: str, statement: str) -> dict[str, Any]:
    known = scoring.parameters(as_of=AS_OF) | SAMPLES | SAMPLES_OF.get(name, {})
    return {word: known.get(word) for word in re.findall(r"%\((\w+)\)s", statement)}


@pytest.fixture(scope="module")
def tables(django_db_setup, django_db_blocker):
    """The temp tables that statements read: made once, and gone with the transaction around all of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        _make_tables()
        yield
        transaction.set_rollback(True)


def _make_tables():
    """Those of scores, and what other files make for each other."""
    configure(churn_policy="either", activity="purchases+logins")
    scoring.build(as_of=AS_OF, now=NOW)
    sql.run("scores/sql/held_back.sql", parameters("scores/sql/held_back.sql", sql.text("scores/sql/held_back.sql")))
    activity.want([])
    sql.run("scores/sql/scope_wanted.sql")
    sql.run("scores/sql/lines_plain.sql", {"as_of": AS_OF})
    with connection.cursor() as cursor:
        for statement in MADE_IN_PYTHON:
            cursor.execute(statement)
    for name in [*(f"metrics/sql/{name}.sql" for name in MADE_FIRST), *FILES]:
        is_made = name.startswith("scores/") and "preview" not in name
        if not is_made and "CREATE TEMP" in sql.text(name):
            with transaction.atomic():
                for statement in sql.statements(name):
                    with connection.cursor() as cursor:
                        cursor.execute(statement, parameters(name, statement))


@pytest.mark.parametrize("name", FILES)
def test_it_can_be_planned(name, tables):
    for statement in sql.statements(name):
        with connection.cursor() as cursor:
            if EXPLAINABLE.match(statement):
                cursor.execute("EXPLAIN " + statement, parameters(name, statement))
            if HAPPENS.match(statement):
                cursor.execute(statement, parameters(name, statement))


@pytest.mark.parametrize("name", FILES)
def test_its_header_says_what_it_is_for_and_what_it_touches(name):
    header = [line for line in sql.text(name).splitlines() if line.startswith("--")]
    assert sql.text(name).startswith("-- ")
    assert {"reads", "writes"} & set(re.findall(r"\w+", " ".join(header).lower()))


def test_all_files_are_found():
    assert len(FILES) > 40
