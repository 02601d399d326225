"""The registry: every figure people quote, what it is called and means, and how it is computed.

One entry per figure (`METRICS`), in a module by topic. The definition chip, the page of all definitions, the API, the
command and the files of pages take names, columns, cuts and functions from here.
"""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _now

from accounts.models import Installation

from . import foretelling, grid, leaving, population, renewing, returning, revenue, staying, worth
from .shape import TOPICS, Metric, Report, Words

__all__ = ["METRICS", "REPORTS", "TOPICS", "Metric", "Report", "Words", "chip", "money_basis", "options"]

METRICS: dict[str, Metric] = {
    **staying.METRICS,
    **renewing.METRICS,
    **leaving.METRICS,
    **worth.METRICS,
    **returning.METRICS,
    **revenue.METRICS,
    **grid.METRICS,
    **foretelling.METRICS,
}
REPORTS: dict[str, Report] = {metric.report.name: metric.report for metric in METRICS.values() if metric.report}


def options() -> dict[str, tuple[str, ...]]:
    """What the reports can be asked beyond days, periods and cuts: every word some report knows."""
    found: dict[str, dict[str, None]] = {}
    for report in REPORTS.values():
        for name, words in report.options.items():
            found.setdefault(name, {}).update(dict.fromkeys(words))
    return {name: tuple(words) for name, words in found.items()}


def chip(
    key: str, *, settings: Installation, as_of: dt.date | None, period: str = "", other: str = "", code: str = ""
) -> dict[str, object]:
    """What the definition chip of a figure shows: name, text, formula, period, as_of, other, facts, url.

    `code` is that of the churn period whose other ways to count the chip leads to.
    """
    metric = METRICS[key]
    return {
        "name": metric.name_under(settings.churn_policy),
        "text": metric.text_under(settings.churn_policy),
        "formula": metric.formula_under(settings) if metric.formula_under else str(metric.formula),
        "period": period,
        "as_of": as_of,
        "other": other,
        "facts": population.facts(key, settings=settings, unit=str(metric.unit)),
        "url": reverse("metrics:definition", args=[code]) if code and key == "churn" else "",
    }


def money_basis(settings: Installation) -> str:
    """What amounts are: with or before tax, sales or profit."""
    tax = settings.get_tax_display()
    kind = _now("by sales") if settings.margin is None else _now("by profit")
    return f"{tax} · {kind}"
