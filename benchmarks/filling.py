"""Puts invented facts of any size straight into the tables, and beside them as Parquet for the peers.

Not through the import, whose speed is measured elsewhere: indexes are built after the rows, as for a restored backup.
"""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import generator

CHUNK = 1_000_000
TABLES = ("customers_purchase", "customers_login")
CUSTOMERS = """
INSERT INTO customers_customer (code, kind, name, kana, sort_key, search_text, company, postal_code, address, industry,
    region, acquired_via, tags, attributes, joined_on, version, created_at, updated_at)
SELECT 'C' || lpad(n::text, 7, '0'), 'company', '株式会社' || n, '', '株式会社' || n, 'c' || n, '', '', '',
       (ARRAY['小売業', '製造業', '卸売業', '建設業', '飲食業'])[1 + n %% 5],
       (ARRAY['東京都', '大阪府', '福岡県'])[1 + n %% 3],
       '', '{}', '{}', %(first)s::date, 1, now(), now()
  FROM generate_series(1, %(count)s) AS n
"""
PURCHASES = """
INSERT INTO customers_purchase (customer_id, line_key, order_id, nth, purchased_at, purchased_on, amount)
SELECT %(base)s + who, md5('line ' || n)::uuid, 'O' || n, 1,
       (day + '12:00'::time) AT TIME ZONE 'Asia/Tokyo', day, amount
  FROM raw ORDER BY n
"""
LOGINS = """
INSERT INTO customers_login (customer_id, logged_in_at, logged_in_on)
SELECT %(base)s + who, (day + '12:00'::time) AT TIME ZONE 'Asia/Tokyo' + n * interval '1 microsecond', day
  FROM raw ORDER BY n
"""
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
  FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
 WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
"""


def facts(folder: Path, size: generator.Size, *, last_day: dt.date, seed: int = generator.SEED) -> dict[str, Path]:
    """Writes purchases.parquet (who, day, amount) and logins.parquet (who, day) in the order of time; their paths.

    `who` counts customers from 1; a purchase is an order of one line.
    """
    rng = np.random.default_rng(seed)
    joined = rng.integers(0, generator.DAYS - 30, size.customers)
    stays = np.minimum(rng.exponential(1 / rng.gamma(2.0, 1 / 700, size.customers)), generator.DAYS - joined)
    first = np.datetime64(last_day) - np.timedelta64(generator.DAYS - 1, "D")
    paths = {}
    for kind, total in (("purchases", size.purchases), ("logins", size.logins)):
        who, seconds = generator.moments(joined, stays, total, rng)
        columns: dict[str, Any] = {
            "who": who + 1,
            "day": (first + seconds // generator.SECONDS_A_DAY).astype("datetime64[ms]"),
        }
        if kind == "purchases":
            columns["amount"] = rng.lognormal(8.5, 0.9, total).astype(np.int64) + 100
        paths[kind] = folder / f"{kind}.parquet"
        pq.write_table(pa.table(columns), paths[kind])
    return paths


def fill(cursor, paths: dict[str, Path], size: generator.Size, *, last_day: dt.date) -> None:
    """Loads the customers and both tables into an empty, migrated database; leaves it vacuumed and analysed."""
    cursor.execute("SET session_replication_role = replica")
    cursor.execute("SET statement_timeout = 0")
    first = last_day - dt.timedelta(days=generator.DAYS - 1)
    cursor.execute(CUSTOMERS, {"count": size.customers, "first": first})
    cursor.execute("SELECT min(id) - 1 FROM customers_customer")
    base = cursor.fetchone()[0]
    for kind, table, statement in zip(("purchases", "logins"), TABLES, (PURCHASES, LOGINS), strict=True):
        _staged(cursor, paths[kind])
        later = _without_indexes(cursor, table)
        cursor.execute(statement, {"base": base})
        for words in later:
            cursor.execute(words)
    cursor.execute("DROP TABLE raw")
    for table in ("customers_customer", *TABLES):
        cursor.execute(f"VACUUM (ANALYZE) {table}")


def _staged(cursor, path: Path) -> None:
    cursor.execute("DROP TABLE IF EXISTS raw")
    cursor.execute("CREATE UNLOGGED TABLE raw (n bigint, who bigint, day date, amount bigint)")
    done = 0
    for batch in pq.ParquetFile(path).iter_batches(CHUNK):
        frame = batch.to_pandas()
        frame.insert(0, "n", np.arange(done + 1, done + 1 + len(frame)))
        done += len(frame)
        _copy(cursor, frame)


def _copy(cursor, frame: pd.DataFrame) -> None:
    rows = io.StringIO(frame.to_csv(index=False, header=False))
    cursor.copy_expert(f"COPY raw ({', '.join(frame.columns)}) FROM STDIN WITH (FORMAT csv)", rows)


def _without_indexes(cursor, table: str) -> list[str]:
    """Drops all but the primary key; the statements that bring them back."""
    cursor.execute(INDEXES, [table])
    later = []
    for index, definition, constraint, words in cursor.fetchall():
        if constraint:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            later.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {words}")
        else:
            cursor.execute(f"DROP INDEX {index}")
            later.append(definition)
    return later
