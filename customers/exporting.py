"""Records of every kind as rows in the columns the importer takes: brought in again, they change nothing.

A row without a code of its own is named by ours (`#123`), a purchase by its line's identity. Attributes of customers
and data of events become columns `attributes.…`. Facts of archived customers go out too: their days count.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Exists, F, Model, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat, NullIf

from accounts.models import Installation, Tax
from common import exports

from .models import Consent, Contact, Contract, Customer, Event, Interaction, Invoice, Login, Purchase
from .models import Kind as CustomerKind

ATTRIBUTES = "attributes."
CHUNK = 2000


@dataclass(frozen=True)
class Kind:
    """What a kind's rows are, and canonical column → where its value stands.

    `whose`: the way to the customer; `more`: the JSON column whose members become columns, without those in `but`.
    """

    rows: Callable[[], QuerySet]
    columns: Callable[[], dict[str, Any]]
    whose: str = "customer"
    more: str = ""
    but: tuple[str, ...] = ()
    has_updated: bool = False


def header(kind: str) -> list[str]:
    """The columns of a kind's file, members of JSON included."""
    return list(_columns(kind))


def rows(kind: str, customers: QuerySet[Customer] | None = None) -> Iterator[tuple]:
    """The rows under `header`, in the order they were made; of some customers only, or of all.

    Memory does not grow with their number.
    """
    found = queryset(kind, customers).order_by("pk").values_list(*_columns(kind).values())
    zone = Installation.get().zone
    for row in found.iterator(chunk_size=CHUNK):
        yield tuple(value.astimezone(zone) if isinstance(value, dt.datetime) else value for value in row)


def lines(customers: QuerySet[Customer]) -> Iterator[str]:
    """Some customers as a CSV file, BOM and header first."""
    return exports.lines(header("customers"), rows("customers", customers))


def queryset(kind: str, customers: QuerySet[Customer] | None = None) -> QuerySet:
    """The rows as objects."""
    what = KINDS[kind]
    found = what.rows()
    if customers is None:
        return found
    chosen = customers.order_by().values("pk")
    return found.filter(**{f"{what.whose}__in": chosen})


def _columns(kind: str) -> dict[str, Any]:
    what = KINDS[kind]
    members = {f"{ATTRIBUTES}{name}": KeyTextTransform(name, what.more) for name in _members(what)}
    return what.columns() | members


def _members(what: Kind) -> list[str]:
    """The names of what stands in a JSON column, in any row."""
    if not what.more:
        return []
    table = what.rows().model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT jsonb_object_keys({what.more}) FROM {table} ORDER BY 1")  # noqa: S608  # words of ours
        return [name for (name,) in cursor.fetchall() if name not in what.but]


def _number(field: str = "pk"):
    """#123: our own number for a row."""
    return Concat(Value("#"), Cast(field, CharField()), output_field=CharField())


def _code_of(contact: str) -> Case:
    """How a file names a contact."""
    return Case(
        When(**{f"{contact}__isnull": True}, then=Value("")),
        When(**{f"{contact}__code": ""}, then=_number(f"{contact}_id")),
        default=F(f"{contact}__code"),
        output_field=CharField(),
    )


def _staff(user: str) -> Coalesce:
    """A member of staff by e-mail, else by name."""
    return Coalesce(
        NullIf(Cast(f"{user}__email", TextField()), Value("", TextField())), Cast(f"{user}__name", TextField())
    )


def _customers() -> QuerySet[Customer]:
    return Customer.objects.current().filter(merged_into=None)


def _customer_columns() -> dict[str, Any]:
    primary = Contact.objects.filter(customer=OuterRef("pk"), is_primary=True)
    plain = ("name", "kana", "kind", "company", "postal_code", "address", "industry", "region")
    return {
        "customer_id": "code",
        **{name: name for name in plain},
        "email": Subquery(primary.values("email")[:1]),
        "phone": Subquery(primary.values("phone")[:1]),
        "contact_name": Case(
            When(kind=CustomerKind.COMPANY, then=Subquery(primary.values("name")[:1])), output_field=CharField()
        ),
        "owner": _staff("owner"),
        "sales_owner": _staff("sales_owner"),
        "deputy": _staff("deputy"),
        "corporate_number": "corporate_number",
        "parent": "parent__code",
        "joined_on": "joined_on",
        "birth_on": "birth_on",
        "acquired_via": "acquired_via",
        "tags": "tags",
    }


def _contact_columns() -> dict[str, Any]:
    plain = ("name", "kana", "email", "phone", "department", "title", "role", "is_primary", "left_on")
    own = Case(When(code="", then=_number()), default=F("code"), output_field=CharField())
    return {"contact_id": own, "customer_id": "customer__code", **{name: name for name in plain}}


def _purchase_columns() -> dict[str, Any]:
    return {
        "purchase_id": Cast("line_key", CharField()),
        "customer_id": "customer__code",
        "order_id": "order_id",
        "purchased_at": "purchased_at",
        "product": "product__name",
        "quantity": "quantity",
        "amount": "amount",
        "tax_included": Exists(Installation.objects.filter(tax=Tax.INCLUDED)),
        "tax_rate": "tax_rate",
    }


def _login_columns() -> dict[str, Any]:
    return {"customer_id": "customer__code", "logged_in_at": "logged_in_at"}


def _usage_columns() -> dict[str, Any]:
    return {
        "usage_id": "usage_id",
        "customer_id": "customer__code",
        "contact_id": _code_of("contact"),
        "feature": "feature",
        "quantity": "quantity",
        "used_at": "logged_in_at",
    }


def _contract_columns() -> dict[str, Any]:
    plain = (
        *("plan", "mrr", "billing_cycle", "starts_on", "renews_on", "cancelled_on", "ends_on", "is_trial"),
        *("auto_renew", "notice_days", "seats", "paused_from", "paused_to", "reason", "competitor"),
    )
    return {"contract_id": "contract_id", "customer_id": "customer__code", **{name: name for name in plain}}


def _interaction_columns() -> dict[str, Any]:
    plain = (
        *("occurred_at", "kind", "direction", "category", "status", "priority", "subject", "body", "resolved_at"),
        *("satisfaction", "competitor", "next_action", "next_on"),
    )
    own = Case(When(interaction_id="", then=_number()), default=F("interaction_id"), output_field=CharField())
    whom = {"contact_id": _code_of("contact"), "by": _staff("by")}
    return {"interaction_id": own, "customer_id": "customer__code", **whom, **{name: name for name in plain}}


def _consent_columns() -> dict[str, Any]:
    plain = ("channel", "address", "state", "at", "source", "wording", "basis")
    return {"customer_id": "customer__code", **{name: name for name in plain}}


def _invoice_columns() -> dict[str, Any]:
    plain = ("closed_on", "due_on", "paid_on", "amount", "method")
    return {"invoice_id": "invoice_id", "customer_id": "customer__code", **{name: name for name in plain}}


def _event_columns() -> dict[str, Any]:
    named = NullIf(Cast(KeyTextTransform("event_id", "data"), TextField()), Value("", TextField()))
    return {
        "event_id": Coalesce(named, _number(), output_field=TextField()),
        "customer_id": "customer__code",
        "kind": "kind",
        "occurred_at": "at",
        "reason": KeyTextTransform("reason", "data"),
    }


def _not_erased(model: type[Model]) -> Callable[[], QuerySet]:
    """Of an erased person's contacts, notes and consents nothing is left that a file could bring back."""
    return lambda: model._default_manager.filter(customer__erased_at=None)


KINDS: dict[str, Kind] = {
    "customers": Kind(_customers, _customer_columns, whose="pk", more="attributes", has_updated=True),
    "contacts": Kind(_not_erased(Contact), _contact_columns, has_updated=True),
    "purchases": Kind(Purchase.objects.all, _purchase_columns),
    "logins": Kind(lambda: Login.objects.filter(usage_id=""), _login_columns),
    "usage": Kind(lambda: Login.objects.exclude(usage_id=""), _usage_columns),
    "contracts": Kind(Contract.objects.all, _contract_columns),
    "interactions": Kind(_not_erased(Interaction), _interaction_columns),
    "consents": Kind(_not_erased(Consent), _consent_columns),
    "invoices": Kind(Invoice.objects.all, _invoice_columns),
    "events": Kind(Event.objects.all, _event_columns, more="data", but=("event_id", "reason")),
}
