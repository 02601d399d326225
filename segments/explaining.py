"""Why someone is in a segment or not: each condition with the actual value, and what would change the answer (S5)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from common.templatetags.crm import day
from customers.models import Customer

from . import rules
from .fields import Field
from .models import Segment


@dataclass(frozen=True)
class Reason:
    """One condition of the rule, held against one customer."""

    words: str
    actual: str
    is_met: bool


@dataclass(frozen=True)
class Why:
    """The answer for one customer and one segment."""

    segment: Segment
    is_in: bool
    reasons: list[Reason]
    needed: str

    @property
    def sentence(self) -> str:
        """What would change the answer, or must stay for it not to change."""
        if self.is_in:
            return _("Is in it as long as this stays so: %(what)s") % {"what": self.needed}
        return _("Would be in it if: %(what)s") % {"what": self.needed}


def why(*, customer: Customer, segment: Segment, as_of: dt.date) -> Why:
    """Each condition with its actual value. Raises RuleError."""
    rule = rules.parse(segment.rule)
    himself = Customer.objects.current().filter(pk=customer.pk)
    conditions = rule.conditions()
    actual = himself.values(*{condition.field.path for condition in conditions}).first() or {}
    met = {id(condition): himself.filter(condition.q(as_of)).exists() for condition in conditions}
    reasons = [
        Reason(condition.words(), _shown(condition.field, actual.get(condition.field.path)), met[id(condition)])
        for condition in conditions
    ]
    return Why(segment, himself.filter(rule.q(as_of)).exists(), reasons, _needed(rule, met, is_wanted=True))


def _holds(rule: rules.Rule, met: dict[int, bool]) -> bool:
    if isinstance(rule, rules.Group):
        return (all if rule.is_all else any)(_holds(part, met) for part in rule.parts)
    return not _holds(rule.part, met) if isinstance(rule, rules.Negation) else met[id(rule)]


def _needed(rule: rules.Rule, met: dict[int, bool], *, is_wanted: bool) -> str:
    """What must come true (or stop being true) for the rule to be as wanted; where it is so, what keeps it so."""
    if isinstance(rule, rules.Negation):
        return _needed(rule.part, met, is_wanted=not is_wanted)
    if isinstance(rule, rules.Condition):
        return rule.words() if is_wanted else _("not: %(rule)s") % {"rule": rule.words()}
    needs_every = rule.is_all is is_wanted
    stands = _holds(rule, met) is is_wanted
    # Where all parts must be so, those not yet so are missing; where one suffices, those that are so keep it.
    parts = [part for part in rule.parts if needs_every is stands or (_holds(part, met) is is_wanted) is stands]
    joiner = _(", and ") if needs_every else _(", or ")
    return joiner.join(_needed(part, met, is_wanted=is_wanted) for part in parts)


def _shown(field: Field, value: Any) -> str:
    if value is None or value == "":
        return _("not known")
    if field.kind == "flag":
        return _("yes") if value else _("no")
    if field.kind == "date":
        return day(value)
    if field.kind == "choice":
        return str((field.choices or {}).get(value, value))
    return f"{value:,.2f}".rstrip("0").rstrip(".") if field.kind == "number" else str(value)
