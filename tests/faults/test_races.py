"""Many people want the same seats at the same moment: none is given twice, and no answer that was confirmed is lost."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection, connections

from accounts.models import User
from campaigns import occasions
from campaigns.models import Campaign, Occasion, Rsvp, Step
from campaigns.occasions import OccasionError
from customers.models import Customer, Event
from segments.models import Segment
from tests.campaigns.events import DETAILS
from tests.campaigns.moments import NOW

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 50


@pytest.fixture
def people(db) -> list[Customer]:
    return [Customer.objects.create(code=f"C{number}", name="人") for number in range(PEOPLE)]


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Fifty at once, each with a connection of his own; all are closed in the end."""
    with ThreadPoolExecutor(PEOPLE) as pool:
        yield pool
        list(pool.map(lambda _number: (time.sleep(0.01), connections.close_all()), range(PEOPLE * 4)))


@pytest.fixture
def event_of(people):
    segment = Segment.objects.create(slug="s", name="S", rule={})
    staff = User.objects.create_user("s@example.jp")

    def make(capacity: int) -> Occasion:
        campaign = Campaign.objects.create(name="会", segment=segment, created_by=staff)
        Step.objects.create(campaign=campaign, subject="件名", body="本文")
        return Occasion.objects.create(campaign=campaign, capacity=capacity, most_each=2, **DETAILS)

    return make


def take(event: Occasion, who: Customer, answer: str, seats: int) -> str:
    """What he was told: coming, waiting, declined; empty where his answer was refused."""
    try:
        told = occasions.answer(occasion=event, customer=who, contact=None, answer=answer, seats=seats, now=NOW)
    except OccasionError:
        return ""
    return told.rsvp.answer


def judge(event: Occasion) -> dict[int, str]:
    """Seats add up, none too many, and nobody waits who would fit. The answers that stand, by customer."""
    event.refresh_from_db()
    rows = list(Rsvp.objects.filter(occasion=event).values_list("customer", "answer", "seats"))
    coming = sum(seats for _who, answer, seats in rows if answer == "coming")
    assert coming == event.taken <= event.capacity
    free = event.capacity - event.taken
    assert all(seats > free for _who, answer, seats in rows if answer == "waiting")
    assert len(rows) == len({who for who, _answer, _seats in rows})
    return {who: answer for who, answer, _seats in rows}


def play(crowd: ThreadPoolExecutor, event: Occasion, people: list[Customer], seed: int) -> int:
    """Everybody answers at once, some twice; then a third of them changes his mind while the others press again."""
    chance = random.Random(seed)
    wishes = [(who, "coming", chance.choice([1, 1, 2])) for who in people]
    doubled = [*wishes, *chance.sample(wishes, 10)]
    told = list(crowd.map(lambda wish: (wish[0].pk, take(event, *wish)), doubled))
    stands = judge(event)
    assert all(stands[who] == answer for who, answer in told if answer == "coming")
    assert set(stands) == {who for who, answer in told if answer}
    leaving = set(chance.sample(range(PEOPLE), PEOPLE // 3))
    second = [(who, "declined" if n in leaving else "coming", seats) for n, (who, _a, seats) in enumerate(wishes)]
    told = list(crowd.map(lambda wish: (wish[0].pk, take(event, *wish)), second))
    stands = judge(event)
    assert all(stands[who] == answer for who, answer in told if answer in {"coming", "declined"})
    return len(doubled) + len(second)


def run(rounds: int, crowd, event_of, people) -> int:
    takes = sum(play(crowd, event_of(random.Random(seed).randint(1, 40)), people, seed) for seed in range(rounds))
    one_each = Event.objects.filter(kind="rsvp_coming").count()
    assert one_each >= Rsvp.objects.filter(answer="coming").count()
    return takes


def test_fifty_at_once_never_take_a_seat_twice_nor_lose_a_confirmed_one(crowd, event_of, people):
    run(2, crowd, event_of, people)


@pytest.mark.prove
def test_a_thousand_rounds_of_fifty(crowd, event_of, people):
    began = time.monotonic()
    takes = run(1000, crowd, event_of, people)
    print(f"\nseats: 1,000 rounds, {takes:,} contested answers, 0 oversold, 0 lost, {time.monotonic() - began:.0f} s")  # noqa: T201


# --- a process that dies in the middle ---------------------------------------------------------------------


def answer_until_killed(event: Occasion, people: list[Customer], book: Path) -> None:
    """In a process of its own: answers on and on; writes down what was confirmed, after the commit."""
    connections.close_all()
    file = os.open(book, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    for who in people:
        answer = take(event, who, "coming", 1)
        os.write(file, f"{who.pk} {answer}\n".encode())


def kill_one_of_two(event: Occasion, people: list[Customer], seed: int) -> tuple[int, int]:
    """Two processes answer for the same event; one dies by SIGKILL. Confirmed answers, and those that stand."""
    with tempfile.TemporaryDirectory() as folder:
        books = [Path(folder) / name for name in ("one", "two")]
        children = [_forked(event, half, book) for half, book in zip((people[::2], people[1::2]), books, strict=True)]
        time.sleep(random.Random(seed).uniform(0.02, 0.3))
        with suppress(ProcessLookupError):
            os.kill(children[0], signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
        lines = [line.split() for book in books if book.exists() for line in book.read_text().splitlines()]
    stands = judge(event)
    assert all(stands[int(line[0])] == line[1] for line in lines if len(line) == 2)
    return len(lines), len(stands)


def _forked(event: Occasion, people: list[Customer], book: Path) -> int:
    connection.close()
    child = os.fork()
    if child:
        return child
    try:
        answer_until_killed(event, people, book)
    finally:
        os._exit(0)


def test_a_process_killed_between_two_answers_leaves_no_half_taken_seat(event_of, people):
    confirmed, stand = kill_one_of_two(event_of(20), people, seed=1)
    assert PEOPLE // 2 <= confirmed <= stand


@pytest.mark.prove
def test_a_hundred_processes_killed(event_of, people):
    sums = [kill_one_of_two(event_of(20), people, seed) for seed in range(100)]
    print(f"\nseats: 100 kills, {sum(one for one, _ in sums):,} confirmed answers, 0 oversold, 0 lost")  # noqa: T201
