"""Who buys again: F2/F3転換率, リピート率, 早期離脱 (JAPAN.md "Figures"), by month and by way of winning customers.

A month counts for a window of n days only once its last day is n days past; until then its figures are "so far" and in
no mean.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from common import sql
from scores import spells

from .periods import ONE_DAY, after

WINDOWS = (30, 60, 90, 180)
MOST_WAYS = 30
EARLY_DAYS = 90
COLUMNS = [
    *("group", "customers", "f2_30", "f2_60", "f2_90", "f2_180", "f2_days"),
    *("second_buyers", "f3_30", "f3_60", "f3_90", "f3_180", "f3_days"),
    *("buyers", "repeat_buyers", "repeat_rate", "began", "left_early", "early_rate"),
]

Row = dict[str, Any]


def compute(*, as_of: dt.date, until: dt.date) -> dict[str, list[Row]]:
    """From the tables of `spells`: {"": months, oldest first, "via": ways, most customers first, "all": [everybody]}.

    A row: group (day of the month's first, way, None), f2, f3 (see `_conversion`), buyers and before (of a way and of
    everybody: the last twelve full months), early (customers, base, gone, so_far). `until`: the last day that is over.
    """
    params = spells.parameters(as_of=as_of) | {"until": until, "most": MOST_WAYS}
    this_month = (until + ONE_DAY).replace(day=1)
    year = {"since": after(this_month, -12), "until": this_month - ONE_DAY}
    sql.run("metrics/sql/repeat_days.sql", params)
    found: dict[tuple[str, Any], Row] = {}
    for row in sql.rows("metrics/sql/repeat_conversion.sql", params):
        _of(found, row)[f"f{row['step']}"] = _conversion(row)
    for row in sql.rows("metrics/sql/repeat_buyers.sql", params | year):
        _of(found, row).update(buyers=row["buyers"], before=row["before"])
    for row in sql.rows("metrics/sql/repeat_leaving.sql", params):
        _of(found, row)["early"] = {name: row[name] for name in ("customers", "base", "gone", "so_far")}
    return _sorted(found)


def _of(found: dict[tuple[str, Any], Row], row: Row) -> Row:
    kind = "" if row["month"] else "all" if row["via"] is None else "via"
    group = row["month"].isoformat() if row["month"] else row["via"]
    return found.setdefault((kind, group), {"group": group, "f2": None, "f3": None, "buyers": 0, "before": 0})


def _conversion(row: Row) -> Row:
    """customers, again (ever), days (median), days_quarter, several_orders; by window [base, done, so far]."""
    windows = {str(n): [row[f"base_{n}"], row[f"done_{n}"], row[f"so_far_{n}"]] for n in WINDOWS}
    return {
        "customers": row["customers"],
        "again": row["again"],
        "several_orders": row["several_orders"],
        "days_quarter": row["days_quarter"],
        "days": row["days_median"],
        "windows": windows,
    }


def _sorted(found: dict[tuple[str, Any], Row]) -> dict[str, list[Row]]:
    for row in found.values():
        row.setdefault("early", None)
    kinds = {kind: [row for (one, _group), row in found.items() if one == kind] for kind in ("", "via", "all")}
    kinds[""].sort(key=lambda row: row["group"])
    kinds["via"].sort(key=lambda row: (-_customers(row), row["group"]))
    return kinds


def _customers(row: Row) -> int:
    return row["f2"]["customers"] if row["f2"] else (row["early"] or {"customers": 0})["customers"]


def share(done: int, base: int) -> float | None:
    """A percentage; None where nobody counts yet."""
    return 100 * done / base if base else None


def flat(rows: Iterable[Row]) -> list[Row]:
    """The rows of the report: COLUMNS; rates in percent, None while a window is not over."""
    return [_flat(row) for row in rows]


def _flat(row: Row) -> Row:
    early = row["early"] or {"customers": 0, "base": 0, "gone": None}
    return {
        "group": row["group"],
        "customers": row["f2"]["customers"] if row["f2"] else 0,
        **_rates("f2", row["f2"]),
        "second_buyers": row["f3"]["customers"] if row["f3"] else 0,
        **_rates("f3", row["f3"]),
        "buyers": row["buyers"],
        "repeat_buyers": row["before"],
        "repeat_rate": share(row["before"], row["buyers"]),
        "began": early["customers"],
        "left_early": early["gone"] if early["base"] else None,
        "early_rate": share(early["gone"] or 0, early["base"]),
    }


def _rates(name: str, step: Row | None) -> Row:
    windows = step["windows"] if step else {}
    rates = {f"{name}_{n}": share(*windows[str(n)][1::-1]) if step else None for n in WINDOWS}
    return rates | {f"{name}_days": step["days"] if step else None}


def plain(value: Any) -> Any:
    """Decimals of percentiles as whole numbers of days."""
    return int(value) if isinstance(value, Decimal) else value
