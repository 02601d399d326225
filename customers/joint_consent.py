"""The strictest consent wins when two customers become one, and comes apart again when they do.

Refused by one of them, a channel is refused for the other too: for a person all his addresses, for a company those of
its primary contact. The ledger only grows: a merge enters "withdrawn" with source "merge <id>", an undo enters again
what stood before. Each merge remembers what it wanted refused; an address is free again once no merge wants it and
its owner himself refused nothing in the meantime.
"""

import datetime as dt
from collections.abc import Iterable

from accounts.models import User

from . import consent
from .models import Channel, Consent, ConsentState, Contact, Customer, Kind, Merge, Suppression

OURS = "merge "  # what the source of our entries begins with
REFUSALS = (Suppression.Reason.REFUSED, Suppression.Reason.COMPLAINED)
Address = tuple[int, str, str]  # customer id, channel, address


def refused_by(winner: Customer, loser: Customer) -> list[Address]:
    """The addresses that a merge of the two would refuse. Before any contact is handed over."""
    found: set[Address] = set()
    for channel in Channel.values:
        for refusing, other in ((winner, loser), (loser, winner)):
            own = _own(refusing, channel, kind=winner.kind)
            if _refused_at_all(refusing, channel) or any(_is_refused(channel, address) for address in own):
                found |= {(other.pk, channel, address) for address in _own(other, channel, kind=winner.kind)}
    return sorted(one for one in found if not _refused_himself(one[1], one[2]))


def _own(customer: Customer, channel: str, *, kind: str) -> set[str]:
    if channel == Channel.POSTAL:
        return {consent.normalise_address(channel, customer.code)}
    contacts: Iterable[Contact] = customer.contacts.select_related("customer")
    mine = [one for one in contacts if kind == Kind.PERSON or one.is_primary]
    return {address for one in mine if (address := consent.address_of(one, channel))}


def _refused_at_all(customer: Customer, channel: str) -> bool:
    """Refused before any address was known: an entry of the ledger without one."""
    return customer.consents.filter(channel=channel, address="", state=ConsentState.WITHDRAWN).exists()


def _is_refused(channel: str, address: str) -> bool:
    standing = consent.standing(channel=channel, address=address)
    is_withdrawn = standing.entry is not None and standing.entry.state == ConsentState.WITHDRAWN
    return is_withdrawn or any(one.reason in REFUSALS for one in standing.suppressions)


def _refused_himself(channel: str, address: str) -> bool:
    """Refused, and not only by a merge."""
    standing = consent.standing(channel=channel, address=address)
    entry = _last_of_others(channel, address)
    is_withdrawn = entry is not None and entry.state == ConsentState.WITHDRAWN
    stopped = [one for one in standing.suppressions if one.reason in REFUSALS and not one.source.startswith(OURS)]
    return is_withdrawn or bool(stopped)


def _last_of_others(channel: str, address: str) -> Consent | None:
    """What the ledger says without us."""
    entries = Consent.objects.filter(channel=channel, address=address).exclude(source__startswith=OURS)
    return entries.order_by("-id").first()


def refuse(merge: Merge, addresses: Iterable[Address], *, by: User | None, now: dt.datetime) -> None:
    """Stops the addresses; an entry in the ledger where it said "granted"."""
    for customer_id, channel, address in addresses:
        source = f"{OURS}{merge.pk}"
        consent.suppress(channel=channel, address=address, reason=REFUSALS[0], source=source, at=now)
        entry = consent.standing(channel=channel, address=address).entry
        if entry is not None and entry.state == ConsentState.GRANTED:
            said = {"customer_id": customer_id, "contact": entry.contact, "source": source, "at": now, "by": by}
            Consent.objects.create(channel=channel, address=address, state=ConsentState.WITHDRAWN, **said)


def free(merge: Merge, addresses: Iterable[Address], *, by: User | None, now: dt.datetime) -> None:
    """Lifts what this merge stopped, unless another merge wants it too or its owner refused in the meantime."""
    wanted = _wanted_by_others(merge)
    for customer_id, channel, address in addresses:
        if (channel, address) in wanted or _refused_himself(channel, address):
            continue
        ours = Suppression.objects.filter(channel=channel, address=address, lifted_at=None, source__startswith=OURS)
        ours.update(lifted_at=now)
        _enter_again(merge, customer_id, channel, address, by=by, now=now)


def _wanted_by_others(merge: Merge) -> set[tuple[str, str]]:
    standing = Merge.objects.filter(undone_at=None, after__has_key="refused").exclude(pk=merge.pk)
    lists = standing.values_list("after__refused", flat=True)
    return {(channel, address) for refused in lists for _customer, channel, address in refused}


def _enter_again(
    merge: Merge, customer_id: int, channel: str, address: str, *, by: User | None, now: dt.datetime
) -> None:
    """What the ledger said before we withdrew it, as a new entry."""
    last, before = consent.standing(channel=channel, address=address).entry, _last_of_others(channel, address)
    if last is None or before is None or not last.is_by_merge:
        return
    said = {"state": before.state, "basis": before.basis, "wording": before.wording, "at": before.at}
    who = {"customer_id": customer_id, "contact": before.contact, "source": f"undo of merge {merge.pk}", "by": by}
    Consent.objects.create(channel=channel, address=address, **said, **who)
