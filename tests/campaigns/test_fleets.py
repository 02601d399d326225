"""Connections side by side: who is given up, and who waits for nobody."""

import pytest

from campaigns.channels import Accepted, BrokenError, Message, RefusedError, Route, Stage
from campaigns.channels.email import EmailChannel, Server, Timeouts
from campaigns.sending.fleets import Lines, Threads, Turn, fleet
from tests.smtp_sink import DROP


class Quiet:
    def __init__(self):
        self.withdrawn = self.closed = 0

    def open(self) -> None:
        pass

    def offer(self, message: Message) -> None:
        pass

    def deliver(self, message: Message) -> Accepted:
        return Accepted("ok")

    def withdraw(self) -> None:
        self.withdrawn += 1

    def close(self) -> None:
        self.closed += 1


def turn(number: int = 0) -> Turn:
    words = b"Subject: x\r\n\r\nx\r\n"
    return Turn({"id": number}, Message("a@example.jp", f"p{number}@example.jp", words))


def mended(by, many: int) -> list[Turn]:
    """All that came back, once there are so many."""
    ended: list[Turn] = []
    while len(ended) < many:
        ended += by.wait(5)
    return ended


@pytest.fixture
def three():
    made = fleet(Route(Quiet, lambda _step, _variant: None, connections=3))
    yield made
    made.close()


def test_too_many_connections_means_a_connection_fewer_but_never_none(three):
    assert isinstance(three, Threads)
    for left in (2, 1, 1):
        one = turn()
        three.offer(one)
        mended(three, 1)
        one.error = RefusedError(Stage.RECIPIENT, 421, "4.3.2 too many")
        three.release(one)
        assert len(three._channels) == left
    assert not three.is_lost


def test_a_channel_that_cannot_connect_is_given_up_and_says_why(three):
    for _channel in range(3):
        one = turn()
        three.offer(one)
        mended(three, 1)
        one.error = BrokenError(Stage.CONNECT, "nobody there")
        three.release(one)
    assert three.is_lost
    assert three.why.words == "nobody there"


def test_what_is_not_handed_over_is_withdrawn(three):
    one = turn()
    three.offer(one)
    mended(three, 1)
    channel = one.channel
    three.release(one)
    assert channel.withdrawn == 1


def lines(port: int, many: int, timeouts: Timeouts | None = None) -> Lines:
    made = fleet(Route(lambda: EmailChannel(Server("127.0.0.1", port), timeouts), lambda *_words: None, many))
    assert isinstance(made, Lines)
    made.open()
    while made.is_opening:
        made.wait(5)
    return made


def test_a_connection_that_breaks_concerns_its_own_message(smtp_sink):
    smtp_sink.answer("p1@example.jp", rcpt=DROP)
    by = lines(smtp_sink.port, 3)
    try:
        turns = [turn(number) for number in range(3)]
        for one in turns:
            assert by.is_free
            by.offer(one)
        ended = mended(by, 3)
        assert {one.row["id"] for one in ended if one.error} == {1}
        for one in ended:
            if one.error is None:
                by.deliver(one)
        assert all(one.accepted for one in mended(by, 2))
    finally:
        by.close()
    assert sorted(smtp_sink.recipients) == ["p0@example.jp", "p2@example.jp"]


def test_a_silent_connection_holds_back_nobody_and_is_given_up_in_time(smtp_sink, monkeypatch):
    """One never answers RCPT: the other's mail is through long before the silent one's time is over."""
    by = lines(smtp_sink.port, 2, Timeouts(2, 0.4, 2))
    try:
        silent, other = turn(1), turn(2)
        by.is_free  # noqa: B018  the others are opened meanwhile
        by.offer(silent)
        silent.channel._heard = b""
        monkeypatch.setattr(silent.channel, "_taken", lambda _stage: None)
        by.offer(other)
        first = mended(by, 1)
        assert [one.row["id"] for one in first] == [2]
        by.deliver(other)
        assert mended(by, 1)[0].accepted
        ended = mended(by, 1)
        assert (ended[0].row["id"], ended[0].error.stage) == (1, Stage.SENDER)
    finally:
        by.close()
