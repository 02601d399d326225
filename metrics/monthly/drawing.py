"""Charts of the report as vectors for paper: lines, columns, bars. Black where it matters; never by colour alone."""

import math
from collections.abc import Iterable

from django.utils.translation import get_language, pgettext
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor

from .fonts import cut, regular, width
from .shape import Chart, Series, written

INK, QUIET, GRID = HexColor("#1a2433"), HexColor("#55606f"), HexColor("#d9dee5")
COLORS = {
    "main": HexColor("#0f766e"),
    "second": HexColor("#2563a8"),
    "third": HexColor("#c2620a"),
    "beside": HexColor("#a9b3c0"),
    "target": HexColor("#b45309"),
    "good": HexColor("#15803d"),
    "bad": HexColor("#b42318"),
}
DASHES = {"main": None, "second": (5, 2), "third": (2, 2), "beside": (3, 3), "target": (1, 2), "bad": (6, 2)}
SIZE = 7.0
LEGEND = 14.0
STEPS = 4


def draw(chart: Chart, wide: float, high: float) -> Drawing:
    """The chart in a frame of that size, in points."""
    drawing = Drawing(wide, high)
    top = high
    if len(chart.series) > 1:
        _legend(drawing, chart, wide, high)
        top -= LEGEND
    if chart.is_across:
        _across(drawing, chart, wide, top)
    else:
        _upright(drawing, chart, wide, top)
    return drawing


def ticks(low: float, high: float) -> list[float]:
    """Round figures from at or below `low` to at or above `high`, about STEPS apart; 0 among them where between."""
    span = high - low or abs(high) or 1.0
    raw = span / STEPS
    unit = 10 ** math.floor(math.log10(raw))
    step = next(unit * times for times in (1, 2, 2.5, 5, 10) if unit * times >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * at, 10) for at in range(first, max(last, first + 1) + 1)]


def short(value: float, unit: str) -> str:
    """A figure on an axis: 1,200万 and 1.2億 in Japanese, 12.0M in English; shares with one place."""
    if unit == "percent":
        return f"{value:g}%".replace("-", "−")
    is_japanese = (get_language() or "").startswith("ja")
    scales = (
        [(100_000_000, pgettext("unit of money", "100M")), (10_000, pgettext("unit of money", "10k"))]
        if is_japanese
        else [(1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")]
    )
    sign = ("−" if value < 0 else "") + ("¥" if unit == "money" else "")
    for scale, word in scales:
        if abs(value) >= scale:
            return f"{sign}{abs(value) / scale:,.4g}{word}"
    return f"{sign}{abs(value):,.10g}"


def _values(all_series: Iterable[Series]) -> list[float]:
    return [float(value) for one in all_series for value in one.data if value is not None]


def _limits(chart: Chart) -> list[float]:
    if chart.is_stacked:
        columns = [[one.data[at] or 0 for one in chart.series] for at in range(len(chart.names))]
        values = [sum(v for v in column if v > 0) for column in columns] + [
            sum(v for v in column if v < 0) for column in columns
        ]
    else:
        values = _values(chart.series)
    low = min([0.0, *values]) if chart.from_zero or chart.kind == "bar" else min(values, default=0.0)
    return ticks(low, max([0.0, *values]) if chart.from_zero or chart.kind == "bar" else max(values, default=1.0))


def _upright(drawing: Drawing, chart: Chart, wide: float, top: float) -> None:
    """Lines, or columns from the ground."""
    marks = _limits(chart)
    texts = [short(mark, chart.unit) for mark in marks]
    left, bottom = max(width(text, SIZE) for text in texts) + 6, 2 * SIZE + 6
    right, ceiling = wide - 4, top - 8
    scale = (ceiling - bottom) / (marks[-1] - marks[0])

    def at(value: float) -> float:
        return bottom + (value - marks[0]) * scale

    for mark, text in zip(marks, texts, strict=True):
        drawing.add(Line(left, at(mark), right, at(mark), strokeColor=INK if mark == 0 else GRID, strokeWidth=0.6))
        _text(drawing, left - 4, at(mark) - SIZE / 3, text, "end")
    room = (right - left) / max(1, len(chart.names))
    _names(drawing, chart.names, left, room, bottom)
    if chart.kind == "line":
        for one in chart.series:
            _line(drawing, one, [left + (place + 0.5) * room for place in range(len(chart.names))], at, chart.unit)
    else:
        _columns(drawing, chart, left, room, at)


def _names(drawing: Drawing, names: tuple[str, ...], left: float, room: float, bottom: float) -> None:
    """Below the ground; every second or third where they would touch. The last always stands."""
    widest = max((width(name, SIZE) for name in names), default=0.0) + 4
    every = max(1, math.ceil(widest / room))
    for place, name in enumerate(names):
        if (len(names) - 1 - place) % every == 0:
            _text(
                drawing,
                left + (place + 0.5) * room,
                bottom - SIZE - 4,
                cut(name, max(room * every, 20), SIZE),
                "middle",
            )


def _line(drawing: Drawing, one: Series, places: list[float], at, unit: str) -> None:
    """Broken where there is no figure; the last one is written beside its point."""
    color = COLORS.get(one.look, INK)
    run: list[tuple[float, float, float]] = []
    runs: list[list[tuple[float, float, float]]] = []
    for x, value in zip(places, one.data, strict=True):
        if value is None:
            runs.append(run)
            run = []
        else:
            run.append((x, at(float(value)), value))
    runs.append(run)
    for points in filter(None, runs):
        flat = [figure for x, y, _value in points for figure in (x, y)]
        if len(points) > 1:
            drawing.add(
                PolyLine(
                    flat,
                    strokeColor=color,
                    strokeWidth=1.6 if one.look == "main" else 1.1,
                    strokeDashArray=DASHES.get(one.look),
                )
            )
        if one.look != "target":
            for x, y, _value in points:
                drawing.add(Circle(x, y, 1.8, fillColor=color, strokeColor=None))
    if one.look != "target":
        _last(drawing, [point for points in runs for point in points], unit, color)


def _last(drawing: Drawing, points: list[tuple], unit: str, color) -> None:
    """The newest figure beside its point, on the side the line does not come from."""
    if points:
        x, y, value = points[-1]
        is_falling = len(points) > 1 and points[-2][1] > y
        _text(
            drawing,
            x + 6,
            y - SIZE - 3 if is_falling else y + 5,
            written(value, unit),
            "middle",
            color=color,
            size=SIZE + 0.5,
        )


def _columns(drawing: Drawing, chart: Chart, left: float, room: float, at) -> None:
    """Side by side, or one on the other: what is above 0 up, what is below down."""
    count = 1 if chart.is_stacked else len(chart.series)
    thick = min(24.0, room * 0.7 / count)
    for place in range(len(chart.names)):
        start = left + (place + 0.5) * room - thick * count / 2
        up = down = 0.0
        for number, one in enumerate(chart.series):
            value = float(one.data[place] or 0)
            ground = (up if value >= 0 else down) if chart.is_stacked else 0.0
            x = start if chart.is_stacked else start + number * thick
            _bar(drawing, x, at(ground), thick, at(ground + value) - at(ground), one.look)
            up, down = (up + value, down) if value >= 0 else (up, down + value)


def _across(drawing: Drawing, chart: Chart, wide: float, top: float) -> None:
    """From left to right, the name before the bar and the figure behind it."""
    names = [cut(name, wide * 0.3, SIZE + 0.5) for name in chart.names]
    figures = max((width(written(v, chart.unit), SIZE) for one in chart.series for v in one.data), default=0.0)
    left = max((width(name, SIZE + 0.5) for name in names), default=0.0) + 6
    right, most = wide - figures - 8, max([*_values(chart.series), 1.0])
    room = (top - 4) / max(1, len(names))
    thick = min(13.0, room * 0.78 / len(chart.series))
    drawing.add(Line(left, 0, left, top, strokeColor=INK, strokeWidth=0.6))
    for place, name in enumerate(names):
        middle = top - (place + 0.5) * room
        _text(drawing, left - 4, middle - SIZE / 3, name, "end", color=INK, size=SIZE + 0.5)
        for number, one in enumerate(chart.series):
            value = one.data[place]
            y = middle + thick * len(chart.series) / 2 - (number + 1) * thick
            long = (right - left) * float(value or 0) / most
            _bar(drawing, left, y, long, thick * 0.88, one.look)
            _text(
                drawing,
                left + long + 3,
                y + thick / 2 - SIZE / 2.6,
                written(value, chart.unit),
                "start",
                size=min(SIZE, thick),
            )


def _bar(drawing: Drawing, x: float, y: float, wide: float, high: float, look: str) -> None:
    if high < 0:
        y, high = y + high, -high
    if wide and high:
        drawing.add(Rect(x, y, wide, high, fillColor=COLORS.get(look, INK), strokeColor=None))


def _legend(drawing: Drawing, chart: Chart, wide: float, high: float) -> None:
    x = 0.0
    for one in chart.series:
        color, y = COLORS.get(one.look, INK), high - SIZE
        if chart.kind == "line":
            drawing.add(
                Line(
                    x,
                    y + 2.5,
                    x + 14,
                    y + 2.5,
                    strokeColor=color,
                    strokeWidth=1.6,
                    strokeDashArray=DASHES.get(one.look),
                )
            )
        else:
            drawing.add(Rect(x, y - 0.5, 7, 7, fillColor=color, strokeColor=None))
        name = cut(one.name, wide / len(chart.series) - 24, SIZE + 0.5)
        _text(drawing, x + 18, y, name, "start", color=INK, size=SIZE + 0.5)
        x += 18 + width(name, SIZE + 0.5) + 16


def _text(drawing: Drawing, x: float, y: float, text: str, anchor: str, *, color=QUIET, size: float = SIZE) -> None:
    drawing.add(String(x, y, text, fontName=regular(), fontSize=size, fillColor=color, textAnchor=anchor))
