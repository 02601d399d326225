"""The mail server refuses, hangs up, stammers and falls silent: everybody still gets his mail, once, or the reason."""

import dataclasses
import datetime as dt
import time
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from campaigns import replies, sending, states
from campaigns.channels import email
from campaigns.models import Campaign, Delivery, DomainPause
from customers.models import Suppression
from tests.faults import ledger
from tests.faults.conftest import address, is_finished, launched
from tests.faults.judge import Act, Judge, Step

pytestmark = pytest.mark.django_db
State = Delivery.State
OFTEN = 10_000


def looks(campaign: Campaign, judge: Judge, most: int = 60) -> Iterator[dt.datetime]:
    """The moments at which something is due, until the campaign is finished; sends at each, then yields it."""
    now = timezone.now()
    for _look in range(most):
        sending.run(now=now)
        yield now
        if is_finished(campaign):
            return
        waiting = campaign.deliveries.filter(state__in=[State.PENDING, State.DEFERRED])
        due = waiting.values_list("due_at", flat=True)
        assert due, f"nothing waits, and yet: {ledger.verdict(campaign, judge)}"
        now = max(now + dt.timedelta(seconds=5), min(due))
    pytest.fail(f"not finished after {most} looks: {campaign.deliveries.values_list('state', 'reason')}")


def test_421_at_the_door_and_in_the_middle_costs_connections_and_time_but_no_mail(campaign, here, monkeypatch):
    """A third of the doors shut, a third of the recipients sent away once."""
    monkeypatch.setattr(django_settings, "SEND_CONNECTIONS", 4)
    launched(campaign, 150)
    here.at(Step.CONNECT, Act(reply="421 4.3.2 too busy"), share=0.3)
    here.at(Step.RCPT, Act(reply="421 4.7.0 later"), share=0.3)
    shut = begun = 0
    for _now in looks(campaign, here):
        assert here.refused_sessions - shut <= 4, "knocked again at a door that had just been shut"
        shut, begun = here.refused_sessions, begun + 1
    assert shut > 0
    assert begun > 1
    sent_away = sum(here._rules[1].met.values())
    assert 30 < sent_away < 60
    assert campaign.deliveries.filter(attempts=2).count() == sent_away
    ledger.check(campaign, here, unknown=0)


CODES = ("450 4.2.1 busy", "451 4.3.0 trouble", "452 4.3.1 full", "454 4.7.0 not now")


def test_4xx_at_every_step_is_tried_again_later_and_later(campaign, here):
    """A fifth at each step, and each one to three times; the campaign isn't over before they are."""
    launched(campaign, 120)
    for times, (step, reply) in enumerate(zip([Step.MAIL, Step.RCPT, Step.DATA, Step.DOT], CODES, strict=True)):
        here.at(step, Act(reply=reply), share=0.2, times=max(times, 1))
    waits: dict[int, float] = {}
    for now in looks(campaign, here):
        for row in campaign.deliveries.filter(state=State.DEFERRED, due_at__gt=now):
            assert row.reason == "later"
            waits.setdefault(row.attempts, (row.due_at - now).total_seconds())
        assert is_finished(campaign) is not campaign.deliveries.filter(state=State.DEFERRED).exists()
    last = len(replies.BACK_OFF)
    assert waits == {n: replies.BACK_OFF[min(n, last) - 1] for n in range(1, len(waits) + 1)}
    assert len(waits) >= 3
    assert all(rule.met for rule in here._rules)
    ledger.check(campaign, here, unknown=0)


def test_5xx_for_one_concerns_this_one(campaign, here):
    launched(campaign, 30)
    here.at(Step.RCPT, Act(reply="550 5.1.1 No such user"), who=address(7), times=OFTEN)
    here.at(Step.DOT, Act(reply="554 5.6.0 We do not like it"), who=address(11), times=OFTEN)
    list(looks(campaign, here))
    assert set(campaign.deliveries.filter(state=State.FAILED).values_list("address", flat=True)) == {
        address(7),
        address(11),
    }
    assert list(Suppression.objects.values_list("address", "reason")) == [(address(7), "bounced")]
    assert ledger.check(campaign, here, unknown=0).accepted == 28


@pytest.mark.parametrize("reply", ["550 5.7.26 unauthenticated", "550 5.7.515 access denied", "550 5.7.9 policy"])
@pytest.mark.parametrize("step", [Step.RCPT, Step.DOT])
def test_a_policy_of_a_whole_domain_pauses_it_and_stops_nobody_for_good(campaign, here, reply, step):
    launched(campaign, 90)
    here.at(step, Act(reply=reply), who="@d1.example.jp", times=OFTEN)
    sending.run(now=timezone.now())
    assert DomainPause.objects.get().domain == "d1.example.jp"
    assert sum(here._rules[0].met.values()) <= 20
    assert not Suppression.objects.exists()
    assert {line.recipient.rpartition("@")[2] for line in here.accepted()} == {"d0.example.jp", "d2.example.jp"}
    assert len(here) == 60
    here.forgive()
    states.resume(campaign=campaign, by=campaign.created_by, now=timezone.now())
    list(looks(campaign, here))
    ledger.check(campaign, here, unknown=0)


@pytest.fixture
def patience(monkeypatch) -> email.Timeouts:
    """A hundredth of the product's own, so that a test sees their end."""
    short = email.Timeouts(connect=0.3, command=0.3, after_dot=0.6)
    monkeypatch.setattr(email, "Timeouts", lambda: short)
    return short


# What goes wrong with one in five: the step, the act, and how the row of its first try ends.
LORIS = [
    pytest.param(Step.RCPT, Act(delay=9), State.DEFERRED, id="never answers RCPT"),
    pytest.param(Step.RCPT, Act(drip=0.1), State.DEFERRED, id="a letter at a time at RCPT"),
    pytest.param(Step.RCPT, Act(half=True), State.DEFERRED, id="half an answer to RCPT"),
    pytest.param(Step.DATA, Act(drip=0.1), State.DEFERRED, id="a letter at a time at DATA"),
    pytest.param(Step.DATA, Act(drops=True), State.DEFERRED, id="hangs up at DATA"),
    pytest.param(Step.DOT, Act(delay=9, takes=True), State.UNKNOWN, id="never answers the dot"),
    pytest.param(Step.DOT, Act(drip=0.1, takes=True), State.UNKNOWN, id="a letter at a time after the dot"),
    pytest.param(Step.DOT, Act(half=True, takes=True), State.UNKNOWN, id="half an answer to the dot"),
]


@pytest.mark.parametrize(("step", "act", "ends"), LORIS)
def test_a_server_that_stammers_holds_nobody_longer_than_agreed(campaign, here: Judge, patience, step, act, ends):
    launched(campaign, 12)
    here.at(step, act, who=address(4), times=OFTEN)
    begun = time.monotonic()
    sending.run(now=timezone.now())
    assert time.monotonic() - begun < patience.connect + 3 * patience.command + patience.after_dot
    assert campaign.deliveries.get(address=address(4)).state == ends
    assert campaign.deliveries.filter(state=State.ACCEPTED).count() == 11
    here.forgive()
    list(looks(campaign, here))
    ledger.check(campaign, here, unknown=int(ends == State.UNKNOWN))


# An answer that is none, after the dot: whatever it was meant for, the mail may have arrived.
@pytest.mark.parametrize("reply", ["354 go on", "250", "25", "999 what?", "hello", "\0\xff"])
def test_nonsense_after_the_dot_is_no_answer(campaign, here, reply):
    launched(campaign, 3)
    here.at(Step.DOT, Act(reply=reply, takes=True), who=address(1), times=OFTEN)
    list(looks(campaign, here))
    ledger.check(campaign, here, unknown=int(reply != "250"))


def test_one_who_never_answers_costs_the_others_nothing(campaign, here, patience, monkeypatch):
    """While one connection waits its time, the others carry everybody else's mail."""
    monkeypatch.setattr(django_settings, "SEND_CONNECTIONS", 4)
    monkeypatch.setattr(email, "Timeouts", lambda: dataclasses.replace(patience, command=3))
    launched(campaign, 20)
    here.at(Step.RCPT, Act(delay=9), who=address(4), times=OFTEN)
    began = time.time()
    sending.run(now=timezone.now())
    assert sum(line.data_at < began + 3 for line in here.accepted()) == 19
    assert campaign.deliveries.get(address=address(4)).state == State.DEFERRED


def test_a_greeting_that_never_ends_is_no_server(campaign, here, patience):
    launched(campaign, 2)
    here.at(Step.CONNECT, Act(drip=0.1), times=OFTEN)
    begun = time.monotonic()
    assert sending.run(now=timezone.now()) == 0
    assert time.monotonic() - begun < 3 * patience.connect
    here.forgive()
    list(looks(campaign, here))
    ledger.check(campaign, here, unknown=0)
