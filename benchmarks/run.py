"""All benchmarks of one size into benchmarks/results.json. See README.md beside this file.

python -m benchmarks.run --size S        S, M (default), L; throw-away servers, never DATA_DIR
"""

import argparse
import datetime as dt
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import generator, importing
from benchmarks.rows import Row, stamp
from benchmarks.scratch import Scratch, scratch

RESULTS = Path(__file__).parent / "results.json"
REQUESTS = 65


def every_row(name: str, at: Scratch, *, last_day: dt.date) -> Iterator[list[Row]]:
    """The rows, part by part. Short parts are the median of three runs, long ones of one."""
    size = generator.SIZES[name]
    rounds = 3 if size.purchases < 100_000 else 1
    files = generator.write(at.home, size, last_day=last_day)
    yield importing.rows(at, files, rounds=rounds)
    yield scored(at, size, files["purchases"], last_day=last_day, rounds=rounds)
    yield paged(at)
    yield modelled(at, size)
    yield sent(at, size)
    yield matched(at, size)  # the last: it empties the customers


def scored(at: Scratch, size: generator.Size, purchases: Path, *, last_day: dt.date, rounds: int) -> list[Row]:
    found, _rss = at.child("-m", "benchmarks.scoring", last_day.isoformat(), str(purchases), str(rounds))
    pandas = "pandas: reading the purchases' file, R, F, M and their fifths (no database, no logins, no models)"
    facts, seconds, rss = size.purchases + size.logins, found["compute"], found["rss"]
    counting = f"counting the members of the {found['segments']} segments, storing nothing"
    speed = Row("full scoring, rows a second", facts / seconds, size.purchases / found["pandas"], pandas, "rows/s")
    limit = {"target": "ours <= 3", "rss_mb": rss}
    return [
        Row("full scoring", seconds, found["pandas"], pandas, rss_mb=rss),
        speed,
        Row("ready-made segments, first time", found["first"], found["counting"], counting, rss_mb=rss),
        Row("ready-made segments, nothing moved", found["again"], found["counting"], counting, **limit),
    ]


def paged(at: Scratch) -> list[Row]:
    at.child("manage.py", "nightly", "--json")
    found, _rss = at.child("-m", "benchmarks.pages", str(REQUESTS))
    names = {"list": "customers list (search, filters, order, pages), p95", "dashboard": "dashboard, p95"}
    rows = [
        Row(words, found[name], 100, "the limit", "ms", "ours < 100", found["rss"]) for name, words in names.items()
    ]
    busy = "page of a customer with 10,000 facts and its timeline, p95"
    return [*rows, Row(busy, found["timeline"], 200, "the limit", "ms", "ours < 200", found["rss"])]


def modelled(at: Scratch, size: generator.Size) -> list[Row]:
    found, _rss = at.child("-m", "benchmarks.models", str(size.histories), "3")
    people, rss = f"{size.histories:,} simulated customers", found["rss"]
    numeric = "L-BFGS-B with numeric gradients on 20,000 of them, a row each, scaled up"
    closed = "the closed form with 2F1, a row a customer"
    gap = "limit of what the numeric fit's likelihood may be better by, relative, on its sample"
    return [
        Row(f"BG/NBD fit of {people}", found["fit"], found["numeric_scaled"], numeric, "s", "ratio <= 0.1", rss),
        Row("BG/NBD log-likelihood missed", found["gap"], 1e-6, gap, "relative", "ours <= 0.000001"),
        Row(f"P(alive) + purchases of {people}", found["predict"], found["by_row"], closed, "s", "ours < 0.5", rss),
    ]


def sent(at: Scratch, size: generator.Size) -> list[Row]:
    found, _rss = at.child("-m", "benchmarks.sending", "--mails", str(size.mails))
    target, rss = "ours >= 1000 and ratio >= 3", found["rss_mb"]
    bare = "a bare smtplib loop with ready bytes, same sink"
    return [
        Row(f"{size.mails:,} mails", found["ours"], found["django"], "Django's mail path", "mails/s", target, rss),
        Row(f"{size.mails:,} mails, beside bare", found["ours"], found["bare"], bare, "mails/s"),
    ]


def matched(at: Scratch, size: generator.Size) -> list[Row]:
    found, _rss = at.child("-m", "benchmarks.matching", str(size.customers))
    who, rss, true = f"{size.customers:,} customers", found["rss"], "of the doubles planted"
    limit = 600 * size.customers / 1_000_000
    return [
        Row(f"duplicates among {who}", found["whole"], limit, "ten minutes a million", "s", "ratio <= 1", rss),
        Row(f"duplicates of 100 of {who}", found["some"], found["whole"], "of all of them", rss_mb=rss),
        Row(f"duplicates found among {who}", found["recall"], 1, true, "share", "ours >= 0.95"),
        Row(
            f"pairs that are duplicates, {who}", found["precision"], 1, "of the pairs proposed", "share", "ours >= 0.95"
        ),
        Row(f"sure pairs that are, {who}", found["sure_precision"], 1, "of the sure pairs", "share", "ours >= 0.99"),
    ]


def machine() -> dict[str, object]:
    """What the figures were taken on; load over the last minute."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "cpus": os.cpu_count(),
        "memory_gb": memory,
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def report(name: str, seconds: float, before: dict[str, object], rows: list[dict]) -> list[dict]:
    """The rows, with a header object first: when, on what, and how busy it was."""
    load = {"load_before": round(before.pop("load"), 1), "load_after": round(os.getloadavg()[0], 1)}
    shared = load["load_before"] > 1
    note = "The machine was shared with other work: compare ratios, not seconds." if shared else ""
    return [{"header": "machine", "size": name, "seconds": round(seconds), **before, **load, "note": note}, *rows]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="M", type=str.upper, choices=list(generator.SIZES))
    parser.add_argument("--output", default=RESULTS, type=Path, metavar="FILE")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers stop, as with Ctrl-C
    started, before, mark, written = time.monotonic(), machine(), stamp(), []
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    with scratch() as at:
        for part in every_row(wanted.size, at, last_day=yesterday):
            for row in part:
                written.append(row.written(size=wanted.size, stamp=mark))
                print(line(written[-1]), file=sys.stderr, flush=True)
    done = report(wanted.size, time.monotonic() - started, before, written)
    wanted.output.write_text(json.dumps(done, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def line(row: dict) -> str:
    """A row for people."""
    verdict = {True: "met", False: "MISSED", None: ""}[row["met"]]
    goal = f"{row['target'] or '-'} {verdict}"
    rss = f"{row['rss_mb']} MB" if row["rss_mb"] else ""
    figures = f"{row['ours']:>10} {row['unit']:8} beside {row['beside']:>10}  x{row['ratio']:<8}"
    return f"{row['name']:58} {figures} {goal} {rss}"


if __name__ == "__main__":
    main()
