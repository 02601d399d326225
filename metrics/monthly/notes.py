"""What the figures mean and how fresh they are: the end of the report."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.templatetags.crm import day

from ..definitions import chip
from .shape import Column, Section, Table
from .source import Source

DEFINED = ("churn", "active", "ltv_historic", "ltv_predicted", "at_risk", "renewals", "cohorts", "rfm")


def notes(source: Source) -> Section:
    return Section("notes", _("Definitions and data"), _fresh(source), (), (), (_definitions(source),))


def _fresh(source: Source) -> tuple[str, ...]:
    if source.as_of is None:
        return (_("No night has computed this month yet."),)
    found = [
        _("Figures as known at the end of %(day)s, counted in the time zone %(zone)s.")
        % {"day": day(source.as_of), "zone": source.settings.time_zone}
    ]
    if not source.is_complete:
        found.append(_("The month is not over: its own rates are missing, and sums will still grow."))
    found.append(
        _(
            "Rows that came later for earlier days are counted in; LTV, risk and RFM segments stay as they were"
            " stored at the month's end."
        )
    )
    return tuple(found)


def _definitions(source: Source) -> Table:
    columns = (Column(pgettext("report", "Figure")), Column(_("Meaning")), Column(_("Formula")))
    rows = []
    for key in DEFINED:
        one = chip(key, settings=source.settings, as_of=source.as_of)
        rows.append((str(one["name"]), str(one["text"]), str(one["formula"])))
    if source.movements:
        rows.append(
            (
                _("NRR and GRR"),
                _(
                    "How much of the monthly amounts at the start is there at the end; new and reactivated customers"
                    " stay outside."
                ),
                _(
                    "NRR = (start + expansion − contraction − churned) ÷ start;"
                    " GRR = (start − contraction − churned) ÷ start"
                ),
            )
        )
    return Table("definitions", _("Definitions"), columns, tuple(rows))
