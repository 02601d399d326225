"""A segment's rule: JSON → checked tree → Q, and the same in words.

{"all": [{"field": "lifecycle", "op": "in", "value": ["dormant", "lapsed"]},
         {"event": "purchase", "measure": "count", "op": "gte", "value": 2, "period": {"last_days": 90},
          "where": {"product": ["Tea cup"]}},
         {"any": [...]}, {"not": {...}}]}
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import fields, values
from .comparing import NUMBER, Operator
from .conditions import Condition, Happened, Leaf, RuleError
from .fields import Field
from .models import Membership, Segment
from .occurrences import OCCURRENCES, Occurrence, Period

__all__ = ["Condition", "Group", "Happened", "Leaf", "Negation", "Rule", "RuleError", "find", "parse", "segments_named"]

DEEPEST = 10
MOST_CONDITIONS = 200


@dataclass(frozen=True)
class Group:
    """Several rules of which all, or any, must hold."""

    is_all: bool
    parts: tuple["Rule", ...]

    def q(self, as_of: dt.date) -> Q:
        whole = self.parts[0].q(as_of)
        for part in self.parts[1:]:
            whole = whole & part.q(as_of) if self.is_all else whole | part.q(as_of)
        return whole

    def words(self) -> str:
        joiner = _(", and ") if self.is_all else _(", or ")
        return joiner.join(
            f"({p.words()})" if isinstance(p, Group) and len(self.parts) > 1 else p.words() for p in self.parts
        )

    def holds(self, customer: int, as_of: dt.date) -> bool:
        return (all if self.is_all else any)(part.holds(customer, as_of) for part in self.parts)

    def conditions(self) -> list[Leaf]:
        return [condition for part in self.parts for condition in part.conditions()]


@dataclass(frozen=True)
class Negation:
    """A rule that must not hold."""

    part: "Rule"

    def q(self, as_of: dt.date) -> Q:
        return ~self.part.q(as_of)

    def words(self) -> str:
        words = _("not (%(rule)s)") if isinstance(self.part, Group) else _("not: %(rule)s")
        return words % {"rule": self.part.words()}

    def holds(self, customer: int, as_of: dt.date) -> bool:
        return not self.part.holds(customer, as_of)

    def conditions(self) -> list[Leaf]:
        return self.part.conditions()


Rule = Leaf | Group | Negation


# --- reading ---------------------------------------------------------------------------------------


def parse(rule: Any) -> Rule:
    """Checks a rule's JSON whole, without the database. Raises RuleError with a sentence for people."""
    found = _parse(rule, 0)
    if len(found.conditions()) > MOST_CONDITIONS:
        raise RuleError(_("A rule has more than 200 conditions: make segments of its parts and combine those."))
    return found


def _parse(rule: Any, depth: int) -> Rule:
    if depth > DEEPEST:
        raise RuleError(_("Groups lie more than ten deep in one another: take a few out."))
    if not isinstance(rule, dict) or not rule:
        raise RuleError(_("A condition is missing."))
    keys = set(rule)
    if keys == {"not"}:
        return Negation(_parse(rule["not"], depth + 1))
    if keys in ({"all"}, {"any"}):
        return _group(rule, depth)
    if keys == {"field", "op", "value"}:
        return _condition(rule)
    if {"event", "measure", "op", "value"} <= keys <= {"event", "measure", "op", "value", "period", "where"}:
        return _happened(rule)
    names = ", ".join(sorted(map(str, keys)))
    raise RuleError(_("A rule has parts nobody knows: %(parts)s.") % {"parts": _brief(names)})


def _brief(what: Any) -> str:
    """What someone wrote, short enough for a sentence."""
    return str(what).encode(errors="replace").decode().replace("\0", " ")[:60]


def _group(rule: dict, depth: int) -> Group:
    ((word, parts),) = rule.items()
    if not isinstance(parts, list) or not parts:
        raise RuleError(_("A group of conditions is empty: add a condition, or remove the group."))
    return Group(word == "all", tuple(_parse(part, depth + 1) for part in parts))


def _condition(rule: dict) -> Condition:
    found = find(rule["field"])
    if found is None:
        raise RuleError(_("There is no field “%(field)s”: choose another.") % {"field": _brief(rule["field"])})
    operator = found.operators.get(rule["op"]) if isinstance(rule["op"], str) else None
    if operator is None:
        words = {"field": found.label, "op": _brief(rule["op"])}
        raise RuleError(_("“%(field)s” cannot be compared by “%(op)s”.") % words)
    return Condition(found, operator, _value(str(found.label), operator.takes, rule["value"], found.choices))


def _value(label: str, takes: str, value: Any, choices: dict | None = None) -> Any:
    try:
        return values.read(takes, value, choices)
    except values.UnusableError as refused:
        raise RuleError(_("“%(field)s”: %(problem)s.") % {"field": label, "problem": refused}) from refused


def _happened(rule: dict) -> Happened:
    occurrence = OCCURRENCES.get(rule["event"]) if isinstance(rule["event"], str) else None
    if occurrence is None:
        raise RuleError(_("There is no event “%(event)s”: choose another.") % {"event": _brief(rule["event"])})
    label = str(occurrence.label)
    measure = rule["measure"]
    if not isinstance(measure, str) or measure not in occurrence.measures:
        words = {"event": label, "measure": _brief(measure)}
        raise RuleError(_("“%(event)s” cannot be measured by “%(measure)s”.") % words)
    operator = NUMBER.get(rule["op"]) if isinstance(rule["op"], str) else None
    if operator is None:
        raise RuleError(_("“%(field)s” cannot be compared by “%(op)s”.") % {"field": label, "op": _brief(rule["op"])})
    value = _value(label, operator.takes, rule["value"])
    period = _period(label, rule.get("period"))
    return Happened(occurrence, measure, operator, value, period, _narrowed(occurrence, rule.get("where")))


def _period(label: str, given: Any) -> Period:
    if given is None or given == {}:
        return Period()
    if isinstance(given, dict) and set(given) == {"last_days"}:
        return Period(last_days=_value(label, "days", given["last_days"]))
    if not isinstance(given, dict) or not set(given) <= {"from", "to"}:
        raise RuleError(_("“%(field)s”: the period cannot be read.") % {"field": label})
    first, last = (_value(label, "day", given[end]) if end in given else None for end in ("from", "to"))
    if first and last and first > last:
        raise RuleError(_("“%(field)s”: the first day lies after the second: swap them.") % {"field": label})
    return Period(first=first, last=last)


def _narrowed(occurrence: Occurrence, given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not set(given) <= set(occurrence.narrowings):
        words = {"event": occurrence.label, "what": _brief(given)}
        raise RuleError(_("“%(event)s” cannot be narrowed by “%(what)s”.") % words)
    found = {key: occurrence.narrowings[key] for key in given}
    return {key: _value(str(one.label), one.takes, given[key], one.choices) for key, one in found.items()}


# --- one segment inside another ----------------------------------------------------------------------

_inside: ContextVar[tuple[str, ...]] = ContextVar("segments whose rules are being written out", default=())


@contextmanager
def inside(segment: Segment) -> Iterator[None]:
    """While a segment's rule is written out. Raises RuleError where that segment is being written out already."""
    way = _inside.get()
    if segment.slug in way:
        names = dict(Segment.everything.filter(slug__in=way).values_list("slug", "name"))
        circle = [names.get(slug, slug) for slug in way[way.index(segment.slug) :]] + [segment.name]
        raise RuleError(
            _("The segments go round in a circle: %(names)s. Take one of them out of the other's rule.")
            % {"names": " → ".join(circle)}
        )
    token = _inside.set((*way, segment.slug))
    try:
        yield
    finally:
        _inside.reset(token)


class _InSegment:
    """In one of some segments: by their rules, so that no order of refreshing matters; frozen ones by their members."""

    def q(self, operator: Operator, value: list[str], as_of: dt.date) -> Q:
        whole = Q()
        for slug in value:
            whole |= self._one(named(slug), as_of)
        return ~whole if operator.of_unknown else whole

    def _one(self, segment: Segment, as_of: dt.date) -> Q:
        if segment.is_frozen:
            stays = Membership.objects.filter(segment=segment, left_on=None, customer=OuterRef("pk"))
            return Q(Exists(stays))
        with inside(segment):
            return parse(segment.rule).q(as_of)

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> set[str]:
        """Those of the segments asked for that the customer is in."""
        return {slug for slug in asked if self._holds(named(slug), customer, as_of)}

    def _holds(self, segment: Segment, customer: int, as_of: dt.date) -> bool:
        if segment.is_frozen:
            return segment.memberships.filter(customer=customer, left_on=None).exists()
        with inside(segment):
            return parse(segment.rule).holds(customer, as_of)


def named(slug: str) -> Segment:
    """The segment a rule names. Raises RuleError where it is gone."""
    segment = Segment.objects.filter(slug=slug).first()
    if segment is None:
        raise RuleError(_("The segment “%(name)s” is gone: choose another.") % {"name": slug})
    return segment


def _segments() -> dict[str, str]:
    return {segment.slug: str(segment) for segment in Segment.objects.all()}


SEGMENT = Field("segment", gettext_lazy("Segment"), "segment", "segment", _InSegment(), options=_segments)


def find(key: Any) -> Field | None:
    """The field of that key."""
    return SEGMENT if key == SEGMENT.key else fields.find(key)


def segments_named(rule: Rule) -> set[str]:
    """The slugs of the segments a rule builds on."""
    found: set[str] = set()
    for one in rule.conditions():
        if isinstance(one, Condition) and one.field.key == SEGMENT.key:
            found |= set(one.value)
        elif isinstance(one, Happened):
            found |= set(one.narrowed.get("segment", []))
    return found
