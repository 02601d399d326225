"""The touch model (PRODUCT.md S8): rules put every customer into high, low or tech touch, day by day.

Criteria stand in one registry, CRITERIA: a further one (health, once it is computed) is one more entry.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import Installation, User
from common import sql
from common.templatetags.crm import money, number
from customers.models import Customer

from .models import CustomerTier, PastTier, Tier, TierOverride, TouchPlan

MOST_RULES = 20
_WANTED = "CREATE TEMP TABLE touch_wanted AS SELECT customer_id, tier, is_by_hand"


@dataclass(frozen=True)
class Criterion:
    """Something a rule may ask: `takes` money, percent, days or yes_no; as a condition and in words (also for "no")."""

    key: str
    label: str | Promise
    takes: str
    q: Callable[[Any, dt.date], Q]
    words: str | Promise
    words_no: str | Promise = ""


def _renews_within(days: Any, as_of: dt.date) -> Q:
    return Q(score__renews_on__gte=as_of, score__renews_on__lte=as_of + dt.timedelta(days=int(days)))


# `ltv` is annotated: predicted LTV, the historic one where there is no prediction. Until health is computed, the risk
# of leaving stands for it.
CRITERIA: dict[str, Criterion] = {
    one.key: one
    for one in [
        Criterion(
            "ltv_at_least",
            gettext_lazy("LTV at least"),
            "money",
            lambda value, as_of: Q(ltv__gte=Decimal(str(value))),
            gettext_lazy("LTV is at least %(value)s"),
        ),
        Criterion(
            "mrr_at_least",
            gettext_lazy("MRR at least"),
            "money",
            lambda value, as_of: Q(score__mrr__gte=Decimal(str(value))),
            gettext_lazy("MRR is at least %(value)s"),
        ),
        Criterion(
            "risk_at_least",
            gettext_lazy("Churn risk at least (%)"),
            "percent",
            lambda value, as_of: Q(prediction__churn_risk__gte=float(value) / 100),
            gettext_lazy("churn risk is at least %(value)s%%"),
        ),
        Criterion(
            "risk_at_most",
            gettext_lazy("Churn risk at most (%)"),
            "percent",
            lambda value, as_of: Q(prediction__churn_risk__lte=float(value) / 100),
            gettext_lazy("churn risk is at most %(value)s%%"),
        ),
        Criterion(
            "renews_within",
            gettext_lazy("Renewal within (days)"),
            "days",
            _renews_within,
            gettext_lazy("renewal is within %(value)s days"),
        ),
        Criterion(
            "is_signed",
            gettext_lazy("Under contract"),
            "yes_no",
            lambda value, as_of: Q(score__contract_started_on__isnull=value == "no"),
            gettext_lazy("is under contract"),
            gettext_lazy("is not under contract"),
        ),
        Criterion(
            "is_active",
            gettext_lazy("Active"),
            "yes_no",
            lambda value, as_of: Q(score__is_active=value == "yes"),
            gettext_lazy("is active"),
            gettext_lazy("is not active"),
        ),
    ]
}


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """The criteria of a rule as one sentence, in the order of CRITERIA."""
    asked = rule["criteria"]
    parts = [_in_words(one, asked[key]) for key, one in CRITERIA.items() if key in asked]
    return str(_(", and ")).join(parts)


def _in_words(criterion: Criterion, value: Any) -> str:
    if criterion.takes == "yes_no":
        return str(criterion.words if value == "yes" else criterion.words_no)
    figure = Decimal(str(value))
    return str(criterion.words) % {"value": money(figure) if criterion.takes == "money" else number(float(figure))}


# --- who is in which tier ------------------------------------------------------------------


def judged(plan: TouchPlan, *, as_of: dt.date) -> QuerySet[Any]:
    """Every current customer with scores, annotated with `tier` under that plan and `is_by_hand`."""
    by_hand = Q(tier_override__isnull=False) & (
        Q(tier_override__until__isnull=True) | Q(tier_override__until__gte=as_of)
    )
    cases = [When(condition(rule, as_of=as_of), then=Value(rule["tier"])) for rule in plan.rules]
    return (
        Customer.objects.current()
        .filter(score__isnull=False)
        .alias(ltv=Coalesce("prediction__ltv_predicted", "score__ltv_historic"))
        .annotate(
            tier=Case(
                When(by_hand, then=F("tier_override__tier")),
                *cases,
                default=Value(Tier.TECH.value),
                output_field=CharField(),
            ),
            is_by_hand=Case(When(by_hand, then=Value(True)), default=Value(False)),
        )
    )


def condition(rule: Mapping[str, Any], *, as_of: dt.date) -> Q:
    """All criteria of a rule; KeyError for one nobody knows."""
    found = Q()
    for key, value in rule["criteria"].items():
        found &= CRITERIA[key].q(value, as_of)
    return found


@transaction.atomic
def refresh(*, as_of: dt.date, why: CustomerTier.Why = CustomerTier.Why.FACTS, only: Customer | None = None) -> int:
    """Stores who is in which tier on `as_of`; safe to repeat. Returns how many have one; nobody while no model is set.

    `only`: nobody but this customer.
    """
    plan = TouchPlan.get()
    if not plan.rules and not CustomerTier.objects.exists():
        return 0
    wanted = judged(plan, as_of=as_of) if only is None else judged(plan, as_of=as_of).filter(pk=only.pk)
    if not plan.rules:
        wanted = wanted.filter(pk=0)  # the model was taken back: everybody leaves his tier
    found, params = wanted.order_by().values_list("pk", "tier", "is_by_hand").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.touch_wanted")
        # `found` is the ORM's own statement; every value in it stays a parameter.
        cursor.execute(f"{_WANTED} FROM ({found}) AS found (customer_id, tier, is_by_hand)", params)
        cursor.execute("ANALYZE touch_wanted")
    sql.run("segments/sql/touch.sql", {"as_of": as_of, "why": why, "only": only and only.pk})
    return CustomerTier.objects.count()


def tier_on(customer: Customer, day: dt.date) -> str | None:
    """His tier at the end of a day; None before tiers were kept."""
    now = CustomerTier.objects.filter(customer=customer, since__lte=day).values_list("tier", flat=True)
    then = PastTier.objects.filter(customer=customer, since__lte=day, until__gt=day).values_list("tier", flat=True)
    return now.first() or then.first()


# --- what people change --------------------------------------------------------------------


@transaction.atomic
def save_plan(*, plan: TouchPlan, by: User, now: dt.datetime) -> None:
    """Stores the model and moves everybody at once: those moves say that the rules made them."""
    plan.changed_by, plan.changed_at = by, now
    plan.save()
    audit.record("touch.plan_changed", by=by, on=plan, rules=plan.rules)
    refresh(as_of=Installation.get().day_of(now), why=CustomerTier.Why.RULES)


@transaction.atomic
def override(
    *, customer: Customer, tier: str, reason: str, until: dt.date | None, by: User, now: dt.datetime
) -> TierOverride:
    """Sets a customer's tier by hand."""
    made, _is_new = TierOverride.objects.update_or_create(
        customer=customer, defaults={"tier": tier, "reason": reason, "until": until, "by": by, "at": now}
    )
    audit.record("touch.tier_set", by=by, on=customer, tier=tier, until=until and until.isoformat())
    refresh(as_of=Installation.get().day_of(now), only=customer)
    return made


@transaction.atomic
def lift(*, customer: Customer, by: User, now: dt.datetime) -> None:
    """The rules decide again."""
    if TierOverride.objects.filter(customer=customer).delete()[0]:
        audit.record("touch.tier_freed", by=by, on=customer)
        refresh(as_of=Installation.get().day_of(now), only=customer)


@transaction.atomic
def move_owner(*, customers: Iterable[int], owner: User | None, by: User, now: dt.datetime) -> int:
    """Gives these customers another owner from today on; returns how many."""
    ids = list(customers)
    params = {"ids": ids, "owner": owner and owner.pk, "on": Installation.get().day_of(now), "now": now}
    moved = sql.run("segments/sql/move_owner.sql", params)
    audit.record("touch.owner_moved", by=by, on=owner, customers=moved, ids=ids[:1000])
    return moved


# --- why -----------------------------------------------------------------------------------


def why(customer: Customer, plan: TouchPlan, *, as_of: dt.date) -> str:
    """What puts him into his tier: by hand with the reason, the rule that fits first, or none."""
    forced = TierOverride.objects.filter(customer=customer).select_related("by").first()
    if forced and (forced.until is None or forced.until >= as_of):
        return _("Set by hand by %(who)s: %(reason)s") % {"who": forced.by or _("the system"), "reason": forced.reason}
    himself = judged(plan, as_of=as_of).filter(pk=customer.pk)
    for nth, rule in enumerate(plan.rules, start=1):
        if himself.filter(condition(rule, as_of=as_of)).exists():
            return _("Rule %(nth)s fits: %(rule)s.") % {"nth": nth, "rule": rule_in_words(rule)}
    return _("None of the rules fits; tech touch takes the rest.")
