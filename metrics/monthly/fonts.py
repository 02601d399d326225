"""The letters of PDFs. They are embedded (only those used), so that the page prints the same on every machine.

BIZ UDPGothic (Morisawa, Open Font License) comes with the fonts of the pages (package.json). Where that folder is
missing, the reader's own Japanese font serves: fine on most desks, not on every phone or print server.
"""

import unicodedata
from functools import cache
from pathlib import Path

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path("node_modules/@expo-google-fonts/biz-udpgothic")
FILES = {"Report": "400Regular/BIZUDPGothic_400Regular.ttf", "Report-Bold": "700Bold/BIZUDPGothic_700Bold.ttf"}
READERS_OWN = "HeiseiKakuGo-W5"
SPACES, UNSEEN = ("Cc", "Zl", "Zp"), ("Cf", "Mn")  # categories of Unicode
UNKNOWN = "〓"  # the printer's mark for a letter that is not at hand


@cache
def regular() -> str:
    """The name of the font for text, registered."""
    return _registered("Report")


@cache
def bold() -> str:
    return _registered("Report-Bold")


def _registered(name: str) -> str:
    path = Path(settings.BASE_DIR) / FOLDER / FILES[name]
    font = TTFont(name, path) if path.is_file() else UnicodeCIDFont(READERS_OWN)
    pdfmetrics.registerFont(font)
    return str(font.fontName)


@cache
def _known() -> frozenset[int] | None:
    """The characters of the embedded font; None where the reader's own is used."""
    font = pdfmetrics.getFont(regular())
    return frozenset(font.face.charToGlyph) if isinstance(font, TTFont) else None


def printable(text: str) -> str:
    """Without control characters; what the font has no letter for becomes 〓."""
    known = _known()
    seen = (" " if unicodedata.category(one) in SPACES else one for one in unicodedata.normalize("NFC", text))
    kept = (one for one in seen if unicodedata.category(one) not in UNSEEN)
    return "".join(one if (ord(one) in known if known is not None else ord(one) < 0x10000) else UNKNOWN for one in kept)


def width(text: str, size: float, *, is_bold: bool = False) -> float:
    return pdfmetrics.stringWidth(text, bold() if is_bold else regular(), size)


def cut(text: str, most: float, size: float) -> str:
    """As much of the text as fits into so many points, with … where some is left out."""
    text = printable(text)
    if width(text, size) <= most:
        return text
    while text and width(f"{text}…", size) > most:
        text = text[:-1]
    return f"{text}…"
