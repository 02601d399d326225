"""Steps are added, moved and taken out; what runs is changed by a new edition, and everybody knows which he gets."""

import pytest
from django.utils import translation

from accounts.models import AuditEvent
from campaigns import editions, states
from campaigns.models import Campaign, Delivery, Journey, Step, Variant
from campaigns.states import CampaignError
from tests import factories
from tests.campaigns import series
from tests.campaigns.moments import NOW, TODAY
from tests.campaigns.series import DAY


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def subjects(campaign: Campaign, edition: int = 1) -> list[str]:
    return [step.subject for step in editions.steps_of(campaign, edition)]


def version(campaign: Campaign) -> int:
    return Campaign.objects.values_list("version", flat=True).get(pk=campaign.pk)


def act(verb, campaign: Campaign, **words):
    return verb(campaign=campaign, by=campaign.created_by, version=version(campaign), **words)


@pytest.fixture
def draft(campaign):
    """Three steps: A, B (only who clicked A), C (only who did not click B)."""
    series.steps(
        campaign,
        {"subject": "A"},
        {"subject": "B", "wait": 1, "condition": {"is": "clicked", "step": 1}},
        {"subject": "C", "wait": 2, "condition": {"is": "not_clicked", "step": 2}},
    )
    return campaign


# --- steps ---------------------------------------------------------------------------------------


def test_a_step_comes_behind_another_three_days_later(draft):
    assert act(editions.add_step, draft, after=1) == 2
    assert subjects(draft) == ["A", "", "B", "C"]
    assert [step.wait for step in editions.steps_of(draft, 1)] == [0, 3, 1, 2]
    assert editions.steps_of(draft, 1)[3].condition == {"is": "not_clicked", "step": 3}


def test_a_step_can_come_first_and_the_others_keep_their_conditions(draft):
    assert act(editions.add_step, draft, after=0) == 1
    assert [step.condition.get("step") for step in editions.steps_of(draft, 1)] == [None, None, 2, 3]


def test_steps_change_places_with_their_conditions_and_one_about_a_later_step_goes(draft):
    act(editions.move_step, draft, position=3, by_places=-1)
    assert subjects(draft) == ["A", "C", "B"]
    assert [step.condition for step in editions.steps_of(draft, 1)] == [{}, {}, {"is": "clicked", "step": 1}]
    act(editions.move_step, draft, position=1, by_places=-1)
    act(editions.move_step, draft, position=3, by_places=1)
    assert subjects(draft) == ["A", "C", "B"]


def test_a_step_is_taken_out_and_a_condition_about_it_becomes_everybody(draft):
    act(editions.remove_step, draft, position=2)
    assert subjects(draft) == ["A", "C"]
    assert editions.steps_of(draft, 1)[1].condition == {}
    act(editions.remove_step, draft, position=1)
    with pytest.raises(CampaignError, match="needs one step"):
        act(editions.remove_step, draft, position=1)


def test_wait_condition_and_channel_are_set_and_words_are_not(draft):
    act(editions.change_step, draft, position=2, rule={"wait": 5, "wait_unit": "workdays", "subject": "X"})
    step = editions.steps_of(draft, 1)[1]
    assert (step.wait, step.wait_unit, step.subject) == (5, "workdays", "B")
    with pytest.raises(CampaignError, match="no such step"):
        act(editions.change_step, draft, position=9, rule={"wait": 5})


def test_a_campaign_has_so_many_steps_and_no_more(draft, monkeypatch):
    monkeypatch.setattr(editions, "MOST_STEPS", 3)
    with pytest.raises(CampaignError, match="at most 3"):
        act(editions.add_step, draft, after=3)


def test_who_looked_at_an_older_state_changes_nothing(draft):
    seen = version(draft)
    act(editions.add_step, draft, after=1)
    with pytest.raises(CampaignError, match="Someone has changed"):
        editions.remove_step(campaign=draft, by=draft.created_by, version=seen, position=1)
    with pytest.raises(CampaignError, match="Someone has changed"):
        editions.change_rules(campaign=draft, by=draft.created_by, version=seen, fields={})


# --- rules -----------------------------------------------------------------------------------------


def test_the_trigger_is_set_before_the_launch_only_and_exits_at_any_time(campaign, person):
    fields = {"trigger": "entering", "reentry_days": 30, "exits_on_leaving": True, "name": "no"}
    changed = act(editions.change_rules, campaign, fields=fields)
    assert (changed.trigger, changed.reentry_days, changed.exits_on_leaving) == ("entering", 30, True)
    assert changed.name == "掘り起こし"
    running = series.launched(campaign, {}, {"wait": 1})
    changed = act(editions.change_rules, running, fields={"trigger": "broadcast", "reentry_days": None})
    assert (changed.trigger, changed.reentry_days) == ("entering", None)
    states.cancel(campaign=running, by=running.created_by)
    with pytest.raises(CampaignError, match="is over"):
        act(editions.change_rules, running, fields={})


# --- editions ------------------------------------------------------------------------------------


@pytest.fixture
def running(campaign, person, segment):
    """By news, two steps, two people behind step 1."""
    made = series.by_news(campaign, {"subject": "A"}, {"subject": "B", "wait": 3})
    Variant.objects.create(step=made.steps.get(position=1), letter="B", subject="A2", body="本文")
    series.news(segment, person(1), person(2))
    series.tick(NOW)
    Delivery.objects.update(state="accepted")
    return made


def test_what_runs_is_not_changed_before_a_new_edition_is_begun(running):
    assert editions.editable(running) is None
    with pytest.raises(CampaignError, match="begin a new edition"):
        act(editions.add_step, running, after=1)
    by = running.created_by
    assert editions.begin(campaign=running, by=by) == editions.begin(campaign=running, by=by) == 2
    assert editions.editable(running) == 2
    act(editions.remove_step, running, position=1)
    assert (subjects(running), subjects(running, 2)) == (["A", "B"], ["B"])
    editions.discard(campaign=running, by=by)
    assert editions.editable(running) is None
    with pytest.raises(CampaignError, match="no new edition"):
        editions.discard(campaign=running, by=by)


def test_an_edition_being_worked_on_disturbs_nobody(running):
    editions.begin(campaign=running, by=running.created_by)
    act(editions.add_step, running, after=2)  # without words yet
    series.tick(NOW + 3 * DAY)
    assert series.places(running) == [("C00001", 1, 2, "finished"), ("C00002", 1, 2, "finished")]
    with pytest.raises(CampaignError, match="subject is empty"):
        editions.put_in_force(campaign=running, by=running.created_by, now=NOW, as_of=TODAY)
    assert version(running)


@pytest.mark.parametrize(("moves", "expected"), [(False, {1: 2, 2: 1}), (True, {2: 3})])
def test_who_is_on_the_way_stays_or_goes_on_with_the_new_edition_from_the_same_position(
    running, person, segment, moves, expected
):
    by = running.created_by
    editions.begin(campaign=running, by=by)
    Step.objects.filter(edition=2, position=2).update(subject="B neu")
    moved = editions.put_in_force(campaign=running, by=by, now=NOW, as_of=TODAY, moves=moves)
    assert moved == (2 if moves else 0)
    series.news(segment, person(3))
    series.tick(NOW + DAY)
    assert editions.on_the_way(running) == expected
    series.tick(NOW + 4 * DAY)
    sent = Delivery.objects.filter(step__position=2).values_list("customer__code", "step__subject").order_by("customer")
    old = "B neu" if moves else "B"
    assert list(sent) == [("C00001", old), ("C00002", old), ("C00003", "B neu")]
    frozen = Step.objects.filter(edition=2)
    assert all(step.content_hash and step.frozen_at == NOW for step in frozen)
    assert AuditEvent.objects.filter(action="campaign.edition", detail__edition=2).exists()


def test_who_is_beyond_a_shorter_edition_is_through(running):
    by = running.created_by
    editions.begin(campaign=running, by=by)
    act(editions.remove_step, running, position=2)
    editions.put_in_force(campaign=running, by=by, now=NOW, as_of=TODAY, moves=True)
    series.tick(NOW + 3 * DAY)
    assert series.places(running) == [("C00001", 1, 1, "finished"), ("C00002", 1, 1, "finished")]
    assert not Journey.objects.filter(left_at=None).exists()


def test_a_second_person_puts_in_force_what_a_second_person_had_to_approve(running):
    factories.configure(approval_above=1)
    running.segment.member_count = 2
    running.segment.save()
    writer, leader = factories.user(role="manager"), factories.user(role="manager")
    editions.begin(campaign=running, by=writer)
    editions.change_step(campaign=running, by=writer, version=version(running), position=2, rule={"wait": 9})
    for by in (writer, running.created_by):
        with pytest.raises(CampaignError, match="second person"):
            editions.put_in_force(campaign=running, by=by, now=NOW, as_of=TODAY)
    editions.put_in_force(campaign=running, by=leader, now=NOW, as_of=TODAY)
    running.refresh_from_db()
    assert running.edition == 2


def test_a_draft_has_no_editions(draft):
    for verb in (editions.begin, editions.discard):
        with pytest.raises(CampaignError):
            verb(campaign=draft, by=draft.created_by)
