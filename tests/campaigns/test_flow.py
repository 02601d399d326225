"""Entry, exit and re-entry in words: what the table says is what the page says."""

import datetime as dt

import pytest
from django.utils import translation

from campaigns import conditions, flow
from campaigns.models import Campaign, Step
from campaigns.recurring import Rule
from tests.campaigns import series
from tests.campaigns.moments import NOW

Trigger = Campaign.Trigger


@pytest.fixture
def in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("trigger", "rule", "expected"),
    [
        ("broadcast", {}, "Everybody in “Dormant” at the moment of sending gets it once."),
        ("entering", {}, "Whoever comes into “Dormant” after the launch enters."),
        (
            "date",
            {"field": "birth_on", "days": -30},
            "Whoever is in “Dormant” enters 30 days before the birthday, at 10:00.",
        ),
        ("date", {"field": "birth_on"}, "Whoever is in “Dormant” enters on the birthday, at 10:00."),
        ("date", {"field": "renews_on", "months": -1}, "enters 1 month before the renewal of the contract, at 10:00."),
        ("date", {"field": "joined_on", "months": 6}, "enters 6 months after the day he joined, at 10:00."),
        ("date", {"field": "joined_on", "days": 1}, "enters 1 day after the day he joined, at 10:00."),
        ("date", {}, "It has not been said yet when people enter."),
        ("recurring", {"every": "month", "on": 0}, "Every month on its last day at 10:00, everybody in “Dormant”"),
        ("recurring", {"every": "month", "on": 5}, "Every month on day 5 at 10:00, everybody in “Dormant”"),
        ("recurring", {"every": "week", "on": [0, 4]}, "Every week on Monday, Friday at 10:00, everybody in “Dormant”"),
    ],
)
def test_who_enters_is_said(campaign, in_english, trigger, rule, expected):
    campaign.trigger, campaign.trigger_rule = trigger, rule
    assert expected in flow.entry(campaign)


def test_a_series_starts_for_everybody_and_members_of_the_launch_are_named(campaign, in_english):
    series.steps(campaign, {}, {"wait": 1})
    assert "starts at the same time" in flow.entry(campaign)
    campaign.trigger, campaign.trigger_rule = Trigger.ENTERING, {"present": True}
    assert flow.entry(campaign).endswith("enters. Those who are in it at the launch enter as well.")


def test_the_table_is_read_out(campaign, in_english):
    campaign.trigger = Trigger.ENTERING
    once = {line.whom: line.what for line in flow.table(campaign)}
    assert once == {
        "who was never in it": "enters; a part is held out at random",
        "who is on the way": "goes on where he is; nothing begins anew",
        "who was in it before": "does not enter",
        "who is held out for comparison": "does not enter",
        "who is no longer in the segment, or archived": "does not enter",
    }
    campaign.reentry_days = 30
    again = {line.whom: line.what for line in flow.table(campaign)}
    assert again["who entered less than 30 days ago and is through or has left"] == "does not enter"
    assert again["who entered 30 days ago or earlier and is through or has left"] == "enters anew, from step 1"
    campaign.trigger = Trigger.BROADCAST
    started = {line.whom: line.what for line in flow.table(campaign)}
    assert started["who entered 30 days ago or earlier and is through or has left"] == "does not enter"


def test_exits_are_those_the_campaign_has(campaign, in_english):
    assert len(flow.exits(campaign)) == 4
    campaign.exits_on_goal, campaign.exits_on_leaving = False, True
    campaign.offer.delete()
    campaign = Campaign.objects.get(pk=campaign.pk)
    campaign.exits_on_goal, campaign.exits_on_leaving = False, True
    assert flow.exits(campaign) == [
        "is archived, merged into another customer, or erased",
        "is no longer in “Dormant”",
        "refuses or bounces on every channel still to come",
    ]


@pytest.mark.parametrize(
    ("wait", "unit", "at", "expected"),
    [
        (0, "days", None, "at once"),
        (0, "hours", dt.time(10), "when it is next 10:00"),
        (0, "workdays", None, "on a working day"),
        (0, "workdays", dt.time(10), "on a working day at 10:00"),
        (1, "hours", None, "1 hour later"),
        (3, "days", dt.time(9, 30), "3 days later at 09:30"),
        (2, "workdays", None, "2 working days later"),
    ],
)
def test_waits_are_said(in_english, wait, unit, at, expected):
    assert flow.wait(Step(wait=wait, wait_unit=unit, send_time=at)) == expected


def test_recipients_are_said(in_english):
    said = [
        flow.recipients(Campaign(recipients=recipients, recipient_roles=roles))
        for recipients, roles in [("primary", []), ("all", []), ("role", ["decides", "pays"])]
    ]
    assert said == [
        "the primary contact",
        "every contact of the customer, once per address",
        "contacts with the role Decision maker, Billing contact, once per address",
    ]


def test_what_is_not_said_yet_forbids_the_launch(campaign, in_english):
    assert flow.problems(campaign) == []
    series.steps(
        campaign, {"condition": {"is": "clicked", "step": 1}}, {"condition": {"is": "in_segment", "segment": 0}}
    )
    assert any("Step 1 of a broadcast" in problem for problem in flow.problems(campaign))
    campaign.trigger, campaign.recipients = Trigger.DATE, "role"
    assert len(flow.problems(campaign)) == 4


def test_the_next_occurrence_is_said(campaign, in_english):
    assert flow.next_words(campaign, NOW) == ""
    campaign.trigger, campaign.trigger_rule = Trigger.RECURRING, {"every": "month", "on": 31}
    assert flow.next_words(campaign, NOW) == "2026/11/30 10:00"
    assert flow.day_words(Rule(month_day=31)) == "Every month on day 31"


# --- conditions ------------------------------------------------------------------------------------


def test_a_condition_keeps_only_what_it_needs(segment, in_english):
    assert conditions.stored("always", step=1) == {}
    assert conditions.stored("answered", step=1, segment=2) == {"is": "answered"}
    assert conditions.stored("clicked", step=1, segment=2) == {"is": "clicked", "step": 1}
    with pytest.raises(ValueError, match="needs a segment"):
        conditions.stored("in_segment")
    assert conditions.words({}) == ""
    assert conditions.words({"is": "not_clicked", "step": 1}) == "only who did not click in step 1"
    assert conditions.words({"is": "in_segment", "segment": segment.pk}) == "only who is in “Dormant”"
    assert conditions.read({"is": "opened"})["is"] == "always"
