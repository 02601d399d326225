"""The pages of reports sent regularly: make, change, pause, test, send again; who may."""

import datetime as dt

import pytest

from accounts.models import AuditEvent, Role
from metrics.models import ReportMail, Schedule
from tests import factories

pytestmark = pytest.mark.django_db
BASE = "/metrics/report/schedules/"


@pytest.fixture
def boss(signed_in):
    user = factories.user("boss@example.jp", role=Role.MANAGER, language="en", name="部長")
    return user, signed_in(user)


def typed(user, **fields):
    values = {"name": "経営会議", "every": "month", "day": 31, "hour": 9, "moves": "on", "language": "ja"}
    return {**values, "formats": ["pdf", "xlsx"], "recipients": [user.pk], **fields}


def made(user, **fields):
    values = {"name": "週次", "every": "week", "day": 1, "hour": 8, "formats": ["pdf"], **fields}
    found = Schedule.objects.create(by=user, since=dt.datetime(2026, 6, 1, tzinfo=dt.UTC), **values)
    found.recipients.add(user)
    return found


def test_it_is_made_and_said_in_the_list(boss):
    user, client = boss
    assert b"No schedule yet" in client.get(BASE).content
    answer = client.post(f"{BASE}new/", typed(user))
    schedule = Schedule.objects.get()
    assert answer.url == f"{BASE}{schedule.pk}/"
    assert (schedule.every, schedule.day, schedule.formats) == ("month", 31, ["pdf", "xlsx"])
    page = client.get(BASE).content.decode()
    assert "on day 31 of the month, 9:00" in page
    assert "2026/07/31 09:00" in page
    assert AuditEvent.objects.filter(action="schedule.make", actor=user).exists()


@pytest.mark.parametrize(
    "wrong", [{"every": "week", "day": 8}, {"day": 32}, {"hour": 24}, {"recipients": []}, {"name": ""}]
)
def test_what_cannot_be_is_said_at_the_field(boss, wrong):
    user, client = boss
    assert client.post(f"{BASE}new/", typed(user, **wrong)).status_code == 422
    assert not Schedule.objects.exists()


def test_who_was_disabled_cannot_be_chosen(boss):
    user, client = boss
    gone = factories.user(is_active=False)
    assert client.post(f"{BASE}new/", typed(user, recipients=[gone.pk])).status_code == 422


def test_whoever_comes_second_changes_nothing(boss):
    user, client = boss
    schedule = made(user)
    assert client.post(f"{BASE}{schedule.pk}/", typed(user, version=1, name="一つ目")).status_code == 302
    answer = client.post(f"{BASE}{schedule.pk}/", typed(user, version=1, name="二つ目"))
    assert answer.status_code == 422
    assert b"Somebody else has changed this meanwhile" in answer.content
    schedule.refresh_from_db()
    assert (schedule.name, schedule.version) == ("一つ目", 2)
    assert schedule.since.year == 2026
    assert schedule.since > dt.datetime(2026, 6, 2, tzinfo=dt.UTC)


def test_it_rests_and_goes_on(boss):
    user, client = boss
    schedule = made(user)
    client.post(f"{BASE}{schedule.pk}/switch/", {"version": 1, "is_on": "0"})
    assert not Schedule.objects.get().is_on
    assert b"paused" in client.get(BASE).content
    client.post(f"{BASE}{schedule.pk}/switch/", {"version": 1, "is_on": "1"})
    assert not Schedule.objects.get().is_on  # somebody else's page
    client.post(f"{BASE}{schedule.pk}/switch/", {"version": 2, "is_on": "1"})
    assert Schedule.objects.get().is_on


def test_a_test_goes_to_whoever_asks_and_to_nobody_else(boss):
    user, client = boss
    schedule = made(user)
    schedule.recipients.set([factories.user()])
    client.post(f"{BASE}{schedule.pk}/test/")
    mail = ReportMail.objects.get()
    assert (mail.recipient, mail.is_test, mail.state, mail.period) == (user, True, "pending", "2026-06")


def test_each_mail_says_how_it_went_and_what_is_in_doubt_goes_again(boss):
    user, client = boss
    schedule = made(user)
    at = dt.datetime(2026, 6, 29, 8, tzinfo=dt.UTC)
    fields = {"schedule": schedule, "recipient": user, "period": "2026-06"}
    doubt = ReportMail.objects.create(due_at=at, state="unknown", error="no answer", **fields)
    for number in range(51):
        ReportMail.objects.create(due_at=at - dt.timedelta(days=number + 1), state="accepted", **fields)
    page = client.get(f"{BASE}{schedule.pk}/").content.decode()
    assert "50 shown of 52" in page
    after = page.split("?after=")[1].split('"')[0]
    page = client.get(f"{BASE}{schedule.pk}/?after={after}").content.decode()
    assert "no answer" in page
    assert page.count("Send again") == 1
    again = f"/metrics/report/mails/{doubt.pk}/again/"
    assert b"It is sent again." in client.post(again, follow=True).content
    assert b"on its way already" in client.post(again, follow=True).content


def test_staff_have_no_schedules(signed_in):
    client = signed_in(factories.user(role=Role.CS))
    assert client.get(BASE).status_code == 403
    assert client.get(f"{BASE}1/").status_code == 403
