"""What customers are worth, from temp `scored` or a stored day: by one or two cuts, how it is spread, who brings it.

Everything reads temp `ltv_facts` (one row a customer who ever bought or signed); sums over the groups of a cut, over
tenths and over bands are equal to the total to the last yen. The margin is in the amounts already.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import Any

from common import sql
from scores import spells

DIMENSIONS = ("owner", "segment", "industry", "region", "plan", "tier", "cohort", "via")  # order of the mask's bits
CUTS = ("owner", "segment", "membership", "industry", "region", "plan", "tier", "cohort", "via")
PAIRS = tuple(f"{one},{two}" for one, two in combinations(CUTS, 2))
BANDS = 12
TOP = 50
MOST_GROUPS = 4000  # of two cuts; the smallest beyond it are kept together as REST
REST = "\u2026"

Row = dict[str, Any]


def build(*, as_of: dt.date, is_stored_day: bool = False) -> None:
    """(Re)builds temp `ltv_facts` from `scored` as it stands, or from what a night stored of `as_of`.

    `scored` and the tables of `spells` must be there in both cases.
    """
    sql.run("metrics/sql/ltv_amounts_then.sql" if is_stored_day else "metrics/sql/ltv_amounts.sql", {"as_of": as_of})
    sql.run("metrics/sql/ltv_facts.sql", spells.parameters(as_of=as_of))


def cuts(*, as_of: dt.date) -> dict[str, list[Row]]:
    """Every cut ("" = everybody, "industry", "industry,plan") with its groups: `value` (and `second`), customers,
    historic_total, historic_mean, to_come_total, to_come_mean, predicted_mean; None to come without a prediction."""
    found: dict[str, list[Row]] = {}
    for row in sql.iterate("metrics/sql/ltv_cube.sql"):
        if row["customers"]:
            _add(found, _cut_of(row["mask"]), row)
    for row in sql.iterate("metrics/sql/ltv_memberships.sql", {"as_of": as_of}):
        _add(found, in_order(("membership", *_cut_of(row["mask"]))), row)
    return {by: sorted(_capped(rows), key=_by_value) for by, rows in found.items()}


def _by_value(row: Row) -> tuple[str, str]:
    return row["value"] or "", row.get("second") or ""


def turned(found: dict[str, list[Row]], by: str, second: str = "") -> list[Row]:
    """The groups of a cut, or of two in the order asked for; stored are two in one order alone (`in_order`)."""
    asked = tuple(filter(None, (by, second)))
    rows = found.get(",".join(in_order(asked)), [])
    if in_order(asked) == asked:
        return rows
    return sorted(({**row, "value": row["second"], "second": row["value"]} for row in rows), key=_by_value)


def in_order(dimensions: Iterable[str]) -> tuple[str, ...]:
    """The dimensions in the order two cuts are named by ("owner,industry", never the other way)."""
    return tuple(sorted(dimensions, key=CUTS.index))


def _cut_of(mask: int) -> tuple[str, ...]:
    last = len(DIMENSIONS) - 1
    return tuple(name for place, name in enumerate(DIMENSIONS) if not mask >> (last - place) & 1)


def _add(found: dict[str, list[Row]], cut: tuple[str, ...], row: Row) -> None:
    names = dict(zip(("value", "second"), (row[one] for one in cut), strict=False))
    found.setdefault(",".join(cut), []).append({"value": None} | names | amounts(row))


def amounts(row: Row) -> Row:
    """A group's sums and means in money, from sums in hundredths."""
    people, historic = row["customers"], money(row["historic"])
    to_come = None if row["to_come"] is None else money(row["to_come"])
    return {
        "customers": people,
        "historic_total": historic,
        "historic_mean": historic / people,
        "to_come_total": to_come,
        "to_come_mean": None if to_come is None else to_come / people,
        "predicted_mean": None if to_come is None else (historic + to_come) / people,
    }


def money(hundredths: int | Decimal) -> Decimal:
    """Hundredths as an amount."""
    return (Decimal(hundredths) / 100).quantize(Decimal("0.01"))


def _capped(rows: list[Row]) -> list[Row]:
    """The largest groups of two cuts; what is beyond MOST_GROUPS is one group, so that sums stay whole."""
    rows.sort(key=lambda row: (-row["customers"], row["value"] or "", row.get("second") or ""))
    if len(rows) <= MOST_GROUPS:
        return rows
    rest = {"value": REST, "second": REST} if "second" in rows[0] else {"value": REST}
    return [*rows[:MOST_GROUPS], rest | merged(rows[MOST_GROUPS:])]


def merged(rows: list[Row]) -> Row:
    """Several groups as one: their sums and the means of all."""
    sums = {"customers": sum(row["customers"] for row in rows)}
    historic = sum(row["historic_total"] for row in rows) * 100
    come = [row["to_come_total"] for row in rows]
    return amounts({**sums, "historic": historic, "to_come": None if None in come else sum(come) * 100})


# --- spread ----------------------------------------------------------------------------------------


def spread() -> Row:
    """customers, total, mean, median, least, top_count, top_total, top_share, top_from (of the 1 % with the most)."""
    (row,) = sql.rows("metrics/sql/ltv_spread.sql")
    if not row["customers"]:
        return {"customers": 0}
    total = money(row["total"])
    return {
        "customers": row["customers"],
        "total": total,
        "mean": total / row["customers"],
        "median": money(row["median"]),
        "least": money(row["least"]),
        "p95": money(row["p95"]),
        "top_count": row["top_count"],
        "top_total": money(row["top_total"]),
        "top_from": money(row["top_from"]),
    }


def edges(*, least: Decimal, p95: Decimal) -> list[Decimal]:
    """Where bands begin: 0, then steps of 1, 2 or 5 × 10^k so that about BANDS of them reach 95 % of the customers.

    Below 0 there is one band for all (who gave back more than he bought), beyond the last edge another.
    """
    step = nice(p95 / BANDS) if p95 > 0 else Decimal(1)
    found = [Decimal(0)]
    while found[-1] < p95:
        found.append(found[-1] + step)
    return found


def nice(value: Decimal) -> Decimal:
    """The smallest 1, 2 or 5 × 10^k that is not below a positive value (and not below 1)."""
    power = Decimal(1)
    while True:
        for factor in (1, 2, 5):
            if power * factor >= value:
                return power * factor
        power *= 10


def distribution() -> list[Row]:
    """The bands with somebody between the first and last filled: low (None: below 0), high (None: open), customers,
    total. `low` belongs to the band, `high` to the next."""
    whole = spread()
    if not whole["customers"]:
        return []
    found = edges(least=whole["least"], p95=whole["p95"])
    params = {"edges": [int(edge * 100) for edge in found]}
    counted = {row["band"]: row for row in sql.rows("metrics/sql/ltv_distribution.sql", params)}
    limits: list[Decimal | None] = [None, *found, None]
    return [
        {
            "low": limits[band],
            "high": limits[band + 1],
            "customers": counted[band]["customers"] if band in counted else 0,
            "total": money(counted[band]["total"]) if band in counted else Decimal(0),
        }
        for band in range(min(counted), max(counted) + 1)
    ]


# --- who brings it ---------------------------------------------------------------------------------


def deciles() -> list[Row]:
    """Ten parts, the most first: decile, customers, highest, lowest, total, share and reach (cumulative share, both
    0 … 1; None where the whole is not above 0), to_come_total, last_id."""
    rows = sql.rows("metrics/sql/ltv_deciles.sql")
    whole = sum(row["total"] for row in rows)
    reached, found = Decimal(0), []
    for row in rows:
        reached += row["total"]
        found.append(
            {
                "decile": row["decile"],
                "customers": row["customers"],
                "highest": money(row["highest"]),
                "lowest": money(row["lowest"]),
                "total": money(row["total"]),
                "share": float(row["total"] / whole) if whole > 0 else None,
                "reach": float(reached / whole) if whole > 0 else None,
                "to_come_total": None if row["to_come"] is None else money(row["to_come"]),
                "last_id": row["last_id"],
            }
        )
    return found


def top() -> list[Row]:
    """The TOP customers: customer_id, historic, to_come (None without a prediction), last_purchase_on, churn_risk."""
    return [
        {
            "customer_id": row["customer_id"],
            "historic": money(row["historic"]),
            "to_come": None if row["to_come"] is None else money(row["to_come"]),
            "last_purchase_on": row["last_purchase_on"],
            "churn_risk": row["churn_risk"],
            "is_active": row["is_active"],
        }
        for row in sql.rows("metrics/sql/ltv_top.sql", {"most": TOP})
    ]


def lifetime(*, margin: Decimal, churn: float | None) -> Row:
    """What an active customer's monthly amount brings until he leaves, at this monthly churn rate (a share): customers,
    mrr (mean), churn, lifetime = margin × mrr ÷ churn; None without a rate, or where nobody leaves."""
    (row,) = sql.rows("metrics/sql/ltv_lifetime.sql")
    people = row["customers"]
    mean = row["mrr"] / people if people else None
    value = margin * mean / Decimal(str(churn)) if mean is not None and churn else None
    return {"customers": people, "mrr": mean, "churn": churn, "lifetime": value}
