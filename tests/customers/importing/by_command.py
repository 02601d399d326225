"""Files brought in as an admin does it on the command line: a dry run first, then the import, then once more."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from customers.models import Import, ImportReject

COUNTS = ("created", "updated", "unchanged", "rejected")


def bring(
    folder: Path,
    kind: str,
    text: str | Path,
    *flags: str,
    mapping: dict[str, Any] | Path | None = None,
    look: bool = True,
) -> dict[str, int]:
    """Import the text (or file) and return what the command says. The dry run before it (`look`) must say the same."""
    path = _file(folder, f"{kind}.csv", text)
    if isinstance(mapping, dict):
        mapping = _file(folder, "mapping.json", json.dumps(mapping))
    more = [*flags, "--json", *([f"--mapping={mapping}"] if mapping else [])]
    foreseen = _said(kind, path, *more, "--dry-run") if look else None
    done = _said(kind, path, *more)
    assert foreseen is None or [foreseen[name] for name in (*COUNTS, "rows")] == [
        done[name] for name in (*COUNTS, "rows")
    ]
    assert sum(done[name] for name in COUNTS) == done["rows"]
    return done


def counts(folder: Path, kind: str, text: str | Path, *flags: str, mapping: Any = None) -> tuple[int, ...]:
    """(created, updated, unchanged, rejected) of an import; brought again at once, the file changes nothing."""
    done = bring(folder, kind, text, *flags, mapping=mapping)
    again = bring(folder, kind, text, *flags, mapping=mapping, look=False)
    assert (again["created"], again["updated"]) == (0, 0)
    assert again["rejected"] == done["rejected"]
    return tuple(done[name] for name in COUNTS)


def rejects() -> list[tuple[int, str, str]]:
    """(line, code, column) of the rows of the last import that stayed out."""
    last = Import.objects.latest("id")
    found = ImportReject.objects.filter(imported=last).exclude(code="superseded").order_by("line")
    return list(found.values_list("line", "code", "column"))


def _file(folder: Path, name: str, text: str | Path) -> Path:
    if isinstance(text, Path):
        return text
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _said(kind: str, path: Path, *flags: str) -> dict[str, int]:
    out = StringIO()
    call_command("import_records", kind, path, *flags, stdout=out)
    return json.loads(out.getvalue())
