"""Real orders, invented names: the demo's records, made anew and alike from the same seed.

The orders are those of a real shop (demo/README.md). Around each customer a generator of his own,
seeded with his number, invents what the file lacks, so that adding a customer changes no other.
"""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from . import names

SEED = "modoru-1"
ORDERS = Path(__file__).parent / "data" / "online_retail_orders.csv"
YEN = 190  # whole yen for one unit of the file


@dataclass
class Record:
    """One customer with everything around him: rows in the canonical columns of the importer."""

    customer: dict[str, str]
    purchases: list[dict[str, str]] = field(default_factory=list)
    logins: list[dict[str, str]] = field(default_factory=list)
    contracts: list[dict[str, str]] = field(default_factory=list)
    consent: str = ""  # granted, withdrawn or nothing known
    consent_at: dt.datetime | None = None
    next_action: tuple[str, dt.date] | None = None


def records(*, last_day: dt.date) -> Iterator[Record]:
    """Every customer of the file, shifted so that the file's last day falls on `last_day`."""
    orders = _orders()
    shift = last_day - max(order["at"] for lines in orders.values() for order in lines).date()
    taken: set[str] = set()
    for number, (code, lines) in enumerate(sorted(orders.items())):
        yield _record(code, number, lines, shift, last_day, taken)


def _orders() -> dict[str, list[dict]]:
    by_customer = defaultdict(list)
    with ORDERS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = dt.datetime.strptime(row["purchased_at"], "%Y-%m-%d %H:%M")  # noqa: DTZ007  business time
            by_customer[row["customer_id"]].append({**row, "at": at})
    return by_customer


def _record(
    code: str, number: int, lines: list[dict], shift: dt.timedelta, last_day: dt.date, taken: set[str]
) -> Record:
    random = Random(f"{SEED}:{code}")
    moments = sorted(line["at"] + shift for line in lines)
    record = Record(customer=_customer(random, code, number, moments[0], taken))
    record.purchases = [_purchase(code, line, shift) for line in lines]
    record.logins = list(_logins(random, code, moments, last_day))
    record.contracts = list(_contracts(random, code, moments, last_day))
    record.consent = random.choices(["granted", "withdrawn", ""], [80, 6, 14])[0]
    record.consent_at = moments[0] + dt.timedelta(minutes=random.randint(1, 600))
    if random.random() < 0.008:
        record.next_action = (random.choice(names.NEXT_ACTIONS), last_day + dt.timedelta(days=random.randint(-1, 12)))
    return record


def _purchase(code: str, line: dict, shift: dt.timedelta) -> dict[str, str]:
    return {
        "customer_id": code,
        "order_id": line["order_id"],
        "purchased_at": f"{line['at'] + shift:%Y-%m-%d %H:%M}",
        "amount": str(round(float(line["amount"]) * YEN)),
        "product": line["product"],
    }


def _customer(random: Random, code: str, number: int, first: dt.datetime, taken: set[str]) -> dict[str, str]:
    industry = random.choice(list(names.TRADES))
    company, company_kana = _company(random, industry, taken)
    surname, given = random.choice(names.SURNAMES), random.choice(names.GIVEN)
    region = random.choices(list(names.PLACES), names.REGION_WEIGHTS)[0]
    prefecture, town, postal, area = random.choice(names.PLACES[region])
    owner = [email for email, _name, role in names.STAFF if role == "cs"][number % 4]
    return {
        "customer_id": code,
        "name": company,
        "kana": company_kana,
        "kind": "company",
        "email": f"info.{code}@example.jp",
        "phone": _phone(random, area),
        "postal_code": f"{postal}{random.randint(1, 9999):04d}",
        "address": f"{prefecture}{town}{random.randint(1, 8)}-{random.randint(1, 20)}-{random.randint(1, 15)}",
        "industry": industry,
        "region": region,
        "owner": owner,
        "joined_on": f"{first:%Y-%m-%d}",
        "acquired_via": random.choice(names.SOURCES),
        "contact_name": f"{surname[0]} {given[0]}",
        "contact_kana": f"{surname[1]} {given[1]}",
        "department": random.choice(names.DEPARTMENTS),
        "title": random.choice(names.TITLES),
    }


def _company(random: Random, industry: str, taken: set[str]) -> tuple[str, str]:
    """A name nobody has yet; after many tries a second stem makes it longer."""
    for attempt in range(200):
        stem, ending = random.choice(names.STEMS), random.choice(names.TRADES[industry])
        middle = random.choice(names.STEMS) if attempt > 20 else ("", "")
        word, is_before = random.choice(names.FORMS)
        core, kana = stem[0] + middle[0] + ending[0], stem[1] + middle[1] + ending[1]
        name = word + core if is_before else core + word
        if core not in taken:
            taken.add(core)
            return name, kana
    raise ValueError("the lists of names are too short")


def _phone(random: Random, area: str) -> str:
    rest = f"{random.randint(10**9, 10**10 - 1)}"[: 10 - len(area)]
    return area + rest


def _logins(random: Random, code: str, moments: list[dt.datetime], last_day: dt.date) -> Iterator[dict[str, str]]:
    """Two of three use the order site: on the days they buy, and now and then between."""
    if random.random() > 0.66:
        return
    seen = set()
    for moment in moments:
        for _visit in range(random.randint(1, 4)):
            at = moment - dt.timedelta(days=random.choice([0, 0, 1, 2, 5, 9]), minutes=random.randint(2, 300))
            if at.date() <= last_day and at not in seen:
                seen.add(at)
                yield {"customer_id": code, "logged_in_at": f"{at:%Y-%m-%d %H:%M}"}


def _contracts(random: Random, code: str, moments: list[dt.datetime], last_day: dt.date) -> Iterator[dict[str, str]]:
    """One in six has a yearly plan since shortly after the first order; some gave notice."""
    if random.random() > 1 / 6 or len(moments) < 2:
        return
    plan, mrr = random.choices(names.PLANS, [5, 3, 1])[0]
    starts = moments[0].date() + dt.timedelta(days=random.randint(3, 40))
    if starts > last_day:
        return
    renews = starts + dt.timedelta(days=365)
    row = {
        "customer_id": code,
        "contract_id": f"K-{code}",
        "plan": plan,
        "mrr": str(mrr),
        "starts_on": f"{starts:%Y-%m-%d}",
        "auto_renew": "1",
        "notice_days": "30",
    }
    quiet = (last_day - moments[-1].date()).days
    if quiet > 120 and random.random() < 0.7:
        cancelled = min(moments[-1].date() + dt.timedelta(days=random.randint(60, 110)), last_day)
        row |= {
            "cancelled_on": f"{cancelled:%Y-%m-%d}",
            "ends_on": f"{cancelled + dt.timedelta(days=31):%Y-%m-%d}",
            "reason": random.choice(names.REASONS),
            "competitor": random.choice(names.COMPETITORS),
        }
    else:
        renews = renews if renews > last_day else renews + dt.timedelta(days=365)
        row["renews_on"] = f"{renews:%Y-%m-%d}"
    yield row
