"""The segments every company begins with (PRODUCT.md S4). Names are message ids; the catalogue translates them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from accounts.models import ChurnPolicy, Installation
from customers.models import Contract
from scores.labels import slug
from scores.models import Lifecycle, RfmSegment

from .models import Segment, Tier, TouchPlan

RENEWAL_DAYS = 90


@dataclass(frozen=True)
class ReadyMade:
    """A segment's slug, name, what it is for, and its rule."""

    slug: str
    name: str
    description: str
    rule: dict[str, Any]


def _is(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


_GENERAL = [
    ReadyMade(
        "vip",
        gettext_noop("VIP"),
        gettext_noop("The buyers who bought for the most (M score 5)."),
        _is("m", "eq", 5),
    ),
    ReadyMade(
        "frequent-buyers",
        gettext_noop("Frequent buyers"),
        gettext_noop("The buyers who ordered most often (F score 5)."),
        _is("f", "eq", 5),
    ),
    ReadyMade(
        "first-purchase-only",
        gettext_noop("Bought once"),
        gettext_noop("Ordered once and not again so far."),
        _is("frequency", "eq", 1),
    ),
    ReadyMade(
        "onboarding",
        gettext_noop("Onboarding"),
        gettext_noop("First purchase or contract not long ago (stage “New”)."),
        _is("lifecycle", "in", [Lifecycle.NEW.value]),
    ),
    ReadyMade(
        "dormant",
        gettext_noop("Dormant"),
        gettext_noop("No longer active: dormant, or lapsed for longer."),
        _is("lifecycle", "in", [Lifecycle.DORMANT.value, Lifecycle.LAPSED.value]),
    ),
    ReadyMade(
        "renewal-due",
        gettext_noop("Renewal due"),
        gettext_noop("The deadline for giving notice is within 90 days."),
        {"all": [_is("notice_due_on", "within_next", RENEWAL_DAYS), _is("notice_given_on", "is_unknown", True)]},
    ),
    ReadyMade(
        "cancelled",
        gettext_noop("Cancelled"),
        gettext_noop("No longer under contract."),
        _is("lifecycle", "in", [Lifecycle.CANCELLED.value]),
    ),
]
_RFM = {  # the names are those of scores.models.RfmSegment
    RfmSegment.CHAMPIONS: ("Champions", gettext_noop("Bought lately and often: thank them, invite them first.")),
    RfmSegment.LOYAL_CUSTOMERS: ("Loyal customers", gettext_noop("Buy often: keep them company.")),
    RfmSegment.POTENTIAL_LOYALISTS: (
        "Potential loyalists",
        gettext_noop("Bought lately, a few times: on the way to loyal."),
    ),
    RfmSegment.NEW_CUSTOMERS: ("New customers", gettext_noop("Bought once, just now: make the second time easy.")),
    RfmSegment.PROMISING: ("Promising", gettext_noop("Bought once, a while ago: remind them of what fits.")),
    RfmSegment.NEED_ATTENTION: ("Need attention", gettext_noop("In the middle of everything: a good moment to write.")),
    RfmSegment.ABOUT_TO_SLEEP: ("About to sleep", gettext_noop("Rarely bought, and it has been a while.")),
    RfmSegment.AT_RISK: ("At risk", gettext_noop("Bought often, but long ago: win them back.")),
    RfmSegment.CANT_LOSE_THEM: ("Can't lose them", gettext_noop("Bought most often of all, and stopped: call them.")),
    RfmSegment.HIBERNATING: ("Hibernating", gettext_noop("Rarely bought, long ago.")),
}
_TOUCH = {  # the names are those of segments.models.Tier
    Tier.HIGH: ("High touch", gettext_noop("Looked after in person, by the rules of the touch model.")),
    Tier.LOW: ("Low touch", gettext_noop("Looked after in groups, by the rules of the touch model.")),
    Tier.TECH: ("Tech touch", gettext_noop("Looked after by mail and pages: everybody the rules leave.")),
}
READY_MADE = [
    *_GENERAL,
    *(
        ReadyMade(f"touch-{tier.value}", name, purpose, _is("touch_tier", "in", [tier.value]))
        for tier, (name, purpose) in _TOUCH.items()
    ),
    *(
        ReadyMade(slug(code.value), name, purpose, _is("rfm_segment", "in", [code.value]))
        for code, (name, purpose) in _RFM.items()
    ),
]
NEED_CONTRACTS = {"renewal-due", "cancelled"}
NEED_TOUCH = {f"touch-{tier}" for tier in Tier.values}


ORDERED_ONCE = {"event": "purchase", "measure": "count", "op": "eq", "value": 1}


def rule_of(made: ReadyMade, *, has_window: bool) -> dict[str, Any]:
    """Its rule. With an RFM window the stored number of orders is that of the window: once ever is counted anew."""
    return ORDERED_ONCE if has_window and made.slug == "first-purchase-only" else made.rule


def ensure() -> None:
    """Makes what is missing and brings names and rules up to date; safe to repeat."""
    has_window = Installation.get().rfm_window_days is not None
    have = {segment.slug: segment for segment in Segment.objects.filter(is_ready_made=True)}
    for position, made in enumerate(READY_MADE):
        rule = rule_of(made, has_window=has_window)
        fields = {"name": made.name, "description": made.description, "rule": rule, "position": position}
        segment = have.get(made.slug)
        if segment is None:
            Segment.objects.get_or_create(slug=made.slug, defaults={**fields, "is_ready_made": True})
        elif any(getattr(segment, key) != value for key, value in fields.items()):
            Segment.objects.filter(pk=segment.pk).update(**fields)


def offered() -> set[str]:
    """Slugs the data allow: those about contracts only where there are any (and decide who left), tiers once set."""
    slugs = {made.slug for made in READY_MADE}
    if not TouchPlan.get().rules:
        slugs -= NEED_TOUCH
    if not Contract.objects.exists():
        return slugs - NEED_CONTRACTS
    return slugs - {"cancelled"} if Installation.get().churn_policy == ChurnPolicy.INACTIVITY else slugs
