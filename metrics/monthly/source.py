"""What the report of a month is made from, read in few queries: rollups, kept facts, the state of closing."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts.models import Installation
from customers.models import Customer

from .. import computing, wording
from ..definitions import METRICS
from ..models import ChurnRollup, Closing, CohortRollup, Goal, MovementRollup, RfmFlow
from ..periods import ONE_DAY, Period, after
from . import facts

Row = dict[str, Any]
TREND = 13  # the month, the one before, and back to the same month of the year before
CUTS = ("owner", "segment", "industry", "plan")


@dataclass(frozen=True)
class Readers:
    """Who will read it: leaders see every owner, others their own part only."""

    owner: int | None = None  # None: all owners


class Source:
    """Lazy: each property is one query at most."""

    def __init__(self, period: Period, *, settings: Installation, today: dt.date, readers: Readers) -> None:
        self.period, self.settings, self.today, self.readers = period, settings, today, readers
        self.months = [Period(after(period.first, -back), 1) for back in range(TREND - 1, -1, -1)]
        self.names = [wording.period_words(one, settings) for one in self.months]

    def metric(self, key: str) -> str:
        """What a figure is called under the company's policy."""
        return str(METRICS[key].name_under(self.settings.churn_policy))

    @cached_property
    def facts(self) -> dict[str, Row]:
        return facts.read(one.code for one in self.months)

    def fact(self, back: int = 0) -> Row:
        """What the night kept of the month (so many months before); empty where it kept nothing."""
        return self.facts.get(self.months[-1 - back].code, {})

    @property
    def as_of(self) -> dt.date | None:
        return self.fact().get("day")

    @property
    def is_complete(self) -> bool:
        return self.as_of is not None and self.period.is_complete(as_of=self.as_of, today=self.today)

    def standing(self, name: str, back: int = 0) -> Any:
        """A sum of month_standing.sql at the month's end; amounts exact."""
        value = self.fact(back).get("standing", {}).get(name)
        return Decimal(value) if isinstance(value, str) else value

    def trend(self, name: str) -> tuple[float | None, ...]:
        found = [self.standing(name, back) for back in range(TREND - 1, -1, -1)]
        return tuple(None if value is None else float(value) for value in found)

    @cached_property
    def _churn(self) -> list[ChurnRollup]:
        wanted = Q(dimension="", first__in=[one.first for one in self.months])
        wanted |= Q(dimension__in=CUTS, second="", first=self.period.first)
        return list(ChurnRollup.objects.filter(wanted, months=1, second="").order_by("first", "-at_start", "group"))

    @cached_property
    def churn(self) -> dict[dt.date, ChurnRollup]:
        """Everybody's, by month; the month itself only once it is over."""
        return {
            one.first: one
            for one in self._churn
            if not one.dimension and (one.first < self.period.first or self.is_complete)
        }

    def churn_of(self, back: int = 0) -> ChurnRollup | None:
        return self.churn.get(self.months[-1 - back].first)

    def rate(self, back: int = 0) -> float | None:
        found = self.churn_of(back)
        return computing.rate(found.lost, found.at_start) if found else None

    def cut(self, by: str) -> list[tuple[str, ChurnRollup]]:
        """The groups of a cut with their words, largest first; of owners those the readers may see."""
        rows = [one for one in self._churn if one.dimension == by] if self.is_complete else []
        if by == "owner" and self.readers.owner is not None:
            rows = [one for one in rows if one.group == str(self.readers.owner)]
        called = computing.group_names(by, {one.group for one in rows}) if rows else {}
        return [(wording.group_words(by, called.get(one.group)), one) for one in rows]

    @cached_property
    def movements(self) -> dict[dt.date, MovementRollup]:
        firsts = [one.first for one in self.months]
        found = MovementRollup.objects.filter(months=1, dimension="", first__in=firsts)
        return {one.first: one for one in found if one.at_start or one.at_end}

    @cached_property
    def flow(self) -> RfmFlow | None:
        """Between the two ends of the month; up to the day of the scores where it is not over."""
        from_on = self.period.first - ONE_DAY
        to_on = self.period.last if self.is_complete else self.as_of
        return RfmFlow.objects.filter(from_on=from_on, to_on=to_on, state=RfmFlow.State.DONE).first() if to_on else None

    @cached_property
    def cohorts(self) -> list[CohortRollup]:
        since = self.months[0].first
        rows = CohortRollup.objects.filter(kind="", months=1, cohort__gte=since, cohort__lte=self.period.first)
        return [one for one in rows.order_by("cohort", "month") if after(one.cohort, one.month) <= self.period.first]

    @cached_property
    def people(self) -> dict[int, Customer]:
        """The customers named, with their owners; who was merged away is missing."""
        fact = self.fact()
        ids = {row["customer_id"] for key in ("lost_top", "stakes") for row in fact.get(key, [])}
        return Customer.objects.select_related("owner").in_bulk(ids) if ids else {}

    @cached_property
    def closing(self) -> Closing | None:
        return Closing.objects.filter(month=self.period.first, reopened_at=None).select_related("by").first()

    @cached_property
    def goals(self) -> list[Goal]:
        return list(Goal.objects.filter(metric="churn", since__lte=self.period.first).order_by("since"))

    def goal(self, month: Period) -> float | None:
        """What churn should have been in a month."""
        held = [one.value for one in self.goals if one.since <= month.first]
        return float(held[-1]) if held and held[-1] is not None else None


def as_day(value: str | dt.date) -> dt.date:
    """A day as the kept facts hold it."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def as_amount(value: Any) -> Decimal:
    """An amount as the kept facts hold it."""
    return Decimal(value)
