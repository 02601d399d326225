"""The reports by name: what the command prints, the API answers and files hold. What there is says the registry."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import Installation

from . import cohorts as counting
from . import rollups
from .definitions import REPORTS, Report
from .periods import Period, named

COLUMNS = {name: report.column_names() for name, report in REPORTS.items()}
BY = {name: report.cuts for name, report in REPORTS.items() if report.cuts}


class ReportError(ValueError):
    """What was asked for cannot be reported; the sentence says why."""


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a report; what the report does not know is left out of account."""

    start: dt.date | None = None
    end: dt.date | None = None
    period: str = "month"
    by: str = ""
    second: str = ""
    options: dict[str, str] = field(default_factory=dict)

    def words(self, report: Report) -> dict[str, Any]:
        """The keywords of the report's functions; ReportError where it cannot be asked so."""
        _check_cuts(report, self.by, self.second)
        if self.start and self.end and self.start > self.end:
            raise ReportError(f"from {self.start} is after to {self.end}.")
        if report.periods and self.period not in report.periods:
            raise ReportError(f"{report.name} has no period “{self.period}”; it has {', '.join(report.periods)}.")
        known = {"start": self.start, "end": self.end, "period": self.period, "by": self.by, "second": self.second}
        found = known | {name: self._option(report, name) for name in report.options}
        return {name: found[name] for name in report.asks()}

    def _option(self, report: Report, name: str) -> str:
        allowed = report.options[name]
        value = self.options.get(name) or allowed[0]
        if value not in allowed:
            raise ReportError(f"{name} of {report.name} is one of {', '.join(allowed)}, not “{value}”.")
        return value


def _check_cuts(report: Report, by: str, second: str) -> None:
    for cut, cuts in ((by, report.cuts), (second, report.second_cuts if by else ())):
        if cut and cut not in cuts:
            raise ReportError(f"{report.name} cannot be cut by “{cut}”; it can by {', '.join(cuts) or 'nothing'}.")
    if by and by == second:
        raise ReportError(f"Two cuts by “{by}” are one.")


def compute(name: str, *, as_of: dt.date, now: dt.datetime, **asked: Any) -> Any:
    """From the raw rows, as of any day: a list of row objects with the report's COLUMNS (of some reports one object).

    `asked` is what Asked holds; ReportError where it cannot be.
    """
    report = REPORTS[name]
    return report.computed(as_of=as_of, now=now, **Asked(**asked).words(report))


def answer(name: str, *, as_of: dt.date | None = None, now: dt.datetime, **asked: Any) -> Any:
    """The same as of today, read from what pages show where that is filled up to today; with `as_of`, computed."""
    today = Installation.get().day_of(now)
    if as_of is None and REPORTS[name].read and rollups.filled_to() == today and not rollups.is_outdated():
        report = REPORTS[name]
        found = report.kept(today=today, **Asked(**asked).words(report))
        if found is not None:
            return found
    return compute(name, as_of=as_of or today, now=now, **asked)


def cohorts(
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
    kind: str = "",
) -> list[dict[str, Any]]:
    """The cohorts whose period overlaps the days from `start` to `end`, counted from the raw rows."""
    found = counting.cohorts(as_of=as_of, now=now, period=period, kind=counting.named_kind(kind))
    return within(found, start, end)


def within(rows: list[dict[str, Any]], start: dt.date | None, end: dt.date | None) -> list[dict[str, Any]]:
    """The cohorts whose period overlaps the days from `start` to `end`."""
    return [row for row in rows if _is_within(named(row["cohort"]), start, end)]


def _is_within(period: Period | None, start: dt.date | None, end: dt.date | None) -> bool:
    return period is not None and not (start and period.last < start) and not (end and period.first > end)


def plain(value: Any) -> Any:
    """A value for JSON: amounts as numbers, days as ISO texts."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, dt.date) else value
