"""What pages read of the movements of monthly amounts: the rollup, and the customers behind each sum of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from common import sql

from . import computing, movements, rollups
from .models import MovementRollup
from .periods import MONTHS, Period

PER_PAGE = 50
MOVES = (*movements.MOVES, "paused")

Row = dict[str, Any]


def periods(period: str) -> list[Period]:
    """Those there are figures of, newest first; the one that is not over as well."""
    months = MONTHS[period]
    found = (
        MovementRollup.objects.filter(months=months, dimension="").order_by("-first").values_list("first", flat=True)
    )
    return [Period(first, months) for first in found]


def complete(known: list[Period]) -> list[Period]:
    """Those that were over when the figures were last filled."""
    if not known:
        return []
    months = known[0].months
    over = MovementRollup.objects.filter(rollups.complete(months), months=months, dimension="")
    firsts = set(over.values_list("first", flat=True))
    return [one for one in known if one.first in firsts]


def last_complete(period: str = "month") -> Row | None:
    """Everybody's movements of the last period that is over; None without any."""
    over = complete(periods(period))
    found = rows(over[:1])
    return found[0] if found else None


def rows(wanted: list[Period], *, by: str = "", group: str | None = None) -> list[Row]:
    """Each period and group: `period`, `value` (stored), `group` (its word), the amounts and rates; oldest first."""
    if not wanted:
        return []
    found = MovementRollup.objects.filter(
        months=wanted[0].months, first__in=[one.first for one in wanted], dimension=by
    ).order_by("first", "group")
    if group is not None:
        found = found.filter(group=group)
    stored = list(found)
    names = computing.group_names(by, {one.group for one in stored}) if by else {}
    return [
        {"period": Period(one.first, one.months), "value": one.group if by else None, "group": names.get(one.group)}
        | movements.with_rates({name: getattr(one, name) for name in ("customers", *movements.AMOUNTS)})
        for one in stored
    ]


def total(found: list[Row]) -> Row:
    """The sums of some groups, with the rates of the whole."""
    names = ("customers", *movements.AMOUNTS)
    return movements.with_rates({name: sum(row[name] for row in found) for name in names})


@dataclass(frozen=True)
class People:
    """Who stands behind one sum: of a period and a move (one of MOVES), of one group where `by`."""

    period: Period
    move: str
    as_of: dt.date
    by: str = ""
    group: str = ""

    def page(self, *, after: str = "", most: int = PER_PAGE) -> tuple[list[Row], str]:
        """customer_id, was, became, amount (largest first), and the cursor of the next page or ''."""
        amount, _, last = after.partition("_")
        is_known = last.isascii() and last.isdigit() and amount.replace(".", "", 1).isascii() and _is_amount(amount)
        found = sql.rows(
            "metrics/sql/movement_people.sql",
            {
                **self._params(),
                "after_amount": amount if is_known else None,
                "after_id": int(last) if is_known else None,
                "most": most + 1,
            },
        )
        shown = found[:most]
        return shown, f"{shown[-1]['amount']}_{shown[-1]['customer_id']}" if len(found) > most else ""

    def count(self) -> Row:
        """customers, amount."""
        return sql.rows("metrics/sql/movement_people_count.sql", self._params())[0]

    def _params(self) -> Row:
        return {
            "first_on": self.period.first,
            "last_on": min(self.period.last, self.as_of),
            "move": self.move,
            "cut": self.by,
            "value": self.group,
        }


def _is_amount(text: str) -> bool:
    whole, _, cents = text.partition(".")
    return 0 < len(whole) < 20 and len(cents) < 3 and (whole + cents).isdigit()
