"""One import from its file to the facts: started, run, resumed, previewed.

The row of `Import` is the queue. Whoever runs one holds a lock in PostgreSQL that goes with its connection, so a
killed process frees it at once; the next takes it up from `applied_to`. Chunks of all imports of a kind wait for
one another, so two files never write the same rows at once.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit, webhooks
from accounts.models import User
from common import sql

from ..models import Import
from . import applying, columns, gate, people, staging
from .encoding import RefusedError

CHUNK = 50_000
_LOCK_SPACE = 7101
UNFINISHED = (Import.State.QUEUED, Import.State.STAGING, Import.State.APPLYING)


class BusyError(Exception):
    """Nothing can come in just now; the sentence says why."""


def start(
    *,
    kind: str,
    source: File,
    file_name: str,
    mapping: dict[str, Any],
    options: dict[str, Any],
    by: User | None,
    state: str = Import.State.QUEUED,
) -> Import:
    """Keep the file and put the import in the queue (or, as a draft, before a person).

    An unfinished import of the same file, read the same way, is taken up again instead.
    """
    digest = hashlib.sha256()
    for block in source.chunks():
        digest.update(block)
    same = {"kind": kind, "sha256": digest.hexdigest(), "options": options}
    waiting = Import.objects.filter(**same, state__in=UNFINISHED).order_by("id")
    unfinished = next((each for each in waiting if staging.given_by_people(each.mapping) == mapping), None)
    if unfinished and state == Import.State.QUEUED:
        return unfinished
    source.seek(0)
    imported = Import(**same, mapping=mapping, state=state, file_name=file_name[:255], size=source.size, by=by)
    imported.file.save(f"{digest.hexdigest()[:16]}.csv", source, save=False)
    imported.save()
    return imported


def run(*, import_id: int, now: dt.datetime, wait: bool = False) -> Import | None:
    """Run an import to its end, from wherever it stands. None where another process is at it.

    With `wait`, waits for that process (or for the end of an undo). Safe to call twice, or after a kill at any point.
    """
    with gate.shared(wait=wait) as is_open, _held(import_id, wait and is_open) as is_mine:
        if not (is_open and is_mine):
            return None
        imported = Import.objects.get(pk=import_id)
        if imported.state in UNFINISHED:
            _to_the_end(imported, now)
            imported.refresh_from_db()
        return imported


def run_at_once(*, imported: Import, now: dt.datetime, outcomes: dict[int, str]) -> Import:
    """Run a draft while whoever made it waits (the API). `outcomes` gets line → created | updated; the rest is not.

    The lock is held before the draft becomes visible in the queue, so no worker takes it up in between; one left
    by a killed process goes on in the queue as any other. Raises BusyError, and drops the draft, while an import is
    being undone.
    """
    with gate.shared(wait=False) as is_open, _held(imported.pk, wait=False):
        if not is_open:
            imported.file.delete(save=False)
            imported.delete()
            raise BusyError(_("An import is being undone just now: ask again in a few seconds."))
        Import.objects.filter(pk=imported.pk, state=Import.State.DRAFT).update(state=Import.State.QUEUED)
        imported.refresh_from_db()
        _to_the_end(imported, now, outcomes)
        imported.refresh_from_db()
        return imported


def due() -> list[int]:
    """Imports waiting, or left by a killed process."""
    return list(Import.objects.filter(state__in=UNFINISHED).order_by("id").values_list("id", flat=True))


@transaction.atomic
def cancel(*, imported: Import, by: User) -> bool:
    """Stop an import before its next chunk; what is in stays in. False if it was over already."""
    stopped = Import.objects.filter(pk=imported.pk, state__in=(Import.State.DRAFT, *UNFINISHED))
    if not stopped.update(state=Import.State.CANCELLED):
        return False
    audit.record("import.cancel", by=by, on=imported)
    return True


@transaction.atomic
def confirm(*, imported: Import, by: User, options: dict[str, Any]) -> bool:
    """A person has seen the preview: the draft goes into the queue. False if it is no draft any more."""
    draft = Import.objects.filter(pk=imported.pk, state=Import.State.DRAFT)
    if not draft.update(state=Import.State.QUEUED, options=imported.options | options, by=by):
        return False
    audit.record("import.confirm", by=by, on=imported, kind=imported.kind)
    return True


@transaction.atomic
def try_again(*, imported: Import, by: User) -> bool:
    """A failed import goes back into the queue and on from where it stood. False if it is no failed one any more."""
    failed = Import.objects.filter(pk=imported.pk, state=Import.State.FAILED)
    if not failed.update(state=Import.State.QUEUED, error="", finished_at=None):
        return False
    audit.record("import.try_again", by=by, on=imported)
    return True


def _to_the_end(imported: Import, now: dt.datetime, outcomes: dict[int, str] | None = None) -> None:
    try:
        layout, mapping = staging.layout_and_mapping(imported)
        columns.check(mapping, layout.header)
        if imported.state != Import.State.APPLYING or not _is_whole(imported):
            _stage(imported, layout, mapping, now)
        _apply(imported, mapping, now, outcomes)
        _finish(imported, now)
    except RefusedError as refusal:
        _fail(imported, str(refusal), now)
    except FileNotFoundError:
        _fail(imported, _("The file is no longer there."), now)
    except Exception:
        if not connection.in_atomic_block:
            _fail(imported, _("Something unexpected happened; nothing more was imported."), now)
        raise


def _is_whole(imported: Import) -> bool:
    return imported.rows == imported.rejected or staging.is_built(imported)


def _stage(imported: Import, layout, mapping, now: dt.datetime) -> None:
    Import.objects.filter(pk=imported.pk, state__in=UNFINISHED).update(
        state=Import.State.STAGING,
        started_at=imported.started_at or now,
        mapping=imported.mapping,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
    )
    staging.build(imported)
    staging.stage(imported, layout, mapping)
    with staging.workroom(imported):
        staging.prepare(imported, layout, mapping, imported.started_at or now)
        if imported.kind == Import.Kind.CUSTOMERS:
            sql.run("customers/sql/import_placeholders.sql", {"now": now})
        if imported.kind == Import.Kind.INTERACTIONS:
            sql.run("customers/sql/import_interactions_placeholders.sql", {"now": now})
        Import.objects.filter(pk=imported.pk, state=Import.State.STAGING).update(state=Import.State.APPLYING)


def _apply(imported: Import, mapping, now: dt.datetime, outcomes: dict[int, str] | None) -> None:
    while _apply_chunk(imported, mapping, now, outcomes):
        pass


def _apply_chunk(imported: Import, mapping, now: dt.datetime, outcomes: dict[int, str] | None) -> bool:
    """One chunk with its cursor and counts in one transaction. False when there is nothing more to do."""
    with staging.workroom(imported), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '10min', true)")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, imported.kind])
        row = Import.objects.select_for_update().get(pk=imported.pk)
        upto = applying.next_line(imported, after=row.applied_to, size=CHUNK)
        if row.state != Import.State.APPLYING or upto is None:
            return False
        applying.lock_customers(imported, after=row.applied_to, upto=upto)
        counts = applying.classify(imported, mapping, after=row.applied_to, upto=upto)
        if outcomes is not None:
            outcomes |= applying.outcomes(imported)
        applying.write(imported, now=now)
        Import.objects.filter(pk=imported.pk).update(
            applied_to=upto,
            created=F("created") + counts.created,
            updated=F("updated") + counts.updated,
            unchanged=F("unchanged") + counts.unchanged,
        )
    return True


def _finish(imported: Import, now: dt.datetime) -> None:
    with staging.workroom(imported):
        done = Import.objects.filter(pk=imported.pk, state=Import.State.APPLYING)
        if done.update(state=Import.State.DONE, finished_at=now):
            applying.declare(imported, now=now)
            applying.say_again(imported)
            people.finish(imported, now=now)
            imported.refresh_from_db()
            counts = {name: getattr(imported, name) for name in ("rows", "created", "updated", "unchanged", "rejected")}
            audit.record("import.done", by=imported.by, on=imported, kind=imported.kind, **counts)
            if imported.source != Import.Source.API:  # a program knows what it has just sent
                webhooks.emit("import.finished", {"import_id": imported.pk, "kind": imported.kind, **counts})
    staging.tear_down(imported)


def _fail(imported: Import, sentence: str, now: dt.datetime) -> None:
    Import.objects.filter(pk=imported.pk, state__in=UNFINISHED).update(
        state=Import.State.FAILED, error=sentence, finished_at=now
    )
    staging.tear_down(imported)


@contextmanager
def _held(import_id: int, wait: bool) -> Iterator[bool]:
    """The lock of one import, held by this connection."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_SPACE, import_id])
            cursor.execute("RESET lock_timeout")
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, import_id])
        is_mine = wait or cursor.fetchone()[0]
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, import_id])


def open_file(path: Path) -> File:
    """A file of the command line, as `start` takes it."""
    return File(path.open("rb"), name=path.name)
