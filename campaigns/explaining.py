"""What a campaign can show and has shown, in words. The figures come from uplift.py."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from . import results, uplift
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


def happened(found: results.Results) -> str:
    """How many reached the goal, in a sentence; empty where an arm is empty."""
    sent, held_out = found.treated.rate, found.held_out.rate
    if sent is None or held_out is None:
        return ""
    words = {"sent": f"{sent:.1%}", "held_out": f"{held_out:.1%}"}
    return _("%(sent)s of those it was sent to reached the goal, and %(held_out)s of those held out.") % words


def worth(found: results.Results, tax: str) -> str:
    """What it brought in yen, with its limits; why not, where that can't be said; empty while nothing is said."""
    if found.judgement.uplift is None:
        return ""
    if found.money is None:
        return _("Too few purchases in the comparison group to put it in yen.")
    amounts = {name: signed_money(getattr(found.money, name)) for name in ("value", "low", "high")}
    return _("In revenue: about %(value)s (%(low)s to %(high)s), %(tax)s.") % {**amounts, "tax": tax}


def what_now(judgement: uplift.Judgement, campaign: Campaign) -> str:
    """What to do now; empty while the window is open."""
    if judgement.verdict == Verdict.CANNOT_SAY:
        return _before_one_can_say(judgement, campaign)
    sentences = {
        Verdict.POSITIVE: _("Send it to those held out as well, and use it again."),
        Verdict.NEGATIVE: _("Don't repeat it as it is: change the words, the offer or the time first."),
        Verdict.NO_COMPARISON: _("Next time hold out 10%, and you will see what it brings."),
        Verdict.FAULTY: _("Don't draw conclusions from these figures. Find out first how the groups came apart."),
    }
    return sentences.get(judgement.verdict, "")


def _before_one_can_say(judgement: uplift.Judgement, campaign: Campaign) -> str:
    effect = float(campaign.expected_effect) / 100
    words = {"effect": points(effect), "people": f"{judgement.people_needed or 0:,}"}
    if judgement.days_needed:
        return _("At this rate of entries it can be said in about %(days)s days.") % {"days": judgement.days_needed}
    if judgement.uplift and judgement.uplift.high < effect:
        return (
            _("An effect of the %(effect)s you hoped for can be ruled out: change something before you repeat it.")
            % words
        )
    if judgement.days_needed is not None:
        return _("There are enough people, but a series is looked at again and again: it has to be surer than 95%.")
    if judgement.people_needed:
        return _("To see the %(effect)s you hoped for, a campaign to about %(people)s people is needed.") % words
    return ""


def variants(ranking: uplift.Ranking | None) -> str:
    """Which of the tested words were better; empty where nothing was compared. The winner's own effect is not named."""
    if ranking is None:
        return ""
    if ranking.best:
        return _("%(letter)s reached the goal more often than the others; chance alone would hardly do that.") % {
            "letter": ranking.best
        }
    return _("Which one is better can't be said; %(letter)s is ahead.") % {"letter": ranking.leading}


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
