"""Every figure people quote: what it is called, what it means, and how it is computed (the definition chip)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ChurnPolicy, Installation

Words = str | Promise


@dataclass(frozen=True)
class Definition:
    """A figure's name, meaning and formula in words; `policies` has the name where it depends on the churn policy."""

    name: Words
    text: Words
    formula: Words = ""
    policies: dict[str, Words] | None = None

    def called(self, installation: Installation) -> str:
        """Its name under the company's churn policy."""
        return str((self.policies or {}).get(installation.churn_policy, self.name))


DEFINITIONS: dict[str, Definition] = {
    "active": Definition(
        _("Active customers"),
        _("Customers who are active at the end of the day under the churn policy of the settings."),
        _("by purchases: the last one lies within N days; by contract: a term covers the day"),
        {ChurnPolicy.CONTRACT: pgettext_lazy("under contract", "Active customers")},
    ),
    "churn": Definition(
        _("Churn rate"),
        _(
            "Of the customers active at the start of the period, the share no longer active at its end. Who came and left inside the period does not count."
        ),
        _("lost ÷ active at the start × 100"),
        {ChurnPolicy.CONTRACT: pgettext_lazy("under contract", "Churn rate")},
    ),
    "ltv_historic": Definition(
        _("LTV so far"),
        _(
            "What customers have brought until today: purchases less refunds; under contract the monthly amounts of the time under contract. Times the margin where one is set."
        ),
        _("sum over all customers ÷ number of customers"),
    ),
    "ltv_predicted": Definition(
        _("Predicted LTV (next 12 months)"),
        _("What customers have brought so far and are expected to bring in the next 365 days. Nothing is discounted."),
        _("LTV so far + expected purchases × expected value per purchase × share not refunded"),
    ),
    "at_risk": Definition(
        _("Money at risk"),
        _(
            "What active customers are expected to bring in the next 12 months, weighted by their risk of leaving within 90 days."
        ),
        _("sum of churn risk × (predicted LTV − LTV so far)"),
    ),
    "renewals": Definition(
        _("Renewals due"),
        _("Contracts whose deadline for giving notice comes within the next 90 days and where no notice was given."),
        _("number of customers; the monthly amount behind them"),
    ),
    "rfm": Definition(
        _("RFM grid"),
        _(
            "Customers by how recently (R) and how often (F) they bought, each scored 1 to 5, 5 the best. Equal values get equal scores."
        ),
        _("score = 1 + whole part of 5 × share of customers who are worse, at most 5"),
    ),
    "cohort": Definition(
        _("Cohort retention"),
        _(
            "Customers by the month of their first purchase, and the share of them who bought again in a later month. Months that are not over yet are outlined."
        ),
        _("bought in the month ÷ size of the cohort × 100"),
    ),
}


def chip(key: str, installation: Installation, **facts) -> dict:
    """What `_definition.html` needs: name, text, formula and facts such as `as_of` and `period`."""
    found = DEFINITIONS[key]
    return {"name": found.called(installation), "text": found.text, "formula": found.formula, **facts}
