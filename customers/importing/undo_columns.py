"""The columns an import changed, put back where nobody has changed them since: compare, write, keep the rest."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg2 import sql as names

from common import sql

from .undo_statements import empty, execute, value
from .undo_tables import CUSTOMERS, Table


def choose(table: Table, parameters: Mapping[str, Any], *, is_real: bool, stepping_down: bool = False) -> int | None:
    """Take the next rows the import changed; the last id of their changes, None where there are no more.

    With `stepping_down`, only contacts it made the primary one.
    """
    empty("undo_change")
    execute(
        "INSERT INTO undo_change (change_id, row_id, before, after)"
        " SELECT change.id, change.row_id, change.before, change.after"
        " FROM customers_importchange AS change WHERE change.imported_id = %(import_id)s AND change.model = %(model)s"
        " AND change.id > %(after)s {only} ORDER BY change.id LIMIT %(size)s",
        {**parameters, "model": table.name},
        only=names.SQL("AND change.before ->> 'is_primary' = 'false'" if stepping_down else ""),
    )
    last = value("SELECT max(change_id) FROM undo_change", parameters)
    if last is not None:
        execute("ANALYZE undo_change", parameters)
        if is_real:
            _lock(table)
    return last


def _lock(table: Table) -> None:
    """So that nobody's edit falls between comparing and writing."""
    execute(
        "SELECT mine.id FROM {table} AS mine WHERE mine.id IN (SELECT row_id FROM undo_change)"
        " ORDER BY mine.id FOR UPDATE",
        {},
        table=names.Identifier(table.table),
    )


def compare(table: Table, parameters: Mapping[str, Any], *, stepping_down: bool = False) -> None:
    """Fill undo_field: a row a changed column that does not stand as before the import, with why it has to stay."""
    empty("undo_field")
    columns = ["is_primary"] if stepping_down else sorted(table.columns)
    own = names.Identifier(table.table)
    execute(
        "INSERT INTO undo_field (row_id, field, now, before, why)"
        " SELECT mine.id, was.key, stands.columns -> was.key, was.value,"
        " CASE WHEN stands.columns -> was.key IS DISTINCT FROM written.columns -> was.key THEN 'edited' END"
        " FROM undo_change AS change JOIN {table} AS mine ON mine.id = change.row_id"
        " CROSS JOIN LATERAL (SELECT to_jsonb(mine) AS columns) AS stands"
        " CROSS JOIN LATERAL (SELECT to_jsonb(jsonb_populate_record(NULL::{table}, change.after)) AS columns)"
        " AS written"
        " CROSS JOIN LATERAL (SELECT to_jsonb(jsonb_populate_record(NULL::{table}, change.before)) AS columns) AS old"
        " CROSS JOIN LATERAL jsonb_each(change.before) AS was"
        " WHERE was.key = ANY (%(columns)s) AND mine.imported_id IS DISTINCT FROM %(import_id)s"
        " AND stands.columns -> was.key IS DISTINCT FROM old.columns -> was.key",
        {**parameters, "columns": columns},
        table=own,
    )
    if table.name in {"contract", "contact"} and not stepping_down:
        sql.run(f"customers/sql/undo_field_{table.name}.sql", parameters)


def concern_customers(table: Table, parameters: Mapping[str, Any]) -> None:
    """Note whose rows are put back (before and after: a purchase may go back to another customer)."""
    query = (
        "INSERT INTO undo_concerned (customer_id) SELECT DISTINCT mine.{customer} FROM {table} AS mine"
        " JOIN undo_field ON undo_field.row_id = mine.id WHERE why IS NULL"
    )
    column = "id" if table is CUSTOMERS else "customer_id"
    execute(query, parameters, table=names.Identifier(table.table), customer=names.Identifier(column))


def write(table: Table, parameters: Mapping[str, Any]) -> int:
    """Put the columns back; how many rows. What the database refuses (a value taken by another row) stays."""
    try:
        with transaction.atomic():
            return _write(table, parameters)
    except IntegrityError:
        return _write_one_by_one(table, parameters)


def _write(table: Table, parameters: Mapping[str, Any], only: int | None = None) -> int:
    parameters = {**parameters, "only": only}
    columns = value(
        "SELECT array_agg(DISTINCT field) FROM undo_field WHERE why IS NULL"
        " AND (%(only)s::bigint IS NULL OR row_id = %(only)s)",
        parameters,
    )
    if not columns:
        return 0
    written = [names.SQL("{0} = back.{0}").format(names.Identifier(column)) for column in columns]
    written += [names.SQL("version = mine.version + 1")] if table.has("version") else []
    written += [names.SQL("updated_at = %(now)s")] if table.has("updated_at") else []
    count = execute(
        "UPDATE {table} AS mine SET {columns} FROM ("
        "SELECT row_id, jsonb_object_agg(field, before) AS fields FROM undo_field"
        " WHERE why IS NULL AND (%(only)s::bigint IS NULL OR row_id = %(only)s) GROUP BY row_id) AS given"
        " JOIN {table} AS stored ON stored.id = given.row_id"
        " CROSS JOIN LATERAL jsonb_populate_record(stored, given.fields) AS back WHERE mine.id = given.row_id",
        parameters,
        table=names.Identifier(table.table),
        columns=names.SQL(", ").join(written),
    )
    if table.day and table.day[0] in columns:
        _follow_the_day(table, parameters)
    return count


def _follow_the_day(table: Table, parameters: Mapping[str, Any]) -> None:
    """The business day is that of the moment in the zone of now, not of the day of the import."""
    moment, day = (names.Identifier(column) for column in table.day or ())
    execute(
        "UPDATE {table} AS mine SET {day} = (mine.{moment} AT TIME ZONE %(zone)s)::date"
        " WHERE mine.id IN (SELECT row_id FROM undo_field WHERE why IS NULL)"
        " AND mine.{day} <> (mine.{moment} AT TIME ZONE %(zone)s)::date",
        parameters,
        table=names.Identifier(table.table),
        day=day,
        moment=moment,
    )


def _write_one_by_one(table: Table, parameters: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT row_id FROM undo_field WHERE why IS NULL ORDER BY row_id")
        waiting = [row_id for (row_id,) in cursor.fetchall()]
    count = 0
    for row_id in waiting:
        try:
            with transaction.atomic():
                count += _write(table, parameters, only=row_id)
        except IntegrityError:
            execute("UPDATE undo_field SET why = 'in_use' WHERE why IS NULL AND row_id = %(row)s", {"row": row_id})
    return count


def keep(table: Table, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Write down the columns that stay, with what stands there and what would have been put; how many, and why."""
    execute(
        "INSERT INTO customers_undokept (imported_id, model, row_id, field, why, now, before)"
        " SELECT %(import_id)s, %(model)s, row_id, field, why,"
        " coalesce(now #>> '{{}}', ''), coalesce(before #>> '{{}}', '')"
        " FROM undo_field WHERE why IS NOT NULL ORDER BY row_id, field",
        {**parameters, "model": table.name},
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT why, count(*) FROM undo_field WHERE why IS NOT NULL GROUP BY why")
        return dict(cursor.fetchall())


def count_changed(parameters: Mapping[str, Any]) -> int:
    """How many rows would get a column back."""
    return value("SELECT count(DISTINCT row_id) FROM undo_field WHERE why IS NULL", parameters)


def count_only_stepped_down(parameters: Mapping[str, Any]) -> int:
    """Contacts that lose nothing but the mark of the primary one: the next pass will not see them."""
    return value(
        "SELECT count(*) FROM undo_change AS change JOIN undo_field ON undo_field.row_id = change.row_id"
        " WHERE why IS NULL AND (SELECT count(*) FROM jsonb_object_keys(change.before)) = 1",
        parameters,
    )
