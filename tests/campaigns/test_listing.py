"""The list of campaigns: found, filtered and sorted, and taken along; what a segment has received lately."""

import datetime as dt

import pytest
from django.test import Client

from campaigns import listing
from campaigns.models import Campaign, Delivery
from segments.models import Segment
from tests import factories
from tests.campaigns.events import invite
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(segment, staff) -> list[Campaign]:
    vip = Segment.objects.create(slug="vip", name="VIP", rule={})
    other = factories.user("b@example.jp")
    make = Campaign.objects.create
    return [
        make(name="b 春の便り", segment=segment, created_by=staff, scheduled_at=NOW, state="scheduled"),
        make(name="A 秋の便り", segment=vip, created_by=other, message_class="business", trigger="date"),
        make(name="c 春の会", segment=vip, created_by=staff, launched_at=NOW - dt.timedelta(days=1), state="finished"),
    ]


def names(**params: str) -> str:
    return "".join(row.campaign.name[0] for row in listing.page(params, now=NOW).rows)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "cAb"),
        ({"q": "春"}, "cb"),
        ({"state": "scheduled"}, "b"),
        ({"kind": "business"}, "A"),
        ({"trigger": "date"}, "A"),
        ({"segment": "vip"}, "cA"),
        ({"segment": "vip", "q": "春"}, "c"),
        ({"state": "nonsense", "sort": "x", "by": "²"}, "cAb"),
        ({"sort": "name"}, "Abc"),
    ],
)
def test_it_is_found_filtered_and_sorted(three, params, expected):
    assert names(**params) == expected


def test_by_who_made_it_and_by_when_it_goes(three, staff):
    assert names(by=str(staff.pk)) == "cb"
    Campaign.objects.filter(name__startswith="A").update(created_at=NOW - dt.timedelta(days=9))
    assert names(sort="start") == "bcA"


@pytest.mark.parametrize("sort", listing.ORDERS)
def test_every_order_pages_through_every_campaign_once(segment, staff, sort):
    for number in range(listing.ROWS + 5):
        Campaign.objects.create(name=f"同じ名{number % 3}", segment=segment, created_by=staff)
    first = listing.page({"sort": sort}, now=NOW)
    second = listing.page({"sort": sort, "after": str(first.rows[-1].campaign.pk)}, now=NOW)
    assert len({row.campaign.pk for row in [*first.rows, *second.rows]}) == listing.ROWS + 5
    assert (first.prev_url, second.next_url) == ("", "")
    assert (f"sort={sort}" in first.next_url) is (sort != "new")


def test_the_page_keeps_what_was_asked_and_offers_only_what_there_is(three, staff):
    client = Client()
    client.force_login(staff)
    page = client.get("/campaigns/?segment=vip&q=春").content.decode()
    assert '<option value="vip" selected>' in page
    assert 'value="春"' in page
    assert "A 秋の便り" not in page
    assert "条件に合う施策はありません" in client.get("/campaigns/?q=なし").content.decode()


def test_a_leader_takes_the_list_along(three, staff):
    client = Client()
    client.force_login(staff)
    assert client.post("/campaigns/export/").status_code == 403
    client.force_login(factories.user(role="manager"))
    lines = (
        b"".join(client.post("/campaigns/export/?segment=vip", {"form": "csv"}).streaming_content).decode().split("\n")
    )
    assert [line.split(",")[1] for line in lines[1:3]] == ["c 春の会", "A 秋の便り"]


def test_what_a_segment_has_received_lately(campaign, segment, person, staff):
    people = [person(number) for number in range(3)]
    for who in people:
        invite(campaign, who, settled_at=NOW)
    other = Campaign.objects.create(name="別の便り", segment=segment, created_by=staff)
    other.steps.create(subject="件名", body="本文")
    invite(other, people[0], settled_at=NOW - dt.timedelta(days=10))
    invite(other, people[1], state="failed", settled_at=NOW)
    segment.memberships.filter(customer=people[2]).update(left_on=NOW.date())
    found = listing.received(segment, since=NOW - dt.timedelta(days=30))
    assert [(one.campaign.name, one.people, one.last_at) for one in found] == [
        ("掘り起こし", 2, NOW), ("別の便り", 1, NOW - dt.timedelta(days=10)),
    ]  # fmt: skip
    Delivery.objects.update(settled_at=factories.moment("2020-01-01"))
    assert listing.received(segment, since=NOW - dt.timedelta(days=30)) == []
    client = Client()
    client.force_login(staff)
    assert "まだ何も届いていません" in client.get("/campaigns/segments/dormant/").content.decode()
    part = client.get("/campaigns/segments/dormant/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
