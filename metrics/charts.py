"""Series as the dictionaries static/js/charts.js draws (and the table beside a chart shows)."""

from typing import Any

LOOKS = ("main", "second", "third", "beside", "target")
Chart = dict[str, Any]


def line(names: list[str], series: dict[str, list[float | None]], *, unit: str = "%") -> Chart:
    """Lines over periods; the first is the main one."""
    return {
        "kind": "line",
        "x": names,
        "unit": unit,
        "digits": 1,
        "zero": True,
        "series": [
            {"name": name, "data": data, "look": look}
            for (name, data), look in zip(series.items(), LOOKS, strict=False)
        ],
    }


def bars(names: list[str], series: dict[str, list[float | None]], *, unit: str) -> Chart:
    """Bars of groups, from left to right."""
    return {
        "kind": "bar",
        "x": names,
        "unit": unit,
        "digits": 0,
        "across": True,
        "series": [
            {"name": name, "data": data, "look": look}
            for (name, data), look in zip(series.items(), LOOKS, strict=False)
        ],
    }


def spark(data: list[float]) -> Chart:
    """The small line below a figure."""
    return {"kind": "spark", "data": data}


def heat(share: float) -> int:
    """Which of the ten steps of a heat map a share of 0 … 1 gets."""
    return min(9, max(0, int(share * 10)))
