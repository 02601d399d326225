"""Two customers side by side: what each has, where they differ, and what a merge of the two would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import joint_consent, merging, moving
from .models import Channel, Contact, Customer, Duplicate

# What moves, in words; the rest is counted together.
KINDS: dict[str, str | Promise] = {
    "customers.purchase": _("Purchases"),
    "customers.login": _("Logins"),
    "customers.contract": _("Contracts"),
    "customers.contact": _("Contacts"),
    "customers.interaction": _("Interactions"),
    "customers.event": _("Events"),
}


@dataclass(frozen=True)
class Side:
    """One of the two, with what he did."""

    customer: Customer
    contacts: Sequence[Contact]
    purchases: int
    revenue: Any
    last_on: Any
    logins: int

    @classmethod
    def of(cls, customer: Customer) -> "Side":
        bought = customer.purchases.aggregate(
            number=Count("pk", filter=Q(amount__gte=0)),
            revenue=Sum("amount"),
            last=Max("purchased_on", filter=Q(amount__gte=0)),
        )
        contacts = list(customer.contacts.order_by("-is_primary", "id"))
        return cls(customer, contacts, bought["number"], bought["revenue"], bought["last"], customer.logins.count())


@dataclass(frozen=True)
class Row:
    """A field of both. `stands` is the id of the customer whose value is proposed to stand."""

    name: str
    words: str
    values: tuple[str, str]
    is_different: bool
    stands: int


@dataclass(frozen=True)
class Comparison:
    """`sides` in the order of the page; `winner` stands, `loser` is put into him."""

    sides: tuple[Side, Side]
    winner: Customer
    loser: Customer
    rows: list[Row]
    moved: list[tuple[str, int]]
    others_moved: int
    refused: list[tuple[str, str]]
    pair: Duplicate | None


def pair_of(one: Customer, other: Customer) -> Duplicate | None:
    """What was found or decided of the two."""
    first, second = sorted((one.pk, other.pk))
    return Duplicate.objects.filter(first=first, second=second).first()


def compare(one: Customer, other: Customer, *, winner_id: int | None = None) -> Comparison:
    """The two side by side; the fuller one is proposed to stand, or the one asked for."""
    winner, loser = merging.fuller(one, other)
    if winner_id == loser.pk:
        winner, loser = loser, winner
    taken = merging.suggested(winner, loser)
    counted = moving.counts(loser)
    moved = [(str(words), counted.pop(name)) for name, words in KINDS.items() if name in counted]
    return Comparison(
        sides=(Side.of(one), Side.of(other)),
        winner=winner,
        loser=loser,
        rows=[_row(name, one, other, (loser if name in taken else winner).pk) for name in merging.COLUMNS],
        moved=moved,
        others_moved=sum(counted.values()),
        refused=[
            (str(Channel(channel).label), address) for _who, channel, address in joint_consent.refused_by(winner, loser)
        ],
        pair=pair_of(one, other),
    )


def _row(name: str, one: Customer, other: Customer, stands: int) -> Row:
    values = (_written(one, name), _written(other, name))
    return Row(name, _words(name), values, values[0] != values[1], stands)


def _words(name: str) -> str:
    words = str(Customer._meta.get_field(name).verbose_name)
    return words[:1].upper() + words[1:]


def words_of(columns: Sequence[str]) -> list[str]:
    """Columns as a merge keeps them (owner_id, dimension_changes …) in words, each once."""
    plain = [name.removesuffix("_id") for name in columns if name != merging.DATED]
    return [_words(name) for name in plain]


def _written(customer: Customer, name: str) -> str:
    if name == "kind":
        return str(customer.get_kind_display())
    value = getattr(customer, name)
    if value is not None and name.endswith("_on"):
        return f"{value:%Y/%m/%d}"
    return "" if value is None else str(value)


# The state of pairs, as the list is cut by it.
STATES = {
    "open": _("to be decided"),
    "rejected": _("two different customers"),
    "merged": pgettext_lazy("duplicates", "merged"),
}
