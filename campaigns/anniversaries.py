"""By a date of the customer: whose day it is, some days or months before or after. Pure.

What is looked for is turned round: which dates, moved by the rule, fall on this day. "One month before" 28, 29, 30 and
31 March is 28 February alike, so nobody is left out at the end of a month; who was born on 29 February has his day on
28 February in years without one.
"""

import calendar
import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MOST_DAYS = 366  # before or after
MOST_MONTHS = 24


@dataclass(frozen=True)
class Date:
    """A date of customers that may let them in."""

    key: str
    label: Promise
    is_yearly: bool = False  # it comes again every year


DATES = {
    date.key: date
    for date in (
        Date("birth_on", pgettext_lazy("date of a customer", "birthday"), is_yearly=True),
        Date("joined_on", _("day he joined")),
        Date("joined_yearly", _("anniversary of joining"), is_yearly=True),
        Date("renews_on", _("renewal of the contract")),
        Date("notice_on", _("deadline of notice")),
        Date("ends_on", _("last day of the contract")),
    )
}


@dataclass(frozen=True)
class Rule:
    """Which date, and how far from it: below 0 before it, above 0 after it. Days or months, not both."""

    date: str
    days: int = 0
    months: int = 0

    @classmethod
    def read(cls, stored: dict) -> "Rule":
        """From Campaign.trigger_rule. Raises ValueError where it is none."""
        rule = cls(str(stored.get("field", "")), int(stored.get("days") or 0), int(stored.get("months") or 0))
        if rule.date not in DATES or (rule.days and rule.months):
            raise ValueError(f"no rule of a date: {stored}")
        if abs(rule.days) > MOST_DAYS or abs(rule.months) > MOST_MONTHS:
            raise ValueError(f"too far from the date: {stored}")
        return rule

    def moved(self, day: dt.date) -> dt.date:
        """When it is the turn of someone whose date is `day`."""
        return add_months(day, self.months) + dt.timedelta(days=self.days)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or that month's last."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def turned(rule: Rule, day: dt.date) -> list[dt.date]:
    """Every date whose turn it is on `day`; none or up to four."""
    near = add_months(day - dt.timedelta(days=rule.days), -rule.months)
    around = [near + dt.timedelta(days=ahead) for ahead in range(-4, 5)]
    return [date for date in around if rule.moved(date) == day]


def month_days(dates: list[dt.date]) -> list[int]:
    """For what comes again every year: 100 × month + day of whoever has one of `dates` as anniversary."""
    found = {100 * date.month + date.day for date in dates}
    is_moved = any((date.month, date.day) == (2, 28) and not calendar.isleap(date.year) for date in dates)
    return sorted(found | ({229} if is_moved else set()))
