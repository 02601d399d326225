"""The table of answers: stage × reply → what becomes of the row, the address, the campaign."""

import datetime as dt

import pytest

from campaigns import replies
from campaigns.channels import BrokenError, ChannelError, RefusedError, Stage
from campaigns.replies import Outcome
from tests.campaigns.moments import NOW

LATER = Outcome("deferred", "later")
AGAIN = Outcome("deferred", "connection")
POLICY = Outcome("deferred", "policy", pauses="domain")
US = Outcome("deferred", "policy", pauses="campaign")
NO = Outcome("failed", "rejected")
GONE = Outcome("failed", "rejected", is_bounce=True)
DOUBT = Outcome("unknown", "no_answer")


@pytest.mark.parametrize(
    ("stage", "code", "words", "expected"),
    [
        (Stage.SENDER, 421, "4.3.2 shutting down", LATER),
        (Stage.SENDER, 451, "4.7.1 try later", LATER),
        (Stage.SENDER, 550, "5.7.1 not from you", US),
        (Stage.SENDER, 553, "sender unknown", US),
        (Stage.RECIPIENT, 421, "", LATER),
        (Stage.RECIPIENT, 450, "4.2.1 mailbox busy", LATER),
        (Stage.RECIPIENT, 451, "4.7.1 greylisted", LATER),
        (Stage.RECIPIENT, 452, "4.2.2 full", LATER),
        (Stage.RECIPIENT, 550, "5.1.1 no such user", GONE),
        (Stage.RECIPIENT, 550, "5.1.10 null MX", GONE),
        (Stage.RECIPIENT, 550, "5.2.1 disabled", GONE),
        (Stage.RECIPIENT, 553, "5.1.3 bad syntax", GONE),
        (Stage.RECIPIENT, 550, "no words we know", NO),
        (Stage.RECIPIENT, 552, "5.2.2 mailbox full", NO),
        (Stage.RECIPIENT, 550, "5.7.1 relay denied", POLICY),
        (Stage.RECIPIENT, 550, "5.7.26 unauthenticated", POLICY),
        (Stage.RECIPIENT, 550, "5.7.515 not aligned", POLICY),
        (Stage.DATA, 451, "4.3.0 later", LATER),
        (Stage.DATA, 554, "5.5.1 no valid recipients", NO),
        (Stage.CONTENT, 421, "4.4.2 closing", LATER),
        (Stage.CONTENT, 451, "4.3.0 later", LATER),
        (Stage.CONTENT, 550, "5.7.9 policy", POLICY),
        (Stage.CONTENT, 552, "5.3.4 too big", NO),
        (Stage.CONTENT, 554, "5.6.0 bad content", NO),
        (Stage.CONTENT, 550, "5.1.1 no such user", GONE),
    ],
)
def test_an_answer_decides(stage, code, words, expected):
    assert replies.judge(RefusedError(stage, code, words)) == expected


@pytest.mark.parametrize(
    ("stage", "expected"),
    [(Stage.SENDER, AGAIN), (Stage.RECIPIENT, AGAIN), (Stage.DATA, AGAIN), (Stage.CONTENT, DOUBT)],
)
def test_without_an_answer_only_what_was_handed_over_is_in_doubt(stage, expected):
    assert replies.judge(BrokenError(stage)) == expected


def test_the_wait_grows_and_then_stays():
    waits = [replies.again_at(attempts, NOW) - NOW for attempts in range(8)]
    assert waits == [dt.timedelta(seconds=s) for s in (60, 60, 300, 900, 3600, 14400, 28800, 28800)]


def test_words_that_are_kept_hold_no_address_and_are_short():
    error = RefusedError(Stage.RECIPIENT, 550, "5.1.1 <taro@example.jp>: no such user " + "x" * 500)
    assert "taro" not in error.words
    assert len(error.words) == 300
    assert error.enhanced == "5.1.1"
    assert "recipient" in str(ChannelError(Stage.RECIPIENT, "x"))
