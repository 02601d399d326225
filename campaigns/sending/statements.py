"""The sender's own statements, planned once per connection instead of once per mail (docs/decisions/0015)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection

from common import sql

PARAMETER = re.compile(r"%\((\w+)\)s")
_prepared: dict[str, object] = {}  # name → the database connection that knows it


def together(name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Runs a file's statements in one message to the server, which makes them one transaction (outside of one).

    Returns the rows of the last. Every parameter is cast where it stands.
    """
    with connection.cursor() as cursor:
        _prepare(cursor, name)
        calls = [call for _text, call in _statements(name)]
        cursor.execute("; ".join(calls), params)
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _prepare(cursor, name: str) -> None:
    """Prepared statements live as long as the connection to the database."""
    if _prepared.get(name) is connection.connection:
        return
    cursor.execute("SET plan_cache_mode = force_generic_plan")  # else planning costs more than the work
    for number, (text, _call) in enumerate(_statements(name)):
        if not _is_known(cursor, _name(name, number)):
            cursor.execute(text)
    _prepared[name] = connection.connection


def _is_known(cursor, prepared: str) -> bool:
    cursor.execute("SELECT true FROM pg_prepared_statements WHERE name = %s", [prepared])
    return cursor.fetchone() is not None


def _name(name: str, number: int) -> str:
    return f"{name.rpartition('/')[2].removesuffix('.sql')}_{number}"


@cache
def _statements(name: str) -> list[tuple[str, str]]:
    """PREPARE … and EXECUTE … for each statement of the file."""
    found = []
    for number, text in enumerate(sql.statements(name)):
        words = list(dict.fromkeys(PARAMETER.findall(text)))
        numbered = PARAMETER.sub(lambda match: f"${words.index(match[1]) + 1}", text)  # noqa: B023  used at once
        called = ", ".join(f"%({word})s" for word in words)
        execute = f"EXECUTE {_name(name, number)}" + (f" ({called})" if words else "")
        found.append((f"PREPARE {_name(name, number)} AS {numbered}", execute))
    return found
