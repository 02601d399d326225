"""Why a customer's churn risk is what it is: one sentence of the method, and his main reasons with his own values."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Activity, ChurnPolicy, Installation
from common.templatetags.crm import day, decimal, money, share
from customers.models import Purchase
from scores import contract_risk
from scores.models import ModelFit, Prediction, Score

QUIET_PLACES = 10
LAST_SHOWN = 3


@dataclass(frozen=True)
class Reason:
    """A sentence with his own values; `raises` is None where it only tells a fact, neither good nor bad."""

    sentence: str
    raises: bool | None = None


@dataclass(frozen=True)
class Told:
    """How the risk came about: the method in a sentence, and the main reasons, weightiest first (three at most)."""

    basis: str
    reasons: list[Reason]


@dataclass(frozen=True)
class Case:
    """What the sentences speak of: stored rows of one customer, and the day they are of."""

    score: Score
    said: Prediction
    as_of: dt.date
    settings: Installation
    fit: ModelFit

    def days_since(self, on: dt.date) -> int:
        return (self.as_of - on).days


def of_risk(case: Case) -> Told:
    """Why the churn risk of this customer is what it is."""
    if case.said.churn_risk is None:
        return Told(_("There is nothing yet to tell it from."), [])
    if case.said.reasons:
        return _by_contract(case, case.said.reasons)
    if case.settings.churn_policy != ChurnPolicy.INACTIVITY and case.score.mrr > 0:
        return _by_tenure(case)
    if case.settings.churn_policy == ChurnPolicy.CONTRACT:
        return Told(
            _("The share not under contract 90 days later among customers whose contract had ended."),
            _among(case, "E", 0),
        )
    if case.settings.activity != Activity.PURCHASES:
        return _by_silence(case)
    return _by_purchases(case)


# --- contracts ------------------------------------------------------------------------------


def _by_contract(case: Case, stored: dict[str, Any]) -> Told:
    codes, facts = stored["codes"], stored["facts"]
    if codes in (["+notice_ends"], ["-notice_later"]):
        return Told(_notice(codes[0], facts), [])
    auc = case.fit.risk["contract"]["held_back"]["auc"]
    basis = _(
        "A model learnt from this company's own contracts. On months it had not seen it put a leaver above a stayer in"
        " %(share)s of pairs."
    ) % {"share": share(auc)}
    told = [Reason(SENTENCES[code[1:]](facts), code[0] == "+") for code in codes if code]
    return Told(basis, told)


def _notice(code: str, facts: dict[str, Any]) -> str:
    last = {"day": day(dt.date.fromisoformat(facts["known_end"]) - dt.timedelta(1))}
    if code == "+notice_ends":
        return _("Notice was given: the last day under contract is %(day)s.") % last
    return _("Notice was given, but the contract lasts beyond the next 90 days: its last day is %(day)s.") % last


def _by_tenure(case: Case) -> Told:
    basis = _("The share lost within 90 days among customers as long under contract.")
    why_not = without_model(case.fit)
    started = case.score.contract_started_on
    if started is None:
        return Told(basis, [])
    bucket = int(contract_risk.tenure_bucket(case.days_since(started)))
    own = Reason(_under_contract({"tenure_days": case.days_since(started)}))
    told = [own, *_among(case, "S", bucket)]
    return Told(basis, [*told, Reason(why_not)] if why_not else told)


def _among(case: Case, kind: str, bucket: int) -> list[Reason]:
    """Of how many customers who stood alike 90 days before how many were lost; nothing where that is not stored."""
    for row in case.fit.risk.get("shares", []):
        if (row["kind"], row["bucket"]) == (kind, bucket):
            sentence = ngettext(
                "Of %(customers)s customer like this 90 days before, %(lost)s is not active now.",
                "Of %(customers)s customers like this 90 days before, %(lost)s are not active now.",
                row["customers"],
            )
            return [Reason(sentence % {"customers": f"{row['customers']:,}", "lost": f"{row['lost']:,}"})]
    return []


def _under_contract(facts: dict[str, Any]) -> str:
    months = int(facts["tenure_days"] / contract_risk.DAYS_PER_MONTH)
    return ngettext("Under contract for %(months)s month.", "Under contract for %(months)s months.", months) % {
        "months": f"{months:,}"
    }


def _usage(facts: dict[str, Any]) -> str:
    counts = {"now": f"{facts.get('logins_30', 0):,}", "before": f"{facts.get('logins_before', 0):,}"}
    return _("Logins: %(now)s in the last 30 days, %(before)s in the 30 days before.") % counts


def _renewal(facts: dict[str, Any]) -> str:
    left = facts.get("renews_in")
    if left is None:
        return _("No renewal date is near.")
    return ngettext("The renewal is in %(days)s day.", "The renewal is in %(days)s days.", left) % {"days": f"{left:,}"}


def _downgrade(facts: dict[str, Any]) -> str:
    if facts.get("is_downgraded"):
        return _("Went down to a smaller amount within the last 90 days.")
    return _("Did not go down to a smaller amount within the last 90 days.")


def _of_several(facts: dict[str, Any]) -> str:
    if facts.get("has_notice"):
        return _("Notice was given for one of several contracts.")
    return _("No notice was given.")


def _payment(facts: dict[str, Any]) -> str:
    counts = {"overdue": f"{facts.get('overdue', 0):,}", "late": f"{facts.get('late_180', 0):,}"}
    return _("Invoices: %(overdue)s overdue, %(late)s not paid in time within 180 days.") % counts


def _contacts(facts: dict[str, Any]) -> str:
    return _("Contacts in the last 90 days: %(count)s.") % {"count": f"{facts.get('contacts_90', 0):,}"}


def _complaints(facts: dict[str, Any]) -> str:
    return _("Complaints in the last 90 days: %(count)s.") % {"count": f"{facts.get('complaints_90', 0):,}"}


def _seats(facts: dict[str, Any]) -> str:
    return _("Seats: %(count)s.") % {"count": f"{facts.get('seats', 0):,}"}


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "tenure": _under_contract,
    "usage": _usage,
    "renewal": _renewal,
    "downgrade": _downgrade,
    "notice": _of_several,
    "payment": _payment,
    "contacts": _contacts,
    "complaints": _complaints,
    "seats": _seats,
    "mrr": lambda facts: _("MRR: %(amount)s.") % {"amount": money(facts["mrr"])},
    "plan": lambda facts: _("Plan: %(plan)s.") % {"plan": facts["plan"] or "–"},
}


def without_model(fit: ModelFit) -> str:
    """Why the company has no contract model, in a sentence; empty where it has one or was never asked."""
    learnt = fit.risk.get("contract")
    if not learnt or not learnt["reason"]:
        return ""
    return str(WHY_NO_MODEL[learnt["reason"]]) % learnt["found"]


WHY_NO_MODEL: dict[str, Promise] = {
    "too_few_months": gettext_lazy(
        "There is no model yet: contracts are known for %(months)s month ends, and it takes 6."
    ),
    "too_few_observations": gettext_lazy(
        "There is no model yet: %(observations)s observations are there to learn from, and it takes 200."
    ),
    "too_few_lost": gettext_lazy(
        "There is no model yet: there are %(lost)s lost customers to learn from and %(held_lost)s to judge it by, and"
        " it takes 30 and 10."
    ),
    "no_better_than_tenure": gettext_lazy(
        "A model was tried, but on months it had not seen it foretold no better than the length of contract alone."
    ),
    "unlike_past": gettext_lazy(
        "A model was tried, but today's customers look so unlike those of the past that it cannot be believed."
    ),
}


# --- purchases and silence --------------------------------------------------------------------


def _by_silence(case: Case) -> Told:
    basis = _("The share lost within 90 days among customers who had been quiet as long.")
    last = case.score.last_activity_on
    if last is None:
        return Told(basis, [])
    quiet = case.days_since(last)
    bucket = min(QUIET_PLACES, QUIET_PLACES * quiet // case.settings.inactivity_days)
    return Told(basis, [Reason(_quiet(quiet)), *_among(case, "Q", bucket)])


def _by_purchases(case: Case) -> Told:
    basis = _("The chance that %(days)s without a purchase are full 90 days from now, by the purchase model.")
    days = case.settings.inactivity_days
    told = Told(basis % {"days": in_days(days)}, [])
    bought = _purchase_days(case)
    if not bought:
        return told
    quiet = case.days_since(bought[-1])
    gaps = [(later - earlier).days for earlier, later in pairwise(bought)]
    usual = median(gaps) if gaps else None
    return Told(told.basis, [Reason(*_beside_usual(quiet, usual)), Reason(_last_purchases(bought))])


def _purchase_days(case: Case) -> list[dt.date]:
    rows = Purchase.objects.filter(customer=case.score.customer_id, amount__gte=0, purchased_on__lte=case.as_of)
    return list(rows.values_list("purchased_on", flat=True).distinct().order_by("purchased_on"))


def _beside_usual(quiet: int, usual: float | None) -> tuple[str, bool | None]:
    if usual is None:
        return _quiet(quiet), None
    gap = decimal(usual, 0 if usual == int(usual) else 1)
    sentence = _("Quiet for %(quiet)s; the usual gap between two purchases is %(gap)s days.")
    return sentence % {"quiet": in_days(quiet), "gap": gap}, quiet > usual


def _quiet(days: int) -> str:
    return _("Quiet for %(days)s.") % {"days": in_days(days)}


def _last_purchases(bought: list[dt.date]) -> str:
    last = " · ".join(day(on) for on in bought[: -LAST_SHOWN - 1 : -1])
    return _("Last purchases: %(days)s.") % {"days": last}


def in_days(count: int) -> str:
    """3 days, as it is written."""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": f"{count:,}"}
