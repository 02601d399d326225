"""Who stands behind a figure of a result: page by page in both directions, filtered, as a file."""

import datetime as dt

import pytest
from django.test import Client

from accounts.models import AuditEvent, Role, User
from campaigns import arm_people, audience
from campaigns.arm_people import Wanted
from campaigns.models import Campaign, Enrollment
from tests import factories
from tests.campaigns.moments import NOW, TODAY

pytestmark = pytest.mark.django_db
OVER = dt.datetime(2026, 12, 20, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def bought(campaign, person, staff):
    """Five treated, who bought for 0, 1,000, 2,000, 3,000 and 4,000, and one held out."""
    people = [person(number) for number in range(6)]
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    Enrollment.objects.filter(customer=people[5]).update(arm="held_out")
    for number, who in enumerate(people[1:5], 1):
        factories.purchase(who, TODAY, 1000 * number)
    return Campaign.objects.get()


def codes(page: arm_people.Page) -> list[str]:
    return [row["code"] for row in page.rows]


def test_the_largest_revenue_comes_first_and_those_of_the_other_arm_are_not_there(bought):
    page = arm_people.page(bought, Wanted("treated"), now=OVER)
    assert codes(page) == ["C00004", "C00003", "C00002", "C00001", "C00000"]
    assert (page.count, page.rows[0]["revenue"], page.rows[0]["is_over"]) == (5, 4000, True)
    assert codes(arm_people.page(bought, Wanted("held_out"), now=OVER)) == ["C00005"]


def test_who_reached_the_goal_alone(bought):
    page = arm_people.page(bought, Wanted("treated", only_reached=True, sort="number"), now=OVER)
    assert (codes(page), page.count) == (["C00001", "C00002", "C00003", "C00004"], 4)


@pytest.mark.parametrize("sort", ["revenue", "number"])
def test_every_customer_is_on_one_page_in_both_directions(bought, sort, monkeypatch):
    monkeypatch.setattr(arm_people, "ROWS", 2)
    wanted, pages, after = Wanted("treated", sort=sort), [], ""
    while True:
        pages.append(arm_people.page(bought, wanted, now=OVER, after=after))
        if not pages[-1].next_url:
            break
        after = pages[-1].next_url.partition("after=")[2].replace("%3A", ":")
    assert [len(page.rows) for page in pages] == [2, 2, 1]
    assert sorted(code for page in pages for code in codes(page)) == [f"C0000{n}" for n in range(5)]
    before = pages[2].prev_url.partition("before=")[2].replace("%3A", ":")
    back = arm_people.page(bought, wanted, now=OVER, before=before)
    assert (codes(back), bool(back.prev_url), bool(back.next_url)) == (codes(pages[1]), True, True)
    assert not pages[0].prev_url


@pytest.mark.parametrize("cursor", ["", "x", "1:", ":1", "1:x", "1.2.3:4", "-0.5:" + "9" * 40])
def test_what_is_no_cursor_begins_at_the_start(bought, cursor):
    assert len(arm_people.page(bought, Wanted("treated"), now=OVER, after=cursor).rows) == 5


def test_unknown_wishes_fall_back():
    read = Wanted.read("treated", {"sort": "x", "variant": "<b>", "reached": "yes"})
    assert read == Wanted("treated")
    assert Wanted.read("treated", {"variant": "B", "reached": "1", "sort": "number"}).address() == (
        "?reached=1&variant=B&sort=number"
    )


def signed_in(role: str) -> Client:
    user = User.objects.create_user(f"{role}2@example.jp", "x", name=role, role=role)
    client = Client()
    client.force_login(user)
    return client


def test_the_page_and_the_file(bought):
    manager = signed_in(Role.MANAGER)
    html = manager.get(f"/campaigns/{bought.pk}/arms/treated/?reached=1").content.decode()
    assert "C00004" in html
    assert "C00000" not in html
    lines = b"".join(manager.post(f"/campaigns/{bought.pk}/arms/treated/export/?reached=1").streaming_content)
    assert lines.decode("utf-8-sig").splitlines()[0] == ",".join(arm_people.HEADER)
    assert len(lines.splitlines()) == 5
    assert AuditEvent.objects.get(action="campaign.export").detail["count"] == 4
    assert manager.get(f"/campaigns/{bought.pk}/arms/nobody/").status_code == 404


def test_a_draft_has_nobody_behind_its_result(campaign):
    assert signed_in(Role.MANAGER).get(f"/campaigns/{campaign.pk}/arms/treated/").status_code == 404
    assert arm_people.page(campaign, Wanted("treated"), now=NOW).rows == []
