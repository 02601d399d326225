"""Saving a draft: whole, written down, and never over what someone else has saved."""

import pytest

from accounts.models import AuditEvent
from campaigns import audience, composing
from campaigns.composing import Words
from campaigns.models import Campaign, Offer
from campaigns.states import CampaignError
from segments import building

from .conftest import NOW

WORDS = Words("件名", "本文")


def test_a_new_draft_is_saved_with_its_message_and_written_down(segment, staff):
    made = composing.create(campaign=Campaign(name="新", segment=segment), words=WORDS, by=staff)
    assert (made.state, made.created_by, made.version) == ("draft", staff, 1)
    assert [(step.position, step.subject, step.body) for step in made.steps.all()] == [(1, "件名", "本文")]
    event = AuditEvent.objects.get(action="campaign.create")
    assert (event.actor, event.object_id) == (staff, str(made.pk))


def test_a_change_takes_the_place_of_message_and_offer(campaign, staff):
    campaign.name = "別の名前"
    composing.change(campaign=campaign, words=Words("件名", "本文", "送料無料"), by=staff, version=1)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.version, campaign.offer.text, campaign.offer.expires_on) == (
        "別の名前", 2, "送料無料", None
    )  # fmt: skip
    composing.change(campaign=campaign, words=WORDS, by=staff, version=2)
    assert not Offer.objects.exists()
    assert campaign.steps.get().body == "本文"


def test_an_older_version_is_refused_and_changes_nothing(campaign, staff):
    composing.change(campaign=campaign, words=WORDS, by=staff, version=1)
    with pytest.raises(CampaignError):
        composing.change(campaign=campaign, words=Words("別", "別"), by=staff, version=1)
    assert campaign.steps.get().subject == "件名"


def test_what_was_launched_is_refused_even_by_who_opened_it_before(campaign, person, staff):
    person(1)
    seen = Campaign.objects.get()
    audience.launch(campaign=campaign, by=staff, now=NOW)
    with pytest.raises(CampaignError, match="掘り起こし"):
        composing.change(campaign=seen, words=WORDS, by=staff, version=seen.version)
    assert Offer.objects.exists()


def test_a_segment_campaigns_work_with_names_them_and_stays(campaign, segment, staff):
    assert [str(use) for use in building.uses(segment)] == ["施策: 掘り起こし"]
    segment.created_by = staff
    segment.save()
    with pytest.raises(building.SegmentError, match="施策: 掘り起こし"):
        building.archive(segment=segment, by=staff, now=NOW)
