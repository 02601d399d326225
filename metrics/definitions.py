"""Every figure people quote: what it is called, what it means, and how it is computed (the definition chip)."""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ChurnPolicy, Installation

Words = str | Promise


@dataclass(frozen=True)
class Metric:
    """A figure: its name, unit, meaning and formula in words, and what they are where contracts decide."""

    name: Words
    unit: Words
    text: Words
    formula: Words
    under_contract: tuple[Words, Words] | None = None  # name, text

    def name_under(self, policy: str) -> Words:
        return self.under_contract[0] if self.under_contract and policy == ChurnPolicy.CONTRACT else self.name

    def text_under(self, policy: str) -> Words:
        return self.under_contract[1] if self.under_contract and policy == ChurnPolicy.CONTRACT else self.text


METRICS: dict[str, Metric] = {
    "active": Metric(
        _("Active customers"),
        _("customers"),
        _("Customers who are active at the end of the day, by the way of counting chosen in the settings."),
        _("those whose last activity lies within the last %(days)s days"),
        (
            pgettext_lazy("under contract", "Customers under contract"),
            _("Customers with a paid contract term at the end of the day. Trials do not count."),
        ),
    ),
    "churn": Metric(
        _("Churn rate"),
        "%",
        _(
            "The share of those active at the start of the period who are no longer active at its end. "
            "Who comes and goes inside the period, or is back at its end, is not lost."
        ),
        _("lost ÷ active at the start × 100"),
        (
            pgettext_lazy("under contract", "Churn rate"),
            _(
                "The share of those under contract at the start of the period who are no longer so at its end. "
                "Who comes and goes inside the period, or is back at its end, is not lost."
            ),
        ),
    ),
    "ltv_historic": Metric(
        _("Historic LTV"),
        "¥",
        _("What customers have brought so far: purchases net of refunds, contracts by the days under term."),
        _("sum over everybody who ever bought or signed; the mean is per such customer"),
    ),
    "ltv_predicted": Metric(
        _("Predicted LTV"),
        "¥",
        _("What customers have brought so far and may bring in the next 12 months; nothing is discounted."),
        _("historic LTV + expected purchases × expected value per purchase × (1 − share of refunds)"),
        (
            _("Predicted LTV"),
            _("Historic LTV and the monthly amount of the next 12 months, less the churn rate of the last six months."),
        ),
    ),
    "at_risk": Metric(
        _("Revenue at risk"),
        "¥",
        _("What active customers may bring in the next 12 months, weighed with their risk to be gone in 90 days."),
        _("sum of churn risk × (predicted LTV − historic LTV) over active customers"),
    ),
    "renewals": Metric(
        _("Renewals due"),
        _("customers"),
        _("Customers whose deadline for giving notice comes within 90 days and who have given none."),
        _("number of such customers; beside it the sum of their monthly amounts"),
    ),
    "churn_risk": Metric(
        _("Churn risk"),
        "%",
        _("The chance not to be active 90 days from now."),
        _("from the purchase model, or from how many customers in the same position were lost"),
    ),
    "cohorts": Metric(
        _("Retention rate"),
        "%",
        _("Of the customers who first bought in a month: the share who bought again in the months after it."),
        _("customers who bought in that month ÷ customers of the cohort × 100"),
        (
            _("Retention rate"),
            _("Of the customers who first signed in a month: the share under contract at the end of later months."),
        ),
    ),
    "rfm": Metric(
        _("RFM grid"),
        _("customers"),
        _(
            "How long ago (R) and how often (F) customers bought, each scored 1 to 5, 5 best. "
            "Equal values get equal scores."
        ),
        _("score = 1 + whole part of 5 × share of customers who are worse, at most 5"),
    ),
    "rfm_flow": Metric(
        _("RFM movement"),
        _("customers"),
        _(
            "In which RFM segment each customer stood on one day, and in which on the other. A day is what was stored"
            " of it: later knowledge does not change it. Sales in between are purchases less refunds after the earlier"
            " day up to the later one; LTV is that of the later day."
        ),
        _("scored on the first day + newly scored − no longer scored = scored on the second day"),
    ),
}


def chip(
    key: str, *, settings: Installation, as_of: dt.date | None, period: str = "", other: str = ""
) -> dict[str, object]:
    """What the definition chip of a figure shows: name, text, formula, period, as_of, other."""
    metric = METRICS[key]
    by_contract = settings.churn_policy == ChurnPolicy.CONTRACT
    formula = str(metric.formula) if key != "active" else _active_formula(settings)
    if key == "cohorts" and by_contract:
        formula = _now("customers under contract at the end of that month ÷ customers of the cohort × 100")
    return {
        "name": metric.name_under(settings.churn_policy),
        "text": metric.text_under(settings.churn_policy),
        "formula": formula,
        "period": period,
        "as_of": as_of,
        "other": other,
    }


def _active_formula(settings: Installation) -> str:
    quiet = str(METRICS["active"].formula) % {"days": settings.inactivity_days}
    if settings.churn_policy == ChurnPolicy.INACTIVITY:
        return quiet
    covered = _now("those with a term that covers the day")
    if settings.month_end:
        covered = _now("those with a term that covers the day and the day after")
    return (
        covered
        if settings.churn_policy == ChurnPolicy.CONTRACT
        else _now("%(one)s, or %(other)s")
        % {
            "one": covered,
            "other": quiet,
        }
    )


def money_basis(settings: Installation) -> str:
    """What amounts are: with or before tax, sales or profit."""
    tax = settings.get_tax_display()
    kind = _now("by sales") if settings.margin is None else _now("by profit")
    return f"{tax} · {kind}"
