"""The report as a workbook: a first sheet in words, then a sheet per section with its figures and native charts.

On a sheet tables stand side by side, so that their heads are in one row, which stays when one scrolls; charts below.
"""

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from common import exports
from common.templatetags.crm import day

from .drawing import COLORS
from .pdf import DARK_FROM, HEAT
from .shape import Cell, Chart, Column, Report, Section, Series, Table

FORMATS = {
    "money": '"¥"#,##0;[Red]"−¥"#,##0',
    "percent": "0.0%",
    "people": "#,##0;[Red]−#,##0",
    "change": "+#,##0;[Red]−#,##0;±0",
    "day": "yyyy/mm/dd",
    "text": "@",
}
TITLE_ROW, HEAD_ROW = 2, 3
NARROW, WIDE, WORDS = 9, 44, 70  # characters
CHART_WIDE, CHART_HIGH = 24.0, 9.0  # centimetres
ROWS_OF_CHART = 19
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
THIN = Side(style="thin", color="FFC9D0D9")
HEAD = PatternFill("solid", fgColor="FFE7EEF0")


def render(report: Report) -> bytes:
    """The file. The language that is active is that of its fixed words."""
    book = Workbook()
    book.properties.title, book.properties.creator = (
        exports.sheet_text(report.title),
        exports.sheet_text(report.company),
    )
    book.properties.language = report.language
    _first(book, report)
    for section in report.sections:
        if section.tables or section.charts or section.figures:
            _sheet(book, report, section)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _put(sheet: Any, row: int, column: int, value: Cell, unit: str = "text") -> Any:
    """Figures and days as such, everything else as text that is no formula. Percentages become fractions."""
    cell = sheet.cell(row, column)
    cell.number_format = FORMATS[unit]
    if isinstance(value, str):
        cell.value = exports.sheet_text(value)
        cell.data_type = "s"
    elif value is not None:
        cell.value = float(value) / 100 if unit == "percent" else value  # type: ignore[arg-type]
    return cell


def _first(book: Workbook, report: Report) -> None:
    """What it is, how fresh, what happened, and what every figure means."""
    sheet = book.active
    sheet.title = _title(book, report.summary.title)
    _put(sheet, 1, 1, report.title).font = Font(bold=True, size=16)
    facts = [
        (_("Company"), report.company),
        (_("As of"), day(report.as_of)),
        (_("State"), report.state),
        (_("Amounts"), report.basis),
    ]
    for at, (name, value) in enumerate(facts, 3):
        _put(sheet, at, 1, name).font = Font(bold=True)
        _put(sheet, at, 2, value)
    row = 8
    for sentence in [*report.summary.sentences, *([report.summary.empty] if report.summary.empty else [])]:
        _put(sheet, row, 1, sentence)
        row += 1
    for table in (_figures(report.summary), report.sections[-1].tables[0]):
        if table.rows:
            row = _table(sheet, table, row + 2, 1)
    for letter, wide in zip("ABCDE", (30, WORDS, WORDS, 20, 20), strict=True):
        sheet.column_dimensions[letter].width = wide
    sheet.sheet_view.showGridLines = False
    _page(sheet, report)


def _figures(section: Section) -> Table:
    """The single figures of a section as a table of texts: each has a unit of its own."""
    columns = (Column(pgettext("report", "Figure")), Column(_("Value")), Column(_("Changes")), Column(_("Remarks")))
    rows = tuple((one.name, one.written, one.changes, one.note) for one in section.figures)
    return Table(f"{section.key}-figures", pgettext("report", "Figures"), columns, rows)


def _sheet(book: Workbook, report: Report, section: Section) -> None:
    if section.key in ("summary", "notes"):
        return
    sheet = book.create_sheet(_title(book, section.title))
    _put(sheet, 1, 1, f"{section.title} · {report.month} · {_('As of')} {day(report.as_of)}").font = Font(
        bold=True, size=13
    )
    tables = [*section.tables, *(_of(chart) for chart in section.charts)]
    if section.figures:
        tables.insert(0, _figures(section))
    places, column, lowest = {}, 1, HEAD_ROW
    for table in tables:
        places[table.key] = column
        lowest = max(lowest, _table(sheet, table, TITLE_ROW, column))
        _widths(sheet, table, column)
        column += len(table.columns) + 1
    for number, chart in enumerate(section.charts):
        made = _chart(sheet, chart, places[_of(chart).key])
        sheet.add_chart(made, f"A{lowest + 2 + number * ROWS_OF_CHART}")
    sheet.freeze_panes = f"B{HEAD_ROW + 1}"
    _page(sheet, report)


def _of(chart: Chart) -> Table:
    """The figures of a chart, under a key that no table has."""
    return replace(chart.table, key=f"chart-{chart.key}")


def _table(sheet: Any, table: Table, row: int, column: int) -> int:
    """Title, head and rows with their upper left corner there; returns the row behind the last."""
    note = f" ({table.note})" if table.note else ""
    _put(sheet, row, column, table.title + note).font = Font(bold=True)
    for place, one in enumerate(table.columns):
        cell = _put(sheet, row + 1, column + place, one.name)
        cell.font, cell.fill, cell.border = Font(bold=True), HEAD, Border(bottom=Side(style="medium", color="FF55606F"))
        cell.alignment = Alignment(horizontal="right" if one.is_figure else "left", vertical="center", wrap_text=True)
    for at, line in enumerate(table.rows):
        for place, value in enumerate(line):
            _cell(sheet, table, at, place, value, row + 2 + at, column + place)
    return row + 2 + len(table.rows)


def _cell(sheet: Any, table: Table, at: int, place: int, value: Cell, row: int, column: int) -> None:
    cell = _put(sheet, row, column, value, table.columns[place].unit)
    cell.border = Border(bottom=THIN)
    cell.alignment = Alignment(vertical="top", wrap_text=not table.columns[place].is_figure)
    if table.is_sum(at):
        cell.font = Font(bold=True)
    shade = table.shade(at, place)
    if shade is not None:
        cell.fill = PatternFill("solid", fgColor=f"FF{HEAT[shade][1:].upper()}")
        cell.font = Font(color="FFFFFFFF" if shade >= DARK_FROM else "FF1F2A3A", italic=(at, place) in table.open_cells)


def _widths(sheet: Any, table: Table, column: int) -> None:
    for place in range(len(table.columns)):
        texts = [table.columns[place].name, *(line[place] for line in table.written)]
        longest = max(_letters(text) for text in texts) + 3
        sheet.column_dimensions[get_column_letter(column + place)].width = min(max(longest, NARROW), WIDE)
    sheet.column_dimensions[get_column_letter(column + len(table.columns))].width = 3


def _letters(text: str) -> int:
    """Japanese letters are as wide as two."""
    return sum(1 if ord(one) < 0x1100 else 2 for one in text)


def _chart(sheet: Any, chart: Chart, column: int) -> Any:
    """A native chart over the cells of its table."""
    made: Any = LineChart() if chart.kind == "line" else BarChart()
    if chart.kind == "bar":
        made.type = "bar" if chart.is_across else "col"
        if chart.is_stacked:
            made.grouping, made.overlap = "stacked", 100
    last = HEAD_ROW + len(chart.names)
    data = Reference(sheet, min_col=column + 1, max_col=column + len(chart.series), min_row=HEAD_ROW, max_row=last)
    made.add_data(data, titles_from_data=True)
    made.set_categories(Reference(sheet, min_col=column, min_row=HEAD_ROW + 1, max_row=last))
    made.title, made.width, made.height = exports.sheet_text(chart.title), CHART_WIDE, CHART_HIGH
    made.y_axis.number_format, made.y_axis.delete, made.x_axis.delete = FORMATS[chart.unit], False, False
    made.x_axis.tickLblPos = "low"
    if chart.is_across:
        made.x_axis.scaling.orientation = "maxMin"
    if len(chart.series) == 1:
        made.legend = None
    else:
        made.legend.position = "b"
    for drawn, one in zip(made.series, chart.series, strict=True):
        _paint(drawn, one, chart)
    return made


def _paint(drawn: Any, one: Series, chart: Chart) -> None:
    color = COLORS[one.look].hexval()[2:].upper()
    if chart.kind == "line":
        drawn.graphicalProperties.line.solidFill, drawn.graphicalProperties.line.width = color, 22_000
        drawn.graphicalProperties.line.dashStyle = "sysDot" if one.look == "target" else None
        drawn.smooth = False
    else:
        drawn.graphicalProperties = GraphicalProperties(solidFill=color)


def _title(book: Workbook, words: str) -> str:
    """A name a sheet may have: at most 31 letters, none of the forbidden, not there yet."""
    bare = FORBIDDEN.sub(" ", words).strip("' ")[:31] or "-"
    taken = {name.casefold() for name in book.sheetnames}
    return bare if bare.casefold() not in taken else f"{bare[:28]} {len(taken)}"


def _page(sheet: Any, report: Report) -> None:
    """A4, as wide as the page, with the state at its foot."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.left.text = f"{report.company.replace('&', '&&')} · {report.month}"
    sheet.oddFooter.right.text = "&P / &N"
