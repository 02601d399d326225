"""News of segments: written with the membership, taken by each consumer exactly once."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from customers.models import Customer
from scores.models import Score
from segments import membership, movements, ready_made
from segments.models import Consumer, Movement, Segment, Taken
from tests import factories

NOON = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)
D1, D2, D3, D4 = (dt.date(2026, 6, day) for day in (1, 2, 3, 4))


def _vip():
    ready_made.ensure()
    return Segment.objects.get(slug="vip")


def _set(code, m):
    who = Customer.objects.filter(code=code).first() or factories.customer(code)
    Score.objects.update_or_create(customer=who, defaults={"as_of": D1, "m": m})
    return who


def _refresh(vip, day, **ms):
    for code, m in ms.items():
        _set(code, m)
    membership.refresh(vip, as_of=day, now=NOON)


def _news(**wanted):
    found = Movement.objects.filter(is_void=False, **wanted).order_by("id")
    return [(one.customer.code, one.kind, one.on.day) for one in found]


def _take(consumer="tasks", limit=100, **wanted):
    with transaction.atomic():
        return [(one.customer.code, one.kind) for one in movements.take(consumer=consumer, limit=limit, **wanted)]


@pytest.fixture
def vip(db):
    """A segment that was computed once, with nobody in it."""
    vip = _vip()
    membership.refresh(vip, as_of=D1, now=NOON)
    return vip


# --- what is news ----------------------------------------------------------------------------------


def test_entering_and_leaving_are_news(vip):
    _refresh(vip, D2, A=5, B=5)
    _refresh(vip, D3, A=4)
    assert _news() == [("A", "entered", 2), ("B", "entered", 2), ("A", "left", 3)]


def test_whom_a_segment_began_with_is_no_news_unless_asked(db):
    vip = _vip()
    _refresh(vip, D1, A=5)
    assert _news() == []
    Segment.objects.filter(pk=vip.pk).update(as_of=None)
    _set("B", 5)
    membership.refresh(vip, as_of=D2, now=NOON, announce_first=True)
    assert _news() == [("B", "entered", 2)]


def test_who_moves_because_the_rule_was_changed_is_no_news(vip):
    _refresh(vip, D2, A=5, B=4)
    Segment.objects.filter(pk=vip.pk).update(rule={"field": "m", "op": "eq", "value": 4})
    _refresh(vip, D3)
    assert _news() == [("A", "entered", 2)]
    _refresh(vip, D4, B=3)
    assert _news()[1:] == [("B", "left", 4)]


def test_a_second_run_of_the_day_adds_no_news(vip):
    _refresh(vip, D2, A=5)
    _refresh(vip, D2)
    assert _news() == [("A", "entered", 2)]


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        ([5, 4], []),  # in and out on one day: was never in
        ([5, 4, 5], [("A", "entered", 2)]),
    ],
)
def test_what_moves_back_on_the_day_is_void(vip, ms, expected):
    for m in ms:
        _refresh(vip, D2, A=m)
    assert _news() == expected
    assert Movement.objects.count() == 1


@pytest.mark.parametrize(("ms", "expected"), [([4, 5], []), ([4, 5, 4], [("A", "left", 3)])])
def test_who_is_back_on_the_day_never_left(vip, ms, expected):
    _refresh(vip, D2, A=5)
    for m in ms:
        _refresh(vip, D3, A=m)
    assert _news(on=D3) == expected


def test_a_merge_moves_nobody_who_was_in_before(vip):
    loser, winner = _set("A", 5), _set("B", 4)
    _refresh(vip, D2)
    loser.archived_at, loser.merged_into = NOON, winner
    loser.save()
    _refresh(vip, D3, B=5)
    assert _news() == [("A", "entered", 2)]
    assert list(vip.memberships.filter(left_on=None).values_list("customer__code", flat=True)) == ["B"]


# --- taking it -------------------------------------------------------------------------------------


def test_each_consumer_takes_everything_once(vip):
    for name in ("tasks", "campaign:1"):
        movements.begin(name)
    _refresh(vip, D2, A=5, B=5)
    assert _take() == [("A", "entered"), ("B", "entered")]
    assert _take() == []
    assert _take("campaign:1", limit=1) == [("A", "entered")]
    assert _take("campaign:1", limit=1) == [("B", "entered")]
    assert _take("campaign:1", limit=1) == []


def test_a_consumer_begins_with_what_moves_from_then_on(vip):
    _refresh(vip, D2, A=5)
    movements.begin("tasks")
    movements.begin("all", from_start=True)
    _refresh(vip, D3, A=4)
    movements.begin("tasks")
    assert _take() == [("A", "left")]
    assert _take("all") == [("A", "entered"), ("A", "left")]


def test_a_consumer_may_want_one_segment_and_one_direction(vip):
    movements.begin("tasks")
    _refresh(vip, D2, A=5, B=5)
    _refresh(vip, D3, A=4)
    other = Segment.objects.get(slug="dormant")
    assert _take(segment=other) == []
    assert _take(segment=vip, kind="left") == [("A", "left")]


def test_what_was_taken_and_came_again_on_the_day_is_not_taken_twice(vip):
    movements.begin("tasks")
    _refresh(vip, D2, A=5)
    assert _take() == [("A", "entered")]
    _refresh(vip, D2, A=4)
    _refresh(vip, D2, A=5)
    assert _take() == []


def test_what_was_void_when_the_consumer_looked_is_taken_once_it_stands(vip):
    movements.begin("tasks")
    _refresh(vip, D2, A=5)
    _refresh(vip, D2, A=4, B=5)
    assert _take() == [("B", "entered")]
    _refresh(vip, D2, A=5)
    assert _take() == [("A", "entered")]


def test_days_that_are_over_need_no_row_each(vip):
    movements.begin("tasks")
    _refresh(vip, D2, A=5, B=5)
    _take()
    assert Taken.objects.count() == 2
    _refresh(vip, D3, A=4)
    _take()
    assert list(Taken.objects.values_list("movement__on", flat=True)) == [D3]
    assert Consumer.objects.get().settled_to == Movement.objects.filter(on=D2).latest("id").pk


def test_a_consumer_that_fails_has_taken_nothing(vip):
    movements.begin("tasks")
    _refresh(vip, D2, A=5)

    def fail():
        with transaction.atomic():
            raise ZeroDivisionError(movements.take(consumer="tasks", limit=9))

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _take() == [("A", "entered")]


def test_nobody_takes_without_having_begun(vip):
    with pytest.raises(Consumer.DoesNotExist):
        _take("nobody")


def test_an_ended_consumer_is_forgotten(vip):
    movements.begin("tasks")
    movements.end("tasks")
    with pytest.raises(Consumer.DoesNotExist):
        _take()


def test_old_news_goes_and_the_history_stays(vip):
    movements.begin("tasks")
    _refresh(vip, D2, A=5)
    _take()
    _refresh(vip, D4, A=4)
    assert movements.forget_old(as_of=D3 + dt.timedelta(days=movements.KEPT_DAYS)) == 1
    assert _news() == [("A", "left", 4)]
    assert vip.memberships.get().entered_on == D2


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_taken():
    movements.begin("tasks")
    with pytest.raises(transaction.TransactionManagementError):
        movements.take(consumer="tasks", limit=1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_everything_once_between_them():
    vip = _vip()
    membership.refresh(vip, as_of=D1, now=NOON)
    movements.begin("tasks")
    _refresh(vip, D2, A=5, B=5)
    both, got = threading.Barrier(2, timeout=10), {}

    def work(name, *, waits):
        try:
            with transaction.atomic():
                got[name] = [one.customer.code for one in movements.take(consumer="tasks", limit=9)]
                both.wait() if waits else None
                both.wait() if waits else None
        finally:
            connection.close()

    first = threading.Thread(target=work, args=("first",), kwargs={"waits": True})
    first.start()
    both.wait()  # the first has taken and not committed
    work("second", waits=False)
    both.wait()
    first.join()
    work("third", waits=False)
    assert got == {"first": ["A", "B"], "second": [], "third": []}


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_at_once_make_one_membership_and_one_piece_of_news():
    vip = _vip()
    membership.refresh(vip, as_of=D1, now=NOON)
    _set("A", 5)
    start = threading.Barrier(2, timeout=10)

    def work():
        start.wait()
        try:
            membership.refresh(vip, as_of=D2, now=NOON)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (vip.memberships.count(), _news()) == (1, [("A", "entered", 2)])
