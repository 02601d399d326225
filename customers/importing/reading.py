"""A text file as chunks of raw columns, with the true line number of every row and memory of one block.

Whole blocks are cut at row ends found by counting quotes (numpy) and parsed by pandas. A file whose quotes stand
where no quote may stand is read on by the csv module, row by row, so that nothing is guessed about it.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from . import encoding as encodings
from .columns import plain, recognised
from .encoding import RefusedError
from .normalising import TEXT

DELIMITERS = (",", "\t", ";", "|")
LONGEST_CELL = 1_000_000
MOST_COLUMNS = 1000
CAREFUL_ROWS = 20_000
_HEADER_WITHIN = 30
_SAMPLE_CHARS = 200_000
_SAMPLE_ROWS = 200
_TOTALS = {
    plain(word)
    for word in ("合計", "総合計", "総計", "小計", "計", "合 計", "件数", "total", "grand total", "subtotal", "sum")
}
_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True)
class Layout:
    """How a file is laid out. `header_row` is its line (from 1), None where the file has none."""

    encoding: str
    delimiter: str
    header_row: int | None
    header: list[str]
    first_row: int  # rows (records) before this one, counted from 0, are titles and header
    samples: list[list[str]]


@dataclass(frozen=True)
class Odd:
    """A row that does not fit the header: its line, its cells as they stand, and the code of its error."""

    line: int
    cells: list[str]
    code: str


@dataclass(frozen=True)
class Chunk:
    """Some rows: raw texts, a column per place; their lines; rows that do not fit; how many were passed over."""

    table: pd.DataFrame
    lines: np.ndarray
    odd: list[Odd]
    skipped: int


def layout_of(path: Path, kind: str, given: dict[str, Any] | None = None) -> Layout:
    """Find encoding, delimiter and header row, or take what a person gave in `given`. Raises RefusedError."""
    given = given or {}
    encoding = encodings.detect(path, given.get("encoding"))
    text = _beginning(path, encoding)
    delimiter = _given_delimiter(given.get("delimiter")) or _delimiter(text, kind)
    rows = _sample(text, delimiter)
    at = _header_at(rows, kind, given)
    layout = _laid_out(encoding, delimiter, rows, at, kind)
    if len(layout.header) > MOST_COLUMNS:
        raise RefusedError(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    return layout


def chunks(path: Path, layout: Layout) -> Iterator[Chunk]:
    """Yield the rows after the header. created order = order of the file."""
    return _Reader(layout).chunks(encodings.blocks(path, layout.encoding))


# --- finding the layout ------------------------------------------------------------------------


def _beginning(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline=None) as file:
        return file.read(_SAMPLE_CHARS)


def _given_delimiter(value: str | None) -> str:
    if value in {None, ""}:
        return ""
    value = {"tab": "\t", "\\t": "\t"}.get(value, value)
    if len(value) != 1:
        raise RefusedError(_("The delimiter is a single character, or “tab”."))
    return value


def _sample(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """(line, cells) of the first rows; the last one may be cut, so it goes where there are more."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            rows.append((before + 1, cells))
            before = reader.line_num
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return rows


def _delimiter(text: str, kind: str) -> str:
    """The one under which a row names most fields; then the one that cuts most rows alike, into most cells."""
    scores = {}
    for place, delimiter in enumerate(DELIMITERS):
        rows = [cells for _line, cells in _sample(text, delimiter) if any(cells)]
        named = max((recognised(kind, cells) for cells in rows[:_HEADER_WITHIN]), default=0)
        widths = [len(cells) for cells in rows if len(cells) > 1]
        usual = max(set(widths), key=widths.count, default=1)
        scores[delimiter] = (named, widths.count(usual) / max(1, len(rows)) if usual > 1 else 0, usual, -place)
    return max(scores, key=lambda delimiter: scores[delimiter])


def _header_at(rows: list[tuple[int, list[str]]], kind: str, given: dict[str, Any]) -> int | None:
    """Place of the header among the rows; None where a person said that there is none."""
    if "header_row" in given:
        wanted = given["header_row"]
        if wanted is None:
            return None
        at = next((i for i, (line, _cells) in enumerate(rows) if line == wanted), None)
        if at is None:
            raise RefusedError(_("There is no row at line %(line)s to be the header.") % {"line": wanted})
        return at
    named = [recognised(kind, cells) for _line, cells in rows[:_HEADER_WITHIN]]
    most = max(named, default=0)
    if most:
        return named.index(most)
    return _first_full(rows)


def _first_full(rows: list[tuple[int, list[str]]]) -> int:
    """The first row as wide as most rows."""
    widths = [len(cells) for _line, cells in rows if any(cells)]
    usual = max(set(widths), key=widths.count, default=1)
    return next((i for i, (_line, cells) in enumerate(rows) if len(cells) == usual and any(cells)), 0)


def _laid_out(encoding: str, delimiter: str, rows: list, at: int | None, kind: str) -> Layout:
    if not rows:
        raise RefusedError(_("The file holds no row that can be read."))
    if at is None:
        width = max(len(cells) for _line, cells in rows[:_HEADER_WITHIN])
        header, line, first = [str(i) for i in range(width)], None, 0
    else:
        line, header = rows[at]
        first = at + 1
    header = _without_empty_end([" ".join(cell.split()) for cell in header])
    samples = [cells for _line, cells in rows[first:] if any(cells)][:5]
    return Layout(encoding, delimiter, line, header, first, samples)


def _without_empty_end(header: list[str]) -> list[str]:
    while len(header) > 1 and not header[-1]:
        header = header[:-1]
    return header


# --- reading the rows --------------------------------------------------------------------------


class _Reader:
    """Goes through the blocks of a file once."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self.width = len(layout.header)
        self.delimiter = layout.delimiter
        self.line = 1  # of the first row not yet read
        self.to_pass = layout.first_row

    def chunks(self, blocks: Iterator[str]) -> Iterator[Chunk]:
        rest = ""
        for block in blocks:
            text = rest + block
            chunk, used = self._fast(text)
            if chunk is None:
                yield from self._careful(_lines(text, blocks))
                return
            rest = text[used:]
            yield chunk
        if rest.strip("\n"):
            yield self._last(rest)

    def _last(self, text: str) -> Chunk:
        chunk, _used = self._fast(text + "\n")
        if chunk is None or not _used:
            return _together(list(self._careful(_lines(text, iter(())))), self.width)
        return chunk

    def _fast(self, text: str) -> tuple[Chunk | None, int]:
        """A chunk of the whole rows of a text and the characters used; no chunk where quotes stand wrongly."""
        data = text.encode()
        bytes_ = np.frombuffer(data, np.uint8)
        quotes = bytes_ == _QUOTE
        ends = _row_ends(bytes_, quotes)
        cut = int(ends[-1]) + 1 if len(ends) else 0
        if not _well_quoted(bytes_[:cut], quotes[:cut], self.delimiter) or len(bytes_) - cut > 2 * LONGEST_CELL:
            return None, 0
        if not cut:
            return Chunk(self._frame(b""), np.empty(0, np.int64), [], 0), 0
        chunk = self._rows(data, bytes_[:cut], quotes[:cut], ends)
        return chunk, len(data[:cut].decode())

    def _rows(self, data: bytes, bytes_: np.ndarray, quotes: np.ndarray, ends: np.ndarray) -> Chunk:
        starts = np.concatenate(([0], ends[:-1] + 1))
        newlines = np.flatnonzero(bytes_ == _NEWLINE)
        lines = self.line + np.searchsorted(newlines, starts)
        self.line += len(newlines)
        cells = _cells_per_row(bytes_, quotes, ends, self.delimiter)
        titles = min(self.to_pass, len(ends))
        self.to_pass -= titles
        blank = ends == starts
        fits = (cells == self.width) & ~blank
        fits[:titles] = False
        odd = [self._odd(int(lines[i]), data[starts[i] : ends[i]]) for i in _odd_places(fits, blank, titles)]
        kept = bytes_[np.repeat(fits, ends + 1 - starts)].tobytes()
        return self._sorted_out(self._frame(kept), lines[fits], odd, titles + int(blank[titles:].sum()))

    def _odd(self, line: int, row: bytes) -> tuple[int, list[str]]:
        return line, next(csv.reader(io.StringIO(row.decode(), newline=""), delimiter=self.delimiter), [])

    def _frame(self, data: bytes) -> pd.DataFrame:
        if not data:
            return pd.DataFrame({i: pd.Series([], dtype=TEXT) for i in range(self.width)})
        return pd.read_csv(
            io.BytesIO(data),
            sep=self.delimiter,
            header=None,
            names=range(self.width),
            dtype=TEXT,
            na_filter=False,
            skip_blank_lines=False,
            engine="c",
        )

    def _careful(self, lines: Iterator[str]) -> Iterator[Chunk]:
        """Row by row with the csv module, for files whose quoting is not the standard's."""
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(lines, delimiter=self.delimiter)
        base, fitting, at, odd, skipped = self.line - 1, [], [], [], 0
        while (row := self._next(reader, base)) is not None:
            line, cells = row
            if self.to_pass or not any(cells):
                self.to_pass -= bool(self.to_pass)
                skipped += 1
            elif len(cells) == self.width:
                fitting.append(cells)
                at.append(line)
            else:
                odd.append((line, cells))
            if len(fitting) + len(odd) >= CAREFUL_ROWS:
                yield self._sorted_out(self._table(fitting), np.array(at, np.int64), odd, skipped)
                fitting, at, odd, skipped = [], [], [], 0
        yield self._sorted_out(self._table(fitting), np.array(at, np.int64), odd, skipped)

    def _next(self, reader, base: int) -> tuple[int, list[str]] | None:
        line = base + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            raise RefusedError(
                _("From line %(line)s on the file cannot be read: a quotation mark is not closed, or a cell is huge.")
                % {"line": line}
            ) from None
        return None if cells is None else (line, cells)

    def _table(self, rows: list[list[str]]) -> pd.DataFrame:
        columns = list(zip(*rows, strict=True)) or [()] * self.width
        return pd.DataFrame({i: pd.Series(list(column), dtype=TEXT) for i, column in enumerate(columns)})

    def _sorted_out(self, table: pd.DataFrame, lines: np.ndarray, odd: list, skipped: int) -> Chunk:
        """Set blank and total rows apart; rows that are only longer by empty cells are whole rows."""
        passed = _blank_or_total(table)
        rejected = []
        for line, cells in odd:
            if _is_blank_or_total(cells):
                skipped += 1
            else:
                rejected.append(Odd(line, cells, "short_row" if len(cells) < self.width else "long_row"))
        table, lines, rejected = self._with_trimmed(table[~passed], lines[~passed], rejected)
        return Chunk(table.reset_index(drop=True), lines, rejected, skipped + int(passed.sum()))

    def _with_trimmed(self, table: pd.DataFrame, lines: np.ndarray, odd: list[Odd]):
        longer = [row for row in odd if len(row.cells) > self.width and not any(row.cells[self.width :])]
        if not longer:
            return table, lines, odd
        lines = np.concatenate((lines, [row.line for row in longer]))
        table = pd.concat([table, self._table([row.cells[: self.width] for row in longer])], ignore_index=True)
        order = np.argsort(lines, kind="stable")
        return table.iloc[order], lines[order], [row for row in odd if row not in longer]


def _lines(text: str, blocks: Iterator[str]) -> Iterator[str]:
    """The lines of a text and of the blocks after it, each with its line end."""
    for block in blocks:
        lines = (text + block).split("\n")
        text = lines.pop()
        yield from (line + "\n" for line in lines)
    yield from io.StringIO(text, newline="\n")


def _together(parts: list[Chunk], width: int) -> Chunk:
    return replace(
        parts[0],
        table=pd.concat([part.table for part in parts], ignore_index=True),
        lines=np.concatenate([part.lines for part in parts]),
        odd=[row for part in parts for row in part.odd],
        skipped=sum(part.skipped for part in parts),
    )


def _row_ends(bytes_: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """Places of the line ends that stand outside quotes."""
    ends = np.flatnonzero(bytes_ == _NEWLINE)
    if not quotes.any():
        return ends
    before = np.searchsorted(np.flatnonzero(quotes), ends)
    return ends[before % 2 == 0]


def _well_quoted(bytes_: np.ndarray, quotes: np.ndarray, delimiter: str) -> bool:
    """Whether every quote opens a cell, closes one, or is half of a doubled one inside a quoted cell."""
    places = np.flatnonzero(quotes)
    if not len(places):
        return True
    if len(places) % 2:
        return False
    borders = np.array([_NEWLINE, _QUOTE, ord(delimiter)], np.uint8)
    opening, closing = places[0::2], places[1::2]
    before = bytes_[opening[opening > 0] - 1]
    after = bytes_[closing[closing < len(bytes_) - 1] + 1]
    return bool(np.isin(before, borders).all() and np.isin(after, borders).all())


def _cells_per_row(bytes_: np.ndarray, quotes: np.ndarray, ends: np.ndarray, delimiter: str) -> np.ndarray:
    """How many cells each row has: delimiters outside quotes, and one."""
    places = np.flatnonzero(bytes_ == ord(delimiter))
    if quotes.any():
        places = places[np.searchsorted(np.flatnonzero(quotes), places) % 2 == 0]
    return np.diff(np.searchsorted(places, ends), prepend=0) + 1


def _odd_places(fits: np.ndarray, blank: np.ndarray, titles: int) -> np.ndarray:
    odd = ~fits & ~blank
    odd[:titles] = False
    return np.flatnonzero(odd)


def _blank_or_total(table: pd.DataFrame) -> np.ndarray:
    """Rows without any text, and rows whose first text is 合計 or the like (within three cells)."""
    empty = np.ones(len(table), bool)
    total = np.zeros(len(table), bool)
    for place in range(table.shape[1]):
        column = table.iloc[:, place]
        if place < 3:
            total |= empty & column.isin(_total_words(column)).to_numpy(bool)
        empty &= (column.str.strip() == "").to_numpy(bool)
        if place >= 3 and not empty.any():
            break
    return empty | total


def _total_words(column: pd.Series) -> list[str]:
    short = column[column.str.len() <= 12]
    return [text for text in short.unique() if plain(text) in _TOTALS]


def _is_blank_or_total(cells: list[str]) -> bool:
    texts = [cell for cell in cells if cell.strip()]
    return not texts or plain(texts[0]) in _TOTALS
