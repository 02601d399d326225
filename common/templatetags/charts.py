"""The table beside a chart: the same figures, readable aloud, by keyboard, and ready to be copied."""

from collections.abc import Iterable
from typing import Any

from django import template

register = template.Library()


@register.filter
def chart_table(chart: dict[str, Any]) -> dict[str, Any]:
    """What the table says: `head` (names of its columns), `rows` (name, cells, marks, is_incomplete), `has_marks`.

    A cell is {"text": "¥1,234", "value": 1234}; the value is what a spreadsheet gets.
    """
    series = columns(chart)
    marks = chart.get("marks") or []
    incomplete = set(chart.get("incomplete") or [])
    return {
        "head": [one["name"] for one in series],
        "has_marks": bool(marks),
        "rows": [
            {
                "name": name,
                "is_incomplete": at in incomplete,
                "cells": _cells(chart, series, at),
                "marks": [one for one in marks if one["at"] == at],
            }
            for at, name in enumerate(chart.get("x", []))
        ],
    }


def columns(chart: dict[str, Any]) -> list[dict[str, Any]]:
    """All series: the chart's own, what was before, and the goal."""
    beside = [chart[key] for key in ("before", "goal") if chart.get(key)]
    return [*chart.get("series", []), *beside]


def _cells(chart: dict[str, Any], series: Iterable[dict[str, Any]], at: int) -> list[dict[str, Any]]:
    is_change = chart.get("kind") == "waterfall" and at not in chart.get("totals", [])
    values = [one["data"][at] if at < len(one["data"]) else None for one in series]
    return [{"text": written(value, chart, is_change=is_change), "value": value} for value in values]


def written(value: float | None, chart: dict[str, Any], *, is_change: bool = False) -> str:
    """A figure with its unit: 4.6%, ¥1,234, −12人; a change always with its sign."""
    if value is None:
        return "–"
    figure = f"{abs(float(value)):,.{chart.get('digits', 0)}f}"
    is_zero = not figure.strip("0.,")
    sign = "" if is_zero else "−" if value < 0 else "+" if is_change else ""
    unit = chart.get("unit", "")
    return f"{sign}¥{figure}" if unit == "¥" else f"{sign}{figure}{unit}"
