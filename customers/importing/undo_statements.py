"""What an undo asks of the database, put together for one table of the register (undo_tables).

All of it works on the tables of the session that customers/sql/undo_tables.sql makes. The same statements serve the
undo and its preview: there `customers_undokept` is a table of the session that hides the real one.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg2 import sql as names

from accounts.models import AuditEvent
from common import sql

from ..models import Contact, Customer
from .undo_tables import CUSTOMERS, DERIVED, LEDGER, PARTS, TABLES, Reference, Table

_KEPT = "SELECT row_id FROM customers_undokept WHERE imported_id = %(import_id)s AND field = '' AND model = "
# Rows of the audit log that tell of reading, and of imports: everything else on a row is an edit.
_NO_EDIT = "view|export|^import"


def execute(statement: str, parameters: Mapping[str, Any], **parts: names.Composable) -> int:
    """Runs a statement with {parts}; returns its row count."""
    with connection.cursor() as cursor:
        cursor.execute(names.SQL(statement).format(**parts), parameters)
        return cursor.rowcount


def value(statement: str, parameters: Mapping[str, Any], **parts: names.Composable) -> Any:
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(names.SQL(statement).format(**parts), parameters)
        return cursor.fetchone()[0]


def empty(*tables: str) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(names.SQL("TRUNCATE {}").format(names.Identifier(table)))


def kept(name: str) -> names.Composed:
    """The ids of this table's rows already found to stay, as a subquery."""
    return names.SQL(_KEPT) + names.Literal(name)


def choose(table: Table, parameters: Mapping[str, Any], *, is_real: bool, only: str = "true") -> int | None:
    """Take the next rows the import made (and that may go) into undo_row; the last id, None where there are none."""
    empty("undo_row")
    execute(
        "INSERT INTO undo_row (row_id) SELECT mine.id FROM {table} AS mine"
        " WHERE mine.imported_id = %(import_id)s AND mine.id > %(after)s AND mine.id NOT IN ({kept})"
        " AND {only} ORDER BY mine.id LIMIT %(size)s {lock}",
        parameters,
        only=names.SQL(only),
        table=names.Identifier(table.table),
        kept=kept(table.name),
        lock=names.SQL("FOR UPDATE OF mine" if is_real else ""),
    )
    last = value("SELECT max(row_id) FROM undo_row", parameters)
    if last is not None:
        execute("ANALYZE undo_row", parameters)  # else the planner takes it for a handful of rows
    return last


def judge(table: Table, parameters: Mapping[str, Any]) -> None:
    """Say of the chosen rows why they stay: edited since, or something else refers to them."""
    edited(table, parameters)
    for reference in table.references:
        if not reference.is_derived and not _is_word_of_an_address(reference):
            _in_use(table, reference, parameters)


def _is_word_of_an_address(reference: Reference) -> bool:
    """The ledger speaks of addresses; that an entry also names the contact holds nobody back."""
    return reference.model is LEDGER and reference.empties


def edited(table: Table, parameters: Mapping[str, Any]) -> None:
    own = {"table": names.Identifier(table.table)}
    parameters = {**parameters, "model": table.name, "label": table.model._meta.label, "no_edit": _NO_EDIT}
    execute(
        "UPDATE undo_row SET why = 'edited' FROM customers_importchange AS change"
        " JOIN customers_import AS other ON other.id = change.imported_id"
        " WHERE change.model = %(model)s AND change.row_id = undo_row.row_id AND change.imported_id <> %(import_id)s"
        " AND other.state <> 'undone'",
        parameters,
    )
    if marks := _marks_of_an_edit(table):
        execute(
            "UPDATE undo_row SET why = 'edited' FROM {table} AS mine"
            " WHERE mine.id = undo_row.row_id AND undo_row.why IS NULL AND ({marks}) AND NOT EXISTS ("
            "SELECT FROM customers_importchange AS change WHERE change.model = %(model)s AND change.row_id = mine.id"
            " AND change.imported_id <> %(import_id)s)",
            parameters,
            marks=names.SQL(marks),
            **own,
        )
    if AuditEvent.objects.filter(object_type=parameters["label"]).exists():
        execute(
            "UPDATE undo_row SET why = 'edited' FROM accounts_auditevent AS event"
            " WHERE event.object_type = %(label)s AND event.object_id = undo_row.row_id::text AND undo_row.why IS NULL"
            " AND event.action !~ %(no_edit)s",
            parameters,
        )
    if table in PARTS:
        sql.run(f"customers/sql/undo_row_{table.name}.sql", parameters)


def _marks_of_an_edit(table: Table) -> str:
    """Saved since it was made, other than by the import itself when it ended. (Undone imports too: see `edited`.)"""
    if table.has("updated_at"):
        return "mine.updated_at NOT IN (mine.created_at, coalesce(%(finished_at)s, mine.created_at))"
    return "mine.version > 1" if table.has("version") else ""


def _in_use(table: Table, reference: Reference, parameters: Mapping[str, Any]) -> None:
    """Rows of the same import that go themselves hold nothing back, nor those that go back to where they were."""
    execute(
        "UPDATE undo_row SET why = 'in_use' FROM {other} AS refers"
        " WHERE refers.{column} = undo_row.row_id AND undo_row.why IS NULL AND NOT ({goes})",
        parameters,
        other=names.Identifier(reference.table),
        column=names.Identifier(reference.column),
        goes=_goes(reference),
    )


def _goes(reference: Reference) -> names.Composable:
    if not reference.has_import:
        return names.SQL("false")
    if reference.model is LEDGER:
        return names.SQL("refers.imported_id IS NOT DISTINCT FROM %(import_id)s OR refers.source = %(source)s")
    name = next(table.name for table in TABLES if table.model is reference.model)
    merged = " AND refers.merged_into_id IS NULL" if reference.model is Customer else ""
    return names.SQL(
        "refers.imported_id IS NOT DISTINCT FROM %(import_id)s AND refers.id NOT IN ({kept}) {merged} OR EXISTS ("
        "SELECT FROM customers_importchange AS back WHERE back.imported_id = %(import_id)s AND back.model = {name}"
        " AND back.row_id = refers.id AND jsonb_exists(back.before, {key})"
        " AND back.after ->> {key} = refers.{column}::text)"
    ).format(
        kept=kept(name),
        merged=names.SQL(merged),
        name=names.Literal(name),
        key=names.Literal(reference.column),
        column=names.Identifier(reference.column),
    )


def keep_rows(table: Table, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Write down the chosen rows that stay; how many for which reason."""
    execute(
        "INSERT INTO customers_undokept (imported_id, model, row_id, field, why, now, before)"
        " SELECT %(import_id)s, %(model)s, row_id, '', why, '', '' FROM undo_row WHERE why IS NOT NULL ORDER BY row_id",
        {**parameters, "model": table.name},
    )
    return _by_reason("undo_row", parameters)


def _by_reason(table: str, parameters: Mapping[str, Any]) -> dict[str, int]:
    with connection.cursor() as cursor:
        query = names.SQL("SELECT why, count(*) FROM {} WHERE why IS NOT NULL GROUP BY why")
        cursor.execute(query.format(names.Identifier(table)), parameters)
        return dict(cursor.fetchall())


def leave_parts_to_their_customer(table: Table, parameters: Mapping[str, Any]) -> None:
    """Parts of customers the import made go or stay with them (`delete` of the customer)."""
    execute(
        "DELETE FROM undo_row USING {table} AS mine, customers_customer AS customer"
        " WHERE mine.id = undo_row.row_id AND customer.id = mine.customer_id AND customer.imported_id = %(import_id)s",
        parameters,
        table=names.Identifier(table.table),
    )


def concern_customers_of_rows(table: Table, parameters: Mapping[str, Any]) -> None:
    execute(
        "INSERT INTO undo_concerned (customer_id) SELECT DISTINCT mine.customer_id FROM {table} AS mine"
        " JOIN undo_row ON undo_row.row_id = mine.id WHERE undo_row.why IS NULL",
        parameters,
        table=names.Identifier(table.table),
    )


def delete(table: Table, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Delete the chosen rows that do not stay, and what goes with them; table → how many."""
    gone = {}
    for reference in table.references:
        if reference.empties:
            _let_go(reference, parameters)
    if table is CUSTOMERS:
        gone = {part.name: _delete_with(part.table, parameters) for part in PARTS[1:]}
        for model in (LEDGER, *_derived_of(table), Contact):
            count = _delete_with(model._meta.db_table, parameters, _columns_to(table, model))
            gone |= {"contact": count} if model is Contact else {}
    gone[table.name] = execute(
        "DELETE FROM {table} AS mine USING undo_row WHERE mine.id = undo_row.row_id AND undo_row.why IS NULL",
        parameters,
        table=names.Identifier(table.table),
    )
    return gone


def _derived_of(table: Table) -> list:
    found = [reference.model for reference in table.references if reference.is_derived]
    return sorted(set(found), key=lambda model: (model not in DERIVED, model._meta.label))


def _columns_to(table: Table, model) -> list[str]:
    return [reference.column for reference in table.references if reference.model is model]


def _delete_with(table: str, parameters: Mapping[str, Any], columns: list[str] | None = None) -> int:
    """Delete the rows of a table that name a chosen row that goes."""
    return sum(
        execute(
            "DELETE FROM {table} AS theirs USING undo_row"
            " WHERE theirs.{column} = undo_row.row_id AND undo_row.why IS NULL",
            parameters,
            table=names.Identifier(table),
            column=names.Identifier(column),
        )
        for column in columns or ["customer_id"]
    )


def _let_go(reference: Reference, parameters: Mapping[str, Any]) -> None:
    """Empty a column that names a row that goes: only rows of the same import and of the ledger are left in it."""
    query = "SELECT EXISTS (SELECT FROM {other} WHERE imported_id = %(import_id)s)"
    if reference.model is not LEDGER and not value(query, parameters, other=names.Identifier(reference.table)):
        return
    execute(
        "UPDATE {other} AS theirs SET {column} = NULL FROM undo_row"
        " WHERE theirs.{column} = undo_row.row_id AND undo_row.why IS NULL",
        parameters,
        other=names.Identifier(reference.table),
        column=names.Identifier(reference.column),
    )


def count_made(table: Table, parameters: Mapping[str, Any]) -> int:
    """How many rows the import made would go, after `keep_rows` of all tables."""
    is_part = table in PARTS
    return value(
        "SELECT count(*) FROM {table} AS mine {join} WHERE mine.imported_id = %(import_id)s AND mine.id NOT IN ({kept})"
        " {stays}",
        parameters,
        table=names.Identifier(table.table),
        kept=kept(table.name),
        join=names.SQL("JOIN customers_customer AS whose ON whose.id = mine.customer_id" if is_part else ""),
        stays=names.SQL(
            "AND (whose.imported_id IS DISTINCT FROM %(import_id)s OR whose.id NOT IN ({}))" if is_part else ""
        ).format(kept(CUSTOMERS.name)),
    )
