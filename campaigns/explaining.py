"""What a campaign can show and has shown, in words. The figures come from uplift.py."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from . import uplift
from .models import Campaign
from .uplift import Verdict

MINUS = "−"


def points(share: float | None) -> str:
    """A difference of shares: 0.012 → +1.2pt; – where there is none."""
    return "–" if share is None else f"{_signed(share * 100)}pt"


def _signed(value: float) -> str:
    rounded = f"{abs(value):.1f}"
    if rounded == "0.0":
        return f"±{rounded}"
    return f"{'+' if value > 0 else MINUS}{rounded}"


def signed_money(value: float | None) -> str:
    """+¥1,234 or −¥1,234, in whole yen."""
    if value is None:
        return "–"
    return f"{MINUS if value < 0 else '+'}¥{abs(round(value)):,}"


def _difference(found: uplift.Interval) -> Mapping[str, str]:
    limits = {"low": _signed(found.low * 100), "high": _signed(found.high * 100)}
    return {"value": points(found.value), **limits}


def verdict(judgement: uplift.Judgement) -> str:
    """The result in a sentence; empty while the window is open."""
    if judgement.verdict == Verdict.RUNNING:
        return ""
    if judgement.verdict == Verdict.FAULTY:
        return _("The two groups can't be compared.")
    if judgement.uplift is None:
        return _("Nobody was held out, so the effect can't be measured.")
    sentences = {
        Verdict.POSITIVE: _("Difference %(value)s (%(low)s to %(high)s). It helped."),
        Verdict.NEGATIVE: _("Difference %(value)s (%(low)s to %(high)s). Those who received it did worse."),
        Verdict.CANNOT_SAY: _("Difference %(value)s (%(low)s to %(high)s). It can't be said yet."),
    }
    return sentences[judgement.verdict] % _difference(judgement.uplift)


def what_now(judgement: uplift.Judgement, campaign: Campaign) -> str:
    """What would let one say more; empty where nothing is to be said."""
    if judgement.verdict == Verdict.CANNOT_SAY and judgement.people_needed:
        words = {"effect": points(float(campaign.expected_effect) / 100), "people": f"{judgement.people_needed:,}"}
        return _("To see the %(effect)s you hoped for, a campaign to about %(people)s people is needed.") % words
    return ""


FAULTS = {
    uplift.Fault.MISSING: lambda: _("Some customers who were randomised are missing from the analysis."),
    uplift.Fault.LEFT_UNEVENLY: lambda: _("More customers were merged or erased in one group than in the other."),
    uplift.Fault.SHARE_OFF: lambda: _("The share held out is not the one that was set."),
}


def faults(found: list[uplift.Fault]) -> list[str]:
    """Why the groups can't be compared."""
    return [FAULTS[fault]() for fault in found]


def outlook(prospects: list[uplift.Prospect], campaign: Campaign) -> str:
    """Whether this campaign, as it is set, can show the effect hoped for."""
    if not campaign.held_out_share:
        return _("Nobody is held out: everybody gets it, and the effect can't be measured.")
    chosen = next(one for one in prospects if one.percent == campaign.held_out_share)
    if not chosen.is_measurable or chosen.effect is None:
        return _("These are too few people to measure the effect. You may hold out nobody and send to all.")
    words = {"hoped": points(float(campaign.expected_effect) / 100), "visible": points(chosen.effect)}
    if chosen.effect * 100 > float(campaign.expected_effect):
        return (
            _("The %(hoped)s you hope for may stay unseen: with these people only %(visible)s or more shows.") % words
        )
    return _("The %(hoped)s you hope for will show, if it is there.") % words
