"""How many hours the touch model asks of each owner, what the tiers are worth, and who is overdue for a contact."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncDate

from accounts.models import User
from common import sql
from customers.models import Customer, Interaction

from . import touch
from .models import CustomerTier, Tier, TouchPlan

ROWS = 50
NEVER = dt.date(1, 1, 1)
ZERO = Decimal(0)
MOVEMENT_DAYS = 30


@dataclass
class Load:
    """An owner (None: nobody) with his customers by tier, the hours they ask for and those he has, per month."""

    owner: User | None
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    hours: Decimal = ZERO
    capacity: Decimal = ZERO

    @property
    def over(self) -> Decimal:
        """Hours nobody has."""
        return max(ZERO, self.hours - self.capacity)

    @property
    def within(self) -> Decimal:
        """The hours asked for that there are."""
        return min(self.hours, self.capacity)

    @property
    def share(self) -> Decimal | None:
        """Hours ÷ capacity; None without capacity."""
        return self.hours / self.capacity if self.capacity else None

    @property
    def customers(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Effect:
    """An owner's load now and after a change."""

    owner: User | None
    before: Load
    after: Load

    @property
    def is_worse(self) -> bool:
        """The change asks for hours nobody has."""
        return self.after.over > self.before.over


Counts = Mapping[tuple[int | None, str], int]


def stored_counts() -> Counts:
    """Customers by (owner id, tier) as the last refresh stored them."""
    found = CustomerTier.objects.values_list("customer__owner", "tier").annotate(n=Count("pk")).order_by()
    return {(owner, tier): n for owner, tier, n in found}


def counts_under(plan: TouchPlan, *, as_of: dt.date) -> Counts:
    """The same as it would be under a plan that is not stored."""
    found = touch.judged(plan, as_of=as_of).order_by().values_list("owner", "tier").annotate(n=Count("pk"))
    return {(owner, tier): n for owner, tier, n in found}


def loads(plan: TouchPlan, counts: Counts) -> list[Load]:
    """Every owner of customers, the fullest first; who has no owner at the end, where they ask for hours."""
    owners = User.objects.in_bulk({owner for owner, _tier in counts if owner is not None})
    found = {owner: Load(owners.get(owner), capacity=plan.capacity(owner)) for owner, _tier in counts}
    for (owner, tier), n in counts.items():
        found[owner].counts[tier] += n
        found[owner].hours += n * plan.hours(tier)
    rows = [load for owner, load in found.items() if owner is not None or load.hours]
    return sorted(rows, key=lambda load: (load.owner is None, -(load.share or load.hours), str(load.owner)))


def effects(before: list[Load], after: list[Load]) -> list[Effect]:
    """Now and then side by side, in the order of then; who is in one alone has nothing in the other."""
    was, will = ({load.owner and load.owner.pk: load for load in rows} for rows in (before, after))
    order = [*will, *(owner for owner in was if owner not in will)]
    found = []
    for owner in order:
        then = will.get(owner) or Load(was[owner].owner, capacity=was[owner].capacity)
        found.append(Effect(then.owner, was.get(owner) or Load(then.owner, capacity=then.capacity), then))
    return found


def scale(rows: Iterable[Load]) -> Decimal:
    """What the longest bar stands for, so that bars can be compared."""
    return max((max(load.hours, load.capacity) for load in rows), default=ZERO)


def shortfall(rows: list[Load]) -> Decimal:
    """Hours per month that nobody has."""
    return sum((load.over for load in rows), ZERO)


def moved(counts: Counts, *, source: int | None, target: int | None, tiers: set[str]) -> Counts:
    """The counts after the customers of `source` in these tiers went to `target`."""
    found = dict(counts)
    for tier in tiers:
        n = found.pop((source, tier), 0)
        found[target, tier] = found.get((target, tier), 0) + n
    return found


# --- tiers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class TierFigures:
    """A tier's size and money (historic and predicted LTV, MRR), its hours per month, and who moved lately."""

    tier: str
    label: str
    customers: int
    historic: Decimal
    predicted: Decimal
    mrr: Decimal
    hours: Decimal
    entered: int = 0
    left: int = 0
    by_rules: int = 0


def tiers(plan: TouchPlan, *, as_of: dt.date) -> list[TierFigures]:
    """High, low, tech."""
    sums = {
        "customers": Count("pk"),
        "historic": Coalesce(Sum("customer__score__ltv_historic"), ZERO),
        "predicted": Coalesce(Sum("customer__prediction__ltv_predicted"), ZERO),
        "mrr": Coalesce(Sum("customer__score__mrr"), ZERO),
    }
    rows = [dict(row) for row in CustomerTier.objects.values("tier").annotate(**sums).order_by()]
    found = {row.pop("tier"): row for row in rows}
    since = as_of - dt.timedelta(days=MOVEMENT_DAYS)
    moves = {row.pop("tier"): row for row in sql.rows("segments/sql/touch_movement.sql", {"since": since})}
    return [_figures(plan, tier, found.get(tier.value), moves[tier.value]) for tier in Tier]


def _figures(plan: TouchPlan, tier: Tier, row: dict[str, Any] | None, moves: dict[str, int]) -> TierFigures:
    row = row or {"customers": 0, "historic": ZERO, "predicted": ZERO, "mrr": ZERO}
    return TierFigures(
        tier.value,
        str(tier.label),
        **row,
        hours=row["customers"] * plan.hours(tier),
        entered=moves["entered"],
        left=moves["gone"],
        by_rules=moves["by_rules"],
    )


# --- contact -------------------------------------------------------------------------------


def with_contact(*, zone: ZoneInfo) -> QuerySet[Any]:
    """Tiers with `last_on`, the business day of the last contact anybody wrote down (NEVER without one)."""
    talks = Interaction.objects.filter(customer=OuterRef("customer")).order_by("-occurred_at")
    last = Subquery(talks.values(day=TruncDate("occurred_at", tzinfo=zone))[:1], output_field=DateField())
    return CustomerTier.objects.annotate(last_on=Coalesce(last, Value(NEVER), output_field=DateField()))


def overdue(plan: TouchPlan, *, as_of: dt.date, zone: ZoneInfo) -> QuerySet[Any]:
    """Customers whose last contact is longer ago than their tier allows, with `latest_on`, the day it fell due.

    A contact on day D with an interval of 30 days is in time up to D+30.
    """
    asked = {tier: days for tier in Tier.values if (days := plan.days(tier)) is not None}
    limits = Q()
    for tier, days in asked.items():
        limits |= Q(tier=tier, last_on__lt=as_of - dt.timedelta(days=days))
    return with_contact(zone=zone).filter(limits) if limits else with_contact(zone=zone).none()


def overdue_by_owner(plan: TouchPlan, *, as_of: dt.date, zone: ZoneInfo) -> dict[int | None, int]:
    """How many are overdue, by owner id."""
    rows = overdue(plan, as_of=as_of, zone=zone).values_list("customer__owner").annotate(n=Count("pk")).order_by()
    return dict(rows)


def overdue_page(found: QuerySet[Any], *, after: str = "") -> tuple[list[Any], str]:
    """Some of them, the longest without contact first, after the cursor `day_id`; and the next cursor or ''."""
    day, _sep, last = after.partition("_")
    if last.isascii() and last.isdigit() and len(last) < 19 and (on := _day(day)):
        found = found.filter(Q(last_on__gt=on) | Q(last_on=on, pk__gt=int(last)))
    some = list(found.select_related("customer__owner", "customer__score").order_by("last_on", "pk")[: ROWS + 1])
    shown = some[:ROWS]
    return shown, f"{shown[-1].last_on}_{shown[-1].pk}" if len(some) > ROWS else ""


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


# --- files ---------------------------------------------------------------------------------

LOAD_HEADER = ["owner", "high", "low", "tech", "hours", "capacity", "over"]
TIER_HEADER = ["customer_id", "name", "owner", "tier", "since", "why", "hours", "last_contact_on", "contact_due_on"]


def load_rows(rows: list[Load]) -> Iterator[list[Any]]:
    for load in rows:
        counts = [load.counts.get(tier, 0) for tier in Tier.values]
        yield [str(load.owner or ""), *counts, load.hours, load.capacity, load.over]


def tier_rows(plan: TouchPlan, *, zone: ZoneInfo) -> Iterator[list[Any]]:
    """One a customer, by code."""
    found = with_contact(zone=zone).select_related("customer__owner").order_by("customer__code")
    for one in found.iterator(chunk_size=5000):
        days, last = plan.days(one.tier), None if one.last_on == NEVER else one.last_on
        due = last + dt.timedelta(days=days) if days and last else None
        who: Customer = one.customer
        hours = plan.hours(one.tier)
        yield [who.code, who.name, str(who.owner or ""), one.tier, one.since, one.why, hours, last, due]
