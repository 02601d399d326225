"""Sending, against a real SMTP server: every row ends once, and nobody is written to who should not be."""

import datetime as dt
import threading
import uuid
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from accounts.models import Installation
from campaigns import audience, sending, states, unsubscribing
from campaigns.channels import RefusedError, Stage
from campaigns.channels.email import EmailChannel
from campaigns.models import Campaign, Delivery, DomainPause, Offer
from campaigns.sending import ledger as claims
from campaigns.sending import sender
from customers import consent
from customers.models import Channel, Consent, Customer, Event, Product, Purchase, Suppression
from tests.campaigns.moments import NOW
from tests.factories import day, moment
from tests.smtp_sink import DROP

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture
def planned(campaign, person, staff, mail_server):
    """A running campaign for so many people, ready to send."""

    def make(count: int = 3) -> Campaign:
        for number in range(count):
            person(number)
        audience.launch(campaign=campaign, by=staff, now=NOW)
        audience.plan_due(now=NOW)
        campaign.refresh_from_db()
        return campaign

    return make


def ledger() -> dict[str, tuple[str, str]]:
    return {row.address.split("@")[0]: (row.state, row.reason) for row in Delivery.objects.all()}


def state_of() -> Counter:
    return Counter(Delivery.objects.values_list("state", flat=True))


def row(number: int = 0) -> Delivery:
    return Delivery.objects.get(address=f"p{number}@example.jp")


ACCEPTED = ("accepted", "")


def test_everybody_gets_one_mail_and_the_campaign_is_finished(planned, mail_server):
    planned(5)
    assert sending.run(now=NOW) == 5
    assert sorted(mail_server.recipients) == [f"p{n}@example.jp" for n in range(5)]
    assert state_of() == {State.ACCEPTED: 5}
    assert Campaign.objects.get().state == "finished"
    assert mail_server.connections == 1
    one = row()
    assert (one.reply, one.lease_until) == ("250 2.0.0 OK", None)
    assert one.sending_at < one.settled_at
    assert sending.run(now=NOW) == 0


def test_the_customers_timeline_hears_of_it(planned):
    campaign = planned(1)
    sending.run(now=NOW)
    event = Event.objects.get()
    expected = {"campaign": campaign.pk, "step": campaign.steps.get().pk, "delivery": row().pk, "channel": "mail"}
    assert (event.kind, event.customer, event.data) == ("mail_accepted", row().customer, expected)


def test_nobody_held_out_or_stopped_is_written_to(campaign, person, staff, mail_server):
    for number in range(10):
        person(number, agreed=number < 8)
    Campaign.objects.update(holdout_percent=50)
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    sending.run(now=NOW)
    assert state_of() == {State.ACCEPTED: 4, State.HELD_OUT: 4, State.SUPPRESSED: 2}
    held_out = set(Delivery.objects.filter(state=State.HELD_OUT).values_list("address", flat=True))
    assert held_out.isdisjoint(mail_server.recipients)


@pytest.mark.parametrize(
    ("answer", "expected", "is_bounce"),
    [
        ({"rcpt": "550 5.1.1 No such user"}, ("failed", "rejected"), True),
        ({"rcpt": "550 mailbox unavailable"}, ("failed", "rejected"), False),
        ({"rcpt": "450 4.2.1 busy"}, ("deferred", "later"), False),
        ({"rcpt": "421 4.3.2 closing"}, ("deferred", "later"), False),
        ({"rcpt": "550 5.7.1 policy"}, ("deferred", "policy"), False),
        ({"rcpt": DROP}, ("deferred", "connection"), False),
        ({"data": "451 4.3.0 later"}, ("deferred", "later"), False),
        ({"data": "554 5.6.0 bad content"}, ("failed", "rejected"), False),
        ({"data": "550 5.7.9 policy"}, ("deferred", "policy"), False),
        ({"data": DROP}, ("unknown", "no_answer"), False),
    ],
)
def test_what_the_server_says_to_one_concerns_this_one(planned, mail_server, answer, expected, is_bounce):
    planned(3)
    mail_server.answer("p1@example.jp", **answer)
    sending.run(now=NOW)
    assert ledger()["p1"] == expected
    if expected[1] != "policy":  # a policy of the domain stops the others there too
        assert (ledger()["p0"], ledger()["p2"]) == (ACCEPTED, ACCEPTED)
    assert Suppression.objects.filter(reason="bounced", address="p1@example.jp").exists() is is_bounce


def test_a_deferred_mail_goes_out_later_with_the_same_message_id(planned, mail_server):
    planned(1)
    mail_server.answer("p0@example.jp", rcpt="451 4.7.1 greylisted")
    sending.run(now=NOW)
    key = row().message_key
    assert Campaign.objects.get().state == "running"
    assert sending.run(now=NOW + dt.timedelta(seconds=59)) == 0
    assert sending.run(now=NOW + dt.timedelta(seconds=60)) == 1
    assert str(key) in mail_server.mails[0].message["Message-ID"]
    assert row().attempts == 2
    assert Campaign.objects.get().state == "finished"


def test_after_its_deadline_a_mail_is_not_sent(planned, mail_server):
    planned(1)
    Installation.objects.update(sends_on_holidays=True, sends_on_weekends=True)
    mail_server.answer("p0@example.jp", rcpt="451 4.7.1 later", times=99)
    for hours in (0, 1, 30, 71, 73):
        sending.run(now=NOW + dt.timedelta(hours=hours))
    assert state_of() == {State.EXPIRED: 1}
    assert mail_server.mails == []
    assert Campaign.objects.get().state == "finished"


def test_what_may_have_arrived_is_never_sent_again(planned, mail_server):
    planned(2)
    mail_server.answer("p0@example.jp", data=DROP, keep_dropped=True)
    sending.run(now=NOW)
    sending.run(now=NOW + dt.timedelta(days=1))
    assert ledger() == {"p0": ("unknown", "no_answer"), "p1": ACCEPTED}
    assert mail_server.recipients.count("p0@example.jp") == 1
    assert Event.objects.filter(kind="mail_unknown").count() == 1


def test_one_recipients_own_policy_stops_nobody_else_at_his_domain(planned, mail_server):
    planned(9)
    soon, later = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(hours=2)
    pks = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=pks[1:4]).update(due_at=soon)
    Delivery.objects.filter(pk__in=pks[4:]).update(due_at=later)
    sending.run(now=NOW)
    mail_server.answer("p1@example.jp", rcpt="550 5.7.1 blocked by the recipient", times=9)
    sending.run(now=soon)
    assert not DomainPause.objects.exists()
    assert state_of() == {State.ACCEPTED: 3, State.DEFERRED: 1, State.PENDING: 5}
    for number in range(4, 9):
        mail_server.answer(f"p{number}@example.jp", rcpt="550 5.7.1 now all of you", times=9)
    sending.run(now=later)
    assert DomainPause.objects.get().domain == "example.jp"


def test_a_domain_that_refuses_us_by_policy_is_paused_and_nobody_is_suppressed(campaign, person, staff, mail_server):
    for number in range(30):
        person(number)
        mail_server.answer(f"p{number}@example.jp", rcpt="550 5.7.26 unauthenticated", times=1)
    person(50, email="x@other.example.jp")
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    sending.run(now=NOW)
    assert mail_server.recipients == ["x@other.example.jp"]
    pause = DomainPause.objects.get()
    assert (pause.domain, pause.lifted_at, "5.7.26" in pause.reply) == ("example.jp", None, True)
    assert state_of() == {State.DEFERRED: 1, State.PENDING: 29, State.ACCEPTED: 1}
    assert not Suppression.objects.exists()
    later = NOW + dt.timedelta(minutes=2)
    sending.run(now=later)
    assert len(mail_server.mails) == 1
    mail_server._rcpt.clear()
    states.resume(campaign=Campaign.objects.get(), by=staff, now=later)
    assert sending.run(now=later) == 30


def test_a_server_that_does_not_want_our_sender_pauses_the_campaign(planned, mail_server, monkeypatch):
    planned(3)

    async def refuse(*_words):
        return "550 5.7.1 not from you"

    monkeypatch.setattr(type(mail_server), "handle_MAIL", refuse, raising=False)
    sending.run(now=NOW)
    campaign = Campaign.objects.get()
    assert (campaign.state, "not from you" in campaign.note) == ("paused", True)
    assert state_of() == {State.DEFERRED: 1, State.PENDING: 2}


def test_no_server_gives_everything_back_and_says_why(planned, monkeypatch, mail_server):
    planned(3)
    monkeypatch.setattr(settings, "EMAIL_PORT", 1)
    assert sending.run(now=NOW) == 0
    assert state_of() == {State.PENDING: 3}
    assert "ConnectionRefusedError" in Campaign.objects.get().note
    monkeypatch.setattr(settings, "EMAIL_PORT", mail_server.port)
    assert sending.run(now=NOW) == 3


# --- what may change between planning and sending ----------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch):
    """Does something while the server is asked about the first recipient: after the claim, before the mark."""

    def arrange(act) -> None:
        offer, done = EmailChannel.begin_offer, []

        def offered(channel, message):
            if not done:
                done.append(act())
            offer(channel, message)

        monkeypatch.setattr(EmailChannel, "begin_offer", offered)

    return arrange


def test_a_server_that_goes_away_in_the_middle_leaves_the_rest_waiting(planned, mail_server, meanwhile):
    """The third recipient's connection breaks, and nobody opens the door again."""
    planned(5)
    waiting = list(Delivery.objects.order_by("due_at", "id"))
    mail_server.answer(waiting[2].address, rcpt=DROP)
    meanwhile(lambda: mail_server._loop.call_soon_threadsafe(mail_server._server.close))
    assert sending.run(now=NOW) == 2
    assert state_of() == {State.ACCEPTED: 2, State.DEFERRED: 1, State.PENDING: 2}
    assert Campaign.objects.get().note


def test_who_unsubscribes_in_the_middle_gets_nothing_more(planned, mail_server, meanwhile):
    planned(5)
    waiting = Delivery.objects.order_by("due_at", "id")
    meanwhile(lambda: [unsubscribing.unsubscribe(token=one.token, now=NOW) for one in waiting[1:3]])
    sending.run(now=NOW)
    assert Counter(ledger().values()) == {ACCEPTED: 3, ("suppressed", "refused"): 2}
    assert len(mail_server.mails) == 3


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda: Suppression.objects.create(channel="mail", address="p0@example.jp", reason="bounced", at=NOW),
            "bounced",
        ),
        (
            lambda: Suppression.objects.create(channel="mail", address="p0@example.jp", reason="complained", at=NOW),
            "complained",
        ),
        (lambda: Consent.objects.all().delete(), "no_consent"),
        (lambda: Consent.objects.update(state="withdrawn"), "refused"),
        (lambda: Customer.objects.update(archived_at=NOW), "archived"),
    ],
)
def test_everything_is_read_again_before_a_mail_is_handed_over(planned, mail_server, meanwhile, change, expected):
    planned(1)
    meanwhile(change)
    sending.run(now=NOW)
    assert ledger() == {"p0": ("suppressed", expected)}
    assert mail_server.mails == []


def test_a_business_notice_needs_no_consent_but_respects_a_refusal(campaign, person, staff, mail_server):
    Offer.objects.all().delete()
    campaign.steps.update(subject="更新のお知らせ", body="お知らせです。")
    Campaign.objects.update(message_class="business")
    person(0, agreed=False)
    refusing = person(1)
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    consent.withdraw(customer=refusing, channel=Channel.MAIL, address="p1@example.jp", at=NOW, source="staff")
    sending.run(now=NOW)
    assert ledger() == {"p0": ACCEPTED, "p1": ("suppressed", "refused")}


def test_pausing_in_the_middle_sends_nothing_more(planned, mail_server, meanwhile, staff):
    campaign = planned(5)
    meanwhile(lambda: states.pause(campaign=campaign, by=staff))
    sending.run(now=NOW)
    assert mail_server.mails == []
    assert state_of() == {State.PENDING: 5}
    assert sending.run(now=NOW) == 0
    states.resume(campaign=campaign, by=staff, now=NOW)
    assert sending.run(now=NOW) == 5


def test_cancelling_in_the_middle_sends_nothing_more(planned, mail_server, meanwhile, staff):
    campaign = planned(5)
    meanwhile(lambda: states.cancel(campaign=campaign, by=staff))
    sending.run(now=NOW)
    assert mail_server.mails == []
    assert state_of() == {State.CANCELLED: 5}


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda: Campaign.objects.update(state="paused"), State.PENDING),
        (lambda: Campaign.objects.update(state="cancelled"), State.CANCELLED),
        (lambda: Installation.objects.update(sending_stopped="復元"), State.PENDING),
        (
            lambda: DomainPause.objects.create(campaign=Campaign.objects.get(), domain="example.jp", at=NOW),
            State.PENDING,
        ),
        (lambda: Delivery.objects.update(expires_at=NOW), State.EXPIRED),
    ],
)
def test_the_mark_itself_refuses_whatever_no_verb_took_back(planned, mail_server, meanwhile, change, after):
    planned(1)
    meanwhile(change)
    sending.run(now=NOW)
    assert mail_server.mails == []
    assert row().state == after
    assert row().attempts == (0 if after == State.PENDING else 1)


def test_words_changed_after_the_launch_are_not_sent(planned, mail_server):
    campaign = planned(2)
    campaign.steps.update(body="別の文面")
    sending.run(now=NOW)
    assert mail_server.mails == []
    stored = Campaign.objects.get()
    assert (stored.state, bool(stored.note)) == ("paused", True)
    assert state_of() == {State.PENDING: 2}


def test_stopped_sending_sends_nothing(planned, mail_server):
    planned(2)
    Installation.objects.update(sending_stopped="復元したデータベースです")
    assert sending.run(now=NOW) == 0
    assert state_of() == {State.PENDING: 2}


def test_a_missing_field_stops_this_recipient_only(campaign, person, staff, mail_server):
    campaign.steps.update(body="{{ 前回の商品 }}はいかがですか。")
    person(0)
    Purchase.objects.create(
        customer=person(1),
        line_key=uuid.uuid4(),
        product=Product.objects.create(name="ティーカップ"),
        purchased_at=moment("2026-06-01"),
        purchased_on=day("2026-06-01"),
        amount=1,
    )
    audience.launch(campaign=Campaign.objects.get(), by=staff, now=NOW)
    audience.plan_due(now=NOW)
    sending.run(now=NOW)
    assert ledger() == {"p0": ("suppressed", "missing_field"), "p1": ACCEPTED}
    assert row(0).reply == "前回の商品"


def test_an_address_that_cannot_be_written_to_stops_this_recipient_only(campaign, person, staff, mail_server):
    person(0, email="a b@example.jp")
    person(1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    sending.run(now=NOW)
    assert sorted(Delivery.objects.values_list("state", "reason")) == [ACCEPTED, ("suppressed", "bad_address")]


# --- several senders, dead senders ---------------------------------------------------------------


def expire(states_: list[str]) -> None:
    rows = Delivery.objects.filter(state__in=states_)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_delivery SET lease_until = clock_timestamp() - interval '1 second' WHERE id = ANY(%s)",
            [list(rows.values_list("pk", flat=True))],
        )


def test_a_dead_senders_rows_go_back_and_what_it_was_handing_over_is_unknown(planned, mail_server):
    planned(3)
    token = uuid.uuid4()
    Delivery.objects.update(state=State.CLAIMED, claim_token=token)
    Delivery.objects.filter(pk=row(0).pk).update(state=State.SENDING)
    expire([State.CLAIMED, State.SENDING])
    assert sending.run(now=NOW) == 2
    assert ledger() == {"p0": ("unknown", "no_answer"), "p1": ACCEPTED, "p2": ACCEPTED}
    assert "p0@example.jp" not in mail_server.recipients


def test_a_living_senders_rows_are_left_alone(planned, mail_server):
    planned(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_delivery SET state = 'claimed', lease_until = clock_timestamp() + interval '1 minute'"
        )
    assert sending.run(now=NOW) == 0
    assert state_of() == {State.CLAIMED: 2}


def test_a_sender_that_slept_through_its_lease_writes_nothing(planned, mail_server, meanwhile):
    """Another took its rows and sent them; when it wakes up, its token no longer opens them."""
    planned(3)

    def sleep() -> None:
        Delivery.objects.filter(state=State.CLAIMED).update(claim_token=uuid.uuid4(), state=State.ACCEPTED)

    meanwhile(sleep)
    sending.run(now=NOW)
    assert mail_server.mails == []
    assert state_of() == {State.ACCEPTED: 3}


def test_a_lease_that_ended_is_not_used_even_if_nobody_took_the_row(planned, mail_server, meanwhile):
    planned(3)
    meanwhile(lambda: expire([State.CLAIMED]))
    sending.run(now=NOW)
    assert len(mail_server.mails) == 3  # given back with the batch and claimed anew, each once
    assert state_of() == {State.ACCEPTED: 3}


def test_a_long_batch_keeps_its_claim(planned, mail_server, monkeypatch):
    planned(3)
    renewed = []
    run = claims.sql.run
    monkeypatch.setattr(claims.sql, "run", lambda name, words=None: renewed.append(name) or run(name, words))
    with override_settings(SEND_LEASE_SECONDS=0.0):
        claim = claims.Claim("mail", is_keyed=False, now=NOW)
        claim.keep()
    assert "campaigns/sql/renew.sql" in renewed


def test_told_to_stop_it_gives_the_rest_back(planned, mail_server):
    planned(5)
    sending.run(now=NOW, is_stopping=lambda: len(mail_server.mails) >= 2)
    assert state_of() == {State.ACCEPTED: 2, State.PENDING: 3}
    assert set(Delivery.objects.filter(state=State.PENDING).values_list("attempts", flat=True)) == {0}


def test_only_so_many_senders_work_at_once(planned, mail_server, transactional_db):
    planned(1)
    other = connection.copy()
    try:
        with other.cursor() as cursor, override_settings(SENDERS=1):
            cursor.execute("SELECT pg_advisory_lock(%s, 0)", [sending.SLOTS])
            assert sending.run(now=NOW) == 0
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [sending.SLOTS])
            assert sending.run(now=NOW) == 1
    finally:
        other.close()


# --- several connections at once -----------------------------------------------------------------


@pytest.fixture
def four(mail_server, monkeypatch):
    monkeypatch.setattr(settings, "SEND_CONNECTIONS", 4)
    return mail_server


def test_several_connections_share_the_work_and_nobody_gets_two(planned, four):
    planned(30)
    assert sending.run(now=NOW) == 30
    assert Counter(four.recipients) == {f"p{n}@example.jp": 1 for n in range(30)}
    assert four.connections == 4
    assert state_of() == {State.ACCEPTED: 30}


def test_what_goes_wrong_on_one_connection_stays_there(planned, four):
    planned(12)
    four.answer("p1@example.jp", rcpt="550 5.1.1 No such user")
    four.answer("p4@example.jp", data="451 4.3.0 later")
    four.answer("p6@example.jp", data=DROP)
    four.answer("p9@example.jp", rcpt=DROP)
    assert sending.run(now=NOW) == 8
    found = ledger()
    assert {name: found[name] for name in ("p1", "p4", "p6", "p9")} == {
        "p1": ("failed", "rejected"),
        "p4": ("deferred", "later"),
        "p6": ("unknown", "no_answer"),
        "p9": ("deferred", "connection"),
    }
    assert state_of()[State.ACCEPTED] == 8


def test_a_server_that_takes_fewer_connections_gets_fewer(planned, four, monkeypatch):
    planned(12)
    connect, opened, lock = EmailChannel._connected, [], threading.Lock()

    def at_most_two(channel):
        with lock:
            if channel not in opened and len(opened) == 2:
                raise RefusedError(Stage.CONNECT, 421, "4.7.0 too many connections")
            opened.append(channel)
        return connect(channel)

    monkeypatch.setattr(EmailChannel, "_connected", at_most_two)
    assert sending.run(now=NOW) == 12
    assert four.connections == 2
    assert Campaign.objects.get().state == "finished"


def test_who_unsubscribes_is_taken_out_of_his_wave(planned, four):
    planned(8)
    unsubscribing.unsubscribe(token=row(2).token, now=NOW)
    assert sending.run(now=NOW) == 7
    assert ledger()["p2"] == ("suppressed", "refused")


def test_a_campaign_that_was_stopped_meanwhile_is_not_paused_on_top(planned):
    planned(1)
    Campaign.objects.update(state="cancelled")
    sender.pause_campaign(Campaign.objects.get().pk, "why")
    assert Campaign.objects.get().state == "cancelled"


def test_no_server_set_is_said_on_the_campaign(planned, monkeypatch):
    planned(1)
    monkeypatch.setattr(settings, "EMAIL_HOST", None)
    assert sending.run(now=NOW) == 0
    assert "EMAIL_URL" in Campaign.objects.get().note
