"""The present value of each figure in words, as the page of all definitions shows it beside what it means."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Installation
from common.templatetags.crm import money, number, percent

from . import revenue
from .models import CohortRollup
from .overview import Overview
from .periods import Period, after
from .wording import large_money, period_words


@dataclass(frozen=True)
class Current:
    """A value as it is written, its unit, and of which period or of whom."""

    value: str
    unit: str | Promise = ""
    note: str = ""


class Latest:
    """What is kept of the last night, read once for all figures that ask."""

    def __init__(self, settings: Installation) -> None:
        self.settings = settings

    @cached_property
    def overview(self) -> Overview:
        return Overview.read(self.settings)

    @cached_property
    def movements(self) -> dict[str, Any] | None:
        """Of monthly amounts in the last full month."""
        return revenue.last_complete()


def _people(count: int | None) -> Current | None:
    return None if count is None else Current(number(count), _("customers"))


def active(latest: Latest) -> Current | None:
    return _people(latest.overview.figures.get("active"))


def churn(latest: Latest) -> Current | None:
    """Of the last full month."""
    if not latest.overview.months:
        return None
    last = latest.overview.months[-1]
    return Current(percent(last["rate"]), "", period_words(Period(last["start"], 1), latest.settings))


def slipping(latest: Latest) -> Current | None:
    return _people(latest.overview.figures.get("slipping"))


def renewals(latest: Latest) -> Current | None:
    return _people(latest.overview.figures.get("renewals"))


def mrr(latest: Latest) -> Current | None:
    """At the end of the last full month."""
    row = latest.movements
    if row is None:
        return None
    value, unit = large_money(row["at_end"])
    return Current(value, unit, period_words(row["period"], latest.settings))


def nrr(latest: Latest) -> Current | None:
    """Of the last full month."""
    return _rate_of_money(latest, "nrr")


def grr(latest: Latest) -> Current | None:
    return _rate_of_money(latest, "grr")


def _rate_of_money(latest: Latest, name: str) -> Current | None:
    row = latest.movements
    if row is None or row[name] is None:
        return None
    return Current(percent(row[name]), "", period_words(row["period"], latest.settings))


def ltv_historic(latest: Latest) -> Current | None:
    total = latest.overview.ltv["historic_total"]
    if total is None:
        return None
    return Current(*large_money(total), _("%(n)s customers together") % {"n": number(latest.overview.ltv["customers"])})


def ltv_predicted(latest: Latest) -> Current | None:
    mean = latest.overview.ltv["predicted_mean"]
    return None if mean is None else Current(money(mean), "", _("mean per customer"))


def at_risk(latest: Latest) -> Current | None:
    exact = latest.overview.figures.get("at_risk")
    return None if exact is None else Current(*large_money(exact))


def high_risk(latest: Latest) -> Current | None:
    """How many stand at a half and more."""
    count = latest.overview.figures.get("high_risk")
    return None if count is None else Current(number(count), _("customers"), _("with a risk of one half or more"))


def scored(latest: Latest) -> Current | None:
    return _people(sum(row["customers"] for row in latest.overview.rfm)) if latest.overview.rfm else None


def retention(latest: Latest) -> Current | None:
    """One month later, of all cohorts for which that month is over."""
    day = latest.overview.as_of
    if day is None:
        return None
    over = CohortRollup.objects.filter(kind="", months=1, month=1, cohort__lt=after(day.replace(day=1), -1))
    sums = over.aggregate(kept=Sum("retained"), size=Sum("size"))
    if not sums["size"]:
        return None
    return Current(percent(100 * sums["kept"] / sums["size"]), "", _("one month later, all cohorts"))
