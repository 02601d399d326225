"""What is foretold, by which model, and how well it foretold before."""

from django.utils.translation import gettext_lazy as _

from .shape import Metric, Report, columns
from .staying import FIGURES

MODEL_CHECK = Report(
    "model-check",
    columns(
        section="code",
        held_back_from="day",
        days="count",
        group="code",
        customers="count",
        expected="number",
        actual="number",
    ),
    compute="metrics.computing.model_check",
)
MODEL = Report(
    "model",
    columns(
        r="number",
        alpha="number",
        a="number",
        b="number",
        log_likelihood="number",
        n="count",
        p="number",
        q="number",
        gamma="number",
        n_repeat="count",
    ),
    compute="metrics.computing.model",
    is_one=True,
)

METRICS = {
    "churn_risk": Metric(
        _("Churn risk"),
        "%",
        _("The chance not to be active 90 days from now."),
        _("from the purchase model, or from how many customers in the same position were lost"),
        topic="model",
        good="down",
        sql=("scores/sql/predictions.sql", "metrics/sql/most_at_stake.sql"),
        report=FIGURES,
        page="scores:model",
        current="metrics.current.high_risk",
    ),
    "model_check": Metric(
        _("Model check"),
        _("customers"),
        _("What the models had foretold of days held back from them, beside what then came."),
        _("foretold and actual, by tenths of the customers in the order the model had put them"),
        topic="model",
        sql=("scores/sql/held_back.sql",),
        report=MODEL_CHECK,
        page="scores:model",
    ),
    "model": Metric(
        _("Purchase model"),
        _("parameters"),
        _("How often customers buy, how many leave after a purchase, and how much a purchase is worth."),
        _("BG/NBD (or NBD where the data show no drop-out) and Gamma-Gamma by maximum likelihood; times in weeks"),
        topic="model",
        sql=("scores/sql/purchase_days.sql", "scores/sql/bought.sql"),
        report=MODEL,
        page="scores:model",
    ),
}
