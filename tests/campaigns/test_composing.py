"""Saving a draft: whole, written down, and never over what someone else has saved."""

import datetime as dt

import pytest

from accounts.models import AuditEvent
from campaigns import audience, composing
from campaigns.composing import Given, Invited, Message
from campaigns.models import Campaign, Offer, Step
from campaigns.states import CampaignError
from segments import building

from .conftest import NOW

TEXT = [{"kind": "text", "text": "本文"}]


def test_a_new_draft_is_saved_with_its_mails_and_written_down(segment, staff):
    at = dt.datetime(2026, 12, 1, 14, tzinfo=dt.UTC)
    messages = [Message("一通目", "本文"), Message("二通目", blocks=TEXT, wait=7, condition={"is": "not_answered"})]
    made = composing.create(
        campaign=Campaign(name="新", segment=segment),
        messages=messages,
        by=staff,
        offer=Given("送料無料", code_prefix="A-"),
        event=Invited("会", at, "本社", 40),
    )
    assert (made.state, made.created_by, made.version) == ("draft", staff, 1)
    steps = made.steps.values_list("position", "subject", "body", "blocks", "wait", "condition")
    assert list(steps) == [
        (1, "一通目", "本文", [], 0, {}),
        (2, "二通目", "", TEXT, 7, {"is": "not_answered"}),
    ]
    assert (made.offer.text, made.occasion.capacity, made.occasion.ends_at - at) == ("送料無料", 40, composing.LASTS)
    event = AuditEvent.objects.get(action="campaign.create")
    assert (event.actor, event.object_id) == (staff, str(made.pk))


def test_a_change_takes_the_place_of_settings_and_offer_and_leaves_the_words(campaign, staff):
    campaign.name = "別の名前"
    body = campaign.steps.get().body
    composing.change(campaign=campaign, offer=Given("送料無料"), by=staff, version=1)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.version, campaign.offer.text, campaign.offer.expires_on) == (
        "別の名前", 2, "送料無料", None
    )  # fmt: skip
    composing.change(campaign=campaign, offer=Given(), by=staff, version=2)
    assert not Offer.objects.exists()
    assert campaign.steps.get().body == body


def test_faulty_words_are_kept_in_a_draft(campaign, staff):
    step = Step.objects.get()
    message = Message("{{ 未完", blocks=[{"kind": "text", "text": "{{ x"}, {"kind": "nonsense"}, "x"])
    assert composing.write(step=step, variant="", message=message, by=staff, version=1) == 2
    step.refresh_from_db()
    assert (step.subject, step.blocks) == ("{{ 未完", [{"kind": "text", "text": "{{ x"}])


def test_saving_while_one_types_is_written_down_once(campaign, staff):
    step = Step.objects.select_related("campaign").get()
    for version in (1, 2, 3):
        composing.write(step=step, variant="", message=Message("件名"), by=staff, version=version, is_auto=True)
    assert AuditEvent.objects.filter(action="campaign.change").count() == 1


def test_variants_begin_as_copies_and_are_written_apart(campaign, staff):
    step = Step.objects.get()
    assert composing.add_variant(step=step, by=staff, version=1).subject == step.subject
    assert composing.add_variant(step=step, by=staff, version=2).letter == "C"
    with pytest.raises(CampaignError):
        composing.add_variant(step=step, by=staff, version=3)
    composing.write(step=step, variant="B", message=Message("別の件名"), by=staff, version=3)
    composing.remove_variant(step=step, variant="C", by=staff, version=4)
    composing.set_test(campaign=campaign, percent=20, hours=48, by=staff, version=5)
    campaign.refresh_from_db()
    assert list(step.variants.values_list("letter", "subject")) == [("B", "別の件名")]
    assert (campaign.test_percent, campaign.test_hours, campaign.version) == (20, 48, 6)


@pytest.mark.parametrize(
    "act",
    [
        lambda campaign, staff: composing.change(campaign=campaign, offer=Given(), by=staff, version=1),
        lambda campaign, staff: composing.write(
            step=campaign.steps.get(), variant="", message=Message("別"), by=staff, version=1
        ),
        lambda campaign, staff: composing.add_variant(step=campaign.steps.get(), by=staff, version=1),
    ],
)
def test_an_older_version_is_refused_and_changes_nothing(campaign, staff, act):
    composing.write(step=campaign.steps.get(), variant="", message=Message("件名"), by=staff, version=1)
    with pytest.raises(CampaignError):
        act(campaign, staff)
    assert campaign.steps.get().subject == "件名"


def test_what_was_launched_is_refused_even_by_who_opened_it_before(campaign, person, staff):
    person(1)
    seen, step = Campaign.objects.get(), Step.objects.select_related("campaign").get()
    audience.launch(campaign=campaign, by=staff, now=NOW)
    with pytest.raises(CampaignError, match="掘り起こし"):
        composing.change(campaign=seen, offer=Given(), by=staff, version=seen.version)
    with pytest.raises(CampaignError, match="掘り起こし"):
        composing.write(step=Step.objects.get(), variant="", message=Message("x"), by=staff, version=seen.version)
    assert Offer.objects.exists()
    assert step.subject == Step.objects.get().subject


def test_a_segment_campaigns_work_with_names_them_and_stays(campaign, segment, staff):
    assert [str(use) for use in building.uses(segment)] == ["施策: 掘り起こし"]
    segment.created_by = staff
    segment.save()
    with pytest.raises(building.SegmentError, match="施策: 掘り起こし"):
        building.archive(segment=segment, by=staff, now=NOW)
