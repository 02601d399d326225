"""What customers have brought and may bring."""

from django.utils.translation import gettext_lazy as _

from metrics.computing import LTV_BY

from .shape import Metric, Report, columns
from .staying import FIGURES

LTV = Report(
    "ltv",
    columns(group="code", customers="count", historic_total="money", historic_mean="money", predicted_mean="money"),
    compute="metrics.computing.ltv",
    read="metrics.answers.ltv",
    cuts=LTV_BY,
)

METRICS = {
    "ltv_historic": Metric(
        _("Historic LTV"),
        "¥",
        _("What customers have brought so far: purchases net of refunds, contracts by the days under term."),
        _("sum over everybody who ever bought or signed; the mean is per such customer"),
        topic="worth",
        good="up",
        sql=("metrics/sql/ltv.sql",),
        report=LTV,
        page="metrics:ltv",
        current="metrics.current.ltv_historic",
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
        sql=("metrics/sql/ltv.sql",),
        report=LTV,
        page="metrics:ltv",
        current="metrics.current.ltv_predicted",
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
