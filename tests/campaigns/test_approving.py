"""A second person looks before it goes: what was approved is what goes, and nobody approves his own."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import AuditEvent, Installation, User
from campaigns import approving, audience, composing, releasing
from campaigns.models import Approval, Campaign, Offer, Step, Variant
from campaigns.states import CampaignError
from tests import factories
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db
Verdict = Approval.Verdict
TOMORROW = NOW + dt.timedelta(days=1)


@pytest.fixture
def manager(db) -> User:
    return factories.user("manager@modoru.example.jp", role="manager")


@pytest.fixture
def limited(installation) -> Installation:
    """Approval above one recipient."""
    installation.approval_above = 1
    installation.save()
    return installation


def words(campaign: Campaign, *, people: int = 2, at: dt.datetime | None = None, now: dt.datetime = NOW) -> str:
    campaign = Campaign.objects.get(pk=campaign.pk)
    return " ".join(approving.problems(campaign, now, count=lambda: people, at=at))


def ask(campaign: Campaign, *, people: int = 2, at: dt.datetime | None = None, now: dt.datetime = NOW) -> Approval:
    by = campaign.created_by
    return approving.ask(campaign=campaign, recipients=people, by=by, now=now, planned_at=at, comment="お願いします")


def offer(campaign: Campaign, kind: str, value) -> None:
    Offer.objects.update_or_create(campaign=campaign, defaults={"text": "割引", "kind": kind, "value": value})


@pytest.mark.parametrize(
    ("limits", "people", "kind", "value", "is_needed"),
    [
        ({}, 10**6, "percent", 99, False),  # no limits: never
        ({"approval_above": 100}, 100, "gift", None, False),
        ({"approval_above": 100}, 101, "gift", None, True),
        ({"approval_percent_off": 20}, 1, "percent", 20, False),
        ({"approval_percent_off": 20}, 1, "percent", Decimal("20.5"), True),
        ({"approval_percent_off": 20}, 1, "percent", None, True),  # worth unknown: above any limit
        ({"approval_percent_off": 20}, 1, "amount", 5000, False),
        ({"approval_amount_off": 3000}, 1, "amount", 3000, False),
        ({"approval_amount_off": 3000}, 1, "amount", 3001, True),
        ({"approval_amount_off": 3000}, 1, "percent", 50, False),
    ],
)
def test_what_needs_a_second_person(campaign, limits, people, kind, value, is_needed):
    factories.configure(**limits)
    offer(campaign, kind, value)
    stored = Campaign.objects.get(pk=campaign.pk)
    assert bool(approving.reasons(stored, lambda: people)) is is_needed


def test_a_business_notice_needs_nobody(campaign, limited):
    campaign.message_class = "business"
    campaign.save()
    assert words(campaign, people=1000) == ""


def test_nothing_above_the_limits_goes_before_it_is_approved(campaign, person, limited, staff, manager):
    person(1)
    person(2)
    Step.objects.update(body="本文")
    with pytest.raises(CampaignError, match="承認を申請"):
        audience.launch(campaign=campaign, by=staff, now=NOW)
    asked = ask(campaign)
    with pytest.raises(CampaignError, match="承認待ち"):
        audience.launch(campaign=campaign, by=staff, now=NOW)
    done = approving.approve(approval=asked, by=manager, now=NOW)
    sent = releasing.release(done, NOW)
    assert (sent.state, sent.launched_by) == ("running", staff)


def test_approved_for_a_time_it_is_planned_for_that_time_and_starts_then(campaign, person, limited, manager):
    person(1)
    person(2)
    Step.objects.update(body="本文")
    at = NOW + dt.timedelta(hours=2)
    done = approving.approve(approval=ask(campaign, at=at), by=manager, now=NOW)
    assert releasing.release(done, NOW).scheduled_at == at
    audience.launch_due(now=at)
    campaign.refresh_from_db()
    assert campaign.state == "running"


def test_an_audience_that_grew_before_the_planned_hour_is_not_sent_to(campaign, person, limited, manager):
    Step.objects.update(body="本文")
    for number in range(10):
        person(number)
    at = NOW + dt.timedelta(hours=2)
    releasing.release(approving.approve(approval=ask(campaign, people=10, at=at), by=manager, now=NOW), NOW)
    person(11)
    assert words(campaign, people=11) == ""  # 10 % more is still what was approved
    person(12)
    audience.launch_due(now=at)
    campaign.refresh_from_db()
    assert campaign.state == "scheduled"
    assert "12" in campaign.note


CHANGES = {
    "words": lambda campaign: Step.objects.update(body="別の本文"),
    "subject": lambda campaign: Step.objects.update(subject="別の件名"),
    "channel": lambda campaign: Step.objects.update(channel="line"),
    "wait": lambda campaign: Step.objects.update(wait=3),
    "a further message": lambda campaign: Step.objects.create(campaign=campaign, position=2, subject="二", body="二"),
    "a variant": lambda campaign: Variant.objects.create(step=campaign.steps.get(), letter="B", subject="B"),
    "offer": lambda campaign: offer(campaign, "percent", 90),
    "share held out": lambda campaign: Campaign.objects.update(holdout_percent=20),
    "trigger": lambda campaign: Campaign.objects.update(trigger="entering"),
    "rule of the segment": lambda campaign: type(campaign.segment).objects.update(rule={"all": []}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_afterwards_asks_again(campaign, limited, manager, change):
    approving.approve(approval=ask(campaign), by=manager, now=NOW)
    assert words(campaign) == ""
    change(campaign)
    assert "承認後に変更" in words(campaign)


def test_the_time_is_approved_too(campaign, limited, manager):
    approving.approve(approval=ask(campaign, at=TOMORROW), by=manager, now=NOW)
    assert words(campaign, at=TOMORROW) == ""
    assert words(campaign, now=TOMORROW) == ""
    assert "別の日時" in words(campaign)  # now, before its time
    assert "別の日時" in words(campaign, at=TOMORROW + dt.timedelta(hours=1))


def test_neither_who_asked_nor_who_wrote_it_nor_staff_can_approve(campaign, limited, manager, staff, segment):
    other = factories.user("other@modoru.example.jp", role="manager")
    campaign.name = "別名"
    composing.change(campaign=campaign, offer=composing.Given(), by=other, version=campaign.version)
    asked = approving.ask(campaign=campaign, recipients=2, by=manager, now=NOW)
    for by, why in ((manager, "申請した方"), (other, "作成した方"), (staff, "マネージャー")):
        with pytest.raises(CampaignError, match=why):
            approving.approve(approval=asked, by=by, now=NOW)
    approving.approve(approval=asked, by=factories.user(role="admin"), now=NOW)


def test_it_is_returned_only_with_a_reason_which_then_stands_on_the_campaign(campaign, limited, manager):
    asked = ask(campaign)
    with pytest.raises(CampaignError, match="理由"):
        approving.send_back(approval=asked, by=manager, now=NOW, reason=" ")
    approving.send_back(approval=asked, by=manager, now=NOW, reason="割引が大きすぎます")
    campaign.refresh_from_db()
    assert campaign.note == "差戻し:割引が大きすぎます"
    assert approving.home(campaign.created_by, NOW).own == [asked]
    assert "申請してください" in words(campaign)
    with pytest.raises(CampaignError, match="差戻し"):
        approving.approve(approval=asked, by=manager, now=NOW)


def test_a_deputy_says_for_whom(campaign, limited, manager):
    asked = ask(campaign)
    with pytest.raises(CampaignError, match="どなたの代理"):
        approving.approve(approval=asked, by=manager, now=NOW, is_deputy=True)
    done = approving.approve(approval=asked, by=manager, now=NOW, is_deputy=True, reason="部長不在のため")
    assert (done.is_deputy, done.reason) == (True, "部長不在のため")


def test_a_request_changed_meanwhile_is_not_approved(campaign, limited, manager):
    asked = ask(campaign)
    Step.objects.update(body="別の本文")
    with pytest.raises(CampaignError, match="申請後に変更"):
        approving.approve(approval=asked, by=manager, now=NOW)


def test_the_one_who_asked_or_a_leader_takes_it_back(campaign, limited, staff, manager):
    asked = ask(campaign)
    with pytest.raises(CampaignError, match="申請した方だけ"):
        approving.withdraw(approval=asked, by=factories.user(), now=NOW)
    approving.withdraw(approval=asked, by=staff, now=NOW)
    assert approving.home(staff, NOW).own == []
    approving.withdraw(approval=ask(campaign), by=manager, now=NOW)


def test_asking_again_replaces_the_request_before(campaign, limited):
    first, second = ask(campaign), ask(campaign)
    first.refresh_from_db()
    assert (first.verdict, second.verdict) == (Verdict.WITHDRAWN, Verdict.OPEN)


def test_only_a_draft_and_only_a_time_to_come_can_be_asked_for(campaign, limited):
    with pytest.raises(CampaignError, match="過去"):
        ask(campaign, at=NOW)
    Campaign.objects.update(state="cancelled")
    with pytest.raises(CampaignError, match="下書き"):
        ask(campaign)


def test_not_approved_by_the_planned_time_it_is_not_sent_and_both_are_told(campaign, limited, staff, manager):
    asked = ask(campaign, at=TOMORROW)
    assert approving.home(manager, NOW).waiting == [asked]
    assert approving.lapse(now=NOW) == 0
    with pytest.raises(CampaignError, match="予定日時までに"):
        approving.approve(approval=asked, by=manager, now=TOMORROW)
    audience.launch_due(now=TOMORROW)
    asked.refresh_from_db()
    campaign.refresh_from_db()
    assert (asked.verdict, asked.decided_by, campaign.state) == (Verdict.RETURNED, None, "draft")
    assert "予定日時までに" in campaign.note
    assert approving.home(staff, TOMORROW).own == [asked]
    assert approving.home(manager, TOMORROW).lapsed == [asked]
    assert approving.lapse(now=TOMORROW) == 0


def test_the_home_page_shows_what_one_may_decide(campaign, limited, staff, manager):
    asked = ask(campaign)
    assert approving.home(manager, NOW).waiting == [asked]
    assert approving.home(staff, NOW).waiting == []
    assert not approving.home(factories.user(), NOW).has_any
    Campaign.objects.update(created_by=manager)
    assert approving.home(manager, NOW).waiting == []


def test_every_step_is_in_the_audit_log(campaign, limited, manager):
    approving.approve(approval=ask(campaign), by=manager, now=NOW)
    actions = AuditEvent.objects.filter(action__startswith="approval.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["approval.ask", "approval.decide"]
