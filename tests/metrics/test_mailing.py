"""Reports by mail: once each, in the right hands, nothing lost; over a real SMTP server."""

import datetime as dt
import io
import subprocess
import sys
import threading

import pypdf
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.utils import translation

from accounts.models import AuditEvent, Role
from campaigns.channels import NotConfiguredError
from metrics import mailing, rollups, tasks
from metrics.models import ReportMail, Schedule
from tests import factories
from tests.conftest import database_url
from tests.smtp_sink import DROP

State = ReportMail.State
DUE = dt.datetime(2026, 11, 2, 0, 0, tzinfo=dt.UTC)  # 09:00 in Tokyo, moved from Sunday the first
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def way(smtp_sink, settings, monkeypatch):
    """Mail goes to the sink, and the night of every day has been."""
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_PROVIDER = "127.0.0.1", smtp_sink.port, ""
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    monkeypatch.setattr(rollups, "filled_to", lambda: dt.date(2026, 12, 31))
    return smtp_sink


def made(*people, since="2026-10-20", **fields):
    factories.configure(company_name="青空商事", sender_email="crm@example.jp", sender_name="青空商事 CS部")
    values = {"name": "経営会議", "day": 1, "hour": 9, "formats": ["pdf", "xlsx"], "language": "ja", **fields}
    found = Schedule.objects.create(by=people[0], since=factories.moment(since), **values)
    found.recipients.set(people)
    return found


def boss(address="boss@example.jp", **fields):
    return factories.user(address, role=Role.MANAGER, **fields)


def states():
    return list(ReportMail.objects.order_by("due_at", "recipient__email").values_list("state", flat=True))


@pytest.mark.django_db
def test_it_arrives_with_its_files_in_both_forms(way):
    made(boss())
    assert mailing.send_due(now=DUE - MINUTE) == 0
    assert mailing.send_due(now=DUE) == 1
    (mail,) = way.mails
    message = mail.message
    assert mail.recipients == ("boss@example.jp",)
    assert str(message["Subject"]) == "月次レポート 2026年10月 – 青空商事"
    assert str(message["From"]) == '"青空商事 CS部" <crm@example.jp>' or "crm@example.jp" in str(message["From"])
    link = f"{django_settings.BASE_URL}/metrics/report/2026-10/"
    for kind in ("plain", "html"):
        assert link in message.get_body((kind,)).get_content()
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert list(files) == ["月次レポート_2026年10月.pdf", "月次レポート_2026年10月.xlsx"]
    assert pypdf.PdfReader(io.BytesIO(files["月次レポート_2026年10月.pdf"])).metadata.title == "月次レポート 2026年10月"
    assert states() == [State.ACCEPTED]
    assert mailing.send_due(now=DUE + HOUR) == 0
    assert len(way.mails) == 1


@pytest.mark.django_db
def test_of_several_missed_times_the_newest_is_sent_and_the_others_are_named(way):
    made(boss(), since="2026-08-20")
    assert mailing.send_due(now=DUE + HOUR) == 1
    assert list(ReportMail.objects.order_by("due_at").values_list("period", "state")) == [
        ("2026-08", State.SKIPPED),
        ("2026-09", State.SKIPPED),
        ("2026-10", State.ACCEPTED),
    ]
    assert mailing.plan(now=DUE + HOUR) == 0


@pytest.mark.django_db
def test_who_left_or_lost_the_right_gets_nothing(way):
    gone, taken_out, stays = boss("gone@example.jp"), boss("out@example.jp"), boss("stays@example.jp")
    schedule = made(gone, taken_out, stays)
    mailing.plan(now=DUE)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    schedule.recipients.remove(taken_out)
    assert mailing.send_due(now=DUE) == 1
    assert way.recipients == ["stays@example.jp"]
    assert states() == [State.SKIPPED, State.SKIPPED, State.ACCEPTED]
    schedule.mails.all().delete()
    assert mailing.plan(now=DUE) == 1  # a disabled person is not planned for at all


@pytest.mark.django_db
def test_it_waits_for_the_night_but_not_for_ever(way, monkeypatch):
    made(boss())
    monkeypatch.setattr(rollups, "filled_to", lambda: dt.date(2026, 11, 1))
    assert mailing.send_due(now=DUE + 3 * HOUR) == 0
    assert mailing.send_due(now=DUE + mailing.PATIENCE) == 1
    assert "夜間処理" in way.mails[0].message.get_body(("plain",)).get_content()


@pytest.mark.django_db
def test_nothing_goes_out_while_sending_is_stopped_and_nothing_is_lost(way):
    made(boss())
    factories.configure(sending_stopped="restored")
    assert mailing.send_due(now=DUE) == 0
    assert states() == [State.PENDING]
    factories.configure(sending_stopped="")
    assert mailing.send_due(now=DUE) == 1


@pytest.mark.django_db
def test_something_passing_is_tried_again_later_and_given_up_in_the_end(way):
    made(boss())
    way.answer("boss@example.jp", data="451 4.3.0 Later")
    assert mailing.send_due(now=DUE) == 0
    mail = ReportMail.objects.get()
    assert (mail.state, mail.next_at is None) == (State.PENDING, False)
    assert "451" in mail.error
    assert mailing.send_due(now=DUE + 30 * dt.timedelta(seconds=1)) == 0
    assert mailing.send_due(now=DUE + 2 * MINUTE) == 1
    assert ReportMail.objects.get().error == ""
    ReportMail.objects.update(state=State.PENDING, attempts=mailing.ATTEMPTS - 1, next_at=None)
    way.answer("boss@example.jp", rcpt="451 4.3.0 Later")
    mailing.send_due(now=DUE + HOUR)
    assert states() == [State.FAILED]


@pytest.mark.django_db
def test_a_no_for_good_is_said_and_not_repeated(way):
    made(boss())
    way.answer("boss@example.jp", rcpt="550 5.1.1 No such user")
    mailing.send_due(now=DUE)
    assert states() == [State.FAILED]
    assert mailing.send_due(now=DUE + 5 * HOUR) == 0


@pytest.mark.django_db
def test_no_answer_after_the_last_byte_is_in_doubt_and_a_person_decides(way):
    user = boss()
    made(user)
    way.answer("boss@example.jp", data=DROP, keep_dropped=True)
    mailing.send_due(now=DUE)
    assert states() == [State.UNKNOWN]
    assert mailing.send_due(now=DUE + 5 * HOUR) == 0
    mail = ReportMail.objects.get()
    assert mailing.again(mail=mail, by=user, now=DUE)
    assert not mailing.again(mail=mail, by=user, now=DUE)
    assert AuditEvent.objects.filter(action="report.again", actor=user).count() == 1
    assert mailing.send_due(now=DUE + 5 * HOUR) == 1
    assert len(way.mails) == 2


class Killed(BaseException):
    """Stands for the end of a process: nobody settles anything after it."""


@pytest.mark.django_db
@pytest.mark.parametrize(("step", "left"), [("offer", State.PENDING), ("deliver", State.UNKNOWN)])
def test_killed_before_the_mail_it_goes_later_and_after_it_never_by_itself(way, monkeypatch, step, left):
    made(boss())
    with monkeypatch.context() as patch:
        patch.setattr(f"campaigns.channels.email.EmailChannel.{step}", _killed)
        with pytest.raises(Killed):
            mailing.send_due(now=DUE)
    assert mailing.send_due(now=DUE + MINUTE) == 0  # still in the hands of the dead one
    sent = mailing.send_due(now=DUE + mailing.LEASE + MINUTE)
    assert (sent, states()) == ((1, [State.ACCEPTED]) if left == State.PENDING else (0, [State.UNKNOWN]))


def _killed(*_args):
    raise Killed


@pytest.mark.django_db
def test_without_a_way_out_rows_wait_and_say_what_to_set(way):
    made(boss())

    def nowhere(_installation):
        raise NotConfiguredError("No mail server is set.")

    assert mailing.send_due(now=DUE, route=nowhere) == 0
    assert ReportMail.objects.get().error == "No mail server is set."
    factories.configure(sender_email="")
    mailing.send_due(now=DUE + HOUR)
    assert ReportMail.objects.get().error == "Set the sender's e-mail in the settings first."
    factories.configure(sender_email="crm@example.jp")
    assert mailing.send_due(now=DUE + 2 * HOUR) == 1


@pytest.mark.django_db
def test_a_report_that_cannot_be_written_does_not_stop_the_others(way, monkeypatch):
    made(boss("a@example.jp"), boss("b@example.jp"))
    whole = mailing.letter.Letters.write

    def write(letters, mail, *args, **named):
        if mail.recipient.email == "a@example.jp":
            raise ValueError
        return whole(letters, mail, *args, **named)

    monkeypatch.setattr(mailing.letter.Letters, "write", write)
    assert mailing.send_due(now=DUE) == 1
    assert list(ReportMail.objects.order_by("recipient__email").values_list("state", "error")) == [
        (State.PENDING, "ValueError"),
        (State.ACCEPTED, ""),
    ]


@pytest.mark.django_db
def test_the_clock_asks_for_it(way):
    made(boss())
    with time_machine.travel(DUE, tick=False):
        tasks.send_reports()
    assert len(way.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_send_once(way):
    """Each on a connection of its own; ten people, every one exactly one mail."""
    people = [boss(f"p{number}@example.jp") for number in range(6)]
    made(*people, formats=[])
    ready, results = threading.Barrier(2), []

    def run():
        try:
            ready.wait(10)
            results.append(mailing.send_due(now=DUE))
        finally:
            connection.close()

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert sum(results) == 6
    assert sorted(way.recipients) == sorted(one.email for one in people)
    assert states() == [State.ACCEPTED] * 6


PROCESS = """
import datetime as dt, django
django.setup()
from metrics import mailing, rollups
rollups.filled_to = lambda: dt.date(2026, 12, 31)
print(mailing.send_due(now=dt.datetime(2026, 11, 2, tzinfo=dt.UTC)))
"""


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_four_processes_of_which_two_are_killed_send_nothing_twice(way):
    """Who is killed leaves at most the one mail in his hands in doubt."""
    people = [boss(f"p{number:02}@example.jp") for number in range(40)]
    made(*people, formats=["pdf"])
    environment = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": "x" * 50,
        "EMAIL_URL": way.url,
        "DJANGO_SETTINGS_MODULE": "retention_crm.settings",
    }
    started = [
        subprocess.Popen([sys.executable, "-c", PROCESS], env=environment, cwd=django_settings.BASE_DIR)
        for _ in range(4)
    ]
    way.wait_for(4)
    for one in started[:2]:
        one.kill()
    for one in started:
        one.wait(120)
    mailing.send_due(now=DUE + mailing.LEASE + MINUTE)
    assert len(set(way.recipients)) == len(way.recipients)
    unknown = ReportMail.objects.filter(state=State.UNKNOWN).count()
    assert unknown <= 2
    assert ReportMail.objects.filter(state=State.ACCEPTED).count() == 40 - unknown
