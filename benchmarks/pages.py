"""p95 of pages at the server, through Django's test client. A process of its own.

python -m benchmarks.pages REQUESTS
"""

import json
import math
import random
import resource
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import django

from benchmarks import timeline
from benchmarks.generator import FAMILIES, INDUSTRIES, SEED, TRADES

WARM_UP = 5


def dashboards(count: int) -> Iterator[str]:
    return iter(["/"] * count)


def lists(count: int) -> Iterator[str]:
    """Two-character names, often with a filter, an order, or a page somewhere in the middle."""
    from customers.listing import ORDERS
    from customers.models import Customer
    from scores.models import Lifecycle

    dice = random.Random(SEED)
    ids = list(Customer.objects.values_list("id", flat=True)[:10_000])
    for number in range(count):
        words = {"scope": "all", "q": dice.choice([*FAMILIES, *TRADES])}
        if number % 2:
            words |= {"industry": dice.choice(INDUSTRIES), "lifecycle": dice.choice(Lifecycle.values)}
        if number % 3 == 0:
            words["sort"] = dice.choice(list(ORDERS))
        if number % 4 == 0:
            words |= {"after": dice.choice(ids), "q": ""}
        yield "/customers/?" + urlencode(words)


def p95(addresses: Iterator[str], client) -> float:
    """Milliseconds; the first few requests (templates, connection) don't count."""
    taken = []
    for address in addresses:
        started = time.perf_counter()
        response = client.get(address)
        content = response.content
        taken.append((time.perf_counter() - started) * 1000)
        if response.status_code != 200 or not content:
            raise SystemExit(f"{address} answered {response.status_code}")
    counted = sorted(taken[WARM_UP:])
    return counted[math.ceil(0.95 * len(counted)) - 1]


def measure(requests: int) -> dict[str, float]:
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.create_user("leader@example.jp", name="佐藤 花子", role="manager"))
    found = {"dashboard": p95(dashboards(requests), client), "list": p95(lists(requests), client)}
    found["timeline"] = p95(timeline.pages(timeline.busy_customer(), requests), client)
    return found | {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(int(sys.argv[1]))))
