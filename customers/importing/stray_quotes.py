"""Rows of a text whose quotes do not follow the standard (RFC 4180), one by one.

A quote inside a cell that does not begin with one is a letter (5" disk). What stands after a closing quote, or a
quote that is never closed, leaves open where the cell ends: those lines come as rejects, and reading goes on.
"""

import csv
from collections import deque
from collections.abc import Iterator

from django.utils.translation import gettext as _

from .encoding import RefusedError

LONGEST_CELL = 1_000_000
KEPT_OF_HUGE = 32_000  # what a spreadsheet's cell can hold
_FAR = 50  # lines a quoted cell may plausibly run over
_MOST_LOST = 100
Row = tuple[int, list[str], str]


class _Lines:
    """Lines of a text, remembered since the last row, so that they can be read again."""

    def __init__(self, lines: Iterator[str]):
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def back(self, keep: int) -> None:
        """Give back what was taken after the first `keep` lines."""
        self._again.extendleft(reversed(self.taken[keep:]))
        del self.taken[keep:]


def rows(lines: Iterator[str], delimiter: str, first: int) -> Iterator[Row]:
    """Yield (line, cells, code); the code is '' where the row was read exactly. `first` is the first line's number."""
    csv.field_size_limit(LONGEST_CELL)
    source, line, was_spoilt, lost = _Lines(lines), first, False, 0
    reader = _strict(source, delimiter)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            lost += len(source.taken) > _FAR
            was_spoilt = True
            yield from _spoilt(source, line, delimiter, lost)
            reader = _strict(source, delimiter)
        else:
            if cells is None:
                return
            raw = "".join(source.taken)
            yield line, cells, "bad_quotes" if '"' in raw and _is_doubtful(cells, raw, was_spoilt) else ""
        line += len(source.taken)
        source.taken.clear()


def _strict(source: _Lines, delimiter: str):
    return csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=delimiter != " ")


def _is_doubtful(cells: list[str], raw: str, was_spoilt: bool) -> bool:
    """A lone quote in two cells may have been meant to hold them together; after a row that could not be read, a
    line with a lone quote may be the rest of it."""
    lone = sum(1 for cell in cells if cell.count('"') % 2 and cell in raw)
    return lone > 1 or (was_spoilt and raw.count('"') % 2 == 1)


def _spoilt(source: _Lines, line: int, delimiter: str, lost: int) -> Iterator[Row]:
    """The lines of a row that could not be read; only its first where the quote is plainly never closed."""
    if lost > _MOST_LOST:
        raise RefusedError(
            _("From line %(line)s on the file cannot be read: too many quotation marks are not closed.")
            % {"line": line}
        )
    if len(source.taken) > _FAR:
        source.back(1)
    for number, text in enumerate(source.taken):
        yield line + number, *_as_it_stands(text.rstrip("\n"), delimiter)


def _as_it_stands(text: str, delimiter: str) -> tuple[list[str], str]:
    if len(text) > LONGEST_CELL:
        return [text[:KEPT_OF_HUGE]], "huge_cell"
    return next(csv.reader([text], delimiter=delimiter), []), "bad_quotes"
