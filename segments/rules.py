"""A segment's rule: JSON → checked tree → Q, and the same in words.

{"all": [{"field": "lifecycle", "op": "in", "value": ["dormant", "lapsed"]}, {"any": [...]}, {"not": {...}}]}
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from .fields import FIELDS, OPERATORS, Field, Operator, value_in_words

DEEPEST = 10


class RuleError(ValueError):
    """The rule cannot be read; the sentence says where and why."""


@dataclass(frozen=True)
class Condition:
    """One comparison of one field."""

    field: Field
    operator: Operator
    value: Any

    def q(self, as_of: dt.date) -> Q:
        return self.operator.condition(self.field.path, self.value, as_of)

    def words(self) -> str:
        value = value_in_words(self.field, self.operator.takes, self.value)
        return str(self.operator.words) % {"field": self.field.label, "value": value}

    def conditions(self) -> list["Condition"]:
        return [self]


@dataclass(frozen=True)
class Group:
    """Several rules of which all, or any, must hold."""

    is_all: bool
    parts: tuple["Rule", ...]

    def q(self, as_of: dt.date) -> Q:
        whole = Q()
        for part in self.parts:
            whole = whole & part.q(as_of) if self.is_all else whole | part.q(as_of)
        return whole

    def words(self) -> str:
        joiner = _(", and ") if self.is_all else _(", or ")
        return joiner.join(
            f"({p.words()})" if isinstance(p, Group) and len(self.parts) > 1 else p.words() for p in self.parts
        )

    def conditions(self) -> list[Condition]:
        return [condition for part in self.parts for condition in part.conditions()]


@dataclass(frozen=True)
class Negation:
    """A rule that must not hold."""

    part: "Rule"

    def q(self, as_of: dt.date) -> Q:
        return ~self.part.q(as_of)

    def words(self) -> str:
        return _("not: %(rule)s") % {"rule": self.part.words()}

    def conditions(self) -> list[Condition]:
        return self.part.conditions()


Rule = Condition | Group | Negation


def parse(rule: Any, depth: int = 0) -> Rule:
    """Checks a rule's JSON whole. Raises RuleError with a sentence for people."""
    if not isinstance(rule, dict) or depth > DEEPEST:
        raise RuleError(_("A rule is missing, or groups lie too deep in one another."))
    keys = set(rule)
    if keys == {"not"}:
        return Negation(parse(rule["not"], depth + 1))
    if keys in ({"all"}, {"any"}):
        return _group(rule, depth)
    if keys == {"field", "op", "value"}:
        return _condition(rule)
    raise RuleError(_("A rule has parts nobody knows: %(parts)s.") % {"parts": ", ".join(sorted(map(str, keys)))})


def _group(rule: dict, depth: int) -> Group:
    ((word, parts),) = rule.items()
    if not isinstance(parts, list) or not parts:
        raise RuleError(_("A group of conditions is empty."))
    return Group(word == "all", tuple(parse(part, depth + 1) for part in parts))


def _condition(rule: dict) -> Condition:
    field = FIELDS.get(rule["field"]) if isinstance(rule["field"], str) else None
    if field is None:
        raise RuleError(_("There is no field “%(field)s”.") % {"field": rule["field"]})
    operator = OPERATORS[field.kind].get(rule["op"]) if isinstance(rule["op"], str) else None
    if operator is None:
        raise RuleError(_("“%(field)s” cannot be compared by “%(op)s”.") % {"field": field.label, "op": rule["op"]})
    return Condition(field, operator, _value(field, operator, rule["value"]))


def _value(field: Field, operator: Operator, value: Any) -> Any:
    reads = {"number": _number, "days": _days, "day": _day, "text": _text, "flag": _flag, "choices": _choices}
    try:
        return reads[operator.takes](field, value)
    except (TypeError, ValueError, InvalidOperation) as error:
        raise RuleError(
            _("“%(value)s” is no value for “%(field)s”.") % {"value": value, "field": field.label}
        ) from error


def _number(field: Field, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValueError
    return number


def _days(field: Field, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 36_500:
        raise ValueError
    return value


def _day(field: Field, value: Any) -> dt.date:
    return dt.date.fromisoformat(value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 200 or "\0" in value:
        raise ValueError
    return value


def _flag(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _choices(field: Field, value: Any) -> list[str]:
    known = field.choices or {}
    if not isinstance(value, list) or not value or any(not isinstance(one, str) or one not in known for one in value):
        raise ValueError
    return value
