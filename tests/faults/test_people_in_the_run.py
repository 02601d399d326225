"""While mails go out people refuse them, and staff pause, cancel, edit and delete: what was decided, holds at once."""

import datetime as dt
import random
import time
from collections import Counter

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Installation
from campaigns import audience, sending, states
from campaigns.models import Campaign, Delivery
from campaigns.models import Step as Words
from customers import consent
from customers.models import Consent, Contact, Customer
from devstack.machine import until
from segments.models import Membership, Segment
from tests.faults import ledger
from tests.faults.conftest import SEED, is_finished, launched, logs_of
from tests.faults.judge import Act, Judge, Step
from tests.faults.nemesis import PATIENCE, Nemesis

State = Delivery.State
real_processes = pytest.mark.django_db(transaction=True)
CONNECTIONS = 2 * 3  # two pollers, three each


# --- people refuse -----------------------------------------------------------------------------------


@real_processes
def test_who_unsubscribes_in_the_run_gets_nothing_a_second_later(campaign, judge, pollers, say):
    unsubscribe_in_the_run(campaign, judge, pollers, say, mails=400, refusals=20)


@pytest.mark.prove
@real_processes
def test_1000_people_unsubscribe_in_the_run(campaign, judge, pollers, say):
    unsubscribe_in_the_run(campaign, judge, pollers, say, mails=30_000, refusals=1_000)


def unsubscribe_in_the_run(campaign, judge: Judge, pollers, say, *, mails: int, refusals: int) -> None:
    launched(campaign, mails)
    judge.at(Step.DOT, Act(delay=0.02), times=mails)
    chance = random.Random(SEED)
    rows = list(campaign.deliveries.order_by("pk").values_list("address", "token"))
    who = chance.sample(rows[mails // 3 :], refusals)
    runner, client, answered = pollers(), Client(), {}
    runner.start(2)
    Nemesis(judge, SEED, pollers=runner).wait_for_holders()
    for address, token in who:
        response = client.post(f"/u/{token}/", {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        answered[address] = time.time()
    assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
    runner.close()
    late = {
        line.recipient: line.data_at - answered[line.recipient]
        for line in judge.accepted()
        if line.recipient in answered
    }
    assert [address for address, seconds in late.items() if seconds > 1] == []
    found = ledger.check(campaign, judge, logs=logs_of(runner), unknown=0)
    assert 0 < found.states[State.SUPPRESSED] <= refusals
    say(f"{found}; {refusals} refusals, the latest mail began {max(late.values(), default=0):.2f} s after one")


@pytest.mark.django_db
def test_a_file_that_calls_the_refused_consented_changes_nothing_in_the_run(campaign, here):
    """Their rows are planned, they refuse, and a grant comes in before the mail is due."""
    launched(campaign, 30)
    refused = list(campaign.deliveries.order_by("pk")[:10])
    now = timezone.now()
    for row in refused:
        consent.withdraw(customer=row.customer, channel="mail", address=row.address, at=now, source="phone")
        later = now + dt.timedelta(seconds=1)
        Consent.objects.create(customer=row.customer, channel="mail", address=row.address, state="granted", at=later)
    sending.run(now=now)
    assert set(campaign.deliveries.filter(state=State.SUPPRESSED).values_list("pk", flat=True)) == {
        r.pk for r in refused
    }
    ledger.check(campaign, here, unknown=0)


# --- staff change their minds ---------------------------------------------------------------------------


@real_processes
def test_what_staff_do_in_the_run_holds_at_once(campaign, judge, pollers, say):
    meddle(campaign, judge, pollers, say, deeds=["pause", "edit", "delete_segment", "cancel"])


@pytest.mark.prove
@real_processes
def test_what_staff_do_in_the_run_holds_50_times(campaign, judge, pollers, say):
    chance = random.Random(SEED)
    meddle(campaign, judge, pollers, say, deeds=[chance.choice(list(DEEDS)) for _deed in range(50)])


def meddle(like, judge: Judge, pollers, say, *, deeds: list[str]) -> None:
    judge.keeps = True
    judge.at(Step.DOT, Act(delay=0.005), times=10_000)
    runner, chance = pollers(), random.Random(SEED)
    runner.start(2)
    campaign, after = launched(like, 200), []
    for deed in deeds:
        begun = len(judge)
        mark = begun + chance.randrange(10, 120)
        assert until(lambda mark=mark: len(judge) >= mark, PATIENCE, every=0.002)
        DEEDS[deed](campaign)
        answered = time.time()
        assert until(lambda campaign=campaign: _rests(campaign), PATIENCE, every=0.05)
        if deed in ("pause", "cancel"):
            began = [line for line in judge.accepted() if line.data_at > answered]
            after.append(len(began))
            assert len(began) <= CONNECTIONS
        _mend(campaign, deed)
        assert until(lambda campaign=campaign: is_over(campaign), PATIENCE, every=0.05)
        assert is_finished(campaign) is (deed != "cancel")
        found = ledger.check(campaign, judge, unknown=0)
        assert found.accepted == 200 or deed == "cancel"
        subjects = {mail.split(b"\r\nSubject: ", 1)[1].split(b"\r\n", 1)[0] for mail in judge.mails}
        assert len(subjects) == 1
        campaign = again(campaign)
    runner.close()
    ledger.check_log(runner.log)
    say(f"{dict(Counter(deeds))}; at most {max(after, default=0)} mails began after the answer")


def is_over(campaign: Campaign) -> bool:
    return is_finished(campaign) or campaign.state == Campaign.State.CANCELLED


def _rests(campaign: Campaign) -> bool:
    """Nothing is under way any more."""
    busy = campaign.deliveries.filter(state__in=[State.CLAIMED, State.SENDING]).exists()
    return not busy and (is_over(campaign) or campaign.state == Campaign.State.PAUSED)


def _edit(campaign: Campaign) -> None:
    """Past the pages, which refuse it."""
    Words.objects.filter(campaign=campaign).update(subject="Something else")


def _mend(campaign: Campaign, deed: str) -> None:
    if deed == "edit":
        Words.objects.filter(campaign=campaign).update(subject="お久しぶりです")
    Segment.everything.update(archived_at=None)
    campaign.refresh_from_db()
    if campaign.state == Campaign.State.PAUSED:
        states.resume(campaign=campaign, by=campaign.created_by, now=timezone.now())


DEEDS = {
    "pause": lambda campaign: states.pause(campaign=campaign, by=campaign.created_by),
    "cancel": lambda campaign: states.cancel(campaign=campaign, by=campaign.created_by),
    "edit": _edit,
    "delete_segment": lambda campaign: Segment.objects.update(archived_at=timezone.now()),
}


def again(before: Campaign) -> Campaign:
    """The same campaign to the same people once more."""
    made = Campaign.objects.create(
        name=before.name, segment=before.segment, created_by=before.created_by, holdout_percent=0
    )
    words = before.steps.get()
    Words.objects.create(campaign=made, subject=words.subject, body=words.body)
    audience.launch(campaign=made, by=made.created_by, now=timezone.now())
    audience.plan_due(now=timezone.now())
    made.refresh_from_db()
    return made


# --- who is who ------------------------------------------------------------------------------------------

# Customers in the order of their ids, with the addresses of their contacts: who of them is written to, and where.
SHARED = [
    (["canary-family@example.jp"], "canary-family@example.jp"),
    (["canary-family@example.jp"], None),  # the same address: one mail
    (["CANARY-Family@Example.JP"], None),  # the same by another spelling
    (["ｃａｎａｒｙ-family@example.jp"], None),  # typed in full width
    (["canary-twice@example.jp", "canary-twice@example.jp"], "canary-twice@example.jp"),  # one person, two contacts
    (["canary-twice+shop@example.jp"], "canary-twice+shop@example.jp"),  # another mailbox as far as anybody can know
    (["canary-first@example.jp", "canary-second@example.jp"], "canary-first@example.jp"),
]


@pytest.mark.django_db
def test_a_shared_address_gets_one_mail_and_nobody_is_dropped_silently(campaign, here):
    now, today = timezone.now(), Installation.get().day_of(timezone.now())
    for number, (addresses, _expected) in enumerate(SHARED):
        who = Customer.objects.create(code=f"S{number}", name=f"{ledger.CANARY} {number}", kind="person")
        for place, email in enumerate(addresses):
            Contact.objects.create(customer=who, email=email, is_primary=not place)
        plain = consent.normalise_address("mail", addresses[0])
        Consent.objects.create(customer=who, channel="mail", address=plain, state="granted", at=now)
        Membership.objects.create(segment=campaign.segment, customer=who, entered_on=today)
    launched(campaign, 0)
    sending.run(now=timezone.now())
    rows = campaign.deliveries.order_by("customer").values_list("state", "reason", "address")
    expected = [
        (State.ACCEPTED, "", to) if to else (State.SUPPRESSED, "duplicate_address", None) for _all, to in SHARED
    ]
    assert [(state, reason, to if state == State.ACCEPTED else None) for state, reason, to in rows] == expected
    assert Counter(line.recipient for line in here.accepted()) == Counter(to for _all, to in SHARED if to)
    assert AuditEvent.objects.get(action="campaign.plan").detail["rows"] == len(SHARED)
    ledger.check(campaign, here, unknown=0)
