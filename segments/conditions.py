"""The conditions of a rule: a field compared, or how often something happened. As Q, against one customer, in words."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from . import values
from .comparing import NUMBER, Operator
from .fields import Field
from .occurrences import Occurrence, Period


class RuleError(ValueError):
    """The rule cannot be read; the sentence says where and why, and what to do."""


@dataclass(frozen=True)
class Condition:
    """One comparison of one field."""

    field: Field
    operator: Operator
    value: Any

    def q(self, as_of: dt.date) -> Q:
        return self.field.source.q(self.operator, self.value, as_of)

    def actual(self, customer: int, as_of: dt.date) -> Any:
        """The customer's value; None where it is not known."""
        return self.field.source.actual(customer, as_of, self.value)

    def is_met(self, actual: Any, as_of: dt.date) -> bool:
        """The comparison in Python."""
        if self.field.kind == "attribute" and self.operator in NUMBER.values():
            actual = values.number_in(actual)
        return self.operator.holds(actual, self.value, as_of)

    def shown(self, actual: Any) -> str:
        return self.field.shown(actual)

    def words(self) -> str:
        value = values.in_words(self.operator.takes, self.value, self.field.kind, self.field.labels)
        return str(self.operator.words) % {"field": self.field.label, "value": value}

    def holds(self, customer: int, as_of: dt.date) -> bool:
        return self.is_met(self.actual(customer, as_of), as_of)

    def conditions(self) -> list["Leaf"]:
        return [self]


@dataclass(frozen=True)
class Happened:
    """How often or how much of something happened within a period."""

    occurrence: Occurrence
    measure: str
    operator: Operator
    value: Any
    period: Period
    narrowed: dict[str, Any] = field(default_factory=dict)

    def _figure(self, as_of: dt.date) -> Any:
        return self.occurrence.figure(self.measure, self.period, self.narrowed, as_of)

    def q(self, as_of: dt.date) -> Q:
        return self._figure(as_of).q(self.operator, self.value, as_of)

    def actual(self, customer: int, as_of: dt.date) -> Any:
        """The customer's figure; 0 where nothing happened."""
        return self._figure(as_of).actual(customer, as_of)

    def is_met(self, actual: Any, as_of: dt.date) -> bool:
        """The comparison in Python."""
        return self.operator.holds(actual, self.value, as_of)

    def shown(self, actual: Any) -> str:
        return self._with_unit(values.figure(actual, self._unit))

    @property
    def _unit(self) -> str:
        return self.occurrence.measures[self.measure].unit

    def _with_unit(self, text: str) -> str:
        words = {
            "times": pgettext("times", "%(n)s"),
            "days": pgettext("days", "%(n)s"),
            "people": pgettext("people", "%(n)s"),
            "pieces": pgettext("pieces", "%(n)s"),
        }
        return words[self._unit] % {"n": text} if self._unit in words else text

    def words(self) -> str:
        names = {"period": _period_words(self.period), "where": self._where_words()}
        if self._is_never():
            return _("No “%(event)s” %(period)s%(where)s") % {"event": self.occurrence.label, **names}
        measure = self.occurrence.measures[self.measure].label
        what = _("%(measure)s %(period)s%(where)s") % {"measure": measure, **names}
        return str(_COMPARED[self._compared]) % {"what": what, "value": self._value_words()}

    @property
    def _compared(self) -> str:
        return next(key for key, operator in NUMBER.items() if operator is self.operator)

    def _is_never(self) -> bool:
        is_none = [self.operator.holds(number, self.value, dt.date.min) for number in (0, 1, 10**9)]
        return is_none == [True, False, False] and self.measure == "count"

    def _value_words(self) -> str:
        if self.operator.takes != "numbers":
            return self._with_unit(values.figure(self.value, self._unit))
        low, high = (self._with_unit(values.figure(one, self._unit)) for one in self.value)
        return _("%(low)s and %(high)s") % {"low": low, "high": high}

    def _where_words(self) -> str:
        texts = [self._narrowing_words(key, value) for key, value in self.narrowed.items()]
        return _(" (%(what)s)") % {"what": _("; ").join(texts)} if texts else ""

    def _narrowing_words(self, key: str, value: Any) -> str:
        narrowing = self.occurrence.narrowings[key]
        shown = values.in_words(narrowing.takes, value, "", narrowing.labels)
        shown = values.listed([shown]) if narrowing.takes == "text" else shown
        return _("%(label)s: %(value)s") % {"label": narrowing.label, "value": shown}

    def holds(self, customer: int, as_of: dt.date) -> bool:
        return self.is_met(self.actual(customer, as_of), as_of)

    def conditions(self) -> list["Leaf"]:
        return [self]


_COMPARED: dict[str, str | Promise] = {
    "gte": gettext_lazy("%(what)s: at least %(value)s"),
    "lte": gettext_lazy("%(what)s: at most %(value)s"),
    "eq": gettext_lazy("%(what)s: exactly %(value)s"),
    "ne": gettext_lazy("%(what)s: anything but %(value)s"),
    "gt": gettext_lazy("%(what)s: more than %(value)s"),
    "lt": gettext_lazy("%(what)s: less than %(value)s"),
    "between": gettext_lazy("%(what)s: between %(value)s"),
}


def _period_words(period: Period) -> str:
    if period.last_days is not None:
        return _("in the last %(days)s") % {"days": values.days(period.last_days)}
    if period.first and period.last:
        return _("from %(first)s to %(last)s") % {
            "first": values.day(period.first),
            "last": values.day(period.last),
        }
    if period.first:
        return _("since %(first)s") % {"first": values.day(period.first)}
    return _("until %(last)s") % {"last": values.day(period.last)} if period.last else _("so far")


Leaf = Condition | Happened
