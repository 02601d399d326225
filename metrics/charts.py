"""Series as the dictionaries static/js/charts.js draws (and the table beside a chart shows).

A chart is a dict; `_chart.html` draws it and writes the same as a table. Keys:

* `kind`: line, bar, waterfall or spark (raw: a whole ECharts option, which has no table);
* `x`: what stands on the axis, as written in the table; `short`: the same for the axis where that is too long;
* `series`: dicts of `name`, `data` (one figure an x, None = no figure) and `look`: main, second (blue), third
  (orange), good (green), bad (red), beside (grey dashed), target (dotted);
* `unit` (%, ¥, 人 …), `digits`; lines: `zero` (start at 0), bars: `stacked` (figures below 0 go down), `across`
  (from left to right), `dense` (no gaps: a histogram); waterfall: `totals` (which x stand on the ground);
* `before`: {"name": "前年同期", "data": […]}, grey beside the others;
* `goal`: {"name": "目標", "data": […]} (None where there was no goal), a dotted line;
* `incomplete`: which x are not over yet: dashed or hollow, and 途中 in the table;
* `marks`: [{"at": which x, "on": day, "text": …, "url": … or ""}], numbered flags below the axis, their text in the
  table, in a list below the chart and on focus; `more_marks`: how many more there were.

Everything but kind, x, series may be missing. The functions below give parts of it: join them with `|`.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from .periods import Period

LOOKS = ("main", "second", "third", "beside", "target")
MOVES = ("good", "second", "main", "third", "bad")
Chart = dict[str, Any]
Figures = Sequence[float | None]


def line(names: list[str], series: dict[str, list[float | None]], *, unit: str = "%") -> Chart:
    """Lines over periods; the first is the main one."""
    return {
        "kind": "line",
        "x": names,
        "unit": unit,
        "digits": 1,
        "zero": True,
        "series": _styled(series, LOOKS),
    }


def bars(names: list[str], series: dict[str, list[float | None]], *, unit: str) -> Chart:
    """Bars of groups, from left to right."""
    return {
        "kind": "bar",
        "x": names,
        "unit": unit,
        "digits": 0,
        "across": True,
        "series": _styled(series, LOOKS),
    }


def stacked(names: list[str], series: dict[str, list[float | None]], *, unit: str = "¥") -> Chart:
    """Columns of what came in (above 0, green first) and what went out (below 0, red last), one on the other."""
    looks = MOVES[: len(series) - 1] + MOVES[-1:] if len(series) > 1 else MOVES[:1]
    return {
        "kind": "bar",
        "x": names,
        "unit": unit,
        "digits": 0,
        "stacked": True,
        "series": _styled(series, looks),
    }


def waterfall(
    name: str, start: tuple[str, float], steps: dict[str, float], end: tuple[str, float], *, unit: str = "¥"
) -> Chart:
    """From a figure at the start by changes up and down to the one at the end."""
    return {
        "kind": "waterfall",
        "x": [start[0], *steps, end[0]],
        "unit": unit,
        "digits": 0,
        "totals": [0, len(steps) + 1],
        "series": [{"name": name, "data": [start[1], *steps.values(), end[1]], "look": "main"}],
    }


def histogram(edges: list[str], name: str, counts: list[float | None], *, unit: str = "") -> Chart:
    """How many fall into each class; columns without gaps."""
    return {
        "kind": "bar",
        "x": edges,
        "unit": unit,
        "digits": 0,
        "dense": True,
        "series": _styled({name: counts}, LOOKS),
    }


def spark(data: list[float]) -> Chart:
    """The small line below a figure."""
    return {"kind": "spark", "data": data}


def before(name: str, data: Figures) -> Chart:
    """The same a year (or a period) before, in grey; nothing where there is no figure."""
    return {"before": {"name": name, "data": list(data)}} if any(value is not None for value in data) else {}


def over(periods: Sequence[Period], *, as_of: dt.date | None = None, today: dt.date | None = None) -> Chart:
    """Short names of the periods for the axis, and which are not over yet (with both days)."""
    found: Chart = {"short": short(periods)}
    if as_of and today:
        open_ones = [at for at, one in enumerate(periods) if not one.is_complete(as_of=as_of, today=today)]
        found |= {"incomplete": open_ones} if open_ones else {}
    return found


def short(periods: Sequence[Period]) -> list[str]:
    """10月, 4–6月 …; the year below it on the first one and where a new year begins."""
    words, year = [], None
    for one in periods:
        months = {"first": one.first.month, "last": one.last.month, "year": one.first.year}
        if one.months == 12:
            words.append(_("FY%(year)s") % months)
            continue
        text = (_("M%(first)s") if one.months == 1 else _("M%(first)s–%(last)s")) % months
        words.append(f"{text}\n{one.first.year}" if one.first.year != year else text)
        year = one.first.year
    return words


def heat(share: float) -> int:
    """Which of the ten steps of a heat map a share of 0 … 1 gets."""
    return min(9, max(0, int(share * 10)))


def _styled(series: dict[str, list[float | None]], looks: Sequence[str]) -> list[Chart]:
    """The series with a look each; the last look for all that come after."""
    many = [*looks, *[looks[-1]] * len(series)]
    return [
        {"name": name, "data": data, "look": look} for (name, data), look in zip(series.items(), many, strict=False)
    ]
