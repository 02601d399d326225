"""One day of scoring and segments on the database that DATABASE_URL names. A process of its own.

python -m benchmarks.scoring_day AS_OF ROUNDS
"""

import datetime as dt
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import django

CHANGED = """
INSERT INTO customers_purchase (customer_id, line_key, order_id, nth, purchased_at, purchased_on, amount)
SELECT id, md5('new ' || id)::uuid, 'N' || id, 1, %(at)s, %(day)s, 1234 FROM customers_customer WHERE id %% 100 = 7
"""
MARKED = "INSERT INTO customers_touched (customer_id, at) SELECT id, %(at)s FROM customers_customer WHERE id %% 100 = 7"
# Files of scores/sql/ that read purchases, logins and contracts; those that turn what was read into scores.
RAW = {
    *("several_lines", "lines_plain", "lines_of_orders", "bought", "bought_of_lines", "refund_days", "known_terms"),
    *(
        "last_logins",
        "contract_cover",
        "purchase_days",
        "purchase_days_of_lines",
        "purchase_days_read",
        "spells",
        "no_days",
    ),
    *(
        "no_days_end",
        "activity",
        "activity_built",
        "wanted",
        "wanted_count",
        "scope_everybody",
        "scope_wanted",
        "scope_end",
    ),
}
GRADED = {"rfm", "lifecycle", "scored", "company", "company_churn"}
STATEMENT = re.compile(r"(\S+\.sql) (-?\d+) rows (\d+) ms")


class Timed(logging.Handler):
    """Adds up the milliseconds of each file of statements, as common.sql logs them."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if found := STATEMENT.match(record.getMessage()):
            self.spent[found[1]] += int(found[3])

    def taken(self) -> dict[str, float]:
        """Seconds since the last time, the longest first."""
        spent, self.spent = self.spent, Counter()
        return {name: milliseconds / 1000 for name, milliseconds in spent.most_common()}


def watched() -> Timed:
    """Hears every statement of common.sql."""
    log, timed = logging.getLogger("sql"), Timed()
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.handlers = [timed]
    return timed


@contextmanager
def stopwatch(module: Any, *names: str) -> Iterator[dict[str, float]]:
    """Seconds spent in functions of a module, by name."""
    spent, kept = dict.fromkeys(names, 0.0), {name: getattr(module, name) for name in names}

    def timed(name: str) -> Callable:
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return kept[name](*args, **kwargs)
            finally:
                spent[name] += time.perf_counter() - started

        return call

    for name in names:
        setattr(module, name, timed(name))
    try:
        yield spent
    finally:
        for name, function in kept.items():
            setattr(module, name, function)


def measure(as_of: dt.date, rounds: int) -> dict[str, Any]:
    """Everybody, the segments, 1 % changed, a quiet night, the segments it moved; reports are left out."""
    from customers import matching
    from metrics import rollups
    from retention_crm import pipeline
    from scores import predicting, scoring
    from segments import membership

    rollups.fill = rollups.keep_up = matching.find = _nothing
    rollups.is_outdated = lambda: False
    now, timed, found = _noon(as_of), watched(), {}

    def night(day: dt.date, moment: dt.datetime) -> tuple[float, dict[str, float], float]:
        with stopwatch(predicting, "fit", "predict") as models, stopwatch(membership, "refresh_all") as segments:
            whole, wal = _seconds(lambda: pipeline.nightly(as_of=day, now=moment)), _wal()
        return whole, {**models, **segments}, wal

    before = _wal()
    whole, parts, after = night(as_of, now)
    found |= {"first": whole, "wal_full_mb": after - before, "segments_first": parts["refresh_all"]}
    timed.taken()
    again = [night(as_of, now) for _round in range(rounds)]
    spent = timed.taken()
    found["built"] = (_of(spent, RAW) + _of(spent, GRADED)) / rounds
    found["read"] = _of(spent, RAW) / rounds
    found["everybody"] = median(whole - parts["refresh_all"] for whole, parts, _ in again)
    found["fit"] = median(parts["fit"] for _, parts, _ in again)
    found["segments_same"] = median(parts["refresh_all"] for _, parts, _ in again)
    found["statements_again"] = {name: seconds / rounds for name, seconds in list(spent.items())[:15]}
    found |= _changed(as_of, now, pipeline, scoring, membership, timed)
    next_day, next_noon = as_of + dt.timedelta(days=1), now + dt.timedelta(days=1)
    before, history = _wal(), _history_mb()
    whole, parts, after = night(next_day, next_noon)
    found |= {"quiet": whole - parts["refresh_all"], "wal_night_mb": after - before}
    found |= {"segments_moved": parts["refresh_all"], "history_mb": max(0.0, _history_mb() - history)}
    found["statements_quiet"] = dict(list(timed.taken().items())[:15])
    return found | _moved(next_day)


def _changed(as_of: dt.date, now: dt.datetime, pipeline: Any, scoring: Any, membership: Any, timed: Timed) -> dict:
    later = now + dt.timedelta(minutes=5)
    _execute(CHANGED, {"at": later, "day": as_of})
    _execute(MARKED, {"at": later})
    before = _wal()
    with stopwatch(scoring, "compute") as scored, stopwatch(membership, "refresh_all"):
        whole = _seconds(lambda: pipeline.refresh_if_touched(now=later))
    statements = timed.taken()
    built = _of(statements, RAW)
    wrote = {"wal_touched_mb": _wal() - before, "statements_touched": dict(list(statements.items())[:15])}
    return {"touched": whole, "touched_scores": scored["compute"], "touched_built": built, **wrote}


def _moved(day: dt.date) -> dict[str, float]:
    from segments.models import Membership, Segment

    entered = Membership.objects.filter(entered_on=day).count() + Membership.objects.filter(left_on=day).count()
    stays = Membership.objects.filter(left_on=None).count()
    return {"moved": entered / max(stays, 1), "segments": Segment.objects.filter(is_frozen=False).count()}


def _of(spent: dict[str, float], names: set[str]) -> float:
    return sum(seconds for path, seconds in spent.items() if path.removeprefix("scores/sql/")[:-4] in names)


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(3, 0), dt.UTC)  # noon in Tokyo


def _nothing(**_words: Any) -> dict[str, Any]:
    return {}


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _execute(statement: str, params: dict[str, Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _figure(statement: str) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return float(cursor.fetchone()[0])


def _wal() -> float:
    return _figure("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / 1e6")


def _history_mb() -> float:
    return _figure(
        "SELECT sum(pg_total_relation_size(oid)) / 1e6 FROM pg_class"
        " WHERE relkind = 'r' AND relname LIKE 'segments\\_m%'"
    )


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(dt.date.fromisoformat(sys.argv[1]), int(sys.argv[2]))))
