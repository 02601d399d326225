"""RFM: the grid and the movement in it."""

from django.utils.translation import gettext_lazy as _

from .shape import Metric, Report, columns

RFM = Report(
    "rfm",
    columns(r="count", f="count", segment="code", customers="count", monetary="money"),
    compute="metrics.computing.rfm",
    read="metrics.answers.rfm",
)
RFM_FLOW = Report(
    "rfm-flow",
    columns(
        from_on="day",
        to_on="day",
        was="code",
        became="code",
        customers="count",
        own="count",
        ltv="money",
        brought="money",
    ),
    compute="metrics.answers.rfm_flow",
    is_ranged=True,
)

METRICS = {
    "rfm": Metric(
        _("RFM grid"),
        _("customers"),
        _(
            "How long ago (R) and how often (F) customers bought, each scored 1 to 5, 5 best. "
            "Equal values get equal scores."
        ),
        _("score = 1 + whole part of 5 × share of customers who are worse, at most 5"),
        topic="rfm",
        sql=("metrics/sql/rfm.sql", "metrics/sql/rfm_vip.sql", "scores/sql/rfm.sql"),
        report=RFM,
        page="metrics:rfm",
        current="metrics.current.scored",
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
        topic="rfm",
        sql=("metrics/sql/rfm_flow.sql", "metrics/sql/rfm_flow_customers.sql"),
        report=RFM_FLOW,
        page="metrics:flow",
        current="metrics.current.scored",
    ),
}
