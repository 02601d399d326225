"""What customers of a month brought since, beside what winning them cost: LTV by cohort, payback, LTV ÷ CAC.

A "month" after the beginning is a calendar month: after 1 month = the month in which they began, after 3 = that and
the two that follow. A cohort's figure counts once the last of those months is over.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common import sql
from scores import spells

from .periods import ONE_DAY
from .worth import money

AFTER = (1, 3, 6, 12, 24)
MOST_WAYS = 30
REST = "\u2026"

Row = dict[str, Any]
Costs = dict[tuple[dt.date, str], Decimal]  # by month and way; '' = not told apart


def compute(*, as_of: dt.date, margin: Decimal) -> dict[str, list[Row]]:
    """From temp `ltv_facts` and the tables of `spells`: {"": by month of begin, "via": by month and way}.

    A row: cohort (2026-01), via (None = all), customers, revenue (list: × margin, of month 0, 1 … up to as_of's),
    to_come (None without a prediction for all). Ways beyond the MOST_WAYS with most customers are one, `REST`.
    """
    sizes = sql.rows("metrics/sql/ltv_cohort_sizes.sql")
    ways = _largest(sizes)
    by_way = {
        key: {"cohort": key[0], "via": key[1], "customers": 0, "to_come": Decimal(0), "revenue": _empty(key[0], as_of)}
        for key in sorted({(row["cohort"], _way(row, ways)) for row in sizes})
    }
    for row in sizes:
        _add_people(by_way[row["cohort"], _way(row, ways)], row)
    for row in sql.iterate("metrics/sql/ltv_cohort_revenue.sql", spells.parameters(as_of=as_of)):
        by_way[row["cohort"], _way(row, ways)]["revenue"][row["month"]] += row["amount"] * margin
    for one in by_way.values():
        one["revenue"] = [_rounded(amount) for amount in one["revenue"]]
    together = {cohort: _together(cohort, by_way.values()) for cohort in sorted({key[0] for key in by_way})}
    return {"": list(together.values()), "via": list(by_way.values())}


def _largest(sizes: list[Row]) -> set[str]:
    people: dict[str, int] = {}
    for row in sizes:
        people[row["via"]] = people.get(row["via"], 0) + row["customers"]
    return set(sorted(people, key=lambda way: (-people[way], way))[:MOST_WAYS])


def _way(row: Row, ways: set[str]) -> str:
    return row["via"] if row["via"] in ways else REST


def _empty(cohort: str, as_of: dt.date) -> list[Decimal]:
    return [Decimal(0)] * (months_between(first_day(cohort), as_of) + 1)


def _add_people(one: Row, row: Row) -> None:
    one["customers"] += row["customers"]
    if one["to_come"] is not None:
        one["to_come"] = None if row["to_come"] is None else one["to_come"] + money(row["to_come"])


def _rounded(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def _together(cohort: str, rows: Iterable[Row]) -> Row:
    some = [row for row in rows if row["cohort"] == cohort]
    come = [row["to_come"] for row in some]
    return {
        "cohort": cohort,
        "via": None,
        "customers": sum(row["customers"] for row in some),
        "to_come": None if None in come else sum(come),
        "revenue": [sum(month) for month in zip(*(row["revenue"] for row in some), strict=True)],
    }


def first_day(cohort: str) -> dt.date:
    """2026-01 → 1 January 2026."""
    return dt.date(int(cohort[:4]), int(cohort[5:]), 1)


def months_between(first: dt.date, day: dt.date) -> int:
    """How many months after the month of `first` the month of `day` is; 0 = the same or an earlier one."""
    return max(0, (day.year - first.year) * 12 + day.month - first.month)


# --- beside the cost -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """The customers of one month and way: what they brought by month, what winning them cost (None: unknown)."""

    cohort: str
    customers: int
    revenue: list[Decimal]
    to_come: Decimal | None
    cost: Decimal | None
    full: int  # how many of its months are over

    def sum_of(self, months: int) -> Decimal:
        return sum(self.revenue[:months], Decimal(0))


@dataclass(frozen=True)
class Curve:
    """One month's customers, or several months of one way together; all amounts are per customer."""

    parts: list[Part]

    @property
    def customers(self) -> int:
        return sum(part.customers for part in self.parts)

    def after(self, months: int) -> Decimal | None:
        """Revenue of the first so many months, of the cohorts whose months are over; None where there are none."""
        return _mean([part for part in self.parts if part.full >= months], months)

    def so_far(self, months: int) -> Decimal | None:
        """The same of the cohorts that have begun that month: of a month that runs, what came in yet."""
        return _mean([part for part in self.parts if len(part.revenue) >= months], months)

    @property
    def total(self) -> Decimal:
        """Historic LTV."""
        return _mean(self.parts, self._longest) or Decimal(0)

    @property
    def _longest(self) -> int:
        return max(len(part.revenue) for part in self.parts)

    @property
    def paid(self) -> "Curve":
        """Those of them whose cost was entered."""
        return Curve([part for part in self.parts if part.cost is not None])

    @property
    def cost(self) -> Decimal | None:
        """What was spent in all; None where nothing was entered."""
        costs = [part.cost for part in self.parts if part.cost is not None]
        return sum(costs, Decimal(0)) if costs else None

    @property
    def cac(self) -> Decimal | None:
        """Cost per customer won, of the months with a cost."""
        paid = self.paid
        return paid.cost / paid.customers if paid.cost is not None else None

    @property
    def payback(self) -> int | None:
        """After how many months (the first is 1) the cost came back; None: not yet, or no cost entered.

        Of several cohorts, by the months that are over; of one, the running month is looked at as well.
        """
        paid, cac = self.paid, self.cac
        if cac is None:
            return None
        reached = paid.after if len(paid.parts) > 1 else paid.so_far
        amounts = ((n, reached(n)) for n in range(1, paid._longest + 1))
        return next((n for n, amount in amounts if amount is not None and amount >= cac), None)

    @property
    def paid_back(self) -> float | None:
        """Which share of the cost has come back so far (1 = all of it); None without a cost above 0."""
        return float(self.paid.total / self.cac) if self.cac else None

    @property
    def to_come(self) -> Decimal | None:
        """What the next 12 months may bring; None without a prediction for all."""
        come = [part.to_come for part in self.parts if part.to_come is not None]
        return sum(come, Decimal(0)) / self.customers if len(come) == len(self.parts) else None

    @property
    def ratio(self) -> float | None:
        """LTV ÷ CAC, with what the next 12 months may bring; None without a cost above 0 or a prediction."""
        paid = self.paid
        if not self.cac or paid.to_come is None:
            return None
        return float((paid.total + paid.to_come) / self.cac)


def _mean(parts: list[Part], months: int) -> Decimal | None:
    people = sum(part.customers for part in parts)
    return sum((part.sum_of(months) for part in parts), Decimal(0)) / people if people else None


def full_months(cohort: str, *, as_of: dt.date, today: dt.date) -> int:
    """How many months from the cohort's own on are complete."""
    first, over = first_day(cohort), min(as_of, today - ONE_DAY) + ONE_DAY
    return max(0, (over.year - first.year) * 12 + over.month - first.month)


def curves(rows: list[Row], costs: Costs, *, by: str, as_of: dt.date, today: dt.date) -> dict[str, Curve]:
    """The kept rows as curves: by month of begin, or by="via" by way, most customers first."""
    parts: dict[str, list[Part]] = {}
    for row in rows:
        full = full_months(row["cohort"], as_of=as_of, today=today)
        cost = _cost(costs, row["cohort"], row["via"])
        part = Part(row["cohort"], row["customers"], row["revenue"], row["to_come"], cost, full)
        parts.setdefault(row["via"] if by else row["cohort"], []).append(part)
    found = {group: Curve(some) for group, some in parts.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1].customers)) if by else found


def _cost(costs: Costs, cohort: str, via: str | None) -> Decimal | None:
    """Of all ways of a month together, or of one way; what was not told apart by way belongs to none of them."""
    month = first_day(cohort)
    if via is None:
        found = [amount for (one, _way), amount in costs.items() if one == month]
        return sum(found, Decimal(0)) if found else None
    return costs.get((month, via)) if via else None


def report(rows: list[Row], costs: Costs, *, by: str, as_of: dt.date, today: dt.date) -> list[Row]:
    """The rows of the report `ltv-cohorts`: amounts per customer, None while the months are not over."""
    found = curves(rows, costs, by=by, as_of=as_of, today=today)
    return [
        {
            "group": group,
            "customers": curve.customers,
            **{f"after_{months}": curve.after(months) for months in AFTER},
            "ltv": curve.total,
            "to_come": curve.to_come,
            "cost": curve.cost,
            "cac": curve.cac,
            "payback": curve.payback,
            "ltv_to_cac": curve.ratio,
        }
        for group, curve in found.items()
    ]
