"""The servers the other tests lean on are real, throw-away, and do what they are told."""

import os
import smtplib
import socket
from email.message import EmailMessage

import pytest
import redis
from celery import current_app
from django.db import connection
from pytest_socket import SocketConnectBlockedError

from devstack.machine import until
from tests.smtp_sink import DROP


def mail_to(address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "crm@example.jp", address, "お久しぶりです"
    mail.set_content("本文")
    return mail


def send(sink, address: str) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        client.send_message(mail_to(address))


def test_the_database_is_a_throw_away_of_this_session(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = cursor.fetchone()[0]
        cursor.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()")
        locale = cursor.fetchone()
    assert folder.startswith(os.environ["TEST_HOME"])
    assert connection.settings_dict["NAME"].startswith("test_")
    assert locale == ("b", "C.UTF-8")


def test_redis_is_a_throw_away_of_this_session(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert client.config_get("dir")["dir"].startswith(os.environ["TEST_HOME"])
    client.close()


def test_nothing_but_loopback_can_be_reached():
    with (
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
        socket.socket() as client,
    ):
        client.connect(("192.0.2.1", 80))


def test_the_sink_keeps_what_it_accepted(smtp_sink):
    send(smtp_sink, "a@example.jp")
    (mail,) = smtp_sink.wait_for(1)
    assert (mail.sender, mail.recipients) == ("crm@example.jp", ("a@example.jp",))
    assert mail.message["Subject"] == "お久しぶりです"


def test_the_sink_refuses_a_recipient_as_often_as_told(smtp_sink):
    smtp_sink.answer("a@example.jp", rcpt="450 4.2.1 Later")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_sink, "a@example.jp")
    send(smtp_sink, "a@example.jp")
    assert smtp_sink.recipients == ["a@example.jp"]


@pytest.mark.parametrize(("keep", "kept"), [(True, ["a@example.jp"]), (False, [])])
def test_the_sink_hangs_up_after_the_final_dot(smtp_sink, keep, kept):
    smtp_sink.answer("a@example.jp", data=DROP, keep_dropped=keep)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_sink, "a@example.jp")
    assert smtp_sink.recipients == kept


def test_a_worker_takes_tasks_until_it_is_killed(celery_worker_process):
    worker = celery_worker_process("--pool=solo")
    current_app.send_task("celery.backend_cleanup")
    assert until(lambda: "celery.backend_cleanup" in worker.log.read_text().split("ready.")[1], 30)
    worker.kill()
    assert not worker.is_alive()
