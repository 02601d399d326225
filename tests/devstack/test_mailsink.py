"""The demo's mail server: what it said 250 to is on disk, and never leaves the machine."""

import signal
import smtplib
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from devstack.machine import free_port, until


@pytest.fixture
def sink(tmp_path):
    """(port, folder, process) of a real sink."""
    port, folder = free_port(), tmp_path / "届いた メール"
    command = [sys.executable, "-m", "devstack.mailsink", "--port", str(port), "--dir", str(folder)]
    with subprocess.Popen(command) as process:
        assert until(lambda: answers(port), 20)
        yield port, folder, process
        process.kill()


def answers(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=5).quit()
    except OSError:
        return False
    return True


def mail(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "店 <crm@example.jp>", to, "お久しぶりです"
    message.set_content("一年ぶりのご案内です。\n.\n終わり")
    return message


def test_a_mail_is_on_disk_before_its_sender_hears_250(sink):
    port, folder, process = sink
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(mail("a@example.jp"), to_addrs=["a@example.jp", "b@example.jp"])
        process.kill()
    (file,) = folder.glob("*.eml")
    kept = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert kept["X-Envelope-From"] == "crm@example.jp"
    assert kept["X-Envelope-To"] == "a@example.jp, b@example.jp"
    assert kept["Subject"] == "お久しぶりです"
    assert "\n.\n終わり" in kept.get_content().replace("\r\n", "\n")


def test_mails_are_named_in_the_order_they_came(sink):
    port, folder, _ = sink
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for number in range(12):
            client.send_message(mail(f"{number:02}@example.jp"))
    tos = [message_from_bytes(file.read_bytes())["To"] for file in sorted(folder.glob("*.eml"))]
    assert tos == [f"{number:02}@example.jp" for number in range(12)]


def test_it_ends_when_told_and_opens_its_folder_to_nobody(sink):
    _, folder, process = sink
    assert folder.stat().st_mode & 0o777 == 0o700
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
