"""Figures of a company that has its facts: filled, kept up, read by pages. A process of its own.

python -m benchmarks.figures_day AS_OF REQUESTS
"""

import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import django

from benchmarks.pages import p95

OWNERS = 40
SNAPSHOTS_BACK = 2  # months whose RFM segments are made up: each costs a whole scoring, and the size says that already
OWNED = """
UPDATE customers_customer SET owner_id = (SELECT min(id) FROM accounts_user WHERE role = 'cs') + id %% %(owners)s,
    acquired_via = (ARRAY['広告', '紹介', '展示会', ''])[1 + id %% 4]
"""
CONTRACTS = """
INSERT INTO customers_contract (customer_id, contract_id, plan, mrr, billing_cycle, starts_on, renews_on, cancelled_on,
    ends_on, is_trial, reason, competitor)
SELECT id, 'K' || id || '-' || term, (ARRAY['標準', '上位', '試用'])[1 + (id + term) %% 3],
       1000 * (1 + (id + 3 * term) %% 20),
       'monthly', starts_on, starts_on + 365, CASE WHEN ends_on < %(day)s THEN ends_on - 30 END,
       CASE WHEN ends_on < %(day)s THEN ends_on END, FALSE,
       CASE WHEN ends_on < %(day)s THEN (ARRAY['価格', '機能', '担当者の異動', ''])[1 + id %% 4] ELSE '' END, ''
  FROM customers_customer, generate_series(0, 1) AS term,
       LATERAL (SELECT joined_on + (id %% 700)::integer + 365 * term AS starts_on) AS began,
       LATERAL (SELECT starts_on + 200 + (id %% 400)::integer AS ends_on) AS ended
 WHERE id %% 5 = 0 AND starts_on < %(day)s
"""
BOUGHT = """
INSERT INTO customers_purchase (customer_id, line_key, order_id, nth, purchased_at, purchased_on, amount)
SELECT id, md5(%(mark)s || id)::uuid, %(mark)s || id, 1, %(day)s::timestamp AT TIME ZONE 'Asia/Tokyo', %(day)s, 1234
  FROM customers_customer WHERE id %% 100 = 7
"""
MOVED = """
INSERT INTO customers_dimensionchange (customer_id, dimension, since, value)
SELECT id, 'owner', since, owner_id FROM customers_customer, unnest(ARRAY[NULL, %(day)s::date]) AS s (since)
 WHERE id %% 100 = 8
"""
PAGES = {
    "dashboard": "/",
    "dashboard of admins": "/?show=health",
    "churn": "/metrics/",
    "churn by industry": "/metrics/?by=industry",
    "churn by owner and industry": "/metrics/?by=owner&and=industry",
    "churn by quarter and cohort": "/metrics/?period=quarter&by=cohort",
    "people lost": "/metrics/people/lost/2026-09/",
    "people lost of an industry": "/metrics/people/lost/2026-09/?by=industry&group=製造業",
    "people at the start": "/metrics/people/at-start/2026-09/",
    "reasons": "/metrics/reasons/",
    "won back": "/metrics/returned/",
    "other ways to count": "/metrics/churn/2026-09/definition/",
    "renewals": "/metrics/renewals/",
    "revenue": "/metrics/revenue/",
    "ltv": "/metrics/ltv/",
    "ltv by owner": "/metrics/ltv/?by=owner",
    "ltv by owner and industry": "/metrics/ltv/?by=owner&and=industry",
    "spread of ltv": "/metrics/ltv/spread/",
    "payback": "/metrics/payback/",
    "repeat buying": "/metrics/repeat/",
    "cohorts": "/metrics/cohorts/",
    "rfm": "/metrics/rfm/",
    "movement of segments": "/metrics/rfm/movement/",
    "report of the month": "/metrics/report/2026-09/",
    "closing": "/metrics/closing/",
    "definitions": "/metrics/definitions/",
    "simulator": "/metrics/simulator/",
}


def measure(as_of: dt.date, requests: int) -> dict[str, Any]:
    """Seconds of filling and keeping up, milliseconds of pages (p95), seconds of the same from the raw rows."""
    from metrics import rollups

    _company(as_of)
    rollups.SNAPSHOTS_BACK = SNAPSHOTS_BACK
    found: dict[str, Any] = {"filled": _first(as_of), "kept_up": _kept_up(as_of)}
    day = as_of + dt.timedelta(days=1)
    found["pages"] = _pages(requests)
    found["queries"] = _queries()
    found["raw"] = _raw(day)
    return found | {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def _company(as_of: dt.date) -> None:
    """Owners, ways they came, contracts of every fifth."""
    from django.db import connection

    from accounts.models import Installation, User

    for number in range(OWNERS):
        User.objects.create_user(f"cs{number}@example.jp", name=f"担当 {number:02}", role="cs")
    Installation.get()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(OWNED, {"owners": OWNERS})
        cursor.execute(CONTRACTS, {"day": as_of})
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM (ANALYZE) customers_customer")
        cursor.execute("VACUUM (ANALYZE) customers_contract")


def _first(as_of: dt.date) -> dict[str, float]:
    """The first night of all."""
    from metrics import rollups
    from retention_crm import pipeline

    now = _evening(as_of)
    return {
        "scores": _seconds(lambda: pipeline._score(as_of=as_of, now=now, touched=None)),
        "fill": _seconds(lambda: rollups.fill(as_of=as_of, now=now)),
        "again": _seconds(lambda: rollups.fill(as_of=as_of, now=now)),
    }


def _kept_up(as_of: dt.date) -> dict[str, Any]:
    """The next night; then 1 % bought today, 1 % half a year ago, 1 % got another owner."""
    from metrics import rollups
    from metrics.models import Fill
    from retention_crm import pipeline

    day = as_of + dt.timedelta(days=1)
    now = _evening(day)
    found: dict[str, Any] = {
        "scores": _seconds(lambda: pipeline._score(as_of=day, now=now, touched=None)),
        "night": _seconds(lambda: rollups.fill(as_of=day, now=now)),
    }
    late = day - dt.timedelta(days=200)
    changes = {"bought": (BOUGHT, day, 7), "late": (BOUGHT, late, 7), "owners": (MOVED, day, 8)}
    for nth, (name, (statement, on, rest)) in enumerate(changes.items(), 1):
        touched = _changed(statement, on, rest, mark=f"{name}-")
        moment = now + dt.timedelta(hours=nth)
        found[name] = _seconds(lambda: rollups.keep_up(as_of=day, now=moment, touched=touched))  # noqa: B023  at once
        found[f"{name}_fill"] = _seconds(lambda: rollups.fill_open(now=moment))  # noqa: B023
        found[f"{name}_periods"] = Fill.objects.filter(started_at=moment).count()
    return found


def _changed(statement: str, day: dt.date, rest: int, *, mark: str) -> list[int]:
    from django.db import connection

    from customers.models import Customer

    with connection.cursor() as cursor:
        cursor.execute(statement, {"day": day, "mark": mark})
    return list(Customer.objects.extra(where=["id %% 100 = %s"], params=[rest]).values_list("id", flat=True))


def _pages(requests: int) -> dict[str, float]:
    client = _manager()
    return {name: p95(iter([address] * requests), client) for name, address in PAGES.items()}


def _queries() -> dict[str, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, found = _manager(), {}
    for name, address in PAGES.items():
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        found[name] = len(caught)
    return found


def _manager() -> Any:
    from django.test import Client

    from accounts.models import User

    client = Client()
    who = User.objects.filter(role="manager").first()
    client.force_login(who or User.objects.create_user("leader@example.jp", name="佐藤 花子", role="manager"))
    return client


def _raw(as_of: dt.date) -> dict[str, float]:
    """The same figures, each from the rows, as of the same day."""
    from metrics import computing

    year = as_of - dt.timedelta(days=400)
    now = _evening(as_of)
    return {
        "churn by industry": _seconds(
            lambda: computing.churn(as_of=as_of, now=now, start=year, by="industry"),
        ),
        "cohorts": _seconds(lambda: computing.cohorts(as_of=as_of, now=now)),
        "ltv by owner": _seconds(lambda: computing.ltv(as_of=as_of, now=now, by="owner")),
    }


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _evening(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), ZoneInfo("Asia/Tokyo"))


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    settings.DATABASES["default"].setdefault("OPTIONS", {})
    print(json.dumps(measure(dt.date.fromisoformat(sys.argv[1]), int(sys.argv[2]))))
