"""Seats of an event: taken once, never oversold, passed on in order, and told to whoever gets one."""

import datetime as dt
from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import AuditEvent, User
from campaigns import event_words, notices, occasions
from campaigns.models import Campaign, Delivery, Occasion, Rsvp, Step
from campaigns.occasions import OccasionError
from customers.models import Customer, Event
from segments.models import Segment
from tests.campaigns.events import BEGINS, contact, invite, occasion, say
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(minutes=1)


def answers(event: Occasion) -> list[tuple[str, str]]:
    return list(Rsvp.objects.filter(occasion=event).order_by("pk").values_list("customer__code", "answer"))


def taken(event: Occasion) -> int:
    event.refresh_from_db()
    return event.taken


def news(kind: str) -> list[str]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("customer__code", flat=True))


def test_seats_are_given_until_there_are_none_and_then_people_wait(campaign, person):
    event = occasion(campaign, capacity=2)
    places = [say(event, person(number)).place for number in range(1, 5)]
    assert answers(event) == [
        ("C00001", "coming"), ("C00002", "coming"), ("C00003", "waiting"), ("C00004", "waiting"),
    ]  # fmt: skip
    assert places == [0, 0, 1, 2]
    assert taken(event) == 2


def test_the_same_answer_twice_is_one(campaign, person):
    event, who = occasion(campaign), person(1)
    assert say(event, who).is_new
    assert not say(event, who, now=LATER).is_new
    assert (taken(event), Rsvp.objects.count(), len(news("rsvp_coming"))) == (1, 1, 1)


def test_who_waits_keeps_his_place_when_he_answers_again(campaign, person):
    event, first, second, third = occasion(campaign, capacity=1), person(1), person(2), person(3)
    for who in (first, second, third):
        say(event, who)
    assert say(event, second, now=LATER).place == 1
    assert list(occasions.waiting(event).values_list("customer__code", flat=True)) == ["C00002", "C00003"]


def test_a_seat_given_back_goes_to_the_one_who_has_waited_longest(campaign, person):
    event, first, second, third = occasion(campaign, capacity=1), person(1), person(2), person(3)
    for who in (first, second, third):
        say(event, who)
    say(event, first, "declined", now=LATER)
    assert [answer for _code, answer in answers(event)] == ["declined", "coming", "waiting"]
    assert taken(event) == 1
    moved = Rsvp.objects.get(customer=second)
    assert (moved.moved_up_at, moved.queued_at) == (LATER, None)
    assert news("rsvp_moved_up") == ["C00002"]


def test_who_needs_more_seats_than_are_free_is_passed_by_and_keeps_his_place(campaign, person):
    event = occasion(campaign, capacity=2, most_each=2)
    first, second, pair, single = (person(number) for number in range(1, 5))
    say(event, first)
    say(event, second)
    say(event, pair, seats=2)
    say(event, single)
    say(event, first, "declined")
    assert dict(answers(event)) == {
        "C00001": "declined", "C00002": "coming", "C00003": "waiting", "C00004": "coming",
    }  # fmt: skip
    say(event, second, "declined")
    say(event, single, "declined")
    assert dict(answers(event))["C00003"] == "coming"
    assert taken(event) == 2


def test_more_seats_for_one_answer_only_while_they_are_there(campaign, person):
    event, who, other = occasion(campaign, capacity=3, most_each=3), person(1), person(2)
    say(event, who)
    say(event, who, seats=2)
    say(event, other)
    with pytest.raises(OccasionError, match="満席です。お申し込み済み"):
        say(event, who, seats=3)
    assert Rsvp.objects.get(customer=who).seats == 2
    assert taken(event) == 3
    say(event, who, seats=1)
    assert taken(event) == 2


@pytest.mark.parametrize("seats", [0, 3])
def test_an_answer_takes_at_most_what_the_event_allows(campaign, person, seats):
    event = occasion(campaign, capacity=9, most_each=2)
    with pytest.raises(OccasionError, match="2席まで"):
        say(event, person(1), seats=seats)
    assert taken(event) == 0


def test_nobody_waits_for_more_seats_than_the_event_has(campaign, person):
    event = occasion(campaign, capacity=1, most_each=2)
    with pytest.raises(OccasionError, match="定員を超えて"):
        say(event, person(1), seats=2)


def test_without_a_waiting_list_a_full_event_says_so(campaign, person):
    event = occasion(campaign, capacity=1, has_waiting_list=False)
    say(event, person(1))
    with pytest.raises(OccasionError, match="満席です"):
        say(event, person(2))
    assert answers(event) == [("C00001", "coming")]


def test_without_a_limit_everybody_comes(campaign, person):
    event = occasion(campaign, capacity=None)
    for number in (1, 2, 3):
        say(event, person(number))
    assert taken(event) == 3
    assert occasions.free_seats(event) is None


def test_answers_end_at_the_deadline_but_a_seat_can_be_given_back_until_it_begins(campaign, person, staff):
    until = NOW + dt.timedelta(hours=1)
    event, who, other = occasion(campaign, capacity=1, answer_until=until), person(1), person(2)
    say(event, who)
    say(event, other)
    with pytest.raises(OccasionError, match="受付は終了"):
        say(event, person(3), now=until)
    say(event, who, "declined", now=until)
    assert dict(answers(event)) == {"C00001": "declined", "C00002": "coming"}
    with pytest.raises(OccasionError, match="受付は終了"):
        say(event, other, "declined", now=BEGINS)
    say(event, other, "declined", now=BEGINS, by=staff)  # told on the phone


def test_nobody_moves_up_once_it_has_begun(campaign, person, staff):
    event, who, other = occasion(campaign, capacity=1), person(1), person(2)
    say(event, who)
    say(event, other)
    say(event, who, "declined", now=BEGINS, by=staff)
    assert dict(answers(event))["C00002"] == "waiting"


def test_an_event_called_off_takes_no_answers(campaign, person, staff):
    event, who = occasion(campaign), person(1)
    say(event, who)
    for _time in range(2):
        occasions.call_off(occasion=event, by=staff, now=NOW)
    with pytest.raises(OccasionError, match="中止"):
        say(event, who, "declined")
    assert AuditEvent.objects.filter(action="occasion.call_off").count() == 1


def test_staff_write_down_what_they_were_told_and_it_is_recorded(campaign, person, staff):
    event, who = occasion(campaign, capacity=5), person(1)
    say(event, who, seats=3, by=staff)
    assert taken(event) == 3
    assert AuditEvent.objects.filter(action="occasion.answer", actor=staff).count() == 1


def test_an_answer_is_the_contacts_own_also_after_his_customer_was_merged(campaign, person):
    event, who, winner = occasion(campaign), person(1), person(2)
    say(event, who)
    kept = contact(who)
    kept.customer = winner
    kept.is_primary = False
    kept.save()
    Rsvp.objects.update(customer=winner)
    occasions.answer(occasion=event, customer=winner, contact=kept, answer="declined", now=LATER)
    assert answers(event) == [("C00002", "declined")]


def test_a_customer_without_contact_answers_once(campaign, person):
    event, who = occasion(campaign), person(1)
    for _time in range(2):
        occasions.answer(occasion=event, customer=who, contact=None, answer="coming", now=NOW)
    assert taken(event) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Rsvp.objects.create(occasion=event, customer=who, answer="coming", answered_at=NOW)


def test_the_database_itself_refuses_one_seat_too_many(campaign):
    event = occasion(campaign, capacity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Occasion.objects.filter(pk=event.pk).update(taken=2)


def test_more_seats_move_the_waiting_list_up_and_fewer_than_taken_are_refused(campaign, person, staff):
    event = occasion(campaign, capacity=1)
    for number in (1, 2, 3):
        say(event, person(number))
    event.capacity = 2
    occasions.save(campaign=campaign, occasion=event, by=staff, now=LATER)
    assert [answer for _code, answer in answers(event)] == ["coming", "coming", "waiting"]
    event.capacity = 1
    with pytest.raises(OccasionError, match="すでに2席"):
        occasions.save(campaign=campaign, occasion=event, by=staff, now=LATER)
    event.refresh_from_db()
    assert (event.capacity, event.taken) == (2, 2)


def test_a_new_event_begins_empty(campaign, staff):
    event = Occasion(title="会", starts_at=BEGINS, ends_at=BEGINS, capacity=3, taken=3)
    assert occasions.save(campaign=campaign, occasion=event, by=staff, now=NOW).taken == 0


# --- who moved up is told -------------------------------------------------------------------------------


def test_who_moves_up_gets_a_business_notice_through_the_ledger_each_time(campaign, person):
    event, who, other = occasion(campaign, capacity=1), person(1), person(2)
    say(event, who)
    say(event, other)
    say(event, who, "declined")
    notice = notices.of(event)
    assert notice.message_class == "business"
    assert (notice.state, notice.planned_to) == ("running", 1)
    sent = Delivery.objects.get(campaign=notice)
    assert (sent.address, sent.state, sent.expires_at) == ("p2@example.jp", "pending", BEGINS)
    assert notices.told(event) == {contact(other).pk: "pending"}
    Campaign.objects.filter(pk=notice.pk).update(state="finished")
    say(event, other, "declined")
    say(event, who)
    say(event, other)
    say(event, who, "declined")
    assert Campaign.objects.filter(playbook=notices.PLAYBOOK).get().state == "running"
    assert list(Delivery.objects.filter(campaign=notice).order_by("pk").values_list("entry", flat=True)) == [1, 2]


def test_who_has_no_address_moves_up_without_a_mail(campaign, person):
    event, who, other = occasion(campaign, capacity=1), person(1), person(2, email="")
    say(event, who)
    say(event, other)
    say(event, who, "declined")
    assert dict(answers(event))["C00002"] == "coming"
    assert notices.of(event) is None
    assert notices.told(event) == {}


def test_the_notice_leads_to_the_same_event(campaign, person):
    event, who, other = occasion(campaign, capacity=1), person(1), person(2)
    say(event, who)
    say(event, other)
    say(event, who, "declined")
    _delivery, found = occasions.invitation(Delivery.objects.get().token)
    assert found == event


# --- what lists, series and mails ask --------------------------------------------------------------------


def test_conditions_find_those_who_meet_them(campaign, person):
    event = occasion(campaign, capacity=2)
    people = [person(number) for number in range(1, 6)]
    for who in people[:3]:
        say(event, who)
    say(event, people[3], "declined")
    Rsvp.objects.filter(customer=people[0]).update(has_attended=True)
    Rsvp.objects.filter(customer=people[1]).update(has_attended=False)
    ids = [who.pk for who in people]
    found = {code: occasions.meeting(event, code, ids) for code in [*occasions.CONDITIONS, occasions.NO_ANSWER]}
    assert found == {
        "rsvp_coming": {ids[0], ids[1]},
        "rsvp_waiting": {ids[2]},
        "rsvp_declined": {ids[3]},
        "rsvp_attended": {ids[0]},
        "rsvp_absent": {ids[1]},
        "rsvp_none": {ids[4]},
    }


def test_the_words_of_an_event_in_both_languages(campaign, settings):
    settings.BASE_URL = "https://crm.example.jp"
    assert event_words.url("t") == "https://crm.example.jp/r/t/"
    event = occasion(campaign, answer_until=BEGINS - dt.timedelta(days=2))
    assert event_words.values(event) == {
        "event_title": "秋の内覧会",
        "event_date": "2026年11月28日(土曜日) 14:00〜16:00",
        "event_place": "本社1階",
        "event_seats": "2名",
        "event_until": "2026年11月26日(木曜日) 14:00",
    }
    with translation.override("en"):
        values = event_words.values(event)
    assert values["event_date"] == "Saturday, 28 November 2026 14:00–16:00"


def test_an_event_over_two_days_and_online_only(campaign):
    event = occasion(campaign, place="", url="https://meet.example.jp/1", ends_at=BEGINS + dt.timedelta(days=1))
    values = event_words.values(event)
    assert values["event_date"] == "2026年11月28日(土曜日) 14:00〜11月29日(日曜日) 14:00"
    assert values["event_place"] == "オンライン"


def test_only_the_link_of_someone_who_was_written_to_leads_to_the_event(campaign, person):
    event, who = occasion(campaign), person(1)
    sent = invite(campaign, who)
    assert occasions.invitation(sent.token) == (sent, event)
    assert occasions.invitation("x" * 43) is None
    assert occasions.invitation("\0") is None
    Delivery.objects.update(address="")
    assert occasions.invitation(sent.token) is None
    Occasion.objects.all().delete()
    Delivery.objects.update(address="a@example.jp")
    assert occasions.invitation(sent.token) is None


class Seats(TestCase):
    """Whatever happens in whatever order, the seats taken are the sum of those who come, and never above capacity."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        capacity=st.integers(1, 4),
        acts=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["coming", "declined"]), st.integers(1, 3))),
    )
    def test_add_up(self, capacity, acts):
        staff = User.objects.create_user("s@example.jp")
        segment = Segment.objects.create(slug="s", name="S", rule={})
        campaign = Campaign.objects.create(name="会", segment=segment, created_by=staff)
        Step.objects.create(campaign=campaign, subject="件名", body="本文")
        event = occasion(campaign, capacity=capacity, most_each=3)
        people = [Customer.objects.create(code=f"C{number}", name="人") for number in range(5)]
        for number, answer, seats in acts:
            with suppress(OccasionError):
                occasions.answer(
                    occasion=event, customer=people[number], contact=None, answer=answer, seats=seats, now=NOW
                )
            coming = Rsvp.objects.filter(answer="coming").values_list("seats", flat=True)
            assert taken(event) == sum(coming) <= capacity
            free = capacity - event.taken
            assert all(rsvp.seats > free for rsvp in occasions.waiting(event))
