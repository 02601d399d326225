"""Whether the company's own thresholds of scores and lifecycle fit together. Pure: reads a row, changes nothing."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Installation

CUTOFFS = ("rfm_r_cutoffs", "rfm_f_cutoffs", "rfm_m_cutoffs")
LARGEST = Decimal(10) ** 12

_NOT_FOUR = gettext_lazy("Give all four cut-offs, or none: without them the score follows from the rank.")
_NOT_ASCENDING = gettext_lazy("Each of the four cut-offs must be larger than the one before.")
_TOO_LARGE = gettext_lazy("A cut-off must be a number between 0 and 1,000,000,000,000.")


def faults(row: Installation) -> dict[str, str]:
    """Field → sentence of what does not fit, for a row not yet saved; empty where all is well."""
    found = {name: str(fault) for name in CUTOFFS if (fault := fault_of_cutoffs(getattr(row, name)))}
    return found | _faults_of_stages(row)


def fault_of_cutoffs(cutoffs: Sequence[Decimal | int] | None) -> str | Promise:
    """Why these are no cut-offs; empty where they are, or where there are none."""
    if not cutoffs:
        return ""
    if len(cutoffs) != 4:
        return _NOT_FOUR
    if any(not 0 <= cutoff <= LARGEST for cutoff in cutoffs):
        return _TOO_LARGE
    return "" if all(low < high for low, high in pairwise(cutoffs)) else _NOT_ASCENDING


def _faults_of_stages(row: Installation) -> dict[str, str]:
    """Only what the company set itself can be wrong: parts of N are in order by themselves."""
    days, stages, found = row.inactivity_days, row.stages, {}
    if row.slipping_days and stages["slipping_days"] >= stages["pre_dormant_days"]:
        found["slipping_days"] = _("Slipping must begin before pre-dormant, which begins after %(days)s days.") % {
            "days": stages["pre_dormant_days"]
        }
    if row.pre_dormant_days and not stages["slipping_days"] < stages["pre_dormant_days"] < days:
        found["pre_dormant_days"] = _(
            "Pre-dormant must lie between slipping (%(low)s days) and the days without activity (%(high)s)."
        ) % {"low": stages["slipping_days"], "high": days}
    if row.dormant_days and row.dormant_days < days:
        found["dormant_days"] = _("Dormant begins after %(days)s days without activity, so it cannot end earlier.") % {
            "days": days
        }
    if row.silent_days > row.unused_days:
        found["silent_days"] = _("Who is silent for longer than %(days)s days counts as unused before.") % {
            "days": row.unused_days
        }
    return found
