"""What belongs to a customer, in every app: a walk over the foreign keys that lead to it, hidden ones too.

Export and erasure of a person's data rest on it, so a table of a later app is covered without being named.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import QuerySet

from .models import Contact, Customer

DEPTH = 3


@dataclass(frozen=True)
class Way:
    """Rows of `model` that lead to a customer or contact by `lookup` (customer, contact__customer, merge__winner …)."""

    model: type[models.Model]
    lookup: str

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def rows(self, ids: Collection[int]) -> QuerySet:
        """Those of these customers (contacts)."""
        return self.model._default_manager.filter(**{f"{self.lookup}__in": ids})


def ways(root: type[models.Model] = Customer) -> list[Way]:
    """Every way to a customer (or a contact); a model may have several. From one customer to another leads none."""
    found, edge = [], [Way(root, "pk")]
    for _depth in range(DEPTH):
        edge = [further for way in edge for further in _leading_to(way)]
        found += edge
    return found


def _leading_to(way: Way) -> Iterator[Way]:
    for field in way.model._meta.get_fields(include_hidden=True):
        if not isinstance(field, models.ManyToOneRel):  # one-to-one relations are such too
            continue
        source = field.related_model
        if source not in {Customer, way.model}:
            yield Way(source, field.field.name if way.lookup == "pk" else f"{field.field.name}__{way.lookup}")


def tables(root: type[models.Model] = Customer) -> dict[type[models.Model], list[Way]]:
    """The ways by model, nearest first: a row of the first may be found by the second again."""
    found: dict[type[models.Model], list[Way]] = {}
    for way in ways(root):
        found.setdefault(way.model, []).append(way)
    return found


def everyone(customer: Customer) -> list[Customer]:
    """The customer and those merged into it: together they are the person."""
    return [customer, *Customer.objects.filter(merged_into=customer).order_by("id")]


def contacts_of(customers: Collection[int]) -> QuerySet[Contact]:
    return Contact.objects.filter(customer__in=customers)
