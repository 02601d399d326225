"""The figures as of any day, from the raw rows: what reports print and rollups keep.

Every function builds what it needs in temp tables of this session (scores.spells, scores.scoring) and returns
plain rows. `today` decides which periods are over.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.models import ChurnPolicy, Installation, User
from common import sql
from customers.models import Customer
from scores import backtesting, checking, scoring, spells
from scores.models import ModelFit, ScoreSnapshot
from segments.models import Segment, TouchPlan

from . import costs, payback, repeating, worth
from .periods import MONTHS, ONE_DAY, Period, between

CHURN_BY = ("owner", "segment", "membership", "industry", "region", "plan", "tier", "cohort")
LTV_BY = worth.CUTS

Row = dict[str, Any]


def offered(cuts: Iterable[str]) -> list[str]:
    """The cuts there is something to say about: tiers once the company has set its touch model."""
    return [cut for cut in cuts if cut != "tier" or TouchPlan.get().rules]


@transaction.atomic
def churn(
    *,
    as_of: dt.date,
    now: dt.datetime,
    start: dt.date | None = None,
    end: dt.date | None = None,
    period: str = "month",
    by: str = "",
    second: str = "",
) -> list[Row]:
    """Churn of the complete periods between two days: period, start, end, group, at_start, lost, rate in percent.

    `rate` is None where nobody was there at the start. Without `start`, from the first activity on. Two cuts (`by` and
    `second`, or both in `by` with a comma) give `second_group` beside `group`.
    """
    cuts = cuts_of(by, second)
    today = Installation.get().day_of(now)
    spells.build(as_of=as_of)
    first = start or first_activity()
    wanted = between(first, end or as_of, MONTHS[period]) if first else []
    periods = [one for one in wanted if one.is_complete(as_of=as_of, today=today)]
    segments_at_start(periods if "segment" in cuts else [], now=now)
    if "segment" in cuts:
        spells.build(as_of=as_of)
    found = churn_counts(periods, cuts=cuts, as_of=as_of)
    codes = {one.first: one.code for one in periods}
    return churn_named([row | {"period": codes[row["first_on"]]} for row in found if not cuts or row["at_start"]], cuts)


def cuts_of(by: str, second: str = "") -> tuple[str, ...]:
    """None, one or two cuts, in the order in which they are asked for (`owner,industry`)."""
    return tuple(cut for cut in (*by.split(","), second) if cut)


def churn_named(rows: list[Row], cuts: tuple[str, ...]) -> list[Row]:
    """Rows of the report from period, first_on, last_on, value, other, at_start, lost."""
    names = [group_names(cut, {row[key] for row in rows}) for cut, key in zip(cuts, ("value", "other"), strict=False)]
    return [
        {
            "period": row["period"],
            "start": row["first_on"],
            "end": row["last_on"],
            "group": names[0].get(row["value"]) if cuts else None,
            **({"second_group": names[1].get(row["other"])} if len(cuts) > 1 else {}),
            "at_start": row["at_start"],
            "lost": row["lost"],
            "rate": rate(row["lost"], row["at_start"]),
        }
        for row in rows
    ]


def rate(lost: int, at_start: int) -> float | None:
    """Lost ÷ at start × 100; no figure where nobody was there."""
    return 100 * lost / at_start if at_start else None


def churn_counts(periods: list[Period], *, as_of: dt.date, cuts: tuple[str, ...] = ()) -> list[Row]:
    """first_on, last_on, value, other, at_start, lost, joined, won_back of each period and group ('' = not cut), from
    the spells (and segments) last built."""
    if offered(cuts) != list(cuts):
        return []
    file(as_of=as_of, everybody=bool(cuts))
    if "segment" not in cuts:
        sql.run("metrics/sql/segment_table.sql")
    found = []
    for one in periods:
        stand(one, as_of=as_of)
        asked = {"first_on": one.first, "cut": cuts[0] if cuts else "", "other_cut": cuts[1] if len(cuts) > 1 else ""}
        rows = sql.rows("metrics/sql/churn.sql", asked)
        found += [row | {"first_on": one.first, "last_on": one.last} for row in rows]
    return found


def file(*, as_of: dt.date, everybody: bool = True) -> None:
    """Builds what customers are filed under from the spells last built; of nobody where nothing is cut."""
    for name in ("filed", "first_days"):
        sql.run(f"metrics/sql/{name}.sql", {"as_of": as_of, "everybody": everybody})


def stand(period: Period, *, as_of: dt.date, is_kept: bool = False) -> None:
    """(Re)builds temp `standing` of one period (up to `as_of` where it is not over), from what was built or is kept."""
    days = {"first_on": period.first, "last_on": min(period.last, as_of)}
    sql.run(f"metrics/sql/standing{'_kept' if is_kept else ''}.sql", spells.parameters(as_of=as_of) | days)


def segments_at_start(periods: list[Period], *, now: dt.datetime, may_compute: bool = True) -> None:
    """Builds the table of everybody's RFM segment at each period's start; before the spells are built.

    What no night stored is computed, or with `may_compute` off left unknown ('').
    """
    sql.run("metrics/sql/segment_table.sql")
    for one in periods:
        _segments_before(one.first, now, may_compute)


def _segments_before(first: dt.date, now: dt.datetime, may_compute: bool) -> None:
    """Fills in everybody's RFM segment at the end of the day before; computed where no night stored it."""
    eve = first - ONE_DAY
    if not may_compute or ScoreSnapshot.objects.filter(as_of=eve).exists():
        sql.run("metrics/sql/segment_at_start.sql", {"first_on": first})
    else:
        scoring.build(as_of=eve, now=now)
        sql.run("metrics/sql/segment_computed.sql", {"first_on": first})


def first_activity() -> dt.date | None:
    """The first day on which somebody was active, by the spells last built."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(from_on) FROM active_spells")
        return cursor.fetchone()[0]


@transaction.atomic
def lost(*, period: Period, as_of: dt.date, now: dt.datetime, by: str = "", group: str | None = None) -> list[Row]:
    """Who was lost in a period: customer_id, value, since, reason, competitor; of one group by its stored value.

    Segments are those the nights stored, as in the rollup whose figure this explains.
    """
    segments_at_start([period] if by == "segment" else [], now=now, may_compute=False)
    spells.build(as_of=as_of)
    file(as_of=as_of, everybody=bool(by))
    stand(period, as_of=as_of)
    days = {"first_on": period.first, "last_on": min(period.last, as_of)}
    return sql.rows("metrics/sql/lost.sql", {**days, "cut": by, "every_group": group is None, "value": group})


@transaction.atomic
def ltv(*, as_of: dt.date, now: dt.datetime, by: str = "", second: str = "") -> list[Row]:
    """LTV by group (and the group of a second cut): group, customers, historic_total, historic_mean, to_come_total,
    to_come_mean, predicted_mean; None to come without a model."""
    _worth(as_of=as_of, now=now)
    if len(offered(filter(None, (by, second)))) < bool(by) + bool(second):
        return []
    return named(worth.turned(worth.cuts(as_of=as_of), by, second), by, second)


def _worth(*, as_of: dt.date, now: dt.datetime) -> None:
    """(Re)builds temp `ltv_facts` of a day from the raw rows."""
    scoring.build(as_of=as_of, now=now)
    spells.build(as_of=as_of)
    worth.build(as_of=as_of)


@transaction.atomic
def ltv_deciles(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """Ten equal parts of customers by historic LTV: see worth.deciles."""
    _worth(as_of=as_of, now=now)
    return [{key: value for key, value in row.items() if key != "last_id"} for row in worth.deciles()]


@transaction.atomic
def ltv_distribution(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """Bands of historic LTV: see worth.distribution."""
    _worth(as_of=as_of, now=now)
    return worth.distribution()


@transaction.atomic
def ltv_lifetime(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """One row: see worth.lifetime; none where contracts decide nothing."""
    _worth(as_of=as_of, now=now)
    return lifetime(as_of=as_of, now=now)


def lifetime(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """The same from temp `ltv_facts` and the spells last built."""
    settings = Installation.get()
    if settings.churn_policy == ChurnPolicy.INACTIVITY:
        return []
    months = scoring.full_months(as_of=as_of, today=settings.day_of(now))
    params = {"month_firsts": [first for first, _ in months], "month_lasts": [last for _, last in months]}
    (found,) = sql.rows("scores/sql/company_churn.sql", params)
    churn = found["lost"] / found["at_start"] if found["at_start"] else None
    return [worth.lifetime(margin=margin(), churn=churn)]


@transaction.atomic
def ltv_cohorts(*, as_of: dt.date, now: dt.datetime, by: str = "") -> list[Row]:
    """LTV by month of begin beside the cost: see payback.report."""
    _worth(as_of=as_of, now=now)
    found = payback.compute(as_of=as_of, margin=margin())
    today = Installation.get().day_of(now)
    return payback.report(found[by], costs.entered(), by=by, as_of=as_of, today=today)


@transaction.atomic
def repeat(*, as_of: dt.date, now: dt.datetime, by: str = "") -> list[Row]:
    """Who buys again, by month or way: see repeating.flat."""
    spells.build(as_of=as_of)
    return repeating.flat(repeating.compute(as_of=as_of, until=last_over(as_of=as_of, now=now))[by])


def margin() -> Decimal:
    """What LTV is multiplied by; 1 where the company has set none."""
    return Decimal(1) if (set_ := Installation.get().margin) is None else Decimal(set_)


def last_over(*, as_of: dt.date, now: dt.datetime) -> dt.date:
    """The last day that is over and not after `as_of`."""
    return min(as_of, Installation.get().day_of(now) - ONE_DAY)


def named(rows: list[Row], by: str, second: str = "") -> list[Row]:
    """The rows with the words for their groups in front instead of the stored values."""
    keys = {"value": "group", "second": "second_group"} if second else {"value": "group"}
    words = {key: group_names(cut, {row[key] for row in rows}) for key, cut in zip(keys, (by, second), strict=False)}
    return [
        {name: words[key].get(row[key]) for key, name in keys.items()}
        | {key: value for key, value in row.items() if key not in keys}
        for row in rows
    ]


@transaction.atomic
def rfm(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """The 25 cells: r, f, segment, customers, monetary."""
    scoring.build(as_of=as_of, now=now)
    return rfm_rows(as_of=as_of)


def rfm_rows(*, as_of: dt.date) -> list[Row]:
    """The same from temp `scored` as it stands."""
    return sql.rows("metrics/sql/rfm.sql", scoring.parameters(as_of=as_of))


@transaction.atomic
def figures(*, as_of: dt.date, now: dt.datetime, by: str = "") -> list[Row]:
    """The figures of the first page: group, customers, active, high_risk, at_risk, mrr, renewals, renewals_mrr."""
    scoring.build(as_of=as_of, now=now)
    return named(sql.rows("metrics/sql/figures.sql", {"as_of": as_of, "dimension": by}), by)


@transaction.atomic
def model(*, as_of: dt.date, now: dt.datetime) -> Row:
    """The fit of that day, weeks: r, alpha, a, b, log_likelihood, n, p, q, gamma, n_repeat."""
    fitted = scoring.build(as_of=as_of, now=now)
    params = fitted.params()
    names = ("r", "alpha", "a", "b", "log_likelihood")
    return (
        {name: params[name] for name in names}
        | {"n": fitted.customers}
        | {name: params[name] for name in ("p", "q", "gamma")}
        | {"n_repeat": fitted.repeaters}
    )


def model_check(*, as_of: dt.date, now: dt.datetime) -> list[Row]:
    """What stored models foretold beside what came, as last checked by that day: the page "Model check"."""
    fit = ModelFit.objects.filter(as_of__lte=as_of).order_by("-as_of").first()
    return checking.rows(fit, backtesting.latest(as_of))


def group_names(by: str, values: set[str | None]) -> dict[str | None, str | None]:
    """What a group is called: an owner by name (with the number behind it where two are called alike)."""
    if by == "membership":
        return {value: value for value in values} | {one.slug: str(one) for one in Segment.everything.all()}
    if by != "owner":
        return {value: value for value in values}
    ids = {int(value) for value in values if value}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    called = {str(pk): f"{name} ({pk})" if name in twice else name for pk, name in names.items()}
    return {value: called.get(value, value) if value else value for value in values}


def has_customers() -> bool:
    """False on an installation into which nothing was brought yet."""
    return Customer.objects.exists()
