"""What a mail server's answers lead to, line by line, as a real connection brings them."""

import pytest

from campaigns import replies
from campaigns.channels import ChannelError, Message, Stage
from campaigns.channels.email import EmailChannel, Server, Timeouts
from campaigns.models import Delivery
from tests.smtp_script import CUT, SILENT, SmtpScript

State = Delivery.State
MESSAGE = Message("a@example.jp", "b@example.jp", b"Subject: x\r\n\r\nx\r\n")
QUICK = Timeouts(0.3, 0.3, 0.3)


def told(**answers: str) -> ChannelError:
    """What sending one mail raises where the server says this."""
    with SmtpScript(**answers) as server, pytest.raises(ChannelError) as error:
        send(EmailChannel(Server("127.0.0.1", server.port, user=answers.get("auth", "") and "u"), QUICK))
    return error.value


def send(channel: EmailChannel) -> None:
    try:
        channel.offer(MESSAGE)
        channel.deliver(MESSAGE)
    finally:
        channel.close()


@pytest.mark.parametrize(
    "answers",
    [
        {"greeting": "421 4.3.2 not now"},
        {"greeting": "554 5.7.1 blocked"},
        {"greeting": SILENT},
        {"greeting": CUT},
        {"ehlo": "421 4.7.0 too many of you"},
        {"auth": "535 5.7.8 wrong"},
        {"auth": "454 4.7.0 try later"},
        {"auth": SILENT},
    ],
)
def test_before_the_first_mail_nobody_is_at_fault(answers):
    assert told(**answers).stage == Stage.CONNECT


@pytest.mark.parametrize(
    ("answers", "stage", "state", "pauses", "is_bounce"),
    [
        ({"mail": "421 4.3.2 going down"}, Stage.SENDER, State.DEFERRED, "", False),
        ({"mail": "451 4.3.0 later"}, Stage.SENDER, State.DEFERRED, "", False),
        ({"mail": "550 5.7.1 not from you"}, Stage.SENDER, State.DEFERRED, "campaign", False),
        ({"rcpt": "421 4.3.2 going down"}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"rcpt": "450 4.2.1 busy"}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"rcpt": "451 4.7.1 greylisted"}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"rcpt": "452 4.2.2 full"}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"rcpt": "454 4.7.0 later"}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"rcpt": "550 5.1.1 nobody"}, Stage.RECIPIENT, State.FAILED, "", True),
        ({"rcpt": "550 no"}, Stage.RECIPIENT, State.FAILED, "", False),
        ({"rcpt": "552 5.2.2 full for good"}, Stage.RECIPIENT, State.FAILED, "", False),
        ({"rcpt": "550 5.7.1 policy"}, Stage.RECIPIENT, State.DEFERRED, "domain", False),
        ({"rcpt": SILENT}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"rcpt": CUT}, Stage.RECIPIENT, State.DEFERRED, "", False),
        ({"data": "451 4.3.0 later"}, Stage.DATA, State.DEFERRED, "", False),
        ({"data": "554 5.7.1 policy"}, Stage.DATA, State.DEFERRED, "domain", False),
        ({"data": SILENT}, Stage.DATA, State.DEFERRED, "", False),
        ({"data": CUT}, Stage.DATA, State.DEFERRED, "", False),
        ({"dot": "421 4.3.2 going down"}, Stage.CONTENT, State.DEFERRED, "", False),
        ({"dot": "451 4.3.0 later"}, Stage.CONTENT, State.DEFERRED, "", False),
        ({"dot": "452 4.3.1 no room"}, Stage.CONTENT, State.DEFERRED, "", False),
        ({"dot": "550 5.7.1 looks like spam"}, Stage.CONTENT, State.DEFERRED, "domain", False),
        ({"dot": "554 5.6.0 not mail"}, Stage.CONTENT, State.FAILED, "", False),
        ({"dot": SILENT}, Stage.CONTENT, State.UNKNOWN, "", False),
        ({"dot": CUT}, Stage.CONTENT, State.UNKNOWN, "", False),
        ({"dot": "250-2.0.0 half an"}, Stage.CONTENT, State.UNKNOWN, "", False),
        ({"dot": "25"}, Stage.CONTENT, State.UNKNOWN, "", False),
    ],
)
def test_what_each_answer_leads_to(answers, stage, state, pauses, is_bounce):
    error = told(**answers)
    outcome = replies.judge(error)
    found = (error.stage, outcome.state, outcome.pauses, outcome.is_bounce)
    assert found == (stage, state, pauses, is_bounce)
