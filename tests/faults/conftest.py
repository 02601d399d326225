"""A company that may send, people with canaries for names, a judge, and who is to be killed."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.models import Installation, User
from campaigns import audience
from campaigns.models import Campaign, Step
from customers.models import Channel, Consent, Contact, Customer
from segments.models import Membership, Segment
from tests.celery_worker import CeleryWorker
from tests.conftest import database_url
from tests.faults.judge import Judge
from tests.faults.ledger import CANARY, CANARY_ADDRESS
from tests.faults.nemesis import SHORT, Pollers

SEED = int(os.environ.get("FAULT_SEED", "20261122"))
COMPANY = {
    "company_name": "株式会社もどる",
    "sender_name": "株式会社もどる",
    "sender_email": "news@modoru.example.jp",
    "sender_address": "東京都千代田区千代田1-1",
    "complaint_contact": "お客様窓口 03-0000-0000",
    "refusal_notice": "配信を希望されない方は、下のリンクから停止できます。",
}
# These tests live in real time: no hour is too late and no day too holy for them.
ALWAYS = {
    "contact_budget": 100,
    "quiet_from": None,
    "quiet_until": None,
    "sends_on_weekends": True,
    "sends_on_holidays": True,
}


@pytest.fixture
def judge(tmp_path) -> Iterator[Judge]:
    sink = Judge(tmp_path / "book", seed=SEED).start()
    yield sink
    sink.stop()


@pytest.fixture
def company(db) -> Installation:
    return Installation.objects.update_or_create(id=1, defaults=COMPANY | ALWAYS)[0]


@pytest.fixture
def campaign(company) -> Campaign:
    staff = User.objects.create_user("cs@modoru.example.jp", name="佐藤 花子")
    today = company.day_of(timezone.now())
    segment = Segment.objects.create(slug="all", name="All", rule={}, state="fresh", as_of=today, is_frozen=True)
    made = Campaign.objects.create(name="掘り起こし", segment=segment, created_by=staff, holdout_percent=0)
    Step.objects.create(campaign=made, subject="お久しぶりです", body="{{ 宛名 }}\n\nお元気ですか。")
    return made


def address(number: int) -> str:
    return f"{CANARY_ADDRESS}{number}@d{number % 3}.example.jp"


def people(campaign: Campaign, count: int) -> list[Customer]:
    """So many more customers in the campaign's segment, each with an address of his own that agreed."""
    now, begins = timezone.now(), Customer.objects.count()
    numbers = range(begins, begins + count)
    customers = Customer.objects.bulk_create(
        [Customer(code=f"C{n:06}", name=f"{CANARY} {n}", kind="person") for n in numbers], batch_size=5000
    )
    pairs = [(customer, address(n)) for n, customer in zip(numbers, customers, strict=True)]
    Contact.objects.bulk_create([Contact(customer=c, email=a, is_primary=True) for c, a in pairs], batch_size=5000)
    Consent.objects.bulk_create(
        [Consent(customer=c, channel=Channel.MAIL, address=a, state="granted", at=now) for c, a in pairs],
        batch_size=5000,
    )
    today = Installation.get().day_of(now)
    Membership.objects.bulk_create(
        [Membership(segment=campaign.segment, customer=c, entered_on=today) for c in customers], batch_size=5000
    )
    return customers


def launched(campaign: Campaign, count: int) -> Campaign:
    """Planned for so many, and running."""
    people(campaign, count)
    audience.launch(campaign=campaign, by=campaign.created_by, now=timezone.now())
    audience.plan_due(now=timezone.now())
    campaign.refresh_from_db()
    return campaign


def is_finished(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.state == Campaign.State.FINISHED


@pytest.fixture
def here(judge, monkeypatch) -> Judge:
    """This process sends to the judge: faults of the server need no other one. One connection, so order is known."""
    monkeypatch.setattr(django_settings, "SEND_CONNECTIONS", 1)
    monkeypatch.setattr(django_settings, "EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr(django_settings, "EMAIL_PORT", judge.port)
    return judge


@pytest.fixture
def pollers(transactional_db, judge, tmp_path) -> Iterator[Callable[..., Pollers]]:
    """Pollers on this test's database that send to the judge: `pollers(SEND_CONNECTIONS="1").start(4)`."""
    opened: list[Pollers] = []

    def make(**environment: str) -> Pollers:
        around = {"DATABASE_URL": database_url(), "EMAIL_URL": judge.url, **SHORT, **environment}
        opened.append(Pollers(around, tmp_path / f"pollers{len(opened)}.log").open())
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def logs_of(*runners: Pollers | CeleryWorker) -> list[Path]:
    return [runner.log for runner in runners]


@pytest.fixture
def say(request) -> Callable[[str], None]:
    """Prints a figure of the whole set, with its seed (`make prove` shows it)."""
    begun = time.monotonic()

    def tell(words: str) -> None:
        print(f"\n{request.node.name}: {words}; {time.monotonic() - begun:.0f} s, seed {SEED}")  # noqa: T201

    return tell
