"""Parts of an office archive as streams of XML events. No DOCTYPE, no entities of its own, no endless token."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.parsers import expat

from django.utils.translation import gettext as _

from .encoding import RefusedError

_BLOCK = 1 << 16
_LONGEST_TOKEN = 1_000_000
_LONGEST_TEXT = 1_000_000
MOST_SMALL = 20_000_000

Attributes = dict[str, str]
# What zipfile raises, and the XML reader with it, where an archive's bytes are not what its directory says.
BROKEN = (
    *(expat.ExpatError, zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, OSError, OverflowError, ValueError),
)


def damaged() -> RefusedError:
    """What to raise where the XML is not what a spreadsheet writes."""
    return RefusedError(_("The workbook is damaged: open it in a spreadsheet, save it anew and bring that."))


def too_large() -> RefusedError:
    """What to raise where a workbook holds more than memory should."""
    return RefusedError(_("The workbook unpacks to more than can be read: save the sheet as CSV and bring that."))


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, Attributes]]:
    """(local name, attributes) of every element of a small part, in order; a closing one as ('/name', {})."""
    found: list[tuple[str, Attributes]] = []
    if _info(archive, part).file_size > MOST_SMALL:
        raise damaged()
    for _block in stream(
        archive,
        part,
        start=lambda name, attributes: found.append((local(name), attributes)),
        end=lambda name: found.append(("/" + local(name), {})),
    ):
        yield from found
        found.clear()


def stream(
    archive: zipfile.ZipFile,
    part: str,
    *,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: list[str] | None = None,
) -> Iterator[None]:
    """Feed a part to the handlers, a block at each step; its characters are appended to `text`. Raises RefusedError."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if text is not None:
        parser.CharacterDataHandler = text.append
    fed = 0
    try:
        with archive.open(_info(archive, part)) as file:
            while block := file.read(_BLOCK):
                parser.Parse(block)
                fed += len(block)
                if fed - parser.CurrentByteIndex > _LONGEST_TOKEN or sum(map(len, text or ())) > _LONGEST_TEXT:
                    raise damaged()
                yield
        parser.Parse(b"", True)
        yield
    except BROKEN:
        raise damaged() from None


def _info(archive: zipfile.ZipFile, part: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(part)
    except KeyError:
        raise damaged() from None


def _refuse_doctype(*_args) -> None:
    raise RefusedError(_("The workbook holds XML no spreadsheet writes (a document type); it was not read."))
