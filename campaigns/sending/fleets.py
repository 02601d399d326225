"""Several channels of one way side by side: messages are offered, handed over and waited for together.

Two kinds: channels that never block share one thread and one poll (mail); the others have a thread each. A channel
that alone does the work uses the sender's own thread, where it may write to the database.
"""

import select
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

from campaigns.channels import Accepted, Channel, ChannelError, Message, RefusedError, Route

LINGER = 0.003  # seconds in which others may still come for the same commit
TOO_MANY = 421  # "too many connections", "try again later": come with fewer


@dataclass(eq=False)
class Turn:
    """One message on one channel: offered, marked, handed over; how it ended."""

    row: dict[str, Any]
    message: Message
    channel: Any = None  # while it is on one
    is_marked: bool = False
    error: ChannelError | None = None
    accepted: Accepted | None = None


@runtime_checkable
class Polled(Protocol):
    """A channel that never blocks; see EmailChannel."""

    is_open: bool
    accepted: Accepted | None
    deadline: float
    wants_write: bool

    def open(self) -> object: ...
    def close(self) -> None: ...
    def withdraw(self) -> None: ...
    def fileno(self) -> int: ...
    def begin_offer(self, message: Message) -> None: ...
    def begin_deliver(self, message: Message) -> None: ...
    def go_on(self) -> bool: ...


class Fleet(ABC):
    """What both kinds share: who is free, and who is given up."""

    def __init__(self, channels: list[Any]):
        self._channels = channels
        self._free = list(channels)
        self.why: ChannelError | None = None  # the last channel that was given up could not connect

    @property
    @abstractmethod
    def is_busy(self) -> bool:
        """A turn is under way."""

    @abstractmethod
    def offer(self, turn: Turn) -> None:
        """Announces it on a channel that is free."""

    @abstractmethod
    def deliver(self, turn: Turn) -> None:
        """Hands the offered one over."""

    @abstractmethod
    def wait(self, seconds: float) -> list[Turn]:
        """The turns that came a step further."""

    @property
    def is_opening(self) -> bool:
        """One that is not free yet soon will be."""
        return False

    @property
    def is_free(self) -> bool:
        return bool(self._free)

    @property
    def is_lost(self) -> bool:
        """Not one channel is left."""
        return not self._channels

    def open(self) -> None:
        """Sees that somebody answers at all. Raises ChannelError."""
        self._free[-1].open()

    def release(self, turn: Turn) -> None:
        """The turn is over; what follows from how it ended. One that takes fewer connections gets fewer."""
        channel, error = turn.channel, turn.error
        is_too_many = isinstance(error, RefusedError) and error.code == TOO_MANY and len(self._channels) > 1
        if error is not None and (error.stage == "connect" or is_too_many):
            self._give_up(channel, error)
            return
        if turn.accepted is None:
            channel.withdraw()
        self._free.append(channel)

    def _give_up(self, channel: Channel | Polled, why: ChannelError) -> None:
        self._channels.remove(channel)
        self.why = why
        channel.close()

    def close(self) -> None:
        for channel in self._channels:
            channel.close()


class _Here:
    """An executor for one: works where it is asked to."""

    def submit(self, act: Callable, *words: Any) -> Future:
        done: Future = Future()
        try:
            done.set_result(act(*words))
        except ChannelError as error:
            done.set_exception(error)
        return done

    def shutdown(self) -> None:
        """Nothing to end."""


class Threads(Fleet):
    """Channels that block, a thread each."""

    def __init__(self, channels: list[Any]):
        super().__init__(channels)
        self._doing: dict[Future, Turn] = {}
        self._pool: ThreadPoolExecutor | _Here = ThreadPoolExecutor(len(channels)) if len(channels) > 1 else _Here()

    @property
    def is_busy(self) -> bool:
        return bool(self._doing)

    def offer(self, turn: Turn) -> None:
        turn.channel = self._free.pop()
        self._doing[self._pool.submit(turn.channel.offer, turn.message)] = turn

    def deliver(self, turn: Turn) -> None:
        self._doing[self._pool.submit(turn.channel.deliver, turn.message)] = turn

    def wait(self, seconds: float) -> list[Turn]:
        done, _others = wait(self._doing, timeout=seconds, return_when=FIRST_COMPLETED)
        return [self._taken(future) for future in done]

    def _taken(self, future: Future) -> Turn:
        turn = self._doing.pop(future)
        try:
            turn.accepted = future.result()
        except ChannelError as error:
            turn.error = error
        return turn

    def close(self) -> None:
        self._pool.shutdown()
        super().close()


class Lines(Fleet):
    """Channels that never block, all in this thread; only connecting is done in threads beside it."""

    def __init__(self, channels: list[Any]):
        super().__init__(channels)
        self._talking: dict[int, Turn] = {}
        self._opening: dict[Future, Polled] = {}
        self._poll = select.poll()
        self._bell, self._rope = socket.socketpair()
        self._poll.register(self._bell, select.POLLIN)
        self._bell.setblocking(False)
        self._pool = ThreadPoolExecutor(len(channels))
        self._ended: list[Turn] = []

    @property
    def is_busy(self) -> bool:
        return bool(self._talking or self._ended)

    @property
    def is_opening(self) -> bool:
        return bool(self._opening)

    @property
    def is_free(self) -> bool:
        """One that is open; the others are being opened meanwhile."""
        self._open_others()
        return bool(self._free)

    def open(self) -> None:
        super().open()
        self._open_others()

    def _open_others(self) -> None:
        closed = [channel for channel in self._free if not channel.is_open]
        for channel in closed:
            self._free.remove(channel)
            future = self._pool.submit(channel.open)
            self._opening[future] = channel
            future.add_done_callback(self._ring)

    def _ring(self, _future: Future) -> None:
        with suppress(OSError):
            self._rope.send(b"!")

    def offer(self, turn: Turn) -> None:
        turn.channel = self._free.pop()
        self._begin(turn, partial(turn.channel.begin_offer, turn.message))

    def deliver(self, turn: Turn) -> None:
        self._begin(turn, partial(turn.channel.begin_deliver, turn.message))

    def _begin(self, turn: Turn, begin: Callable[[], None]) -> None:
        begin()
        number = turn.channel.fileno()
        if self._is_over(turn):
            self._ended.append(turn)
        else:
            self._talking[number] = turn
            self._watch(number, turn)

    def _watch(self, number: int, turn: Turn) -> None:
        self._poll.register(number, select.POLLOUT if turn.channel.wants_write else select.POLLIN)

    def _is_over(self, turn: Turn) -> bool:
        try:
            is_over = turn.channel.go_on()
        except ChannelError as error:
            turn.error, is_over = error, True
        else:
            turn.accepted = turn.channel.accepted if is_over else None
        return is_over

    def wait(self, seconds: float) -> list[Turn]:
        """The turns that came a step further; those that come in the same moment together."""
        ended, self._ended = self._ended, []
        until = min([time.monotonic() + seconds, *(turn.channel.deadline for turn in self._talking.values())])
        patience = 0.0 if ended else until - time.monotonic()
        while found := self._poll.poll(max(0.0, patience) * 1000):
            ended += self._heard(found)
            patience = LINGER if ended else until - time.monotonic()
            if not self._talking or time.monotonic() > until:
                break
        return ended + self._late()

    def _heard(self, found: list[tuple[int, int]]) -> list[Turn]:
        ended = []
        for number, _what in found:
            if number == self._bell.fileno():
                self._bell.recv(1024)
                continue
            turn = self._talking[number]
            if self._is_over(turn):
                self._forget(number)
                ended.append(turn)
            else:
                self._watch(number, turn)
        return ended + self._opened()

    def _late(self) -> list[Turn]:
        """Those whose time is over say so themselves."""
        moment = time.monotonic()
        late = [(number, turn) for number, turn in self._talking.items() if turn.channel.deadline <= moment]
        return [self._forget(number) for number, turn in late if self._is_over(turn)]

    def _forget(self, number: int) -> Turn:
        self._poll.unregister(number)
        return self._talking.pop(number)

    def _opened(self) -> list[Turn]:
        """Those that are connected now are free; one that could not is given up."""
        for future in [future for future in self._opening if future.done()]:
            channel = self._opening.pop(future)
            error = future.exception()
            if isinstance(error, ChannelError):
                self._give_up(channel, error)
            else:
                self._free.append(channel)
        return []

    def close(self) -> None:
        self._pool.shutdown()
        super().close()
        self._bell.close()
        self._rope.close()


def fleet(route: Route) -> Fleet:
    channels: list[Any] = [route.make() for _number in range(max(1, route.connections))]
    return Lines(channels) if isinstance(channels[0], Polled) else Threads(channels)
