"""Which encoding a file is in: found by strict decoding of the whole file, or asked for; never guessed.

BOM → UTF-16 by its NULs → ISO-2022-JP by its escapes → strict UTF-8 → strict cp932 → strict euc_jp → ask.
Memory stays at one block whatever the size of the file.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

BLOCK = 1 << 19
CHOICES = ("utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be", "iso2022_jp")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_KANA = re.compile("[ぁ-んァ-ヶー]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_NOT_IN_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")  # Python's codec passes five bytes no cp932 file holds
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class RefusedError(Exception):
    """A file is refused. The message is one sentence for the person who brought it."""


def detect(path: Path, chosen: str | None = None) -> str:
    """Return the name of the codec that reads the whole file strictly.

    `chosen` is what a person said; it is checked, not believed. Raises RefusedError when the file is not
    text, or when nothing fits or two encodings fit equally well.
    """
    head = _head(path)
    if chosen:
        return _checked(path, _codec_name(chosen))
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return _checked(path, marked or _refuse_utf32())
    if b"\0" in head:
        return _wide(path, head)
    return _narrow(path)


def blocks(path: Path, encoding: str) -> Iterator[str]:
    """Yield the text in blocks of about half a million characters, every line end as a single \\n."""
    with path.open(encoding=encoding, errors="strict", newline=None) as text:
        while block := text.read(BLOCK):
            yield block


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(8192)
    if not head.strip():
        raise RefusedError(_("The file is empty."))
    if head.startswith(_WORKBOOKS):
        raise RefusedError(
            _("This is a workbook or an archive, not a text file: save the sheet as CSV and bring that.")
        )
    return head


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


def _checked(path: Path, codec: str) -> str:
    problem = _first_problem(path, codec)
    if problem:
        raise RefusedError(problem)
    return codec


def _first_problem(path: Path, codec: str) -> str:
    """Why the whole file cannot be read with this codec: a sentence, or ''."""
    line = 1
    try:
        for block in blocks(path, codec):
            if "\0" in block:
                at = line + block[: block.index("\0")].count("\n")
                return _("Line %(line)s holds a NUL character: this is not a text file.") % {"line": at}
            if codec == "cp932" and _NOT_IN_CP932.search(block):
                raise UnicodeError
            line += block.count("\n")
    except UnicodeError:
        return _("The file is not in %(codec)s: after line %(line)s there are bytes that do not fit.") % {
            "codec": codec,
            "line": line,
        }
    return ""


def _wide(path: Path, head: bytes) -> str:
    """UTF-16 without a mark: most NULs stand at even places, or at odd ones, and there are line ends."""
    even = sum(1 for byte in head[0::2] if byte == 0)
    codec = "utf-16-be" if 2 * even > head.count(0) else "utf-16-le"
    if not _first_problem(path, codec) and "\n" in next(blocks(path, codec)):
        return codec
    raise RefusedError(_("The file holds NUL characters: this is not a text file."))


def _narrow(path: Path) -> str:
    if _has_escapes(path) and not _first_problem(path, "iso2022_jp"):
        return "iso2022_jp"
    problem = _first_problem(path, "utf-8")
    if not problem:
        return "utf-8"
    if "NUL" in problem:
        raise RefusedError(problem)
    return _japanese(path)


def _has_escapes(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b"\x1b$" in block for block in iter(lambda: file.read(BLOCK), b""))


def _japanese(path: Path) -> str:
    """cp932 or euc_jp. A file that both can read is told apart by its kana, else asked about."""
    fitting = [codec for codec in ("cp932", "euc_jp") if not _first_problem(path, codec)]
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) == 2:
        return _by_kana(path)
    raise RefusedError(
        _("The encoding was not recognised (not UTF-8, CP932 or EUC-JP throughout): save the file as UTF-8.")
    )


def _by_kana(path: Path) -> str:
    """EUC-JP read as cp932 is a row of half-width kana; half-width kana read as EUC-JP is kanji without kana."""
    as_cp932 = _NOT_ASCII.findall(next(blocks(path, "cp932")))
    as_euc = _NOT_ASCII.findall(next(blocks(path, "euc_jp")))
    half_width = sum(1 for c in as_cp932 if _HALF_WIDTH.match(c)) / max(1, len(as_cp932))
    kana = sum(1 for c in as_euc if _KANA.match(c)) / max(1, len(as_euc))
    if half_width < 0.4:
        return "cp932"
    if kana > 0.15:
        return "euc_jp"
    raise RefusedError(
        _("The encoding is either CP932 or EUC-JP and the text does not tell which: say which one it is.")
    )
