"""Pages of campaigns with something on them, light and wide, dark and narrow: no fault, nothing sideways.

Those of a win-back on its way stand in test_win_back.py.
"""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import ClosedDays, Installation
from campaigns import approving, audience, occasions
from campaigns.models import Campaign, Delivery, Enrollment, Occasion, Step, Way
from customers import consent
from customers.models import Channel, Contact, Customer
from segments.models import Membership, Segment
from tests import factories
from tests.campaigns.events import invite

from .looking import look

NOW = timezone.now()
DAY = dt.timedelta(days=1)


@pytest.fixture
def segment() -> Segment:
    """Twelve companies that may be written to by mail and by post."""
    factories.configure(
        company_name="株式会社もどる", sender_name="株式会社もどる", sender_email="news@modoru.example.jp",
        sender_address="東京都千代田区千代田1-1", complaint_contact="お客様窓口 03-0000-0000",
        refusal_notice="配信を希望されない方は、下のリンクから停止できます。", approval_above=1,
    )  # fmt: skip
    today = Installation.get().day_of(NOW)
    fields = {"state": Segment.State.FRESH, "as_of": today, "refreshed_at": NOW, "member_count": 12}
    made = Segment.objects.create(slug="dormant", name="Dormant", is_ready_made=True, rule={}, **fields)
    for number in range(12):
        _member(made, f"C{number:05}", today)
    ClosedDays.objects.create(first_on=today + 30 * DAY, last_on=today + 34 * DAY, name="年末年始休業")
    return made


def _member(segment: Segment, code: str, today: dt.date) -> None:
    customer = factories.customer(code, name=f"株式会社青空{code}", postal_code="1000001", address="千代田1-1")
    email = f"{code.lower()}@example.jp"
    Contact.objects.create(customer=customer, name="田中 太郎", department="総務部", email=email, is_primary=True)
    Membership.objects.create(segment=segment, customer=customer, entered_on=today)
    given = {
        "customer": customer,
        "at": NOW - 99 * DAY,
        "source": "form",
        "basis": "consent",
        "wording": "希望します。",
    }
    consent.grant(**given, channel=Channel.MAIL, address=email)
    consent.grant(**given, channel=Channel.POSTAL, address=code)


@pytest.fixture
def staff(segment):
    return factories.user("sato@modoru.example.jp", name="佐藤 花子")


@pytest.fixture
def drafted(segment, staff):
    """A campaign of one step; what a test wants otherwise as fields."""

    def make(name: str, *, channel: str = Way.MAIL, **fields) -> Campaign:
        made = Campaign.objects.create(name=name, segment=segment, created_by=staff, **fields)
        words = {"subject": "ご無沙汰しております", "body": "{{ 宛名 }}\n\nお変わりありませんか。"}
        Step.objects.create(campaign=made, channel=channel, **words)
        return made

    return make


@pytest.fixture
def asked(drafted, staff) -> Campaign:
    made = drafted("新サービスのご案内")
    wanted = {"recipients": 12, "planned_at": NOW + DAY, "comment": "文面のご確認をお願いします。"}
    approving.ask(campaign=made, by=staff, now=NOW, **wanted)
    return made


@pytest.fixture
def series(drafted) -> Campaign:
    made = drafted("はじめてのお客様へ", trigger=Campaign.Trigger.ENTERING)
    again = {"subject": "使い方のご案内", "body": "{{ 宛名 }}\n\nご案内です。", "condition": {"is": "not_clicked"}}
    Step.objects.create(campaign=made, position=2, wait=3, **again)
    Step.objects.create(campaign=made, position=3, wait=7, channel=Way.TASK, subject="お電話", body="様子を伺う")
    return made


@pytest.fixture
def invited(drafted) -> Campaign:
    """Of three who were invited one comes, one waits, and one has not answered."""
    made = drafted("VIPのお客様 内覧会", goal=Campaign.Goal.RSVP)
    times = {"starts_at": NOW + 20 * DAY, "ends_at": NOW + 20 * DAY + dt.timedelta(hours=2)}
    event = Occasion.objects.create(campaign=made, title="新春ご内覧会", place="本社1階", capacity=1, **times)
    for customer in Customer.objects.order_by("pk")[:3]:
        invite(made, customer)
    for customer in Customer.objects.order_by("pk")[:2]:
        contact = customer.contacts.get()
        occasions.answer(occasion=event, customer=customer, contact=contact, answer="coming", now=NOW)
    return made


@pytest.fixture
def finished(drafted, staff) -> Campaign:
    """Sent forty days ago; two held out; four of those who got it bought."""
    factories.configure(approval_above=None)
    made = drafted("夏の掘り起こし", holdout_percent=0, window_days=30)
    audience.launch(campaign=made, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    Campaign.objects.filter(pk=made.pk).update(state="done", launched_at=NOW - 40 * DAY)
    held_out = made.enrollments.order_by("pk").values_list("customer")[:2]
    made.deliveries.filter(customer__in=held_out).delete()
    made.enrollments.filter(customer__in=held_out).update(arm=Enrollment.Arm.HELD_OUT)
    made.deliveries.update(state="accepted", settled_at=NOW - 40 * DAY)
    for delivery in made.deliveries.order_by("pk")[:4]:
        factories.purchase(delivery.customer, Installation.get().day_of(NOW - 20 * DAY), 12000)
    made.deliveries.filter(pk=made.deliveries.last().pk).update(state="failed", reason="rejected", reply="550 No user")
    return made


@pytest.fixture
def letters(drafted) -> Campaign:
    made = drafted("年末のご挨拶状", channel=Way.POSTAL, state="running", planned_to=1, launched_at=NOW)
    who = Customer.objects.last()
    row = {"customer": who, "contact": who.contacts.get(), "channel": Way.POSTAL, "address": who.code, "token": "t"}
    Delivery.objects.create(campaign=made, step=made.steps.get(), planned_at=NOW, due_at=NOW, **row)
    return made


def test_the_pages_before_sending_have_no_fault(manager_page, base_url, series, asked):
    for at in [
        "campaigns/new/?playbook=vip_event&segment=dormant",
        *(f"campaigns/{series.pk}/flow/", f"campaigns/{series.pk}/flow/rules/", f"campaigns/{series.pk}/flow/steps/2/"),
        *("campaigns/approvals/", f"campaigns/{asked.pk}/approval/"),
    ]:
        look(manager_page, at.replace("/", "-"), f"{base_url}/{at}")


def test_the_pages_of_what_was_sent_have_no_fault(manager_page, base_url, finished, letters):
    arm = f"campaigns/{finished.pk}/arms/treated/"
    for at in [f"campaigns/{finished.pk}/", arm, f"campaigns/{finished.pk}/ledger/", f"campaigns/{letters.pk}/postal/"]:
        look(manager_page, at.replace("/", "-"), f"{base_url}/{at}")


def test_the_calendar_the_event_and_what_customers_see_have_no_fault(admin_page, base_url, invited, asked):
    sent = invited.deliveries.last()
    for at in [
        *("campaigns/calendar/", "campaigns/calendar/?by=week", "campaigns/calendar/load/", "settings/calendar/"),
        *(f"campaigns/{invited.pk}/event/", f"campaigns/{invited.pk}/event/door/"),
        *(f"r/{sent.token}/", f"u/{sent.token}/"),
    ]:
        look(admin_page, at.replace("/", "-"), f"{base_url}/{at}")
