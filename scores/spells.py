"""When each customer was active: temp tables of this database session, as known at the end of a day.

`active_spells(customer_id, from_on, until_on)` is the one truth behind lifecycle, churn and cohorts:
active at the end of day X ≤ as_of exactly when some spell has from_on ≤ X ≤ until_on. Who has no
spell is a prospect. The tables it is built from may be read as well (headers of the SQL files):
`purchase_days`, `refund_days`, `known_terms`, `activity_days`, `contract_cover`.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import Error, connection

from accounts.models import Activity, ChurnPolicy, Installation
from common import sql

PLANNING = {"enable_hashagg": "off", "work_mem": "128MB", "max_parallel_workers_per_gather": "0"}


def parameters(
    *, as_of: dt.date, month_end: bool | None = None, settings: Installation | None = None
) -> dict[str, Any]:
    """What the statements ask for, from the installation's settings (PRODUCT.md §1 "Staying and leaving")."""
    settings = settings or Installation.get()
    by_contract = settings.churn_policy in (ChurnPolicy.CONTRACT, ChurnPolicy.EITHER)
    by_activity = settings.churn_policy in (ChurnPolicy.INACTIVITY, ChurnPolicy.EITHER)
    by_login = by_activity and settings.activity == Activity.PURCHASES_AND_LOGINS
    return {
        "as_of": as_of,
        "inactivity_days": settings.inactivity_days,
        "by_contract": by_contract,
        "by_activity": by_activity,
        "by_login": by_login,
        "by_days": by_contract or by_login,
        "month_end": settings.month_end if month_end is None else month_end,
    }


def build(*, as_of: dt.date, month_end: bool | None = None) -> None:
    """(Re)builds the temp tables as of the end of `as_of`, of everybody.

    `month_end` overrides the setting, for the other count on a definition chip. Rows that came in late count,
    rows about later days do not; archived customers are left out.
    """
    with scope():
        make(parameters(as_of=as_of, month_end=month_end))


def make(params: dict[str, Any], *more: str) -> None:
    """The same from given parameters, of those in `scope`; with `more` tables of `purchases`."""
    purchases(params, "purchase_days", *more)
    sql.run("scores/sql/purchase_days_read.sql")
    contracts(params)
    sql.run("scores/sql/spells.sql", params)


def make_quickly(params: dict[str, Any]) -> None:
    """`active_spells`, `known_terms`, `contract_cover` as `make` does, of those in `scope`. Where activity follows from
    purchases alone, no days are laid out: `purchase_days` then holds each customer's first day only."""
    if params["by_days"]:
        make(params)
        return
    contracts(params)
    purchases(params, "stretches")
    sql.run("scores/sql/stretches_read.sql")


def purchases(params: dict[str, Any], *tables: str) -> None:
    """(Re)builds `refund_days` and these tables (`purchase_days`, `bought`) from the purchases of those in `scope`.

    Lines of an order count together on the day of the earliest; most customers have no order of several lines, and
    theirs are read as they stand.
    """
    for name in ("several_lines", "refund_days", *tables):
        sql.run(f"scores/sql/{name}.sql", params)
    for lines in ("lines_plain", "lines_of_orders"):
        sql.run(f"scores/sql/{lines}.sql", params)
        for name in tables:
            sql.run(f"scores/sql/{name}_of_lines.sql", params)


def contracts(params: dict[str, Any]) -> None:
    """(Re)builds `known_terms` and `contract_cover` of those in `scope`."""
    for name in ("known_terms", "contract_cover"):
        sql.run(f"scores/sql/{name}.sql", params)


def build_purchases(*, as_of: dt.date) -> None:
    """(Re)builds `purchase_days` and `refund_days` alone."""
    with scope():
        purchases({"as_of": as_of}, "purchase_days")


@contextmanager
def scope(*, is_everybody: bool = True) -> Iterator[None]:
    """Whose raw rows the statements see inside: everybody's, or those of the customers in temp `wanted`.

    The planner is kept from hashing: rows come in the order of the index, so sorting them by customer costs next to
    nothing, while a hash of a million sums took four times as long.
    """
    sql.run("scores/sql/scope_everybody.sql" if is_everybody else "scores/sql/scope_wanted.sql")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in PLANNING))
        before = dict(zip(PLANNING, cursor.fetchone(), strict=True))
        _plan(cursor, PLANNING)
        try:
            yield
        finally:
            with suppress(Error):  # a transaction that failed takes the settings back by itself
                _plan(cursor, before)
    sql.run("scores/sql/scope_end.sql")


def _plan(cursor: Any, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        cursor.execute("SELECT set_config(%s, %s, %s)", [name, value, connection.in_atomic_block])
