"""A night at any size: everybody scored, 1 % changed in the day, a night with nothing new, fifteen segments.

PEERS=…/bin/python python -m benchmarks.night --size L      beside DuckDB, pandas and lifetimes (peers.txt); S, M, L
PEERS=…/bin/python python -m benchmarks.night --growth      0.1, 1 and 10 million purchases, and a plot of them

Throw-away servers, never DATA_DIR. Results: benchmarks/night.json, benchmarks/growth.json and growth.svg.
"""

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import filling, generator
from benchmarks.rows import ROOT, Row, stamp
from benchmarks.run import line, machine, report
from benchmarks.scratch import scratch

HERE = Path(__file__).parent
SIZES = {
    "0.1": generator.Size(10_000, 100_000, 200_000, 0, 0),
    "1": generator.Size(100_000, 1_000_000, 2_000_000, 0, 0),
    "10": generator.Size(1_000_000, 10_000_000, 20_000_000, 0, 0),
}
NAMES = {"S": "0.1", "M": "1", "L": "10"}
LAST_DAY = dt.date(2026, 10, 14)  # no end of a month, so that the next day is a night like any other


def measured(millions: str, *, peers: str, rounds: int) -> dict[str, Any]:
    """Seconds, megabytes and rows of everything at one size."""
    size = SIZES[millions]
    with scratch() as at:
        started = time.monotonic()
        paths = filling.facts(at.home, size, last_day=LAST_DAY)
        with at.cursor() as cursor:
            filling.fill(cursor, paths, size, last_day=LAST_DAY)
        print(f"{millions} million purchases loaded in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        found, rss = at.child("-m", "benchmarks.scoring_day", LAST_DAY.isoformat(), str(rounds))
        beside = _peers(peers, paths, rounds, with_lifetimes=millions != "0.1") if peers else {}
    return {**found, "rss": rss, "peers": beside, "purchases": size.purchases, "customers": size.customers}


def _peers(python: str, paths: dict[str, Path], rounds: int, *, with_lifetimes: bool) -> dict[str, float]:
    words = [python, str(HERE / "peers.py"), str(paths["purchases"]), str(paths["logins"]), LAST_DAY.isoformat()]
    more = [str(rounds), *(["lifetimes"] if with_lifetimes else [])]
    return json.loads(subprocess.run([*words, *more], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


def rows(found: dict[str, Any]) -> list[Row]:
    """What QUALITY asks for, each beside its limit or peer."""
    rss, peers, full = found["rss"], found["peers"], found["built"]
    work = "activity and scores of everybody"
    duck = {"beside": peers["duckdb"], "beside_is": "DuckDB on Parquet, the same work, nothing stored"}
    said = "everybody's raw rows read"
    whole = found["everybody"]
    return [
        Row(work, full, **duck, target="ratio <= 5", rss_mb=rss),
        Row(f"{work}, beside pandas", full, peers["pandas"], "pandas on Parquet, the same work", rss_mb=rss),
        Row("everybody, all of it stored", whole, **duck, rss_mb=rss),
        Row("1 % changed: raw rows read again", found["touched_built"], found["read"], said, target="ratio <= 0.125"),
        Row("1 % changed, with scores stored", found["touched_scores"], whole, "all of it", target="ratio <= 0.3333"),
        Row("1 % changed, until segments are right", found["touched"], 60, "a minute", target="ours <= 60"),
        Row("a night with nothing new", found["quiet"], whole, "all of it", target="ratio <= 1"),
        Row(f"{found['segments']} segments, first time", found["segments_first"], whole, "all of it"),
        Row(f"{found['segments']} segments, nothing moves", found["segments_same"], 3, "limit", target="ours <= 3"),
        Row(
            f"{found['segments']} segments, {found['moved']:.1%} move",
            found["segments_moved"],
            3,
            "limit",
            target="ours <= 3",
        ),
        Row("history of segments, a year", found["history_mb"] * 365, 1500, "limit", "MB", "ours <= 1500"),
        Row("written in a night", found["wal_night_mb"], found["wal_full_mb"], "the first time", "MB"),
        Row("written where 1 % changed", found["wal_touched_mb"], found["wal_full_mb"], "the first time", "MB"),
        *(
            [Row("BG/NBD fit", found["fit"], peers["lifetimes"], "lifetimes", target="ratio <= 0.1")]
            if "lifetimes" in peers
            else []
        ),
    ]


def grow(peers: str) -> dict[str, Any]:
    """All three sizes, smallest first; the largest. The plot is drawn by the peers' matplotlib."""
    found = []
    for millions in SIZES:
        found.append({"millions": millions, **measured(millions, peers=peers, rounds=1)})
        (HERE / "growth.json").write_text(json.dumps([stamp(), *found], indent=1) + "\n", encoding="utf-8")
    subprocess.run([peers, str(HERE / "plot.py")], check=True, cwd=ROOT)
    return found[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.night", description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="M", type=str.upper, choices=list(NAMES))
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--output", default=HERE / "night.json", type=Path, metavar="FILE")
    wanted, peers = parser.parse_args(), os.environ.get("PEERS", "")
    if not peers:
        raise SystemExit("PEERS must name a Python that has benchmarks/peers.txt installed.")
    started, before, mark = time.monotonic(), machine(), stamp()
    size = "L" if wanted.growth else wanted.size
    rounds = 1 if size == "L" else 3
    found = grow(peers) if wanted.growth else measured(NAMES[size], peers=peers, rounds=rounds)
    done = [row.written(size=size, stamp=mark) for row in rows(found)]
    for row in done:
        print(line(row), file=sys.stderr)
    whole = report(size, time.monotonic() - started, before, done)
    whole[0]["found"] = found
    wanted.output.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
