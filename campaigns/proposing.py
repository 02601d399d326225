"""How many to hold out, as a proposal: ten percent, or nobody where it would be wrong or show nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from . import uplift
from .models import Campaign

USUAL = 10  # percent
HIGH_TOUCH = "touch-high"


@dataclass(frozen=True)
class Proposal:
    """Percent to hold out, and why, as a sentence; empty for the usual share."""

    percent: int
    reason: str = ""


def holdout(campaign: Campaign, prospects: Sequence[uplift.Prospect]) -> Proposal:
    """What to propose for a campaign, given what its audience could show (audience.foresight).

    A larger share is never proposed by itself: who is held out misses something.
    """
    if not campaign.is_promotion:
        return Proposal(0, _("A business notice goes to everybody."))
    if campaign.segment_id and campaign.segment.slug == HIGH_TOUCH:
        return Proposal(0, _("Customers looked after closely all get it: nobody is held out."))
    if getattr(campaign, "occasion", None) is not None:
        return Proposal(0, _("Invitations by name go to everybody: nobody is held out."))
    usual = next((one for one in prospects if one.percent == USUAL), None)
    if usual is None or not usual.held_out or (usual.effect is not None and not usual.is_measurable):
        return Proposal(0, _("There are too few people to measure the effect. It is sent to everybody."))
    return Proposal(USUAL)
