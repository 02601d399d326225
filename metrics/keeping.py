"""The reports of a day that pages show at once: written each night from what the night stored, read in one query."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import ChurnPolicy, Installation
from common import sql
from scores import spells

from . import computing, home, renewing, trialing
from .models import KeptReport
from .periods import Period, after, holding

Row = dict[str, Any]
AMOUNTS = {
    "historic_total",
    "historic_mean",
    "predicted_mean",
    "monetary",
    "at_risk",
    "mrr",
    "renewals_mrr",
    "worth",
    *renewing.AMOUNTS,
}
AMOUNTS |= {"to_come_total", "to_come_mean", "total", "mean", "median", "least", "p95", "top_total", "top_from"}
AMOUNTS |= {"low", "high", "highest", "lowest", "historic", "to_come", "lifetime", "revenue"}
STAKES = 50  # customers with most at stake
DUE = 20  # next deadlines, of everybody and of each owner
MONTHS_BACK = 13
PERIODS_BACK = {1: 14, 3: 9, 6: 5, 12: 5}  # of each length, of whom is counted who came back


@dataclass(frozen=True)
class Kept:
    """Rows and the day they speak of (None: no night yet)."""

    as_of: dt.date | None = None
    rows: list[Row] = field(default_factory=list)


@transaction.atomic
def keep(*, as_of: dt.date, now: dt.datetime) -> None:
    """Rewrites all kept reports; the scores stored must be those of `as_of`."""
    spells.build(as_of=as_of)
    sql.run("metrics/sql/stored_scores.sql", {"as_of": as_of})
    found: dict[tuple[str, str], list[Row]] = {("rfm", ""): computing.rfm_rows(as_of=as_of)}
    found["rfm", "vip"] = sql.rows("metrics/sql/rfm_vip.sql")
    found["figures", ""] = sql.rows("metrics/sql/figures.sql", {"as_of": as_of, "dimension": ""})
    found["stake", ""] = sql.rows("metrics/sql/most_at_stake.sql", {"most": STAKES})
    found |= home.keep(as_of=as_of, now=now)
    found["due", ""] = sql.rows("metrics/sql/due_list.sql", {"as_of": as_of, "most": DUE})
    found |= _of_contracts(as_of=as_of, today=Installation.get().day_of(now))
    found["churn", "month_end"] = _other_month_end(as_of=as_of, now=now)
    found["returned", ""] = sql.rows("metrics/sql/returned_kept.sql", _newest(as_of))
    KeptReport.objects.filter(name__in={name for name, _by in found}).delete()
    KeptReport.objects.bulk_create(
        [KeptReport(name=name, by=by, as_of=as_of, rows=rows) for (name, by), rows in found.items()]
    )


def _of_contracts(*, as_of: dt.date, today: dt.date) -> dict[tuple[str, str], list[Row]]:
    """Renewals and trials by every period and cut, from temp known_terms."""
    found = {}
    for name, topic in (("renewals", renewing), ("trials", trialing)):
        for by in ("", *topic.CUTS):
            found[name, by] = topic.kept(as_of=as_of, today=today, by=by)
    return found


def read(*wanted: tuple[str, str]) -> dict[tuple[str, str], Kept]:
    """The reports asked for by (name, by), in one query; an empty one where no night has kept it."""
    asked = Q(pk=None)
    for name, by in wanted:
        asked |= Q(name=name, by=by)
    kept = {
        (one.name, one.by): Kept(one.as_of, [_exact(row) for row in one.rows])
        for one in KeptReport.objects.filter(asked)
    }
    return {key: kept.get(key, Kept()) for key in wanted}


def _exact(row: Row) -> Row:
    return {key: _amount(value) if key in AMOUNTS and value is not None else value for key, value in row.items()}


def _amount(value: Any) -> Any:
    return [Decimal(one) for one in value] if isinstance(value, list) else Decimal(value)


def _newest(as_of: dt.date) -> dict[str, list[Any]]:
    """The newest periods of each length, as a statement takes them."""
    found = [
        Period(after(holding(as_of, months).first, -back * months), months)
        for months, shown in PERIODS_BACK.items()
        for back in range(shown)
    ]
    return {
        "firsts": [one.first for one in found],
        "lasts": [min(one.last, as_of) for one in found],
        "lengths": [one.months for one in found],
    }


def _other_month_end(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """Churn of the last months by the other way of counting a contract's last day; for the definition chip."""
    settings = Installation.get()
    if settings.churn_policy == ChurnPolicy.INACTIVITY:
        return []
    spells.build(as_of=as_of, month_end=not settings.month_end)
    this_month = as_of.replace(day=1)
    months = [Period(after(this_month, -back), 1) for back in range(MONTHS_BACK, -1, -1)]
    today = settings.day_of(now)
    complete = [one for one in months if one.is_complete(as_of=as_of, today=today)]
    codes = {one.first: one.code for one in complete}
    return [
        {"period": codes[row["first_on"]], "at_start": row["at_start"], "lost": row["lost"]}
        for row in computing.churn_counts(complete, as_of=as_of)
    ]
