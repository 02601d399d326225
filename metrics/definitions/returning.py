"""Cohorts: how many come back, or stay, after so many months."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import ChurnPolicy, Installation

from .shape import Metric, Report, columns

COHORTS = Report(
    "cohorts",
    columns(
        cohort="code",
        size="count",
        month="count",
        retained="count",
        complete="flag",
        retained_after="count",
        revenue="money",
    ),
    compute="metrics.reports.cohorts",
    read="metrics.answers.cohorts",
    is_ranged=True,
    periods=("month", "quarter"),
    options={"kind": ("policy", "purchase", "login", "contract")},
)


def _retention_formula(settings: Installation) -> str:
    if settings.churn_policy == ChurnPolicy.CONTRACT:
        return _now("customers under contract at the end of that month ÷ customers of the cohort × 100")
    return _now("customers who bought in that month ÷ customers of the cohort × 100")


METRICS = {
    "cohorts": Metric(
        _("Retention rate"),
        "%",
        _("Of the customers who first bought in a month: the share who bought again in the months after it."),
        _("customers who bought in that month ÷ customers of the cohort × 100"),
        (
            _("Retention rate"),
            _("Of the customers who first signed in a month: the share under contract at the end of later months."),
        ),
        formula_under=_retention_formula,
        topic="returning",
        good="up",
        sql=("metrics/sql/cohort_people.sql", "metrics/sql/cohort_presence.sql", "metrics/sql/cohort_triangle.sql"),
        report=COHORTS,
        page="metrics:cohorts",
        current="metrics.current.retention",
    ),
}
