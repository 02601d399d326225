"""How a file is laid out (encoding, delimiter, header row, sheet), and its rows as chunks of raw columns.

A workbook's sheet is read as the text `workbooks` makes of it, so all that follows is the same for both.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from . import encoding as encodings
from . import workbooks
from .columns import REJECTS_HEADER, plain, recognised
from .encoding import RefusedError
from .rows import LONGEST_CELL, MOST_COLUMNS, Chunk, Odd, Reader

__all__ = ["DELIMITERS", "LONGEST_CELL", "MOST_COLUMNS", "Chunk", "Layout", "Odd", "chunks", "layout_of"]

DELIMITERS = (",", "\t", ";", "|")
_HEADER_WITHIN = 30
_SAMPLE_CHARS = 200_000
_SAMPLE_ROWS = 200
_MOST_BLANK = 2_000_000
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_NUMBER = re.compile(r"\s*[¥$€£]?\d[\d/:.,\s-]*%?\s*")
_REASON = re.compile(r"[a-z_]+: .")


@dataclass(frozen=True)
class Layout:
    """How a file is laid out. `header_row` is its line (from 1), None where the file has none.

    `sheet` is the name of the sheet that is read, '' for a text file; `sheets` those a person may choose from.
    `titles` are the lines above the header.
    """

    encoding: str
    delimiter: str
    header_row: int | None
    header: list[str]
    first_line: int  # what stands above is titles and header
    samples: list[list[str]]
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


class _Row(NamedTuple):
    line: int
    cells: list[str]
    next_line: int


def layout_of(path: Path, kind: str, given: dict[str, Any] | None = None) -> Layout:
    """Find encoding, delimiter, header row and sheet, or take what a person gave in `given`. Raises RefusedError."""
    given = given or {}
    sheet, sheets = "", tuple[str, ...]()
    if workbooks.is_workbook(path):
        sheet, sheets = workbooks.chosen_sheet(path, given.get("sheet"))
        given = given | {"delimiter": workbooks.DELIMITER}
    encoding = workbooks.ENCODING if sheet else encodings.detect(path, given.get("encoding"))
    before, text = _beginning(_text(path, sheet), encoding)
    delimiter = _given_delimiter(given.get("delimiter")) or _delimiter(text, kind)
    rows = _sample(text, delimiter, before)
    at = _header_at(rows, kind, given)
    _refuse_other_quotes(rows)
    header, samples = _header_and_samples(rows, at)
    if len(header) > MOST_COLUMNS:
        raise RefusedError(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    line, first = (None, 1) if at is None else (rows[at].line, rows[at].next_line)
    titles = tuple(" ".join(filter(None, row.cells)) for row in rows[: at or 0])
    return Layout(encoding, delimiter, line, header, first, samples, sheet, sheets, titles)


def chunks(path: Path, layout: Layout) -> Iterator[Chunk]:
    """Yield the rows after the header, in the order of the file."""
    return Reader(layout.header, layout.delimiter, layout.first_line).chunks(blocks(path, layout))


def blocks(path: Path, layout: Layout) -> Iterator[str]:
    """Yield the text of the file or sheet in pieces, cut anywhere."""
    return encodings.blocks(_text(path, layout.sheet), layout.encoding)


def _text(path: Path, sheet: str) -> Path:
    return workbooks.text_of(path, sheet) if sheet else path


def _beginning(path: Path, encoding: str) -> tuple[int, str]:
    """How many blank lines the file begins with, and the text after them."""
    before, text = 0, ""
    for block in encodings.blocks(path, encoding):
        text += block
        rest = text.lstrip("\n")
        before += len(text) - len(rest)
        text = rest
        if len(text) >= _SAMPLE_CHARS or before > _MOST_BLANK:
            break
    return before, text[:_SAMPLE_CHARS]


def _given_delimiter(value: str | None) -> str:
    if value in {None, ""}:
        return ""
    value = {"tab": "\t", "\\t": "\t"}.get(value, value)
    if len(value) != 1 or not value.isascii() or value in '"\n\r':
        raise RefusedError(_("The delimiter is a single character, or “tab”."))
    return value


def _sample(text: str, delimiter: str, before: int) -> list[_Row]:
    """The first rows that are not blank."""
    rows: list[_Row] = []
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != " ")
    line = before + 1
    try:
        for cells in reader:
            following = before + reader.line_num + 1
            if any(cells):
                rows.append(_Row(line, cells, following))
            line = following
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return rows


def _delimiter(text: str, kind: str) -> str:
    """The one under which a row names most fields; then the one that cuts most rows alike, into most cells."""
    scores = {}
    for place, delimiter in enumerate(DELIMITERS):
        rows = [row.cells for row in _sample(text, delimiter, 0)]
        named = max((_named(kind, cells) for cells in rows[:_HEADER_WITHIN]), default=0)
        widths = [len(cells) for cells in rows if len(cells) > 1]
        usual = max(set(widths), key=widths.count, default=1)
        scores[delimiter] = (named, widths.count(usual) / max(1, len(rows)) if usual > 1 else 0, usual, -place)
    return max(scores, key=lambda delimiter: scores[delimiter])


def _named(kind: str, cells: list[str]) -> int:
    return recognised(kind, cells[: MOST_COLUMNS + 1])


def _header_at(rows: list[_Row], kind: str, given: dict[str, Any]) -> int | None:
    """Place of the header among the rows; None where a person said that there is none."""
    if not rows:
        raise RefusedError(_("The file holds no row that can be read."))
    if "header_row" in given:
        wanted = given["header_row"]
        if wanted is None:
            return None
        at = next((i for i, row in enumerate(rows) if row.line == wanted), None)
        if at is None:
            raise RefusedError(_("There is no row at line %(line)s to be the header.") % {"line": wanted})
        return at
    named = [_named(kind, row.cells) for row in rows[:_HEADER_WITHIN]]
    most = max(named)
    return named.index(most) if most else _likely_header(rows)


def _likely_header(rows: list[_Row]) -> int:
    """Where no field is named: the first row as wide as most, if what stands above is titles and it is no data."""
    widths = [len(row.cells) for row in rows]
    usual = max(set(widths), key=widths.count)
    filled = [sum(1 for cell in row.cells if cell.strip()) for row in rows]
    full = [width == usual and (many > 1 or usual == 1) for width, many in zip(widths, filled, strict=True)]
    at = full.index(True) if True in full else 0
    if any(many > 1 for many in filled[:at]) or any(_NUMBER.fullmatch(cell) for cell in rows[at].cells):
        raise RefusedError(_("The header was not found: say in which line it stands, or that there is none."))
    return at


def _refuse_other_quotes(rows: list[_Row]) -> None:
    """Cells in single quotes, where one may hold a delimiter, cannot be told from text that begins with one."""
    quoted = [row for row in rows if any(len(c) > 2 and c[0] == c[-1] == "'" for c in row.cells)]
    if len(quoted) > 2 and 2 * len(quoted) > len(rows):
        raise RefusedError(_("The cells stand in single quotation marks: save the file with double ones, or as xlsx."))


def _header_and_samples(rows: list[_Row], at: int | None) -> tuple[list[str], list[list[str]]]:
    samples = [row.cells for row in rows[0 if at is None else at + 1 :]][:5]
    if at is None:
        return _numbers(rows), samples
    if any(encodings.MARK in cell for cell in rows[at].cells):
        raise RefusedError(
            _("The header in line %(line)s holds bytes that do not fit the encoding: write it anew.")
            % {"line": rows[at].line}
        )
    header = [" ".join(_INVISIBLE.sub("", cell).split()) for cell in rows[at].cells]
    return _apart(_without_empty_end(header)), samples


def _numbers(rows: list[_Row]) -> list[str]:
    """The columns of a file without header are named by place. A rejects file of one ends with its own two."""
    widths = [len(row.cells) for row in rows[:_HEADER_WITHIN]]
    if min(widths) > 2 and all(_is_reject(row.cells) for row in rows):
        return [*map(str, range(min(widths) - 2)), *REJECTS_HEADER]
    return [str(i) for i in range(max(widths))]


def _is_reject(cells: list[str]) -> bool:
    return bool(_REASON.match(cells[-2])) and cells[-1].isdigit()


def _without_empty_end(header: list[str]) -> list[str]:
    while len(header) > 1 and not header[-1]:
        header = header[:-1]
    return header


def _apart(header: list[str]) -> list[str]:
    """A name that comes again gets a number, so that neither column hides the other: 備考, 備考 (2)."""
    seen: dict[str, int] = {}
    named = []
    for cell in header:
        key = plain(cell)
        seen[key] = seen.get(key, 0) + 1
        named.append(f"{cell} ({seen[key]})" if key and seen[key] > 1 else cell)
    return named
