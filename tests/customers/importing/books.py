"""Workbooks written by hand, for what no library writes."""

import zipfile
from pathlib import Path

from customers.importing import reading

_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'


def book(path: Path, *sheets: str, strings: str = "", styles: str = "", names=(), states=(), after="", **parts) -> Path:
    """Write a workbook; `sheets` are the insides of <sheetData>, `after` what stands behind the first one's."""
    names = list(names) or [f"S{n}" for n in range(1, len(sheets) + 1)]
    states = list(states) or ["visible"] * len(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="r{n}"/>'
        for n, (name, state) in enumerate(zip(names, states, strict=True), 1)
    )
    rels = "".join(_related(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1))
    rels += _related("rs", "sharedStrings", "sharedStrings.xml") if strings else ""
    rels += _related("rt", "styles", "styles.xml") if styles else ""
    files = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations(_related("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {_NS} xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(rels),
    }
    files |= {"xl/sharedStrings.xml": f"<sst {_NS}>{strings}</sst>"} if strings else {}
    files |= {"xl/styles.xml": f"<styleSheet {_NS}>{styles}</styleSheet>"} if styles else {}
    for n, rows in enumerate(sheets, 1):
        rest = after if n == 1 else ""
        files[f"xl/worksheets/sheet{n}.xml"] = f"<worksheet {_NS}><sheetData>{rows}</sheetData>{rest}</worksheet>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (files | parts.get("replaced", {})).items():
            if data is not None:
                archive.writestr(name, data)
    return path


def row(number: int, *cells: str) -> str:
    """A row of plain texts."""
    inside = "".join(f'<c r="{chr(65 + i)}{number}" t="str"><v>{cell}</v></c>' for i, cell in enumerate(cells) if cell)
    return f'<row r="{number}">{inside}</row>'


def _relations(inside: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _related(number: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{number}" Type="{_REL}/{kind}" Target="{target}"/>'


def read(path: Path, kind: str = "customers", **given):
    """Layout, {line: cells} of the rows that fit, {line: (cells, code)} of those that do not."""
    layout = reading.layout_of(path, kind, given)
    rows, odd = {}, {}
    for chunk in reading.chunks(path, layout):
        rows |= dict(zip(chunk.lines.tolist(), chunk.table.to_numpy().tolist(), strict=True))
        odd |= {each.line: (each.cells, each.code) for each in chunk.odd}
    return layout, rows, odd
