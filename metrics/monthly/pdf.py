"""The report on A4: title and state, sentences, figures, charts as vectors, tables that repeat their heads."""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from common.templatetags.crm import day

from . import drawing
from .fonts import bold, cut, printable, regular, width
from .shape import Chart, Column, Figure, Report, Section, Table

INK, TEXT, QUIET, LINE = HexColor("#10182a"), HexColor("#1f2a3a"), HexColor("#55606f"), HexColor("#c9d0d9")
SOFT, ACCENT = HexColor("#f2f5f7"), HexColor("#0f766e")
LOOKS = {"good": HexColor("#15803d"), "bad": HexColor("#b42318"), "flat": QUIET}
HEAT = ["#f1f5f7", "#e2edec", "#d2e4e2", "#c0dad7", "#abcfcb", "#92c2bd", "#2a7d78", "#1f7772", "#136963", "#0b5a55"]
DARK_FROM = 6  # from this step of the heat map on letters are white
MARGIN, TOP, BOTTOM = 16 * mm, 22 * mm, 18 * mm
WIDE = A4[0] - 2 * MARGIN
SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)  # of a table's letters, the first that fits
PAD = 3.0
NARROWEST = 58.0  # of a column of texts
ACROSS = 3  # figures side by side


def render(report: Report) -> bytes:
    """The file. The language that is active is that of its fixed words."""
    file = BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=A4,
        title=printable(report.title),
        author=printable(report.company),
        subject=report.state,
        creator="Modoru",
        lang=report.language,
        initialFontName=regular(),
    )
    frame = Frame(MARGIN, BOTTOM, WIDE, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("month", [frame])])
    document.build(_story(report), canvasmaker=lambda *args, **named: _Pages(report, *args, **named))
    return file.getvalue()


class _Pages(Canvas):
    """Writes head and foot of every page once their number is known."""

    def __init__(self, report: Report, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._report = report
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  reportlab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, 1):
            self.__dict__.update(page)
            self._frame(number, len(self._kept))
            Canvas.showPage(self)
        Canvas.save(self)

    def _frame(self, number: int, count: int) -> None:
        report, high = self._report, A4[1]
        self.setStrokeColor(LINE)
        self.setLineWidth(0.5)
        self.line(MARGIN, BOTTOM - 5 * mm, A4[0] - MARGIN, BOTTOM - 5 * mm)
        self.setFillColor(QUIET)
        self.setFont(regular(), 7.5)
        if number > 1:
            self.line(MARGIN, high - TOP + 4 * mm, A4[0] - MARGIN, high - TOP + 4 * mm)
            self.drawString(MARGIN, high - TOP + 6 * mm, cut(report.company, WIDE * 0.55, 7.5))
            self.drawRightString(A4[0] - MARGIN, high - TOP + 6 * mm, printable(report.title))
        self.drawString(MARGIN, BOTTOM - 9.5 * mm, cut(_foot(report), WIDE * 0.85, 7.5))
        self.drawRightString(A4[0] - MARGIN, BOTTOM - 9.5 * mm, f"{number} / {count}")


def _foot(report: Report) -> str:
    parts = [f"{_('As of')} {day(report.as_of)}" if report.as_of else "", report.state, report.basis]
    return " · ".join(filter(None, parts))


def _style(size: float, *, is_bold: bool = False, color: Any = TEXT, **more: Any) -> ParagraphStyle:
    name = bold() if is_bold else regular()
    look = {"fontName": name, "fontSize": size, "leading": size * 1.5, "textColor": color, "wordWrap": "CJK", **more}
    return ParagraphStyle(f"{name}{size}", **look)


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    """English breaks between words, Japanese anywhere but before a mark."""
    text = printable(text)
    if text.isascii():
        style = style.clone(f"{style.name}-words", wordWrap=None, splitLongWords=1)
    return Paragraph(escape(text), style)


def _story(report: Report) -> list[Flowable]:
    story: list[Flowable] = _title(report)
    for section in report.sections:
        story += _section(section)
    return story


def _title(report: Report) -> list[Flowable]:
    """Not a page of its own: the first page already says what happened."""
    return [
        _words(report.company, _style(10, color=QUIET)),
        _words(report.title, _style(21, is_bold=True, color=INK, leading=29)),
        _words(_foot(report), _style(8.5, color=QUIET)),
        Spacer(0, 5 * mm),
    ]


def _section(section: Section) -> list[Flowable]:
    """The heading stays with what follows it."""
    head: list[Flowable] = [CondPageBreak(38 * mm), _Heading(section.title)]
    is_first = section.key == "summary"
    body: list[Flowable] = [_words(section.empty, _style(9, color=QUIET))] if section.empty else []
    body += [_sentence(text, is_lead=is_first and not at) for at, text in enumerate(section.sentences)]
    if section.figures:
        body += [Spacer(0, 2 * mm), _figures(section.figures)]
    for chart in section.charts:
        body.append(_chart(chart))
    for table in section.tables:
        body += _table(table)
    return [*head, *body, Spacer(0, 7 * mm)]


class _Heading(Flowable):
    """A section's title above a rule."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text, self.keepWithNext = text, 1

    def wrap(self, wide: float, _high: float) -> tuple[float, float]:
        return wide, 9.5 * mm

    def draw(self) -> None:
        self.canv.setFillColor(ACCENT)
        self.canv.rect(0, 3.4 * mm, 1.4 * mm, 4.6 * mm, stroke=0, fill=1)
        self.canv.setFillColor(INK)
        self.canv.setFont(bold(), 12.5)
        self.canv.drawString(3.6 * mm, 4 * mm, cut(self._text, WIDE - 4 * mm, 12.5))
        self.canv.setStrokeColor(LINE)
        self.canv.setLineWidth(0.6)
        self.canv.line(0, 2.2 * mm, WIDE, 2.2 * mm)


def _sentence(text: str, *, is_lead: bool) -> Flowable:
    style = _style(
        10.5 if is_lead else 9.5, is_bold=is_lead, color=INK if is_lead else TEXT, leftIndent=9, spaceAfter=2
    )
    style.bulletIndent, style.bulletFontName, style.bulletFontSize = 0, regular(), style.fontSize
    text = printable(text)
    if text.isascii() or sum(one.isascii() for one in text) > 0.8 * len(text):
        style.wordWrap = None
    return Paragraph(escape(text), style, bulletText="・")


def _figures(figures: tuple[Figure, ...]) -> Flowable:
    """Three side by side; where the last row is short, the rest stays paper."""
    cells = [_figure(one) for one in figures]
    cells += [""] * (-len(cells) % ACROSS)  # type: ignore[list-item]
    rows = [cells[at : at + ACROSS] for at in range(0, len(cells), ACROSS)]
    grid = Grid(rows, colWidths=[WIDE / ACROSS] * ACROSS)
    look: list[tuple] = [("VALIGN", (0, 0), (-1, -1), "TOP")]
    for at in range(len(figures)):
        cell = (at % ACROSS, at // ACROSS)
        look += [("BOX", cell, cell, 0.6, LINE), ("BACKGROUND", cell, cell, SOFT)]
    grid.setStyle(look)
    grid.hAlign = "LEFT"
    return grid


def _figure(one: Figure) -> list[Flowable]:
    """Name, value, how it moved."""
    room, size = WIDE / ACROSS - 14, 15.0
    while width(one.written, size, is_bold=True) > room and size > 8:
        size -= 0.5
    lines = [_words(one.name, _style(8, color=QUIET)), _words(one.written, _style(size, is_bold=True, color=INK))]
    if one.changes:
        lines.append(_words(one.changes, _style(7.5, is_bold=True, color=LOOKS[one.look])))
    if one.note:
        lines.append(_words(one.note, _style(7, color=QUIET)))
    return lines


def _chart(chart: Chart) -> Flowable:
    """A picture with its title; bars from left to right are as high as they are many."""
    rows = len(chart.names) * max(1, len(chart.series) * 0.8)
    high = min(105 * mm, 14 + rows * 5.2 * mm) if chart.is_across else 50 * mm
    return KeepTogether([Spacer(0, 3 * mm), _caption(chart.title), Spacer(0, 1 * mm), drawing.draw(chart, WIDE, high)])


def _caption(text: str) -> Flowable:
    return _words(text, _style(9, is_bold=True, color=INK, keepWithNext=1))


# --- tables ---------------------------------------------------------------------------------------


def _table(table: Table) -> list[Flowable]:
    """Its title with the first rows; rows are never cut, heads stand on each page."""
    head: list[Flowable] = [Spacer(0, 3 * mm), _caption(table.title)]
    if table.note:
        head.append(_words(table.note, _style(7.5, color=QUIET, keepWithNext=1)))
    size, widths = _fit(table)
    rows = [[_head(column, size) for column in table.columns]]
    rows += [
        [_cell(table, at, place, text, size) for place, text in enumerate(line)]
        for at, line in enumerate(table.written)
    ]
    grid = Grid(rows, colWidths=widths, repeatRows=1)
    grid.setStyle(_look(table))
    grid.hAlign = "LEFT"
    few = len(rows) <= 14
    return (
        [KeepTogether([*head, Spacer(0, 1 * mm), grid])]
        if few
        else [CondPageBreak(45 * mm), *head, Spacer(0, 1 * mm), grid]
    )


def _look(table: Table) -> list[tuple]:
    look: list[tuple] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, TEXT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP" if table.key == "definitions" else "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    for at in range(len(table.rows)):
        for place in range(len(table.columns)):
            if (shade := table.shade(at, place)) is not None:
                look.append(("BACKGROUND", (place, at + 1), (place, at + 1), HexColor(HEAT[shade])))
    look += [("BOX", (place, at + 1), (place, at + 1), 0.8, TEXT) for at, place in table.open_cells]
    if table.has_sum:
        look.append(("LINEABOVE", (0, -1), (-1, -1), 0.8, TEXT))
    return look


def _head(column: Column, size: float) -> Flowable:
    align = {"alignment": TA_RIGHT} if column.is_figure else {}
    return _words(column.name, _style(size - 0.5, is_bold=True, color=TEXT, leading=size * 1.35, **align))


def _cell(table: Table, at: int, place: int, text: str, size: float) -> Flowable:
    shade, column = table.shade(at, place), table.columns[place]
    if table.is_heat and place > 1 and table.rows[at][place] is None:
        text = ""
    color = white if shade is not None and shade >= DARK_FROM else TEXT
    align = {"alignment": TA_RIGHT} if column.is_figure else {}
    is_bold = table.is_sum(at) or (place == 0 and table.key == "definitions")
    return _words(text, _style(size, is_bold=is_bold, color=color, leading=size * 1.4, **align))


def _fit(table: Table) -> tuple[float, list[float]]:
    """The largest letters with which every figure stands on one line, and the widths of the columns."""
    for size in SIZES:
        natural = [_natural(table, place, size) for place in range(len(table.columns))]
        figures = sum(wide for wide, column in zip(natural, table.columns, strict=True) if column.is_figure)
        texts = [place for place, column in enumerate(table.columns) if not column.is_figure]
        if figures + sum(min(natural[place], NARROWEST) for place in texts) <= WIDE:
            break
    return size, _shared(natural, texts)


def _shared(natural: list[float], texts: list[int]) -> list[float]:
    """Texts share what figures leave, by what they need; figures alone are spread over the page."""
    room = WIDE - sum(wide for place, wide in enumerate(natural) if place not in texts)
    wanted = sum(natural[place] for place in texts)
    if not texts or room <= 0:
        return [wide * WIDE / sum(natural) for wide in natural]
    if wanted <= room:
        spare = (WIDE - sum(natural)) / len(natural)
        return [wide + spare for wide in natural]
    least = {place: min(natural[place], NARROWEST) for place in texts}
    more = max(room - sum(least.values()), 0)
    over = {place: natural[place] - least[place] for place in texts}
    whole = sum(over.values()) or 1
    return [least[place] + more * over[place] / whole if place in texts else wide for place, wide in enumerate(natural)]


def _natural(table: Table, place: int, size: float) -> float:
    """What the widest cell needs; a head of figures may break into two lines."""
    column = table.columns[place]
    head = width(printable(column.name), size - 0.5, is_bold=True)
    cells = [width(printable(line[place]), size, is_bold=table.is_sum(at)) for at, line in enumerate(table.written)]
    return max([head / (2 if column.is_figure and len(column.name) > 4 else 1) + 2, *cells]) + 2 * PAD + 1
