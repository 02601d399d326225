"""Why customers leave, and who of them comes back."""

from django.utils.translation import gettext_lazy as _

from metrics.computing import CHURN_BY
from metrics.periods import MONTHS

from .shape import Metric, Report, columns

REASONS = Report(
    "reasons",
    columns(
        period="code",
        start="day",
        end="day",
        group="code",
        kind="code",
        answer="code",
        lost="count",
        mrr="money",
        sales="money",
    ),
    compute="metrics.reasons.report",
    read="metrics.answers.reasons",
    cuts=CHURN_BY,
    periods=tuple(MONTHS),
    is_ranged=True,
)
RETURNED = Report(
    "returned",
    columns(
        period="code",
        start="day",
        end="day",
        lost="count",
        within_90="count",
        within_180="count",
        within_365="count",
        returned="count",
        mean_days="number",
    ),
    compute="metrics.returning.report",
    periods=tuple(MONTHS),
)

METRICS = {
    "reasons": Metric(
        _("Reasons of the lost"),
        _("customers"),
        _(
            "What those lost in a period gave as reason, and to whom they went, as far as a contract or a conversation"
            " says so. Each of them counts once. Of whom nothing is known stands apart."
        ),
        _("those who gave a reason ÷ all who gave one × 100"),
        sql=("metrics/sql/reasons.sql", "metrics/sql/why_lost.sql", "metrics/sql/behind.sql"),
        report=REASONS,
        page="metrics:reasons",
    ),
    "returned": Metric(
        _("Win-back rate"),
        "%",
        _(
            "Of those lost in a period: how many were active again within 90, 180 or 365 days, counted from their"
            " first day not active. It is not final before that many days after the period are over."
        ),
        _("back within so many days ÷ lost in the period × 100"),
        good="up",
        sql=("metrics/sql/returned.sql",),
        report=RETURNED,
        page="metrics:returned",
    ),
}
