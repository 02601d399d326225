"""The tables an import writes, and what may refer to their rows: the one register an undo goes by."""

from dataclasses import dataclass
from functools import cached_property

from django.db import models

from ..models import (
    Consent,
    Contact,
    Contract,
    Customer,
    CustomerCode,
    DimensionChange,
    Duplicate,
    Event,
    Interaction,
    Invoice,
    Login,
    Product,
    Purchase,
    Touched,
)

# Rows computed anew from the facts, and further codes of a customer: they go with him and hold nobody back.
DERIVED_APPS = frozenset({"scores", "segments", "metrics"})
DERIVED = (Touched, Duplicate, CustomerCode)
# Columns that follow from others, or belong to the row's own book-keeping.
_FOLLOWING = frozenset(
    {"id", "imported_id", "version", "created_at", "updated_at", "sort_key", "search_text"}
    | {"purchased_on", "logged_in_on"}
)


@dataclass(frozen=True)
class Reference:
    """A column of another table that names a row of this one."""

    model: type[models.Model]
    column: str
    is_derived: bool
    empties: bool  # the column is emptied when the row goes (SET_NULL)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def has_import(self) -> bool:
        return any(field.name == "imported" for field in self.model._meta.concrete_fields)


@dataclass(frozen=True)
class Table:
    """A table imports write. `name` is what ImportChange and UndoKept call it."""

    name: str
    model: type[models.Model]
    day: tuple[str, str] | None = None  # a moment, and the column that holds its business day

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def columns(self) -> frozenset[str]:
        """What an import may have changed."""
        return frozenset(str(field.column) for field in self.model._meta.concrete_fields) - _FOLLOWING

    def has(self, column: str) -> bool:
        return any(field.column == column for field in self.model._meta.concrete_fields)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every foreign key to this table, hidden ones too."""
        found = self.model._meta.get_fields(include_hidden=True)
        return tuple(_reference(one) for one in found if one.auto_created and not one.concrete)


def _reference(relation) -> Reference:
    model = relation.related_model
    is_computed = model._meta.app_label in DERIVED_APPS or model in DERIVED
    return Reference(
        model=model,
        column=relation.field.column,
        is_derived=is_computed and relation.on_delete is models.CASCADE,
        empties=relation.on_delete is models.SET_NULL,
    )


FACTS = (
    Table("interaction", Interaction),
    Table("event", Event),
    Table("login", Login, day=("logged_in_at", "logged_in_on")),
    Table("purchase", Purchase, day=("purchased_at", "purchased_on")),
    Table("invoice", Invoice),
    Table("contract", Contract),
)
CONTACTS = Table("contact", Contact)
DIMENSIONS = Table("dimension", DimensionChange)
CUSTOMERS = Table("customer", Customer)
PRODUCTS = Table("product", Product)
# Parts of a customer: those of one that stays, stay with it.
PARTS = (CONTACTS, DIMENSIONS)
TABLES = (*FACTS, *PARTS, CUSTOMERS, PRODUCTS)
BY_NAME = {table.name: table for table in TABLES}
LEDGER = Consent  # only ever added to: its entries are answered, not changed (undo_consents.sql)
