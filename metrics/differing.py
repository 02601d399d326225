"""What changed after a month was closed (締め後の差異): figures then and now, and the customers behind it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from customers.models import Contract, Customer, Import, ImportChange, Login, Purchase

from . import closing as closings
from . import rollups
from .models import Closing
from .periods import Period

NAMES = 200  # shown on the page; the counts are whole
FACTS: tuple[type, ...] = (Purchase, Contract, Login)

Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A closed month then and now. `added`: ids counted as lost now that were not; `gone`: the other way round."""

    then: Row
    now: Row
    added: list[int]
    gone: list[int]
    groups: list[Row] = field(default_factory=list)
    has_other_settings: bool = False

    @property
    def is_none(self) -> bool:
        """Everything stands as it was closed."""
        return not (self.added or self.gone or self.groups) and self.then == self.now


def since(closing: Closing, *, figures: Row | None = None) -> Difference:
    """Compares a closing with what is kept now. The lost are read from the kept spells of that month alone."""
    period = Period(closing.month, 1)
    current = figures or closings.figures_of(period)
    was, are = set(closing.lost), set(closings.lost_ids(period))
    return Difference(
        then=whole(closing.figures),
        now=whole(current),
        added=sorted(are - was),
        gone=sorted(was - are),
        groups=_groups(closing.figures["cuts"], current["cuts"]),
        has_other_settings=closing.figures["settings"] != rollups.settings_hash(),
    )


def whole(figures: Row) -> Row:
    """The figures of everybody that are compared: at_start, lost, joined, won_back, rate, active."""
    return {**figures["churn"], "active": figures["active"]}


def _groups(then: dict[str, list[Row]], now: dict[str, list[Row]]) -> list[Row]:
    """The groups whose figures differ: cut, words, then and now (None where the group was or is not there)."""
    found = []
    for cut, rows in then.items():
        was = {row["value"]: row for row in rows}
        are = {row["value"]: row for row in now.get(cut, [])}
        for value in sorted(was.keys() | are.keys()):
            one, other = was.get(value), are.get(value)
            if _counts(one) != _counts(other):
                words = (one or other or {})["words"]
                found.append({"cut": cut, "value": value, "words": words, "then": one, "now": other})
    return found


def _counts(row: Row | None) -> tuple[int, int] | None:
    return (row["at_start"], row["lost"]) if row else None


def people(ids: list[int], closing: Closing, *, most: int = NAMES) -> list[Row]:
    """The customers (the first of many) with what brought the change: {"customer", "imported" or None}."""
    shown = ids[:most]
    found = Customer.objects.select_related("owner").in_bulk(shown)
    came = arrivals(shown, after=closing.closed_at)
    return [{"customer": found[pk], "imported": came.get(pk)} for pk in shown if pk in found]


def arrivals(ids: list[int], *, after: dt.datetime) -> dict[int, Import]:
    """The latest import after that moment that made or changed facts of each customer; without one: not there."""
    latest: dict[int, int] = {}
    for customer, imported in _made(ids, after) + _changed(ids, after):
        latest[customer] = max(imported, latest.get(customer, 0))
    files = Import.objects.in_bulk(set(latest.values()))
    return {customer: files[pk] for customer, pk in latest.items()}


def _made(ids: list[int], after: dt.datetime) -> list[tuple[int, int]]:
    found = []
    for model in FACTS:
        rows = model.objects.filter(customer_id__in=ids, imported__created_at__gt=after)  # type: ignore[attr-defined]
        found += list(rows.values_list("customer_id").annotate(Max("imported_id")))
    return found


def _changed(ids: list[int], after: dt.datetime) -> list[tuple[int, int]]:
    found = []
    for model in (Purchase, Contract):
        owners = dict(model.objects.filter(customer_id__in=ids).values_list("pk", "customer_id"))
        changes = ImportChange.objects.filter(
            model=model._meta.model_name, row_id__in=list(owners), imported__created_at__gt=after
        )
        found += [(owners[row], imported) for row, imported in changes.values_list("row_id", "imported_id")]
    return found
