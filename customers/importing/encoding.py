"""Which encoding a file is in: found by strict decoding of the whole file, or asked for; never guessed.

BOM → UTF-16 by its NULs → ISO-2022-JP by its escapes → strict UTF-8 → strict cp932 → strict euc_jp → one of these
but for a few lines → ask. Where a few lines do not fit, what does not becomes U+FFFD and those rows are rejected.
Memory stays at one block whatever the size of the file.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from . import eucjp  # registers the error handlers used below
from .evidence import Evidence, foreign_line

BLOCK = 1 << 19
CHOICES = ("utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be", "iso2022_jp", "cp1252")
MARK = eucjp.MARK
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = re.compile("[\0\ufffd]")
_NO_CP932 = re.compile("[\0\ufffd\x80\xa0\uf8f0-\uf8f3]")  # Python's codec passes five bytes no cp932 file holds
_CUTS = b"\t\n\r,;"
_FEW = 20  # one line in so many may not fit


class RefusedError(Exception):
    """A file is refused. The message is one sentence for the person who brought it."""


def detect(path: Path, chosen: str | None = None) -> str:
    """Return the name of the codec that reads the file, but for a few lines perhaps.

    `chosen` is what a person said; it is checked, not believed. Raises RefusedError when the file is not
    text, or when nothing fits or two encodings fit equally well.
    """
    head = _head(path)
    if chosen:
        return _checked(path, _codec_name(chosen))
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return _checked(path, marked or _refuse_utf32())
    if head.count(0) * 10 > len(head):
        return _wide(path, head)
    return _narrow(path)


def blocks(path: Path, encoding: str) -> Iterator[str]:
    """Yield the text in blocks of about half a million characters, every line end as a single \\n.

    What does not fit the encoding, and NUL, is U+FFFD.
    """
    for block in _decoded(path, encoding, "marked"):
        yield _unfit(encoding).sub(MARK, block) if _is_unfit(block, encoding) else block


def encoded(text: str, encoding: str) -> bytes:
    """A piece of a file in its encoding, without the mark of a beginning; what it cannot hold is ?."""
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    return text.encode(codec, errors="marked")


def _decoded(path: Path, codec: str, errors: str) -> Iterator[str]:
    with path.open(encoding=codec, errors=errors, newline=None) as text:
        while block := text.read(BLOCK):
            yield block


def _is_unfit(block: str, codec: str) -> bool:
    """Two plain searches cost a tenth of the pattern's."""
    return "\0" in block or MARK in block or (codec == "cp932" and bool(_NO_CP932.search(block)))


def _unfit(codec: str) -> re.Pattern:
    return _NO_CP932 if codec == "cp932" else _NO_TEXT


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(8192)
        empty = not head.strip() and not any(block.strip() for block in iter(lambda: file.read(BLOCK), b""))
    if empty:
        raise RefusedError(_("The file is empty."))
    if sentence := _other_format(head):
        raise RefusedError(sentence)
    return head


def _other_format(head: bytes) -> str:
    """Why these first bytes begin no text file: a sentence, or ''."""
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF-", b"7z\xbc\xaf", b"Rar!")):
        return _("This is a workbook or an archive, not a text file: save the sheet as CSV and bring that.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower().startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")):
        return _("This is a web page or XML, not a table: open it in a spreadsheet, save it as xlsx and bring that.")
    return ""


def _refuse_utf32() -> str:
    raise RefusedError(_("The file is in UTF-32: save it as UTF-8 and bring it again."))


def _codec_name(chosen: str) -> str:
    try:
        name = codecs.lookup(chosen).name.replace("-", "_")
    except LookupError:
        name = ""
    known = {codecs.lookup(choice).name.replace("-", "_"): choice for choice in CHOICES}
    known["shift_jis"] = "cp932"
    if name not in known:
        raise RefusedError(_("“%(name)s” is not an encoding this import can read.") % {"name": chosen})
    return known[name]


# --- does a codec fit? -------------------------------------------------------------------------


def _fits(path: Path, codec: str, look: Callable[[str], None] | None = None) -> bool:
    """Whether the codec reads every byte. `look` sees the blocks on the way."""
    try:
        for block in _decoded(path, codec, "exact"):
            if _is_unfit(block, codec):
                return False
            if look:
                look(block)
    except UnicodeError:
        return False
    return True


@dataclass
class _Survey:
    """How many lines of a file a codec reads, and how many it does not."""

    codec: str
    lines: int = 0
    bad: int = 0
    wide: int = 0  # lines beyond ASCII that fit
    first: int = 0
    is_nul: bool = False

    @property
    def has_few(self) -> bool:
        """Few enough lines do not fit, and those that do leave no doubt about the codec."""
        return self.bad * _FEW <= self.lines and (self.wide == 0 or self.wide >= 4 * self.bad)

    def sentence(self) -> str:
        if self.is_nul:
            return _("Line %(line)s holds a NUL character: this is not a text file.") % {"line": self.first}
        return _("The file is not in %(codec)s throughout: line %(line)s holds bytes that do not fit.") % {
            "codec": self.codec,
            "line": self.first,
        }


def _survey(path: Path, codec: str) -> _Survey:
    """Line by line; given up as soon as it is plain that the codec is another."""
    found, unfit = _Survey(codec), _unfit(codec)
    for block in _decoded(path, codec, "marked"):
        for line in block.split("\n"):
            found.lines += 1
            if unfit.search(line):
                found.bad += 1
                found.first = found.first or found.lines
                found.is_nul = found.is_nul or (found.bad == 1 and "\0" in line)
            else:
                found.wide += not line.isascii()
        found.lines -= 1  # the last piece goes on in the next block
        if found.bad > 1000 and not found.has_few:
            break
    found.lines += 1
    return found


def _checked(path: Path, codec: str) -> str:
    if not _fits(path, codec) and not (found := _survey(path, codec)).has_few:
        raise RefusedError(found.sentence())
    return _without_foreign_lines(path, codec)


def _without_foreign_lines(path: Path, codec: str) -> str:
    """cp932 passes whole lines of UTF-8 or EUC-JP as nonsense: such a file is in two encodings."""
    if codec == "cp932" and (line := foreign_line(path)):
        raise RefusedError(
            _("Line %(line)s is in another encoding than the rest: save the whole file as UTF-8.") % {"line": line}
        )
    return codec


# --- telling them apart ------------------------------------------------------------------------


def _wide(path: Path, head: bytes) -> str:
    """UTF-16 without a mark: the byte order under which more line ends and delimiters come out."""
    pairs = list(zip(head[0::2], head[1::2], strict=False))
    little = sum(1 for low, high in pairs if high == 0 and low in _CUTS)
    big = sum(1 for high, low in pairs if high == 0 and low in _CUTS)
    codec = "utf-16-le" if little > big else "utf-16-be"
    if _fits(path, codec) and "\n" in next(blocks(path, codec)):
        return codec
    raise RefusedError(_("The file holds NUL characters: this is not a text file."))


def _narrow(path: Path) -> str:
    if _has_escapes(path) and _fits(path, "iso2022_jp"):
        return "iso2022_jp"
    seen = Evidence()
    if _fits(path, "utf-8", seen.look):
        return _ask() if seen.may_be_half_width else "utf-8"
    exact = [codec for codec in ("cp932", "euc_jp") if _fits(path, codec)]
    if exact:
        return _without_foreign_lines(path, _japanese(path, exact))
    return _mostly(path)


def _has_escapes(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b"\x1b$" in block for block in iter(lambda: file.read(BLOCK), b""))


def _mostly(path: Path) -> str:
    """No codec reads every line: the one that reads all but a few."""
    surveys = [_survey(path, codec) for codec in ("utf-8", "cp932", "euc_jp")]
    if surveys[0].has_few:
        return "utf-8"
    fitting = [survey.codec for survey in surveys[1:] if survey.has_few and survey.wide]
    if fitting:
        return _without_foreign_lines(path, _japanese(path, fitting))
    if any(survey.is_nul for survey in surveys):
        raise RefusedError(surveys[0].sentence())
    best = min(surveys, key=lambda survey: survey.bad / survey.lines)
    raise RefusedError(
        _(
            "The encoding was not recognised (not UTF-8, CP932 or EUC-JP throughout; as %(codec)s line %(line)s"
            " does not fit): save the file as UTF-8."
        )
        % {"codec": best.codec, "line": best.first}
    )


def _japanese(path: Path, fitting: list[str]) -> str:
    """Which of cp932 and euc_jp it is, of those that fit; what the text does not tell is asked."""
    seen = {codec: _seen(path, codec) for codec in fitting}
    if any(seen[codec].looks_western for codec in fitting):
        raise RefusedError(
            _("The encoding was not recognised; it may be a Western one: save the file as UTF-8, or say which it is.")
        )
    if "cp932" in fitting and seen["cp932"].half_width < 0.4:
        return "cp932"
    seen |= {codec: _seen(path, codec) for codec in ("cp932", "euc_jp") if codec not in seen}  # slow where few fit
    is_euc = seen["euc_jp"].kana > 0.15
    if fitting == ["euc_jp"]:
        return "euc_jp" if is_euc or seen["cp932"].half_width < 0.95 else _ask()
    if fitting == ["cp932"]:
        return _ask() if is_euc and _survey(path, "euc_jp").has_few else "cp932"
    return "euc_jp" if is_euc else _ask()


def _seen(path: Path, codec: str) -> Evidence:
    seen = Evidence()
    for block in blocks(path, codec):
        seen.look(block)
        if seen.is_enough:
            break
    return seen


def _ask() -> str:
    raise RefusedError(
        _("The encoding is either CP932 or EUC-JP and the text does not tell which: say which one it is.")
    )
