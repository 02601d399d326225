"""How a person stands on each channel: what may be sent to him, and which rule says no (`gate`)."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from customers import consent
from customers.models import Channel, Contact
from customers.models.people import UNSENDABLE

from . import gate
from .models import Exclusion, Way

WAYS = (Way.MAIL, Way.LINE, Way.SMS, Way.POSTAL)


@dataclass(frozen=True)
class Line:
    """One channel: the verdict for promotions, and the one for business notices."""

    channel: str
    promotion: gate.Verdict
    notice: gate.Verdict


def of_contact(contact: Contact, *, as_of: dt.date) -> list[Line]:
    """Every channel that reaches a person directly; those of which no address is known are left out, but for mail."""
    people = [(way, _person(contact, way, as_of)) for way in WAYS]
    return list(_lines(people))


def _lines(people: list[tuple[Way, gate.Person]]) -> Iterable[Line]:
    for way, person in people:
        if way == Way.MAIL or person.address != "none":
            verdicts = [gate.of_person(person, channel=way, is_promotion=one) for one in (True, False)]
            yield Line(str(way.label), *verdicts)


def _person(contact: Contact, way: Way, as_of: dt.date) -> gate.Person:
    channel = way.consented
    address = consent.address_of(contact, channel)
    is_bad = channel == Channel.MAIL and bool(re.search(UNSENDABLE, address))
    standing = consent.standing(channel=channel, address=address)
    return gate.Person(
        address="none" if not address else "bad" if is_bad else "ok",
        entry=standing.entry.state if standing.entry else "",
        basis=standing.entry.basis if standing.entry else "",
        stops=frozenset(one.reason for one in standing.suppressions),
        is_excluded=_is_excluded(contact, as_of),
        is_archived=contact.customer.archived_at is not None,
    )


def _is_excluded(contact: Contact, as_of: dt.date) -> bool:
    found = Exclusion.objects.filter(customer=contact.customer_id, lifted_at=None)
    return any(one.until_on is None or one.until_on >= as_of for one in found)
