"""Where a field's value stands: how it becomes a condition on Customer, and how one customer's value is read.

Nothing here filters along a relation of many rows: that would find a customer twice, and "not" would mean something
else. Many rows are asked by EXISTS or IN (SELECT …), which PostgreSQL hashes.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, NullIf
from django.db.models.lookups import Regex

from customers.models import Customer

from . import values
from .comparing import NUMBER, Operator

Rows = Callable[[dt.date], QuerySet]


class Source(Protocol):
    """What rules ask of a field."""

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        """Two-valued condition on Customer."""

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        """The value of one customer; None where it is not known. `asked` is the value of the rule."""


def _one(customer: int, expression: Any) -> Any:
    return Customer.objects.filter(pk=customer).values_list(expression, flat=True).first()


@dataclass(frozen=True)
class Column:
    """A column of Customer, or of a row there is once a customer (score__…, prediction__…)."""

    path: str
    is_text: bool = False

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        is_of_empty = self.is_text and operator.takes == "known"  # an empty text is not known
        return operator.q(
            NullIf(F(self.path), Value(""), output_field=CharField()) if is_of_empty else F(self.path), value, as_of
        )

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        found = _one(customer, self.path)
        if isinstance(found, float):
            return Decimal(str(found))
        return None if self.is_text and found == "" else found


@dataclass(frozen=True)
class Made:
    """An expression over the customer's own columns."""

    expression: Any

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        return operator.q(self.expression, value, as_of)

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        return (
            Customer.objects.filter(pk=customer).annotate(found=self.expression).values_list("found", flat=True).first()
        )


@dataclass(frozen=True)
class Attribute:
    """A further attribute of the company's own: a text, compared as a number where it is written as one."""

    name: str

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        return operator.q(self._number if operator in NUMBER.values() else self._text, value, as_of)

    @property
    def _text(self) -> NullIf:
        return NullIf(KeyTextTransform(self.name, "attributes"), Value("", output_field=TextField()))

    @property
    def _number(self) -> Case:
        number = Cast(KeyTextTransform(self.name, "attributes"), DecimalField(max_digits=30, decimal_places=6))
        is_number = Q(Regex(KeyTextTransform(self.name, "attributes"), Value(values.NUMERIC)))
        return Case(When(is_number, then=number), default=Value(None), output_field=number.output_field)

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        return _one(customer, self._text)


@dataclass(frozen=True)
class Having:
    """Yes where a row of another table names the customer: never unknown."""

    rows: Rows
    key: str = "customer"

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        found = Q(Exists(self.rows(as_of).filter(**{self.key: OuterRef("pk")})))
        return found if value else ~found

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        return self.rows(as_of).filter(**{self.key: customer}).exists()


@dataclass(frozen=True)
class Figure:
    """A figure over the customer's rows of another table; `none` where there is no row."""

    rows: Rows
    aggregate: Aggregate | Any
    none: Any = None
    is_count: bool = False  # of rows, or of something every row has

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        """Compared per customer in one grouped pass; who has no row at all is what the others are not."""
        is_of_nothing = operator.holds(self.none, value, as_of)
        if (quick := self._whether(operator, value, as_of)) is not None:
            return quick
        figures = self.rows(as_of).order_by().values("customer").annotate(figure=self.aggregate)
        wanted = operator.q(F("figure"), value, as_of)
        found = Q(pk__in=figures.filter(~wanted if is_of_nothing else wanted).values("customer"))
        return ~found if is_of_nothing else found

    def _whether(self, operator: Operator, value: Any, as_of: dt.date) -> Q | None:
        """Once or more, or never, of what is only counted: whether a row is there says it."""
        if not self.is_count or value not in (0, 1):
            return None
        holds = [operator.holds(number, value, as_of) for number in (0, 1, 2, 10**9)]
        if holds[1:] != [not holds[0]] * 3:
            return None
        found = Q(Exists(self.rows(as_of).filter(customer=OuterRef("pk"))))
        return ~found if holds[0] else found

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        figures = self.rows(as_of).order_by().filter(customer=customer).values("customer")
        found = list(figures.annotate(figure=self.aggregate).values_list("figure", flat=True))
        return found[0] if found else self.none
