"""Workers die by SIGKILL while they send. The judge is the sink's own file, written before it answers 250."""

import asyncio
import os
import random
import threading
import uuid
from collections import Counter
from pathlib import Path

import psutil
import pytest
from django.utils import timezone

from accounts.models import Installation, User
from campaigns import audience, tasks
from campaigns.models import Campaign, Delivery, Step
from customers.models import Channel, Consent, Contact, Customer, Event
from devstack.machine import until
from segments.models import Membership, Segment
from tests.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State
MAILS = 2_000
CONNECTIONS = 2 * 3  # two senders, three connections each
KILLS = int(os.environ.get("KILLS", "5"))  # half of the whole worker, half of the processes that send
ONE = ("--pool=prefork", "--concurrency=1", "--without-gossip", "--without-mingle")
PATIENCE = 120  # seconds for everything to be settled
SHORT = {"SEND_LEASE_SECONDS": "2", "SEND_DATA_LEASE_SECONDS": "2", "SENDERS": "2", "SEND_CONNECTIONS": "3"}
SINGLE = SHORT | {"SEND_CONNECTIONS": "1"}


class Judge(SmtpSink):
    """A sink that writes each mail's Message-ID to a file, and to the disk, before it says 250; and can be slow."""

    def open_book(self, folder: Path) -> "Judge":
        self.book = folder / f"accepted-{uuid.uuid4().hex}"
        self._file = os.open(self.book, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self.reached, self.dotted = threading.Event(), threading.Event()
        self.hold_rcpt = self.hold_data = 0.0  # seconds to wait before answering
        return self

    def _accept(self, envelope) -> None:
        head = envelope.content[:1000].decode("ascii")
        key = head.split("Message-ID: <", 1)[1].split("@", 1)[0]
        os.write(self._file, f"{key}\n".encode())
        super()._accept(envelope)

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await super().handle_RCPT(server, session, envelope, address, options)
        await self._wait(self.hold_rcpt, self.reached)
        return answer

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        await self._wait(self.hold_data, self.dotted)
        return answer

    async def _wait(self, seconds: float, event: threading.Event) -> None:
        if seconds:
            event.set()
            await asyncio.sleep(seconds)

    @property
    def keys(self) -> list[str]:
        return self.book.read_text().split()


@pytest.fixture
def judge(tmp_path):
    sink = Judge().open_book(tmp_path).start()
    yield sink
    sink.stop()


@pytest.fixture
def campaign(transactional_db) -> Campaign:
    Installation.objects.update_or_create(
        id=1,
        defaults={
            "company_name": "株式会社もどる",
            "sender_name": "株式会社もどる",
            "sender_email": "news@modoru.example.jp",
            "sender_address": "東京都千代田区千代田1-1",
            "complaint_contact": "お客様窓口 03-0000-0000",
            "refusal_notice": "配信を希望されない方は、下のリンクから停止できます。",
        },
    )
    staff = User.objects.create_user("cs@modoru.example.jp", name="佐藤 花子")
    today = Installation.get().day_of(timezone.now())
    segment = Segment.objects.create(slug="all", name="All", rule={}, state=Segment.State.FRESH, as_of=today)
    made = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=staff, holdout_percent=0)
    Step.objects.create(campaign=made, subject="お久しぶりです", body="{{ 宛名 }}\n\nお元気ですか。")
    return made


def people(campaign: Campaign, count: int) -> None:
    now = timezone.now()
    customers = Customer.objects.bulk_create(
        Customer(code=f"C{n:06}", name=f"田中 {n}", kind="person") for n in range(count)
    )
    Contact.objects.bulk_create(
        Contact(customer=customer, email=f"p{n}@example.jp", is_primary=True) for n, customer in enumerate(customers)
    )
    Consent.objects.bulk_create(
        Consent(customer=customer, channel=Channel.MAIL, address=f"p{n}@example.jp", state="granted", at=now)
        for n, customer in enumerate(customers)
    )
    Membership.objects.bulk_create(
        Membership(segment=campaign.segment, customer=customer, entered_on=now.date()) for customer in customers
    )


def launched(campaign: Campaign, count: int) -> None:
    people(campaign, count)
    audience.launch(campaign=campaign, by=campaign.created_by, now=timezone.now())
    audience.plan_due(now=timezone.now())


def kill_hands(worker) -> None:
    """The processes that work; their parent lives and makes new ones."""
    for child in psutil.Process(worker.process.pid).children():
        child.kill()


def states(campaign: Campaign) -> Counter:
    return Counter(campaign.deliveries.values_list("state", flat=True))


def is_settled(campaign: Campaign) -> bool:
    """Wakes a worker, as the clock does every five seconds; true when nothing in the ledger waits."""
    tasks.wake()
    return not campaign.deliveries.exclude(state__in=Delivery.FINAL).exists()


def check_ledger(campaign: Campaign, judge: Judge, *, kills: int) -> None:
    """0 lost, 0 repeated; in doubt at most one a killed connection, and every doubt is listed."""
    keys = Counter(judge.keys)
    assert [key for key, times in keys.items() if times > 1] == []
    rows = {str(key): state for key, state in campaign.deliveries.values_list("message_key", "state")}
    assert set(keys) <= set(rows)
    lost = [key for key, state in rows.items() if key not in keys and state != State.UNKNOWN]
    assert lost == []
    claimed_but_absent = [key for key, state in rows.items() if state == State.ACCEPTED and key not in keys]
    assert claimed_but_absent == []
    assert set(rows.values()) <= {State.ACCEPTED, State.UNKNOWN}
    unknown = sum(state == State.UNKNOWN for state in rows.values())
    assert unknown <= kills * CONNECTIONS
    assert Event.objects.filter(kind="mail_unknown").count() == unknown
    assert Event.objects.filter(kind="mail_accepted").count() == len(rows) - unknown


def test_a_worker_killed_in_the_middle_of_2000_mails_loses_none_and_repeats_none(
    campaign, judge, celery_worker_process
):
    seed = int(os.environ.get("KILL_SEED", "20261122"))
    chance = random.Random(seed)
    marks = sorted(chance.sample(range(50, MAILS - 100), KILLS))
    launched(campaign, MAILS)
    worker = celery_worker_process(EMAIL_URL=judge.url, **SHORT)
    for number, mark in enumerate(marks):
        assert until(lambda mark=mark: is_settled(campaign) or len(judge.mails) >= mark, PATIENCE), f"seed {seed}"
        if number % 2:
            kill_hands(worker)
        else:
            worker.kill()
            worker.start()
    assert until(lambda: is_settled(campaign), PATIENCE), f"seed {seed}: {states(campaign)}"
    check_ledger(campaign, judge, kills=KILLS)
    assert until(lambda: is_settled(campaign) and _state_of(campaign) == Campaign.State.FINISHED, PATIENCE)


def _state_of(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.state


def test_killed_between_the_final_dot_and_its_answer_is_unknown_and_never_sent_again(
    campaign, judge, celery_worker_process
):
    launched(campaign, 5)
    judge.hold_data = 30
    worker = celery_worker_process(*ONE, EMAIL_URL=judge.url, **SINGLE)
    tasks.wake()
    assert judge.dotted.wait(PATIENCE)
    worker.kill()
    judge.hold_data = 0
    worker.start()
    assert until(lambda: is_settled(campaign), PATIENCE)
    assert states(campaign) == {State.ACCEPTED: 4, State.UNKNOWN: 1}
    doubtful = campaign.deliveries.get(state=State.UNKNOWN)
    assert judge.keys.count(str(doubtful.message_key)) == 1  # it had arrived; nobody could know
    check_ledger(campaign, judge, kills=1)


def test_killed_before_data_nothing_is_in_doubt(campaign, judge, celery_worker_process):
    launched(campaign, 5)
    judge.hold_rcpt = 30
    worker = celery_worker_process(*ONE, EMAIL_URL=judge.url, **SINGLE)
    tasks.wake()
    assert judge.reached.wait(PATIENCE)
    worker.kill()
    judge.hold_rcpt = 0
    worker.start()
    assert until(lambda: is_settled(campaign), PATIENCE)
    assert states(campaign) == {State.ACCEPTED: 5}
    check_ledger(campaign, judge, kills=0)


def test_a_worker_told_to_stop_finishes_its_mail_and_gives_the_others_back(campaign, judge, celery_worker_process):
    launched(campaign, 500)
    judge.hold_data = 0.05
    worker = celery_worker_process(*ONE, EMAIL_URL=judge.url)
    tasks.wake()
    judge.wait_for(5)
    worker.stop()
    assert "Traceback" not in worker.log.read_text()
    counts = states(campaign)
    assert set(counts) == {State.ACCEPTED, State.PENDING}
    assert counts[State.ACCEPTED] == len(judge.keys) < 500
    assert not campaign.deliveries.filter(state=State.PENDING, attempts__gt=0).exists()
