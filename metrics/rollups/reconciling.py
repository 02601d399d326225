"""The churn of the newest periods by the other common formulas, all that are due at once."""

import datetime as dt

from django.db.models import Min

from metrics import reconciling
from metrics.models import KeptReport, Spell
from metrics.periods import Period, between

from .rollup import Rollup

REACH = 13  # months: a purchase may change who is active for as long as the longest window


def periods(as_of: dt.date, today: dt.date) -> list[Period]:
    """The newest complete ones since the first day on which somebody was active."""
    first = Spell.objects.aggregate(first=Min("from_on"))["first"]
    found = []
    for months, newest in reconciling.NEWEST.items() if first else ():
        every = between(first, as_of, months)
        found += [one for one in every if one.is_complete(as_of=as_of, today=today)][-newest:]
    return found


def write(periods: list[Period], as_of: dt.date, now: dt.datetime) -> None:
    """Replaces what is kept of these periods."""
    reconciling.keep(periods=periods, as_of=as_of)


def forget(periods: list[Period]) -> None:
    KeptReport.objects.filter(name=reconciling.NAME).exclude(by__in=[one.code for one in periods]).delete()


KINDS = frozenset({"activity", "purchases", "logins", "contracts", "notices"})
ROLLUP = Rollup(reconciling.NAME, KINDS, periods, write, forget, reach=REACH, together=True)
