"""The figures of the first page, each with unit, period, day, definition, change, and the page behind it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ChurnPolicy, Installation
from common.templatetags.crm import money, number, percent

from . import charts, comparing, computing, home, keeping, reading
from .definitions import METRICS, chip
from .goals import Goals
from .models import ChurnRollup
from .periods import Period, after
from .wording import large_money, period_words

MONTHS = 13  # the last full month, and the same month of the year before
KEPT = (
    ("figures", ""),
    ("ltv", ""),
    ("rfm", ""),
    ("stake", ""),
    ("churn", "month_end"),
    *home.KEPT,
)
Row = dict[str, Any]
Stat = dict[str, Any]


@dataclass
class Overview:
    """What the night left for the first page."""

    settings: Installation
    kept: dict[tuple[str, str], keeping.Kept]
    months: list[Row]  # everybody's churn of full months, oldest first
    by_owner: list[ChurnRollup] = field(default_factory=list)  # of the last full month, and of this one so far
    goals: Goals = field(default_factory=lambda: Goals([]))

    @classmethod
    def read(cls, settings: Installation, *, with_goals: bool = False) -> "Overview":
        kept = keeping.read(*KEPT)
        day = kept["figures", ""].as_of
        months, by_owner = _churn(day) if day else ([], [])
        return cls(settings, kept, months, by_owner, Goals.read() if with_goals and day else Goals([]))

    @property
    def as_of(self) -> dt.date | None:
        return self.kept["figures", ""].as_of

    @property
    def month(self) -> Period | None:
        """The month of the figures' day, which is not over."""
        return Period(self.as_of.replace(day=1), 1) if self.as_of else None

    @property
    def figures(self) -> Row:
        rows = self.kept["figures", ""].rows
        return rows[0] if rows else {}

    @property
    def ltv(self) -> Row:
        rows = self.kept["ltv", ""].rows
        return rows[0] if rows else dict.fromkeys(("customers", "historic_total", "historic_mean", "predicted_mean"))

    @property
    def rfm(self) -> list[Row]:
        return self.kept["rfm", ""].rows

    @property
    def at_stake(self) -> list[int]:
        """Ids of the customers with most to lose, the most first."""
        return [row["customer_id"] for row in self.kept["stake", ""].rows]

    def rows(self, key: tuple[str, str]) -> list[Row]:
        return self.kept[key].rows

    # --- leaders: the company's money -------------------------------------------------------------

    def stats(self) -> list[Stat]:
        """Four figures of the company, each against the month before and the year before."""
        has_renewals = self.settings.churn_policy != ChurnPolicy.INACTIVITY or self.figures.get("renewals")
        return [self.churn(), self.ltv_historic(), self.at_risk(), self.renewals() if has_renewals else self.active()]

    def churn(self) -> Stat:
        if not self.months:
            return self._stat("churn", icon="trending-down", value="–", note=_("No full month yet"))
        last = self.months[-1]
        period = Period(last["start"], 1)
        words = period_words(period, self.settings)
        rates = {row["start"]: row["rate"] for row in self.months}
        return self._stat(
            "churn",
            icon="trending-down",
            value=percent(last["rate"]),
            changes=comparing.compared(rates, period, metric="churn"),
            goal=self.goals.judge("churn", last["rate"], period.first),
            note=words,
            url=reverse("metrics:lost", args=[period.code]),
            spark=charts.spark([row["rate"] or 0 for row in self.months]) if len(self.months) > 1 else None,
            period=words,
            other=self._other_month_end(period.code),
            code=period.code,
        )

    def ltv_historic(self) -> Stat:
        exact = self.ltv["historic_total"]
        value, unit = large_money(exact)
        words = _("%(n)s customers together") % {"n": number(self.ltv["customers"])} if exact is not None else ""
        return self._stat(
            "ltv_historic",
            icon="coin-yen",
            value=value,
            unit=unit,
            url=reverse("metrics:ltv"),
            note=" · ".join(filter(None, [words, money(exact) if unit else ""])),
            **self._before("ltv_historic", "historic_total", exact),
        )

    def at_risk(self) -> Stat:
        exact = self.figures.get("at_risk")
        value, unit = large_money(exact)
        risky = self.figures.get("high_risk")
        note = _("%(n)s customers with a risk of 50%% or more") % {"n": number(risky)} if risky is not None else ""
        return self._stat(
            "at_risk",
            icon="alert-triangle",
            value=value,
            unit=unit,
            url=reverse("customers:list") + "?scope=all&sort=risk",
            note=note if exact is not None else _("Not enough data for a prediction yet"),
            **self._before("at_risk", "at_risk", exact),
        )

    def renewals(self) -> Stat:
        mrr, count = self.figures.get("renewals_mrr"), self.figures.get("renewals")
        return self._stat(
            "renewals",
            icon="calendar-due",
            value=number(count),
            unit=_("people") if self.figures else "",
            url=reverse("segments:detail", args=["renewal-due"]),
            note=_("within 90 days · MRR %(amount)s") % {"amount": money(mrr)} if mrr is not None else "",
            **self._before("renewals", "renewals", count),
        )

    def active(self) -> Stat:
        count = self.figures.get("active")
        return self._stat(
            "active",
            icon="users",
            value=number(count),
            unit=_("people") if count is not None else "",
            url=reverse("customers:list") + "?scope=all",
            **self._before("active", "active", count),
        )

    def _before(self, metric: str, column: str, now: Any) -> Row:
        """What the figure was at the ends of earlier months: changes, spark and goal."""
        if self.month is None or now is None:
            return {}
        ends = {dt.date.fromisoformat(row["as_of"]).replace(day=1): row[column] for row in self.rows(home.ENDS)}
        changes = comparing.compared({**ends, self.month.first: now}, self.month, metric=metric)
        trend = [float(value or 0) for value in [*ends.values(), now]]
        return {
            "changes": changes,
            "spark": charts.spark(trend) if len(trend) > 2 else None,
            "goal": self.goals.judge(metric, now, self.month.first),
        }

    # --- staff: their own customers ---------------------------------------------------------------

    def own_stats(self, user_id: int) -> list[Stat]:
        """Four figures of one owner's customers: active, lost this month, slipping, renewals due."""
        found = [row for row in self.rows(home.OWNERS) if row["value"] == str(user_id)]
        row = found[0] if found else {}
        mine = f"{reverse('customers:list')}?scope=mine"
        mrr = row.get("renewals_mrr")
        return [
            self._stat("active", icon="users", url=mine, **_people(row.get("active"))),
            self._lost_so_far(str(user_id)),
            self._stat(
                "slipping",
                icon="alert-triangle",
                url=f"{mine}&sort=risk",
                note=_("quiet for longer than usual"),
                **_people(row.get("slipping")),
            ),
            self._stat(
                "renewals",
                icon="calendar-due",
                url=f"{mine}&sort=renewal",
                note=_("within 90 days · MRR %(amount)s") % {"amount": money(mrr)} if mrr is not None else "",
                **_people(row.get("renewals")),
            ),
        ]

    def _lost_so_far(self, owner: str) -> Stat:
        """Lost of his customers since the month began; the month before beside it."""
        own = {row.first: row for row in self.by_owner if row.group == owner}
        this, last = (own.get(after(self.month.first, -back)) if self.month else None for back in (0, 1))
        shown = this or last
        if shown is None:
            return self._stat("churn", icon="trending-down", label=_("Lost this month"), value="–")
        period = Period(shown.first, 1)
        before = period_words(Period(last.first, 1), self.settings) if last and this else ""
        return self._stat(
            "churn",
            icon="trending-down",
            label=_("Lost this month") if this else _("Lost last month"),
            value=number(shown.lost),
            unit=_("people"),
            url=reverse("metrics:lost", args=[period.code]) + f"?by=owner&group={owner}",
            note=f"{before}: {number(last.lost)} / {number(last.at_start)}" if last and before else "",
            period=period_words(period, self.settings),
        )

    def _stat(
        self, key: str, *, icon: str, value: str, period: str = "", other: str = "", code: str = "", **more: Any
    ) -> Stat:
        definition = chip(key, settings=self.settings, as_of=self.as_of, period=period, other=other, code=code)
        return {
            "key": key,
            "icon": icon,
            "label": METRICS[key].name_under(self.settings.churn_policy),
            "value": value,
            "definition": definition,
            "spark_id": f"spark-{key}" if more.get("spark") else "",
            **more,
        }

    def _other_month_end(self, code: str) -> str:
        """The same month by the other way of counting a contract's last day."""
        for row in self.kept["churn", "month_end"].rows:
            if row["period"] == code and row["at_start"]:
                rate = percent(100 * row["lost"] / row["at_start"])
                if self.settings.month_end:
                    return _("Counting a contract's last day as still active: %(rate)s") % {"rate": rate}
                return _("Counting a contract's last day as gone: %(rate)s") % {"rate": rate}
        return ""


def _people(count: int | None) -> Row:
    return {"value": number(count), "unit": _("people") if count is not None else ""}


def _churn(day: dt.date) -> tuple[list[Row], list[ChurnRollup]]:
    """Everybody's last full months; every owner's last full month and this one so far. One query."""
    this = day.replace(day=1)
    everybody = Q(dimension="", first__gte=after(this, -MONTHS), first__lt=this)
    owners = Q(dimension="owner", first__gte=after(this, -1), first__lte=this)
    found = list(ChurnRollup.objects.filter(everybody | owners, months=1, second="").order_by("first", "group"))
    return reading.churn_rows([one for one in found if not one.dimension], by=""), [
        one for one in found if one.dimension
    ]


@dataclass(frozen=True)
class Owner:
    """An owner's line: whom he looks after, what he lost of them last month, and what is at stake with them."""

    name: str
    value: str
    at_start: int
    lost: int
    figures: Row

    @property
    def rate(self) -> float | None:
        return computing.rate(self.lost, self.at_start)


def owners(overview: Overview) -> list[Owner]:
    """Every owner with customers, the most customers first; one query for the names."""
    last = after(overview.month.first, -1) if overview.month else None
    churned = {row.group: row for row in overview.by_owner if row.first == last}
    figures = {row["value"]: row for row in overview.rows(home.OWNERS) if row["active"] or row["value"] in churned}
    called = computing.group_names("owner", {*churned, *figures})
    found = [
        Owner(called.get(value) or "", value, *_counts(churned.get(value)), figures.get(value, {}))
        for value in _in_order({*churned, *figures})
    ]
    return sorted(found, key=lambda one: (not one.value, -one.figures.get("active", 0)))


def _counts(row: ChurnRollup | None) -> tuple[int, int]:
    return (row.at_start, row.lost) if row else (0, 0)


def _in_order(values: Iterable[str]) -> list[str]:
    return sorted(values, key=lambda value: (len(value), value))
