"""An import taken back: what it made goes, what it changed is as before, what people did since stays and is listed.

The row of `Import` is the queue again: state UNDOING, and in `undone` the step, the cursor and the numbers so far,
written in the transaction of each chunk. So a killed undo goes on where it stood. One undo runs at a time, and no
import beside it (gate).
"""

import datetime as dt
from collections import Counter
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import audit, webhooks
from accounts.models import User
from common import sql

from ..models import Import, UndoKept
from . import gate, undo_statements
from .undo_steps import STEPS, Undo
from .undo_tables import TABLES

CHUNK = 20_000
MAY_BE_UNDONE = (Import.State.DONE, Import.State.CANCELLED, Import.State.FAILED)


class UndoError(Exception):
    """The import cannot be undone; the sentence says why."""


@transaction.atomic
def begin(*, import_id: int, by: User | None) -> Import:
    """Put the undo of a finished, stopped or failed import into the queue. Raises UndoError where it may not be."""
    imported = Import.objects.select_for_update().get(pk=import_id)
    check(imported)
    UndoKept.objects.filter(imported=imported).delete()
    imported.undone = {"was": imported.state, "step": STEPS[0].name, "after": 0}
    imported.state, imported.undone_by = Import.State.UNDOING, by
    imported.save(update_fields=["state", "undone", "undone_by"])
    audit.record("import.undo_begin", by=by, on=imported, kind=imported.kind)
    return imported


def check(imported: Import) -> None:
    """Raises UndoError where the import may not be undone (again)."""
    if imported.state == Import.State.UNDOING:
        raise UndoError(_("This import is being undone already."))
    if imported.state == Import.State.UNDONE:
        raise UndoError(_("This import was undone already."))
    if imported.state not in MAY_BE_UNDONE:
        raise UndoError(_("This import is still running. Stop it first, or wait until it is finished."))


def due() -> list[int]:
    """Undos waiting, or left by a killed process."""
    return list(Import.objects.filter(state=Import.State.UNDOING).order_by("id").values_list("id", flat=True))


def run(*, import_id: int, now: dt.datetime, wait: bool = False) -> Import | None:
    """Undo to the end, from wherever it stands. None where an import or another undo is at work.

    With `wait`, waits for these. Safe to call twice, or after a kill at any point.
    """
    with gate.alone(wait=wait) as is_mine:
        if not is_mine:
            return None
        sql.run("customers/sql/undo_tables.sql")
        while _chunk(import_id, now):
            pass
        return Import.objects.get(pk=import_id)


def look(imported: Import, *, now: dt.datetime) -> dict[str, Any]:
    """What an undo would do, by the same statements, without writing: as `Import.undone`; `first`: some it keeps."""
    with transaction.atomic(), connection.cursor() as cursor:
        sql.run("customers/sql/undo_tables.sql")
        # Found before the real one, gone with the transaction.
        cursor.execute("CREATE TEMP TABLE customers_undokept (LIKE public.customers_undokept INCLUDING ALL)")
        undo = Undo(imported, now, is_real=False)
        for step in STEPS:
            if step.in_preview:
                _all_of(step, undo)
        for table in TABLES:
            undo.created[table.name] = undo_statements.count_made(table, undo.parameters())
        first = list(UndoKept.objects.filter(imported=imported).order_by("id")[:20])
        transaction.set_rollback(True)
    return undo.numbers() | {"first": first}


def _all_of(step, undo: Undo) -> None:
    after: int | None = 0
    while after is not None:
        after = step.take(undo, after)


def _chunk(import_id: int, now: dt.datetime) -> bool:
    """One chunk with its cursor and numbers in one transaction. False when there is nothing more to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        imported = Import.objects.select_for_update().get(pk=import_id)
        if imported.state != Import.State.UNDOING:
            return False
        cursor.execute("SELECT set_config('lock_timeout', '10min', true)")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the database refuses shows at once
        undo = _taken_up(imported, now)
        _advance(undo)
        imported.save(update_fields=["state", "undone", "undone_at"])
    return True


def _taken_up(imported: Import, now: dt.datetime) -> Undo:
    so_far = imported.undone
    created, changed, kept = (Counter(so_far.get(name, {})) for name in ("created", "changed", "kept"))
    consents, suppressions = (so_far.get(name, 0) for name in ("consents", "suppressions"))
    return Undo(imported, now, CHUNK, True, created, changed, kept, consents, suppressions)


def _advance(undo: Undo) -> None:
    """Take one chunk; the row says where the next begins."""
    imported, at = undo.imported, undo.imported.undone
    names = [step.name for step in STEPS]
    place = names.index(at["step"])
    after = STEPS[place].take(undo, at["after"])
    if after is None and place + 1 == len(STEPS):
        _finish(undo)
        return
    step = at["step"] if after is not None else names[place + 1]
    imported.undone = {"was": at["was"], "step": step, "after": after or 0, **undo.numbers()}


def _finish(undo: Undo) -> None:
    imported = undo.imported
    imported.state, imported.undone_at = Import.State.UNDONE, undo.now
    imported.undone = {"was": imported.undone["was"], **undo.numbers()}
    counts = {name: imported.undone[name] for name in ("created", "changed", "kept", "consents", "suppressions")}
    audit.record("import.undo", by=imported.undone_by, on=imported, kind=imported.kind, **counts)
    webhooks.emit("import.undone", {"import_id": imported.pk, "kind": imported.kind, **counts})
