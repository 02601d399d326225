"""The flow page: steps with who is where, changed by plain forms; editions; the list of people."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import editions, flow_counts, states
from campaigns.models import Campaign, Delivery, Journey, Step
from segments.models import Segment
from tests.campaigns import series
from tests.campaigns.moments import NOW
from tests.campaigns.series import DAY


@pytest.fixture
def visit(client: Client, staff):
    client.force_login(staff)
    client.cookies["django_language"] = "en"

    def get(name: str, campaign: Campaign, *args, query: str = "", **post):
        address = reverse(f"campaigns:{name}", args=[campaign.pk, *args]) + query
        if not post:
            return client.get(address)
        version = Campaign.objects.values_list("version", flat=True).get(pk=campaign.pk)
        return client.post(address, {"version": version, **post})

    return get


@pytest.fixture
def running(campaign, person, segment):
    """Two steps by news; of three people one has clicked, one has left, one skips step 2."""
    made = series.by_news(campaign, {}, {"wait": 3}, {"wait": 3})
    series.news(segment, person(1), person(2), person(3))
    series.tick(NOW)
    Delivery.objects.update(state="accepted")
    Delivery.objects.filter(customer__code="C00001").update(clicked_at=NOW)
    Journey.objects.filter(customer__code="C00002").update(state="exited", reason="goal", left_at=NOW)
    series.tick(NOW + 3 * DAY)
    return made


def test_a_draft_is_built_by_plain_forms(visit, campaign):
    assert "Add a step behind step 1" in visit("flow", campaign).content.decode()
    answer = visit("flow-step-add", campaign, after=1)
    assert answer.url == reverse("campaigns:flow-step", args=[campaign.pk, 2])
    wanted = {"wait": 2, "wait_unit": "workdays", "send_time": "10:30", "channel": "mail"}
    answer = visit("flow-step", campaign, 2, **wanted, condition="not_clicked", condition_step=1)
    assert answer.status_code == 302
    second = campaign.steps.get(position=2)
    assert (second.wait, second.wait_unit, second.condition) == (2, "workdays", {"is": "not_clicked", "step": 1})
    said = visit("flow", campaign).content.decode()
    assert "2 working days later at 10:30" in said
    assert "only who did not click in step 1" in said
    visit("flow-step-change", campaign, 2, "up", x=1)
    assert campaign.steps.get(position=1).wait == 2
    visit("flow-step-change", campaign, 1, "down", x=1)
    visit("flow-step-change", campaign, 2, "remove", x=1)
    assert campaign.steps.count() == 1
    assert visit("flow-step-change", campaign, 1, "sideways", x=1).status_code == 404


def test_what_is_wrong_with_a_step_stands_at_the_field(visit, campaign):
    series.steps(campaign, {}, {"wait": 1})
    wanted = {"wait": 500, "wait_unit": "days", "condition": "in_segment", "channel": "mail"}
    answer = visit("flow-step", campaign, 2, **wanted)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"wait", "condition_segment"}
    assert visit("flow-step", campaign, 7).status_code == 404


BASIC = {"trigger": "broadcast", "again": "never", "recipients": "primary", "priority": 2}


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ({"trigger": "entering", "present": "on"}, {"trigger_rule": {"present": True}, "exits_on_goal": False}),
        (
            {"trigger": "date", "date": "birth_on", "distance": 30, "unit": "days", "side": "before"},
            {"trigger_rule": {"field": "birth_on", "days": -30}},
        ),
        (
            {"trigger": "date", "date": "joined_on", "distance": 6, "unit": "months", "side": "after"},
            {"trigger_rule": {"field": "joined_on", "months": 6}},
        ),
        ({"trigger": "date", "date": "notice_on"}, {"trigger_rule": {"field": "notice_on"}}),
        (
            {"trigger": "recurring", "every": "week", "weekdays": [0, 3], "again": "again", "reentry_days": 1},
            {"trigger_rule": {"every": "week", "on": [0, 3]}, "reentry_days": 1},
        ),
        ({"trigger": "recurring", "every": "month", "month_day": 0}, {"trigger_rule": {"every": "month", "on": 0}}),
        (
            {"recipients": "role", "recipient_roles": ["decides"], "exits_on_leaving": "on", "priority": 1},
            {"recipient_roles": ["decides"], "exits_on_leaving": True, "priority": 1, "reentry_days": None},
        ),
    ],
)
def test_rules_are_set_and_shown_again_as_they_are_stored(visit, campaign, posted, expected):
    assert visit("flow-rules", campaign, **(BASIC | posted)).status_code == 302
    campaign.refresh_from_db()
    assert {name: getattr(campaign, name) for name in expected} == expected
    assert visit("flow", campaign).status_code == 200
    initial = visit("flow-rules", campaign).context["form"].initial
    shown = {name: posted[name] for name in ("date", "distance", "unit", "side", "every", "weekdays") if name in posted}
    assert {name: initial[name] for name in shown} == shown


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"trigger": "recurring", "every": "week"}, "weekdays"),
        ({"trigger": "recurring", "every": "month"}, "month_day"),
        ({"trigger": "date"}, "date"),
        ({"trigger": "date", "date": "birth_on", "distance": 30, "unit": "months"}, "distance"),
        ({"again": "again"}, "reentry_days"),
        ({"recipients": "role"}, "recipient_roles"),
        ({"version": 0}, "__all__"),
    ],
)
def test_what_is_missing_in_the_rules_stands_at_the_field(visit, campaign, posted, field):
    answer = visit("flow-rules", campaign, **(BASIC | posted))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_counts_at_each_place_and_the_names_behind_them(visit, running):
    found = flow_counts.places(running)
    assert found[1] == flow_counts.Place(sent=3, clicked=1, left=1)
    assert found[2] == flow_counts.Place(outgoing=2)
    assert found[3] == flow_counts.Place(waiting=2)
    said = visit("flow", running).content.decode()
    assert "Reached the goal" in said
    assert "goes on where he is; nothing begins anew" in said
    left = visit("flow-people", running, query="?state=exited&behind=1")
    assert [row.customer.code for row in left.context["page"].rows] == ["C00002"]
    assert "Nobody is here" in visit("flow-people", running, query="?state=active&behind=0").content.decode()
    panel = visit("customer-panel", Journey.objects.filter(state="active").first().customer)
    assert "/flow/" in panel.content.decode()


def test_the_list_of_people_pages_by_keyset(visit, running, monkeypatch):
    monkeypatch.setattr(flow_counts, "ROWS", 2)
    first = visit("flow-people", running)
    assert (first.context["page"].count, first.context["prev_url"]) == (3, "")
    second = visit("flow-people", running, query=first.context["next_url"])
    assert [row.customer.code for row in second.context["page"].rows] == ["C00001"]
    back = visit("flow-people", running, query=second.context["prev_url"])
    assert back.context["page"].rows == first.context["page"].rows
    assert second.context["next_url"] == ""


def test_a_running_campaign_is_changed_by_an_edition_that_says_who_gets_it(visit, running):
    assert visit("flow-step", running, 1).status_code == 404
    visit("flow-edition-begin", running, x=1)
    assert "You are working on edition 2" in visit("flow", running).content.decode()
    assert "This is edition 1, the one in force" in visit("flow", running, query="?edition=now").content.decode()
    asked = visit("flow-edition-use", running).content.decode()
    assert "Those on the way now (2 people)" in asked
    Step.objects.filter(edition=2, position=1).update(subject="")
    assert visit("flow-edition-use", running, who="all").status_code == 422
    Step.objects.filter(edition=2, position=1).update(subject="neu")
    assert visit("flow-edition-use", running, who="all").status_code == 302
    assert editions.on_the_way(running) == {2: 2}
    assert visit("flow-edition-use", running).status_code == 302
    visit("flow-edition-begin", running, x=1)
    visit("flow-edition-discard", running, x=1)
    assert Step.objects.filter(edition=3).count() == 0


def test_what_is_over_stays_as_it_is(visit, running, staff):
    states.cancel(campaign=running, by=staff)
    assert visit("flow-rules", running).status_code == 302
    visit("flow-edition-begin", running, x=1)
    assert editions.editable(running) is None
    visit("flow-step-add", running, after=1)
    assert running.steps.count() == 3


def test_a_frozen_segment_can_be_named_in_a_condition(visit, campaign):
    series.steps(campaign, {}, {"wait": 1})
    other = Segment.objects.create(slug="other", name="Other", rule={})
    wanted = {"wait": 1, "wait_unit": "days", "condition": "in_segment", "channel": "mail"}
    assert visit("flow-step", campaign, 2, **wanted, condition_segment=other.pk).status_code == 302
    assert campaign.steps.get(position=2).condition == {"is": "in_segment", "segment": other.pk}


def test_a_triggered_campaign_can_be_launched_before_anybody_is_in_its_segment(visit, campaign, person):
    Campaign.objects.update(trigger="entering")
    Segment.objects.update(is_frozen=True)  # never out of date
    series.steps(campaign, {"subject": "一", "body": "本文"}, {"subject": "", "body": "", "wait": 3})
    said = visit("launch", campaign).content.decode()
    assert "Step 2: The subject is empty." in said
    Step.objects.filter(position=2).update(subject="二", body="本文")
    said = visit("launch", campaign).content.decode()
    assert "Whoever comes into “Dormant” after the launch enters." in said
    assert "disabled" not in said.split("btn-list")[-1]
    campaign.refresh_from_db()
    assert visit("launch", campaign, when="now").status_code == 302
    campaign.refresh_from_db()
    assert (campaign.state, campaign.planned_to) == ("running", 0)
