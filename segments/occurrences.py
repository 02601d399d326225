"""What happens to customers, and how a rule may ask how often, how long, which and how much."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, Count, DecimalField, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf, TruncDate
from django.db.models.lookups import IContains
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Installation
from customers.models import Contract, Event, Interaction, Invoice, Login, Purchase

from .fields import after
from .models import Membership
from .sources import Figure


@dataclass(frozen=True)
class Measure:
    """What is counted or added up over the rows, and its unit: times, days, money, pieces."""

    label: str | Promise
    aggregate: Any
    unit: str = "times"
    is_count: bool = False


@dataclass(frozen=True)
class Narrowing:
    """Which of the rows: `q(value, as_of)` on them."""

    label: str | Promise
    takes: str  # texts, text, choices, number
    q: Callable[[Any, dt.date], Q]
    choices: dict[str, Any] | None = None
    suggests: str = ""

    def labels(self, chosen: list) -> list[str]:
        """The words of chosen values."""
        return [str((self.choices or {}).get(one, one)) for one in chosen]


@dataclass(frozen=True)
class Occurrence:
    """A kind of row: where it stands, its day, what can be measured, and what narrows it."""

    key: str
    label: str | Promise
    rows: Callable[[dt.date], QuerySet]
    day: str  # the column with its day, or its moment
    measures: dict[str, Measure]
    narrowings: dict[str, Narrowing] = field(default_factory=dict)
    is_moment: bool = False
    looks_ahead: bool = False  # its day may lie in the future
    begins_before: Callable[[dt.date], Q] | None = None  # rows that belong to something begun before that day

    def within(self, period: "Period", as_of: dt.date) -> QuerySet:
        """The rows of a period, none of them after `as_of`."""
        low, high = period.ends(as_of)
        found = self.rows(as_of)
        if not (self.looks_ahead and period.is_open):
            found = self._until(found, high if self.looks_ahead else min(high, as_of))
        if low is None:
            return found
        since = self._midnight(low) if self.is_moment else low
        found = found.filter(**{f"{self.day}__gte": since})
        return found.exclude(self.begins_before(low)) if self.begins_before else found

    def _until(self, rows: QuerySet, day: dt.date) -> QuerySet:
        if self.is_moment:
            return rows.filter(**{f"{self.day}__lt": after(day)})
        return rows.filter(**{f"{self.day}__lte": day})

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), Installation.get().zone)

    def figure(self, measure: str, period: "Period", narrowed: dict[str, Any], as_of: dt.date) -> Figure:
        """The figure of one measure over the rows of the period that the narrowings leave."""
        wanted = self.measures[measure]
        rows = self.within(period, as_of)
        for key, value in narrowed.items():
            rows = rows.filter(self.narrowings[key].q(value, as_of))
        return Figure(lambda _as_of: rows, wanted.aggregate, none=0, is_count=wanted.is_count)


@dataclass(frozen=True)
class Period:
    """The last so many days, from one day to another, or ever (nothing given)."""

    last_days: int | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def is_open(self) -> bool:
        """True where it has no end."""
        return self.last_days is None and self.last is None

    def ends(self, as_of: dt.date) -> tuple[dt.date | None, dt.date]:
        """The first and the last day; no first day where it never begins."""
        if self.last_days is not None:
            return as_of - dt.timedelta(days=min(self.last_days - 1, (as_of - dt.date.min).days)), as_of
        return self.first, self.last or as_of


# Lines of one order count once; a line without an order is an order of its own.
_ORDERS = Count(NullIf("order_id", Value("")), distinct=True) + Count("pk", filter=Q(order_id=""))


def _orders_begun_before(day: dt.date) -> Q:
    """Lines of orders whose earliest line lies before: all lines count on the day of that one.

    The name of the order is asked to be no empty one on the inner side only: an OR here would forbid an anti join.
    """
    same = Purchase.objects.filter(customer=OuterRef("customer"), order_id=OuterRef("order_id"), amount__gte=0)
    return Q(Exists(same.exclude(order_id="").filter(purchased_on__lt=day)))


def _total(column: str) -> Coalesce:
    return Coalesce(Sum(column), Value(0), output_field=DecimalField(max_digits=24, decimal_places=3))


def _any_of(column: str) -> Callable[[Any, dt.date], Q]:
    return lambda value, as_of: Q(**{f"{column}__in": value})


def _part_of(column: str) -> Callable[[Any, dt.date], Q]:
    return lambda value, as_of: Q(**{f"{column}__icontains": value})


def _at_least(column: str) -> Callable[[Any, dt.date], Q]:
    return lambda value, as_of: Q(**{f"{column}__gte": value})


def _invoices(value: list[str], as_of: dt.date) -> Q:
    paid = Q(paid_on__lte=as_of)
    is_open = Q(paid_on=None) | Q(paid_on__gt=as_of)
    states = {"paid": paid, "open": is_open, "overdue": is_open & Q(due_on__lt=as_of)}
    found = Q()
    for one in value:
        found |= states[one]
    return found


def _terms(value: list[str], as_of: dt.date) -> Q:
    ended = Q(ends_on__lte=as_of)
    states = {
        "current": Q(ends_on=None) | Q(ends_on__gt=as_of),
        "ended": ended,
        "notice": Q(cancelled_on__lte=as_of) & (Q(ends_on=None) | Q(ends_on__gt=as_of)),
        "trial": Q(is_trial=True),
        "paused": Q(paused_from__lte=as_of) & (Q(paused_to=None) | Q(paused_to__gte=as_of)),
    }
    found = Q()
    for one in value:
        found |= states[one]
    return found


def _said(value: str, as_of: dt.date) -> Q:
    """What came with the event: an answer, a campaign, whatever its sender put in."""
    return Q(IContains(Cast("data", CharField()), Value(value)))


def _days_of(column: str) -> Count:
    return Count(column, distinct=True)


def _moments_of(column: str) -> Count:
    return Count(_BusinessDay(column), distinct=True)


class _BusinessDay(TruncDate):
    """The business day of a moment, by the zone of the company when the statement is written."""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        self.tzinfo = Installation.get().zone
        return super().as_sql(compiler, connection, *args, **context)


_PRODUCTS = {
    "product": Narrowing(_("Product"), "texts", _any_of("product__name"), suggests="product"),
    "product_contains": Narrowing(_("Product name contains"), "text", _part_of("product__name")),
    "amount_from": Narrowing(_("Amount of the line at least"), "number", _at_least("amount")),
}
OCCURRENCES: dict[str, Occurrence] = {
    one.key: one
    for one in [
        Occurrence(
            "purchase",
            _("Purchases"),
            lambda as_of: Purchase.objects.filter(amount__gte=0),
            "purchased_on",
            {
                "count": Measure(_("Orders"), _ORDERS, is_count=True),
                "amount": Measure(_("Amount bought (before refunds)"), _total("amount"), "money"),
                "days": Measure(_("Days with a purchase"), _days_of("purchased_on"), "days", is_count=True),
                "quantity": Measure(_("Pieces bought"), _total("quantity"), "pieces"),
                "products": Measure(_("Different products"), _days_of("product"), "pieces"),
            },
            _PRODUCTS,
            begins_before=_orders_begun_before,
        ),
        Occurrence(
            "refund",
            _("Refunds"),
            lambda as_of: Purchase.objects.filter(amount__lt=0),
            "purchased_on",
            {
                "count": Measure(pgettext_lazy("count", "Refunds"), Count("pk"), is_count=True),
                "amount": Measure(_("Amount refunded"), _total("amount") * Value(-1), "money"),
            },
            {name: _PRODUCTS[name] for name in ("product", "product_contains")},
        ),
        Occurrence(
            "login",
            _("Logins and usage"),
            lambda as_of: Login.objects.all(),
            "logged_in_on",
            {
                "count": Measure(_("Logins"), Count("pk"), is_count=True),
                "days": Measure(_("Days with a login"), _days_of("logged_in_on"), "days", is_count=True),
                "quantity": Measure(_("Quantity used"), _total("quantity"), "pieces"),
                "people": Measure(_("People who used it"), _days_of("contact"), "people"),
            },
            {"feature": Narrowing(_("Feature"), "texts", _any_of("feature"), suggests="feature")},
        ),
        Occurrence(
            "interaction",
            _("Contact with us"),
            lambda as_of: Interaction.objects.all(),
            "occurred_at",
            {
                "count": Measure(_("Contacts with us"), Count("pk"), is_count=True),
                "days": Measure(_("Days with a contact"), _moments_of("occurred_at"), "days", is_count=True),
            },
            {
                "kind": Narrowing(_("How"), "choices", _any_of("kind"), dict(Interaction.Kind.choices)),
                "category": Narrowing(
                    _("Category"), "choices", _any_of("category"), dict(Interaction.Category.choices)
                ),
                "status": Narrowing(_("State"), "choices", _any_of("status"), dict(Interaction.Status.choices)),
                "direction": Narrowing(
                    _("Direction"), "choices", _any_of("direction"), dict(Interaction.Direction.choices)
                ),
            },
            is_moment=True,
        ),
        Occurrence(
            "event",
            _("Events (mails, answers, your own)"),
            lambda as_of: Event.objects.all(),
            "at",
            {
                "count": Measure(pgettext_lazy("count", "Events"), Count("pk"), is_count=True),
                "days": Measure(_("Days with an event"), _moments_of("at"), "days", is_count=True),
            },
            {
                "kind": Narrowing(_("Kind of event"), "texts", _any_of("kind"), suggests="event"),
                "data": Narrowing(_("What came with it contains"), "text", _said),
            },
            is_moment=True,
        ),
        Occurrence(
            "contract",
            _("Contract terms"),
            lambda as_of: Contract.objects.all(),
            "starts_on",
            {
                "count": Measure(pgettext_lazy("count", "Contracts"), _days_of("contract_id"), is_count=True),
                "mrr": Measure(_("MRR in all"), _total("mrr"), "money"),
                "seats": Measure(_("Seats in all"), _total("seats"), "pieces"),
            },
            {
                "state": Narrowing(
                    _("State"),
                    "choices",
                    _terms,
                    {
                        "current": _("in force"),
                        "ended": _("ended"),
                        "notice": _("notice given"),
                        "trial": _("a trial"),
                        "paused": pgettext_lazy("contract", "paused"),
                    },
                ),
                "plan": Narrowing(_("Plan"), "texts", _any_of("plan"), suggests="plan"),
                "cycle": Narrowing(
                    _("Billing cycle"), "choices", _any_of("billing_cycle"), dict(Contract.BillingCycle.choices)
                ),
            },
        ),
        Occurrence(
            "invoice",
            _("Invoices"),
            lambda as_of: Invoice.objects.exclude(due_on=None),
            "due_on",
            {
                "count": Measure(pgettext_lazy("count", "Invoices"), Count("pk"), is_count=True),
                "amount": Measure(_("Amount invoiced"), _total("amount"), "money"),
            },
            {
                "state": Narrowing(
                    _("State"), "choices", _invoices, {"paid": _("paid"), "open": _("unpaid"), "overdue": _("overdue")}
                ),
                "method": Narrowing(_("Method of payment"), "texts", _any_of("method"), suggests="method"),
            },
            looks_ahead=True,
        ),
        Occurrence(
            "entered",
            _("Entering a segment"),
            lambda as_of: Membership.objects.all(),
            "entered_on",
            {"count": Measure(_("Entries"), Count("pk"), is_count=True)},
            {"segment": Narrowing(_("Segment"), "texts", _any_of("segment__slug"), suggests="segment")},
        ),
        Occurrence(
            "left",
            _("Leaving a segment"),
            lambda as_of: Membership.objects.exclude(left_on=None),
            "left_on",
            {"count": Measure(_("Exits"), Count("pk"), is_count=True)},
            {"segment": Narrowing(_("Segment"), "texts", _any_of("segment__slug"), suggests="segment")},
        ),
    ]
}
