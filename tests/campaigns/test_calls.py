"""Calls: on the list of the person in charge, and how they went."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import User
from campaigns import calls
from campaigns.models import Campaign, Delivery, Step, Way
from customers import consent
from customers.models import Channel, Customer, Interaction, Suppression
from tests.campaigns.moments import NOW

State = Delivery.State
PHONE = "09012345678"


@pytest.fixture
def other(db) -> User:
    return User.objects.create_user("ito@modoru.example.jp", name="伊藤 次郎", role="cs")


@pytest.fixture
def calling(installation, segment, staff, other):
    """A running campaign that asks for a call to Sato's customer C1 and Ito's C2."""
    campaign = Campaign.objects.create(
        name="電話フォロー",
        segment=segment,
        created_by=staff,
        state=Campaign.State.RUNNING,
        planned_to=2,
        message_class=Campaign.MessageClass.BUSINESS,
    )
    step = Step.objects.create(
        campaign=campaign,
        channel=Way.TASK,
        subject="{{ 姓 }}様への電話",
        body="{{ 会社名 }}の{{ お名前 }}様、お変わりありませんか。",
    )
    for number, owner in ((1, staff), (2, other)):
        customer = Customer.objects.create(code=f"C{number}", name=f"{number}号商事", owner=owner)
        contact = customer.contacts.create(name="山田 太郎", phone=f"{PHONE[:-1]}{number}", is_primary=True)
        Delivery.objects.create(
            campaign=campaign,
            step=step,
            customer=customer,
            contact=contact,
            channel=Way.TASK,
            address=customer.code,
            token=f"token{number}",
            planned_at=NOW,
            due_at=NOW,
        )
    calls.hand_out(now=NOW)
    return campaign


def open_codes(user: User, *, mine_only: bool = True) -> list[str]:
    return [one.customer.code for one in calls.open_calls(user=user, mine_only=mine_only)]


def settle(campaign: Campaign, by: User, result: str, **more) -> Delivery:
    delivery = campaign.deliveries.get(customer__code="C1")
    assert calls.settle(delivery=delivery, result=result, note="お元気", by=by, now=NOW, **more)
    delivery.refresh_from_db()
    return delivery


def test_a_call_stands_on_the_list_of_the_person_in_charge(calling, staff, other):
    assert (open_codes(staff), open_codes(other)) == (["C1"], ["C2"])
    assert open_codes(staff, mine_only=False) == ["C1", "C2"]
    (call,) = calls.open_calls(user=staff, mine_only=True)
    assert (call.phone, call.reason, call.attempt) == ("09012345671", "山田様への電話", 1)
    assert call.words.paragraphs == ("1号商事の山田 太郎様、お変わりありませんか。",)


def test_handing_out_again_changes_nothing(calling):
    before = list(calling.deliveries.order_by("pk").values_list("state", "claim_token"))
    calls.hand_out(now=NOW)
    assert list(calling.deliveries.order_by("pk").values_list("state", "claim_token")) == before
    assert not calling.deliveries.exclude(lease_until=None).exists()


def test_talked_settles_it_and_is_logged_with_the_customer(calling, staff):
    delivery = settle(calling, staff, "talked")
    assert (delivery.state, delivery.settled_by, delivery.settled_at) == (State.ACCEPTED, staff, NOW)
    logged = Interaction.objects.get()
    assert (logged.kind, logged.contact, logged.body, logged.by) == ("phone", delivery.contact, "お元気", staff)
    assert "電話フォロー" in logged.subject
    assert open_codes(staff) == []


def test_it_can_be_settled_once(calling, staff):
    delivery = settle(calling, staff, "talked")
    assert not calls.settle(delivery=delivery, result="absent", note="", by=staff, now=NOW)
    assert Interaction.objects.count() == 1


def test_no_answer_comes_back_on_the_next_working_day_three_times_at_most(calling, staff):
    now, days = NOW, []
    for attempt in (1, 2, 3):
        delivery = calling.deliveries.get(customer__code="C1")
        assert delivery.attempts == attempt
        calls.settle(delivery=delivery, result="absent", note="", by=staff, now=now)
        delivery.refresh_from_db()
        now = delivery.due_at
        days.append(timezone.localtime(now).strftime("%m-%d %H"))
        calls.hand_out(now=now)
    assert (delivery.state, delivery.reason) == (State.FAILED, "absent")
    assert days == ["11-24 09", "11-25 09", "11-25 09"]  # the 20th is a Friday, the 23rd a holiday
    assert open_codes(staff) == []


def test_not_needed_calls_nobody(calling, staff):
    delivery = settle(calling, staff, "not_needed")
    assert (delivery.state, delivery.reason) == (State.SUPPRESSED, "not_needed")
    assert not Interaction.objects.exists()


def test_no_more_please_withdraws_at_once(calling, staff):
    settle(calling, staff, "talked", refuses=[Channel.PHONE])
    assert Suppression.objects.get().address == "09012345671"


def test_who_refuses_calls_meanwhile_is_taken_off(calling, staff):
    customer = Customer.objects.get(code="C1")
    consent.withdraw(customer=customer, channel=Channel.PHONE, address="09012345671", at=NOW, source="staff")
    assert open_codes(staff) == []
    calls.hand_out(now=NOW + dt.timedelta(minutes=1))
    delivery = calling.deliveries.get(customer__code="C1")
    assert (delivery.state, delivery.reason) == (State.SUPPRESSED, "refused")


def test_a_paused_campaign_asks_for_no_calls(calling, staff):
    calling.state = Campaign.State.PAUSED
    calling.save()
    assert open_codes(staff, mine_only=False) == []
