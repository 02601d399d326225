"""What an import would do, found by doing all of it but the writing, in a transaction that is rolled back."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from common import sql

from ..models import Import, ImportReject
from . import applying, columns, owners, rejects, showing, staging
from .applying import Counts
from .columns import Mapping
from .reading import Layout

EXAMPLES = 5
_STORED_TABLES = {
    "customers": "LEFT JOIN customers_customer AS stored ON stored.id = chunk.customer_id"
    " LEFT JOIN customers_contact AS more ON more.id = chunk.contact_id",
    "purchases": "LEFT JOIN customers_purchase AS stored ON stored.id = chunk.purchase_id"
    " LEFT JOIN customers_customer AS more ON false",
    "contracts": "LEFT JOIN customers_contract AS stored ON stored.id = chunk.term_id"
    " LEFT JOIN customers_customer AS more ON false",
    "logins": "LEFT JOIN customers_login AS stored ON false LEFT JOIN customers_customer AS more ON false",
}
_STORED_TABLES |= {
    kind: f"LEFT JOIN customers_{table} AS stored ON stored.id = chunk.row_id"
    " LEFT JOIN customers_customer AS more ON false"
    for kind, table in {
        "contacts": "contact",
        "interactions": "interaction",
        "consents": "consent",
        "invoices": "invoice",
        "usage": "login",
        "events": "event",
    }.items()
}


@dataclass(frozen=True)
class Example:
    """A row that would be made or changed: its line, its code, and (label, before, after) for each difference."""

    line: int
    code: str
    changes: list[tuple[Any, Any, Any]]


@dataclass
class Preview:
    """Counts and examples of a dry run. `is_part`: only the first rows were looked at.

    `owners`: names of staff nobody is known by yet, each with how many rows name it. `reasons`: (code, sentence, how
    many) of the rows that stay out. `met`: unchanged rows equal to ones stored from another file. `mailable`: the
    addresses that may be mailed once somebody declares on what ground, and may not yet.
    """

    rows: int = 0
    rejected: int = 0
    skipped: int = 0
    counts: Counts = field(default_factory=Counts)
    created: list[Example] = field(default_factory=list)
    updated: list[Example] = field(default_factory=list)
    unchanged: list[Example] = field(default_factory=list)
    reasons: list[tuple[str, str, int]] = field(default_factory=list)
    rejects: list[ImportReject] = field(default_factory=list)
    owners: list[tuple[str, int]] = field(default_factory=list)
    met: int = 0
    mailable: int = 0
    is_part: bool = False


def preview(imported: Import, layout: Layout, mapping: Mapping, *, first: int | None = None) -> Preview:
    """Run everything but the writing. Leaves nothing behind. Raises RefusedError."""
    columns.check(mapping, layout.header)
    found = Preview()
    with transaction.atomic():
        _look(imported, layout, mapping, first, found)
        transaction.set_rollback(True)
    return found


def _look(imported: Import, layout: Layout, mapping: Mapping, first: int | None, found: Preview) -> None:
    staging.build(imported)
    is_whole = staging.stage(imported, layout, mapping, first=first)
    with staging.workroom(imported):
        staging.prepare(imported, layout, mapping, is_whole=is_whole)
        found.owners = owners.unknown_in(imported)
        after = 0
        while (upto := applying.next_line(imported, after=after, size=50_000)) is not None:
            found.counts += applying.classify(imported, mapping, after=after, upto=upto)
            _collect(imported, found)
            _collect_unchanged(imported, found, after, upto)
            after = upto
        found.mailable = _mailable(imported)
    imported_now = Import.objects.get(pk=imported.pk)
    found.rows, found.rejected, found.skipped = imported_now.rows, imported_now.rejected, imported_now.skipped
    found.rejects = list(
        ImportReject.objects.filter(imported=imported).exclude(code="superseded").order_by("line")[:20]
    )
    found.reasons = rejects.summary(imported)
    found.is_part = bool(first and found.rows >= first)


def _collect(imported: Import, found: Preview) -> None:
    for is_new, into in ((True, found.created), (False, found.updated)):
        if len(into) < EXAMPLES:
            into += [_example(imported.kind, *row) for row in _rows(imported, is_new, EXAMPLES - len(into))]


def _collect_unchanged(imported: Import, found: Preview, after: int, upto: int) -> None:
    where = (
        f"import_ready_{imported.kind} AS ready WHERE ready.line > %s AND ready.line <= %s AND ready.reject IS NULL"
        f" AND NOT EXISTS (SELECT FROM import_chunk_{imported.kind} AS chunk WHERE chunk.line = ready.line)"
    )
    with connection.cursor() as cursor:
        if len(found.unchanged) < EXAMPLES:
            query = f"SELECT ready.line, ready.code FROM {where} ORDER BY ready.line LIMIT %s"  # noqa: S608  # words of ours
            cursor.execute(query, [after, upto, EXAMPLES - len(found.unchanged)])
            found.unchanged += [Example(line, code, []) for line, code in cursor.fetchall()]
    if imported.kind == Import.Kind.PURCHASES:
        parameters = {"after": after, "upto": upto, "sha256": imported.sha256}
        found.met += sql.rows("customers/sql/import_purchases_met.sql", parameters)[0]["met"]


def _mailable(imported: Import) -> int:
    if imported.kind != Import.Kind.CUSTOMERS:
        return 0
    return sql.rows("customers/sql/import_customers_mailable.sql", {})[0]["mailable"]


def _rows(imported: Import, is_new: bool, limit: int) -> list[tuple]:
    kind = imported.kind
    stored = "NULL" if kind == "logins" else f"chunk.{applying.STORED.get(kind, 'row_id')}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT chunk.line, chunk.code, to_jsonb(chunk)::text,"  # noqa: S608  # words of ours
            f" (coalesce(to_jsonb(more), '{{}}') || to_jsonb(stored))::text"
            f" FROM import_chunk_{kind} AS chunk {_STORED_TABLES[kind]}"
            f" WHERE ({stored} IS NULL) = %s ORDER BY chunk.line LIMIT %s",
            [is_new, limit],
        )
        return cursor.fetchall()


def _example(kind: str, line: int, code: str, after: str, before: str | None) -> Example:
    new, old = json.loads(after), json.loads(before) if before else {}
    labels, changes = showing.labels(kind), []
    for name in (name for name in new if name in labels):
        is_refusal = name.endswith("_no")
        if (old and name not in old and not is_refusal) or new[name] == old.get(name):
            continue
        if (not old and new[name] in (None, "", [], {}, False)) or (is_refusal and not new[name]):
            continue
        changes.append((labels[name], showing.words(kind, name, old.get(name)), showing.words(kind, name, new[name])))
    return Example(line, code, changes)
