"""How the other ways to count churn are called, and why people count differently there."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Activity, Installation

from .shape import Words

OURS = "ours"
NAMES: dict[str, tuple[Words, Words]] = {
    OURS: (
        gettext_lazy("Our own count"),
        gettext_lazy("Lost ÷ active at the start; lost when service ends."),
    ),
    "notice": (
        gettext_lazy("By notice instead of by end"),
        gettext_lazy("Gone on the day notice is given, however long has been paid for."),
    ),
    "notice-joiners": (
        gettext_lazy("By notice; who joined in the same period counts"),
        gettext_lazy("As before; who joined in the period and left in it is in the numerator as well."),
    ),
    "notice-widened": (
        gettext_lazy("By notice; new ones in the denominator, each leaving counts"),
        gettext_lazy("As before; new ones stand in the denominator, and who comes back and leaves again counts twice."),
    ),
    "joiners": (
        gettext_lazy("Who joined in the same period counts"),
        gettext_lazy("Who joined in the period and left in it is in the numerator as well."),
    ),
    "widened": (
        gettext_lazy("New ones in the denominator"),
        gettext_lazy("Lost ÷ (active at the start + joined in the period)."),
    ),
    "each-end": (
        gettext_lazy("Each leaving counts"),
        gettext_lazy("Who leaves and is back at the end counts, as often as that happens; joiners, too."),
    ),
    "daily": (
        gettext_lazy("Sum of daily rates"),
        gettext_lazy("Left on a day ÷ active when it began, added up over the days of the period."),
    ),
}
LINES: dict[str, Words] = {
    "joined-left": gettext_lazy("Joined and left within the period"),
    "joined": gettext_lazy("Joined in the period: in the denominator"),
    "returned": gettext_lazy("Left and came back: each leaving counts"),
    "kept-lost": gettext_lazy("Still active by our count, lost by this one"),
    "kept-out": gettext_lazy("Active throughout by our count, gone before the period by this one"),
    "lost-kept": gettext_lazy("Lost by our count, still active by this one"),
    "lost-out": gettext_lazy("Lost by our count, gone before the period by this one"),
    "out-kept": gettext_lazy("Not there at the start by our count, active throughout by this one"),
    "out-lost": gettext_lazy("Not there at the start by our count, lost by this one"),
}
_LAST, _EVE = (
    gettext_lazy("The contract's last day is the last of the period"),
    gettext_lazy("The contract's last day was the one before the period"),
)
LINES_OF: dict[str, dict[str, Words]] = {
    "notice": {
        "kept-lost": gettext_lazy("Gave notice, but has paid on beyond the period"),
        "kept-out": gettext_lazy("Had given notice before the period, and has paid on beyond it"),
        "lost-out": gettext_lazy("Had given notice before the period; the contract ended in it"),
    },
    "month-end": {"kept-lost": _LAST, "lost-kept": _LAST, "lost-out": _EVE, "out-lost": _EVE},
}


def name(key: str, settings: Installation) -> tuple[str, str]:
    """What a formula is called and how it counts, in words."""
    word, _hyphen, number = key.partition("-")
    if word == "quiet":
        days = {"days": int(number)}
        return _("Quiet for %(days)s days") % days, _("Gone after %(days)s days without activity.") % days
    found = _by_settings(settings).get(key) or NAMES[key]
    return str(found[0]), str(found[1])


def _by_settings(settings: Installation) -> dict[str, tuple[str, str]]:
    with_logins = settings.activity == Activity.PURCHASES_AND_LOGINS
    last_day = (
        _("A contract's last day still counts as active.")
        if settings.month_end
        else _("A contract's last day counts as gone at its end.")
    )
    return {
        "month-end": (_("The contract's last day the other way"), last_day),
        "logins": (_("Purchases alone"), _("Logins do not count as activity."))
        if with_logins
        else (_("Logins as well"), _("Logins count as activity, from the first purchase or paid term on.")),
    }


def line(formula: str, key: str) -> str:
    """Why these people count differently."""
    family = "notice" if formula.startswith("notice") else formula
    return str(LINES_OF.get(family, {}).get(key) or LINES[key])
