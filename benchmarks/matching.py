"""How long finding doubles takes, and how many of the true ones it finds. On the database that DATABASE_URL names.

python -m benchmarks.matching CUSTOMERS        empties its customers first: a scratch database only
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

from benchmarks import doubles

CUSTOMERS = """COPY customers_customer (id, code, kind, name, kana, postal_code, address, corporate_number, birth_on)
    FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (kana, postal_code, address, corporate_number))"""
CONTACTS = (
    "COPY customers_contact (customer_id, email, phone) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (email, phone))"
)
# What Django would have filled in: column and value.
DEFAULTS = {
    "customers_customer": [
        *((name, "''") for name in ("sort_key", "search_text", "company", "industry", "region", "acquired_via")),
        *(("tags", "'{}'"), ("attributes", "'{}'"), ("version", "1"), ("created_at", "now()"), ("updated_at", "now()")),
    ],
    "customers_contact": [
        *((name, "''") for name in ("name", "kana", "department", "title")),
        *(("is_primary", "true"), ("created_at", "now()"), ("updated_at", "now()")),
    ],
}


def measure(count: int) -> dict[str, Any]:
    """Seconds of the whole search, of one that finds nothing new, of 100 customers; precision and recall."""
    from django.utils import timezone

    from customers import matching

    made = doubles.invent(count)
    load(made)
    now = timezone.now()
    whole = seconds(lambda: matching.find(now=now))
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    again = seconds(lambda: matching.find(now=now))
    some = seconds(lambda: matching.find(now=now, customer_ids=range(1, 101)))
    return {"whole": whole, "again": again, "some": some, "rss": rss, **judged(made)}


def load(made: doubles.Invented) -> None:
    from django.db import connection

    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        cursor.execute("TRUNCATE customers_customer CASCADE")
        defaults = [(table, *one) for table, columns in DEFAULTS.items() for one in columns]
        for table, column, value in defaults:
            cursor.execute(f"ALTER TABLE {table} ALTER {column} SET DEFAULT {value}")
        for path, statement in zip(doubles.write(Path(folder), made), (CUSTOMERS, CONTACTS), strict=True):
            with path.open(encoding="utf-8") as file:
                cursor.copy_expert(statement, file)
        for table, column, _value in defaults:
            cursor.execute(f"ALTER TABLE {table} ALTER {column} DROP DEFAULT")
        cursor.execute("ANALYZE customers_customer; ANALYZE customers_contact")


def judged(made: doubles.Invented) -> dict[str, Any]:
    """Precision and recall of the pairs to merge: of all, and of the sure ones. Doubles of one customer are one."""
    from customers import matching
    from customers.models import Duplicate

    whose = list(range(len(made.entries)))
    for first, second in made.doubles:
        whose[second] = whose[first]
    true = {(first + 1, second + 1) for first, second in made.doubles}
    merges = Duplicate.objects.filter(state="open", proposal="merge")
    found = {(first, second): score for first, second, score in merges.values_list("first_id", "second_id", "score")}
    sure = {pair for pair, score in found.items() if score >= matching.SURE}
    right = {pair for pair in found if whose[pair[0] - 1] == whose[pair[1] - 1]}
    return {
        "customers": len(made.entries),
        "doubles": len(true),
        "pairs": len(found),
        "parents": Duplicate.objects.filter(state="open", proposal="parent").count(),
        "precision": len(right) / max(len(found), 1),
        "recall": len(true & set(found)) / max(len(true), 1),
        "sure_precision": len(right & sure) / max(len(sure), 1),
        "sure_recall": len(true & sure) / max(len(true), 1),
    }


def seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(int(sys.argv[1]))))
