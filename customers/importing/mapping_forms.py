"""The columns of a file as a person sees and corrects them, and back into mapping JSON."""

import hashlib
from collections.abc import Mapping as Given
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..models import Import, SavedMapping
from . import columns, encoding, recognising
from .columns import SOURCE, UNCLEAR, Mapping, id_field, plain
from .kinds import KINDS
from .labels import FIELDS
from .reading import DELIMITERS, Layout

ASK, LEAVE_OUT, ATTRIBUTE = "?", "-", "+"
DELIMITER_CODES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
ORDERS = ("YMD", "DMY", "MDY")
LONGEST_SOURCE = 50
UNITS = (1, 1000, 10_000, 1_000_000)
_REMEMBERED = {"columns", "key", "date_order", "constants", "totals_once", "units", "recognised_as"}


@dataclass(frozen=True)
class Row:
    """A column of the file: place, header, some cells, what it was taken for, and what it may be.

    `question` is what only a person can say of it, in words; `likely` the answers. `unit` is None but for a column of
    amounts: what a person said they count in ('' = as the file says), `scale` what they count in now.
    """

    index: int
    header: str
    samples: list[str]
    chosen: str
    choices: list[tuple[str, str]]
    likely: list[tuple[str, str]]
    question: str
    is_key: bool
    unit: int | str | None
    scale: int

    @property
    def is_asked(self) -> bool:
        return bool(self.question)


def rows(imported: Import, layout: Layout, mapping: Mapping) -> list[Row]:
    """One row a column, with what a person may choose. What he has chosen stands, also where it cannot be."""
    return [_row(imported, layout, mapping, index) for index in range(len(layout.header))]


def is_keyed(mapping: Mapping) -> bool:
    """Whether the file has no column of codes, so that other columns have to make one."""
    own = id_field(mapping.kind)
    instead = next((column.instead for column in KINDS[mapping.kind] if column.field == own), ())
    return not {own, *instead} & set(mapping.fields.values())


def _row(imported: Import, layout: Layout, mapping: Mapping, index: int) -> Row:
    header, given = layout.header[index], imported.mapping
    chosen = _answered(given, index)
    likely = () if chosen else _likely(mapping, index)
    others = [name for name in columns.choices_of(imported.kind) if name not in likely]
    return Row(
        index=index,
        header=header,
        samples=[cells[index] for cells in layout.samples[:3] if index < len(cells) and cells[index].strip()],
        chosen=chosen or (ASK if likely else _taken_as(mapping, index)),
        choices=_labelled(others),
        likely=_labelled(likely),
        question=_question(likely),
        is_key=f"#{index}" in (given.get("key") or ()),
        unit=(given.get("units") or {}).get(header, "") if _is_amount(mapping, index) else None,
        scale=mapping.scales.get(index, 1),
    )


def given_by(kind: str, layout: Layout, data: Given[str, str]) -> dict[str, Any]:
    """The mapping JSON a person's answers make. Columns are named by place (#0, #1 …)."""
    given: dict[str, Any] = layout_given_by(data)
    chosen: dict[str, str | None] = {}
    for index, header in enumerate(layout.header):
        value = data.get(f"column_{index}", ASK)
        if value == LEAVE_OUT:
            chosen[f"#{index}"] = None
        elif value == ATTRIBUTE and kind == Import.Kind.CUSTOMERS:
            chosen[f"#{index}"] = f"attributes.{header}"
        elif value in columns.choices_of(kind):
            chosen[f"#{index}"] = value
    known = recognising.recognise(layout.header, kind)
    said = {"columns": chosen, "key": _keys_given_by(layout, data), "units": _units_given_by(layout, data)}
    return given | ({"recognised_as": known.code} if known else {}) | {name: one for name, one in said.items() if one}


def layout_given_by(data: Given[str, str]) -> dict[str, Any]:
    """The part of mapping JSON that says how the file is laid out; what is left to us is left out."""
    given: dict[str, Any] = {}
    if data.get("encoding") in encoding.CHOICES:
        given["encoding"] = data["encoding"]
    delimiters = {code: delimiter for delimiter, code in DELIMITER_CODES.items()}
    if data.get("delimiter") in delimiters:
        given["delimiter"] = delimiters[data["delimiter"]]
    row = data.get("header_row", "").strip()
    if row.isdecimal() and len(row) < 4:
        given["header_row"] = int(row) or None
    if data.get("date_order") in ORDERS:
        given["date_order"] = data["date_order"]
    if data.get("sheet"):
        given["sheet"] = data["sheet"]
    return given | _answers(data)


def _answers(data: Given[str, str]) -> dict[str, Any]:
    """What a person said of the file as a whole.

    Constants `tax_included` (true, false) and `source` (whose codes the file has); `totals_once` (off: each line has
    its own amount).
    """
    constants = {}
    if data.get("tax_included") in {"true", "false"}:
        constants["tax_included"] = data["tax_included"]
    if source := data.get(SOURCE, "").strip()[:LONGEST_SOURCE]:
        constants[SOURCE] = source
    return ({"constants": constants} if constants else {}) | (
        {"totals_once": False} if data.get("totals_once") == "off" else {}
    )


def kept(given: dict[str, Any], before: Layout | None, layout: Layout) -> dict[str, Any]:
    """What was typed for the columns of one reading, for another: a column is the same where its header is."""
    if before is None or before.header == layout.header:
        return given
    there = {plain(header): f"#{index}" for index, header in enumerate(layout.header)}
    moved = {f"#{index}": there.get(plain(header)) for index, header in enumerate(before.header)}
    headers = set(layout.header)
    said = {
        "columns": {moved[name]: value for name, value in given.get("columns", {}).items() if moved[name]},
        "key": [moved[name] for name in given.get("key", ()) if moved[name]],
        "units": {header: unit for header, unit in given.get("units", {}).items() if header in headers},
    }
    rest = {name: value for name, value in given.items() if name not in {*said, "recognised_as"}}
    return rest | {name: value for name, value in said.items() if value}


def remember(kind: str, layout: Layout, mapping: dict[str, Any]) -> None:
    """Keep a confirmed mapping for the next file with this header. Files without one are not told apart by it."""
    if layout.header_row is None:
        return
    kept = {name: value for name, value in mapping.items() if name in _REMEMBERED}
    SavedMapping.objects.update_or_create(kind=kind, header_hash=_hash(layout), defaults={"mapping": kept})


def remembered(kind: str, layout: Layout) -> dict[str, Any]:
    """What a person said of a file with this header before, or {}."""
    saved = SavedMapping.objects.filter(kind=kind, header_hash=_hash(layout)).first()
    return saved.mapping if saved and layout.header_row is not None else {}


def forget(kind: str, layout: Layout) -> None:
    """The next file with this header is guessed anew."""
    SavedMapping.objects.filter(kind=kind, header_hash=_hash(layout)).delete()


def _hash(layout: Layout) -> str:
    return hashlib.sha256("\x1f".join(plain(cell) for cell in layout.header).encode()).hexdigest()


def _keys_given_by(layout: Layout, data: Given[str, str]) -> list[str]:
    return [f"#{index}" for index in range(len(layout.header)) if data.get(f"key_{index}")]


def _units_given_by(layout: Layout, data: Given[str, str]) -> dict[str, int]:
    said = {header: data.get(f"unit_{index}", "") for index, header in enumerate(layout.header)}
    return {header: int(unit) for header, unit in said.items() if unit in map(str, UNITS)}


def _answered(given: dict[str, Any], index: int) -> str:
    """What a person chose for a column, '' where he left it to us."""
    answers = given.get("columns") or {}
    if f"#{index}" not in answers:
        return ""
    value = answers[f"#{index}"]
    return LEAVE_OUT if not value else ATTRIBUTE if value.startswith("attributes.") else value


def _taken_as(mapping: Mapping, index: int) -> str:
    if mapping.consents.get(index) == columns.NEGATIVE:
        return mapping.fields[index].replace("_ok", "_ng")
    if index in mapping.products.get("amount", ())[:1]:
        return "unit_price"
    return mapping.fields.get(index) or (ATTRIBUTE if index in mapping.attributes else LEAVE_OUT)


def _likely(mapping: Mapping, index: int) -> tuple[str, ...]:
    """The fields an open question asks about."""
    if mapping.consents.get(index) == UNCLEAR:
        field = mapping.fields[index]
        return field, field.replace("_ok", "_ng")
    return next((question.choices for question in mapping.questions if question.index == index), ())


def _question(likely: tuple[str, ...]) -> str:
    """The question in words."""
    if not likely:
        return ""
    if likely[0] in columns.CONSENT_FIELDS:
        return _("Which way does it point: does 1 (yes, ○) mean we may, or we must not?")
    if likely[0] in {"owner", "by"}:
        return _("Is this a member of our staff, or the person at the customer?")
    if likely[0] == "cancelled_on":
        return _("Is this the day they gave notice, the last day with service, or the first day without?")
    return _("Is this the amount of the line, or the price of one piece?")


def _is_amount(mapping: Mapping, index: int) -> bool:
    amounts = {column.field for column in KINDS[mapping.kind] if column.reads == "amount"}
    factors = [places[0] for name, places in mapping.products.items() if name in amounts]
    return mapping.fields.get(index) in amounts or index in factors


def _labelled(names: Sequence[str]) -> list[tuple[str, Any]]:
    return [(name, FIELDS[name]) for name in names if name in FIELDS]


assert set(DELIMITER_CODES) == set(DELIMITERS)
