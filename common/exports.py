"""Files for people and other programs, CSV and workbooks: ISO days, plain decimals, safe in a spreadsheet."""

import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, TextIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

BOM = "\ufeff"
MOST_ROWS = 1_048_575  # of a worksheet, without the header
LONGEST_CELL = 32_767
_FORMULA = re.compile(r"'*[=+\-@\t\r\0]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML cannot hold
# What Windows' code page 932 has under another number; our import reads it back as it was.
_IN_CP932 = str.maketrans(
    "\u301c\u2014\u2016\u2212\u00a5\u00a2\u00a3\u00ac", "\uff5e\u2015\u2225\uff0d\uffe5\uffe0\uffe1\uffe2"
)
UNKNOWN = "〓"  # the printer's mark for a letter that is not at hand


class DoesNotFitError(Exception):
    """A worksheet cannot hold it: too many rows, or a text longer than a cell."""


@dataclass
class Lost:
    """Characters an encoding cannot hold: how many cells, and some of them (line of the file, column, characters)."""

    cells: int = 0
    examples: list[tuple[int, str, str]] = field(default_factory=list)


def cell(value: Any) -> str:
    """How a value stands in a CSV file. Text a spreadsheet would take for a formula gets a quote in front.

    Numbers stay numbers (a negative amount too); our own import takes exactly one such quote off again. A list is
    its members, with commas.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float):
        return repr(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def write(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Writes header and rows; returns how many rows. The file's own encoding brings the BOM (`utf-8-sig`)."""
    writer = csv.writer(file)
    writer.writerow(header)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  the count is the answer
        writer.writerow([cell(value) for value in row])
    return count


class _Echo:
    """Gives back what csv writes, so that lines can be streamed."""

    def write(self, text: str) -> str:
        return text


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """BOM and header, then a line a row: memory does not grow with their number."""
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(header)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def encoded(header: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str, lost: Lost) -> Iterator[bytes]:
    """A CSV file piece by piece in "utf-8" (with BOM) or "cp932"; cells the encoding cannot hold go into `lost`."""
    if encoding != "cp932":
        for line in lines(header, rows):
            yield line.encode()
        return
    writer = csv.writer(_Echo())
    yield writer.writerow([_held(name.translate(_IN_CP932), encoding, lost, 1, name) for name in header]).encode(
        encoding
    )
    for number, row in enumerate(rows, 2):
        cells = [cell(value).translate(_IN_CP932) for value in row]
        line = writer.writerow(cells)
        try:
            yield line.encode(encoding)
        except UnicodeEncodeError:
            kept = [_held(text, encoding, lost, number, name) for text, name in zip(cells, header, strict=True)]
            yield writer.writerow(kept).encode(encoding)


def _held(text: str, encoding: str, lost: Lost, line: int, column: str) -> str:
    missing = "".join(dict.fromkeys(c for c in text if not _fits(c, encoding)))
    if missing:
        lost.cells += 1
        if len(lost.examples) < 20:
            lost.examples.append((line, column, missing))
    return "".join(c if _fits(c, encoding) else UNKNOWN for c in text)


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def workbook(file: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one sheet, texts as texts (codes keep their zeros, nothing is a formula); returns how many rows.

    Memory does not grow with them. Raises DoesNotFitError beyond what a sheet holds.
    """
    with streamed_book("data") as (book, sheet):
        sheet.freeze_panes = "A2"
        sheet.append([_sheet_cell(sheet, name) for name in header])
        count = 0
        for count, row in enumerate(rows, 1):
            if count > MOST_ROWS:
                raise DoesNotFitError
            sheet.append([_sheet_cell(sheet, value) for value in row])
        book.save(file)
    return count


@contextmanager
def streamed_book(title: str) -> Iterator[tuple[Workbook, Any]]:
    """A workbook and its one sheet that are written row by row; what is left half-way is closed and removed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    try:
        yield book, sheet
    except BaseException:
        if sheet._writer is not None and not sheet.closed:
            with suppress(Exception):  # the row that failed may have left its XML open
                sheet.close()
            sheet._writer.cleanup()
        raise


def sheet_text(value: Any) -> str:
    """A text as a worksheet's cell holds it: nothing XML cannot hold, nothing a spreadsheet takes for a formula."""
    text = _CONTROLS.sub("", cell(value))
    if len(text) > LONGEST_CELL:
        raise DoesNotFitError
    return text


def _sheet_cell(sheet, value: Any):
    """Numbers and days as such, everything else as text."""
    if value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return value
    if type(value) is dt.date:
        made = WriteOnlyCell(sheet, value)
        made.number_format = "yyyy/mm/dd"
        return made
    made = WriteOnlyCell(sheet)
    made.value = sheet_text(value)
    made.data_type = "s"
    made.number_format = "@"
    return made
