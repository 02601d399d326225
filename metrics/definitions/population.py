"""What a figure of staying and leaving counts, point by point, by the settings: the longer half of the chip."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Activity, ChurnPolicy, Installation

Fact = tuple[str, str]
LEAVING = ("churn", "lost", "joined", "won_back")
STAYING = ("active", "cohorts", *LEAVING)


def facts(key: str, *, settings: Installation, unit: str) -> list[Fact]:
    """Pairs of a word and a sentence: population, who is lost and when, returns, joiners, trials, pauses, unit."""
    found = []
    if key in STAYING:
        found.append((_("Who is counted"), population(settings)))
    if key in LEAVING:
        found += [
            (pgettext("definition", "Lost, and when"), lost(settings)),
            (_("Who comes back"), _("Back by the end of the period: not lost. Back later: lost, and then won back.")),
            (_("Joined and left in it"), _("Not counted: who was not there at the start is not in the rate.")),
        ]
    if key in STAYING:
        found += _of_contracts(settings)
    return [*found, (_("Unit"), unit)] if found else []


def population(settings: Installation) -> str:
    """Whom "active" speaks of."""
    signed = _("Customers with a paid contract term. Prospects do not count.")
    bought = _quiet(settings, _("Customers who bought within the last %(days)s days. Who never bought does not count."))
    if settings.activity == Activity.PURCHASES_AND_LOGINS:
        bought = _quiet(
            settings,
            _("Customers who bought or logged in within the last %(days)s days. Who never bought does not count."),
        )
    return _by_policy(settings, signed, bought)


def lost(settings: Installation) -> str:
    """Who counts as lost, and on which day."""
    end = _("When the contract ends, not when notice is given.")
    day = (
        _("A contract's last day counts as gone at its end: what ends with 31 March is lost in March.")
        if settings.month_end
        else _("A contract's last day still counts as active: what ends with 31 March is lost in April.")
    )
    gone = _("%(one)s %(other)s") % {"one": end, "other": day}
    quiet = _quiet(settings, _("On the day after %(days)s days without a purchase."))
    if settings.activity == Activity.PURCHASES_AND_LOGINS:
        quiet = _quiet(settings, _("On the day after %(days)s days without a purchase or login."))
    return _by_policy(settings, gone, quiet)


def _of_contracts(settings: Installation) -> list[Fact]:
    if settings.churn_policy == ChurnPolicy.INACTIVITY:
        return []
    trials = _("A trial or a free plan alone is a prospect: neither active nor lost.")
    return [
        (_("Trials"), trials),
        (_("Pauses"), _("Who pauses stays under contract: neither lost nor smaller.")),
    ]


def _quiet(settings: Installation, sentence: str) -> str:
    return sentence % {"days": settings.inactivity_days}


def _by_policy(settings: Installation, by_contract: str, by_activity: str) -> str:
    if settings.churn_policy == ChurnPolicy.EITHER:
        return _("By contract or by purchases, whichever holds longer. %(one)s %(other)s") % {
            "one": by_contract,
            "other": by_activity,
        }
    return by_contract if settings.churn_policy == ChurnPolicy.CONTRACT else by_activity
