"""CSV files for people and other programs: UTF-8 with BOM, ISO days, plain decimals, safe in a spreadsheet."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TextIO

BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def cell(value: Any) -> str:
    """How a value stands in a CSV file. Text a spreadsheet would take for a formula gets a quote in front.

    Numbers stay numbers (a negative amount too); our own import takes exactly one such quote off again.
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
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


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
