"""Campaigns move by a table, and whoever has not been written to is safe from a stopped one."""

import itertools

import pytest

from accounts.models import AuditEvent
from campaigns import audience, states
from campaigns.models import Campaign, Delivery, DomainPause
from campaigns.states import CampaignError
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db
State = Delivery.State
MOVES = {
    ("draft", "scheduled"),
    ("draft", "running"),
    ("draft", "cancelled"),
    ("scheduled", "draft"),
    ("scheduled", "running"),
    ("scheduled", "cancelled"),
    ("running", "paused"),
    ("running", "cancelled"),
    ("running", "finished"),
    ("paused", "running"),
    ("paused", "cancelled"),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Campaign.State.values, repeat=2)))
def test_the_table_of_moves(before, after):
    assert Campaign(state=before).may_become(after) is ((before, after) in MOVES)


VERBS = {
    "unschedule": ({"scheduled"}, "draft"),
    "pause": ({"running"}, "paused"),
    "resume": ({"paused"}, "running"),
    "cancel": ({"draft", "scheduled", "running", "paused"}, "cancelled"),
}


@pytest.mark.parametrize(("verb", "before"), list(itertools.product(VERBS, Campaign.State.values)))
def test_every_verb_in_every_state(campaign, staff, verb, before):
    Campaign.objects.update(state=before)
    more = {"now": NOW} if verb == "resume" else {}
    allowed, after = VERBS[verb]
    if before in allowed:
        assert getattr(states, verb)(campaign=campaign, by=staff, **more).state == after
        assert AuditEvent.objects.get().detail == {"before": before, "after": after}
    else:
        with pytest.raises(CampaignError, match="掘り起こし"):
            getattr(states, verb)(campaign=campaign, by=staff, **more)
        assert Campaign.objects.get().state == before


@pytest.fixture
def planned(campaign, person, staff) -> Campaign:
    """Running, with one delivery in each state."""
    for number, _state in enumerate(State.values):
        person(number)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    for row, state in zip(Delivery.objects.order_by("pk"), State.values, strict=True):
        Delivery.objects.filter(pk=row.pk).update(state=state, claim_token=row.message_key)
    campaign.refresh_from_db()
    return campaign


def ledger() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_pausing_takes_back_what_is_claimed_only(planned, staff):
    states.pause(campaign=planned, by=staff, note="様子を見る")
    expected = [State.PENDING if state == State.CLAIMED else state for state in State.values]
    assert ledger() == expected
    assert Campaign.objects.get().note == "様子を見る"


def test_cancelling_ends_all_that_waits_and_nothing_that_happened(planned, staff):
    states.cancel(campaign=planned, by=staff)
    waiting = {State.PENDING, State.CLAIMED, State.DEFERRED}
    assert ledger() == [State.CANCELLED if state in waiting else state for state in State.values]


@pytest.mark.parametrize("state", ["pending", "claimed", "sending", "deferred"])
def test_not_finished_while_one_row_waits(planned, state):
    Delivery.objects.update(state=State.ACCEPTED)
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state=state)
    assert states.close_finished() == []
    Delivery.objects.update(state=State.UNKNOWN)
    assert states.close_finished() == [planned.pk]
    assert Campaign.objects.get().state == "finished"


def test_not_finished_before_it_is_planned_or_while_it_is_paused(planned):
    Delivery.objects.update(state=State.ACCEPTED)
    Campaign.objects.update(planned_to=None)
    assert states.close_finished() == []
    Campaign.objects.update(planned_to=1, state="paused")
    assert states.close_finished() == []


def test_resuming_a_running_campaign_lifts_the_pauses_of_mail_domains(planned, staff):
    DomainPause.objects.create(campaign=planned, domain="example.jp", at=NOW, reply="550 5.7.1 no")
    assert states.resume(campaign=planned, by=staff, now=NOW).state == "running"
    assert DomainPause.objects.get().lifted_at == NOW
    with pytest.raises(CampaignError):
        states.resume(campaign=planned, by=staff, now=NOW)
