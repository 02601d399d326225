"""The addresses in a message: numbered when its words are frozen, so that a click's address holds no address.

`/c/<token>/<number>/` looks both up. What is not in the table leads nowhere: nobody can make our name point elsewhere.
Business notices are not tracked: their links stay as they were written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from .models import Delivery, Link, Step, Variant
from .rendering import URL

TRAP = 0  # the number of a link people can't see: who follows it is a machine
LONGEST = 2000


@dataclass(frozen=True)
class Target:
    """What a click stands for: the delivery, and where its link leads."""

    delivery: Delivery
    url: str


def click_url(token: str, number: int) -> str:
    """What stands in the mail in the place of link `number`."""
    return f"{settings.BASE_URL}/c/{token}/{number}/"


def trap_url(token: str) -> str:
    """For a link hidden from people's eyes."""
    return click_url(token, TRAP)


def open_url(token: str) -> str:
    """The picture of one point by which a mail says that it was shown."""
    return f"{settings.BASE_URL}/o/{token}.gif"


@transaction.atomic
def register(step: Step, variant: str, urls: Iterable[str]) -> dict[str, int]:
    """Numbers the addresses of a step's words (`variant` empty) or of one of its variants; {url: number}, all of them.

    Safe to repeat: what has a number keeps it. Only http and https up to 2,000 characters get one.
    """
    known = numbers(step, variant)
    new = [url for url in dict.fromkeys(urls) if url not in known and is_trackable(url)]
    first = max(known.values(), default=TRAP) + 1
    rows = [Link(step=step, variant=variant, number=number, url=url) for number, url in enumerate(new, first)]
    Link.objects.bulk_create(rows)
    return known | {row.url: row.number for row in rows}


def numbers(step: Step, variant: str = "") -> dict[str, int]:
    """{url: number} as registered."""
    return dict(Link.objects.filter(step=step, variant=variant).order_by("number").values_list("url", "number"))


def freeze(step: Step) -> None:
    """Registers every address written in the step and its variants; nothing for a business notice."""
    if step.campaign.is_promotion:
        words: list[tuple[str, Step | Variant]] = [
            ("", step),
            *((other.letter, other) for other in step.variants.all()),
        ]
        for variant, one in words:
            register(step, variant, [*written(one.body), *written(one.blocks)])


def written(words: Any) -> Iterator[str]:
    """The addresses in a text or in blocks, in order; not those that a merge field completes."""
    if isinstance(words, str):
        for match in URL.finditer(words):
            if words[match.end() : match.end() + 2] not in ("{{", "{%"):
                yield match.group()
    elif isinstance(words, dict | list):
        for part in words.values() if isinstance(words, dict) else words:
            yield from written(part)


def is_trackable(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= LONGEST


def variant_of(delivery: Delivery) -> str:
    """Under which letter the links of this delivery's words are kept: A is the step's own."""
    return "" if delivery.variant in ("", "A", "?") else delivery.variant


def target(token: str, number: int) -> Target | None:
    """Where a click leads; None where token or number is unknown. The trap leads nowhere and is told by its url ""."""
    delivery = by_token(token)
    if delivery is None:
        return None
    if number == TRAP:
        return Target(delivery, "")
    found = Link.objects.filter(step_id=delivery.step_id, variant=variant_of(delivery), number=number).first()
    return Target(delivery, found.url) if found else None


def by_token(token: str) -> Delivery | None:
    """The delivery of a token, whatever became of it; people who never got it have no link."""
    if not token.isascii() or "\0" in token:
        return None
    found = Delivery.objects.select_related("customer", "contact", "campaign").exclude(address="")
    return found.filter(token=token).first()
