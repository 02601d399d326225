"""The customers behind a cell of the cohorts: those who are there so many periods later, or those who are not."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from accounts.models import Installation
from common import sql

from . import cohorts
from .models import CohortRollup
from .periods import Period, after, holding

PER_PAGE = 50

Row = dict[str, Any]


@dataclass(frozen=True)
class People:
    """Who began in `cohort` and is (`is_there`) or is not there `age` periods later; `mode` in or after."""

    cohort: Period
    age: int
    as_of: dt.date
    kind: str = ""
    mode: str = "in"
    is_there: bool = True

    @property
    def at(self) -> Period:
        """The period looked at."""
        return Period(after(self.cohort.first, self.age * self.cohort.months), self.cohort.months)

    def page(self, *, after: str = "", most: int = PER_PAGE) -> tuple[list[Row], str]:
        """customer_id, began_on (the earliest first), and the cursor of the next page or ''."""
        on, _, last = after.partition("_")
        is_known = _is_day(on) and last.isascii() and last.isdigit() and len(last) < 19
        found = sql.rows(
            "metrics/sql/cohort_members.sql",
            {
                **self._params(),
                "after_on": on if is_known else None,
                "after_id": int(last) if is_known else None,
                "most": most + 1,
            },
        )
        shown = found[:most]
        return shown, f"{shown[-1]['began_on']}_{shown[-1]['customer_id']}" if len(found) > most else ""

    def count(self) -> tuple[int, int] | None:
        """How many there are of these, and in the cohort, by the rollup; None where it has no such cell."""
        stored = cohorts.stored(self.kind, Installation.get())
        cell = CohortRollup.objects.filter(
            kind=stored, months=self.cohort.months, cohort=self.cohort.first, month=self.age
        ).first()
        if cell is None:
            return None
        there = cell.retained if self.mode == "in" else cell.retained_after or 0
        return (there if self.is_there else cell.size - there), cell.size

    def _params(self) -> Row:
        unit = "month" if self.cohort.months == 1 else "quarter"
        return {
            "began_from": self.cohort.first,
            "began_until": self.cohort.last,
            "at_first": self.at.first,
            "at_last": self.at.last,
            "this_last": holding(self.as_of, self.cohort.months).last,
            "as_of": self.as_of,
            "unit": unit,
            "mode": self.mode,
            "is_there": self.is_there,
            **cohorts.flags(self.kind, Installation.get()),
        }


def _is_day(text: str) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False
