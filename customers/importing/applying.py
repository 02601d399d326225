"""Prepared rows into the facts, chunk by chunk: compare (a hash join drops what stands already), then write."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg2 import sql as names

from accounts.models import Installation
from common import sql

from .. import consent, searching
from ..models import Channel, Import
from . import people
from .columns import Mapping

# Where a row of a chunk names the stored row it changes; what it makes has none. (row_id for every other kind.)
STORED = {"customers": "customer_id", "purchases": "purchase_id", "contracts": "term_id", "logins": "NULL::bigint"}

# The customers a chunk writes to, or to whose contacts.
_LOCKED = {
    "customers": "SELECT stored.id FROM import_ready_customers AS ready JOIN customers_customer AS stored USING (code)"
    " WHERE ready.line > %s AND ready.line <= %s",
    "contacts": "SELECT stored.id FROM import_ready_contacts AS ready JOIN import_codes AS codes USING (code)"
    " JOIN customers_customer AS stored ON stored.id = codes.customer_id"
    " WHERE ready.line > %s AND ready.line <= %s",
}


@dataclass(frozen=True)
class Counts:
    """What became of some prepared rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


def next_line(imported: Import, *, after: int, size: int) -> int | None:
    """The last line of the next chunk of prepared rows; None when there are no more."""
    query = "SELECT max(line) FROM (SELECT line FROM {} WHERE line > %s ORDER BY line LIMIT %s) AS chunk"
    return _one(query, _ready(imported), [after, size])


def classify(imported: Import, mapping: Mapping, *, after: int, upto: int) -> Counts:
    """Fill the chunk's table with what makes or changes something; the rest is unchanged."""
    chunk = names.Identifier(f"import_chunk_{imported.kind}")
    with connection.cursor() as cursor:
        cursor.execute(names.SQL("TRUNCATE {}").format(chunk))
    clear = bool(imported.options.get("clear_empty"))
    parameters = {"after": after, "upto": upto, "clear": clear, "filled": sorted(mapping.filled)}
    parameters["people"] = mapping.names_people
    changed = sql.run(f"customers/sql/import_{imported.kind}_classify.sql", parameters)
    valid = _one(
        "SELECT count(*) FROM {} WHERE line > %s AND line <= %s AND reject IS NULL", _ready(imported), [after, upto]
    )
    with connection.cursor() as cursor:
        cursor.execute(names.SQL("ANALYZE {}").format(chunk))  # else the planner takes it for a handful of rows
    stored = STORED.get(imported.kind, "row_id")
    created = _one(f"SELECT count(*) FROM {{}} WHERE {stored} IS NULL", chunk, [])  # noqa: S608  # a word of ours
    return Counts(created, changed - created, valid - changed)


def outcomes(imported: Import) -> dict[int, str]:
    """Line → created | updated, of the chunk just classified; its other lines change nothing."""
    stored = STORED.get(imported.kind, "row_id")
    query = f"SELECT line, CASE WHEN {stored} IS NULL THEN 'created' ELSE 'updated' END FROM {{}}"  # noqa: S608  # a word of ours
    with connection.cursor() as cursor:
        cursor.execute(names.SQL(query).format(names.Identifier(f"import_chunk_{imported.kind}")))
        return dict(cursor.fetchall())


def write(imported: Import, *, now: dt.datetime) -> None:
    """Write the classified chunk, with before-images and marks. Inside the chunk's transaction."""
    company = Installation.get()
    parameters = {"import_id": imported.pk, "now": now, "today": company.day_of(now), "zone": company.time_zone}
    if imported.kind != Import.Kind.CUSTOMERS:
        _make_customers(imported, parameters)
    sql.run(f"customers/sql/import_{imported.kind}_apply.sql", parameters)
    people.after_chunk(imported, now=now)


def lock_customers(imported: Import, *, after: int, upto: int) -> None:
    """Hold the customers of a chunk, so that nobody's edit falls between comparing and writing."""
    if imported.kind not in _LOCKED:
        return
    with connection.cursor() as cursor:
        # No key: rows that only refer to the customer (purchases of another import) need not wait.
        query = _LOCKED[imported.kind] + " AND ready.is_last ORDER BY stored.id FOR NO KEY UPDATE OF stored"
        cursor.execute(query, [after, upto])


def say_again(imported: Import) -> None:
    """Note the refusals of an earlier import that this file says too: they stay when that one is undone."""
    if imported.kind == Import.Kind.CUSTOMERS:
        sql.run("customers/sql/import_refusals_again.sql", {"import_id": imported.pk})


def declare(imported: Import, *, now: dt.datetime) -> None:
    """Enter the basis an admin declared for the people of the file who did not refuse."""
    basis = imported.options.get("basis")
    if not basis or imported.kind != Import.Kind.CUSTOMERS:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact.customer_id, contact.email FROM import_ready_customers AS ready"
            " JOIN customers_customer AS stored USING (code)"
            " JOIN customers_contact AS contact ON contact.customer_id = stored.id"
            " WHERE ready.is_last AND ready.mail_ok IS NOT FALSE AND contact.email <> ''"
        )
        pairs = cursor.fetchall()
    at = dt.datetime.fromisoformat(imported.options["basis_at"]) if imported.options.get("basis_at") else now
    consent.declare_basis(
        pairs,
        channel=Channel.MAIL,
        basis=basis,
        at=at,
        source=f"import {imported.pk}",
        by=imported.by,  # type: ignore[arg-type]  # only a person on the page declares a basis
        wording=imported.options.get("wording", ""),
    )


def _make_customers(imported: Import, parameters: dict[str, Any]) -> None:
    chunk = names.Identifier(f"import_chunk_{imported.kind}")
    query = (
        "SELECT array_agg(DISTINCT chunk.code) FROM {} AS chunk JOIN import_codes AS codes USING (code)"
        " WHERE codes.customer_id IS NULL"
    )
    codes = _one(query, chunk, [])
    if codes:
        sql.run("customers/sql/import_new_customers.sql", parameters | {"codes": codes})
        query = "SELECT array_agg(customer_id) FROM {} WHERE code = ANY (%s)"
        made = _one(query, names.Identifier("import_codes"), [codes])
        searching.refresh(made)


def _ready(imported: Import) -> names.Identifier:
    return names.Identifier(f"import_ready_{imported.kind}")


def _one(query: str, table: names.Identifier, parameters: list) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(names.SQL(query).format(table), parameters)
        return cursor.fetchone()[0]
