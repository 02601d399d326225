"""The rows that stayed out, as a file in the encoding and with the columns of the one they came from."""

import csv
import io
from collections.abc import Iterator

from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from ..models import Import, ImportReject
from . import reading, staging
from .columns import REJECTS_HEADER
from .reasons import SENTENCES


def sentence(code: str) -> str:
    """The code's sentence in the reader's language."""
    return force_str(SENTENCES.get(code, code))


def lines(imported: Import) -> Iterator[bytes]:
    """The rejects file piece by piece: original cells, then 理由 (code: sentence) and the line in the original."""
    layout = reading.layout_of(staging.path_of(imported), imported.kind, imported.mapping)
    codec = layout.encoding
    out = io.StringIO()
    writer = csv.writer(out, delimiter=layout.delimiter)
    width = len(layout.header)
    if layout.header_row is not None:
        writer.writerow([*layout.header, *REJECTS_HEADER])
    yield _taken(out).encode(codec)
    rows = ImportReject.objects.filter(imported=imported).exclude(code="superseded").order_by("line")
    for reject in rows.iterator(chunk_size=1000):
        cells = (reject.cells + [""] * width)[: max(width, len(reject.cells))]
        writer.writerow([*map(_harmless, cells), _reason(reject), reject.line])
        yield _encoded(_taken(out), codec)


def _reason(reject: ImportReject) -> str:
    where = f" ({reject.column})" if reject.column else ""
    return f"{reject.code}: {sentence(reject.code)}{where}"


def _harmless(cell: str) -> str:
    """A cell a spreadsheet would run as a formula gets a quote in front, which our own import takes away again."""
    is_formula = cell[:1] in {"=", "@"} or (
        cell[:1] in {"+", "-"} and not cell[1:].replace(",", "").replace(".", "").isdigit()
    )
    return "'" + cell if is_formula and len(cell) > 1 else cell


def _encoded(text: str, codec: str) -> bytes:
    """Without the mark a codec would put before every piece; what it cannot hold (of our sentence) as ?."""
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(codec, codec)
    return text.encode(codec, errors="replace")


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


def title(imported: Import) -> str:
    """The file's name for the download."""
    return _("rejected") + "_" + imported.file_name
