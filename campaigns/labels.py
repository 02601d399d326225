"""Address labels on A4 sheets as a PDF: 〒, address, company, department and title, name 様, response code.

The letters come from the reader's own Japanese font (a CID font of PDF), so no font travels with the file.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from .postal_lists import Letter

FONT = "HeiseiKakuGo-W5"
PADDING = 5 * mm
SMALL, NORMAL, LARGE = 7.0, 9.5, 12.0  # points
LEAST = 5.0
LEADING = 1.35
NOT_FIRST = frozenset("ぁぃぅぇぉっゃゅょァィゥェォッャュョヮーヽヾ々、。，．・)）」』】")


@dataclass(frozen=True)
class Sheet:
    """Labels on an A4 sheet, side by side without gaps; measures in points."""

    columns: int
    rows: int
    width: float
    height: float

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    def corner(self, number: int) -> tuple[float, float]:
        """Lower left corner of the label with this number (from 0) on its page; the grid stands in the middle."""
        row, column = divmod(number, self.columns)
        left = (A4[0] - self.columns * self.width) / 2
        top = A4[1] - (A4[1] - self.rows * self.height) / 2
        return left + column * self.width, top - (row + 1) * self.height


SHEETS = {
    "2x6": Sheet(2, 6, 86.4 * mm, 42.3 * mm),
    "3x4": Sheet(3, 4, 70 * mm, 67.7 * mm),
}


def pdf(letters: Iterable[Letter], sheet: Sheet) -> bytes:
    """The labels in order, as many pages as they need; one empty page where there are none."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.setTitle("Labels")
    for number, letter in enumerate(letters):
        if number and number % sheet.per_page == 0:
            canvas.showPage()
        _label(canvas, letter, sheet, *sheet.corner(number % sheet.per_page))
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _label(canvas: Canvas, letter: Letter, sheet: Sheet, left: float, bottom: float) -> None:
    """All of it, smaller where it would not fit."""
    width, height = sheet.width - 2 * PADDING, sheet.height - 2 * PADDING - SMALL * LEADING
    scale = 1.0
    while True:
        lines = _lines(letter, width, scale)
        if sum(size * LEADING for _text, size in lines) <= height or NORMAL * scale <= LEAST:
            break
        scale *= 0.92
    at = bottom + sheet.height - PADDING
    for text, size in lines:
        at -= size * LEADING
        if at < bottom + PADDING:
            break
        _write(canvas, left + PADDING, at, text, size)
    code = letter.response_code
    _write(canvas, left + sheet.width - PADDING - _width(code, SMALL), bottom + PADDING * 0.8, code, SMALL)


def _lines(letter: Letter, width: float, scale: float) -> list[tuple[str, float]]:
    """What stands on the label, line by line with its size. The person's line is the largest."""
    normal, large = NORMAL * scale, LARGE * scale
    lines = [(f"〒{letter.postal_code}", normal)] if letter.postal_code else []
    lines += [(part, normal) for part in _wrapped(letter.address, width, normal)]
    lines.append(("", normal * 0.4))
    *places, person = letter.lines
    lines += [(part, normal) for place in places for part in _wrapped(place, width, normal)]
    return lines + [(part, large) for part in _wrapped(person, width, large)]


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """Broken anywhere, as Japanese addresses are, but never before a mark that may not begin a line (行頭禁則)."""
    lines, line = [], ""
    for character in _printable(text):
        if line and _width(line + character, size) > width:
            end = len(line)
            while end > 1 and f"{line}{character}"[end] in NOT_FIRST:
                end -= 1
            lines.append(line[:end].strip())
            line = line[end:]
        line += character
    return [part for part in [*lines, line.strip()] if part]


def _printable(text: str) -> str:
    """Without control characters; what lies beyond the font's plane becomes 〓."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
    return "".join(c if ord(c) < 0x10000 else "〓" for c in kept)


def _width(text: str, size: float) -> float:
    return pdfmetrics.stringWidth(text, FONT, size)


def _write(canvas: Canvas, left: float, bottom: float, text: str, size: float) -> None:
    canvas.setFont(FONT, size)
    canvas.drawString(left, bottom, text)
