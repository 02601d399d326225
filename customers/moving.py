"""Rows of every table that names a customer, handed from one customer to another and back. Set-based.

The tables are found by walking the foreign keys to Customer, so a later app is covered without being named. A model
says `is_handed_over = False` where its rows are derived from others, or tell of one customer alone.
A row that would break a unique constraint at the other customer stays where it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, UniqueConstraint

from .models import Customer, Merge, MergeMove

# A second primary contact becomes a further one instead of staying behind.
ADAPTED = {"one_primary_contact": {"is_primary": False}}


@dataclass(frozen=True)
class Table:
    """A model and its column that names the customer."""

    model: type[Model]
    field: str

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    def of(self, customer_id: int) -> QuerySet:
        return self.model._base_manager.filter(**{self.field: customer_id})

    def constraints(self) -> Iterable[UniqueConstraint]:
        """Those an other customer can break."""
        for constraint in self.model._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and self.field in constraint.fields:
                yield constraint


def tables() -> list[Table]:
    """Every table whose rows go along, in a stable order."""
    found = []
    for relation in Customer._meta.get_fields(include_hidden=True):
        model = relation.related_model
        is_foreign_key = relation.one_to_many and relation.auto_created
        if model is not None and is_foreign_key and getattr(model, "is_handed_over", True):
            found.append(Table(model, relation.field.name))
    return sorted(found, key=lambda table: (table.name, table.field))


def counts(customer: Customer) -> dict[str, int]:
    """How many rows each table holds of a customer, without empty ones; by model name."""
    found = {table.name: table.of(customer.pk).count() for table in tables() if table.model is not Customer}
    return {name: count for name, count in found.items() if count}


def hand_over(merge: Merge) -> int:
    """Gives the winner all rows of the loser that he can have, and records each; returns how many."""
    return sum(_hand_over(table, merge) for table in tables())


def _hand_over(table: Table, merge: Merge) -> int:
    loser, winner = merge.loser_id, merge.winner_id
    rows = table.of(loser)
    if table.model is Customer:
        rows = rows.exclude(pk=winner)  # nobody is his own head office
    adapted: dict[int, dict[str, Any]] = {}
    for constraint in table.constraints():
        blocked = _blocked(table, rows, constraint, winner)
        if constraint.name in ADAPTED:
            adapted |= _adapt(blocked, ADAPTED[constraint.name])
        else:
            rows = rows.exclude(pk__in=blocked.values("pk"))
    count = _record(table, rows, merge)
    mine = MergeMove.objects.filter(merge=merge, model=table.name, field=table.field)
    for row_id, before in adapted.items():
        mine.filter(row_id=row_id).update(before=before)
    if count:
        table.model._base_manager.filter(pk__in=mine.values("row_id")).update(**{table.field: winner})
    return count


def _blocked(table: Table, rows: QuerySet, constraint: UniqueConstraint, target: int) -> QuerySet:
    """The rows to which the other customer has a twin under the constraint."""
    same = {name: OuterRef(name) for name in constraint.fields if name != table.field}
    condition = constraint.condition or Q()
    twins = table.of(target).filter(condition).filter(**same)
    return rows.filter(condition).filter(Exists(twins))


def _adapt(blocked: QuerySet, changes: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Changes the rows so that they can go; what stood there, by row."""
    before = {row.pop("pk"): row for row in blocked.values("pk", *changes)}
    blocked.model._base_manager.filter(pk__in=list(before)).update(**changes)
    return before


def _record(table: Table, rows: QuerySet, merge: Merge) -> int:
    found, params = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        # `found` is the ORM's own statement; every value in it stays a parameter.
        insert = "INSERT INTO customers_mergemove (merge_id, model, field, row_id, before) SELECT %s, %s, %s, id, '{}'"
        cursor.execute(f"{insert} FROM ({found}) AS found (id)", [merge.pk, table.name, table.field, *params])
        return cursor.rowcount


def give_back(merge: Merge) -> int:
    """Returns to the loser every recorded row that is still with the winner (or whom he was put into since).

    How many of the recorded rows stay behind: deleted, given to somebody else, or a twin stands there now.
    """
    who_holds = holders(merge)
    kept = sum(_give_back(table, merge, who_holds) for table in tables())
    later = MergeMove.objects.filter(merge__gt=merge.pk, merge__undone_at=None, model=Customer._meta.label_lower)
    later.filter(field="merged_into", row_id=merge.loser_id).delete()  # he is nobody's any more
    return kept


def holders(merge: Merge) -> list[int]:
    """The winner, the one he was merged into, and so on."""
    found: list[int] = []
    last: int | None = merge.winner_id
    while last is not None and last not in found:
        found.append(last)
        later = Merge.objects.filter(loser=last, undone_at=None)
        last = later.values_list("winner_id", flat=True).first()
    return found


def _give_back(table: Table, merge: Merge, who_holds: list[int]) -> int:
    mine = MergeMove.objects.filter(merge=merge, model=table.name, field=table.field)
    recorded = mine.count()
    if not recorded:
        return 0
    model = table.model._base_manager
    rows = model.filter(pk__in=mine.values("row_id"), **{f"{table.field}__in": who_holds})
    for constraint in table.constraints():
        rows = rows.exclude(pk__in=_blocked(table, rows, constraint, merge.loser_id).values("pk"))
    going = list(rows.values_list("pk", flat=True))
    model.filter(pk__in=going).update(**{table.field: merge.loser_id})
    _restore(table, merge, going)
    return recorded - len(going)


def _restore(table: Table, merge: Merge, going: list[int]) -> None:
    """The columns that this merge, or one after it, changed in these rows; what later merges recorded of them goes."""
    same = MergeMove.objects.filter(model=table.name, field=table.field, row_id__in=going, merge__undone_at=None)
    moves = same.filter(merge__gte=merge.pk)
    first: dict[int, dict[str, Any]] = {}
    for move in moves.exclude(before={}).order_by("merge"):
        first.setdefault(move.row_id, move.before)
    for row_id, before in first.items():
        row = table.model._base_manager.filter(pk=row_id)
        if not any(_is_taken(table, row.get(), name, before, merge.loser_id) for name in ADAPTED):
            row.update(**before)
    moves.filter(merge__gt=merge.pk).delete()


def _is_taken(table: Table, row: Model, name: str, before: dict[str, Any], customer_id: int) -> bool:
    """Another row of his has taken the place since (he got another primary contact)."""
    adapts = any(constraint.name == name for constraint in table.constraints())
    return adapts and table.of(customer_id).exclude(pk=row.pk).filter(**before).exists()


def set_aside(merge: Merge, row: Model, before: dict[str, Any]) -> None:
    """Records another row the merge changed or (`before` empty) made; see merging._close_pairs."""
    MergeMove.objects.create(merge=merge, model=row._meta.label_lower, field="", row_id=row.pk, before=before)
