"""The rows that stayed out, as a file in the encoding and with the columns of the one they came from."""

import csv
import io
import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from common import exports

from ..models import Import, ImportReject
from . import encoding, reading, staging
from .columns import REJECTS_HEADER
from .reasons import SENTENCES
from .sheets import IN_CELL_NEWLINE

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = "=+-@＝＋－＠"
_NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")


def sentence(code: str) -> str:
    """The code's sentence in the reader's language."""
    return force_str(SENTENCES.get(code, code))


def lines(imported: Import) -> Iterator[bytes]:
    """The rejects file piece by piece: original cells, then 理由 (code: sentence) and the line in the original.

    It is what the original was: a workbook with a sheet of texts, or a text file with its delimiter and encoding.
    An original of plain ASCII becomes UTF-8 with a mark, so that a spreadsheet shows the reasons.
    """
    layout = _layout(imported)
    sentences = {code: sentence(code) for code in SENTENCES}  # now, in the language of whoever asks
    rows = _rows(imported, len(layout.header), sentences)
    head = [[*layout.header, *REJECTS_HEADER]] if layout.header_row is not None else []
    if layout.sheet:
        return _workbook(layout.sheet, head, rows)
    return _text(_codec(imported, layout), layout.delimiter, head, rows)


def is_workbook(imported: Import) -> bool:
    """Whether the rejects come as a workbook."""
    return bool(_layout(imported).sheet)


def content_type(imported: Import) -> str:
    """The media type of the rejects file."""
    return XLSX if is_workbook(imported) else "text/csv"


def title(imported: Import) -> str:
    """The file's name for the download; its ending says what it is, whatever the original was called."""
    name = Path(imported.file_name)
    if is_workbook(imported):
        return f"{_('rejected')}_{name.stem}.xlsx"
    suffix = ".csv" if name.suffix.lower().startswith(".xls") else name.suffix
    return f"{_('rejected')}_{name.stem}{suffix}"


def _layout(imported: Import) -> reading.Layout:
    return reading.layout_of(staging.path_of(imported), imported.kind, imported.mapping)


def _rows(imported: Import, width: int, sentences: dict[str, str]) -> Iterator[list[str]]:
    found = ImportReject.objects.filter(imported=imported).exclude(code="superseded").order_by("line")
    for reject in found.iterator(chunk_size=1000):
        where = f" ({reject.column})" if reject.column else ""
        reason = f"{reject.code}: {sentences.get(reject.code, reject.code)}{where}"
        yield [*(reject.cells + [""] * (width - len(reject.cells))), reason, str(reject.line)]


def _codec(imported: Import, layout: reading.Layout) -> str:
    if layout.encoding != "utf-8":
        return layout.encoding
    is_ascii = all(block.isascii() for block in encoding.blocks(staging.path_of(imported), "utf-8"))
    return "utf-8-sig" if is_ascii else "utf-8"


def _text(codec: str, delimiter: str, head: list[list[str]], rows: Iterator[list[str]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    yield "".encode(codec)  # the mark of a beginning, where the encoding has one
    for cells in itertools.chain(head, rows):
        writer.writerow(map(harmless, cells))
        yield encoding.encoded(_taken(out), codec)


def harmless(cell: str) -> str:
    """A cell a spreadsheet would run as a formula gets a quote in front, which our own import takes away again."""
    text = cell.lstrip()
    is_number = text[1:].replace(",", "").replace(".", "").isdigit() and text[:1] in "+-"
    return "'" + text if len(text) > 1 and text[0] in _FORMULA and not is_number else cell


def _workbook(sheet: str, head: list[list[str]], rows: Iterator[list[str]]) -> Iterator[bytes]:
    """Every cell a text, and shown as one: zeros stay, and nothing is a formula, also after it was edited."""
    with (
        exports.streamed_book(_NOT_IN_TITLE.sub("_", sheet)[:31] or "1") as (book, page),
        tempfile.TemporaryFile() as file,
    ):
        for cells in itertools.chain(head, rows):
            page.append([_text_cell(page, text.replace(IN_CELL_NEWLINE, "\n")) for text in cells])
        book.save(file)
        file.seek(0)
        yield from iter(lambda: file.read(1 << 16), b"")


def _text_cell(page, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub(" ", text))
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = True
    return cell


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def summary(imported: Import) -> list[tuple[str, str, int]]:
    """(code, sentence, how many) of the rejects, most first."""
    from django.db.models import Count

    counted = ImportReject.objects.filter(imported=imported).values_list("code").annotate(many=Count("id"))
    return [(code, sentence(code), many) for code, many in counted.order_by("-many", "code")]
