"""Who stays and who leaves: active customers, churn, renewals."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ChurnPolicy, Installation
from metrics.computing import CHURN_BY
from metrics.periods import MONTHS

from .shape import Metric, Report, columns

FIGURES = Report(
    "figures",
    columns(
        group="code",
        customers="count",
        active="count",
        prospects="count",
        high_risk="count",
        slipping="count",
        at_risk="money",
        mrr="money",
        renewals="count",
        renewals_mrr="money",
    ),
    compute="metrics.computing.figures",
    read="metrics.answers.figures",
    cuts=("owner",),
)
CHURN = Report(
    "churn",
    columns(period="code", start="day", end="day", group="code", at_start="count", lost="count", rate="rate"),
    compute="metrics.computing.churn",
    read="metrics.answers.churn",
    cuts=CHURN_BY,
    second_cuts=CHURN_BY,
    periods=tuple(MONTHS),
    is_ranged=True,
)


def _active_formula(settings: Installation) -> str:
    quiet = _now("those whose last activity lies within the last %(days)s days") % {"days": settings.inactivity_days}
    if settings.churn_policy == ChurnPolicy.INACTIVITY:
        return quiet
    covered = _now("those with a term that covers the day")
    if settings.month_end:
        covered = _now("those with a term that covers the day and the day after")
    if settings.churn_policy == ChurnPolicy.CONTRACT:
        return covered
    return _now("%(one)s, or %(other)s") % {"one": covered, "other": quiet}


METRICS = {
    "active": Metric(
        _("Active customers"),
        _("customers"),
        _("Customers who are active at the end of the day, by the way of counting chosen in the settings."),
        _("those whose last activity lies within the last %(days)s days"),
        (
            pgettext_lazy("under contract", "Customers under contract"),
            _("Customers with a paid contract term at the end of the day. Trials do not count."),
        ),
        formula_under=_active_formula,
        good="up",
        sql=("metrics/sql/figures.sql", "scores/sql/spells.sql"),
        report=FIGURES,
        page="customers:list",
        page_query="scope=all",
        current="metrics.current.active",
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
        good="down",
        sql=("metrics/sql/churn.sql", "metrics/sql/standing.sql", "metrics/sql/lost.sql"),
        report=CHURN,
        page="metrics:index",
        current="metrics.current.churn",
    ),
    "slipping": Metric(
        _("Slipping customers"),
        _("customers"),
        _("Customers who are still active, but quiet for longer than is usual, or unused, or close to leaving."),
        _("number of those in the stages slipping, pre-dormant and unused; the settings say from how many days on"),
        good="down",
        sql=("metrics/sql/figures.sql", "scores/sql/lifecycle.sql"),
        report=FIGURES,
        page="customers:list",
        page_query="scope=all&sort=risk",
        current="metrics.current.slipping",
    ),
    "renewals": Metric(
        _("Renewals due"),
        _("customers"),
        _("Customers whose deadline for giving notice comes within 90 days and who have given none."),
        _("number of such customers; beside it the sum of their monthly amounts"),
        sql=("metrics/sql/figures.sql",),
        report=FIGURES,
        page="metrics:dashboard",
        current="metrics.current.renewals",
    ),
}
