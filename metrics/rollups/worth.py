"""LTV and repeat buying as they stand today: kept as reports, redone whole when a fact or a score changed."""

import datetime as dt

from metrics import keeping_worth
from metrics.periods import Period

from .rollup import Rollup


def periods(as_of: dt.date, today: dt.date) -> list[Period]:
    """One for all: the month of the day."""
    return [Period(as_of.replace(day=1), 1)]


def write(periods: list[Period], as_of: dt.date, now: dt.datetime) -> None:
    """Replaces all reports."""
    keeping_worth.keep(as_of=as_of, now=now)


ROLLUP = Rollup("worth", frozenset({"purchases", "contracts", "activity", "logins", "values"}), periods, write)
