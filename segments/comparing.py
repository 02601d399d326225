"""How a value is compared: one entry an operator, as SQL by the ORM and as Python, from one definition.

Every comparison has two values only: where nothing is known of a customer it is false (or true: `of_unknown`), never
"unknown", so that "not" finds exactly those whom the comparison does not find.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, Value
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    IsNull,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise


@dataclass(frozen=True)
class Span:
    """From `low` to `high`, both in it unless open; None has no end. Numbers or days."""

    low: Any = None
    high: Any = None
    is_open_below: bool = False
    is_open_above: bool = False

    def holds(self, value: Any) -> bool:
        """True where the value lies in it."""
        above = self.low is None or value > self.low or (value == self.low and not self.is_open_below)
        below = self.high is None or value < self.high or (value == self.high and not self.is_open_above)
        return above and below

    def q(self, lhs: Any) -> Q:
        """The same of an expression."""
        found = Q()
        if self.low is not None:
            found &= Q((GreaterThan if self.is_open_below else GreaterThanOrEqual)(lhs, Value(self.low)))
        if self.high is not None:
            found &= Q((LessThan if self.is_open_above else LessThanOrEqual)(lhs, Value(self.high)))
        return found

    def is_empty(self) -> bool:
        """True where no value can lie in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.is_open_below or self.is_open_above))

    def within(self, other: "Span") -> "Span":
        """What both hold."""
        low, below = max(_ends(self.low, self.is_open_below, other.low, other.is_open_below), default=(None, False))
        ends = _ends(self.high, not self.is_open_above, other.high, not other.is_open_above)
        high, above = min(ends, default=(None, True))
        return Span(low, high, below, not above)

    def complement(self) -> tuple["Span", ...]:
        """What it does not hold."""
        below = () if self.low is None else (Span(high=self.low, is_open_above=not self.is_open_below),)
        above = () if self.high is None else (Span(low=self.high, is_open_below=not self.is_open_above),)
        return (*below, *above)


def _ends(one: Any, one_flag: bool, two: Any, two_flag: bool) -> list[tuple[Any, bool]]:
    return [(end, flag) for end, flag in ((one, one_flag), (two, two_flag)) if end is not None]


@dataclass(frozen=True)
class Operator:
    """One way to compare.

    `label` stands in the picker, `words` is a sentence with %(field)s and %(value)s, `takes` names how its value is
    read (values.py). `spans` (numbers, days) or `sql` and `holds` (the rest) say what it finds among known values.
    """

    label: Words
    words: Words
    takes: str
    spans: Callable[[Any, dt.date], tuple[Span, ...]] | None = None
    sql: Callable[[Any, Any], Q] | None = None
    python: Callable[[Any, Any], bool] | None = None
    of_unknown: bool = False

    def q(self, lhs: Any, value: Any, as_of: dt.date) -> Q:
        """Two-valued condition on an expression that may be NULL."""
        if self.takes == "known":  # of the unknown itself
            return Q(IsNull(lhs, value))
        found = Q()
        if self.spans:
            for span in self.spans(value, as_of):
                found |= span.q(lhs)
        elif self.sql:
            found = self.sql(lhs, value)
        return Q(IsNull(lhs, True)) | found if self.of_unknown else Q(IsNull(lhs, False)) & found

    def holds(self, actual: Any, value: Any, as_of: dt.date) -> bool:
        """The same of one value; None is unknown."""
        if self.takes == "known":
            return (actual is None) is value
        if actual is None:
            return self.of_unknown
        if self.spans:
            return any(span.holds(actual) for span in self.spans(value, as_of))
        return self.python is not None and self.python(actual, value)


def _upper(text: str) -> str:
    """Upper case letter by letter, as the database does it: one letter never becomes two."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


def _days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def _back(as_of: dt.date, days: int) -> dt.date:
    """That many days before; the calendar's first day where there is none."""
    return as_of - _days(min(days, (as_of - dt.date.min).days))


def _on(as_of: dt.date, days: int) -> dt.date:
    return as_of + _days(min(days, (dt.date.max - as_of).days))


NUMBER = {
    "gte": Operator(
        _("is at least"), _("%(field)s is at least %(value)s"), "number", spans=lambda value, as_of: (Span(value),)
    ),
    "lte": Operator(
        _("is at most"),
        _("%(field)s is at most %(value)s"),
        "number",
        spans=lambda value, as_of: (Span(high=value),),
    ),
    "eq": Operator(
        _("is exactly"), _("%(field)s is %(value)s"), "number", spans=lambda value, as_of: (Span(value, value),)
    ),
    "ne": Operator(
        _("is anything but"),
        _("%(field)s is anything but %(value)s"),
        "number",
        spans=lambda value, as_of: Span(value, value).complement(),
        of_unknown=True,
    ),
    "gt": Operator(
        _("is more than"),
        _("%(field)s is more than %(value)s"),
        "number",
        spans=lambda value, as_of: (Span(value, is_open_below=True),),
    ),
    "lt": Operator(
        _("is less than"),
        _("%(field)s is less than %(value)s"),
        "number",
        spans=lambda value, as_of: (Span(high=value, is_open_above=True),),
    ),
    "between": Operator(
        _("lies between"),
        _("%(field)s lies between %(value)s"),
        "numbers",
        spans=lambda value, as_of: (Span(value[0], value[1]),),
    ),
}
UNKNOWN = {
    "is_unknown": Operator(_("is known or not"), _("%(field)s %(value)s"), "known"),
}
DATE = {
    "within_last": Operator(
        _("is within the last … days"),
        _("%(field)s is within the last %(value)s"),
        "days",
        spans=lambda value, as_of: (Span(_back(as_of, value - 1), as_of),),
    ),
    "longer_ago": Operator(
        _("is … days or longer ago"),
        _("%(field)s is %(value)s or longer ago"),
        "days",
        spans=lambda value, as_of: (Span(high=_back(as_of, value)),),
    ),
    "within_next": Operator(
        _("is within the next … days"),
        _("%(field)s is within the next %(value)s"),
        "days",
        spans=lambda value, as_of: (Span(as_of, _on(as_of, value)),),
    ),
    "later_than": Operator(
        _("is more than … days ahead"),
        _("%(field)s is more than %(value)s ahead"),
        "days",
        spans=lambda value, as_of: (Span(_on(as_of, value), is_open_below=True),),
    ),
    "from": Operator(
        _("is on or after"), _("%(field)s is %(value)s or later"), "day", spans=lambda value, as_of: (Span(value),)
    ),
    "until": Operator(
        _("is on or before"),
        _("%(field)s is %(value)s or earlier"),
        "day",
        spans=lambda value, as_of: (Span(high=value),),
    ),
    "between": Operator(
        _("lies between"),
        _("%(field)s lies between %(value)s"),
        "two_days",
        spans=lambda value, as_of: (Span(value[0], value[1]),),
    ),
    "passed": Operator(
        _("has passed"),
        _("%(field)s has passed"),
        "nothing",
        spans=lambda value, as_of: (Span(high=as_of, is_open_above=True),),
    ),
    **UNKNOWN,
}
TEXT = {
    "is": Operator(
        pgettext_lazy("text", "is"),
        _("%(field)s is “%(value)s”"),
        "text",
        sql=lambda lhs, value: Q(Exact(lhs, Value(value))),
        python=lambda actual, value: actual == value,
    ),
    "in": Operator(
        _("is one of"),
        _("%(field)s is %(value)s"),
        "texts",
        sql=lambda lhs, value: Q(In(lhs, value)),
        python=lambda actual, value: actual in value,
    ),
    "not_in": Operator(
        _("is none of"),
        _("%(field)s is not %(value)s"),
        "texts",
        sql=lambda lhs, value: ~Q(In(lhs, value)),
        python=lambda actual, value: actual not in value,
        of_unknown=True,
    ),
    "contains": Operator(
        _("contains"),
        _("%(field)s contains %(value)s"),
        "text",
        sql=lambda lhs, value: Q(IContains(lhs, Value(value))),
        python=lambda actual, value: _upper(value) in _upper(actual),
    ),
    "starts": Operator(
        _("begins with"),
        _("%(field)s begins with “%(value)s”"),
        "text",
        sql=lambda lhs, value: Q(IStartsWith(lhs, Value(value))),
        python=lambda actual, value: _upper(actual).startswith(_upper(value)),
    ),
    **UNKNOWN,
}
CHOICE = {
    **{name: replace(TEXT[name], takes="choices") for name in ("in", "not_in")},
    **UNKNOWN,
}
FLAG = {
    "is": Operator(
        pgettext_lazy("flag", "is"),
        _("%(field)s: %(value)s"),
        "flag",
        sql=lambda lhs, value: Q(Exact(lhs, Value(value))),
        python=lambda actual, value: actual is value,
    )
}
TAGS = {
    "any_of": Operator(
        _("has one of"),
        _("%(field)s include %(value)s"),
        "texts",
        sql=lambda lhs, value: Q(tags__overlap=value),
        python=lambda actual, value: bool(set(actual) & set(value)),
    ),
    "all_of": Operator(
        _("has all of"),
        _("%(field)s include all of %(value)s"),
        "texts",
        sql=lambda lhs, value: Q(tags__contains=value),
        python=lambda actual, value: set(value) <= set(actual),
    ),
    "none_of": Operator(
        _("has none of"),
        _("%(field)s include none of %(value)s"),
        "texts",
        sql=lambda lhs, value: ~Q(tags__overlap=value),
        python=lambda actual, value: not set(actual) & set(value),
        of_unknown=True,
    ),
}
SEGMENT = {
    "in": Operator(
        _("is one of"),
        _("in the segment %(value)s"),
        "texts",
        python=lambda actual, value: bool(actual & set(value)),
    ),
    "not_in": Operator(
        _("is none of"),
        _("not in the segment %(value)s"),
        "texts",
        python=lambda actual, value: not actual & set(value),
        of_unknown=True,
    ),
}
ATTRIBUTE = {**TEXT, **{name: NUMBER[name] for name in ("gte", "lte", "between")}}  # a text that may be a number

OPERATORS: dict[str, dict[str, Operator]] = {
    "number": {**NUMBER, **UNKNOWN},
    "money": {**NUMBER, **UNKNOWN},
    "share": {**NUMBER, **UNKNOWN},
    "date": DATE,
    "text": TEXT,
    "choice": CHOICE,
    "flag": FLAG,
    "tags": TAGS,
    "attribute": ATTRIBUTE,
    "segment": SEGMENT,
    "count": NUMBER,  # how often, how much: 0 where there is nothing
}
