"""Reports about messages: stored once, applied in any order with the same end."""

import datetime as dt
import random
from itertools import count

import pytest
from django.db import DatabaseError

from campaigns import links, reporting
from campaigns.models import Delivery, Report
from campaigns.reporting import News
from customers import consent
from customers.models import Consent, Event, Suppression
from tests.campaigns.moments import NOW

LATER = NOW + dt.timedelta(hours=1)
ADDRESS = "p1@example.jp"
KIND = Report.Kind
_tokens = count(1)


@pytest.fixture
def deliver(campaign, person):
    """A message to the same person, again and again."""
    who = person(1)

    def make(**changes) -> Delivery:
        number = next(_tokens)
        fields = {
            "campaign": campaign,
            "step": campaign.steps.get(),
            "customer": who,
            "contact": who.contacts.get(),
            "channel": "mail",
            "address": ADDRESS,
            "state": Delivery.State.ACCEPTED,
            "token": f"{number:043}",
            "planned_at": NOW,
            "due_at": NOW,
            "sending_at": NOW,
            "entry": number,
        }
        return Delivery.objects.create(**(fields | changes))

    return make


@pytest.fixture
def delivery(deliver) -> Delivery:
    return deliver()


def told(delivery: Delivery, *news: tuple[str, float], **fields) -> None:
    """(kind, minutes after the sending); stored and applied an hour later."""
    rows = []
    for number, (kind, minutes) in enumerate(news):
        at = NOW + dt.timedelta(minutes=minutes)
        rows.append(News("test", f"{delivery.pk} {kind} {minutes} {number}", kind, at, delivery.pk, **fields))
    reporting.store(rows, received_at=LATER)
    reporting.apply_waiting(now=LATER + dt.timedelta(minutes=1))


def stops() -> list[str]:
    return sorted(Suppression.objects.filter(lifted_at=None).values_list("reason", flat=True))


def test_a_report_is_stored_once(delivery):
    for _time in range(46):
        told(delivery, (KIND.BOUNCED, 1))
    assert Report.objects.count() == 1
    assert Event.objects.filter(kind="mail_bounced").count() == 1


def test_a_hard_bounce_stops_the_address_at_once_and_stands_at_the_message(delivery):
    told(delivery, (KIND.BOUNCED, 1))
    delivery.refresh_from_db()
    assert delivery.bounced_at == NOW + dt.timedelta(minutes=1)
    assert delivery.state == Delivery.State.ACCEPTED
    assert stops() == ["bounced"]


def test_a_complaint_stops_the_address_for_ever_and_is_seen_at_the_customer(delivery):
    told(delivery, (KIND.COMPLAINED, 1))
    delivery.refresh_from_db()
    assert delivery.complained_at
    assert stops() == ["complained"]
    assert Event.objects.get(kind="mail_complained").customer == delivery.customer
    consent.resubscribe(
        customer=delivery.customer, channel="mail", address=ADDRESS, at=LATER, source="unsubscribe", wording="w"
    )
    assert not consent.standing(channel="mail", address=ADDRESS).is_mailable


@pytest.mark.parametrize("kind", [KIND.BLOCKED, KIND.REJECTED, KIND.DEFERRED, KIND.SOFT_BOUNCED, KIND.DELIVERED])
def test_refusals_by_policy_and_delays_stop_nobody(delivery, kind):
    told(delivery, (kind, 1))
    assert stops() == []


def test_leaving_by_the_providers_own_link_is_a_refusal(delivery):
    told(delivery, (KIND.UNSUBSCRIBED, 1))
    assert stops() == ["refused"]
    assert Consent.objects.order_by("id").last().source == "test"


def test_a_yes_said_after_it_stands(delivery):
    consent.grant(
        customer=delivery.customer,
        channel="mail",
        address=ADDRESS,
        at=LATER,
        source="form",
        basis="consent",
        wording="w",
    )
    told(delivery, (KIND.UNSUBSCRIBED, 1))
    assert stops() == []


def test_what_an_admin_has_lifted_since_is_not_stopped_again_by_old_news(delivery):
    consent.suppress(channel="mail", address=ADDRESS, reason="bounced", source="x", at=NOW)
    Suppression.objects.update(lifted_at=LATER)
    told(delivery, (KIND.BOUNCED, 1))
    assert stops() == []


@pytest.mark.parametrize("kind", [KIND.DELIVERED, KIND.BOUNCED, KIND.CLICKED, KIND.OPENED])
def test_what_nobody_knew_the_fate_of_is_settled_by_a_report_that_carries_its_key(deliver, kind):
    delivery = deliver(state=Delivery.State.UNKNOWN, reason="no_answer")
    told(delivery, (kind, 1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (Delivery.State.ACCEPTED, "reported")
    assert Event.objects.filter(kind="mail_accepted").count() == 1


@pytest.mark.parametrize(
    ("state", "kind", "expected"),
    [
        ("deferred", KIND.DELIVERED, "accepted"),
        ("deferred", KIND.DEFERRED, "deferred"),
        ("failed", KIND.BOUNCED, "failed"),
        ("pending", KIND.DELIVERED, "pending"),
    ],
)
def test_only_proof_of_arrival_keeps_a_message_from_being_tried_again(deliver, state, kind, expected):
    delivery = deliver(state=state)
    told(delivery, (kind, 1))
    delivery.refresh_from_db()
    assert delivery.state == expected


def test_a_message_on_the_wire_is_left_to_its_sender(deliver):
    delivery = deliver(state=Delivery.State.SENDING)
    told(delivery, (KIND.DELIVERED, 1))
    assert Report.objects.get().applied_at is None
    Delivery.objects.update(state=Delivery.State.UNKNOWN)
    reporting.apply_waiting(now=LATER)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED


def test_opens_are_stamps_apart_and_no_event(delivery):
    told(delivery, (KIND.OPENED, 1), is_machine=True)
    delivery.refresh_from_db()
    assert delivery.opened_at is None
    assert delivery.machine_opened_at == NOW + dt.timedelta(minutes=1)
    told(delivery, (KIND.OPENED, 5), (KIND.OPENED, 3))
    delivery.refresh_from_db()
    assert delivery.opened_at == NOW + dt.timedelta(minutes=3)
    assert not Event.objects.exists()


def test_a_click_of_a_person_is_an_event_with_the_page_he_went_to(delivery):
    links.register(delivery.step, "", ["https://shop.example.jp/price"])
    told(delivery, (KIND.CLICKED, 9), (KIND.CLICKED, 5), link=1)
    event = Event.objects.get(kind="mail_clicked")
    assert event.at == NOW + dt.timedelta(minutes=5)
    assert event.data["url"] == "https://shop.example.jp/price"
    assert event.data["campaign_name"] == "掘り起こし"


def visits(delivery: Delivery, *clicks: tuple[int, float]) -> None:
    """(link, seconds after the hour)."""
    rows = [
        News("web", f"{link} {seconds}", KIND.CLICKED, LATER + dt.timedelta(seconds=seconds), delivery.pk, link=link)
        for link, seconds in clicks
    ]
    for row in rows:
        reporting.store([row], received_at=row.at)


@pytest.mark.parametrize(
    ("clicks", "people"),
    [
        ([(1, 0)], {1}),
        ([(1, 0), (2, 2)], set()),  # nobody follows two links in two seconds
        ([(1, 0), (2, 4)], {1, 2}),
        ([(1, 0), (1, 1)], {1}),  # a double click
        ([(1, 0), (0, 40)], set()),  # the trap
        ([(1, 0), (0, 90)], {1}),
    ],
)
def test_scanners_are_known_by_the_company_their_clicks_keep(delivery, clicks, people):
    visits(delivery, *[(link, at) for link, at in clicks])
    Report.objects.filter(link=0).update(is_machine=True)
    reporting.apply_waiting(now=LATER + dt.timedelta(minutes=3))
    delivery.refresh_from_db()
    assert {event.data["link"] for event in Event.objects.filter(kind="mail_clicked")} == people
    assert (delivery.clicked_at is not None) is bool(people)


def test_a_visit_is_not_judged_with_other_news_before_its_time(delivery):
    visits(delivery, (1, 0))
    news = News("test", "delivered", KIND.DELIVERED, LATER, delivery.pk)
    reporting.store([news], received_at=LATER)
    assert reporting.apply_waiting(now=LATER + dt.timedelta(seconds=2)) == 1
    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert reporting.apply_waiting(now=LATER + dt.timedelta(seconds=16)) == 1
    delivery.refresh_from_db()
    assert delivery.clicked_at == LATER


def test_a_click_that_turns_out_to_be_a_machines_is_taken_back(delivery):
    visits(delivery, (1, 0))
    reporting.apply_waiting(now=LATER + dt.timedelta(seconds=16))
    assert Event.objects.filter(kind="mail_clicked").exists()
    visits(delivery, (2, 1))
    reporting.apply_waiting(now=LATER + dt.timedelta(seconds=40))
    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert not Event.objects.filter(kind="mail_clicked").exists()


DAY = 24 * 60


@pytest.mark.parametrize(
    ("days", "is_stopped"),
    [([0, 1, 3], True), ([0, 1, 2.9], False), ([0, 3], False), ([0, 1, 2, 5], True)],
)
def test_three_soft_bounces_in_a_row_over_three_days_stop_an_address(deliver, days, is_stopped):
    for day in days:
        reporting.store(
            [News("test", f"soft {day}", KIND.SOFT_BOUNCED, NOW + dt.timedelta(days=day), deliver().pk)],
            received_at=NOW + dt.timedelta(days=9),
        )
    reporting.apply_waiting(now=NOW + dt.timedelta(days=9))
    assert (stops() == ["bounced"]) is is_stopped


def test_softly_refused_again_and_again_for_one_message_is_one_time(delivery):
    told(delivery, (KIND.SOFT_BOUNCED, -4 * DAY), (KIND.SOFT_BOUNCED, -2 * DAY), (KIND.SOFT_BOUNCED, 0))
    assert stops() == []


def test_a_sign_of_life_begins_the_count_anew_and_takes_the_stop_back(deliver):
    messages = [deliver() for _number in range(4)]
    for delivery, days in zip(messages, (-9, -5, -1, 0), strict=True):
        told(delivery, (KIND.SOFT_BOUNCED, days * DAY))
    assert stops() == ["bounced"]
    told(messages[2], (KIND.DELIVERED, -3 * DAY))
    assert stops() == []


def end_state() -> tuple:
    fields = ("state", "opened_at", "machine_opened_at", "clicked_at", "bounced_at", "complained_at")
    return (
        list(Delivery.objects.order_by("entry").values_list(*fields)),
        sorted(Event.objects.exclude(kind="mail_accepted").values_list("kind", "at", "data__link")),
        stops(),
    )


def test_every_order_has_the_same_end(deliver):
    messages = [deliver(state=state) for state in ("accepted", "unknown", "accepted", "accepted")]
    kinds = [KIND.DELIVERED, KIND.OPENED, KIND.CLICKED, KIND.SOFT_BOUNCED, KIND.DEFERRED]
    dice = random.Random(56)
    news = [
        News(
            "test",
            f"{number}",
            kinds[number % len(kinds)],
            NOW + dt.timedelta(hours=dice.uniform(0, 200)),
            dice.choice(messages).pk,
            is_machine=dice.random() < 0.3,
            link=dice.randint(0, 3),
        )
        for number in range(30)
    ]
    news.append(News("test", "complaint", KIND.COMPLAINED, NOW, messages[3].pk))
    late = NOW + dt.timedelta(days=20)
    ends = []
    for _time in range(6):
        dice.shuffle(news)
        for at in range(0, len(news), 5):
            reporting.store([*news[at : at + 5], dice.choice(news)], received_at=late)
            reporting.apply_waiting(now=late + dt.timedelta(minutes=1))
        ends.append(end_state())
        _begin_anew(messages)
    assert ends == [ends[0]] * 6
    assert ends[0][2][-1] == "complained"


def _begin_anew(messages: list[Delivery]) -> None:
    Report.objects.all().delete()
    Suppression.objects.all().delete()
    Event.objects.all().delete()
    for one in messages:
        one.save()


def test_one_report_that_cannot_be_applied_keeps_no_other_back(delivery, monkeypatch):
    real, bad = reporting._consequence, f"{delivery.pk} {KIND.BOUNCED} 1 0"

    def fails(row, now):
        if Report.objects.get(pk=row["id"]).key == bad:
            raise DatabaseError
        real(row, now)

    monkeypatch.setattr(reporting, "_consequence", fails)
    told(delivery, (KIND.BOUNCED, 1), (KIND.COMPLAINED, 2))
    assert stops() == ["complained"]
    assert Report.objects.filter(applied_at=None).count() == 1


def test_news_from_the_future_happened_now(delivery):
    told(delivery, (KIND.OPENED, 10_000))
    delivery.refresh_from_db()
    assert delivery.opened_at == LATER


def test_applying_costs_the_same_statements_for_one_and_for_many(deliver, django_assert_max_num_queries):
    rows = [News("test", f"{number}", KIND.OPENED, NOW, deliver().pk) for number in range(20)]
    reporting.store(rows, received_at=NOW)
    with django_assert_max_num_queries(25):
        reporting.apply_waiting(now=LATER)
    assert not Delivery.objects.filter(opened_at=None).exists()
