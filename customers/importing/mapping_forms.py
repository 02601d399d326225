"""The columns of a file as a person sees and corrects them, and back into mapping JSON."""

import hashlib
from collections.abc import Mapping as Given
from dataclasses import dataclass
from typing import Any

from ..models import Import, SavedMapping
from . import columns, encoding, recognising
from .columns import UNCLEAR, Mapping
from .labels import FIELDS
from .reading import DELIMITERS, Layout

ASK, LEAVE_OUT, ATTRIBUTE = "?", "-", "+"
DELIMITER_CODES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
ORDERS = ("YMD", "DMY", "MDY")
_REMEMBERED = {"columns", "date_order", "constants", "totals_once", "units", "recognised_as"}


@dataclass(frozen=True)
class Row:
    """A column of the file: place, header, some cells, what it was taken for, and what it may be."""

    index: int
    header: str
    samples: list[str]
    chosen: str
    choices: list[tuple[str, str]]
    is_asked: bool


def rows(imported: Import, layout: Layout, mapping: Mapping) -> list[Row]:
    """One row a column, with what a person may choose."""
    asked = {question.index: question.choices for question in mapping.questions}
    return [
        Row(
            index=index,
            header=header,
            samples=[cells[index] for cells in layout.samples[:3] if index < len(cells) and cells[index].strip()],
            chosen=_chosen(mapping, index, asked),
            choices=_choices(imported.kind, asked.get(index)),
            is_asked=index in asked or mapping.consents.get(index) == UNCLEAR,
        )
        for index, header in enumerate(layout.header)
    ]


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
    return given | ({"recognised_as": known.code} if known else {}) | {"columns": chosen}


def layout_given_by(data: Given[str, str]) -> dict[str, Any]:
    """The part of mapping JSON that says how the file is laid out; what is left to us is left out."""
    given: dict[str, Any] = {}
    if data.get("encoding") in encoding.CHOICES:
        given["encoding"] = data["encoding"]
    delimiters = {code: delimiter for delimiter, code in DELIMITER_CODES.items()}
    if data.get("delimiter") in delimiters:
        given["delimiter"] = delimiters[data["delimiter"]]
    row = data.get("header_row", "").strip()
    if row.isdigit() and len(row) < 4:
        given["header_row"] = int(row) or None
    if data.get("date_order") in ORDERS:
        given["date_order"] = data["date_order"]
    if data.get("sheet"):
        given["sheet"] = data["sheet"]
    return given | _answers(data)


def _answers(data: Given[str, str]) -> dict[str, Any]:
    """What a person said of the amounts: `tax_included` (true, false), `totals_once` (off: each line has its own)."""
    answers: dict[str, Any] = {}
    if data.get("tax_included") in {"true", "false"}:
        answers["constants"] = {"tax_included": data["tax_included"]}
    if data.get("totals_once") == "off":
        answers["totals_once"] = False
    return answers


def remember(kind: str, layout: Layout, mapping: dict[str, Any]) -> None:
    """Keep a confirmed mapping for the next file with this header."""
    kept = {name: value for name, value in mapping.items() if name in _REMEMBERED}
    SavedMapping.objects.update_or_create(kind=kind, header_hash=_hash(layout), defaults={"mapping": kept})


def remembered(kind: str, layout: Layout) -> dict[str, Any]:
    """What a person said of a file with this header before, or {}."""
    saved = SavedMapping.objects.filter(kind=kind, header_hash=_hash(layout)).first()
    return saved.mapping if saved else {}


def _hash(layout: Layout) -> str:
    return hashlib.sha256("\x1f".join(columns.plain(cell) for cell in layout.header).encode()).hexdigest()


def _chosen(mapping: Mapping, index: int, asked: dict) -> str:
    if index in asked or mapping.consents.get(index) == UNCLEAR:
        return ASK
    if index in mapping.consents and mapping.consents[index] == columns.NEGATIVE:
        return mapping.fields[index].replace("_ok", "_ng")
    if index in mapping.products.get("amount", ())[:1]:
        return "unit_price"
    return mapping.fields.get(index) or (ATTRIBUTE if index in mapping.attributes else LEAVE_OUT)


def _choices(kind: str, asked: tuple[str, ...] | None) -> list[tuple[str, str]]:
    return [(name, FIELDS[name]) for name in asked or columns.choices_of(kind) if name in FIELDS]


assert set(DELIMITER_CODES) == set(DELIMITERS)
