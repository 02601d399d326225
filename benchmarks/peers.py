"""The same work by others, on the same facts as Parquet: DuckDB, pandas, and the library `lifetimes`.

They are installed for this alone, in an environment of their own (peers.txt):
python benchmarks/peers.py PURCHASES LOGINS AS_OF ROUNDS [lifetimes]; benchmarks/night.py calls it
"""

import json
import resource
import sys
import time
from statistics import median

ACTIVITY = """
WITH days AS (
    SELECT who, day, count(*) AS orders, sum(amount) AS amount FROM read_parquet('{purchases}')
     WHERE day <= DATE '{as_of}' GROUP BY who, day
), bought AS (
    SELECT who, min(day) AS first_on, max(day) AS last_on, count(*) - 1 AS x, sum(orders) AS orders,
           sum(amount) AS amount, sum(amount) - arg_min(amount, day) AS repeat_amount
      FROM days GROUP BY who
), used AS (
    SELECT who, max(day) AS last_login_on FROM read_parquet('{logins}') WHERE day <= DATE '{as_of}' GROUP BY who
)
SELECT b.*, last_login_on,
       1 + least(4, floor(5 * percent_rank() OVER (ORDER BY last_on))) AS r,
       1 + least(4, floor(5 * percent_rank() OVER (ORDER BY orders))) AS f,
       1 + least(4, floor(5 * percent_rank() OVER (ORDER BY amount))) AS m,
       CASE WHEN last_on <= DATE '{as_of}' - 540 THEN 'lapsed' WHEN last_on <= DATE '{as_of}' - 180 THEN 'dormant'
            WHEN first_on > DATE '{as_of}' - 90 THEN 'new' WHEN last_on <= DATE '{as_of}' - 120 THEN 'pre_dormant'
            WHEN last_on <= DATE '{as_of}' - 60 THEN 'slipping' ELSE 'active' END AS stage
  FROM bought b LEFT JOIN used u ON u.who = b.who
"""


def duckdb_build(purchases: str, logins: str, as_of: str):
    """Activity, R, F, M and stage of everybody into a table in memory."""
    import duckdb

    with duckdb.connect() as database:
        words = ACTIVITY.format(purchases=purchases, logins=logins, as_of=as_of)
        database.execute("CREATE TABLE scored AS " + words)


# Who was active at a month's start and end (a purchase in the last 180 days), by industry (by number: filling.py).
CHURN = """
WITH days AS (
    SELECT DISTINCT who, day FROM read_parquet('{purchases}') WHERE day <= DATE '{as_of}'
), months AS (
    SELECT (date_trunc('month', DATE '{as_of}') - INTERVAL 1 MONTH * back)::DATE AS first_on
      FROM generate_series(1, 12) AS m (back)
), at_start AS (
    SELECT DISTINCT m.first_on, d.who FROM months m JOIN days d ON d.day BETWEEN m.first_on - 180 AND m.first_on - 1
), at_end AS (
    SELECT DISTINCT m.first_on, d.who FROM months m
      JOIN days d ON d.day BETWEEN m.first_on + INTERVAL 1 MONTH - INTERVAL 180 DAY
                               AND m.first_on + INTERVAL 1 MONTH - INTERVAL 1 DAY
)
SELECT s.first_on, s.who % 5 AS industry, count(*) AS at_start, count(*) - count(e.who) AS lost
  FROM at_start s LEFT JOIN at_end e USING (first_on, who)
 GROUP BY ALL
"""
COHORTS = """
WITH bought AS (
    SELECT DISTINCT who, date_trunc('month', day) AS month FROM read_parquet('{purchases}') WHERE day <= DATE '{as_of}'
), began AS (
    SELECT who, min(month) AS cohort FROM bought GROUP BY who
)
SELECT cohort, month, count(*) AS retained FROM bought JOIN began USING (who) GROUP BY ALL
"""


def duckdb_figures(purchases: str, as_of: str) -> dict[str, float]:
    """Seconds of thirteen months' churn by industry, and of the triangle of cohorts, from the rows."""
    import duckdb

    found = {}
    for name, words in (("churn", CHURN), ("cohorts", COHORTS)):
        started = time.perf_counter()
        with duckdb.connect() as database:
            database.execute(words.format(purchases=purchases, as_of=as_of)).fetchall()
        found[name] = time.perf_counter() - started
    return found


def pandas_build(purchases: str, logins: str, as_of: str):
    """The same, grouped by pandas (reading the files included)."""
    import pandas as pd

    end = pd.Timestamp(as_of)
    lines = pd.read_parquet(purchases)
    days = lines[lines["day"] <= end].groupby(["who", "day"])["amount"].agg(["sum", "count"]).reset_index()
    found = days.groupby("who").agg(
        first=("day", "min"), last=("day", "max"), x=("day", "size"), orders=("count", "sum"), money=("sum", "sum")
    )
    found["repeat"] = found["money"] - days.groupby("who")["sum"].first()
    used = pd.read_parquet(logins)
    found["login"] = used[used["day"] <= end].groupby("who")["day"].max()
    for name in ("last", "orders", "money"):
        ranks = found[name].rank(method="min") - 1
        found[f"{name}_fifth"] = (5 * ranks / max(len(found) - 1, 1)).astype(int).clip(upper=4) + 1
    quiet = (end - found["last"]).dt.days
    found["stage"] = pd.cut(quiet, [-1, 60, 120, 180, 540, 10_000], labels=False)
    return found


def lifetimes_fit(purchases: str, as_of: str):
    """BG/NBD by `lifetimes` on the same histories; seconds of the fit alone, and its log-likelihood."""
    import numpy as np
    import pandas as pd
    from lifetimes import BetaGeoFitter

    days = pd.read_parquet(purchases, columns=["who", "day"]).drop_duplicates()
    found = days.groupby("who")["day"].agg(["min", "max", "size"])
    x, last, whole = found["size"] - 1, found["max"] - found["min"], pd.Timestamp(as_of) - found["min"]
    model = BetaGeoFitter()
    started = time.perf_counter()
    model.fit(x.to_numpy(), (last.dt.days / 7).to_numpy(), (whole.dt.days / 7).to_numpy())
    seconds = time.perf_counter() - started
    return seconds, -abs(float(model._negative_log_likelihood_)) * len(np.asarray(x))


def measure(purchases: str, logins: str, as_of: str, rounds: int, *, with_lifetimes: bool) -> dict:
    """Median seconds of each, and the peak memory of all of them in MB."""
    found: dict[str, float] = {}
    for name, build in (("duckdb", duckdb_build), ("pandas", pandas_build)):
        seconds = []
        for _round in range(rounds):
            started = time.perf_counter()
            build(purchases, logins, as_of)
            seconds.append(time.perf_counter() - started)
        found[name] = median(seconds)
        found[f"{name}_rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if with_lifetimes:
        found["lifetimes"], found["lifetimes_likelihood"] = lifetimes_fit(purchases, as_of)
    return found


if __name__ == "__main__":
    if sys.argv[1] == "figures":
        print(json.dumps(duckdb_figures(*sys.argv[2:4])))
        sys.exit()
    print(json.dumps(measure(*sys.argv[1:4], int(sys.argv[4]), with_lifetimes="lifetimes" in sys.argv[5:])))
