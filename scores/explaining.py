"""How the scores of one customer came about, in words with his actual values."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import ChurnPolicy, Installation
from common.templatetags.crm import day, decimal, money, share
from customers.models import Customer
from scores import labels, reasoning, scoring
from scores.models import ModelFit, Prediction, RfmSegment, Score


@dataclass(frozen=True)
class Evidence:
    """A figure (`value` as it is written on the page, – where there is none) and the sentence of why."""

    key: str
    label: str
    value: str
    sentence: str
    code: str = ""  # of the stage or segment, for the colour of its badge
    reasons: list[reasoning.Reason] = field(default_factory=list)


@dataclass(frozen=True)
class _Case:
    """What the sentences speak of."""

    score: Score
    said: Prediction | None
    as_of: dt.date
    settings: Installation
    fit: ModelFit

    def days_since(self, on: dt.date | None) -> int:
        return (self.as_of - (on or self.as_of)).days


def evidence(customer: Customer) -> list[Evidence]:
    """Each stored figure of a customer with its reason; empty before his first scoring."""
    score = Score.objects.filter(customer=customer).first()
    fit = ModelFit.objects.order_by("-as_of").first()
    if score is None or fit is None:
        return []
    said = Prediction.objects.filter(customer=customer).first()
    case = _Case(score, said, scoring.last_run() or fit.as_of, Installation.get(), fit)
    found = [_lifecycle(case)]
    if score.r is not None:
        found += _rfm(case)
    if said is not None:
        found += [_alive(case), _purchases(case), _risk(case, said)]
    return [*found, *_ltv(case)]


def _together(sentences: list[str]) -> str:
    """Japanese sets no space between sentences."""
    return ("" if (get_language() or "").startswith("ja") else " ").join(sentences)


# --- lifecycle -----------------------------------------------------------------------------


def _lifecycle(case: _Case) -> Evidence:
    score = case.score
    word = str(labels.lifecycle_label(score.lifecycle, case.settings.churn_policy))
    parts = [labels.lifecycle_meaning(score.lifecycle, case.settings)]
    if score.lifecycle_since:
        parts.append(_("In this stage since %(day)s.") % {"day": day(score.lifecycle_since)})
    if score.last_activity_on:
        quiet = {"day": day(score.last_activity_on), "days": reasoning.in_days(case.days_since(score.last_activity_on))}
        parts.append(_("Last activity on %(day)s, %(days)s before the day of these figures.") % quiet)
    if score.notice_given_on:
        parts.append(_("Notice was given on %(day)s.") % {"day": day(score.notice_given_on)})
    return Evidence("lifecycle", _("Stage"), word, _together(parts), score.lifecycle)


# --- RFM -----------------------------------------------------------------------------------


def _rfm(case: _Case) -> list[Evidence]:
    score, worse = case.score, _worse_than(case.score)
    own = case.settings.rfm_r_cutoffs, case.settings.rfm_f_cutoffs, case.settings.rfm_m_cutoffs
    r, f, m = (
        _reached(grade, cutoffs) if cutoffs else _place(grade, worse[name])
        for name, grade, cutoffs in zip("rfm", (score.r, score.f, score.m), own, strict=True)
    )
    return [
        Evidence("r", _("Recency"), reasoning.in_days(case.days_since(score.last_purchase_on)), r),
        Evidence("f", _("Frequency"), f"{score.frequency:,}", f),
        Evidence("m", _("Monetary"), money(score.monetary), m),
        _segment(case),
    ]


def _worse_than(score: Score) -> dict[str, float]:
    """The share of the other scored customers who are strictly worse, by R, F and M."""
    counts = Score.objects.filter(r__isnull=False).aggregate(
        everybody=Count("pk"),
        r=Count("pk", filter=Q(last_purchase_on__lt=score.last_purchase_on)),
        f=Count("pk", filter=Q(frequency__lt=score.frequency)),
        m=Count("pk", filter=Q(monetary__lt=score.monetary)),
    )
    others = max(1, counts["everybody"] - 1)
    return {name: counts[name] / others for name in "rfm"}


def _place(score: int | None, worse: float) -> str:
    return _("%(share)s of the other customers are worse: score %(score)s of 5.") % {
        "share": share(worse),
        "score": score,
    }


def _reached(score: int | None, cutoffs: list) -> str:
    return _("Reaches %(count)s of the cut-offs set by the company (%(cutoffs)s): score %(score)s of 5.") % {
        "count": (score or 1) - 1,
        "cutoffs": _(", ").join(f"{cutoff:,}".removesuffix(".00") for cutoff in cutoffs),
        "score": score,
    }


def _segment(case: _Case) -> Evidence:
    score = case.score
    parts = [_("The cell of R %(r)s and F %(f)s.") % {"r": score.r, "f": score.f}]
    if score.is_vip:
        parts.append(_("VIP, because M is 5."))
    if score.rfm_changed_on:
        before = RfmSegment(score.rfm_previous).label if score.rfm_previous else _("not scored")
        parts.append(_("Before %(day)s: %(segment)s.") % {"day": day(score.rfm_changed_on), "segment": before})
    if score.rfm_changed_on and score.rfm_by_cutoffs:
        parts.append(_("The change came without a purchase of this customer: time passed, and others moved."))
    word = score.get_rfm_segment_display()
    return Evidence("rfm_segment", _("RFM segment"), word, _together(parts), score.rfm_segment)


# --- models --------------------------------------------------------------------------------


def _alive(case: _Case) -> Evidence:
    value, why = case.said.p_alive, _history(case.score)
    if case.fit.uses == "none":
        value, why = None, _no_model()
    elif case.fit.uses == "nbd":
        value, why = None, _("The data show no drop-out, so a chance to still be a customer cannot be told.")
    elif case.score.repeat_days == 0:
        value, why = None, _("There is no repeat purchase yet to tell it from.")
    return Evidence("p_alive", _("P(alive)"), share(value), why)


def _no_model() -> str:
    return _("Too few customers have bought again for a model.")


def _history(score: Score) -> str:
    return _("From %(x)s repeat purchase days between %(first)s and %(last)s (BG/NBD).") % {
        "x": f"{score.repeat_days:,}",
        "first": day(score.first_purchase_on),
        "last": day(score.last_purchase_on),
    }


def _purchases(case: _Case) -> Evidence:
    said = case.said
    if said.expected_purchases_365d is None:
        return Evidence("expected_purchases_365d", _("Expected purchases"), "–", _no_model())
    parts = [_("Purchase days to be expected in the next 365 days.")]
    if said.next_purchase_days is not None:
        parts.append(
            _("If still a customer, the next one comes within %(days)s with a chance of one half.")
            % {"days": reasoning.in_days(round(said.next_purchase_days))}
        )
    if said.expected_value is not None:
        parts.append(_("Expected value of each: %(value)s (Gamma-Gamma).") % {"value": money(said.expected_value)})
    return Evidence(
        "expected_purchases_365d", _("Expected purchases"), decimal(said.expected_purchases_365d), _together(parts)
    )


def _risk(case: _Case, said: Prediction) -> Evidence:
    told = reasoning.of_risk(reasoning.Case(case.score, said, case.as_of, case.settings, case.fit))
    return Evidence("churn_risk", _("Churn risk"), share(said.churn_risk), told.basis, reasons=told.reasons)


# --- money ---------------------------------------------------------------------------------


def _ltv(case: _Case) -> list[Evidence]:
    historic = case.score.ltv_historic
    if historic is None:
        return []
    predicted = case.said.ltv_predicted if case.said else None
    words = _together([_historic_words(case), _basis(case)])
    found = [Evidence("ltv_historic", _("Historic LTV"), money(historic), words)]
    to_come = None if predicted is None else predicted - historic
    sentence = _("Historic LTV and what the next 12 months may add: %(to_come)s.") % {"to_come": money(to_come)}
    if predicted is None:
        sentence = _("There is nothing yet to tell it from.")
    return [*found, Evidence("ltv_predicted", _("Predicted LTV"), money(predicted), sentence)]


def _historic_words(case: _Case) -> str:
    policy = case.settings.churn_policy
    if policy == ChurnPolicy.INACTIVITY:
        return _("All purchases net of refunds.")
    if policy == ChurnPolicy.CONTRACT:
        return _("The monthly amounts of all contract terms up to the day.")
    return _("The monthly amounts of all contract terms up to the day, and all purchases net of refunds.")


def _basis(case: _Case) -> str:
    if case.settings.margin is None:
        return _("By revenue.")
    return _("Multiplied by the margin of %(share)s.") % {"share": share(float(case.settings.margin))}
