"""A file through the whole import, and what is stored afterwards: for the tests of this folder."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from customers.importing import running
from customers.models import Import, ImportReject

NOW = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)


def bring(kind: str, content: bytes | str, *, mapping: dict[str, Any] | None = None, **options: Any) -> Import:
    """Import a file's bytes (text: as UTF-8) to the end, as of NOW."""
    source = ContentFile(content.encode() if isinstance(content, str) else content)
    queued = running.start(kind=kind, source=source, file_name="f.csv", mapping=mapping or {}, options=options, by=None)
    return running.run(import_id=queued.pk, now=NOW)


def bring_file(kind: str, path: Path, *, mapping: dict[str, Any] | None = None, **options: Any) -> Import:
    return bring(kind, path.read_bytes(), mapping=mapping, **options)


def counts(imported: Import) -> tuple[int, int, int, int]:
    """created, updated, unchanged, rejected of an import that ended well; they are all its rows."""
    assert imported.state == Import.State.DONE, imported.error
    assert imported.created + imported.updated + imported.unchanged + imported.rejected == imported.rows
    return imported.created, imported.updated, imported.unchanged, imported.rejected


def rejects(imported: Import) -> list[tuple[int, str, str]]:
    """(line, code, column) of each row that stayed out."""
    return [(r.line, r.code, r.column) for r in ImportReject.objects.filter(imported=imported).order_by("line")]
