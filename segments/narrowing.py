"""Which conditions of a segment exclude most: each by itself, and one after another as they stand (S5)."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

from customers.models import Customer

from . import rules
from .counting import limited
from .models import Segment

MOST = 30  # parts counted in one pass
SECONDS = 20  # somebody waits for the page


@dataclass(frozen=True)
class Step:
    """One part of the rule: how many fit it alone, and how many fit it and all parts before."""

    words: str
    alone: int
    left: int
    before: int

    @property
    def lost(self) -> int:
        """How many of those before do not fit it."""
        return self.before - self.left

    @property
    def share(self) -> float:
        """Which part of those before it leaves, 0 to 1."""
        return self.left / self.before if self.before else 0.0


@dataclass(frozen=True)
class Narrowing:
    """From all customers to the segment's, part by part. An "any" is one step: its parts add, they don't exclude."""

    everybody: int
    steps: tuple[Step, ...]

    @property
    def sharpest(self) -> Step | None:
        """The step that loses most."""
        return max(self.steps, key=lambda step: step.lost, default=None)


def narrow(segment: Segment, *, as_of: dt.date) -> Narrowing:
    """Counts in one pass over the customers. Raises RuleError, counting.TooSlowError."""
    rule = rules.parse(segment.rule)
    parts = _parts(rule)[:MOST]
    with rules.inside(segment):
        conditions = [part.q(as_of) for part in parts]
    counts = {"everybody": Count("pk")}
    together = Q()
    for number, condition in enumerate(conditions):
        together = together & condition
        counts[f"alone{number}"] = Count("pk", filter=condition)
        counts[f"left{number}"] = Count("pk", filter=together)
    with limited(min(segment.time_limit, SECONDS)):
        found = Customer.objects.current().order_by().aggregate(**counts)
    left = [found["everybody"], *(found[f"left{number}"] for number in range(len(parts)))]
    steps = [
        Step(part.words(), found[f"alone{number}"], left[number + 1], left[number]) for number, part in enumerate(parts)
    ]
    return Narrowing(found["everybody"], tuple(steps))


def _parts(rule: rules.Rule) -> list[rules.Rule]:
    """What must all hold: the parts of an "and", also of one inside, and of a "none of"."""
    if isinstance(rule, rules.Group) and (rule.is_all or len(rule.parts) == 1):
        return [inner for part in rule.parts for inner in _parts(part)]
    if isinstance(rule, rules.Negation) and isinstance(rule.part, rules.Group) and not rule.part.is_all:
        return [inner for part in rule.part.parts for inner in _parts(rules.Negation(part))]
    if isinstance(rule, rules.Negation) and isinstance(rule.part, rules.Negation):
        return _parts(rule.part.part)
    return [rule]
