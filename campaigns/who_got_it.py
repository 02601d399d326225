"""Who got it, who did not and why: the ledger of a campaign, filtered and found by name, as a page or a file."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from customers.searching import search_form

from . import keyset, reasons
from .models import Campaign, Delivery, Way

HEADER = [
    "customer_id", "name", "contact", "channel", "address", "step", "state", "reason", "reply", "planned_at",
    "settled_at", "clicked_at", "bounced_at", "complained_at",
]  # fmt: skip
CHUNK = 2000


@dataclass(frozen=True)
class Wanted:
    """What a person asked the ledger for; unknown values fall back to everything."""

    q: str = ""
    state: str = ""
    reason: str = ""
    step: str = ""
    channel: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Wanted":
        given = {name: params.get(name, "").strip()[:200].replace("\0", "") for name in cls.__dataclass_fields__}
        given["state"] = given["state"] if given["state"] in Delivery.State else ""
        given["channel"] = given["channel"] if given["channel"] in Way else ""
        step = given["step"]
        given["step"] = step if step.isascii() and step.isdigit() and len(step) < 5 else ""
        return cls(**given)

    @property
    def is_filtered(self) -> bool:
        return any(asdict(self).values())

    def address(self, **changes: str) -> str:
        return "?" + urlencode({name: value for name, value in (asdict(self) | changes).items() if value})


def page(campaign: Campaign, params: Mapping[str, str]) -> keyset.Page:
    """One page in the order in which the rows were written: quick at any size, and no row moves while mails go out."""
    wanted = Wanted.read(params)
    asked = {**params, **asdict(wanted)}
    return keyset.page(matching(campaign, wanted).select_related("customer", "contact", "step"), asked)


def matching(campaign: Campaign, wanted: Wanted) -> QuerySet[Delivery]:
    rules = {"state": wanted.state, "reason": wanted.reason, "step__position": wanted.step, "channel": wanted.channel}
    found = campaign.deliveries.filter(**{name: value for name, value in rules.items() if value})
    return found.filter(_named(wanted.q)) if wanted.q else found


def _named(query: str) -> Q:
    found = Q(customer__code__iexact=query) | Q(customer__name__icontains=query) | Q(address=query.lower())
    if form := search_form(query):
        found |= Q(customer__search_text__contains=form)
    return found


def counts(campaign: Campaign) -> dict[str, list[tuple[str, str, int]]]:
    """Per filter: code, words and number of rows; counted in one statement."""
    grouped = campaign.deliveries.values("state", "reason", "step__position", "channel")
    rows: list[Any] = list(grouped.annotate(n=Count("pk")).order_by())
    sums: dict[str, dict] = {"state": {}, "reason": {}, "step__position": {}, "channel": {}}
    for row in rows:
        for name, summed in sums.items():
            summed[row[name]] = summed.get(row[name], 0) + row["n"]
    states, channels = dict(Delivery.State.choices), dict(Way.choices)
    return {
        "states": [(code, str(states[code]), n) for code, n in _largest(sums["state"])],
        "reasons": [(code, reasons.label(code), n) for code, n in _largest(sums["reason"]) if code],
        "steps": [(str(code), str(code), n) for code, n in sorted(sums["step__position"].items())],
        "channels": [(code, str(channels[code]), n) for code, n in _largest(sums["channel"])],
    }


def _largest(summed: dict) -> list[tuple[str, int]]:
    return sorted(summed.items(), key=lambda one: (-one[1], one[0]))


def lines(campaign: Campaign, wanted: Wanted) -> Iterator[list]:
    """The rows wanted, under HEADER; memory does not grow with their number."""
    found = matching(campaign, wanted).select_related("customer", "contact", "step").order_by("pk")
    for row in found.iterator(chunk_size=CHUNK):
        who = [row.customer.code, row.customer.name, row.contact.name if row.contact else ""]
        what = [row.channel, row.address, row.step.position, row.state, row.reason, row.reply]
        yield [*who, *what, row.planned_at, row.settled_at, row.clicked_at, row.bounced_at, row.complained_at]
