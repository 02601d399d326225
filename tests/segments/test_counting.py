"""Counts end: by their limit, by a newer count, by the button."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections

from segments import counting, rules
from tests import factories

AS_OF = dt.date(2026, 6, 30)


def _sleep(seconds):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@pytest.mark.django_db
def test_a_statement_beyond_the_limit_is_ended_and_says_so_and_the_limit_ends_with_it():
    with pytest.raises(counting.TooSlowError, match="0秒以内に終わりませんでした"), counting.limited(0.05):
        _sleep(5)
    with counting.limited(5):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_a_count_tells_how_many_may_be_mailed(monkeypatch):
    factories.customer("A")
    rule = rules.parse({"field": "code", "op": "is", "value": "A"})
    counted = counting.count(rule, as_of=AS_OF, name="page")
    assert (counted.matched, counted.mailable, [one.code for one in counted.first], counted.more) == (1, 0, ["A"], 0)
    monkeypatch.setattr(counting, "_counted", lambda rule, as_of: _sleep(5))
    assert "終わりませんでした" in counting.count(rule, as_of=AS_OF, name="page", seconds=0.05).problem


@pytest.mark.django_db(transaction=True)
def test_a_running_count_is_called_off_in_the_database_by_its_name_only():
    ended = []
    begun = threading.Event()

    def run():
        try:
            with counting.limited(20, name="count 1 page"):
                begun.set()
                _sleep(20)
        except counting.CalledOffError:
            ended.append("called off")
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(10)
    assert counting.call_off("count 2 page") == 0
    while thread.is_alive() and not ended:  # until its statement has begun
        counting.call_off("count 1 page")
        thread.join(0.02)
    thread.join(10)
    assert ended == ["called off"]
