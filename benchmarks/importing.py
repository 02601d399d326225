"""Files through `import_records`, beside COPY of the rows that came of them."""

import time
from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.scratch import Scratch

CUSTOMERS = ("customers_customer", "customers_contact")
PURCHASES = ("customers_purchase",)
PEER_ROWS = 10_000


def rows(at: Scratch, files: dict[str, Path], *, rounds: int) -> list[Row]:
    """Customers, the same file again, purchases; leaves everything imported, vacuumed and analysed."""
    peer = _peer(at, files["customers"])
    first, again, copied, bought, bought_copied = [], [], [], [], []
    for _round in range(rounds):
        with at.cursor() as cursor:
            cursor.execute("TRUNCATE customers_customer CASCADE")
        first.append(_import(at, "customers", files["customers"]))
        again.append(_import(at, "customers", files["customers"]))
        copied.append(_copy(at, CUSTOMERS))
        bought.append(_import(at, "purchases", files["purchases"]))
        bought_copied.append(_copy(at, PURCHASES))
    _import(at, "logins", files["logins"])
    with at.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does within a minute
    done = first[0][2]
    beside = "django-import-export, bulk mode, six plain columns, scaled up"
    times = Row("customers a second", done / median(run[0] for run in first), peer, beside, "rows/s", "ratio >= 10")
    return [*_rows(first, again, median(copied), bought, median(bought_copied)), times]


def _rows(first, again, copied: float, bought, bought_copied: float) -> list[Row]:
    once, twice, lines = (median(run[0] for run in runs) for runs in (first, again, bought))
    peaks = [max(run[1] for run in runs) for runs in (first, again, bought)]
    copy = "COPY of the clean rows into the same tables with their indexes and foreign keys"
    return [
        Row("import of customers", once, copied, copy, target="ratio <= 2 and rss_mb <= 300", rss_mb=peaks[0]),
        Row("the same customers again", twice, once, "the first time", target="ratio <= 0.5", rss_mb=peaks[1]),
        Row("import of purchases", lines, bought_copied, copy, target="ratio <= 3 and rss_mb <= 300", rss_mb=peaks[2]),
    ]


def _peer(at: Scratch, path: Path) -> float:
    """Customers a second of django-import-export, on an empty table, the first rows of the file."""
    with path.open(encoding="utf-8") as file:
        rows = min(PEER_ROWS, sum(1 for _line in file) - 1)
    found, _rss = at.child("-m", "benchmarks.peer", str(path), str(rows))
    return found["rows"] / found["seconds"]


def _import(at: Scratch, kind: str, path: Path) -> tuple[float, int, int]:
    """Seconds (without the start of Python), MB and rows; a rejected row would make the figure worthless."""
    counts, rss = at.child("manage.py", "import_records", kind, str(path), "--json")
    if counts["rejected"]:
        raise SystemExit(f"{counts['rejected']} rows of {path.name} were rejected")
    return counts["seconds"], rss, counts["rows"]


def _copy(at: Scratch, tables: tuple[str, ...]) -> float:
    """Seconds to COPY the rows of the tables into empty twins of theirs."""
    return sum(_copy_one(at, table) for table in tables)


def _copy_one(at: Scratch, table: str) -> float:
    path = at.home / f"{table}.copy"
    with at.cursor() as cursor:
        with path.open("w", encoding="utf-8") as out:
            cursor.copy_expert(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT", out)
        cursor.execute(f"CREATE TABLE twin (LIKE {table} INCLUDING ALL)")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        for (constraint,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE twin ADD {constraint}")
        started = time.perf_counter()
        with path.open(encoding="utf-8") as file:
            cursor.copy_expert("COPY twin FROM STDIN", file)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE twin")
    path.unlink()
    return seconds
