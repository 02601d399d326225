"""Goals (目標): what a figure should be from a month on, whether it is reached, and the line on its chart."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import audit
from accounts.models import User
from common.templatetags.charts import written

from .definitions import METRICS
from .models import Goal
from .periods import Period

HIGHEST_SHARE = 1000  # percent; NRR can be above 100


def offered() -> dict[str, str]:
    """The figures that can have a goal, by key: those of which the registry knows the good direction."""
    return {key: str(metric.unit) for key, metric in METRICS.items() if metric.good}


@dataclass(frozen=True)
class Judged:
    """A figure beside its goal: reached, or what is missing. All three are written with their unit."""

    goal: str
    gap: str
    is_reached: bool

    def __str__(self) -> str:
        if self.is_reached:
            return _("Goal %(goal)s: reached") % {"goal": self.goal}
        return _("Goal %(goal)s: %(gap)s missing") % {"goal": self.goal, "gap": self.gap}


class Goals:
    """All goals, read once for a page."""

    def __init__(self, rows: list[Goal]) -> None:
        self.rows = sorted(rows, key=lambda one: one.since)

    @classmethod
    def read(cls) -> "Goals":
        return cls(list(Goal.objects.all()))

    def authors(self) -> list[User]:
        """Who set them."""
        return list(User.objects.filter(pk__in={one.by_id for one in self.rows}))

    def at(self, metric: str, day: dt.date) -> Decimal | None:
        """The goal that holds on a day: of the latest row that began by then."""
        begun = [one.value for one in self.rows if one.metric == metric and one.since <= day]
        return begun[-1] if begun else None

    def line(self, metric: str, periods: Sequence[Period], *, of: str = "") -> dict[str, Any]:
        """The dotted line of a chart of months (key `goal`); nothing where there is no goal, nor for longer periods.

        `of`: which figure it is the goal of, where the chart has several.
        """
        data = [self.at(metric, one.first) for one in periods if one.months == 1]
        if all(value is None for value in data):
            return {}
        name = pgettext("figure", "goal").capitalize() + (f" ({of})" if of else "")
        return {"goal": {"name": name, "data": [None if value is None else float(value) for value in data]}}

    def judge(self, metric: str, value: float | Decimal | None, day: dt.date) -> Judged | None:
        """How a figure of that day stands to its goal; None without goal or figure."""
        goal = self.at(metric, day)
        return None if goal is None or value is None else judged(metric, float(value), float(goal))


def judged(metric: str, value: float, goal: float) -> Judged:
    """Reached on the good side of the goal and on it; compared as the figures are shown."""
    unit = str(METRICS[metric].unit)
    digits = 1 if unit == "%" else 0
    value, goal = round(value, digits), round(goal, digits)
    is_reached = value <= goal if METRICS[metric].good == "down" else value >= goal
    gap = written(abs(value - goal), {"unit": "pt" if unit == "%" else unit, "digits": digits})
    return Judged(written(goal, {"unit": unit, "digits": digits}), gap, is_reached)


@transaction.atomic
def set_goal(*, metric: str, since: dt.date, value: Decimal | None, by: User, now: dt.datetime) -> Goal:
    """Sets what the figure should be from that month on; None: no goal from then on."""
    goal, _made = Goal.objects.update_or_create(
        metric=metric, since=since.replace(day=1), defaults={"value": value, "by": by, "set_at": now}
    )
    audit.record("metrics.goal_set", by=by, on=goal, metric=metric, value=None if value is None else str(value))
    return goal


@transaction.atomic
def take_back(*, goal: Goal, by: User) -> None:
    """Takes a goal out as if it had never been set: the one before it holds on."""
    audit.record("metrics.goal_removed", by=by, on=goal, metric=goal.metric, since=str(goal.since))
    goal.delete()
