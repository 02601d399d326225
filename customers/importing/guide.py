"""What people are told of files before they bring one: fields of a kind, known headers, how cells are read."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Import
from .kinds import KINDS, Column
from .labels import FIELDS

READ_AS: dict[str, str | Promise] = {
    "id": _("text; write long numbers as text, so that no zero is lost"),
    "date": _("2024/4/1, 20240401, R6.4.1"),
    "moment": _("2024/4/1 14:30; without an offset it is business time"),
    "amount": _("1200, ¥1,200, -500"),
    "number": _("1, 1.5"),
    "integer": _("a whole number"),
    "rate": _("10, 8%"),
    "email": _("one or several addresses"),
    "phone": _("with or without hyphens"),
    "postal": _("123-4567 or 1234567"),
    "boolean": _("yes / no, 1 / 0"),
    "consent": _("yes / no; a no counts at once"),
    "owner": _("e-mail, name or unique surname of a member of staff"),
    "tags": _("several with commas between them"),
    "kind": _("company / person"),
    "cycle": _("monthly / yearly"),
}
SHOWN = 3


@dataclass(frozen=True)
class Field:
    """One canonical column as the guide shows it."""

    name: str
    label: str | Promise
    headers: str
    read_as: str | Promise
    is_required: bool


def of(kind: str) -> list[Field]:
    """The fields of a kind, needed ones first."""
    found = [_field(column) for column in KINDS[kind]]
    return sorted(found, key=lambda one: not one.is_required)


def kinds() -> list[tuple[str, str, list[Field]]]:
    """(kind, its name, fields) in the order in which files are best brought."""
    return [(kind.value, str(kind.label), of(kind.value)) for kind in Import.Kind]


def header(kind: str) -> list[str]:
    """The canonical header of a kind: an empty file to fill in."""
    return [column.field for column in KINDS[kind]]


def _field(column: Column) -> Field:
    headers = ", ".join(column.words[:SHOWN])
    read_as = " / ".join(list(column.choices)[:6]) if column.choices else READ_AS.get(column.reads, "")
    return Field(column.field, FIELDS.get(column.field, column.field), headers, read_as, column.required)
