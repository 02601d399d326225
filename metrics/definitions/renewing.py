"""Contracts coming up for renewal, trials that became paid, and churn by the other common formulas."""

from django.utils.translation import gettext_lazy as _

from metrics import reconciling, renewing, trialing
from metrics.periods import MONTHS

from .shape import Metric, Report, columns

RENEWALS = Report(
    "renewals",
    columns(
        period="code",
        start="day",
        end="day",
        group="code",
        due="count",
        renewed="count",
        lost="count",
        undecided="count",
        rate="rate",
        due_mrr="money",
        renewed_mrr="money",
        lost_mrr="money",
        undecided_mrr="money",
        mrr_after="money",
        mrr_rate="rate",
        complete="flag",
    ),
    compute="metrics.renewing.compute",
    read="metrics.answers.renewals",
    cuts=renewing.CUTS,
    periods=tuple(MONTHS),
    is_ranged=True,
)
TRIALS = Report(
    "trials",
    columns(
        period="code",
        start="day",
        end="day",
        group="code",
        trials="count",
        paid="count",
        running="count",
        ended="count",
        rate="rate",
        within_30="count",
        within_60="count",
        within_90="count",
        rate_30="rate",
        rate_60="rate",
        rate_90="rate",
        median_days="number",
        complete="flag",
    ),
    compute="metrics.trialing.compute",
    read="metrics.answers.trials",
    cuts=trialing.CUTS,
    periods=tuple(MONTHS),
    is_ranged=True,
)
RECONCILE = Report(
    reconciling.NAME,
    columns(
        period="code",
        formula="code",
        line="code",
        people="count",
        numerator="count",
        denominator="count",
        rate="rate",
    ),
    compute="metrics.reconciling.report",
    read="metrics.answers.reconcile",
    periods=tuple(MONTHS),
    is_ranged=True,
)

METRICS = {
    "renewal_rate": Metric(
        _("Renewal rate"),
        "%",
        _(
            "Of the paid contract terms whose renewal date lies in the period: the share that was renewed. A term is"
            " renewed where a later one of the contract follows without a gap, or where it goes on past that date"
            " without notice; it is lost where notice was given by then or service ended. What must be renewed by hand"
            " and is not yet, or is still to come, is undecided and stands apart."
        ),
        _("renewed ÷ (renewed + lost) × 100, by number of terms and by their monthly amounts"),
        good="up",
        sql=("metrics/sql/due_terms.sql", "metrics/sql/renewals.sql"),
        report=RENEWALS,
        page="metrics:renewals",
    ),
    "trial_conversion": Metric(
        _("Trials that became paid"),
        "%",
        _(
            "Of the customers who began with a trial or a free plan in the period: the share with a paid term since."
            " Who is still on trial stands apart. Shares within 30, 60 and 90 days are given once everybody has had"
            " those days."
        ),
        _("paid so far ÷ (trials − running) × 100; within N days: paid by day N of the trial ÷ trials × 100"),
        good="up",
        sql=("metrics/sql/trial_starts.sql", "metrics/sql/trials.sql"),
        report=TRIALS,
        page="metrics:renewals",
    ),
    "reconcile": Metric(
        _("Churn by other counts"),
        "%",
        _(
            "The same period's churn by other common formulas: by the day of notice, with those who joined and left in"
            " it, with new ones in the denominator, day by day, with other windows. Every difference is a line, and"
            " opens the people on it."
        ),
        _("our numerator and denominator + the lines = theirs, exactly"),
        sql=("metrics/sql/reconcile.sql", "metrics/sql/reconcile_days.sql", "metrics/sql/notice_cover.sql"),
        report=RECONCILE,
        page="metrics:index",
    ),
}
