"""Cohorts: how many come back, or stay, after so many months."""

import re

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import ChurnPolicy, Installation
from metrics import repeating

from .shape import Column, Metric, Report, columns

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
REPEAT = Report(
    "repeat",
    tuple(
        Column(name, "code" if name == "group" else "rate" if re.fullmatch(r"f\d_\d+|.*_rate", name) else "count")
        for name in repeating.COLUMNS
    ),
    compute="metrics.computing.repeat",
    read="metrics.answers.repeat",
    cuts=("via",),
)


def _retention_formula(settings: Installation) -> str:
    if settings.churn_policy == ChurnPolicy.CONTRACT:
        return _now("customers under contract at the end of that month ÷ customers of the cohort × 100")
    return _now("customers who bought in that month ÷ customers of the cohort × 100")


def _early_formula(settings: Installation) -> str:
    if settings.churn_policy == ChurnPolicy.CONTRACT:
        return _now("not under contract at the end of day 90 ÷ customers who began × 100")
    return _now("not active at the end of day 90 + %(days)s ÷ customers who began × 100") % {
        "days": settings.inactivity_days
    }


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
    "f2": Metric(
        _("Second purchase rate"),
        "%",
        _(
            "Of the customers who first bought in a month: the share who bought again on another day within 30, 60, 90"
            " or 180 days of that first day. A month counts once its last day is so many days past."
        ),
        _("bought a second time within n days ÷ first-time buyers × 100"),
        topic="returning",
        good="up",
        sql=("metrics/sql/repeat_days.sql", "metrics/sql/repeat_conversion.sql"),
        report=REPEAT,
        page="metrics:repeat",
    ),
    "f3": Metric(
        _("Third purchase rate"),
        "%",
        _(
            "Of the customers who bought for the second time in a month: the share who bought on a third day within"
            " n days of it."
        ),
        _("bought a third time within n days ÷ second-time buyers × 100"),
        topic="returning",
        good="up",
        sql=("metrics/sql/repeat_days.sql", "metrics/sql/repeat_conversion.sql"),
        report=REPEAT,
        page="metrics:repeat",
        page_query="step=3",
    ),
    "repeat_rate": Metric(
        _("Repeat buyers"),
        "%",
        _("Of the customers who bought in a month: the share who had bought before that month."),
        _("buyers who had bought before ÷ buyers of the month × 100"),
        topic="returning",
        good="up",
        sql=("metrics/sql/repeat_buyers.sql",),
        report=REPEAT,
        page="metrics:repeat",
    ),
    "early_leaving": Metric(
        _("Early leaving"),
        "%",
        _(
            "Of the customers who first bought in a month: the share gone within 90 days, which is to say that nothing"
            " came in the time of inactivity that follows those 90 days."
        ),
        _("not active at the end of day 90 + days of inactivity ÷ customers who began × 100"),
        (
            _("Early leaving"),
            _("Of the customers whose first paid term began in a month: the share no longer under contract on day 90."),
        ),
        formula_under=_early_formula,
        topic="returning",
        good="down",
        sql=("metrics/sql/repeat_leaving.sql",),
        report=REPEAT,
        page="metrics:repeat",
    ),
}
