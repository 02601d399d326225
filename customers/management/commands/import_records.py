"""manage.py import_records: a file of any kind of records into the facts."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from customers.importing import previewing, rejects, running, staging, workbooks
from customers.importing.encoding import RefusedError
from customers.models import Import

COUNTS = ("rows", "created", "updated", "unchanged", "rejected", "skipped")


class Command(BaseCommand):
    help = "Imports a CSV, TSV or xlsx file. Rejected rows are a result, not a failure."

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=Import.Kind.values, metavar="KIND", help=", ".join(Import.Kind.values))
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--mapping",
            metavar="FILE.json",
            help="encoding, delimiter, header_row, date_order, columns, constants, key",
        )
        parser.add_argument("--create-customers", action="store_true", help="make a customer for an unknown code")
        parser.add_argument("--clear-empty", action="store_true", help="an empty cell clears what is stored")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--rejects", metavar="OUT", help="write the rejected rows there")
        parser.add_argument("--json", action="store_true", help="print one object and nothing else")

    def handle(self, *args, **options):
        started = time.monotonic()
        path = _existing(options["file"])
        mapping = _mapping(options["mapping"])
        try:
            result = _dry_run(path, mapping, options) if options["dry_run"] else _run(path, mapping, options)
        except RefusedError as refusal:
            raise CommandError(f"{path.name}: {refusal}") from None
        result["seconds"] = round(time.monotonic() - started, 2)
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else _sentence(path, result))


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise CommandError(f"{name}: there is no such file.")
    return path


def _mapping(name: str | None) -> dict[str, Any]:
    if not name:
        return {}
    try:
        mapping = json.loads(_existing(name).read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise CommandError(f"{name}: not a JSON file ({error}).") from None
    if not isinstance(mapping, dict):
        raise CommandError(f"{name}: the mapping is a JSON object.")
    return mapping


def _start(path: Path, mapping: dict, options: dict, state: str) -> Import:
    wanted = {"create_customers": options["create_customers"], "clear_empty": options["clear_empty"]}
    with running.open_file(path) as source:
        return running.start(
            kind=options["kind"],
            source=source,
            file_name=path.name,
            mapping=mapping,
            options=wanted,
            by=None,
            state=state,
        )


def _run(path: Path, mapping: dict, options: dict) -> dict[str, Any]:
    queued = _start(path, mapping, options, Import.State.QUEUED)
    done = running.run(import_id=queued.pk, now=timezone.now(), wait=True)
    if done.state != Import.State.DONE:
        raise RefusedError(done.error or done.get_state_display())
    if options["rejects"]:
        _write_rejects(done, options["rejects"])
    counts = {name: getattr(done, name) for name in COUNTS}
    said = list(staging.layout_and_mapping(done)[1].notices)
    return {"import_id": done.pk, **counts, "encoding": done.encoding, "delimiter": done.delimiter, "notices": said}


def _dry_run(path: Path, mapping: dict, options: dict) -> dict[str, Any]:
    draft = _start(path, mapping, options, Import.State.DRAFT)
    try:
        layout, columns = staging.layout_and_mapping(draft)
        found = previewing.preview(draft, layout, columns)
    finally:
        workbooks.forget(staging.path_of(draft))
        draft.file.delete(save=False)
        draft.delete()
    return {
        "import_id": None,
        "rows": found.rows,
        "created": found.counts.created,
        "updated": found.counts.updated,
        "unchanged": found.counts.unchanged,
        "rejected": found.rejected,
        "skipped": found.skipped,
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "notices": list(columns.notices),
    }


def _write_rejects(done: Import, name: str) -> None:
    try:
        with Path(name).open("wb") as out:
            out.writelines(rejects.lines(done))
    except OSError as error:
        raise CommandError(f"{name}: cannot be written ({error.strerror}).") from None


def _sentence(path: Path, result: dict[str, Any]) -> str:
    counts = ", ".join(f"{result[name]:,} {name}" for name in COUNTS)
    done = f"{path.name}: {counts} ({result['encoding']}, {result['seconds']} s)"
    return "\n".join([done, *result["notices"]])
