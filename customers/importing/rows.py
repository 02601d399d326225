"""Text in blocks → chunks of raw columns, with the true line of every row and memory of one block.

Whole blocks are cut at row ends found by counting quotes (numpy) and parsed by pandas. From the first block whose
quotes stand where none may stand, `stray_quotes` reads row by row, so that nothing is guessed about them.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from . import stray_quotes
from .columns import plain
from .encoding import MARK, RefusedError
from .normalising import TEXT
from .stray_quotes import LONGEST_CELL

MOST_COLUMNS = 1000
LONGEST_LINE = 16_000_000
CAREFUL_ROWS = 20_000
_TOTALS = {
    plain(word)
    for word in ("合計", "総合計", "総計", "小計", "計", "合 計", "件数", "total", "grand total", "subtotal", "sum")
}
_LIKE_TOTAL = "(?i)[計件]|total|sum|[ＴｔＳｓ]"
_NEWLINE, _QUOTE = 10, 34
_MARK = MARK.encode()


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


class Reader:
    """Goes through the blocks of a file once. Rows before `first_line` are titles and header."""

    def __init__(self, header: list[str], delimiter: str, first_line: int):
        self.header = header
        self.width = len(header)
        self.delimiter = delimiter
        self.first_line = first_line
        self.line = 1  # of the first row not yet read

    def chunks(self, blocks: Iterator[str]) -> Iterator[Chunk]:
        """Yield the rows of all blocks, in their order. Raises RefusedError where reading on makes no sense."""
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
        chunk, used = self._fast(text + "\n")
        if chunk is None or not used:
            return _together(list(self._careful(_lines(text, iter(())))))
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
            return Chunk(_empty(self.width), np.empty(0, np.int64), [], 0), 0
        chunk = self._rows(data, bytes_[:cut], quotes[:cut], ends)
        return chunk, len(data[:cut].decode())

    def _rows(self, data: bytes, bytes_: np.ndarray, quotes: np.ndarray, ends: np.ndarray) -> Chunk:
        starts = np.concatenate(([0], ends[:-1] + 1))
        newlines = np.flatnonzero(bytes_ == _NEWLINE)
        lines = self.line + np.searchsorted(newlines, starts)
        self.line += len(newlines)
        cells = _cells_per_row(bytes_, quotes, ends, self.delimiter)
        titles = int(np.searchsorted(lines, self.first_line))
        blank = ends == starts
        usual = _usual(cells[titles:][~blank[titles:]], self.width)
        fits = (cells == usual) & ~blank
        fits[_marked(data, ends)] = False
        fits[:titles] = False
        odd = [self._odd(int(lines[i]), data[starts[i] : ends[i]]) for i in _odd_places(fits, blank, titles)]
        kept = bytes_[np.repeat(fits, ends + 1 - starts)].tobytes()
        skipped = titles + int(blank[titles:].sum())
        return self._sorted_out(self._frame(kept, usual), lines[fits], odd, skipped)

    def _odd(self, line: int, row: bytes) -> tuple[int, list[str], str]:
        cells = next(csv.reader(io.StringIO(row.decode(), newline=""), delimiter=self.delimiter), [])
        return line, cells, ""

    def _frame(self, data: bytes, width: int) -> pd.DataFrame:
        if not data:
            return _empty(width)
        return pd.read_csv(
            io.BytesIO(data),
            sep=self.delimiter,
            header=None,
            names=range(width),
            dtype=TEXT,
            na_filter=False,
            skip_blank_lines=False,
            engine="c",
        )

    def _careful(self, lines: Iterator[str]) -> Iterator[Chunk]:
        """Row by row, for files whose quoting is not the standard's."""
        fitting, at, odd, skipped = [], [], [], 0
        for line, cells, code in stray_quotes.rows(lines, self.delimiter, self.line):
            if line < self.first_line or (not any(cells) and not code):
                skipped += 1
            elif len(cells) == self.width and not code and not _has_mark(cells):
                fitting.append(cells)
                at.append(line)
            else:
                odd.append((line, cells, code))
            if len(fitting) + len(odd) >= CAREFUL_ROWS:
                yield self._sorted_out(_table(fitting, self.width), np.array(at, np.int64), odd, skipped)
                fitting, at, odd, skipped = [], [], [], 0
        yield self._sorted_out(_table(fitting, self.width), np.array(at, np.int64), odd, skipped)

    def _sorted_out(self, table: pd.DataFrame, lines: np.ndarray, odd: list, skipped: int) -> Chunk:
        """Set blank and total rows apart; rows that are only longer by empty cells are whole rows."""
        table, lines, odd = self._narrowed(table, lines, odd)
        passed = _blank_or_total(table) | self._is_header(table)
        rejected = []
        for line, cells, code in odd:
            if not code and _is_blank_or_total(cells):
                skipped += 1
            else:
                rejected.append(Odd(line, cells, code or self._code(cells)))
        table, lines, rejected = self._with_trimmed(table[~passed], lines[~passed], rejected)
        return Chunk(table.reset_index(drop=True), lines, rejected, skipped + int(passed.sum()))

    def _narrowed(self, table: pd.DataFrame, lines: np.ndarray, odd: list) -> tuple[pd.DataFrame, np.ndarray, list]:
        """Where all rows are longer than the header: those with something in the cells beyond it are odd."""
        if table.shape[1] == self.width:
            return table, lines, odd
        beyond = np.zeros(len(table), bool)
        for place in range(self.width, table.shape[1]):
            beyond |= (table.iloc[:, place] != "").to_numpy(bool)
        longer = zip(lines[beyond].tolist(), table[beyond].to_numpy().tolist(), strict=True)
        odd = odd + [(line, cells, "") for line, cells in longer]
        return table.iloc[~beyond, : self.width], lines[~beyond], odd

    def _is_header(self, table: pd.DataFrame) -> np.ndarray:
        """Rows that repeat the header, as where files were put one after the other."""
        same = np.ones(len(table), bool)
        for place, name in enumerate(self.header[: self.width if self.width > 1 else 0]):
            same &= (table.iloc[:, place].str.strip() == name).to_numpy(bool)
            if not same.any():
                return same
        return same if self.width > 1 else ~same

    def _code(self, cells: list[str]) -> str:
        if _has_mark(cells):
            return "bad_bytes"
        return "short_row" if len(cells) < self.width else "long_row"

    def _is_whole(self, cells: list[str]) -> bool:
        """Longer by empty cells only, and none empty before: one too many delimiters would have left one there."""
        return all(cells[: self.width]) and not any(cells[self.width :])

    def _with_trimmed(self, table: pd.DataFrame, lines: np.ndarray, odd: list[Odd]):
        longer = [row for row in odd if row.code == "long_row" and self._is_whole(row.cells)]
        if not longer:
            return table, lines, odd
        lines = np.concatenate((lines, [row.line for row in longer]))
        trimmed = _table([row.cells[: self.width] for row in longer], self.width)
        table = pd.concat([table, trimmed], ignore_index=True)
        order = np.argsort(lines, kind="stable")
        return table.iloc[order], lines[order], [row for row in odd if row not in longer]


def _lines(text: str, blocks: Iterator[str]) -> Iterator[str]:
    """The lines of a text and of the blocks after it, each with its line end."""
    for block in blocks:
        lines = (text + block).split("\n")
        text = lines.pop()
        yield from (line + "\n" for line in lines)
        if len(text) > LONGEST_LINE:
            raise RefusedError(_("A line of the file is longer than %(most)s characters.") % {"most": LONGEST_LINE})
    yield from io.StringIO(text, newline="\n")


def _empty(width: int) -> pd.DataFrame:
    return pd.DataFrame({i: pd.Series([], dtype=TEXT) for i in range(width)})


def _table(rows: list[list[str]], width: int) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * width
    return pd.DataFrame({i: pd.Series(list(column), dtype=TEXT) for i, column in enumerate(columns)})


def _together(parts: list[Chunk]) -> Chunk:
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


def _usual(cells: np.ndarray, width: int) -> int:
    """How many cells most rows have, where that is at least as many as the header has."""
    counts = np.bincount(np.minimum(cells, MOST_COLUMNS + 1))[: MOST_COLUMNS + 1]
    return width + int(counts[width:].argmax()) if len(counts) > width else width


def _marked(data: bytes, ends: np.ndarray) -> np.ndarray:
    """Places of the rows that hold something the encoding could not read."""
    if _MARK not in data:
        return np.empty(0, np.int64)
    found = np.searchsorted(ends, [match.start() for match in re.finditer(_MARK, data)])
    return np.unique(found[found < len(ends)])


def _odd_places(fits: np.ndarray, blank: np.ndarray, titles: int) -> np.ndarray:
    odd = ~fits & ~blank
    odd[:titles] = False
    return np.flatnonzero(odd)


def _has_mark(cells: list[str]) -> bool:
    return any(MARK in cell for cell in cells)


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
    likely = column[column.str.contains(_LIKE_TOTAL, regex=True)]
    return [text for text in likely.unique() if len(text) <= 12 and plain(text) in _TOTALS]


def _is_blank_or_total(cells: list[str]) -> bool:
    texts = [cell for cell in cells if cell.strip()]
    return not texts or plain(texts[0]) in _TOTALS
