"""manage.py undo_import ID: an import taken back."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from customers.importing import undoing
from customers.models import Import


class Command(BaseCommand):
    help = "Undoes an import: what it made goes, what it changed is as before, what was edited since stays."

    def add_arguments(self, parser):
        parser.add_argument("import_id", metavar="ID", type=int)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print one object and nothing else")

    def handle(self, *args, **options):
        imported = Import.objects.filter(pk=options["import_id"]).first()
        if imported is None:
            raise CommandError(f"{options['import_id']}: there is no such import.")
        result = _look(imported) if options["dry_run"] else _undo(imported)
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else _sentence(imported, result))


def _look(imported: Import) -> dict[str, Any]:
    try:
        undoing.check(imported)
    except undoing.UndoError as error:
        raise CommandError(str(error)) from None
    found = undoing.look(imported, now=timezone.now())
    return {"import_id": imported.pk, **{name: value for name, value in found.items() if name != "first"}}


def _undo(imported: Import) -> dict[str, Any]:
    """One left by a killed process goes on where it stood."""
    now = timezone.now()
    if imported.state != Import.State.UNDOING:
        try:
            undoing.begin(import_id=imported.pk, by=None)
        except undoing.UndoError as error:
            raise CommandError(str(error)) from None
    undone = undoing.run(import_id=imported.pk, now=now, wait=True)
    return {"import_id": imported.pk, **{name: value for name, value in undone.undone.items() if name != "was"}}


def _sentence(imported: Import, result: dict[str, Any]) -> str:
    made, changed, kept = (sum(result[name].values()) for name in ("created", "changed", "kept"))
    return f"{imported.file_name}: {made:,} gone, {changed:,} as before, {kept:,} kept"
