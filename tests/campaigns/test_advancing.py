"""People in a series go on, skip or leave, each step once an entry; pauses hold everybody."""

import datetime as dt
import threading

import pytest
from django.db import connection

from campaigns import advancing, audience, entering, states
from campaigns.models import Campaign, Delivery, Journey, Occasion, Rsvp
from campaigns.states import State
from customers import consent
from customers.models import Channel, Contact
from segments.models import Segment
from tests import factories
from tests.campaigns import series
from tests.campaigns.conftest import agree
from tests.campaigns.moments import NOW, TODAY
from tests.campaigns.series import DAY, HOUR


@pytest.fixture
def entered(campaign, person, segment):
    """A campaign by news, with one person in it whose first step stands in the ledger as accepted."""

    def make(*rules, people: int = 1, **fields) -> Campaign:
        made = series.by_news(campaign, *rules, **fields)
        series.news(segment, *(person(n) for n in range(1, people + 1)))
        series.tick(NOW)
        Delivery.objects.filter(state="pending").update(state="accepted", settled_at=NOW)
        return made

    return make


# --- a broadcast of several steps ------------------------------------------------------------------


def test_a_broadcast_of_several_steps_starts_for_everybody_who_gets_the_first(campaign, person):
    person(1)
    person(2, agreed=False)
    campaign = series.launched(campaign, {}, {"wait": 3}, {"wait": 2, "wait_unit": "workdays"})
    assert campaign.planned_to == 2
    assert series.places(campaign) == [("C00001", 1, 1, "active")]
    series.tick(NOW + 3 * DAY - HOUR)
    assert series.places(campaign) == [("C00001", 1, 1, "active")]
    series.tick(NOW + 3 * DAY)  # Monday, 勤労感謝の日
    assert Journey.objects.get().due_at == NOW + 5 * DAY
    series.tick(NOW + 5 * DAY)
    assert series.places(campaign) == [("C00001", 1, 3, "finished")]
    assert series.ledger(campaign) == [
        ("C00001", 1, 1, "pending"),
        ("C00001", 1, 2, "pending"),
        ("C00001", 1, 3, "pending"),
        ("C00002", 1, 1, "no_consent"),
    ]


def test_a_broadcast_of_one_step_has_no_journeys(campaign, person):
    person(1)
    assert series.places(series.launched(campaign, {})) == []


def test_a_series_is_finished_when_nobody_is_on_the_way_and_a_triggered_one_never(campaign, person, segment):
    person(1)
    campaign = series.launched(campaign, {}, {"wait": 1})
    Delivery.objects.update(state="accepted")
    assert states.close_finished() == []
    series.tick(NOW + DAY)
    assert states.close_finished() == []  # its second message waits
    Delivery.objects.update(state="accepted")
    assert states.close_finished() == [campaign.pk]


def test_a_triggered_campaign_does_not_finish_by_itself(entered):
    entered({})
    assert states.close_finished() == []


# --- going on ------------------------------------------------------------------------------------


def test_steps_without_a_wait_follow_in_the_same_call_and_late_ones_come_one_at_a_time(entered):
    campaign = entered({}, {}, {"wait": 1}, {"wait": 1})
    assert series.places(campaign) == [("C00001", 1, 2, "active")]
    series.tick(NOW + 9 * DAY)  # nothing ran for days
    assert series.places(campaign) == [("C00001", 1, 3, "active")]
    assert Journey.objects.get().due_at == NOW + 10 * DAY
    row = Delivery.objects.get(step__position=3)
    assert (row.due_at, row.expires_at) == (NOW + 9 * DAY, NOW + 12 * DAY)


def test_whoever_cant_be_reached_at_a_step_skips_it_with_the_reason_and_goes_on(entered):
    campaign = entered({}, {"wait": 1}, {"wait": 1})
    Contact.objects.update(email="")
    series.tick(NOW + DAY)
    Contact.objects.update(email="p1@example.jp")
    series.tick(NOW + 2 * DAY)
    assert [row[2:] for row in series.ledger(campaign)] == [(1, "accepted"), (2, "no_address"), (3, "pending")]
    assert series.places(campaign) == [("C00001", 1, 3, "finished")]


def test_two_customers_with_one_address_get_one_message_and_both_go_on(entered):
    campaign = entered({}, {"wait": 1}, {"wait": 1}, people=2)
    Contact.objects.update(email="p1@example.jp")
    series.tick(NOW + DAY)
    assert [row[0::3] for row in series.ledger(campaign) if row[2] == 2] == [
        ("C00001", "pending"),
        ("C00002", "duplicate_address"),
    ]
    assert [row[2] for row in series.places(campaign)] == [2, 2]


def test_batches_together_are_everybody_once(entered):
    campaign = entered({}, {"wait": 1}, people=7)
    assert advancing.advance_due(now=NOW + DAY, most=3) == 7
    assert [row[2:] for row in series.places(campaign)] == [(2, "finished")] * 7
    assert sum(row[2] == 2 for row in series.ledger(campaign)) == 7


# --- conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({}, {1, 2, 3, 4}),
        ({"is": "clicked", "step": 1}, {1}),
        ({"is": "not_clicked", "step": 1}, {2, 3, 4}),
        ({"is": "goal_not_reached"}, {1, 3, 4}),
        ({"is": "in_segment"}, {3}),
        ({"is": "not_in_segment"}, {1, 2, 4}),
        ({"is": "answered"}, {3, 4}),
        ({"is": "not_answered"}, {1, 2}),
        ({"is": "attended"}, {4}),
        ({"is": "absent"}, {3}),
    ],
)
def test_who_does_not_meet_the_condition_skips_the_step_and_goes_on(entered, condition, met):
    other = Segment.objects.create(slug="other", name="Other", rule={})
    if "segment" in condition.get("is", ""):
        condition = {**condition, "segment": other.pk}
    campaign = entered({}, {"wait": 1, "condition": condition}, {"wait": 1}, people=4, exits_on_goal=False)
    people = {int(one.code[1:]): one for one in factories.Customer.objects.all()}
    Delivery.objects.filter(customer=people[1]).update(clicked_at=NOW + HOUR, opened_at=NOW)
    Delivery.objects.filter(customer=people[2]).update(opened_at=NOW)
    factories.purchase(people[2], TODAY + DAY)
    series.news(other, people[3])
    occasion = Occasion.objects.create(campaign=campaign, title="会", starts_at=NOW, ends_at=NOW)
    given = {"occasion": occasion, "answered_at": NOW}
    Rsvp.objects.create(customer=people[4], answer="declined", has_attended=True, **given)
    Rsvp.objects.create(customer=people[3], answer="coming", has_attended=False, **given)
    series.tick(NOW + 2 * DAY)
    second = {int(row[0][1:]): row[3] for row in series.ledger(campaign) if row[2] == 2}
    assert second == {n: "pending" if n in met else "condition" for n in people}
    assert [row[2] for row in series.places(campaign)] == [2] * 4


# --- leaving -------------------------------------------------------------------------------------


def _bought(customer, campaign):
    factories.purchase(customer, TODAY + DAY)


def _logged_in(customer, campaign):
    factories.login(customer, TODAY + DAY)


def _renewed(customer, campaign):
    factories.contract(customer, TODAY + 40 * DAY)


def _ran_on(customer, campaign):
    factories.contract(customer, TODAY - 365 * DAY, renews_on=TODAY + DAY)


def _comes(customer, campaign):
    occasion = Occasion.objects.create(campaign=campaign, title="会", starts_at=NOW, ends_at=NOW)
    Rsvp.objects.create(occasion=occasion, customer=customer, answer="coming", answered_at=NOW + HOUR)


def _redeemed(customer, campaign):
    customer.coupons.update(redeemed_at=NOW + HOUR)


@pytest.mark.parametrize(
    ("goal", "act"),
    [
        ("purchase", _bought),
        ("login", _logged_in),
        ("renewal", _renewed),
        ("renewal", _ran_on),
        ("rsvp", _comes),
        ("coupon", _redeemed),
    ],
)
def test_who_reaches_the_goal_leaves_where_the_campaign_says_so(entered, goal, act):
    campaign = entered({}, {"wait": 2}, people=2, goal=goal)
    act(factories.Customer.objects.get(code="C00001"), campaign)
    series.tick(NOW + 2 * DAY)
    assert series.places(campaign) == [("C00001", 1, 1, "goal"), ("C00002", 1, 2, "finished")]
    assert Journey.objects.get(customer__code="C00001").left_at == NOW + 2 * DAY


def test_what_was_bought_before_the_entry_is_no_goal(entered, person, segment):
    campaign = entered({}, {"wait": 1})
    factories.purchase(factories.Customer.objects.get(), TODAY)  # noon
    Journey.objects.update(entered_at=factories.moment(TODAY, 13))
    series.tick(NOW + DAY)
    assert series.places(campaign) == [("C00001", 1, 2, "finished")]


def _archived(customer):
    customer.archived_at = NOW
    customer.save()


def _left(customer):
    series.news(Segment.objects.get(slug="dormant"), customer, kind="left")


def _refused(customer):
    consent.withdraw(customer=customer, channel=Channel.MAIL, address="p1@example.jp", at=NOW, source="unsubscribe")


@pytest.mark.parametrize(
    ("act", "fields", "expected"),
    [
        (_archived, {}, (1, "gone")),
        (_left, {"exits_on_leaving": True}, (1, "left_segment")),
        (_left, {"exits_on_leaving": False}, (2, "active")),
        (_refused, {}, (2, "unreachable")),
    ],
)
def test_who_has_a_reason_to_leaves_before_the_next_step(entered, act, fields, expected):
    campaign = entered({}, {"wait": 1}, {"wait": 1}, **fields)
    act(factories.Customer.objects.get())
    series.tick(NOW + DAY)
    assert series.places(campaign)[0][2:] == expected


def test_everybody_leaves_when_the_offer_has_ended(entered):
    campaign = entered({}, {"wait": 60})
    series.tick(NOW + 60 * DAY)
    assert series.places(campaign) == [("C00001", 1, 1, "offer_over")]


def test_a_message_that_waited_is_not_sent_to_who_reached_the_goal_meanwhile(entered):
    campaign = entered({}, {"wait": 1}, {"wait": 9}, people=2)
    series.tick(NOW + DAY)
    Delivery.objects.filter(step__position=2).update(due_at=NOW + 2 * DAY)  # the morning after
    factories.purchase(factories.Customer.objects.get(code="C00001"), TODAY + DAY)
    series.tick(NOW + 2 * DAY - HOUR)
    assert [row[3] for row in series.ledger(campaign) if row[2] == 2] == ["pending", "pending"]
    series.tick(NOW + 2 * DAY)
    assert [row[3] for row in series.ledger(campaign) if row[2] == 2] == ["goal", "pending"]
    assert series.places(campaign) == [("C00001", 1, 2, "goal"), ("C00002", 1, 2, "active")]


# --- pausing -------------------------------------------------------------------------------------


def test_waits_stand_still_in_a_pause(entered, staff):
    campaign = entered({}, {"wait": 3})
    states.pause(campaign=campaign, by=staff, now=NOW + DAY)
    series.tick(NOW + 9 * DAY)
    assert series.places(campaign) == [("C00001", 1, 1, "active")]
    states.resume(campaign=campaign, by=staff, now=NOW + 11 * DAY)
    assert Journey.objects.get().due_at == NOW + 13 * DAY
    campaign.refresh_from_db()
    assert (campaign.state, campaign.paused_at) == (State.RUNNING, None)


def test_a_step_with_a_time_of_day_keeps_it_over_a_pause(entered, staff):
    campaign = entered({}, {"wait": 3, "send_time": dt.time(9)})
    due_at = Journey.objects.get().due_at
    states.pause(campaign=campaign, by=staff, now=NOW)
    states.resume(campaign=campaign, by=staff, now=NOW + 25 * HOUR)
    assert Journey.objects.get().due_at == due_at + 2 * DAY


def test_pausing_goes_by_the_clock_of_the_database_where_no_moment_is_given(entered):
    campaign = entered({}, {"wait": 3})
    states.pause(campaign=campaign, by=None)
    campaign.refresh_from_db()
    assert campaign.paused_at


def test_nobody_is_planned_while_another_process_has_the_campaign(entered, monkeypatch):
    entered({}, {"wait": 1})
    monkeypatch.setattr("campaigns.entering.taken", lambda pk: None)
    assert advancing.advance_due(now=NOW + DAY) == 0


def test_the_words_of_a_waterfall_count_entries(entered):
    campaign = entered({}, {"wait": 1}, people=2)
    assert audience.waterfall(campaign, as_of=TODAY).count("will_receive") == 2


# --- at once ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_everybody_on_once(campaign, person, segment):
    campaign = series.by_news(campaign, {}, {"wait": 1}, {"wait": 1})
    series.news(segment, *(person(n) for n in range(1, 13)))
    start = threading.Barrier(2, timeout=10)

    def work():
        start.wait()
        try:
            for now in (NOW, NOW + DAY, NOW + 2 * DAY):
                entering.enter_due(now=now)
                advancing.advance_due(now=now, most=2)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    series.tick(NOW + 2 * DAY)  # a process that found the other at it has left the rest to the next call
    series.tick(NOW + 4 * DAY)
    rows = Delivery.objects.values_list("customer", "entry", "step__position")
    assert len(rows) == len(set(rows)) == 36
    assert {row[2:] for row in series.places(campaign)} == {(3, "finished")}


def test_a_pause_waits_for_the_batch_and_then_nobody_goes_on(entered, staff):
    campaign = entered({}, {"wait": 1})
    states.pause(campaign=campaign, by=staff, now=NOW)
    assert entering.taken(campaign.pk) is None
    assert advancing.advance_due(now=NOW + 2 * DAY) == 0


# --- whom and how -----------------------------------------------------------------------------------


def test_every_contact_of_a_customer_gets_the_step_and_he_goes_on_once(campaign, person, segment):
    campaign = series.by_news(campaign, {}, {"wait": 1}, recipients="all")
    customer = person(1)
    Contact.objects.create(customer=customer, email="second@example.jp")
    agree(customer, "second@example.jp")
    series.news(segment, customer)
    series.tick(NOW)
    series.tick(NOW + DAY)
    assert series.ledger(campaign) == [("C00001", 1, n, "pending") for n in (1, 1, 2, 2)]
    assert series.places(campaign) == [("C00001", 1, 2, "finished")]


def test_who_refuses_mail_stays_for_a_step_on_another_channel(entered):
    campaign = entered({}, {"wait": 1}, {"wait": 1, "channel": "line"})
    Contact.objects.update(line_id="U1")
    customer = factories.Customer.objects.get()
    _refused(customer)
    series.tick(NOW + DAY)
    assert series.places(campaign) == [("C00001", 1, 2, "active")]
    series.tick(NOW + 2 * DAY)
    assert [row[2:] for row in series.ledger(campaign)] == [(1, "accepted"), (2, "refused"), (3, "no_consent")]
