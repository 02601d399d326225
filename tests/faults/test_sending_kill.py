"""Senders die by SIGKILL, freeze, and are told to stop, at seeded moments: nobody is lost or written to twice."""

import queue
import signal
import threading
import time

import pytest

from campaigns import tasks
from campaigns.models import Campaign, Delivery
from devstack.machine import until
from tests.faults import ledger
from tests.faults.conftest import SEED, is_finished, launched, logs_of
from tests.faults.judge import Act, Judge, Step
from tests.faults.nemesis import PATIENCE, SHORT, Nemesis, Pollers, send

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State
ONE_CONNECTION = {"SENDERS": "1", "SEND_CONNECTIONS": "1", "SEND_LEASE_SECONDS": "1", "SEND_DATA_LEASE_SECONDS": "2"}
LEASE = 2  # seconds, the longer of the two
STOPPING = 30  # seconds a sender has to be gone after TERM


# --- at random moments ---------------------------------------------------------------------------


def test_senders_killed_again_and_again_lose_none_and_repeat_none(campaign, judge, pollers, celery_worker_process, say):
    storm(campaign, judge, pollers, celery_worker_process, say, mails=600, kills=4)


@pytest.mark.prove
def test_100000_mails_survive_200_kills(campaign, judge, pollers, celery_worker_process, say):
    storm(campaign, judge, pollers, celery_worker_process, say, mails=100_000, kills=200)


def storm(campaign, judge, pollers, celery_worker_process, say, *, mails: int, kills: int) -> None:
    """Two pollers and a Celery worker of two hands; every wake-up comes several times over."""
    launched(campaign, mails)
    nemesis = Nemesis(judge, SEED, pollers=pollers())
    nemesis.workers = [celery_worker_process(EMAIL_URL=judge.url, **SHORT)]
    nemesis.pollers.start(2)
    begun = time.monotonic()
    with waking(nemesis):
        nemesis.storm(kills, mails, is_done=lambda: len(judge) >= mails)
        assert until(lambda: is_finished(campaign), PATIENCE, every=0.2), (
            f"seed {SEED}: {ledger.verdict(campaign, judge)}"
        )
    seconds = time.monotonic() - begun
    nemesis.pollers.close()
    found = ledger.check(campaign, judge, logs=logs_of(nemesis.pollers, *nemesis.workers))
    assert nemesis.kills == kills
    say(f"{found}; {kills} SIGKILLs, {judge.cut} connections cut, {mails / seconds:.0f} mails/s")


class waking:  # noqa: N801  reads as the word it is
    """The clock, gone mad: asks for the same work one to five times, several times a second."""

    def __init__(self, nemesis: Nemesis):
        self._chance, self._over = nemesis.chance, threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)

    def _go(self) -> None:
        while not self._over.wait(0.3):
            for _time in range(1 + time.monotonic_ns() % 5):
                tasks.wake()

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join(10)


# --- frozen, and told to stop ----------------------------------------------------------------------


def test_a_frozen_sender_that_comes_back_writes_nothing_and_sends_nothing(campaign, judge, pollers):
    """One freezes before its mail is handed over, one after: three leases later both find others in their place."""
    launched(campaign, 300)
    runner = pollers(**ONE_CONNECTION | {"SENDERS": "3"})
    before = _frozen_at(Step.RCPT, judge, runner)
    after = _frozen_at(Step.DOT, judge, runner)
    runner.start()
    assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
    states = dict(campaign.deliveries.values_list("address", "state"))
    assert (states[before.recipient], states[after.recipient]) == (State.ACCEPTED, State.UNKNOWN)
    settled = sorted(campaign.deliveries.values_list("pk", "state", "settled_at", "claim_token"))
    time.sleep(max(0, 3 * LEASE - (time.time() - after.data_at)))
    for zombie in (before, after):
        send(zombie.pid, signal.SIGCONT)
    assert until(lambda: before.is_over and after.is_over, PATIENCE)
    for pid in runner.alive():
        send(pid, signal.SIGTERM)
    assert until(lambda: not runner.alive(), STOPPING)
    assert sorted(campaign.deliveries.values_list("pk", "state", "settled_at", "claim_token")) == settled
    ledger.check(campaign, judge, logs=logs_of(runner), unknown=1)


def _frozen_at(step: Step, judge: Judge, runner: Pollers):
    """A new poller, stopped by SIGSTOP when it has come so far; the session it is in."""
    (pid,), met = runner.start(), []

    def freeze(session) -> None:
        if not met:
            send(pid, signal.SIGSTOP)
            session.pid = pid
            met.append(session)

    judge.on(step, freeze)
    assert until(lambda: met, PATIENCE, every=0.01)
    judge.on(step, None)
    return met[0]


def test_told_to_stop_in_the_run_everybody_finishes_his_mail_and_gives_the_others_back(
    campaign, judge, pollers, celery_worker_process
):
    """A deployment: TERM to all, and the new ones go on. Nothing is in doubt."""
    launched(campaign, 400)
    judge.at(Step.DOT, Act(delay=0.02), times=10_000)
    runner, worker = pollers(), celery_worker_process(EMAIL_URL=judge.url, **SHORT)
    nemesis = Nemesis(judge, SEED, pollers=runner, workers=[worker])
    runner.start(2)
    tasks.wake()
    nemesis.wait_for_holders()
    assert until(lambda: len(judge) > 20, PATIENCE)
    began = time.monotonic()
    for pid in runner.alive():
        send(pid, signal.SIGTERM)
    worker.stop()
    assert until(lambda: not runner.alive(), STOPPING)
    assert time.monotonic() - began < STOPPING
    counts = ledger.verdict(campaign, judge).states
    assert set(counts) == {State.ACCEPTED, State.PENDING}
    assert counts[State.ACCEPTED] == len(judge) < 400
    assert not campaign.deliveries.filter(state=State.PENDING, attempts__gt=0).exists()
    judge.forgive()
    runner.start(2)
    assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
    ledger.check(campaign, judge, logs=logs_of(runner, worker), unknown=0)


# --- at the worst moments --------------------------------------------------------------------------


# What is in doubt after a kill when the judge has heard the RCPT of a sender's first mail (nothing has been handed
# over), of a later one (only the one before, whose answer was not written down yet), and after the dot (this one).
MOMENTS = [
    pytest.param(Step.RCPT, 1, 0, id="before the first mail"),
    pytest.param(Step.RCPT, 5, 1, id="before a later mail"),
    pytest.param(Step.DOT, 1, 1, id="after the dot"),
]


@pytest.mark.parametrize(("step", "nth", "doubts"), MOMENTS)
def test_killed_at_the_worst_moment(campaign, judge, pollers, say, step, nth, doubts):
    kill_at(step, nth, doubts, campaign, judge, pollers(**ONE_CONNECTION), say, kills=2)


@pytest.mark.prove
@pytest.mark.parametrize(("step", "nth", "doubts"), MOMENTS)
def test_killed_500_times_at_the_worst_moment(campaign, judge, pollers, say, step, nth, doubts):
    kill_at(step, nth, doubts, campaign, judge, pollers(**ONE_CONNECTION), say, kills=500)


def kill_at(step, nth, doubts, campaign: Campaign, judge: Judge, runner: Pollers, say, *, kills: int) -> None:
    """A poller dies by its own doing each time: at the nth mail of its connection."""
    launched(campaign, min(kills * 20, 10_000))
    killed: list[str] = []
    living: queue.Queue[int] = queue.Queue()

    def kill(session) -> None:
        if session.begun == nth and len(killed) < kills:
            send(living.get(timeout=PATIENCE), signal.SIGKILL)
            killed.append(session.recipient)

    judge.on(step, kill)
    for number in range(kills):
        living.put(*runner.start())
        assert until(lambda number=number: len(killed) > number and not runner.alive(), PATIENCE, every=0.002)
    judge.on(step, None)
    runner.start()
    assert until(lambda: is_finished(campaign), PATIENCE, every=0.1)
    runner.close()
    found = ledger.check(campaign, judge, logs=logs_of(runner))
    assert found.unknown == kills * doubts if doubts == 0 or step == Step.DOT else found.unknown <= kills
    doubtful = set(campaign.deliveries.filter(state=State.UNKNOWN).values_list("address", flat=True))
    assert doubtful == set(killed) if step == Step.DOT else doubtful.isdisjoint(killed)
    assert doubtful <= {line.recipient for line in judge.accepted()}
    say(f"{found}; {kills} SIGKILLs at {step} of mail {nth}")
