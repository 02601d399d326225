"""The rows of a sheet as texts, streamed from its XML; memory holds the shared texts and one row.

A number is written as its format shows it (days, times, percentages, leading zeros, a currency's sign). What a cell
does not say for certain becomes one of ERRORS, which the import rejects where the column is used.
"""

import re
import zipfile
from array import array
from collections.abc import Callable, Iterator

from . import xml_parts
from .number_formats import Formats
from .xml_parts import Attributes, damaged, too_large

MERGED = "#MERGED!"  # a number spread over merged rows: whose is it?
NOT_CALCULATED = "#CALC!"  # a formula whose result was never stored
MOST_ROWS, MOST_PLACES = 1_048_576, 16_384
MOST_TEXT = 90_000_000
IN_CELL_NEWLINE = "\x0b"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROLS = re.compile("[\0-\x08\x0c-\x1f]+")
_LETTERS = re.compile("[A-Za-z]{1,3}")
_MERGE = re.compile(rb"<(?:\w{1,20}:)?mergeCell\s[^>]{0,200}?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
_MOST_AFTER = 20_000_000
_SHEET_END = b"sheetData>"


def place_of(letters: str) -> int:
    """A column's place from 0: A is 0, Z 25, AA 26."""
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return place - 1


def plain_text(text: str) -> str:
    """A cell's text in one line: Excel's _x000D_ read, line ends marked, other control characters spaces."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\n" in text or "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").replace("\n", IN_CELL_NEWLINE)
    return _CONTROLS.sub(" ", text) if not text.isprintable() else text


class Strings:
    """The shared texts of a workbook in one run of bytes: a million cost little more than their letters."""

    def __init__(self, archive: zipfile.ZipFile, part: str):
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        if part:
            self._read(archive, part)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise damaged()
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()

    def _read(self, archive: zipfile.ZipFile, part: str) -> None:
        reader = _TextReader()

        def end(name: str) -> None:
            if xml_parts.local(name) == "si":
                self._bytes.extend(plain_text(reader.taken()).encode(errors="replace"))
                self._ends.append(len(self._bytes))
                if len(self._bytes) > MOST_TEXT:
                    raise too_large()
            else:
                reader.end(name)

        for _block in xml_parts.stream(archive, part, start=reader.start, end=end, text=reader.text):
            pass


class _TextReader:
    """The <t> inside a text item, without those of its phonetic guide (<rPh>)."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self._parts: list[str] = []
        self._is_guide = False

    def start(self, name: str, _attributes: Attributes) -> None:
        name = xml_parts.local(name)
        if name == "rPh":
            self._is_guide = True
        self.text.clear()

    def end(self, name: str) -> None:
        name = xml_parts.local(name)
        if name == "rPh":
            self._is_guide = False
        elif name == "t" and not self._is_guide:
            self._parts.append("".join(self.text))
        self.text.clear()

    def taken(self) -> str:
        found = "".join(self._parts)
        self._parts.clear()
        return found


def rows(archive: zipfile.ZipFile, part: str, strings: Strings, formats: Formats) -> Iterator[tuple[int, list[str]]]:
    """Yield (number from 1, texts without empty ones at the end) of every row that holds something."""
    merges = _Merges(archive, part)
    reader = _Sheet(strings, formats)
    for _block in xml_parts.stream(archive, part, start=reader.start, end=reader.end, text=reader.text):
        for number, cells in reader.done:
            merges.spread(number, cells)
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
        reader.done.clear()


class _Sheet:
    """Takes the events of a sheet's XML; whole rows wait in `done`."""

    def __init__(self, strings: Strings, formats: Formats):
        self.done: list[tuple[int, list[str]]] = []
        self.text: list[str] = []
        self._strings = strings
        self._formats = formats
        self._places: dict[str, int] = {}
        self._number = 0
        self._cells: list[str] = []
        self._attributes: Attributes = {}
        self._value: str | None = None
        self._inline = _TextReader()
        self._inline.text = self.text
        self._is_inline = self._has_formula = False
        self._begins: dict[str, Callable[[Attributes], None]] = {}
        self._ends: dict[str, Callable[[], None]] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins. Most are cells and their values: one look-up each."""
        begin = self._begins.get(name)
        if begin:
            begin(attributes)
        elif self._is_inline:
            self._inline.start(name, attributes)
        elif not self._begins:
            self._learn_names(name)

    def end(self, name: str) -> None:
        """An element ends."""
        end = self._ends.get(name)
        if end:
            end()
        elif self._is_inline:
            self._inline.end(name)
        self.text.clear()

    def _learn_names(self, root: str) -> None:
        """Element names carry the prefix of the first one, if it has any."""
        prefix = root[: root.rfind(":") + 1]
        begins = {"c": self._begin_cell, "row": self._begin_row, "is": self._begin_inline, "f": self._begin_formula}
        ends = {"v": self._end_value, "c": self._end_cell, "row": self._end_row, "is": self._end_inline}
        self._begins = {prefix + name: act for name, act in begins.items()}
        self._ends = {prefix + name: act for name, act in ends.items()}

    def _begin_cell(self, attributes: Attributes) -> None:
        self._attributes, self._value, self._has_formula = attributes, None, False
        self.text.clear()

    def _begin_formula(self, _attributes: Attributes) -> None:
        self._has_formula = True

    def _begin_inline(self, _attributes: Attributes) -> None:
        self._is_inline = True

    def _end_inline(self) -> None:
        self._is_inline, self._value = False, self._inline.taken()

    def _end_value(self) -> None:
        self._value = "".join(self.text)

    def _end_row(self) -> None:
        self.done.append((self._number, self._cells))

    def _begin_row(self, attributes: Attributes) -> None:
        number = int(attributes.get("r", self._number + 1))
        if not self._number < number <= MOST_ROWS:
            raise damaged()
        self._number, self._cells = number, []

    def _end_cell(self) -> None:
        reference = self._attributes.get("r")
        place = self._place(reference) if reference else len(self._cells)
        text = self._shown()
        if text:
            if place < len(self._cells):
                raise damaged()
            self._cells.extend([""] * (place - len(self._cells)))
            self._cells.append(text)
        elif not reference:
            self._cells.append("")
        if len(self._cells) > MOST_PLACES:
            raise damaged()

    def _place(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        place = self._places.get(letters)
        if place is None:
            if not _LETTERS.fullmatch(letters):
                raise damaged()
            place = self._places[letters] = place_of(letters)
        return place

    def _shown(self) -> str:
        kind, value = self._attributes.get("t", "n"), self._value
        if value is None:
            return NOT_CALCULATED if self._has_formula else ""
        if kind == "s":
            return self._strings[int(value)]
        if kind == "n":
            return self._formats.shown(value, self._attributes.get("s", "0")) if value else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind == "d":
            return value.removesuffix("Z").removesuffix("T00:00:00").replace("T", " ")
        return plain_text(value)  # str, inlineStr, and e: an error's own text


class _Merges:
    """Cells that span rows. What holds no digit (a heading, a plan) stands for all of them; a number does not."""

    def __init__(self, archive: zipfile.ZipFile, part: str):
        found = [_square(match) for match in _MERGE.finditer(_after_rows(archive, part))]
        tall = [square for square in found if square[1] > square[0]]
        self._waiting = sorted(tall, reverse=True)
        self._open: list[tuple[int, int, str]] = []

    def spread(self, number: int, cells: list[str]) -> None:
        """Fill the row's cells that a cell above covers."""
        if not self._waiting and not self._open:
            return
        self._open = [each for each in self._open if each[0] >= number]
        for _bottom, place, text in self._open:
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = cells[place] or text
        while self._waiting and self._waiting[-1][0] <= number:
            top, bottom, place = self._waiting.pop()
            if top == number and place < len(cells) and cells[place] and len(self._open) < MOST_PLACES:
                text = MERGED if any(c.isdigit() for c in cells[place]) else cells[place]
                self._open.append((bottom, place, text))


def _square(match: re.Match) -> tuple[int, int, int]:
    """Top row, bottom row, first column of a merged range."""
    return int(match[2]), int(match[4]), place_of(match[1].decode())


def _after_rows(archive: zipfile.ZipFile, part: str) -> bytes:
    """The end of a sheet's XML, where the merged ranges are listed: after the rows, so it is looked for first."""
    rest, after = b"", None
    try:
        with archive.open(part) as file:
            while block := file.read(1 << 20):
                if after is not None:
                    after += block[: _MOST_AFTER - len(after)]
                elif (at := (rest + block).rfind(_SHEET_END)) >= 0:
                    after = (rest + block)[at:]
                rest = block[-len(_SHEET_END) :]
    except (KeyError, *xml_parts.BROKEN):
        raise damaged() from None
    return after or b""
