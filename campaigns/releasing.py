"""What an approval sets going: the campaign is planned for the approved time, or goes at once."""

import datetime as dt

from . import audience
from .models import Approval, Campaign


def release(approval: Approval, now: dt.datetime) -> Campaign:
    """Plans or launches what has just been approved, in the name of the one who asked.

    Raises CampaignError where something else still forbids it; the approval stands, and the one who asked can send it
    himself once that is mended.
    """
    if approval.planned_at is not None:
        at = approval.planned_at
        return audience.schedule(campaign=approval.campaign, at=at, by=approval.asked_by, now=now)
    return audience.launch(campaign=approval.campaign, by=approval.asked_by, now=now)
