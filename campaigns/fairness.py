"""Is a new customer offered what a loyal one never gets? A warning before launch, and a matching draft in one click."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, User
from common import sql
from scores.models import Lifecycle, RfmSegment
from segments import building, membership
from segments.models import Segment

from .models import Campaign, Offer, Step

LOOKS_BACK = dt.timedelta(days=90)
LOYAL = [RfmSegment.CHAMPIONS.value, RfmSegment.LOYAL_CUSTOMERS.value]
NEW = [Lifecycle.PROSPECT.value, Lifecycle.NEW.value]
LOYAL_RULE = {"field": "rfm_segment", "op": "in", "value": LOYAL}
COPIED = ("playbook", "goal", "holdout_percent", "window_days", "expected_effect", "recipients", "recipient_roles")
TIME_LIMIT = 60  # seconds for the segment's rule


@dataclass(frozen=True)
class Unfair:
    """An offer to new customers that most loyal ones have not had: of `loyal`, `as_well` were offered as much."""

    campaign: Campaign
    loyal: int
    as_well: int

    @property
    def words(self) -> str:
        words = {"offer": self.campaign.offer.text, "loyal": f"{self.loyal:,}", "as_well": f"{self.as_well:,}"}
        return (
            _(
                "New customers are offered “%(offer)s”. Of your %(loyal)s loyal customers, %(as_well)s were offered"
                " as much in the last 90 days."
            )
            % words
        )


def unfair(campaign: Campaign, *, now: dt.datetime) -> Unfair | None:
    """Whether a draft offers new customers more than most loyal ones got in the last 90 days (same kind of offer).

    New: the offer says so, or most of the audience are prospects and new customers.
    """
    offer = getattr(campaign, "offer", None)
    if offer is None or offer.kind not in (Offer.Kind.PERCENT, Offer.Kind.AMOUNT) or not offer.value:
        return None
    wanted = {"campaign": campaign.pk, "segment": campaign.segment_id, "kind": offer.kind, "value": offer.value}
    known = {"since": now - LOOKS_BACK, "loyal_segments": LOYAL, "new_stages": NEW}
    found = sql.rows("campaigns/sql/fairness.sql", wanted | known)[0]
    is_for_new = offer.is_for_new or found["new_members"] * 2 > found["members"]
    if not is_for_new or found["treated_as_well"] * 2 >= found["loyal"]:
        return None
    return Unfair(campaign, found["loyal"], found["treated_as_well"])


@transaction.atomic
def match(*, campaign: Campaign, by: User, now: dt.datetime) -> Campaign:
    """A draft for loyal customers with the same words and an offer worth the same."""
    settings = {name: getattr(campaign, name) for name in COPIED}
    name = _("%(name)s (for loyal customers)") % {"name": campaign.name}
    draft = Campaign.objects.create(name=name[:120], segment=_loyal(by, now), created_by=by, **settings)
    for step in campaign.steps.filter(edition=campaign.edition):
        Step.objects.create(
            campaign=draft,
            **{field: getattr(step, field) for field in ("position", "wait", "wait_unit", "send_time", "condition")},
            **{field: getattr(step, field) for field in ("channel", "subject", "body", "blocks", "unit_cost")},
        )
    offered = ("text", "kind", "value", "expires_on", "code_prefix")
    Offer.objects.create(campaign=draft, **{field: getattr(campaign.offer, field) for field in offered})
    audit.record("campaign.create", by=by, on=draft, matches=campaign.pk)
    return draft


def _loyal(by: User, now: dt.datetime) -> Segment:
    """Champions and loyal customers as a segment, as of today."""
    segment = Segment.objects.filter(rule=LOYAL_RULE, archived_at=None).first()
    if segment is None:
        segment = building.create(
            name=_("Champions and loyal customers"),
            description=_("Made to give loyal customers what new ones are offered."),
            rule=LOYAL_RULE,
            time_limit=TIME_LIMIT,
            by=by,
            now=now,
        )
    today = Installation.get().day_of(now)
    if segment.as_of != today:
        membership.refresh(segment, as_of=today, now=now)
    return segment
