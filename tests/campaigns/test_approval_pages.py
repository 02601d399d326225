"""The way of an approval through the pages: asked for before sending, judged as three customers, returned or sent."""

import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from campaigns.models import Approval, Campaign, Step
from segments.models import Segment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(campaign, person, installation) -> Campaign:
    """A draft that needs approval today, with words that need no offer."""
    installation.approval_above = 1
    installation.save()
    Segment.objects.update(as_of=installation.day_of(timezone.now()))
    Step.objects.update(body="{{ 宛名 }}\n\n本文です")
    person(1)
    person(2)
    return campaign


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def writer(staff) -> Client:
    return signed_in(staff)


@pytest.fixture
def manager(db) -> Client:
    return signed_in(factories.user("manager@modoru.example.jp", role="manager"))


def ask(writer: Client, draft: Campaign, **more):
    return writer.post(f"/campaigns/{draft.pk}/approval/ask/", {"when": "now", "version": draft.version} | more)


def decide(client: Client, draft: Campaign, do: str, **more):
    asked = Approval.objects.get()
    return client.post(f"/campaigns/{draft.pk}/approval/decide/", {"approval": asked.pk, "do": do} | more)


def test_the_page_before_sending_asks_for_approval_where_it_is_needed(writer, draft, installation):
    page = writer.get(f"/campaigns/{draft.pk}/launch/").content.decode()
    assert "承認を申請" in page
    installation.approval_above = 2
    installation.save()
    assert "承認を申請" not in writer.get(f"/campaigns/{draft.pk}/launch/").content.decode()


def test_asked_seen_as_three_customers_and_approved_it_goes(writer, manager, draft):
    ask(writer, draft, comment="ご確認ください")
    page = manager.get(f"/campaigns/{draft.pk}/approval/").content.decode()
    for words in ("ご確認ください", "名前なし", "長い社名", "承認してすぐに送る"):
        assert words in page
    frames = [html.unescape(one) for one in re.findall(r'<iframe[^>]* src="([^"]+)"', page)]
    mails = [manager.get(one).content.decode() for one in frames]
    assert len(mails) == 2  # who has no name would get none: its subject needs one
    assert "田中 1" in mails[0]
    assert "独立行政法人" in mails[1]
    decide(manager, draft, "approve")
    draft.refresh_from_db()
    assert draft.state == "running"


def test_who_asked_sees_no_button_and_cannot_post(writer, draft, staff):
    ask(writer, draft)
    assert "承認してすぐに送る" not in writer.get(f"/campaigns/{draft.pk}/approval/").content.decode()
    assert decide(writer, draft, "approve").status_code == 403
    User.objects.update(role="manager")
    answer = decide(writer, draft, "approve")
    assert answer.status_code == 422
    assert "申請した方" in answer.content.decode()


def test_returned_without_a_reason_the_page_asks_for_one(writer, manager, draft):
    ask(writer, draft)
    assert decide(manager, draft, "return").status_code == 422
    assert decide(manager, draft, "return", reason="件名を直してください").status_code == 302
    assert "件名を直してください" in writer.get(f"/campaigns/{draft.pk}/").content.decode()
    assert "件名を直してください" in manager.get("/campaigns/approvals/").content.decode()


def test_what_still_forbids_sending_is_said_and_the_approval_stands(writer, manager, draft):
    ask(writer, draft)
    Segment.objects.update(state="never")
    answer = manager.post(
        f"/campaigns/{draft.pk}/approval/decide/", {"approval": Approval.objects.get().pk, "do": "approve"}, follow=True
    )
    assert "まだ送れません" in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.state, Approval.objects.get().verdict) == ("draft", "approved")


def test_planned_for_a_day_it_waits_for_that_day(writer, manager, draft):
    ask(writer, draft, when="later", day="2099-12-01", time="10:00")
    assert "2099/12/01 10:00" in writer.get(f"/campaigns/{draft.pk}/").content.decode()
    decide(manager, draft, "approve")
    draft.refresh_from_db()
    assert draft.state == "scheduled"


@pytest.mark.parametrize(
    "more", [{"when": "later"}, {"version": 99}, {"when": "later", "day": "2020-01-01", "time": "10:00"}]
)
def test_what_cannot_be_asked_for_is_said(writer, draft, more):
    answer = writer.post(
        f"/campaigns/{draft.pk}/approval/ask/", {"when": "now", "version": draft.version} | more, follow=True
    )
    assert "alert" in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_request_taken_back_can_be_asked_for_again(writer, draft):
    ask(writer, draft)
    for _time in range(2):
        writer.post(f"/campaigns/{draft.pk}/approval/withdraw/", {"approval": Approval.objects.get().pk})
    assert Approval.objects.get().verdict == "withdrawn"


def test_without_a_request_the_page_says_where_to_ask(writer, draft):
    assert "承認は申請されていません" in writer.get(f"/campaigns/{draft.pk}/approval/").content.decode()
    assert "承認待ちのものはありません" in writer.get("/campaigns/approvals/").content.decode()


def test_a_launched_campaign_still_shows_its_approval(writer, manager, draft):
    ask(writer, draft)
    decide(manager, draft, "approve")
    Campaign.objects.filter(pk=draft.pk).update(planned_to=0)
    assert manager.get(f"/campaigns/{draft.pk}/approval/").status_code == 200


def test_the_home_page_of_a_manager_begins_with_what_waits(writer, manager, draft):
    ask(writer, draft)
    assert "件の施策があなたの承認を待っています" in manager.get("/").content.decode()
