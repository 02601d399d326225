"""Why someone is in a segment or not: each condition with the actual value, and what would change the answer (S5)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from common.templatetags.crm import day
from customers.models import Customer

from . import rules
from .comparing import DATE, Span
from .models import Segment


@dataclass(frozen=True)
class Reason:
    """A part of the rule held against one customer: a condition with its value, or a group with its parts."""

    words: str
    is_met: bool
    actual: str = ""
    missing: str = ""  # how far a condition is from being met, or since when it will be by itself
    parts: tuple["Reason", ...] = ()
    is_condition: bool = True

    def conditions(self) -> list["Reason"]:
        """The conditions in it, in their order."""
        return [self] if self.is_condition else [leaf for part in self.parts for leaf in part.conditions()]


@dataclass(frozen=True)
class Why:
    """The answer for one customer and one segment."""

    segment: Segment
    is_in: bool
    tree: Reason
    needed: str

    @property
    def reasons(self) -> list[Reason]:
        """Every condition with its value."""
        return self.tree.conditions()

    @property
    def lines(self) -> list[tuple[int, Reason]]:
        """The tree from above, each part with how deep it stands (at most 5), as a table writes it."""
        return list(_lines(self.tree, 0))

    @property
    def sentence(self) -> str:
        """What would change the answer, or must stay for it not to change."""
        if self.is_in:
            return _("Is in it as long as this stays so: %(what)s") % {"what": self.needed}
        return _("Would be in it if: %(what)s") % {"what": self.needed}


def _lines(reason: Reason, depth: int) -> Iterator[tuple[int, Reason]]:
    yield min(depth, 5), reason
    for part in reason.parts:
        yield from _lines(part, depth + 1)


def why(*, customer: Customer, segment: Segment, as_of: dt.date) -> Why:
    """Each condition with its actual value. Raises RuleError."""
    rule = rules.parse(segment.rule)
    with rules.inside(segment):
        met = _Met(customer.pk, as_of)
        tree = met.reason(rule)
    is_in = tree.is_met and customer.archived_at is None
    return Why(segment, is_in, tree, met.needed(rule, is_wanted=True))


@dataclass
class _Met:
    """One customer's values, each read once."""

    customer: int
    as_of: dt.date
    known: dict[int, Any] = field(default_factory=dict)

    def actual(self, condition: rules.Leaf) -> Any:
        if id(condition) not in self.known:
            self.known[id(condition)] = condition.actual(self.customer, self.as_of)
        return self.known[id(condition)]

    def holds(self, rule: rules.Rule) -> bool:
        if isinstance(rule, rules.Group):
            return (all if rule.is_all else any)(self.holds(part) for part in rule.parts)
        if isinstance(rule, rules.Negation):
            return not self.holds(rule.part)
        return rule.is_met(self.actual(rule), self.as_of)

    def reason(self, rule: rules.Rule) -> Reason:
        """The tree with values and verdicts."""
        if isinstance(rule, rules.Group):
            words = _("All of these") if rule.is_all else _("At least one of these")
            parts = tuple(self.reason(part) for part in rule.parts)
            return Reason(words, self.holds(rule), parts=parts, is_condition=False)
        if isinstance(rule, rules.Negation):
            parts = (self.reason(rule.part),)
            return Reason(_("Not so"), self.holds(rule), parts=parts, is_condition=False)
        actual, is_met = self.actual(rule), self.holds(rule)
        missing = "" if is_met else _missing(rule, actual, self.as_of)
        return Reason(rule.words(), is_met, rule.shown(actual), missing, self._nested(rule))

    def _nested(self, rule: rules.Leaf) -> tuple[Reason, ...]:
        """Of a segment inside: its own conditions."""
        if not isinstance(rule, rules.Condition) or rule.field.key != rules.SEGMENT.key:
            return ()
        found = []
        for segment in (rules.named(slug) for slug in rule.value):
            if not segment.is_frozen:
                with rules.inside(segment):
                    found.append(self.reason(rules.parse(segment.rule)))
        return tuple(found)

    def needed(self, rule: rules.Rule, *, is_wanted: bool) -> str:
        """What must come true (or stop being true) for the rule to be as wanted; where it is so, what keeps it so."""
        if isinstance(rule, rules.Negation):
            return self.needed(rule.part, is_wanted=not is_wanted)
        if not isinstance(rule, rules.Group):
            return self._leaf_needed(rule, is_wanted)
        needs_every = rule.is_all is is_wanted
        stands = self.holds(rule) is is_wanted
        # Where all parts must be so, those not yet so are missing; where one suffices, those that are so keep it.
        parts = [part for part in rule.parts if needs_every is stands or (self.holds(part) is is_wanted) is stands]
        joiner = _(", and ") if needs_every else _(", or ")
        return joiner.join(self.needed(part, is_wanted=is_wanted) for part in parts)

    def _leaf_needed(self, rule: rules.Leaf, is_wanted: bool) -> str:
        if not is_wanted:
            return _("not: %(rule)s") % {"rule": rule.words()}
        missing = "" if self.holds(rule) else _missing(rule, self.actual(rule), self.as_of)
        return _("%(rule)s (%(missing)s)") % {"rule": rule.words(), "missing": missing} if missing else rule.words()


def _missing(rule: rules.Leaf, actual: Any, as_of: dt.date) -> str:
    """How far a figure is from what is asked, or the day from which a condition holds without anybody's doing."""
    if actual is None or rule.operator.spans is None:
        return ""
    if isinstance(actual, dt.date):
        due = _by_itself(rule, actual, as_of)
        return _("by itself from %(day)s on") % {"day": day(due)} if due else ""
    if isinstance(actual, Decimal | int):
        return _distance(rule, Decimal(actual), rule.operator.spans(rule.value, as_of))
    return ""


def _by_itself(rule: rules.Leaf, actual: dt.date, as_of: dt.date) -> dt.date | None:
    days = rule.value if isinstance(rule.value, int) else 1
    due = {
        DATE["longer_ago"]: lambda: actual + dt.timedelta(days=days),
        DATE["within_next"]: lambda: actual - dt.timedelta(days=days),
        DATE["passed"]: lambda: actual + dt.timedelta(days=1),
    }
    wait = next((found for operator, found in due.items() if rule.operator is operator), None)
    try:
        found = wait() if wait else None
    except OverflowError:
        return None
    return found if found and found > as_of else None


def _distance(rule: rules.Leaf, actual: Decimal, spans: tuple[Span, ...]) -> str:
    """Of one span with an end that is reached: how much more or less."""
    if len(spans) != 1 or spans[0].is_open_below or spans[0].is_open_above:
        return ""
    low, high = spans[0].low, spans[0].high
    if low is not None and actual < low:
        return _("%(figure)s more") % {"figure": rule.shown(low - actual)}
    return _("%(figure)s less") % {"figure": rule.shown(actual - high)} if high is not None and actual > high else ""
