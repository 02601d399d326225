"""An .xlsx file → the text of one sheet beside it (UTF-8, comma, one line a row), which is then read like any CSV.

What a file is, its content says, not its name. A workbook comes from outside: the archive is checked before
anything is unpacked, no part is unpacked to disk, XML with a DOCTYPE is refused, and memory stays flat.
"""

import csv
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from . import sheets, xml_parts
from .encoding import RefusedError
from .number_formats import Formats
from .rows import MOST_COLUMNS

ENCODING, DELIMITER = "utf-8", ","
MOST_ENTRIES = 5_000
MOST_UNPACKED = 2_000_000_000
MOST_STRINGS = 300_000_000
LARGEST_RATIO = 250
_SMALL = 50_000_000
_SUFFIX = ".sheet"
_WIDTH_FROM = 200  # rows that say how many cells every row gets
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str
    is_visible: bool
    number: int


@dataclass(frozen=True)
class _Book:
    sheets: list[_Sheet]
    strings: str
    styles: str
    is_1904: bool

    @property
    def visible(self) -> tuple[str, ...]:
        return tuple(sheet.name for sheet in self.sheets if sheet.is_visible)


def is_workbook(path: Path) -> bool:
    """Whether the content is a workbook this import can read. Raises RefusedError for those it cannot."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_OLE):
        raise RefusedError(_refusal_of_ole(path))
    if not head.startswith(_ZIP):
        return False
    with _opened(path) as archive:
        _refuse_others(set(archive.namelist()))
    return True


def chosen_sheet(path: Path, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """The sheet to read (given, else the first visible one that holds something) and the names of the visible ones."""
    with _opened(path) as archive:
        book = _book(archive)
    if wanted:
        if wanted not in {sheet.name for sheet in book.sheets}:
            raise RefusedError(_("The workbook has no sheet “%(name)s”.") % {"name": wanted})
        return wanted, book.visible
    for name in book.visible:
        if text_of(path, name).stat().st_size:
            return name, book.visible
    raise RefusedError(_("No visible sheet of the workbook holds anything."))


def text_of(path: Path, sheet: str) -> Path:
    """The file with the text of a sheet; made once and kept beside the workbook."""
    with _opened(path) as archive:
        book = _book(archive)
        found = next(each for each in book.sheets if each.name == sheet)
        text = path.with_name(f"{path.name}.{found.number}{_SUFFIX}")
        if not text.exists() or text.stat().st_mtime_ns < path.stat().st_mtime_ns:
            _remove_orphans(path.parent)
            _convert(archive, book, found, text)
    return text


def forget(path: Path) -> None:
    """Remove the texts made of a workbook."""
    for text in path.parent.glob(f"{path.name}.*{_SUFFIX}*"):
        text.unlink(missing_ok=True)


def _remove_orphans(folder: Path) -> None:
    """Texts whose workbook is gone: a draft that was dropped."""
    for text in folder.glob(f"*{_SUFFIX}*"):
        if not (folder / text.name.partition(_SUFFIX)[0]).with_suffix("").exists():
            text.unlink(missing_ok=True)


# --- what the archive is -----------------------------------------------------------------------


def _refusal_of_ole(path: Path) -> str:
    with path.open("rb") as file:
        rest = b""
        while block := file.read(1 << 20):
            if _ENCRYPTED in rest + block:
                return _("The workbook is protected with a password: remove it, save, and bring it again.")
            rest = block[-len(_ENCRYPTED) :]
    return _("This is an old workbook (.xls) or another program's file: save it as xlsx or CSV and bring that.")


def _opened(path: Path) -> zipfile.ZipFile:
    """The archive, after its directory was found harmless."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise
    except xml_parts.BROKEN:
        raise xml_parts.damaged() from None
    try:
        _check(archive.infolist(), path.stat().st_size)
    except RefusedError:
        archive.close()
        raise
    return archive


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    packed, unpacked = sum(e.compress_size for e in entries), sum(e.file_size for e in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or packed > size or any(map(_is_bomb, entries)):
        raise xml_parts.too_large()
    if any(map(_is_odd, entries)):
        raise RefusedError(_("The archive holds entries no workbook has; it was not opened."))
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError(_("The workbook is protected with a password: remove it, save, and bring it again."))


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    is_strings = entry.filename.lower().endswith("sharedstrings.xml")
    return (entry.file_size > _SMALL and entry.file_size > LARGEST_RATIO * entry.compress_size) or (
        is_strings and entry.file_size > MOST_STRINGS
    )


def _is_odd(entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    is_packed_oddly = entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    return is_packed_oddly or is_link or name.is_absolute() or ".." in name.parts or ":" in entry.filename


def _refuse_others(names: set[str]) -> None:
    if any(name.startswith("xl/workbook") and name.endswith(".bin") for name in names):
        raise RefusedError(_("This is a binary workbook (.xlsb): save it as xlsx or CSV and bring that."))
    if "content.xml" in names:
        raise RefusedError(_("This is an OpenDocument file (.ods): save it as xlsx or CSV and bring that."))
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise RefusedError(_("This is an archive, not a table: unpack it and bring the file inside."))


# --- what the workbook holds -------------------------------------------------------------------


def _book(archive: zipfile.ZipFile) -> _Book:
    main = _related(archive, "_rels/.rels", "").get("officeDocument", ["xl/workbook.xml"])[0]
    folder, name = main.rpartition("/")[0], main.rpartition("/")[2]
    rels = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    related = _related(archive, rels, folder)
    by_id = {key: part for key, part in _targets(archive, rels, folder) if part in related.get("worksheet", ())}
    found: list[_Sheet] = []
    is_1904 = False
    for element, attributes in xml_parts.elements(archive, main):
        if element == "workbookPr":
            is_1904 = attributes.get("date1904") in {"1", "true"}
        if element == "sheet" and (part := by_id.get(_relation(attributes))):
            found.append(
                _Sheet(
                    attributes.get("name", ""),
                    part,
                    "state" not in attributes or attributes["state"] == "visible",
                    len(found) + 1,
                )
            )
    first = {kind: parts[0] for kind, parts in related.items()}
    return _Book(found, first.get("sharedStrings", ""), first.get("styles", ""), is_1904)


def _relation(attributes: dict[str, str]) -> str:
    return next((value for name, value in attributes.items() if name.endswith(":id")), "")


def _related(archive: zipfile.ZipFile, rels: str, folder: str) -> dict[str, list[str]]:
    """The parts a part refers to, by the last word of their type."""
    found: dict[str, list[str]] = {}
    for _element, attributes in _relationships(archive, rels):
        kind = attributes.get("Type", "").rpartition("/")[2]
        found.setdefault(kind, []).append(_path(folder, attributes.get("Target", "")))
    return found


def _targets(archive: zipfile.ZipFile, rels: str, folder: str) -> Iterator[tuple[str, str]]:
    for _element, attributes in _relationships(archive, rels):
        yield attributes.get("Id", ""), _path(folder, attributes.get("Target", ""))


def _relationships(archive: zipfile.ZipFile, rels: str) -> list[tuple[str, dict[str, str]]]:
    if rels not in archive.namelist():
        return []
    found = (each for each in xml_parts.elements(archive, rels) if each[0] == "Relationship")
    return list(islice(found, MOST_ENTRIES))


def _path(folder: str, target: str) -> str:
    parts: list[str] = [] if target.startswith("/") else [part for part in folder.split("/") if part]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


# --- the text of a sheet -----------------------------------------------------------------------


def _convert(archive: zipfile.ZipFile, book: _Book, sheet: _Sheet, text: Path) -> None:
    """Write the text; whole or not at all."""
    formats = Formats(xml_parts.elements(archive, book.styles) if book.styles else (), is_1904=book.is_1904)
    strings = sheets.Strings(archive, book.strings)
    handle, name = tempfile.mkstemp(dir=text.parent, prefix=text.name, suffix=".part")
    try:
        with open(handle, "w", encoding=ENCODING, newline="") as file:
            _write(file, sheets.rows(archive, sheet.part, strings, formats))
        Path(name).replace(text)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(file, rows: Iterator[tuple[int, list[str]]]) -> None:
    """A line for every row up to the last that holds something, all as wide as the widest of the first ones."""
    writer = csv.writer(file, lineterminator="\n")
    first = list(islice(rows, _WIDTH_FROM))
    width = max((len(cells) for _number, cells in first), default=0)
    at = 1
    for source in (first, rows):
        for number, cells in source:
            if len(cells) > MOST_COLUMNS:
                raise RefusedError(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
            file.write("\n" * (number - at))
            writer.writerow(cells + [""] * (width - len(cells)))
            at = number + 1
