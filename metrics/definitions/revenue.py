"""Monthly revenue under contract: how it moved, and how much of it stays."""

from django.utils.translation import gettext_lazy as _

from .shape import Metric, Report, columns

SQL = ("metrics/sql/revenue_spells.sql", "metrics/sql/movements.sql", "metrics/sql/movement_sums.sql")
REVENUE = Report(
    "revenue",
    columns(
        period="code",
        start="day",
        end="day",
        group="code",
        customers="count",
        at_start="money",
        new="money",
        reactivated="money",
        expansion="money",
        contraction="money",
        churned="money",
        paused="money",
        at_end="money",
        grr="rate",
        nrr="rate",
    ),
    compute="metrics.movements.movements",
    read="metrics.answers.revenue",
    cuts=("owner", "segment", "industry", "region", "plan", "tier", "cohort"),
    periods=("month", "quarter", "half", "year"),
    is_ranged=True,
)

METRICS = {
    "revenue": Metric(
        _("MRR movements"),
        "¥",
        _(
            "How the monthly amounts under contract moved between the two ends of a period, customer by customer: new"
            " (never before), reactivated (before, but not at the start), expansion, contraction, churned. A pause"
            " moves nothing as long as it may last; what pauses at the end stands on a line of its own."
        ),
        _("start + new + reactivated + expansion − contraction − churned = end"),
        topic="revenue",
        sql=SQL,
        report=REVENUE,
        page="metrics:revenue",
        current="metrics.current.mrr",
    ),
    "nrr": Metric(
        _("NRR"),
        "%",
        _(
            "How much of the monthly amounts at the start of a period the same customers still pay at its end, what"
            " they added included. New and reactivated customers stay outside."
        ),
        _("(start + expansion − contraction − churned) ÷ start × 100"),
        topic="revenue",
        good="up",
        sql=SQL,
        report=REVENUE,
        page="metrics:revenue",
        current="metrics.current.nrr",
    ),
    "grr": Metric(
        _("GRR"),
        "%",
        _(
            "How much of the monthly amounts at the start of a period is still paid at its end, without what the"
            " customers added. Never above 100 %."
        ),
        _("(start − contraction − churned) ÷ start × 100"),
        topic="revenue",
        good="up",
        sql=SQL,
        report=REVENUE,
        page="metrics:revenue",
        current="metrics.current.grr",
    ),
}
