"""What follows from written rows of customers, contacts and consents: search texts, and refusals that take hold."""

import datetime as dt
from typing import Any

from django.db import connection

from accounts import audit
from common import sql

from .. import consent, searching
from ..models import Channel, Consent, ConsentState, Import

_OF_CONTACTS = "SELECT DISTINCT codes.customer_id FROM import_chunk_contacts JOIN import_codes AS codes USING (code)"
_REFUSED_AS_A_WHOLE = (
    "SELECT DISTINCT codes.customer_id FROM import_chunk_consents AS chunk JOIN import_codes AS codes USING (code)"
    " WHERE chunk.address = ''"
)


def after_chunk(imported: Import, *, now: dt.datetime) -> None:
    """Inside the chunk's transaction, after its rows are written."""
    if imported.kind == Import.Kind.CUSTOMERS:
        _after_customers(imported, now)
    elif imported.kind == Import.Kind.CONTACTS:
        ids = [row[0] for row in _rows(_OF_CONTACTS)]
        searching.refresh(ids)
        consent.settle(ids)
    elif imported.kind == Import.Kind.CONSENTS:
        consent.settle([row[0] for row in _rows(_REFUSED_AS_A_WHOLE)])


def source_of(imported: Import) -> str | None:
    """The other system in whose codes the file names customers (the mapping's constant `source`), if any."""
    if imported.kind == Import.Kind.CONSENTS:  # there it says where a consent comes from
        return None
    return str((imported.mapping.get("constants") or {}).get("source") or "").strip()[:50] or None


def finish(imported: Import, *, now: dt.datetime) -> None:
    """Once, when the last chunk is in: further codes, parents that came in late, the audit of the consent ledger."""
    if source := source_of(imported):
        sql.run("customers/sql/import_new_codes.sql", {"source": source, "import_id": imported.pk})
    if imported.kind == Import.Kind.CUSTOMERS:
        sql.run("customers/sql/import_parents_late.sql", {"import_id": imported.pk, "now": now})
    if imported.kind != Import.Kind.CONSENTS:
        return
    entries = Consent.objects.filter(imported=imported)
    counts = {state: entries.filter(state=state).count() for state in ConsentState.values}
    if any(counts.values()):
        audit.record("consent.import", by=imported.by, on=imported, **counts)


def _after_customers(imported: Import, now: dt.datetime) -> None:
    """A no in the file withdraws at once; one without an address waits for it."""
    rows = _rows(
        "SELECT customer_id, code, email, other_emails, phone, mail_no, postal_no, phone_no, is_new"
        " FROM import_chunk_customers"
    )
    searching.refresh([row[0] for row in rows if not row[-1]])  # a new one is written with its texts
    refused: dict[str, list[tuple[int, str]]] = {Channel.MAIL: [], Channel.POSTAL: [], Channel.PHONE: []}
    for customer, code, email, others, phone, mail_no, postal_no, phone_no, _is_new in rows:
        if mail_no:
            refused[Channel.MAIL] += [(customer, address) for address in [email, *(others or "").split()] if address]
            refused[Channel.MAIL] += [] if email or others else [(customer, "")]
        if postal_no:
            refused[Channel.POSTAL].append((customer, code))
        if phone_no:
            refused[Channel.PHONE].append((customer, phone))
    for channel, pairs in refused.items():
        _refuse(pairs, channel=channel, at=now, source=f"import {imported.pk}", by=imported.by)
    consent.settle([row[0] for row in rows])


def _refuse(pairs: list[tuple[int, str]], **entry: Any) -> None:
    known = [pair for pair in pairs if pair[1]]
    unknown = [customer for customer, address in pairs if not address]
    if known:
        consent.withdraw_many(known, **entry)
    if unknown:
        consent.refuse_without_address(unknown, **entry)


def _rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
