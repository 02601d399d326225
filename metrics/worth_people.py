"""The customers behind a figure of LTV or of repeat buying, page by page, the most LTV first."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import ChurnPolicy, Installation
from customers.models import Contract
from segments.models import Membership

from .models import Spell, Worth
from .periods import ONE_DAY, after
from .repeating import EARLY_DAYS

PER_PAGE = 50
LOWEST = Decimal("-1e17")  # stands for "no figure", after every figure
PATHS = {
    "segment": "customer__score__rfm_segment",
    "industry": "customer__industry",
    "region": "customer__region",
    "plan": "customer__score__plan",
    "via": "customer__acquired_via",
}
KINDS = ("again", "not_again", "early")


@dataclass(frozen=True)
class Group:
    """A group of one cut, or of two."""

    cuts: tuple[tuple[str, str], ...]  # cut, stored value

    def people(self) -> QuerySet[Worth]:
        found = Worth.objects.exclude(historic=None)
        for cut, value in self.cuts:
            found = found.filter(_in_group(cut, value))
        return found


def _in_group(cut: str, value: str) -> Q | Exists:
    if cut == "owner":
        return Q(customer__owner=int(value)) if value.isascii() and value.isdigit() else Q(customer__owner=None)
    if cut == "membership":
        stays = Membership.objects.filter(customer=OuterRef("pk"), left_on=None, segment__slug=value)
        return Exists(stays)
    if cut == "tier":
        return Q(customer__touch__tier=value) if value else Q(customer__touch=None)
    if cut == "cohort":
        return _in_month("began_on", value)
    return Q(**{PATHS[cut]: value})


def _in_month(field: str, code: str) -> Q:
    """A day in the month a code names (2026-01); nobody where it names none."""
    try:
        first = dt.date.fromisoformat(f"{code}-01")
    except ValueError:
        return Q(pk__in=[])
    return Q(**{f"{field}__gte": first, f"{field}__lt": after(first, 1)})


@dataclass(frozen=True)
class Band:
    """Those whose historic LTV lies in a band; `low` belongs to it, `high` does not (None: no limit)."""

    low: Decimal | None
    high: Decimal | None

    def people(self) -> QuerySet[Worth]:
        found = Worth.objects.exclude(historic=None)
        found = found if self.low is None else found.filter(historic__gte=self.low)
        return found if self.high is None else found.filter(historic__lt=self.high)


@dataclass(frozen=True)
class Tenth:
    """Those after the last customer of the part above, up to the last of this one, in the order of LTV."""

    above: tuple[Decimal, int] | None
    last: tuple[Decimal, int]

    def people(self) -> QuerySet[Worth]:
        found = Worth.objects.exclude(historic=None).filter(_up_to(*self.last))
        return found.exclude(_up_to(*self.above)) if self.above else found


def _up_to(value: Decimal, pk: int) -> Q:
    return Q(historic__gt=value) | Q(historic=value, pk__lte=pk)


@dataclass(frozen=True)
class Returning:
    """Of those who bought for the first (step 2) or second time (3) in a month, or by a way: who came back in `days`.

    `kind`: again, not_again, or early (gone within 90 days of the beginning). Without a month: all months whose days
    are over by `until`.
    """

    step: int
    kind: str
    days: int
    month: dt.date | None
    via: str | None
    until: dt.date

    def people(self) -> QuerySet[Worth]:
        base = "began_on" if self.kind == "early" else "bought_on" if self.step == 2 else "second_on"
        found = Worth.objects.filter(self._in_time(base))
        if self.via is not None:
            found = found.filter(customer__acquired_via=self.via)
        return self._gone(found) if self.kind == "early" else self._by_return(found, base)

    def _in_time(self, field: str) -> Q:
        if self.month:
            return Q(**{f"{field}__gte": self.month, f"{field}__lt": after(self.month, 1)})
        quiet = _quiet_days() if self.kind == "early" and not _is_contract() else 0
        over = (self.until - dt.timedelta(self.days + quiet) + ONE_DAY).replace(day=1)
        return Q(**{f"{field}__lt": over})

    def _by_return(self, found: QuerySet[Worth], base: str) -> QuerySet[Worth]:
        again = "second_on" if self.step == 2 else "third_on"
        in_time = Q(**{f"{again}__lte": F(base) + dt.timedelta(self.days)})
        late = Q(**{again: None}) | Q(**{f"{again}__gt": F(base) + dt.timedelta(self.days)})
        return found.filter(in_time if self.kind == "again" else late)

    def _gone(self, found: QuerySet[Worth]) -> QuerySet[Worth]:
        """Not active at the end of the day on which it is judged, where that day is over."""
        signed = Contract.objects.filter(customer=OuterRef("pk"), is_trial=False, mrr__gt=0)
        late = dt.timedelta(EARLY_DAYS + (0 if _is_contract() else _quiet_days()))
        plain = _judged(found, late, self.until)
        if Installation.get().churn_policy != ChurnPolicy.EITHER:
            return plain
        by_term = Exists(signed)
        return found.filter(
            Q(by_term, pk__in=_judged(found, dt.timedelta(EARLY_DAYS), self.until).values("pk"))
            | Q(~by_term, pk__in=plain.values("pk"))
        )


def _judged(found: QuerySet[Worth], late: dt.timedelta, until: dt.date) -> QuerySet[Worth]:
    day = OuterRef("began_on") + late
    there = Spell.objects.filter(customer=OuterRef("pk"), from_on__lte=day, until_on__gte=day)
    return found.filter(~Exists(there), began_on__lte=until - late)


def _is_contract() -> bool:
    return Installation.get().churn_policy == ChurnPolicy.CONTRACT


def _quiet_days() -> int:
    return Installation.get().inactivity_days


def page(found: QuerySet[Worth], *, after: tuple[Decimal, int] | None) -> tuple[list[Worth], bool]:
    """Up to PER_PAGE of them after a customer (his LTV and id), and whether there are more."""
    ordered = found.select_related("customer__owner", "customer__score", "customer__prediction")
    if after:
        value, pk = after
        ordered = ordered.filter(Q(value__lt=value) | Q(value=value, pk__gt=pk))
    rows = list(ordered[: PER_PAGE + 1])
    return rows[:PER_PAGE], len(rows) > PER_PAGE


def in_order(who: "Who") -> QuerySet[Worth]:
    """The most LTV first; who has none under the policy last (that order has no index: only of few)."""
    value = Coalesce("historic", Value(LOWEST)) if isinstance(who, Returning) else F("historic")
    return who.people().annotate(value=value).order_by(F("value").desc(), "pk")


Who = Group | Band | Tenth | Returning
