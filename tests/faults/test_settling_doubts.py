"""How a doubt ends: with a provider that knows keys there is none; else a report tells, and nobody guesses."""

import base64
import time

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import sending
from campaigns.models import Delivery
from customers.models import Suppression
from devstack.machine import until
from tests.faults import ledger
from tests.faults.conftest import SEED, is_finished, launched, logs_of
from tests.faults.judge import Act, Step
from tests.faults.nemesis import PATIENCE, Nemesis
from tests.faults.provider import Provider

State = Delivery.State
real_processes = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(tmp_path):
    judge = Provider(tmp_path / "book", seed=SEED).start()
    yield judge
    judge.stop()


@real_processes
def test_with_a_key_the_killed_leave_no_doubt(campaign, provider, pollers, say):
    storm_by_key(campaign, provider, pollers, say, mails=120, kills=2)


@pytest.mark.prove
@real_processes
def test_with_a_key_200_kills_leave_no_doubt(campaign, provider, pollers, say):
    storm_by_key(campaign, provider, pollers, say, mails=20_000, kills=200)


def storm_by_key(campaign, provider: Provider, pollers, say, *, mails: int, kills: int) -> None:
    """What was handed over when its sender died goes out again under the same key, with the same words."""
    launched(campaign, mails)
    provider.at(Step.DOT, Act(delay=0.01), times=mails)
    nemesis = Nemesis(provider, SEED, pollers=pollers(**provider.environment))
    nemesis.pollers.start(4)
    nemesis.storm(kills, mails, is_done=lambda: len(provider) >= mails)
    assert until(lambda: is_finished(campaign), PATIENCE, every=0.2), ledger.verdict(campaign, provider)
    nemesis.pollers.close()
    found = ledger.check(campaign, provider, logs=logs_of(nemesis.pollers), unknown=0)
    assert found.accepted == mails
    assert provider.changed == 0
    assert provider.repeated > 0, "no kill hit what it was meant to hit"
    say(f"{found}; {nemesis.kills} SIGKILLs, {provider.repeated} repeats absorbed by their keys")


@pytest.mark.django_db
def test_an_answer_that_was_lost_is_asked_for_again_by_key(campaign, provider, settings):
    """The provider takes the mail and hangs up; the same key goes out once more, and is the same mail."""
    settings.EMAIL_PROVIDER = "resend"
    settings.ANYMAIL = {"RESEND_API_KEY": "re_test", "RESEND_API_URL": provider.environment["ANYMAIL_RESEND_API_URL"]}
    settings.SEND_CONNECTIONS = 1
    launched(campaign, 6)
    provider.at(Step.DOT, Act(drops=True, takes=True), share=0.5)
    now = timezone.now()
    for _look in range(10):
        sending.run(now=now)
        if is_finished(campaign):
            break
        now = max(campaign.deliveries.exclude(state__in=Delivery.FINAL).values_list("due_at", flat=True))
    assert provider.repeated > 0
    assert provider.changed == 0
    assert ledger.check(campaign, provider, unknown=0).accepted == 6


# --- a report tells ------------------------------------------------------------------------------------


def told(row: Delivery, kind: str) -> dict:
    """As Postmark words it."""
    words = {"Metadata": {"message_key": str(row.message_key)}, "Recipient": row.address, "MessageID": str(row.pk)}
    at = timezone.now().isoformat()
    if kind == "bounced":
        said = {"RecordType": "Bounce", "Type": "HardBounce", "Description": "550 5.1.1 no such user", "ID": row.pk}
        return words | said | {"BouncedAt": at, "Email": row.address}
    return words | {"RecordType": "Delivery", "DeliveredAt": at}


@pytest.mark.django_db
def test_reports_settle_the_half_they_speak_of_and_nothing_else(campaign, here, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "provider:secret"}
    authorization = f"Basic {base64.b64encode(b'provider:secret').decode()}"
    launched(campaign, 24)
    here.at(Step.DOT, Act(drops=True, takes=True), share=0.7)
    now = timezone.now()
    while not is_finished(campaign):
        sending.run(now=now)
    doubts = list(campaign.deliveries.filter(state=State.UNKNOWN).order_by("pk"))
    assert len(doubts) > 10
    half = doubts[::2]
    kinds = {row.pk: "bounced" if number % 3 == 0 else "delivered" for number, row in enumerate(half)}
    began, client = time.monotonic(), Client()
    for row in [*half, *reversed(half)]:  # each twice, and in no order
        answer = client.post(
            "/hooks/mail/postmark/", told(row, kinds[row.pk]), content_type="application/json",
            headers={"authorization": authorization},
        )  # fmt: skip
        assert answer.status_code == 200
    assert time.monotonic() - began < 10
    now_known = {row.pk: row for row in Delivery.objects.filter(pk__in=kinds)}
    for pk, kind in kinds.items():
        assert now_known[pk].state == State.ACCEPTED
        assert (now_known[pk].bounced_at is not None) is (kind == "bounced")
    bounced = {now_known[pk].address for pk, kind in kinds.items() if kind == "bounced"}
    assert set(Suppression.objects.values_list("address", flat=True)) == bounced
    assert campaign.deliveries.filter(state=State.UNKNOWN).count() == len(doubts) - len(half)
    assert ledger.verdict(campaign, here).repeated == 0
