"""What customers have brought and may bring."""

from django.utils.translation import gettext_lazy as _

from metrics.computing import LTV_BY

from .shape import Metric, Report, columns
from .staying import FIGURES

LTV = Report(
    "ltv",
    columns(
        group="code",
        customers="count",
        historic_total="money",
        historic_mean="money",
        to_come_total="money",
        to_come_mean="money",
        predicted_mean="money",
    ),
    compute="metrics.computing.ltv",
    read="metrics.answers.ltv",
    cuts=LTV_BY,
    second_cuts=LTV_BY,
)
LIFETIME = Report(
    "ltv-lifetime",
    columns(customers="count", mrr="money", churn="number", lifetime="money"),
    compute="metrics.computing.ltv_lifetime",
    read="metrics.answers.ltv_lifetime",
)
DECILES = Report(
    "ltv-deciles",
    columns(
        decile="count",
        customers="count",
        highest="money",
        lowest="money",
        total="money",
        share="number",
        reach="number",
        to_come_total="money",
    ),
    compute="metrics.computing.ltv_deciles",
    read="metrics.answers.ltv_deciles",
)
DISTRIBUTION = Report(
    "ltv-distribution",
    columns(low="money", high="money", customers="count", total="money"),
    compute="metrics.computing.ltv_distribution",
    read="metrics.answers.ltv_distribution",
)
LTV_COHORTS = Report(
    "ltv-cohorts",
    columns(
        group="code",
        customers="count",
        after_1="money",
        after_3="money",
        after_6="money",
        after_12="money",
        after_24="money",
        ltv="money",
        to_come="money",
        cost="money",
        cac="money",
        payback="count",
        ltv_to_cac="number",
    ),
    compute="metrics.computing.ltv_cohorts",
    read="metrics.answers.ltv_cohorts",
    cuts=("via",),
)

METRICS = {
    "ltv_historic": Metric(
        _("Historic LTV"),
        "¥",
        _("What customers have brought so far: purchases net of refunds, contracts by the days under term."),
        _("sum over everybody who ever bought or signed; the mean is per such customer"),
        topic="worth",
        good="up",
        sql=("metrics/sql/ltv_facts.sql", "metrics/sql/ltv_cube.sql"),
        report=LTV,
        page="metrics:ltv",
        current="metrics.current.ltv_historic",
    ),
    "ltv_to_come": Metric(
        _("Next 12 months"),
        "¥",
        _("What customers may bring in the next 12 months, beside what they have brought; nothing is discounted."),
        _("expected purchases × expected value per purchase × (1 − share of refunds)"),
        (
            _("Next 12 months"),
            _("The monthly amounts of the next 12 months, less the churn rate of the last six months."),
        ),
        topic="worth",
        good="up",
        sql=("scores/sql/scored.sql", "metrics/sql/ltv_cube.sql"),
        report=LTV,
        page="metrics:ltv",
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
        topic="worth",
        good="up",
        sql=("metrics/sql/ltv_facts.sql", "metrics/sql/ltv_cube.sql"),
        report=LTV,
        page="metrics:ltv",
        current="metrics.current.ltv_predicted",
    ),
    "ltv_lifetime": Metric(
        _("Lifetime at today's churn"),
        "¥",
        _("What a customer under contract brings until he leaves, if everything stays as it is: a rough guide only."),
        _("mean monthly amount × margin ÷ churn rate of the last six full months"),
        topic="worth",
        good="up",
        sql=("metrics/sql/ltv_lifetime.sql",),
        report=LIFETIME,
        page="metrics:ltv",
    ),
    "ltv_deciles": Metric(
        _("Share of value by tenth"),
        "%",
        _("Customers in ten equal parts by historic LTV, the most first: how much of the whole each part brought."),
        _("sum of a tenth ÷ sum of all × 100"),
        topic="worth",
        sql=("metrics/sql/ltv_deciles.sql",),
        report=DECILES,
        page="metrics:ltv-spread",
    ),
    "ltv_distribution": Metric(
        _("Distribution of LTV"),
        _("customers"),
        _("How many customers have brought how much so far. The middle one has as many above him as below."),
        _("customers per band of historic LTV"),
        topic="worth",
        sql=("metrics/sql/ltv_spread.sql", "metrics/sql/ltv_distribution.sql"),
        report=DISTRIBUTION,
        page="metrics:ltv-spread",
    ),
    "payback": Metric(
        _("Payback"),
        _("months"),
        _(
            "After how many months the customers won in a month have brought what winning them cost. The month in which"
            " they began is the first; their revenue is net of refunds and multiplied by the margin where one is set."
        ),
        _("the first month in which revenue so far ÷ customers ≥ cost of the month ÷ customers won in it"),
        topic="worth",
        good="down",
        sql=("metrics/sql/ltv_cohort_sizes.sql", "metrics/sql/ltv_cohort_revenue.sql"),
        report=LTV_COHORTS,
        page="metrics:payback",
    ),
    "ltv_to_cac": Metric(
        _("LTV ÷ CAC"),
        _("times"),
        _("What a customer has brought and may bring in the next 12 months, against what winning one cost."),
        _("(historic LTV + next 12 months) ÷ cost per customer won"),
        topic="worth",
        good="up",
        sql=("metrics/sql/ltv_cohort_sizes.sql",),
        report=LTV_COHORTS,
        page="metrics:payback",
    ),
    "at_risk": Metric(
        _("Revenue at risk"),
        "¥",
        _("What active customers may bring in the next 12 months, weighed with their risk to be gone in 90 days."),
        _("sum of churn risk × (predicted LTV − historic LTV) over active customers"),
        topic="worth",
        good="down",
        sql=("metrics/sql/figures.sql",),
        report=FIGURES,
        page="customers:list",
        page_query="scope=all&sort=risk",
        current="metrics.current.at_risk",
    ),
}
