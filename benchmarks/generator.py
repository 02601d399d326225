"""Invented customers, purchases and logins of any size: the same size, seed and last day give the same bytes.

Rates of buying and of logging in vary between customers as a gamma distribution, and each customer leaves after a
time that does so too; the moments of a customer lie evenly between joining and leaving. Totals are exact.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

DAYS = 3 * 365
SEED = 20260401
SECONDS_A_DAY = 86_400


def _words(text: str) -> list[str]:
    return text.split()


FAMILIES = _words("佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水")
TRADES = _words("商事 工業 食品 物流 建設 電機 製薬 印刷 書店 農園 酒造 運輸 機械 化学 家具 園芸 水産 文具 衣料 陶器")
INDUSTRIES = _words("小売業 製造業 卸売業 建設業 運輸業 飲食業 情報通信業 医療・福祉")
REGIONS = _words("北海道 東京都 神奈川県 愛知県 大阪府 京都府 広島県 福岡県")


@dataclass(frozen=True)
class Size:
    """How many rows of each kind, and the customers the models are timed on."""

    customers: int
    purchases: int
    logins: int
    histories: int
    mails: int


SIZES = {
    "XS": Size(400, 2_200, 3_500, 20_000, 100),  # for working on the benchmarks themselves
    "S": Size(4_000, 22_000, 35_000, 1_000_000, 1_000),
    "M": Size(100_000, 1_000_000, 2_000_000, 1_000_000, 5_000),
    "L": Size(1_000_000, 10_000_000, 20_000_000, 1_000_000, 20_000),
}


def write(folder: Path, size: Size, *, last_day: dt.date, seed: int = SEED) -> dict[str, Path]:
    """Writes customers.csv, purchases.csv and logins.csv; returns their paths by kind."""
    rng = np.random.default_rng(seed)
    joined = rng.integers(0, DAYS - 30, size.customers)
    stays = np.minimum(rng.exponential(1 / rng.gamma(2.0, 1 / 700, size.customers)), DAYS - joined)
    codes = np.array([f"C{number:07}" for number in range(size.customers)])
    frames = {
        "customers": customers(codes, joined, rng, last_day),
        "purchases": purchases(codes, *moments(joined, stays, size.purchases, rng), rng, last_day),
        "logins": logins(codes, *moments(joined, stays, size.logins, rng), last_day),
    }
    paths = {kind: folder / f"{kind}.csv" for kind in frames}
    for kind, frame in frames.items():
        frame.to_csv(paths[kind], index=False)
    return paths


def moments(joined, stays, total: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For each event whose it is, and its second since the first day; in the order of time."""
    weights = rng.gamma(0.8, 1.0, len(joined)) * stays
    who = np.repeat(np.arange(len(joined)), rng.multinomial(total, weights / weights.sum()))
    seconds = ((joined[who] + rng.random(total) * stays[who]) * SECONDS_A_DAY).astype(np.int64)
    order = np.argsort(seconds, kind="stable")
    return who[order], seconds[order]


def customers(codes, joined, rng: np.random.Generator, last_day: dt.date) -> pd.DataFrame:
    """Companies with an address of each kind; every tenth telephone is written in full-width digits."""
    count = len(codes)
    families, trades = rng.choice(FAMILIES, count), rng.choice(TRADES, count)
    phones = [f"03-{n // 10_000:04}-{n % 10_000:04}" for n in rng.integers(0, 10**8, count)]
    wide = str.maketrans("0123456789-", "0123456789－")
    return pd.DataFrame(
        {
            "customer_id": codes,
            "name": [f"株式会社{a}{b}{n % 997}" for n, (a, b) in enumerate(zip(families, trades, strict=True))],
            "email": [f"Info{n}@c{n % 5000}.example.jp" for n in range(count)],
            "phone": [phone.translate(wide) if n % 10 == 0 else phone for n, phone in enumerate(phones)],
            "postal_code": [f"{n // 10_000:03}-{n % 10_000:04}" for n in rng.integers(10**6, 10**7, count)],
            "industry": rng.choice(INDUSTRIES, count),
            "region": rng.choice(REGIONS, count),
            "joined_on": (_first(last_day) + pd.to_timedelta(joined, unit="D")).strftime("%Y-%m-%d"),
        }
    )


def purchases(codes, who, seconds, rng: np.random.Generator, last_day: dt.date) -> pd.DataFrame:
    """One order a line; whole yen, a few dear ones among many cheap."""
    return pd.DataFrame(
        {
            "customer_id": codes[who],
            "order_id": [f"O{number:08}" for number in range(len(who))],
            "purchased_at": _written(seconds, last_day),
            "amount": rng.lognormal(8.5, 0.9, len(who)).astype(np.int64) + 100,
            "product": np.char.add("商品", rng.integers(1, 51, len(who)).astype(str)),
        }
    )


def logins(codes, who, seconds, last_day: dt.date) -> pd.DataFrame:
    """Who and when."""
    return pd.DataFrame({"customer_id": codes[who], "logged_in_at": _written(seconds, last_day)})


def histories(count: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x and T (days) of customers who buy as BG/NBD says: rates gamma(0.8, 6 weeks), leaving beta(0.8, 2.5)."""
    rng = np.random.default_rng(seed)
    rates, leaves = rng.gamma(0.8, 1 / 6.0, count) / 7, rng.beta(0.8, 2.5, count)
    total = rng.integers(30, DAYS, count)
    x, last, at = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count)
    alive = np.arange(count)
    while len(alive):
        at[alive] += rng.exponential(1 / np.maximum(rates[alive], 1e-9))
        alive = alive[at[alive] < total[alive]]
        day = at[alive].astype(np.int64)
        x[alive] += day > last[alive]  # a second purchase of one day counts once
        last[alive] = day
        alive = alive[rng.random(len(alive)) >= leaves[alive]]
    return x, last, total


def _first(last_day: dt.date) -> pd.Timestamp:
    return pd.Timestamp(last_day) - pd.Timedelta(days=DAYS - 1)


def _written(seconds, last_day: dt.date) -> pd.Index:
    return (_first(last_day) + pd.to_timedelta(seconds, unit="s")).strftime("%Y-%m-%d %H:%M:%S")
