"""What follows from how the other side answered: a table, without side effects (QUALITY §3.2)."""

import datetime as dt
from dataclasses import dataclass

from .channels import BrokenError, ChannelError, RefusedError, Stage
from .models import Delivery

State = Delivery.State
BACK_OFF = (60, 300, 900, 3600, 4 * 3600, 8 * 3600)  # seconds, by attempt
NO_SUCH_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
POLICY = "5.7."
REMEMBERED = dt.timedelta(hours=24)  # how long the other side knows a key: the least that providers promise


@dataclass(frozen=True)
class Outcome:
    """A row's next state. `is_bounce`: the address gets nothing any more. `pauses`: "domain", "campaign" or nothing."""

    state: str
    reason: str = ""
    is_bounce: bool = False
    pauses: str = ""


def judge(error: ChannelError, *, is_keyed: bool = False) -> Outcome:
    """The table: stage × answer → outcome. Errors at stage CONNECT concern no row and don't come here.

    `is_keyed`: the other side takes a message with the same key once.
    """
    if isinstance(error, RefusedError):
        return _of_no(error)
    if isinstance(error, BrokenError) and error.stage == Stage.CONTENT:
        if is_keyed:
            return Outcome(State.DEFERRED, "no_answer")
        return Outcome(State.UNKNOWN, "no_answer")  # may have arrived: never again by itself
    return Outcome(State.DEFERRED, "connection")  # nothing was handed over: back to the queue


def _of_no(error: RefusedError) -> Outcome:
    if not error.is_permanent:
        return Outcome(State.DEFERRED, "later")
    if error.stage == Stage.SENDER:
        return Outcome(State.DEFERRED, "policy", pauses="campaign")  # it's us they don't want
    if error.enhanced.startswith(POLICY):
        return Outcome(State.DEFERRED, "policy", pauses="domain")
    return Outcome(State.FAILED, "rejected", is_bounce=error.enhanced in NO_SUCH_ADDRESS)


def again_at(attempts: int, now: dt.datetime) -> dt.datetime:
    """When to try again after so many attempts (from 1)."""
    return now + dt.timedelta(seconds=BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1])
