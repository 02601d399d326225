"""Metrics at any size: filled, kept up, and read by pages, beside the raw rows and DuckDB.

PEERS=…/bin/python python -m benchmarks.figures --size L      S, M (default), L; throw-away servers, never DATA_DIR

Result: benchmarks/figures.json
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import filling
from benchmarks.night import LAST_DAY, NAMES, SIZES
from benchmarks.rows import ROOT, Row, stamp
from benchmarks.run import line, machine, report
from benchmarks.scratch import scratch

HERE = Path(__file__).parent
REQUESTS = 45


def measured(size: str, *, peers: str) -> dict[str, Any]:
    """Everything of one size; seconds, and milliseconds of pages."""
    wanted = SIZES[NAMES[size]]
    with scratch() as at:
        paths = filling.facts(at.home, wanted, last_day=LAST_DAY)
        with at.cursor() as cursor:
            filling.fill(cursor, paths, wanted, last_day=LAST_DAY)
        found, rss = at.child("-m", "benchmarks.figures_day", LAST_DAY.isoformat(), str(REQUESTS))
        return {**found, "rss": rss, "duckdb": _duckdb(peers, paths) if peers else {}}


def _duckdb(python: str, paths: dict[str, Path]) -> dict[str, float]:
    words = [python, str(HERE / "peers.py"), "figures", str(paths["purchases"]), LAST_DAY.isoformat()]
    return json.loads(subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


def rows(found: dict[str, Any]) -> list[Row]:
    """What QUALITY asks for, each beside its limit or peer."""
    filled, kept, raw, rss = found["filled"], found["kept_up"], found["raw"], found["rss"]
    night, whole = "that night's scores", "the first filling"
    pages = [
        Row(f"page: {name}, p95", taken, 100, "the limit", "ms", "ours < 100", rss)
        for name, taken in found["pages"].items()
    ]
    done = [
        *pages,
        Row("most queries of a page", max(found["queries"].values()), 12, "the limit", "queries", "ours <= 12"),
        Row("first filling of all figures", filled["fill"], filled["scores"], "the first night's scores", rss_mb=rss),
        Row("filling again, nothing new", filled["again"], filled["fill"], whole),
        Row("next night's upkeep", kept["night"], kept["scores"], night, target="ratio <= 1"),
        Row("1 % bought today", kept["bought"] + kept["bought_fill"], kept["night"], "a night's upkeep"),
        Row("1 % bought 200 days ago", kept["late"] + kept["late_fill"], filled["fill"], whole, target="ratio <= 1"),
        Row("1 % got another owner: periods written", kept["owners_periods"], 4, "the current ones", "periods"),
    ]
    for name, seconds in raw.items():
        done.append(
            Row(f"page: {name}, beside raw rows", found["pages"][name] / 1000, seconds, "the same from the rows")
        )
    for name, page in (("churn", "churn by industry"), ("cohorts", "cohorts")):
        if name in found["duckdb"]:
            seconds = found["duckdb"][name]
            done.append(Row(f"page: {page}, beside DuckDB", found["pages"][page] / 1000, seconds, "DuckDB on Parquet"))
    return done


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="M", type=str.upper, choices=list(NAMES))
    parser.add_argument("--output", default=HERE / "figures.json", type=Path, metavar="FILE")
    wanted = parser.parse_args()
    started, before, mark = time.monotonic(), machine(), stamp()
    found = measured(wanted.size, peers=os.environ.get("PEERS", ""))
    done = [row.written(size=wanted.size, stamp=mark) for row in rows(found)]
    for row in done:
        print(line(row), file=sys.stderr)
    whole = report(wanted.size, time.monotonic() - started, before, done)
    whole[0]["found"] = found
    wanted.output.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
