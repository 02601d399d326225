"""Records of a program on the same path as a file: written as a canonical CSV, then an import like any other.

So what holds for files holds here: the same readings and rejects, the same undo. The first column counts the
records, so that no record can look like a total or a repeated header.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from accounts.models import User
from common import exports

from ..models import Customer, Import, ImportReject
from . import rejects, running
from .columns import columns_of
from .encoding import RefusedError
from .kinds import KINDS, PARTS

Record = dict[str, Any]
MOST = 10_000
# Kinds whose records carry an object with names of their own, and what it is called.
OBJECTS = {"customers": "attributes", "events": "attributes"}
_PEOPLE = {"customers", "contacts"}  # an address elsewhere is not one of houses
LISTS = {"customers": {"tags"}}
__all__ = ["KINDS", "LISTS", "MOST", "OBJECTS", "Outcome", "WrongRecordError", "bring_in", "check", "fields_of"]
_SCALARS = (str, int, float, Decimal, bool, type(None))


class WrongRecordError(RefusedError):
    """A call whose records have not the form of their kind; `where` is the place, like records[3].amount."""

    def __init__(self, sentence: str, where: str):
        super().__init__(sentence)
        self.where = where


@dataclass(frozen=True)
class Outcome:
    """What became of one record: created | updated | unchanged | rejected, and why it stayed out."""

    index: int
    outcome: str
    code: str = ""
    field: str = ""
    message: str = ""


def fields_of(kind: str) -> dict[str, str]:
    """The fields a record of the kind may have → how each is read; parts of a field (family_name) too."""
    fields = {column.field: column.reads for column in columns_of(kind)}
    parts = PARTS if kind in _PEOPLE else {}
    return fields | {part: "text" for part, whole in parts.items() if whole in fields}


def bring_in(
    *, kind: str, records: list[Record], options: dict[str, Any], by: User, now: dt.datetime
) -> tuple[Import, list[Outcome]]:
    """Import the records at once; what each became, in their order. Raises RefusedError (WrongRecordError)."""
    check(kind, records, is_clearing=bool(options.get("clear_empty")))
    if kind == "customers":
        records = list(_named(records))
    header = _header(kind, records)
    text, lines = _csv(kind, header, records)
    draft = running.start(
        kind=kind,
        source=ContentFile(text.encode()),
        file_name=f"api-{now:%Y%m%d-%H%M%S}.csv",
        mapping=_mapping(kind, header),
        options=options,
        by=by,
        state=Import.State.DRAFT,
    )
    Import.objects.filter(pk=draft.pk).update(source=Import.Source.API)
    changed: dict[int, str] = {}
    done = running.run_at_once(imported=draft, now=now, outcomes=changed)
    if done.state != Import.State.DONE:
        raise RefusedError(done.error or str(done.get_state_display()))
    return done, list(_outcomes(done, lines, changed))


def check(kind: str, records: list[Record], *, is_clearing: bool = False) -> None:
    """Raise WrongRecordError where a record has not the form of its kind. What its values say is judged later."""
    known = fields_of(kind)
    for index, record in enumerate(records):
        if not isinstance(record, dict) or not record:
            raise WrongRecordError(_("A record is an object with at least one field."), f"records[{index}]")
        for name, value in record.items():
            _check_value(kind, known, name, value, f"records[{index}].{name}")
        if is_clearing and record.keys() != records[0].keys():
            sentence = _("With clear_empty all records of a call name the same fields.")
            raise WrongRecordError(sentence, f"records[{index}]")


def _check_value(kind: str, known: dict[str, str], name: str, value: Any, where: str) -> None:
    if name == OBJECTS.get(kind):
        is_right = value is None or (isinstance(value, dict) and all(_is_inside(*item) for item in value.items()))
        if not is_right:
            raise WrongRecordError(_("This is an object of names (up to 100 characters) and plain values."), where)
    elif name not in known:
        raise WrongRecordError(_("There is no field “%(name)s”.") % {"name": name[:100]}, where)
    elif isinstance(value, list) and name in LISTS.get(kind, ()):
        if not all(isinstance(one, str) for one in value):
            raise WrongRecordError(_("This is a list of texts."), where)
    elif not isinstance(value, _SCALARS):
        raise WrongRecordError(_("The value of a field is a text, a number, true, false or null."), where)


def _is_inside(name: str, value: Any) -> bool:
    return 0 < len(name.strip()) <= 100 and isinstance(value, _SCALARS)


def _named(records: list[Record]) -> Iterator[Record]:
    """A known customer keeps the name where a record gives none."""
    codes = [str(record.get("customer_id") or "") for record in records if not record.get("name")]
    known = dict(Customer.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    for record in records:
        code = str(record.get("customer_id") or "")
        is_nameless = not any(record.get(part) for part in ("name", "family_name", "given_name"))
        yield record | {"name": known[code]} if is_nameless and code in known else record


def _header(kind: str, records: list[Record]) -> list[str]:
    """The fields some record names, and those a row must have; of the object's members `attributes.<name>`."""
    inner = OBJECTS.get(kind)
    named = dict.fromkeys(name for record in records for name in record if name != inner)
    given = {PARTS.get(name, name) for name in named}
    for column in columns_of(kind):
        if column.required and not given & {column.field, *column.instead}:
            named[column.field] = None
    members = dict.fromkeys(name for record in records for name in record.get(inner) or ()) if inner else {}
    return [*named, *(f"{inner}.{name}" for name in members)]


def _mapping(kind: str, header: list[str]) -> dict[str, Any]:
    places = {"#0": None} | {f"#{place}": name for place, name in enumerate(header, 1)}
    return {"encoding": "utf-8", "delimiter": ",", "header_row": 1, "columns": places}


def _csv(kind: str, header: list[str], records: list[Record]) -> tuple[str, list[int]]:
    """The text of the file, and the line at which each record begins."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["#", *_titles(kind, header)])
    lines, line = [], 2
    for index, record in enumerate(records):
        cells = [_cell(value) for value in _values(kind, header, record)]
        writer.writerow([index, *cells])
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in cells)
    return out.getvalue(), lines


def _titles(kind: str, header: list[str]) -> list[str]:
    """What stands above the columns. Names somebody else gave don't, so that none is taken for a word we know."""
    own = fields_of(kind)
    return [name if name in own else f"value {place}" for place, name in enumerate(header)]


def _values(kind: str, header: list[str], record: Record) -> Iterable[Any]:
    inner = OBJECTS.get(kind, "")
    members = record.get(inner) or {}
    for name in header:
        yield (
            members.get(name.removeprefix(f"{inner}.")) if inner and name.startswith(f"{inner}.") else record.get(name)
        )


def _cell(value: Any) -> str:
    """A value as our own reading takes it back unchanged."""
    if isinstance(value, Decimal):
        return f"{value:f}" if -30 < value.adjusted() < 30 else str(value)
    if isinstance(value, list):
        value = ",".join(value)
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return exports.cell(value)


def _outcomes(done: Import, lines: list[int], changed: dict[int, str]) -> Iterator[Outcome]:
    apart = {
        line: (code, column)
        for line, code, column in ImportReject.objects.filter(imported=done).values_list("line", "code", "column")
    }
    for index, line in enumerate(lines):
        code, column = apart.get(line, ("", ""))
        outcome = changed.get(line, "unchanged") if code in {"", "superseded"} else "rejected"
        yield Outcome(index, outcome, code, column, rejects.sentence(code) if code else "")
