"""What an undo left as it is, in words: whose row, which field, what stands there, what would have been put."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Installation
from common import exports

from ..models import Customer, DimensionChange, Import, UndoKept
from . import undoing
from .labels import FIELDS
from .undo_tables import BY_NAME, DIMENSIONS

PAGE = 50
_BATCH = 1000
NAMES: dict[str, str | Promise] = {
    "customer": gettext_lazy("Customers"),
    "contact": gettext_lazy("Contacts at customers"),
    "purchase": gettext_lazy("Purchases"),
    "login": gettext_lazy("Logins and usage"),
    "contract": gettext_lazy("Contracts"),
    "interaction": gettext_lazy("Interactions"),
    "invoice": gettext_lazy("Invoices"),
    "event": gettext_lazy("Events"),
    "dimension": gettext_lazy("Dated owner, industry, region"),
    "product": gettext_lazy("Products"),
}


_OTHERS = {
    "product_id": FIELDS["product"],
    "by_id": FIELDS["owner"],
    "data": gettext_lazy("further attributes"),
}


@dataclass(frozen=True)
class Line:
    """One field or row an undo kept, as people read it. `field` is empty for a whole row."""

    table: str
    name: str
    url: str
    field: str
    why: str
    now: str
    before: str


def figures(numbers: dict[str, Any]) -> list[tuple[str, int, int]]:
    """(table in words, rows gone, rows put back) for each table the undo touched."""
    made, changed = numbers.get("created", {}), numbers.get("changed", {})
    return [
        (str(words), made.get(name, 0), changed.get(name, 0))
        for name, words in NAMES.items()
        if made.get(name) or changed.get(name)
    ]


def total(numbers: dict[str, Any], what: str) -> int:
    """All tables (or reasons) together; the history of a field is no row people know."""
    return sum(count for name, count in numbers.get(what, {}).items() if name != DIMENSIONS.name)


def result(imported: Import) -> dict[str, Any]:
    """What the page of an import says of its undo: whether it may be undone, totals, and some of what stayed."""
    found = imported.undone if imported.state in {Import.State.UNDOING, Import.State.UNDONE} else {}
    is_undone = imported.state == Import.State.UNDONE
    return {
        "may_be_undone": imported.state in undoing.MAY_BE_UNDONE,
        "totals": {name: total(found, name) for name in ("created", "changed", "kept")},
        "lines": page(imported, after=0)[0] if is_undone else [],
    }


def page(imported: Import, after: int) -> tuple[list[Line], int | None]:
    """The next lines after a cursor, and the cursor of the page after them (None at the end)."""
    found = list(UndoKept.objects.filter(imported=imported, id__gt=after).order_by("id")[: PAGE + 1])
    return lines(found[:PAGE]), found[PAGE - 1].pk if len(found) > PAGE else None


def file(imported: Import) -> Iterator[str]:
    """All of them as CSV, in batches."""
    header = [_("Record"), _("Name"), _("Field"), _("Why"), _("Stands there"), _("Would have been put")]
    return exports.lines(header, _cells(imported))


def _cells(imported: Import) -> Iterator[tuple[str, ...]]:
    after = 0
    while batch := list(UndoKept.objects.filter(imported=imported, id__gt=after).order_by("id")[:_BATCH]):
        for line in lines(batch):
            yield (line.table, line.name, line.field, line.why, line.now, line.before)
        after = batch[-1].pk


def lines(kept: Sequence[UndoKept]) -> list[Line]:
    """In words, with a query or two a table."""
    names = {one.model for one in kept}
    rows = {name: _rows(name, {one.row_id for one in kept if one.model == name}) for name in names}
    others = _Others()
    return [_line(one, rows[one.model].get(one.row_id), others) for one in kept]


def _rows(name: str, ids: set[int]) -> dict[int, models.Model]:
    found = BY_NAME[name].model._default_manager.filter(pk__in=ids)
    return {row.pk: row for row in (found if name in {"customer", "product"} else found.select_related("customer"))}


def _line(kept: UndoKept, row: models.Model | None, others: "_Others") -> Line:
    customer = row if isinstance(row, Customer) else getattr(row, "customer", None)
    return Line(
        table=str(NAMES[kept.model]),
        name=_name(row, customer) or f"#{kept.row_id}",
        url=reverse("customers:detail", args=[customer.pk]) if customer else "",
        field=str(FIELDS[row.dimension]) if isinstance(row, DimensionChange) else label(kept),
        why=str(UndoKept.Why(kept.why).label),
        now=_words(kept, kept.now, others),
        before=_words(kept, kept.before, others),
    )


def _name(row: models.Model | None, customer: Customer | None) -> str:
    if row is None or isinstance(row, DimensionChange):
        return customer.name if customer else ""
    return str(row) if customer in {None, row} else f"{customer}: {str(row).strip()}"


def label(kept: UndoKept) -> str:
    """The field as people call it; empty for a whole row."""
    if not kept.field:
        return ""
    words = _field(kept).verbose_name
    return str(words if isinstance(words, Promise) else _OTHERS.get(kept.field) or FIELDS.get(kept.field) or words)


def _field(kept: UndoKept) -> models.Field:
    return next(one for one in BY_NAME[kept.model].model._meta.concrete_fields if one.column == kept.field)


def _words(kept: UndoKept, text: str, others: "_Others") -> str:
    """A value as people read it; the row keeps it as JSON writes it."""
    if not text or not kept.field:
        return text
    field = _field(kept)
    if isinstance(field, models.ForeignKey):
        return others.name(field.related_model, text)
    if isinstance(field, ArrayField | models.JSONField):
        return _listed(json.loads(text))
    if isinstance(field, models.DateTimeField):
        return date_format(localtime(parse_datetime(text), Installation.get().zone), "Y/m/d H:i")
    choices = {"true": _("yes"), "false": _("no")} if isinstance(field, models.BooleanField) else field.flatchoices
    return str(dict(choices).get(text, text))


def _listed(found: Any) -> str:
    return ", ".join(f"{key}: {one}" for key, one in found.items()) if isinstance(found, dict) else ", ".join(found)


class _Others:
    """Names of rows a value points at, each looked up once."""

    def __init__(self):
        self.known: dict[tuple[type, str], str] = {}

    def name(self, model: type[models.Model], key: str) -> str:
        if (model, key) not in self.known:
            found = model._default_manager.filter(pk=key).first()
            self.known[model, key] = str(getattr(found, "name", found) if found else f"#{key}")
        return self.known[model, key]
