"""Rules nobody can ever fit: refused with the reason, by what the conditions of one "and" leave of each value."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .comparing import Operator, Span
from .rules import Condition, Group, Happened, Leaf, Negation, Rule, RuleError

IN, NOT_IN = {"in", "is", "any_of"}, {"not_in", "none_of"}


def refuse(rule: Rule, *, as_of: dt.date) -> None:
    """Raises RuleError naming the conditions that exclude one another wherever all must hold."""
    for claims in _conjunctions(rule, is_wanted=True):
        _check(list(claims), as_of)


@dataclass(frozen=True)
class _Claim:
    """A condition that must hold, or must not."""

    leaf: Leaf
    is_wanted: bool

    def words(self) -> str:
        return (self.leaf if self.is_wanted else Negation(self.leaf)).words()


def _conjunctions(rule: Rule, *, is_wanted: bool) -> Iterator[Iterable[_Claim]]:
    """What must hold together: of a rule and of every branch of an "or" in it (with what stands around it)."""
    together, branches = _split(rule, is_wanted)
    yield together
    for part, wanted in branches:
        for inner in _conjunctions(part, is_wanted=wanted):
            yield [*together, *inner]


def _split(rule: Rule, is_wanted: bool) -> tuple[list[_Claim], list[tuple[Rule, bool]]]:
    """The conditions that must hold whatever else, and the alternatives beside them."""
    if isinstance(rule, Negation):
        return _split(rule.part, not is_wanted)
    if not isinstance(rule, Group):
        return [_Claim(rule, is_wanted)], []
    if rule.is_all is not is_wanted and len(rule.parts) > 1:
        return [], [(part, is_wanted) for part in rule.parts]
    found = [_split(part, is_wanted) for part in rule.parts]
    return [claim for claims, _rest in found for claim in claims], [one for _claims, rest in found for one in rest]


def _check(claims: list[_Claim], as_of: dt.date) -> None:
    by_subject: dict[Any, list[_Claim]] = {}
    for claim in claims:
        by_subject.setdefault(_subject(claim.leaf), []).append(claim)
    for same in by_subject.values():
        if not _can_hold(same, as_of):
            raise RuleError(_sentence(same))


def _sentence(claims: list[_Claim]) -> str:
    """Which conditions exclude one another, or which can never hold."""
    words = {"conditions": _(" / ").join(dict.fromkeys(claim.words() for claim in claims))}
    if len(claims) == 1:
        return _("Nobody can ever fit: %(conditions)s. Change the value.") % words
    return _("Nobody can fit all of these at once: %(conditions)s. Change or remove one.") % words


def _subject(leaf: Leaf) -> Any:
    """What a condition speaks of: those about one and the same can exclude one another."""
    if isinstance(leaf, Condition):
        return leaf.field.key
    return leaf.occurrence.key, leaf.measure, leaf.period, repr(sorted(leaf.narrowed.items()))


def _can_hold(claims: list[_Claim], as_of: dt.date) -> bool:
    kind = claims[0].leaf.field.kind if isinstance(claims[0].leaf, Condition) else "count"
    checks: dict[str, Callable[[list[_Claim], dt.date], bool]] = {
        "flag": _flags_agree,
        "text": _names_are_left,
        "choice": _names_are_left,
        "tags": _names_agree,
        "segment": _names_agree,
        "attribute": _known_agrees,
    }
    return _known_agrees(claims, as_of) and checks.get(kind, _spans_are_left)(claims, as_of)


def _known_agrees(claims: list[_Claim], as_of: dt.date) -> bool:
    """Not known, and yet of some value."""
    states = {claim.leaf.value is claim.is_wanted for claim in claims if claim.leaf.operator.takes == "known"}
    needs_value = any(_needs_value(claim) for claim in claims)
    return len(states) < 2 and not (True in states and needs_value)


def _needs_value(claim: _Claim) -> bool:
    operator = claim.leaf.operator
    return operator.takes != "known" and operator.of_unknown is not claim.is_wanted


def _flags_agree(claims: list[_Claim], as_of: dt.date) -> bool:
    left: set[bool | None] = {True, False, None}
    for claim in claims:
        left &= {claim.leaf.value} if claim.is_wanted else {not claim.leaf.value, None}
    return bool(left)


def _name(operator: Operator, claim: _Claim) -> str:
    operators = claim.leaf.field.operators if isinstance(claim.leaf, Condition) else {}
    return next((name for name, one in operators.items() if one is operator), "")


def _chosen(claim: _Claim) -> set[Any]:
    return {claim.leaf.value} if isinstance(claim.leaf.value, str) else set(claim.leaf.value)


def _sides(claims: list[_Claim]) -> tuple[list[set[Any]], set[Any]]:
    """The lists one of which each claim allows, and all that is forbidden."""
    allowed: list[set[Any]] = []
    forbidden: set[Any] = set()
    for claim in claims:
        name = _name(claim.leaf.operator, claim)
        if (name in IN) is claim.is_wanted and name in IN | NOT_IN:
            allowed.append(_chosen(claim))
        elif name in IN | NOT_IN:
            forbidden |= _chosen(claim)
    return allowed, forbidden


def _names_are_left(claims: list[_Claim], as_of: dt.date) -> bool:
    """Of what has one value only: something all lists share and none forbids."""
    allowed, forbidden = _sides(claims)
    return not allowed or bool(set.intersection(*allowed) - forbidden)


def _names_agree(claims: list[_Claim], as_of: dt.date) -> bool:
    """Of what may be many: no list may be forbidden whole."""
    allowed, forbidden = _sides(claims)
    return all(one - forbidden for one in allowed)


def _spans_are_left(claims: list[_Claim], as_of: dt.date) -> bool:
    """Some number or day lies within what every condition leaves."""
    left = [_whole(claims[0].leaf)]
    for claim in claims:
        if claim.leaf.operator.spans is None:
            continue
        spans = claim.leaf.operator.spans(claim.leaf.value, as_of)
        left = [one.within(two) for one in left for two in (spans if claim.is_wanted else _outside(spans))]
        left = [one for one in left if not one.is_empty()]
    is_unknown_enough = not any(_needs_value(claim) for claim in claims) and isinstance(claims[0].leaf, Condition)
    return bool(left) or is_unknown_enough


def _outside(spans: tuple[Span, ...]) -> list[Span]:
    """What none of the spans holds."""
    left = [Span()]
    for span in spans:
        left = [one.within(other) for one in left for other in span.complement()]
    return left


def _whole(leaf: Leaf) -> Span:
    """The values there can be at all."""
    if isinstance(leaf, Happened):
        return Span(0)
    return Span(leaf.field.lowest, leaf.field.highest)
