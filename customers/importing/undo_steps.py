"""What an undo does, in order: each step takes one chunk after a cursor and says where it stands.

Facts go first, customers last. With `is_real` false nothing is written but in tables of the session: the preview.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from accounts.models import Installation
from common import sql

from .. import searching
from ..models import Customer, Import, Touched
from . import undo_columns, undo_statements
from .undo_tables import CONTACTS, CUSTOMERS, DIMENSIONS, FACTS, PARTS, PRODUCTS, Table

EVERYTHING = 2**31


@dataclass
class Undo:
    """One import being undone, and what became of it so far, in numbers."""

    imported: Import
    now: dt.datetime
    size: int = EVERYTHING
    is_real: bool = True
    created: Counter = field(default_factory=Counter)  # table → rows it made that are gone
    changed: Counter = field(default_factory=Counter)  # table → rows it changed that are as before
    kept: Counter = field(default_factory=Counter)  # why → rows and columns that stay
    consents: int = 0
    suppressions: int = 0

    def parameters(self, after: int = 0) -> dict[str, Any]:
        return {
            "import_id": self.imported.pk,
            "import_text": str(self.imported.pk),
            "source": f"import {self.imported.pk}",
            "undo_source": f"undo of import {self.imported.pk}",
            "by": self.imported.undone_by_id,
            "now": self.now,
            "finished_at": self.imported.finished_at,
            "zone": Installation.get().time_zone,
            "after": after,
            "size": self.size,
        }

    def numbers(self) -> dict[str, Any]:
        """As `Import.undone` keeps them."""
        return {
            "created": _without_zeros(self.created),
            "changed": _without_zeros(self.changed),
            "kept": _without_zeros(self.kept),
            "consents": self.consents,
            "suppressions": self.suppressions,
        }


def _without_zeros(counted: Counter) -> dict[str, int]:
    return {name: count for name, count in sorted(counted.items()) if count}


@dataclass(frozen=True)
class Step:
    """A name that stays the same over restarts, and what takes the next chunk: the new cursor, None at the end."""

    name: str
    take: Callable[[Undo, int], int | None]
    in_preview: bool = True


def _lift(undo: Undo, _after: int) -> None:
    undo_statements.empty("undo_stop")
    undo.suppressions += sql.run("customers/sql/undo_suppressions.sql", undo.parameters())
    if undo.is_real:
        undo_statements.execute(
            "UPDATE customers_suppression AS stop SET lifted_at = %(now)s FROM undo_stop WHERE undo_stop.id = stop.id",
            undo.parameters(),
        )


def _remove(table: Table, *, name: str = "remove", only: str = "true") -> Step:
    """Rows the import made go, but for those that stay."""

    def take(undo: Undo, after: int) -> int | None:
        parameters = undo.parameters(after)
        last = undo_statements.choose(table, parameters, is_real=undo.is_real, only=only)
        if last is None:
            return None
        undo_statements.judge(table, parameters)
        undo.kept += Counter(undo_statements.keep_rows(table, parameters))
        if undo.is_real:
            _remove_chosen(table, undo, parameters)
        return last

    return Step(f"{name} {table.name}", take)


def _remove_chosen(table: Table, undo: Undo, parameters: dict[str, Any]) -> None:
    if table in PARTS:
        undo_statements.leave_parts_to_their_customer(table, parameters)
    undo_statements.empty("undo_concerned")
    if table is CUSTOMERS:
        _concern_kept(parameters)
    elif table is not PRODUCTS:
        undo_statements.concern_customers_of_rows(table, parameters)
    undo.created += Counter(undo_statements.delete(table, parameters))
    _tell(parameters, is_renamed=table is CONTACTS)


def _concern_kept(parameters: dict[str, Any]) -> None:
    undo_statements.execute(
        "INSERT INTO undo_concerned (customer_id) SELECT row_id FROM undo_row WHERE why IS NOT NULL", parameters
    )


def _restore(table: Table, *, stepping_down: bool = False) -> Step:
    """Columns the import changed go back, but for those somebody has changed since."""

    def take(undo: Undo, after: int) -> int | None:
        parameters = undo.parameters(after)
        last = undo_columns.choose(table, parameters, is_real=undo.is_real, stepping_down=stepping_down)
        if last is None:
            return None
        undo_columns.compare(table, parameters, stepping_down=stepping_down)
        if undo.is_real:
            _write_back(table, undo, parameters, stepping_down)
        else:
            undo.changed[table.name] += undo_columns.count_changed(parameters)
        if not stepping_down:
            undo.kept += Counter(undo_columns.keep(table, parameters))
        return last

    return Step(f"{'step down' if stepping_down else 'restore'} {table.name}", take, in_preview=not stepping_down)


def _write_back(table: Table, undo: Undo, parameters: dict[str, Any], stepping_down: bool) -> None:
    undo_statements.empty("undo_concerned")
    undo_columns.concern_customers(table, parameters)
    count = undo_columns.count_only_stepped_down(parameters) if stepping_down else None
    written = undo_columns.write(table, parameters)
    undo.changed[table.name] += written if count is None else count
    undo_columns.concern_customers(table, parameters)
    _tell(parameters, is_renamed=table in {CONTACTS, CUSTOMERS})


def _tell(parameters: dict[str, Any], *, is_renamed: bool) -> None:
    """Scores, lists and the history of the customers concerned follow."""
    sql.run("customers/sql/undo_concerned.sql", parameters)
    if is_renamed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT customer_id FROM undo_concerned")
            searching.refresh([customer_id for (customer_id,) in cursor.fetchall()])


def _look_at_customers(undo: Undo, after: int) -> int | None:
    """Which customers the import made stay, before the first goes: a branch that stays keeps its head office."""
    parameters = undo.parameters(after)
    last = undo_statements.choose(CUSTOMERS, parameters, is_real=undo.is_real)
    if last is None:
        undo.kept["in_use"] += sql.run("customers/sql/undo_parents.sql", parameters)
        return None
    undo_statements.judge(CUSTOMERS, parameters)
    undo.kept += Counter(undo_statements.keep_rows(CUSTOMERS, parameters))
    if undo.is_real:
        undo_statements.empty("undo_concerned")
        _concern_kept(parameters)
        _tell(parameters, is_renamed=False)
    return last


def _answer(undo: Undo, after: int) -> int | None:
    """The ledger only grows: entries of the import are answered with what stood before."""
    parameters = undo.parameters(after)
    parameters["upto"] = undo_statements.value(
        "SELECT max(id) FROM (SELECT id FROM customers_consent WHERE id > %(after)s"
        " AND (imported_id = %(import_id)s OR source = %(source)s) ORDER BY id LIMIT %(size)s) AS chunk",
        parameters,
    )
    if parameters["upto"] is None:
        return None
    undo_statements.empty("undo_entry")
    undo.consents += sql.run("customers/sql/undo_consents.sql", parameters)
    if undo.is_real:
        sql.run("customers/sql/undo_consents_write.sql", parameters)
    return parameters["upto"]


def _wake_scores(undo: Undo, _after: int) -> None:
    """Segments and figures follow customers who are gone, too: any mark makes them be computed anew."""
    somebody = Customer.objects.order_by("id").first()
    if undo.created["customer"] and somebody is not None:
        Touched.objects.create(customer=somebody)


STEPS = (
    Step("lift", _lift),
    *(step for table in FACTS for step in (_remove(table), _restore(table))),
    _remove(CONTACTS),
    _restore(CONTACTS, stepping_down=True),
    _restore(CONTACTS),
    _remove(DIMENSIONS, name="remove dated", only="mine.since IS NOT NULL"),
    _remove(DIMENSIONS),
    _restore(DIMENSIONS),
    _restore(CUSTOMERS),
    Step("look at customers", _look_at_customers),
    _remove(CUSTOMERS),
    _remove(PRODUCTS),
    Step("answer", _answer),
    Step("wake", _wake_scores, in_preview=False),
)
