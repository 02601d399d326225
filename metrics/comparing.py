"""A figure beside the period before and the same a year before: sign, unit, and whether that is good news.

The direction that is good comes from the registry; colour never stands alone: an arrow and a word go with it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .definitions import METRICS
from .periods import Period, after

Value = float | int | Decimal | None
Good = Literal["up", "down", ""]
Values = Mapping[dt.date, Value]  # by the first day of the period

ARROWS = {1: "arrow-up-right", -1: "arrow-down-right", 0: "arrow-right"}
LABELS: dict[int, tuple[str | Promise, str | Promise]] = {
    1: (gettext_lazy("on the month before"), gettext_lazy("on the same month a year before")),
    3: (gettext_lazy("on the quarter before"), gettext_lazy("on the same period a year before")),
    6: (gettext_lazy("on the half-year before"), gettext_lazy("on the same period a year before")),
    12: (gettext_lazy("on the year before"), ""),
}
LOOKS = {
    "good": pgettext_lazy("change", "better"),
    "bad": pgettext_lazy("change", "worse"),
    "flat": "",
}


@dataclass(frozen=True)
class Change:
    """One comparison: "前月比 +0.4pt 悪化"; without figure `text` is – and `reason` says why."""

    label: str
    text: str = "–"
    look: Literal["good", "bad", "flat"] = "flat"
    arrow: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """better, worse, or nothing where it is neither."""
        return str(LOOKS[self.look])

    def __str__(self) -> str:
        return " ".join(filter(None, [self.label, self.text, self.words]))


def compared(values: Values, period: Period, *, metric: str) -> list[Change]:
    """The figure of a period against the period before, and against the same a year before."""
    before, year_before = LABELS[period.months]
    now = values.get(period.first)
    found = [_against(values, after(period.first, -period.months), now, metric, str(before))]
    if year_before:
        found.append(_against(values, after(period.first, -12), now, metric, str(year_before)))
    return found


def _against(values: Values, first: dt.date, now: Value, metric: str, label: str) -> Change:
    if now is None:
        return Change(label, reason=_("There is no figure to compare."))
    if first not in values:
        return Change(label, reason=_("The data do not reach back so far."))
    entry = METRICS[metric]
    return change(now, values[first], unit=str(entry.unit), good=entry.good, label=label)


def change(now: Value, before: Value, *, unit: str, good: Good, label: str = "") -> Change:
    """Percentages differ by points (pt); everything else by how many % of what it was before."""
    if now is None or before is None:
        return Change(label, reason=_("One of the two has no figure."))
    if unit == "%":
        moved, suffix = round(float(now) - float(before), 1), "pt"
    elif not before:
        return Change(label, reason=_("It was 0 before: there is no ratio."))
    else:
        moved, suffix = round(100 * (float(now) - float(before)) / abs(float(before)), 1), "%"
    way = (moved > 0) - (moved < 0)
    sign = {1: "+", -1: "−", 0: "±"}[way]
    return Change(label, f"{sign}{abs(moved):,.1f}{suffix}", look(way, good), ARROWS[way])


def look(way: int, good: Good) -> Literal["good", "bad", "flat"]:
    """What a move up (1) or down (−1) means for a figure whose good direction is `good`."""
    if not way or not good:
        return "flat"
    return "good" if (way > 0) == (good == "up") else "bad"
