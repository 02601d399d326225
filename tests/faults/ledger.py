"""What must hold after every test: the judge's book against the rows, the logs against what may stand in them."""

import re
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from campaigns.models import Campaign, Delivery
from customers.models import Event
from segments.models import Membership
from tests.faults.judge import Judge

State = Delivery.State
CANARY = "金糸雀"  # in the name of every customer and contact of these tests
CANARY_ADDRESS = "canary"  # in their addresses
NEVER_IN_THE_BOOK = {State.FAILED, State.SUPPRESSED, State.HELD_OUT, State.CANCELLED, State.EXPIRED}
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:(?:  .*|\s*)\n)+([\w.]+)", re.MULTILINE)
# What Celery itself says of a child that was killed (the second wraps the first).
OF_KILLS = ("WorkerLostError", "ExceptionWithTraceback")


@dataclass(frozen=True)
class Verdict:
    """The figures of one run."""

    planned: int
    accepted: int  # in the book
    lost: int
    repeated: int
    unknown: int
    states: dict[str, int]

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return f"{self.accepted} of {self.planned} in the book, {self.lost} lost, {self.repeated} twice ({states})"


def verdict(campaign: Campaign, judge: Judge) -> Verdict:
    """Counts without judging."""
    rows = dict(campaign.deliveries.values_list("message_key", "state"))
    book = Counter(line.key for line in judge.accepted() if uuid.UUID(line.key) in rows)
    silent = {str(key) for key, state in rows.items() if state not in NEVER_IN_THE_BOOK | {State.UNKNOWN}}
    states = Counter(rows.values())
    return Verdict(
        planned=len(rows),
        accepted=len(book),
        lost=len(silent - set(book)),
        repeated=sum(times - 1 for times in book.values()),
        unknown=states[State.UNKNOWN],
        states=dict(states),
    )


def check(
    campaign: Campaign,
    judge: Judge,
    *,
    logs: Iterable[Path] = (),
    expected_errors: tuple[str, ...] = (),
    unknown: int | None = None,
    most_unknown: int | None = None,
) -> Verdict:
    """0 lost, 0 repeated, every planned person's row ended once; in doubt at most one a connection that was cut.

    `unknown` says exactly how many are in doubt, `most_unknown` how many may be where it is not the senders that die.
    `expected_errors` are names of exceptions that the fault itself brings into the logs.
    """
    found = verdict(campaign, judge)
    assert (found.lost, found.repeated) == (0, 0), f"{found}; seed {judge.seed}"
    _check_book(campaign, judge)
    _check_rows(campaign, found)
    if unknown is None:
        most = judge.cut if most_unknown is None else most_unknown
        assert found.unknown <= most, f"{found}; {most} might be in doubt; seed {judge.seed}"
    else:
        assert found.unknown == unknown, f"{found}; seed {judge.seed}"
    for log in logs:
        check_log(log, expected_errors)
    return found


def _check_book(campaign: Campaign, judge: Judge) -> None:
    """Every mail in the book belongs to a row that says so, and went to that row's address."""
    columns = Delivery.objects.values_list("message_key", "state", "address", "campaign")
    rows = {str(key): rest for key, *rest in columns}
    for line in judge.accepted():
        assert line.key in rows, f"no row for {line}"
        state, address, _campaign = rows[line.key]
        assert state in (State.ACCEPTED, State.UNKNOWN), f"{state}, but in the book"
        assert address == line.recipient
    arrived = {line.key for line in judge.accepted()}
    ours = {key for key, (state, _to, of) in rows.items() if of == campaign.pk and state == State.ACCEPTED}
    assert ours <= arrived


def _check_rows(campaign: Campaign, found: Verdict) -> None:
    """Sums, ends, leases, and the customers' timelines."""
    deliveries = campaign.deliveries
    assert not deliveries.exclude(state__in=Delivery.FINAL).exists()
    assert not deliveries.exclude(lease_until=None).exists(), "a lease of something that has ended"
    people = Membership.objects.filter(segment=campaign.segment, left_on=None).count()
    steps = campaign.steps.count()
    assert sum(found.states.values()) == campaign.planned_to == people * steps
    assert deliveries.values("step", "customer").distinct().count() == people * steps
    told = Counter(Event.objects.filter(data__campaign=campaign.pk).values_list("kind", flat=True))
    ends = {"mail_accepted": State.ACCEPTED, "mail_unknown": State.UNKNOWN, "mail_failed": State.FAILED}
    for kind, state in ends.items():
        assert told[kind] == found.states.get(state, 0), f"{kind}: told {told[kind]} times, {found}"


def check_log(log: Path, expected_errors: tuple[str, ...] = ()) -> None:
    """No exception that nobody expected, and nobody's name or address."""
    text = log.read_text(errors="replace")
    surprising = [name for name in TRACEBACK.findall(text) if not name.endswith(OF_KILLS + expected_errors)]
    assert surprising == [], f"{log}: {surprising}\n{text[-3000:]}"
    assert CANARY not in text, f"{log}: a name"
    assert CANARY_ADDRESS not in text, f"{log}: an address"
