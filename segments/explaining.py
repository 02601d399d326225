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

    @property
    def sentence(self) -> str:
        """What would change the answer."""
        wanted = [reason.words for reason in self.reasons if reason.is_met is self.is_in]
        if self.is_in:
            return _("Is in it as long as this stays so: %(what)s") % {"what": _(", and ").join(wanted)}
        return _("Would be in it if: %(what)s") % {"what": _(", and ").join(wanted)}


def why(*, customer: Customer, segment: Segment, as_of: dt.date) -> Why:
    """Each condition with its actual value. Raises RuleError."""
    rule = rules.parse(segment.rule)
    himself = Customer.objects.current().filter(pk=customer.pk)
    conditions = rule.conditions()
    actual = himself.values(*{condition.field.path for condition in conditions}).first() or {}
    reasons = [
        Reason(
            condition.words(),
            _shown(condition.field, actual.get(condition.field.path)),
            himself.filter(condition.q(as_of)).exists(),
        )
        for condition in conditions
    ]
    return Why(segment, himself.filter(rule.q(as_of)).exists(), reasons)


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
