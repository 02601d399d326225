"""Results from rows: x of n per arm, worked out by hand; no verdict before the window is over."""

import datetime as dt
import uuid

import pytest
from django.core.cache import cache

from accounts.models import Installation
from campaigns import audience, results
from campaigns.models import Campaign, Coupon, Delivery, Enrollment, Occasion, Rsvp
from campaigns.uplift import Fault, Verdict
from common import sql
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
    found = read(launched, OVER)
    assert (found.treated.reached, found.treated.revenue) == (1, 300.0)


def test_a_login_goal_counts_logins(launched):
    Campaign.objects.update(goal="login")
    who = Enrollment.objects.get(customer__code="C00005").customer
    Login.objects.create(customer=who, logged_in_at=NOW, logged_in_on=LAST)
    buys(0, FIRST)
    assert read(Campaign.objects.get()).held_out.reached == 0  # what is to come has no influence on today's figure
    found = read(Campaign.objects.get(), OVER)
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
    rows = sql.rows

    def one_short(name, words):
        return [row | ({"randomised": row["randomised"] - 1} if "rates" in name else {}) for row in rows(name, words)]

    monkeypatch.setattr(sql, "rows", one_short)
    found = read(launched, OVER)
    assert found.faults == [Fault.MISSING]
    assert found.judgement.verdict == Verdict.FAULTY


def test_what_is_in_doubt_is_listed(launched):
    Delivery.objects.filter(address="p3@example.jp").update(state=State.UNKNOWN)
    found = read(launched)
    assert [row.customer.code for row in found.unknown] == ["C00003"]
    assert found.states == {State.PENDING: 5, State.UNKNOWN: 1}


# --- goals --------------------------------------------------------------------------------------


def reach(campaign: Campaign, goal: str) -> list[str]:
    """The codes of those who reached it by the end of the window."""
    campaign.goal = goal
    Campaign.objects.update(goal=goal)
    wanted = results.asked([campaign], OVER.date(), Installation.get()) | {"with_money": True}
    rows = sql.rows("campaigns/sql/outcomes.sql", wanted)
    return sorted(Customer.objects.get(pk=row["customer_id"]).code for row in rows if row["has_reached"])


def someone(number: int) -> Customer:
    return Customer.objects.get(code=f"C{number:05}")


def test_a_renewal_is_a_paid_term_that_begins_in_the_window_or_runs_on_over_its_renewal_date(launched):
    before = FIRST - dt.timedelta(days=365)
    factories.contract(someone(0), FIRST)
    factories.contract(someone(1), before, renews_on=LAST)
    factories.contract(someone(2), before, renews_on=LAST, ends_on=LAST)  # it ended that day
    factories.contract(someone(3), LAST + dt.timedelta(days=1))
    factories.contract(someone(4), FIRST, is_trial=True)
    factories.contract(someone(5), before, renews_on=LAST + dt.timedelta(days=1))
    assert reach(launched, "renewal") == ["C00000", "C00001"]


def test_a_seat_taken_at_the_event_is_an_answer_in_the_window_to_come(launched):
    at = {"starts_at": OVER, "ends_at": OVER}
    event = Occasion.objects.create(campaign=launched, title="seminar", **at)
    answers = [(0, "coming", NOW), (1, "declined", NOW), (2, "waiting", NOW), (3, "coming", OVER)]
    for number, answer, moment in answers:
        Rsvp.objects.create(occasion=event, customer=someone(number), answer=answer, answered_at=moment)
    assert reach(launched, "rsvp") == ["C00000"]


def test_a_coupon_counts_when_it_was_used_in_the_window(launched):
    coupons = Coupon.objects.order_by("customer__code")
    coupons.filter(customer=someone(0)).update(redeemed_at=NOW)
    coupons.filter(customer=someone(1)).update(redeemed_at=OVER)
    assert reach(launched, "coupon") == ["C00000"]


def test_an_erased_customer_leaves_the_analysis_and_is_counted_by_arm(launched):
    buys(0, FIRST)
    Customer.objects.filter(code="C00000").update(erased_at=NOW)
    found = read(launched, OVER)
    assert (found.treated.customers, found.treated.reached, found.treated.departed, found.faults) == (3, 0, 1, [])


# --- customers who come in over time -----------------------------------------------------------


@pytest.fixture
def series(campaign):
    """Launched on the 20th, 10 % held out; ten came in that day, ten a day later. The plan needs 2,178 people."""
    Campaign.objects.update(trigger="entering", holdout_percent=10, base_rate=0.1, expected_effect=6)
    people = randomised(campaign, 18, 2)
    late = [who.pk for who in people[::2]]
    Enrollment.objects.filter(customer__in=late).update(enrolled_at=NOW + dt.timedelta(days=1))
    return people


def test_in_a_series_the_window_begins_when_one_enters_and_those_whose_window_is_over_are_analysed(series):
    all_buy(series[:4], LAST + dt.timedelta(days=1), [100] * 4)  # in the window of those who came in late alone
    found = read(Campaign.objects.get(), OVER)
    assert (found.treated.randomised, found.treated.customers, found.treated.open) == (18, 9, 9)
    assert (found.treated.reached, found.held_out.customers, found.open) == (0, 1, 10)
    assert found.last_on == LAST + dt.timedelta(days=1)
    later = read(Campaign.objects.get(), OVER + dt.timedelta(days=1))
    assert (later.treated.customers, later.treated.reached, later.open) == (18, 2, 0)


def test_a_series_names_the_days_it_needs_at_its_rate_of_entries(series):
    """20 people in 30 days; 2,178 needed: (2,178 − 10 analysed − 10 waiting) ÷ ⅔ = 3,237 days, and the window."""
    found = read(Campaign.objects.get(), OVER).judgement
    assert (found.verdict, found.people_needed, found.days_needed) == (Verdict.CANNOT_SAY, 2178, 3237 + 30)


def test_a_series_with_nobody_whose_window_is_over_says_nothing(series):
    assert read(Campaign.objects.get(), NOW).judgement.verdict == Verdict.RUNNING


def test_a_share_held_out_far_from_the_one_set_is_a_fault_of_a_series(campaign):
    Campaign.objects.update(trigger="entering", holdout_percent=10)
    randomised(campaign, 60, 40)
    assert read(Campaign.objects.get(), OVER).faults == [Fault.SHARE_OFF]


def test_a_series_is_judged_early_only_once_it_has_ended(campaign):
    """All 20 treated bought and none of the 20 held out; the plan wants thousands."""
    Campaign.objects.update(trigger="entering", holdout_percent=50, base_rate=0.1, expected_effect=2)
    all_buy(randomised(campaign, 20, 20)[:20], FIRST, [100] * 20)
    assert read(Campaign.objects.get(), OVER).judgement.verdict == Verdict.CANNOT_SAY
    Campaign.objects.update(state="finished")
    assert read(Campaign.objects.get(), OVER).judgement.verdict == Verdict.POSITIVE


# --- of many at once -----------------------------------------------------------------------------


def test_the_list_says_what_the_result_says_and_nothing_before_the_end(launched):
    buys(0, FIRST)
    assert results.judgements([launched], now=NOW) == {}
    assert results.judgements([launched], now=OVER) == {launched.pk: read(launched, OVER).judgement}
    assert results.judgements([Campaign(name="draft")], now=OVER) == {}


def test_what_is_said_of_a_large_campaign_is_kept_for_a_while(launched, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(results, "LARGE", 1)
    cache.clear()
    first = results.judgements([launched], now=OVER)
    with django_assert_num_queries(1):  # the company's settings
        assert results.judgements([launched], now=OVER) == first
    tomorrow = results.judgements([launched], now=OVER + dt.timedelta(days=1))
    assert tomorrow == first
    cache.clear()


# --- what it cost --------------------------------------------------------------------------------


def test_a_price_apiece_counts_for_what_was_accepted_and_adds_to_the_cost_entered(launched):
    assert results.cost_of(launched) is None
    launched.steps.update(unit_cost="80.5")
    Delivery.objects.filter(address__in=["p0@example.jp", "p1@example.jp"]).update(state=State.ACCEPTED)
    assert results.cost_of(launched) == 161
    launched.cost = 1000
    assert results.cost_of(launched) == 1161


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
