"""Who is held out: of a fixed audience, and of those who enter by trigger. Pure functions.

Percents are whole numbers. Definition: PRODUCT §1 "Uplift", Holdout.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

_FRACTION_BYTES = 8


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _scaled(digest: bytes) -> int:
    """Return the digest as a whole number of 2^-64ths, so that comparing it is exact."""
    return int.from_bytes(digest[:_FRACTION_BYTES], "big")


_ONE = 1 << (8 * _FRACTION_BYTES)


def _check_percent(percent: int) -> None:
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} % cannot be held out: name 0 to 100")


def hold_out(campaign: int | str, customers: Iterable[tuple[int | str, str]], percent: int = 10) -> set[int | str]:
    """Return who is held out of a fixed audience of (customer, stratum).

    Strata follow one another, customers inside one stand by SHA-256(campaign:customer), and position
    i (from 1) is held out when ⌊percent·i/100 + u⌋ exceeds that of i − 1, u from SHA-256(campaign).
    So every stratum and the whole list are within one customer of their share, whatever the order
    given. A customer named twice is a ValueError: he would stand in both arms.
    """
    _check_percent(percent)
    # percent·i is whole, so of 100·u only the whole part counts, and ⌊…⌋ steps up where the remainder is below percent
    start = start_of(campaign)
    line = _in_line(campaign, customers)
    return {customer for i, customer in enumerate(line, start=1) if (percent * i + start) % 100 < percent}


def start_of(campaign: int | str) -> int:
    """Return where the count of a campaign's line begins, 0 to 99."""
    return 100 * _scaled(_digest(f"{campaign}")) // _ONE


def _in_line(campaign: int | str, customers: Iterable[tuple[int | str, str]]) -> list[int | str]:
    """Stratum after stratum, in each by the digest. Sorting texts of hex is far faster than sorting tuples of bytes."""
    strata: dict[str, dict[str, int | str]] = defaultdict(dict)
    named = 0
    for customer, stratum in customers:
        strata[stratum][_digest(f"{campaign}:{customer}").hex()] = customer
        named += 1
    line = [by_digest[digest] for _, by_digest in sorted(strata.items()) for digest in sorted(by_digest)]
    if len(set(line)) < named:
        raise ValueError("a customer is named twice in the audience")
    return line


def is_held_out_on_entry(campaign: int | str, customer: int | str, percent: int = 10) -> bool:
    """Tell whether a customer entering by trigger is held out; the same at every re-entry."""
    _check_percent(percent)
    return 100 * _scaled(_digest(f"{campaign}:{customer}")) < percent * _ONE


def drawn_at_entry(campaign: int | str, customers: Iterable[int | str], percent: int = 10) -> set[int | str]:
    """Return who of those entering by trigger are held out; whoever comes again keeps his arm."""
    return {customer for customer in customers if is_held_out_on_entry(campaign, customer, percent)}
