"""Scores as a file."""

import datetime as dt
from pathlib import Path

from django.db import connection, transaction

from common import sql
from scores import scoring, spells

BOM = b"\xef\xbb\xbf"


@transaction.atomic
def export(path: Path, *, as_of: dt.date, now: dt.datetime) -> int:
    """Writes the scores as of the end of `as_of` as CSV (UTF-8 with BOM); returns the number of customers.

    Stores nothing in the database. The file appears whole or not at all; a pipe or a device is written to and stays
    what it is. OSError where it cannot be written.
    """
    is_file = path.is_file() or not path.exists()
    half = path.with_name(path.name + ".part") if is_file else path
    try:
        with half.open("wb") as file:
            scoring.build(as_of=as_of, now=now)
            file.write(BOM)
            rows = _copy(file, spells.parameters(as_of=as_of))
        if is_file:
            half.replace(path)
    finally:
        if is_file:
            half.unlink(missing_ok=True)
    return rows


def _copy(file, params) -> int:
    (statement,) = sql.statements("scores/sql/export.sql")
    with connection.cursor() as cursor:
        query = cursor.mogrify(statement, params).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", file)
        return cursor.rowcount
