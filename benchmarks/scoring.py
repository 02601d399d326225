"""Scores and segments of everybody. A process of its own, on the database that DATABASE_URL names.

python -m benchmarks.scoring AS_OF PURCHASES.csv ROUNDS
"""

import datetime as dt
import json
import resource
import sys
import time
from statistics import median
from typing import Any

import django
import pandas as pd


def measure(as_of: dt.date, purchases: str, rounds: int) -> dict[str, Any]:
    """Seconds of each; memory is taken before the peers run."""
    from django.utils import timezone

    from scores import scoring
    from segments import membership
    from segments.models import Segment

    now = timezone.now()
    computing = [_seconds(lambda: scoring.compute(as_of=as_of, now=now)) for _round in range(rounds)]
    first = _seconds(lambda: membership.refresh_all(as_of=as_of, now=now))
    again = [_seconds(lambda: membership.refresh_all(as_of=as_of, now=now)) for _round in range(rounds)]
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    segments = list(Segment.objects.filter(is_frozen=False))
    if failed := [segment.slug for segment in segments if segment.state == Segment.State.FAILED]:
        raise SystemExit(f"segments failed: {failed}")
    counting = [
        _seconds(lambda: [membership.matching(one, as_of=as_of).count() for one in segments])
        for _round in range(rounds)
    ]
    grouping = [_seconds(lambda: group(purchases, as_of)) for _round in range(rounds)]
    return {
        "compute": median(computing),
        "pandas": median(grouping),
        "first": first,
        "again": median(again),
        "counting": median(counting),
        "segments": len(segments),
        "rss": rss,
    }


def group(purchases: str, as_of: dt.date) -> pd.DataFrame:
    """Recency, frequency, money and their fifths from the file, and nothing else."""
    lines = pd.read_csv(purchases, usecols=["customer_id", "purchased_at", "amount"])
    lines["day"] = pd.to_datetime(lines["purchased_at"], format="%Y-%m-%d %H:%M:%S").dt.normalize()
    found = lines.groupby("customer_id").agg(last=("day", "max"), orders=("day", "count"), money=("amount", "sum"))
    found["days"] = (pd.Timestamp(as_of) - found["last"]).dt.days
    for name in ("days", "orders", "money"):
        found[f"{name}_fifth"] = pd.cut(found[name].rank(pct=True), 5, labels=False)
    return found


def _seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(dt.date.fromisoformat(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
