"""On what ground a message was sent: the entry of the ledger that was read in the commit which handed it over.

The law asks to keep that record (特定電子メール法 3条2項, 施行規則 4条; 特商法: three years). Entries are never
deleted: erasing a person takes the address out of them, the ground, the time and the words shown stay.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from accounts.models import User
from customers.models import Consent

from .models import Delivery

KEPT_FOR_YEARS = 3  # after the last message that rested on it


@dataclass(frozen=True)
class Proof:
    """`entry` is the ledger's row number; `wording_hash` the SHA-256 of the words shown, in hex ("" without words)."""

    entry: int
    basis: str
    basis_words: str
    at: dt.datetime
    recorded_at: dt.datetime
    source: str
    wording: str
    wording_hash: str
    by: User | None
    sent_at: dt.datetime
    kept_until: dt.date

    @property
    def was_before(self) -> bool:
        """The ground was on record before the message went."""
        return self.recorded_at <= self.sent_at


def proof(delivery: Delivery) -> Proof | None:
    """The proof for a message that was handed over; None for one that never was, or a notice that needs no ground."""
    if delivery.consent_id is None or delivery.sending_at is None:
        return None
    entry = Consent.objects.select_related("by").filter(pk=delivery.consent_id).first()
    if entry is None:
        return None
    return Proof(
        entry=entry.pk,
        basis=entry.basis,
        basis_words=entry.get_basis_display(),
        at=entry.at,
        recorded_at=entry.recorded_at,
        source=entry.source,
        wording=entry.wording,
        wording_hash=hash_of(entry.wording),
        by=entry.by,
        sent_at=delivery.sending_at,
        kept_until=_kept_until(entry),
    )


def hash_of(wording: str) -> str:
    return hashlib.sha256(wording.encode()).hexdigest() if wording else ""


def _kept_until(entry: Consent) -> dt.date:
    """Three years after the last message on it; the leap day counts as the last of February."""
    last = Delivery.objects.filter(customer=entry.customer_id, consent=entry.pk).order_by("-sending_at")
    at = last.values_list("sending_at", flat=True).exclude(sending_at=None).first() or entry.at
    day = at.date()
    return day.replace(year=day.year + KEPT_FOR_YEARS, day=28 if (day.month, day.day) == (2, 29) else day.day)
