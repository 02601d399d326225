"""How many to hold out, as a proposal."""

import pytest
from django.utils import translation

from campaigns import proposing
from campaigns.models import Campaign, Occasion
from campaigns.uplift import Prospect

MEASURABLE = [Prospect(10, 900, 100, 0.05, True)]
TOO_FEW = [Prospect(10, 9, 1, 0.5, False), Prospect(50, 5, 5, 0.4, True)]


@pytest.mark.parametrize(
    ("fields", "prospects", "percent", "words"),
    [
        ({}, MEASURABLE, 10, ""),
        ({}, TOO_FEW, 0, "人数が少なく効果は測れません。全員に送ります。"),
        ({}, [Prospect(10, 900, 100, None, False)], 10, ""),  # nothing is known of how many reach the goal
        ({}, [], 0, "人数が少なく効果は測れません。全員に送ります。"),
        ({"message_class": "business"}, MEASURABLE, 0, "業務連絡は全員に送ります。"),
    ],
)
def test_ten_percent_or_nobody(fields, prospects, percent, words):
    with translation.override("ja"):
        assert proposing.holdout(Campaign(**fields), prospects) == proposing.Proposal(percent, words)


@pytest.mark.django_db
def test_an_invitation_by_name_and_high_touch_hold_nobody_out(campaign):
    assert proposing.holdout(campaign, MEASURABLE).percent == 10
    campaign.occasion = Occasion(title="seminar")
    assert proposing.holdout(campaign, MEASURABLE).percent == 0
    fresh = Campaign.objects.get()
    fresh.segment.slug = "touch-high"
    assert proposing.holdout(fresh, MEASURABLE).percent == 0
