"""What scores need of each customer's raw rows: computed by one set of statements for everybody or for a few, and kept.

`activity` (a temp view; columns: sql/activity.sql, sql/activity_kept.sql) is what scores are computed from. It speaks
of everybody, either as just built for any day, or as kept for the day of the last run.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from accounts.models import Installation
from common import sql
from scores import spells

FORMULA = 2  # raise it when sql/activity.sql or what it reads changes: everybody is then computed anew
PASSING = {"as_of", "window_from"}  # parameters that only the day decides


def build(*, params: dict[str, Any]) -> None:
    """(Re)builds `activity` of everybody from the raw rows, and temp `bought`, `refund_days`, `known_terms` and
    `contract_cover` beside it, with the other tables of spells where by_days; keeps nothing."""
    with spells.scope():
        _read(params)
    sql.run("scores/sql/activity_built.sql", params)


def _read(params: dict[str, Any]) -> None:
    """The statements behind everybody's activity and behind that of a few. Days are laid out only where activity does
    not follow from purchases alone; elsewhere no day table is left behind: `spells.build` makes them."""
    if params["by_days"]:
        spells.make(params, "bought")
    else:
        sql.run("scores/sql/no_days.sql")
        spells.contracts(params)
        spells.purchases(params, "bought")
    for name in ("last_logins", "activity"):
        sql.run(f"scores/sql/{name}.sql", params)
    if not params["by_days"]:
        sql.run("scores/sql/no_days_end.sql")


def keep(*, params: dict[str, Any]) -> int:
    """Makes what is kept equal to what `build` just built; returns how many rows were written."""
    return sql.total("scores/sql/keep_activity.sql", {**params, "everybody": True})


def renew(ids: Collection[int], *, params: dict[str, Any]) -> tuple[int, int]:
    """Computes these customers (and those who are new, or archived since) anew and keeps what they have now.

    Right only on the day, and under the settings, that everybody was last computed for. `activity` and the temp
    tables of spells then hold these customers alone. Returns how many were computed, and how many rows were written.
    """
    count = want(ids)
    with spells.scope(is_everybody=False):
        _read(params)
    written = sql.total("scores/sql/keep_activity.sql", {**params, "everybody": False})
    sql.run("scores/sql/activity_built.sql", params)
    return count, written


@contextmanager
def kept(*, params: dict[str, Any]) -> Iterator[None]:
    """Inside, `activity` is what is kept of everybody. It goes again, so that no migration waits for this session."""
    sql.run("scores/sql/activity_kept.sql", params)
    yield
    sql.run("scores/sql/activity_end.sql")


def want(ids: Collection[int]) -> int:
    """Fills temp `wanted`; returns how many customers are in it."""
    sql.run("scores/sql/wanted.sql", {"ids": list(ids)})
    return sql.rows("scores/sql/wanted_count.sql")[0]["customers"]


def settings_hash(params: dict[str, Any]) -> str:
    """Short hash of all that what is kept depends on besides raw rows and the day."""
    row = Installation.get()
    lasting = sorted((name, repr(value)) for name, value in params.items() if name not in PASSING)
    return hashlib.sha256(repr((FORMULA, row.rfm_window_days, row.time_zone, lasting)).encode()).hexdigest()[:16]
