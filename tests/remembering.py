"""What a fixture put into the database, put there again for the next test in a moment instead of made anew."""

import copy
import io
from collections.abc import Callable
from typing import Any

from django.db import connection

TABLES = """
SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attgenerated = ''
 GROUP BY c.oid
"""
Rows = dict[str, str]

_kept: dict[str, tuple[Rows, Any]] = {}


def again(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns, and the rows it left in the database: made once a process, copied afterwards.

    For a test inside a transaction (`db`), before it puts rows of its own there. What is handed out is a copy.
    """
    if name in _kept:
        _put(_kept[name][0])
    else:
        made = make()
        _kept[name] = (_rows(), made)
    return copy.deepcopy(_kept[name][1])


def _rows() -> Rows:
    """Every table that is not empty, as COPY writes it; by its name and columns."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = cursor.fetchall()
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name, _ in tables))
        filled = {name for (name,) in cursor.fetchall()}
        for name, columns in tables:
            if name in filled:
                text = io.StringIO()
                cursor.copy_expert(f"COPY {name} ({columns}) TO STDOUT", text)
                found[f"{name} ({columns})"] = text.getvalue()
    return found


def _put(rows: Rows) -> None:
    """Without triggers: what they would write is among the rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("; ".join(f"DELETE FROM {name.partition(' ')[0]}" for name in rows))
        for name, text in rows.items():
            cursor.copy_expert(f"COPY {name} FROM STDIN", io.StringIO(text))
        cursor.execute("SET LOCAL session_replication_role = origin")
