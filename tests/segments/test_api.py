"""Scores and segments for programs: pages in order, what may be asked, and who may."""

import datetime as dt

import pytest
import time_machine

from accounts import api_keys
from scores.models import Prediction, Score
from segments import membership, ready_made
from segments.models import Membership, Segment
from tests import factories

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)
TODAY = dt.date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _still():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def get(client):
    admin = factories.user(role="admin")
    keys = {}

    def ask(address, scopes=("scores:read", "segments:read"), **query):
        if scopes not in keys:
            keys[scopes] = api_keys.make(name="x", scopes=list(scopes), by=admin)[1]
        headers = {"Authorization": f"Bearer {keys[scopes]}", "Accept-Language": "en"}
        return client.get(f"/api/v1/{address}", query, headers=headers)

    return ask


def _customer(code, day=TODAY, **score):
    who = factories.customer(code)
    Score.objects.create(customer=who, as_of=day, **score)
    return who


def test_scores_page_by_page(get):
    for code in "ABC":
        _customer(code, r=5, f=4, m=3, rfm_segment="champions", ltv_historic="1200.50", monetary=1200)
    first = get("scores/", limit=2).json()
    assert [one["customer_id"] for one in first["records"]] == ["A", "B"]
    assert [one["customer_id"] for one in get("scores/", limit=2, after=first["next"]).json()["records"]] == ["C"]
    one = first["records"][0]
    assert (one["r"], one["rfm_segment"], one["ltv_historic"], one["monetary"]) == (5, "champions", 1200.5, 1200)
    assert one["p_alive"] is None


def test_scores_of_one_customer_and_of_those_that_changed(get):
    who = _customer("A", day=dt.date(2026, 6, 1))
    Prediction.objects.create(customer=who, as_of=TODAY, p_alive=0.5)
    _customer("B")
    (one,) = get("scores/", customer_id="A").json()["records"]
    assert (one["customer_id"], one["p_alive"], one["changed_on"]) == ("A", 0.5, "2026-06-01")
    assert [one["customer_id"] for one in get("scores/", changed_since="2026-06-02").json()["records"]] == ["B"]
    assert get("scores/", customer_id="nobody").json() == {"as_of": None, "records": [], "next": None}


@pytest.mark.parametrize("query", [{"limit": 0}, {"after": -1}, {"changed_since": "yesterday"}])
def test_what_cannot_be_asked_is_refused_in_words(get, query):
    answer = get("scores/", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")


@pytest.mark.parametrize("address", ["scores/", "segments/", "segments/vip/members/", "segments/vip/movements/"])
def test_a_key_needs_the_scope(get, address):
    assert get(address, scopes=("reports:read",)).status_code == 403


def test_segments_say_how_fresh_they_are(get):
    ready_made.ensure()
    Segment.objects.filter(slug="vip").update(state="fresh", as_of=TODAY, member_count=3)
    Segment.objects.create(slug="list", name="List", rule={}, is_frozen=True)
    records = get("segments/").json()["records"]
    by_slug = {one["slug"]: one for one in records}
    assert (by_slug["vip"]["state"], by_slug["vip"]["members"], by_slug["vip"]["kind"]) == ("fresh", 3, "ready_made")
    assert by_slug["dormant"]["state"] == "never"
    assert (by_slug["list"]["state"], by_slug["list"]["kind"]) == ("frozen", "frozen")
    first = get("segments/", limit=1).json()
    assert get("segments/", limit=1, after=first["next"]).json()["records"][0] == records[1]


def test_members_now_and_on_a_day(get):
    ready_made.ensure()
    vip = Segment.objects.get(slug="vip")
    for code, left in (("A", None), ("B", 20)):
        Membership.objects.create(
            segment=vip,
            customer=factories.customer(code),
            entered_on=dt.date(2026, 6, 10),
            left_on=left and dt.date(2026, 6, left),
        )

    def codes(**query):
        return [one["customer_id"] for one in get("segments/vip/members/", **query).json()["records"]]

    assert codes() == ["A"]
    assert codes(on="2026-06-19") == ["A", "B"]
    assert codes(on="2026-06-20") == ["A"]
    assert codes(on="2026-06-09") == []


def test_movements_in_order_without_what_moved_back(get):
    ready_made.ensure()
    vip = Segment.objects.get(slug="vip")
    membership.refresh(vip, as_of=dt.date(2026, 6, 1), now=NOW)
    _customer("A", m=5)
    _customer("B", m=5)
    membership.refresh(vip, as_of=dt.date(2026, 6, 2), now=NOW)
    Score.objects.filter(customer__code="B").update(m=4)
    membership.refresh(vip, as_of=dt.date(2026, 6, 2), now=NOW)
    Score.objects.filter(customer__code="A").update(m=4)
    membership.refresh(vip, as_of=dt.date(2026, 6, 3), now=NOW)
    records = get("segments/vip/movements/").json()["records"]
    assert [(one["customer_id"], one["kind"], one["on"]) for one in records] == [
        ("A", "entered", "2026-06-02"),
        ("A", "left", "2026-06-03"),
    ]
    assert get("segments/vip/movements/", after=records[0]["id"]).json()["records"] == records[1:]
    assert get("segments/vip/movements/", kind="left").json()["records"] == records[1:]


def test_an_unknown_segment_is_not_found_in_their_form(get):
    for what in ("members", "movements"):
        answer = get(f"segments/nothing/{what}/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
