"""What the simulator begins with: the company's own figures where they are known, assumptions said to be such."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ChurnPolicy, Installation
from scores.models import ScoringRun

from . import keeping, reading, rollups
from .models import CohortRollup
from .simulator import Figures

LAST = 6  # full months that churn and joining are the means of
KEEPING_SHARE = 0.02  # of revenue, where nobody has said what looking after a customer costs
RATIO = 5  # the "5" of "1:5", until the company says what winning a customer costs


BLANK = Figures(customers=0, churn=0, value=0, margin=1, joining=0, winning=0, keeping=0)


@dataclass(frozen=True)
class Known:
    """A figure and where it is from."""

    value: float
    source: str | Promise
    is_assumed: bool = False


@dataclass(frozen=True)
class Beginning:
    """Name of a figure (as in Figures) → what is known of it; `as_of` is the day it speaks of."""

    as_of: dt.date | None
    known: dict[str, Known]

    @property
    def figures(self) -> Figures:
        known: dict[str, Any] = {name: one.value for name, one in self.known.items()}
        return replace(BLANK, **known)


def own() -> Beginning | None:
    """The company's figures as the last night left them; None before the first, or without anybody active."""
    settings, kept = Installation.get(), keeping.read(("figures", ""))["figures", ""]
    row = kept.rows[0] if kept.rows else {}
    if not row.get("active"):
        return None
    value = _value(settings, row)
    keeping_cost = round(value.value * KEEPING_SHARE)
    known = {
        "customers": Known(row["active"], _("active customers of the day")),
        "churn": _churn(),
        "value": value,
        "margin": _margin(settings),
        "joining": _joining(),
        "winning": Known(
            12 * RATIO * keeping_cost, _("assumed: five times what keeping one costs in a year"), is_assumed=True
        ),
        "keeping": Known(keeping_cost, _("assumed: two percent of the revenue"), is_assumed=True),
    }
    return Beginning(kept.as_of, known)


def _value(settings: Installation, row: dict[str, Any]) -> Known:
    if settings.churn_policy == ChurnPolicy.CONTRACT:
        return Known(float(row["mrr"]) / row["active"], _("monthly amounts of all contracts ÷ active customers"))
    run = ScoringRun.objects.filter(state=ScoringRun.State.DONE, company__isnull=False).order_by("-id").first()
    net = float((run.company or {}).get("net_of_year", 0)) if run else 0.0
    return Known(net / 12 / row["active"], _("sales of the last 365 days less refunds ÷ 12 ÷ active customers"))


def _churn() -> Known:
    months = list(reading.churn_of(1).filter(rollups.complete(1)).order_by("-first")[:LAST])
    at_start = sum(one.at_start for one in months)
    if not at_start:
        return Known(0.02, _("assumed: there is no full month yet"), is_assumed=True)
    return Known(sum(one.lost for one in months) / at_start, _("lost ÷ at start of the last six full months"))


def _joining() -> Known:
    """New customers of the cohorts before the newest, which may not be over."""
    newest = CohortRollup.objects.filter(kind="", months=1, month=0).order_by("-cohort")[1 : LAST + 1]
    sizes = [one.size for one in newest]
    return Known(sum(sizes) / len(sizes) if sizes else 0, _("mean of the last six full months"))


def _margin(settings: Installation) -> Known:
    if settings.margin is None:
        return Known(1.0, _("no margin is set: everything is by sales, not by profit"), is_assumed=True)
    return Known(float(settings.margin), _("from the settings"))
