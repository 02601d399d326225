"""How much of what came is found among those who stood highest: cumulative gain and lift, from tables by tenths."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.templatetags.crm import decimal, share

STEPS = range(10, 101, 10)  # percent of the customers, from the highest down

Row = dict[str, Any]
Curves = dict[str, list[float]]  # alive, many, risk: what `caught` gives
LOOKS = ("main", "second", "third")
NAMES: dict[str, Promise] = {
    "alive": gettext_lazy("Buyers, by P(alive)"),
    "many": gettext_lazy("Purchases, by expected purchases"),
    "risk": gettext_lazy("Leavers, by churn risk"),
}
WORDS: dict[str, Promise] = {
    "alive": gettext_lazy(
        "The tenth with the highest P(alive) held %(share)s of those who bought again: %(times)s times as many as a"
        " tenth taken at random."
    ),
    "many": gettext_lazy(
        "The tenth from whom most purchases were expected made %(share)s of them: %(times)s times as many as a tenth"
        " taken at random."
    ),
    "risk": gettext_lazy(
        "The tenth with the highest churn risk held %(share)s of those who left: %(times)s times as many as a tenth"
        " taken at random."
    ),
}


def caught(rows: list[Row], column: str = "actual") -> list[float]:
    """Of all that came, the share found among the best 10, 20 … 100 % of the customers; empty where nothing came.

    `rows` are groups in the order of what had been said, lowest first: customers, and the mean of what came in
    `column`. Inside a group every order is as likely as another, so the curve is straight there.
    """
    sizes = np.array([row["customers"] for row in reversed(rows)], dtype=float)
    came = sizes * np.array([row[column] for row in reversed(rows)], dtype=float)
    if not came.sum():
        return []
    shares, found = (np.concatenate([[0.0], np.cumsum(part) / part.sum()]) for part in (sizes, came))
    return [float(value) for value in np.interp(np.array(STEPS) / 100, shares, found)]


def lift(gain: list[float], percent: int = 10) -> float:
    """How many times as much the best `percent` of the customers hold as as many taken at random."""
    return gain[STEPS.index(percent)] / (percent / 100)


def in_words(curves: Curves) -> list[str]:
    """A sentence for each: what the highest tenth holds."""
    return [
        str(WORDS[key]) % {"share": share(curve[0]), "times": decimal(lift(curve), 1)} for key, curve in curves.items()
    ]


def chart(curves: Curves) -> Row:
    """All of them as lines, beside what customers taken at random would hold."""
    lines = [
        {"name": str(NAMES[key]), "data": [round(100 * value, 1) for value in curve], "look": look}
        for (key, curve), look in zip(curves.items(), LOOKS, strict=False)
    ]
    at_random = {"name": _("Taken at random"), "data": [float(step) for step in STEPS], "look": "beside"}
    x = [f"{step}%" for step in STEPS]
    return {"kind": "line", "x": x, "unit": "%", "digits": 1, "zero": True, "series": [*lines, at_random]}
