"""manage.py export_records: records of a kind into a file that comes back in unchanged."""

import json
import os
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from common import exports
from customers import exporting


class Command(BaseCommand):
    help = "Writes all records of a kind as CSV or xlsx, in the columns import_records takes."

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=list(exporting.KINDS), metavar="KIND", help=", ".join(exporting.KINDS))
        parser.add_argument("out", metavar="OUT", help="the file to write; - for standard output (CSV)")
        parser.add_argument("--encoding", choices=["utf-8", "cp932"], default="utf-8", help="of a CSV file")
        parser.add_argument("--format", choices=["csv", "xlsx"], help="default: by the file's name")
        parser.add_argument("--json", action="store_true", help="print one object and nothing else")

    def handle(self, *args, **options):
        kind, out = options["kind"], options["out"]
        form = options["format"] or ("xlsx" if out.lower().endswith(".xlsx") else "csv")
        if out == "-":
            _refuse_workbook(form)
            _csv(self.stdout.buffer if hasattr(self.stdout, "buffer") else self.stdout._out.buffer, kind, options)
            return
        with _Whole(Path(out)) as file:
            count, lost = _workbook(file, kind) if form == "xlsx" else _csv(file, kind, options)
        audit.record("records.export", by=None, kind=kind, count=count, form=form)
        self._report(out, count, lost, options)

    def _report(self, out: str, count: int, lost: exports.Lost, options) -> None:
        if options["json"]:
            found = {"rows": count, "cells_not_held": lost.cells, "examples": lost.examples}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        self.stdout.write(f"{out}: {count:,} {options['kind']}")
        if lost.cells:
            some = "; ".join(f"line {line}, {column}: {missing}" for line, column, missing in lost.examples[:5])
            self.stderr.write(
                f"{lost.cells:,} cells hold characters CP932 does not have; they were written as {exports.UNKNOWN} "
                f"({some}). Use --encoding utf-8 to keep them."
            )


class _Whole:
    """A file that appears under its name only when it is complete."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self):
        try:
            handle, self.beside = tempfile.mkstemp(dir=self.path.parent or ".", prefix=f".{self.path.name}.")
        except OSError as error:
            raise CommandError(f"{self.path}: cannot be written ({error.strerror}).") from None
        self.file = os.fdopen(handle, "wb")
        return self.file

    def __exit__(self, fault, *words):
        self.file.close()
        if fault:
            Path(self.beside).unlink()
        else:
            Path(self.beside).chmod(0o600)  # personal data
            Path(self.beside).replace(self.path)


def _refuse_workbook(form: str) -> None:
    if form == "xlsx":
        raise CommandError("A workbook cannot be written to standard output: name a file.")


def _csv(file, kind: str, options) -> tuple[int, exports.Lost]:
    lost, count = exports.Lost(), -1
    pieces = exports.encoded(exporting.header(kind), exporting.rows(kind), options["encoding"], lost)
    for count, piece in enumerate(pieces):  # noqa: B007  the count is the answer
        file.write(piece)
    return count, lost


def _workbook(file, kind: str) -> tuple[int, exports.Lost]:
    try:
        return exports.workbook(file, exporting.header(kind), exporting.rows(kind)), exports.Lost()
    except exports.DoesNotFitError:
        raise CommandError(
            "A worksheet cannot hold this: more than 1,048,575 rows, or a very long text. Use CSV."
        ) from None
