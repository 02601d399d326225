"""Whom to look after today: promises, deadlines, people slipping; one line a customer, own ones first."""

import datetime as dt
from decimal import Decimal

import pytest

from customers.models import Interaction
from scores.models import Prediction, Score
from success import worklist
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)


def ago(days):
    return TODAY - dt.timedelta(days)


def ahead(days):
    return TODAY + dt.timedelta(days)


@pytest.fixture
def user():
    return factories.user()


def promise(who, on, **fields):
    fields = {"next_action": "見積を送る", **fields}
    return Interaction.objects.create(customer=who, occurred_at=NOW, next_on=on, **fields)


def score(who, **fields):
    return Score.objects.create(customer=who, as_of=TODAY, **fields)


def slipping(code, *, risk=0.5, ltv=1000, since=TODAY, lifecycle="slipping", **fields):
    who = factories.customer(code, **fields)
    score(who, lifecycle=lifecycle, lifecycle_since=since, ltv_historic=ltv, last_activity_on=ago(40))
    Prediction.objects.create(customer=who, as_of=TODAY, churn_risk=risk)
    return who


def jobs(user, *, mine_only=False):
    return worklist.jobs(user=user, today=TODAY, mine_only=mine_only)


def codes(user, **how):
    return [job.customer.code for job in jobs(user, **how)]


# --- promises


@pytest.mark.parametrize(("on", "is_listed"), [(ago(300), True), (TODAY, True), (ahead(1), False)])
def test_a_promise_is_listed_from_its_day_on(user, on, is_listed):
    promise(factories.customer("A"), on)
    assert [job.due_on for job in jobs(user)] == ([on] if is_listed else [])


def test_a_promise_says_what_was_promised_or_what_it_was_about(user):
    promise(factories.customer("A"), ago(2))
    promise(factories.customer("B"), ago(1), next_action="", subject="値上げの件")
    promise(factories.customer("C"), TODAY, next_action="")
    assert [job.why for job in jobs(user)] == ["見積を送る", "値上げの件", "あらためて連絡する"]


def test_a_promise_that_is_done_is_no_job(user):
    promise(factories.customer("A"), TODAY, next_done_at=NOW)
    assert jobs(user) == []


# --- deadlines


@pytest.mark.parametrize(("due", "is_listed"), [(-1, False), (0, True), (30, True), (31, False)])
def test_a_notice_deadline_is_listed_in_its_last_thirty_days(user, due, is_listed):
    score(factories.customer("A"), notice_due_on=ahead(due))
    assert codes(user) == (["A"] if is_listed else [])


def test_a_deadline_of_who_gave_notice_is_no_job(user):
    score(factories.customer("A"), notice_due_on=ahead(5), notice_given_on=ago(1))
    assert jobs(user) == []


# --- slipping


@pytest.mark.parametrize(
    ("lifecycle", "days", "risk", "is_listed"),
    [
        ("slipping", 0, 0.5, True),
        ("pre_dormant", 14, 0.5, True),
        ("unused", 3, 0.5, True),
        ("slipping", 15, 0.5, False),
        ("dormant", 0, 0.5, False),
        ("active", 0, 0.5, False),
        ("slipping", 0, 0.0, False),
        ("slipping", 0, None, False),
    ],
)
def test_who_began_to_slip_in_the_last_fortnight_is_a_job(user, lifecycle, days, risk, is_listed):
    slipping("A", lifecycle=lifecycle, since=ago(days), risk=risk)
    assert codes(user) == (["A"] if is_listed else [])


def test_the_most_to_lose_stands_first(user):
    slipping("A", risk=0.9, ltv=1000)  # 900
    slipping("B", risk=0.2, ltv=10_000)  # 2,000
    slipping("C", risk=0.9, ltv=None)
    assert codes(user) == ["B", "A", "C"]


def test_a_slipping_customer_is_told_with_the_days_of_silence(user):
    slipping("A", since=ago(2))
    (job,) = jobs(user)
    assert job.why == "2026/11/19から離れ気味(40日間動きなし)"
    assert (job.due_on, job.at_stake) == (None, Decimal(1000))


def test_a_customer_without_activity_is_told_without_days(user):
    who = slipping("A", lifecycle="unused", since=ago(2))
    Score.objects.filter(customer=who).update(last_activity_on=None)
    assert jobs(user)[0].why == "2026/11/19から契約中・未利用"


# --- the list


def test_promises_stand_before_deadlines_and_deadlines_before_slipping_oldest_first(user):
    slipping("slipping")
    score(factories.customer("deadline-2"), notice_due_on=ahead(9))
    score(factories.customer("deadline-1"), notice_due_on=ahead(2))
    promise(factories.customer("promise-2"), TODAY)
    promise(factories.customer("promise-1"), ago(5))
    assert codes(user) == ["promise-1", "promise-2", "deadline-1", "deadline-2", "slipping"]


def test_a_customer_is_one_line_with_his_most_urgent_cause(user):
    who = slipping("A")
    Score.objects.filter(customer=who).update(notice_due_on=ahead(1))
    promise(who, TODAY)
    promise(who, ago(4), next_action="折り返す")
    (job,) = jobs(user)
    assert (job.cause, job.due_on, job.why) == ("promise", ago(4), "折り返す")


def test_own_customers_stand_first_and_may_stand_alone(user):
    promise(factories.customer("theirs", owner=factories.user()), ago(9))
    promise(factories.customer("nobody's"), ago(8))
    slipping("mine", owner=user)
    assert codes(user) == ["mine", "theirs", "nobody's"]
    assert codes(user, mine_only=True) == ["mine"]


def test_the_list_is_no_longer_than_a_day(user, monkeypatch):
    monkeypatch.setattr(worklist, "MOST", 3)
    for number in range(3):
        promise(factories.customer(f"p{number}"), TODAY)
        slipping(f"s{number}", owner=user)
    assert codes(user) == ["s0", "s1", "s2"]


def test_of_those_who_slip_a_day_brings_no_more_than_can_be_done(user, monkeypatch):
    monkeypatch.setattr(worklist, "SLIPPING_A_DAY", 2)
    for number in range(4):
        slipping(f"s{number}", ltv=number * 1000)
    assert codes(user) == ["s3", "s2"]


def test_each_line_leads_to_a_segment_from_which_a_campaign_would_reach_the_customer(user):
    score(factories.customer("deadline"), notice_due_on=TODAY)
    slipping("no-segment")
    rfm = slipping("rfm")
    Score.objects.filter(customer=rfm).update(rfm_segment="cant_lose_them")
    promise(factories.customer("no-score"), TODAY)
    found = {job.customer.code: job.segment for job in jobs(user)}
    assert found == {"deadline": "renewal-due", "no-segment": "", "rfm": "cant-lose-them", "no-score": ""}


def test_archived_customers_need_nobody(user):
    promise(factories.customer("A", archived_at=NOW), TODAY)
    assert jobs(user) == []


def test_the_list_asks_as_often_for_many_as_for_one(user, django_assert_num_queries):
    for number in range(5):
        slipping(f"s{number}")
        promise(factories.customer(f"p{number}", owner=user), TODAY)
        score(factories.customer(f"d{number}"), notice_due_on=TODAY)
    with django_assert_num_queries(3):
        assert len([job.customer.owner and job.customer.owner.name for job in jobs(user)]) == 15


# --- putting off


def test_a_customer_put_off_comes_back_on_his_day(user):
    who = factories.customer("A")
    promise(who, TODAY)
    event = worklist.snooze(customer=who, until=ahead(7), by=user, now=NOW)
    assert (event.kind, event.data) == ("snoozed", {"until": "2026-11-28", "by": user.pk})
    assert jobs(user) == []
    assert worklist.jobs(user=user, today=ahead(6), mine_only=False) == []
    assert len(worklist.jobs(user=user, today=ahead(7), mine_only=False)) == 1


def test_putting_off_one_leaves_the_others(user):
    one, other = factories.customer("A"), factories.customer("B")
    promise(one, TODAY)
    promise(other, TODAY)
    worklist.snooze(customer=one, until=ahead(7), by=user, now=NOW)
    assert codes(user) == ["B"]
