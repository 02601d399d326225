"""Results from rows: x of n per arm, worked out by hand; no verdict before the window is over."""

import datetime as dt
import uuid

import pytest

from accounts.models import Installation
from campaigns import audience, results
from campaigns.models import Campaign, Delivery, Enrollment
from campaigns.uplift import Fault, Verdict
from customers.models import Customer, Login, Purchase
from tests import factories
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db
State = Delivery.State
FIRST = dt.date(2026, 11, 20)
LAST = dt.date(2026, 12, 19)  # 30 days, the first and the last inside
OVER = dt.datetime(2026, 12, 20, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def launched(campaign, person, staff):
    """Six customers: 0–3 treated, 4 and 5 held out."""
    for number in range(6):
        person(number)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    held_out = ["C00004", "C00005"]
    Enrollment.objects.filter(customer__code__in=held_out).update(arm="held_out")
    return Campaign.objects.get()


def buys(number: int, on: dt.date, amount: int = 1000) -> None:
    who = Enrollment.objects.get(customer__code=f"C{number:05}").customer
    factories.purchase(who, on, amount)


def read(campaign: Campaign, now: dt.datetime = NOW) -> results.Results:
    found = results.results(campaign, now=now)
    assert found is not None
    return found


def test_before_the_launch_there_are_none(campaign):
    assert results.results(campaign, now=NOW) is None


def test_who_bought_in_the_window_counts_once_in_his_arm(launched):
    buys(0, FIRST)
    buys(0, LAST, 500)
    buys(1, LAST)
    buys(2, FIRST - dt.timedelta(days=1))
    buys(3, LAST + dt.timedelta(days=1))
    buys(4, FIRST)
    found = read(launched, OVER)
    assert (found.treated.reached, found.treated.customers, found.treated.rate) == (2, 4, 0.5)
    assert (found.held_out.reached, found.held_out.customers, found.held_out.rate) == (1, 2, 0.5)
    assert (found.treated.revenue, found.held_out.revenue) == (2500.0, 1000.0)
    assert (found.first_on, found.last_on) == (FIRST, LAST)


def test_a_refund_alone_is_no_conversion_and_lowers_revenue(launched):
    buys(0, FIRST, 1000)
    buys(0, LAST, -400)
    buys(1, LAST, -300)
    found = read(launched)
    assert (found.treated.reached, found.treated.revenue) == (1, 300.0)


def test_a_login_goal_counts_logins(launched):
    Campaign.objects.update(goal="login")
    who = Enrollment.objects.get(customer__code="C00005").customer
    Login.objects.create(customer=who, logged_in_at=NOW, logged_in_on=LAST)
    buys(0, FIRST)
    found = read(Campaign.objects.get())
    assert (found.treated.reached, found.held_out.reached, found.treated.revenue) == (0, 1, 1000.0)


def test_everyone_is_analysed_in_his_arm_whatever_was_sent(launched):
    Delivery.objects.update(state=State.FAILED)
    buys(0, FIRST)
    assert (read(launched).treated.reached, read(launched).treated.customers) == (1, 4)


@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        (NOW, False),
        (dt.datetime(2026, 12, 19, 14, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 12, 19, 15, 0, tzinfo=dt.UTC), True),
    ],
)
def test_no_verdict_before_the_last_day_is_over_in_tokyo(launched, now, is_over):
    found = read(launched, now)
    assert found.is_over is is_over
    assert (found.judgement.verdict == Verdict.RUNNING) is not is_over
    assert (found.judgement.uplift is None) is not is_over


def test_too_few_people_say_nothing_in_yen(launched):
    Campaign.objects.update(cost=100)
    Installation.objects.update(margin="0.5")
    found = read(Campaign.objects.get(), OVER)
    assert (found.money, found.money_uncapped, found.roi) == (None, None, None)


def randomised(campaign: Campaign, treated: int, held_out: int) -> list[Customer]:
    """A launched campaign with so many in each arm, the treated first."""
    people = Customer.objects.bulk_create(Customer(code=f"R{n:04}", name="R") for n in range(treated + held_out))
    arms = ["treated"] * treated + ["held_out"] * held_out
    Enrollment.objects.bulk_create(
        Enrollment(campaign=campaign, customer=customer, arm=arm, enrolled_at=NOW)
        for customer, arm in zip(people, arms, strict=True)
    )
    Campaign.objects.update(state="running", launched_at=NOW, planned_to=len(people))
    return people


def all_buy(people: list[Customer], on: dt.date, amounts: list[int]) -> None:
    Purchase.objects.bulk_create(
        Purchase(customer=who, line_key=uuid.uuid4(), purchased_at=NOW, purchased_on=on, amount=amount)
        for who, amount in zip(people, amounts, strict=True)
    )


def test_money_is_the_difference_of_means_times_the_treated(campaign):
    """200 treated buying for 300 each and 100 held out buying for 200: 100 × 200 = 20,000; margin 0.5, cost 5,000:
    (10,000 − 5,000) ÷ 5,000 = 1. Nobody bought in the window before, so nothing is capped."""
    people = randomised(campaign, 200, 100)
    all_buy(people, FIRST, [300] * 200 + [200] * 100)
    Campaign.objects.update(cost=5000)
    Installation.objects.update(margin="0.5")
    found = read(Campaign.objects.get(), OVER)
    assert found.money.value == found.money_uncapped.value == pytest.approx(20_000)
    assert found.roi.value == pytest.approx(1.0)


def test_large_orders_are_capped_by_what_buyers_spent_before(campaign):
    """Before the launch everyone spent 1,000, so a purchase of 101,000 counts as 1,000."""
    people = randomised(campaign, 101, 101)
    all_buy(people, FIRST - dt.timedelta(days=30), [1000] * 202)
    all_buy(people, LAST, [101_000] + [1000] * 201)
    found = read(Campaign.objects.get(), OVER)
    assert found.money.value == pytest.approx(0)
    assert found.money_uncapped.value == pytest.approx(100_000)


def test_someone_who_left_the_analysis_unexplained_is_a_fault(launched, monkeypatch):
    rows = results._people
    monkeypatch.setattr(results, "_people", lambda *words: rows(*words)[1:])
    found = read(launched, OVER)
    assert found.faults == [Fault.MISSING]
    assert found.judgement.verdict == Verdict.FAULTY


def test_what_is_in_doubt_is_listed(launched):
    Delivery.objects.filter(address="p3@example.jp").update(state=State.UNKNOWN)
    found = read(launched)
    assert [row.customer.code for row in found.unknown] == ["C00003"]
    assert found.states == {State.PENDING: 5, State.UNKNOWN: 1}


# --- progress ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "open_", "percent", "is_done"),
    [
        (["pending"] * 6, 6, 0, False),
        (["accepted", *["pending"] * 5], 5, 16, False),
        (["accepted"] * 5 + ["sending"], 1, 83, False),
        (["accepted", "failed", "unknown", "expired", "cancelled", "claimed"], 1, 83, False),
        (["accepted"] * 5 + ["deferred"], 1, 83, False),
        (["accepted"] * 3 + ["held_out"] * 2 + ["suppressed"], 0, 100, True),
        (["held_out"] * 6, 0, 100, True),
    ],
)
def test_how_far_it_is(launched, ends, open_, percent, is_done):
    for row, state in zip(Delivery.objects.order_by("pk"), ends, strict=True):
        Delivery.objects.filter(pk=row.pk).update(state=state)
    found = results.progress(launched)
    assert (found.planned, found.open, found.percent, found.is_done) == (6, open_, percent, is_done)
    assert found.accepted == ends.count("accepted")


def test_before_planning_nothing_is_done(campaign):
    found = results.progress(campaign)
    assert (found.planned, found.percent, found.is_done) == (0, 0, False)
