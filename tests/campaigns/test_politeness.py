"""One budget a person over all campaigns, complaints, and the hours in which promotions rest."""

import datetime as dt
import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Installation
from campaigns import audience, sending
from campaigns.models import Campaign, Delivery, Enrollment, Step
from campaigns.sending import statements
from customers.models import Contact, Interaction
from tests.campaigns.moments import NOW, TODAY
from tests.campaigns.sent import due, running
from tests.conftest import database_url

pytestmark = pytest.mark.django_db
State = Delivery.State
MONTH = NOW + dt.timedelta(days=30)
NIGHT = NOW + dt.timedelta(hours=11)  # 21:00 in Tokyo, 7:00 in New York
MORNING = NOW + dt.timedelta(hours=22)  # 8:00 of the next day in Tokyo


@pytest.fixture
def budget(installation):
    def allow(promotions: int, days: int = 7) -> None:
        always = {"quiet_from": None, "quiet_until": None, "sends_on_weekends": True, "sends_on_holidays": True}
        Installation.objects.update(contact_budget=promotions, contact_budget_days=days, **always)

    return allow


def found(row: Delivery) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason


def had(row: Delivery, when: dt.datetime) -> None:
    Delivery.objects.filter(pk=row.pk).update(state="accepted", sending_at=when)


def test_the_budget_counts_over_all_campaigns(budget, person, segment, staff, mail_server):
    budget(2)
    someone, other = person(1), person(2)
    rows = [due(running(segment, staff), someone) for _campaign in range(3)]
    his = due(rows[2].campaign, other)
    sending.run(now=NOW)
    assert [found(row) for row in rows] == [("accepted", ""), ("accepted", ""), ("suppressed", "too_often")]
    assert found(his) == ("accepted", "")


def test_over_budget_it_waits_until_a_place_gets_free(budget, person, segment, staff, mail_server):
    budget(2)
    someone = person(1)
    for hours in (30, 100):
        had(due(running(segment, staff), someone), NOW - dt.timedelta(hours=hours))
    row = due(running(segment, staff), someone, expires_at=MONTH)
    sending.run(now=NOW)
    assert found(row) == ("deferred", "too_often")
    assert (row.due_at, row.attempts) == (NOW + dt.timedelta(days=7) - dt.timedelta(hours=100), 0)
    sending.run(now=row.due_at)
    assert found(row) == ("accepted", "")


def test_business_notices_neither_count_nor_are_limited(budget, person, segment, staff, mail_server):
    budget(1)
    someone = person(1)
    notices = [due(running(segment, staff, message_class="business"), someone) for _campaign in range(2)]
    row = due(running(segment, staff), someone)
    sending.run(now=NOW)
    assert [found(one) for one in (*notices, row)] == [("accepted", "")] * 3


def test_two_contacts_of_a_company_have_a_budget_each(budget, person, segment, staff, mail_server):
    budget(1)
    someone = person(1)
    had(due(running(segment, staff), someone), NOW - dt.timedelta(days=1))
    colleague = Contact.objects.create(customer=someone, email="q@example.jp")
    row = due(running(segment, staff, message_class="promotion"), someone)
    Delivery.objects.filter(pk=row.pk).update(contact=colleague, message_key=row.message_key)
    sending.run(now=NOW)
    assert found(row) == ("accepted", "")


def test_a_low_priority_leaves_the_last_place_to_a_higher_one_that_is_due_soon(
    budget, person, segment, staff, mail_server
):
    budget(1)
    someone = person(1)
    tomorrow = NOW + dt.timedelta(days=1)
    urgent = due(running(segment, staff, priority=1), someone, due_at=tomorrow, expires_at=MONTH)
    low = due(running(segment, staff, priority=3), someone, expires_at=MONTH)
    sending.run(now=NOW)
    assert (found(low), low.due_at) == (("deferred", "too_often"), tomorrow + dt.timedelta(minutes=1))
    sending.run(now=tomorrow)
    assert found(urgent) == ("accepted", "")


def test_the_more_urgent_campaign_is_sent_first(budget, person, segment, staff, mail_server):
    budget(1)
    someone = person(1)
    low = due(running(segment, staff, priority=3), someone, due_at=NOW - dt.timedelta(hours=5))
    urgent = due(running(segment, staff, priority=1), someone)
    sending.run(now=NOW)
    assert (found(urgent), found(low)) == (("accepted", ""), ("suppressed", "too_often"))


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("open", "promotion", ("deferred", "complaint")),
        ("working", "promotion", ("deferred", "complaint")),
        ("closed", "promotion", ("accepted", "")),
        ("open", "business", ("accepted", "")),
    ],
)
def test_promotions_wait_while_a_complaint_is_open(
    installation, person, segment, staff, mail_server, status, kind, expected
):
    someone = person(1)
    Interaction.objects.create(customer=someone, occurred_at=NOW, category="complaint", status=status)
    row = due(running(segment, staff, message_class=kind), someone)
    sending.run(now=NOW)
    assert found(row) == expected


def test_at_night_promotions_wait_for_the_persons_morning(installation, person, segment, staff, mail_server):
    here, there, notice = person(1), person(2), person(3)
    Contact.objects.filter(customer=there).update(time_zone="Pacific/Auckland")  # 1:00 there
    awake = person(4)
    Contact.objects.filter(customer=awake).update(time_zone="Europe/London")  # 12:00 there
    campaign, business = running(segment, staff), running(segment, staff, message_class="business")
    rows = [due(campaign, one, due_at=NIGHT, expires_at=NIGHT + dt.timedelta(days=3)) for one in (here, there, awake)]
    told = due(business, notice, due_at=NIGHT)
    sending.run(now=NIGHT)
    assert [found(row) for row in (*rows, told)] == [("deferred", "quiet")] * 2 + [("accepted", "")] * 2
    assert rows[0].due_at == MORNING
    assert rows[0].expires_at == MORNING + dt.timedelta(days=3)
    assert rows[0].attempts == 0


def test_a_campaign_launched_at_night_is_planned_for_the_morning(campaign, person, staff, mail_server):
    person(1)
    abroad = person(2)
    Contact.objects.filter(customer=abroad).update(time_zone="Europe/London")
    audience.launch(campaign=campaign, by=staff, now=NIGHT)
    audience.plan_due(now=NIGHT)
    planned = dict(Delivery.objects.values_list("customer__code", "due_at"))
    assert planned == {"C00001": MORNING, "C00002": NIGHT}
    assert audience.waterfall(Campaign.objects.get(), as_of=TODAY).count("will_receive") == 2


def test_who_is_contacted_too_often_is_named_before_the_draw(budget, campaign, person, segment, staff):
    budget(2)
    people = [person(number) for number in range(3)]
    for one in (people[0], people[0], people[1]):
        had(due(running(segment, staff), one), NOW - dt.timedelta(hours=1))
    due(running(segment, staff), people[1], due_at=NOW + dt.timedelta(days=1))
    due(running(segment, staff, priority=3), people[2])
    projected = audience.waterfall(campaign, as_of=TODAY)
    assert (projected.count("too_often"), projected.count("will_receive")) == (2, 1)
    audience.launch(campaign=campaign, by=staff, now=NOW)
    audience.plan_due(now=NOW)
    assert set(Enrollment.objects.values_list("customer", flat=True)) == {people[2].pk}
    campaign.refresh_from_db()
    assert audience.waterfall(campaign, as_of=TODAY).count("too_often") == 2


def test_what_was_sent_long_enough_ago_does_not_count(budget, campaign, person, segment, staff):
    budget(1)
    had(due(running(segment, staff), person(1)), NOW - dt.timedelta(days=5))  # free again before it is given up
    assert audience.waterfall(campaign, as_of=TODAY).count("will_receive") == 1


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_never_exceed_the_budget(budget, person, segment, staff, smtp_sink):
    """Two processes, two campaigns, the same people: each person gets one mail of the two."""
    budget(1)
    people = [person(number) for number in range(40)]
    now = timezone.now()
    soon = {"due_at": now - dt.timedelta(minutes=1), "expires_at": now + dt.timedelta(days=1)}
    for _campaign in range(2):
        campaign = running(segment, staff)
        for one in people:
            due(campaign, one, **soon)
    connection.close()
    words = [sys.executable, "manage.py", "send_due", "--once"]
    environment = os.environ | {"DATABASE_URL": database_url(), "EMAIL_URL": smtp_sink.url, "SEND_CONNECTIONS": "4"}
    senders = [subprocess.Popen(words, env=environment, cwd=settings.BASE_DIR) for _sender in range(2)]
    assert [sender.wait(60) for sender in senders] == [0, 0]
    assert Counter(smtp_sink.recipients) == {f"p{number}@example.jp": 1 for number in range(40)}
    states = Counter(Delivery.objects.values_list("state", "reason"))
    assert states == {("accepted", ""): 40, ("suppressed", "too_often"): 40}


def test_a_statement_is_planned_anew_on_a_new_connection(db):
    statements._prepared.clear()
    words = {"campaign": 0, "channel": "mail", "is_keyed": False, "paused": [], "now": NOW, "most": 1}
    words |= {"token": "00000000-0000-0000-0000-000000000000", "lease": 1}
    for _time in range(2):
        assert statements.together("campaigns/sql/claim.sql", words) == []
    statements._prepared.clear()
    assert statements.together("campaigns/sql/claim.sql", words) == []
    assert Step.objects.count() == 0


def test_whoever_is_excluded_in_mid_campaign_gets_nothing_more(budget, person, segment, staff, mail_server):
    budget(5)
    barred, until_yesterday = person(1), person(2)
    campaign = running(segment, staff)
    rows = [due(campaign, who) for who in (barred, until_yesterday)]
    audience.exclude(customer=barred, reason="dispute", by=staff, now=NOW)
    gone = TODAY - dt.timedelta(days=1)
    audience.exclude(customer=until_yesterday, reason="dispute", by=staff, now=NOW, until_on=gone)
    sending.run(now=NOW)
    assert [found(row) for row in rows] == [("suppressed", "excluded"), ("accepted", "")]
