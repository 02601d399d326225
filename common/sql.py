"""Runs the statements in `<app>/sql/*.sql`.

A file holds one or several plain statements divided by lines of `;;` (a semicolon may stand in a string).
Parameters are named: `%(as_of)s`. A line `--> app/sql/other.sql` stands for the text of that file. Every run is logged
with its name, rows and milliseconds.
"""

import logging
import re
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

log = logging.getLogger("sql")
_INCLUDED = re.compile(r"^ *--> (\S+\.sql)$", re.M)


@cache
def text(name: str) -> str:
    """The text of one file, by its path from the project's root (`scores/sql/rfm.sql`)."""
    found = (Path(settings.BASE_DIR) / name).read_text(encoding="utf-8")
    return _INCLUDED.sub(lambda line: text(line[1]).strip(), found)


def statements(name: str) -> list[str]:
    """The file's statements in order."""
    parts = ("\n" + text(name)).split("\n;;")
    return [part.strip() for part in parts if part.strip()]


def run(name: str, params: Mapping[str, Any] | None = None) -> int:
    """Runs every statement of the file; returns the row count of the last one."""
    with connection.cursor() as cursor:
        for statement in statements(name):
            _execute(cursor, name, statement, params or {})
        return cursor.rowcount


def total(name: str, params: Mapping[str, Any] | None = None) -> int:
    """Runs every statement of the file; returns the rows that all of them inserted, updated and deleted."""
    with connection.cursor() as cursor:
        written = 0
        for statement in statements(name):
            _execute(cursor, name, statement, params or {})
            written += cursor.rowcount if cursor.statusmessage.startswith(("INSERT", "UPDATE", "DELETE")) else 0
        return written


def rows(name: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Runs the file and returns the rows of its last statement as dictionaries."""
    return list(iterate(name, params))


def iterate(name: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Like `rows`, one at a time (the rows are already at the client)."""
    with connection.cursor() as cursor:
        for statement in statements(name):
            _execute(cursor, name, statement, params or {})
        columns = [column.name for column in cursor.description]
        for row in cursor:
            yield dict(zip(columns, row, strict=True))


def _execute(cursor, name: str, statement: str, params: Mapping[str, Any]) -> None:
    started = time.perf_counter()
    cursor.execute(statement, params)
    log.debug("%s %s rows %.0f ms", name, cursor.rowcount, (time.perf_counter() - started) * 1000)
