"""The reports by name, as of any day: what the command prints, the API answers and files hold."""

import datetime as dt
from decimal import Decimal
from typing import Any

from scores import checking

from . import computing

COLUMNS = {
    "churn": ["period", "start", "end", "group", "at_start", "lost", "rate"],
    "ltv": ["group", "customers", "historic_total", "historic_mean", "predicted_mean"],
    "cohorts": ["cohort", "size", "month", "retained", "complete"],
    "rfm": ["r", "f", "segment", "customers", "monetary"],
    "model-check": checking.COLUMNS,
    "model": ["r", "alpha", "a", "b", "log_likelihood", "n", "p", "q", "gamma", "n_repeat"],
}
BY = {"churn": computing.CHURN_BY, "ltv": computing.LTV_BY}


class ReportError(ValueError):
    """What was asked for cannot be reported; the sentence says why."""


def compute(
    name: str,
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
    by: str = "",
) -> Any:
    """A list of row objects (model: one object) with the report's COLUMNS; ReportError where it cannot be."""
    if by and by not in BY.get(name, ()):
        allowed = ", ".join(BY.get(name, ())) or "nothing"
        raise ReportError(f"{name} cannot be cut by “{by}”; it can by {allowed}.")
    if start and end and start > end:
        raise ReportError(f"from {start} is after to {end}.")
    common: dict[str, Any] = {"as_of": as_of, "now": now}
    if name == "churn":
        return computing.churn(**common, start=start, end=end, period=period, by=by)
    if name == "ltv":
        return computing.ltv(**common, by=by)
    if name == "cohorts":
        return within(computing.cohorts(**common), start, end)
    by_name = {"rfm": computing.rfm, "model": computing.model, "model-check": computing.model_check}
    return by_name[name](**common)


def within(cohorts: list[dict[str, Any]], start: dt.date | None, end: dt.date | None) -> list[dict[str, Any]]:
    """The cohorts whose month lies between the months of two days."""
    low, high = (f"{day:%Y-%m}" if day else None for day in (start, end))
    return [row for row in cohorts if (not low or row["cohort"] >= low) and (not high or row["cohort"] <= high)]


def plain(value: Any) -> Any:
    """A value for JSON: amounts as numbers, days as ISO texts."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, dt.date) else value
