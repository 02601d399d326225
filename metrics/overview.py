"""The figures of the first page, each with unit, period, day, definition and the page behind it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import ChurnPolicy, Installation
from common.templatetags.crm import money, number, percent

from . import charts, keeping, reading
from .definitions import METRICS, chip
from .models import ChurnRollup
from .periods import Period
from .wording import large_money, period_words, points

MONTHS = 13  # the last full month, and the same month of the year before
KEPT = (("figures", ""), ("ltv", ""), ("rfm", ""), ("stake", ""), ("churn", "month_end"))
Stat = dict[str, Any]


@dataclass
class Overview:
    """What the night left for the first page."""

    settings: Installation
    kept: dict[tuple[str, str], keeping.Kept]
    months: list[dict[str, Any]]  # everybody's churn, oldest first

    @classmethod
    def read(cls, settings: Installation) -> "Overview":
        newest = ChurnRollup.objects.filter(months=1, dimension="").order_by("-first")[:MONTHS]
        return cls(settings, keeping.read(*KEPT), reading.churn_rows(list(newest)[::-1], by=""))

    @property
    def as_of(self) -> dt.date | None:
        return self.kept["figures", ""].as_of

    @property
    def figures(self) -> dict[str, Any]:
        rows = self.kept["figures", ""].rows
        return rows[0] if rows else {}

    @property
    def ltv(self) -> dict[str, Any]:
        rows = self.kept["ltv", ""].rows
        return rows[0] if rows else dict.fromkeys(("customers", "historic_total", "historic_mean", "predicted_mean"))

    @property
    def rfm(self) -> list[dict[str, Any]]:
        return self.kept["rfm", ""].rows

    @property
    def at_stake(self) -> list[int]:
        """Ids of the customers with most to lose, the most first."""
        return [row["customer_id"] for row in self.kept["stake", ""].rows]

    def stats(self, *, for_leaders: bool) -> list[Stat]:
        """Four figures: staff look after people, leaders after money."""
        if not for_leaders:
            return [self.active(), self.churn(), self.ltv_historic(is_mean=True), self.ltv_predicted()]
        has_renewals = self.settings.churn_policy != ChurnPolicy.INACTIVITY or self.figures.get("renewals")
        last = self.renewals() if has_renewals else self.active()
        return [self.churn(), self.ltv_historic(is_mean=False), self.at_risk(), last]

    def active(self) -> Stat:
        trend = [row["at_start"] for row in self.months]
        count = self.figures.get("active")
        return self._stat(
            "active",
            icon="users",
            value=number(count),
            unit=_("people") if count is not None else "",
            url=reverse("customers:list") + "?scope=all",
            spark=charts.spark([*trend, count]) if len(trend) > 1 and count is not None else None,
        )

    def churn(self) -> Stat:
        if not self.months:
            return self._stat("churn", icon="trending-down", value="–", note=_("No full month yet"))
        last = self.months[-1]
        period = Period(last["start"], 1)
        before = self.months[-2]["rate"] if len(self.months) > 1 else None
        change = points(last["rate"], before)
        year_before = points(last["rate"], self.months[0]["rate"]) if len(self.months) == MONTHS else ""
        words = period_words(period, self.settings)
        return self._stat(
            "churn",
            icon="trending-down",
            value=percent(last["rate"]),
            delta=_("m/m %(points)s") % {"points": change} if change else "",
            delta_look={"+": "bad", "−": "good"}.get(change[:1], "flat"),
            note=" · ".join(
                filter(None, [words, year_before and _("year on year %(points)s") % {"points": year_before}])
            ),
            url=reverse("metrics:lost", args=[period.code]),
            spark=charts.spark([row["rate"] or 0 for row in self.months]) if len(self.months) > 1 else None,
            period=words,
            other=self._other_month_end(period.code),
            code=period.code,
        )

    def ltv_historic(self, *, is_mean: bool) -> Stat:
        exact = self.ltv["historic_mean" if is_mean else "historic_total"]
        value, unit = large_money(exact)
        note = _("mean of %(n)s customers") if is_mean else _("%(n)s customers together")
        notes = [note % {"n": number(self.ltv["customers"])}, money(exact) if unit else ""] if exact is not None else []
        return self._stat(
            "ltv_historic",
            icon="coin-yen",
            value=value,
            unit=unit,
            url=reverse("metrics:ltv"),
            note=" · ".join(filter(None, notes)),
        )

    def ltv_predicted(self) -> Stat:
        value = self.ltv["predicted_mean"]
        note = _("mean per customer") if value is not None else _("Not enough data for a prediction yet")
        return self._stat("ltv_predicted", icon="chart-dots", value=money(value), url=reverse("metrics:ltv"), note=note)

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
        )

    def renewals(self) -> Stat:
        mrr = self.figures.get("renewals_mrr")
        return self._stat(
            "renewals",
            icon="calendar-due",
            value=number(self.figures.get("renewals")),
            unit=_("people") if self.figures else "",
            url=reverse("segments:detail", args=["renewal-due"]),
            note=_("within 90 days · MRR %(amount)s") % {"amount": money(mrr)} if mrr is not None else "",
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
        } | {
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
