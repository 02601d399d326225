"""One SMTP connection: reused, timed, and in a demo never to anywhere but this machine."""

import socket
import threading

import pytest
from django.test import override_settings

from accounts.models import Installation
from campaigns.channels import BrokenError, Message, NotConfiguredError, RefusedError, Stage
from campaigns.channels import email as channel
from campaigns.channels.email import EmailChannel, Server, Timeouts, server_of
from tests.smtp_sink import DROP

MESSAGE = Message("a@example.jp", "b@example.jp", b"Subject: x\r\n\r\n.dot\r\n..dots\r\n")
DEMO = Installation(is_demo=True)
REAL = Installation(is_demo=False)


@pytest.fixture
def opened(smtp_sink):
    made = EmailChannel(Server("127.0.0.1", smtp_sink.port))
    yield made
    made.close()


def send(by: EmailChannel) -> None:
    by.offer(MESSAGE)
    by.deliver(MESSAGE)


def test_many_mails_one_connection(opened, smtp_sink):
    for _mail in range(5):
        opened.offer(MESSAGE)
        assert opened.deliver(MESSAGE).words.startswith("250")
    assert (smtp_sink.connections, len(smtp_sink.mails)) == (1, 5)
    assert smtp_sink.mails[0].content == MESSAGE.content


def test_a_new_connection_after_so_many(opened, smtp_sink, monkeypatch):
    monkeypatch.setattr(channel, "PER_CONNECTION", 2)
    for _mail in range(5):
        opened.offer(MESSAGE)
        opened.deliver(MESSAGE)
    assert smtp_sink.connections == 3


def test_a_withdrawn_mail_is_not_sent_and_the_next_one_is(opened, smtp_sink):
    opened.offer(MESSAGE)
    opened.withdraw()
    opened.offer(Message("a@example.jp", "c@example.jp", b"Subject: y\r\n\r\ny"))
    opened.deliver(MESSAGE)
    assert smtp_sink.recipients == ["c@example.jp"]


def test_a_refused_recipient_leaves_the_connection_open(opened, smtp_sink):
    smtp_sink.answer("b@example.jp", rcpt="550 5.1.1 No such user")
    with pytest.raises(RefusedError) as error:
        opened.offer(MESSAGE)
    assert (error.value.stage, error.value.code, error.value.enhanced) == (Stage.RECIPIENT, 550, "5.1.1")
    opened.withdraw()
    opened.offer(MESSAGE)
    opened.deliver(MESSAGE)
    assert smtp_sink.connections == 1


def test_421_closes_and_the_next_mail_opens_anew(opened, smtp_sink):
    smtp_sink.answer("b@example.jp", rcpt="421 4.3.2 going down")
    with pytest.raises(RefusedError):
        opened.offer(MESSAGE)
    opened.withdraw()
    opened.offer(MESSAGE)
    opened.deliver(MESSAGE)
    assert smtp_sink.connections == 2


@pytest.mark.parametrize(("stage", "when"), [(Stage.RECIPIENT, "rcpt"), (Stage.CONTENT, "data")])
def test_a_dropped_connection_says_how_far_it_had_come(opened, smtp_sink, stage, when):
    smtp_sink.answer("b@example.jp", **{when: DROP})
    with pytest.raises(BrokenError) as error:
        send(opened)
    assert error.value.stage == stage


def test_nobody_there():
    with pytest.raises(BrokenError) as error:
        EmailChannel(Server("127.0.0.1", 1)).open()
    assert error.value.stage == Stage.CONNECT


class Script:
    """A server that says what it is told, line by line, and keeps silent at the end."""

    def __init__(self, *lines: str):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard: list[str] = []
        self.lines = lines
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self) -> None:
        with self.socket, self.socket.accept()[0] as line:
            reader = line.makefile("rb")
            for number, words in enumerate(self.lines):
                if number:
                    self.heard.append(reader.readline().decode().strip())
                line.sendall(words.encode() + b"\r\n")
            while data := reader.readline():
                self.heard.append(data.decode().strip())


@pytest.mark.parametrize(
    ("lines", "stage"),
    [
        ((), Stage.CONNECT),
        (("220 hi",), Stage.CONNECT),
        (("220 hi", "250 me"), Stage.SENDER),
        (("220 hi", "250 me", "250 ok"), Stage.RECIPIENT),
        (("220 hi", "250 me", "250 ok", "250 ok"), Stage.DATA),
        (("220 hi", "250 me", "250 ok", "250 ok", "354 go"), Stage.CONTENT),
    ],
)
def test_a_server_that_falls_silent_is_given_up_in_time(lines, stage):
    server = Script(*lines)
    quick = EmailChannel(Server("127.0.0.1", server.port), Timeouts(0.2, 0.2, 0.2))
    with pytest.raises(BrokenError) as error:
        send(quick)
    assert error.value.stage == stage


def test_a_server_that_refuses_at_the_door_is_a_refusal():
    with pytest.raises(RefusedError) as error:
        EmailChannel(Server("127.0.0.1", Script("554 5.7.1 blocked").port)).open()
    assert (error.value.stage, error.value.code) == (Stage.CONNECT, 554)


def test_a_password_goes_nowhere_in_clear_text_where_tls_is_demanded():
    server = Script("220 hi", "250-me\r\n250 AUTH PLAIN")
    demanding = Server("127.0.0.1", server.port, user="u", password="secret", needs_starttls=True)
    with pytest.raises(BrokenError) as error:
        EmailChannel(demanding).open()
    assert error.value.stage == Stage.CONNECT
    server.thread.join(5)
    assert not [line for line in server.heard if "AUTH" in line]


def test_a_wrong_password_is_a_refusal_without_the_password():
    server = Script("220 hi", "250-me\r\n250 AUTH PLAIN", "535 5.7.8 bad credentials")
    with pytest.raises(RefusedError) as error:
        EmailChannel(Server("127.0.0.1", server.port, user="u", password="secret")).open()
    assert (error.value.code, "secret" in str(error.value)) == (535, False)


def test_nonsense_instead_of_a_reply_breaks_the_connection():
    with pytest.raises(BrokenError):
        EmailChannel(Server("127.0.0.1", Script("hello").port), Timeouts(1, 1, 1)).open()


# --- where mail may go ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smtp://mail.example.jp:25",
        "smtp://localhost:25",
        "smtp://192.0.2.1:25",
        "smtp://0.0.0.0:25",
        "smtp://127.0.0.1",
        "smtp://127.0.0.1:99999",
        "smtp://127.0.0.1.example.jp:25",
        "smtp://2130706433:25",
        "nonsense",
    ],
)
def test_a_demo_sends_to_this_machine_only(url):
    with override_settings(DEMO_SMTP=url, EMAIL_HOST="mail.example.jp"), pytest.raises(NotConfiguredError):
        server_of(DEMO)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_demos_own_sink_is_taken(host):
    with override_settings(DEMO_SMTP=f"smtp://{host}:2525", EMAIL_HOST="mail.example.jp"):
        server = server_of(DEMO)
    assert (server.host, server.port, server.is_local_only) == (host.strip("[]"), 2525, True)


def test_the_other_end_is_looked_at_too(smtp_sink, monkeypatch):
    monkeypatch.setattr(socket.socket, "getpeername", lambda _self: ("192.0.2.1", 25))
    with pytest.raises(NotConfiguredError):
        EmailChannel(Server("127.0.0.1", smtp_sink.port, is_local_only=True)).open()


def test_outside_a_demo_the_server_of_email_url_is_used():
    words = {"EMAIL_HOST": "mail.example.jp", "EMAIL_PORT": 587, "EMAIL_HOST_USER": "u", "EMAIL_HOST_PASSWORD": "p"}
    with override_settings(**words, EMAIL_USE_TLS=True, EMAIL_USE_SSL=False):
        assert server_of(REAL) == Server("mail.example.jp", 587, "u", "p", needs_starttls=True)


def test_no_server_at_all_is_said():
    with override_settings(EMAIL_HOST=None), pytest.raises(NotConfiguredError, match="EMAIL_URL"):
        server_of(REAL)


@pytest.mark.parametrize(
    ("base_url", "name"), [("https://crm.example.jp", "crm.example.jp"), ("http://127.0.0.1:8000", "[127.0.0.1]")]
)
def test_it_introduces_itself_by_its_address(base_url, name):
    with override_settings(BASE_URL=base_url):
        assert channel._own_name() == name
