"""Who agreed and who refused, per address: a ledger that only grows, and suppressions above it.

Strictest wins. A refusal, a complaint or an address that does not exist is a `Suppression`; while one is open
nothing goes there, whatever the ledger or a later file says. Only the person himself (`resubscribe`) or an admin
with a reason (`lift`) ends it. An address may be written to when the ledger's last entry for it is "granted" and
no suppression is open: `mailable` says so for many contacts at once, `standing` for one address.
"""

import datetime as dt
import hashlib
import hmac
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Func, OuterRef, QuerySet
from django.db.models.functions import Lower, Trim
from django.utils.translation import gettext_lazy as _

from accounts import audit, webhooks
from accounts.models import Role, User
from common import sql

from .models import Channel, Consent, ConsentState, Contact, Customer, ErasedAddress, Suppression
from .models.people import UNSENDABLE


class ConsentError(Exception):
    """What was asked may not be done with someone's consent; the message says why, for people."""


@dataclass(frozen=True)
class Declared:
    """What became of a declaration: addresses newly granted, left as they were, and still refused."""

    granted: int
    unchanged: int
    refused: int


@dataclass(frozen=True)
class Standing:
    """How an address stands: the ledger's last entry (None: nothing recorded) and its open suppressions."""

    entry: Consent | None
    suppressions: tuple[Suppression, ...]

    @property
    def is_mailable(self) -> bool:
        return self.entry is not None and self.entry.state == ConsentState.GRANTED and not self.suppressions


def normalise_address(channel: str, raw: str) -> str:
    """The form in which ledger, suppressions and deliveries hold an address.

    Mail: NFKC, trimmed, lower-case. Phone and SMS: the digits, with a leading +. Postal: the customer's code, trimmed.
    LINE: the user's id as LINE gives it.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    if channel == Channel.MAIL:
        return text.lower()
    if channel in (Channel.PHONE, Channel.SMS):
        return ("+" if text.startswith("+") else "") + "".join(c for c in text if c.isdigit())
    return text


def address_of(contact: Contact, channel: str) -> str:
    """Where this contact is reached on the channel, normalised; empty where nothing is known."""
    raw = {
        Channel.MAIL: contact.email,
        Channel.PHONE: contact.phone,
        Channel.SMS: contact.phone,
        Channel.LINE: contact.line_id,
        Channel.POSTAL: contact.customer.code,
    }
    return normalise_address(channel, raw[Channel(channel)])


def address_hash(channel: str, address: str) -> str:
    """What stays of an erased address (`ErasedAddress.hash`): 64 hex digits, HMAC-SHA256 of its normalised form.

    The key comes from SECRET_KEY, so the hashes cannot be tried out without it; a new SECRET_KEY forgets them.
    """
    return hmac.new(_hash_key(), normalise_address(channel, address).encode(), hashlib.sha256).hexdigest()


def _hash_key() -> bytes:
    return hashlib.sha256(b"customers.consent.address_hash" + settings.SECRET_KEY.encode()).digest()


def settle(customers: Collection[int]) -> None:
    """Holds earlier refusals against addresses that came in: called after whatever brings contacts to customers (ids).

    Refused at once are the addresses of a customer who refused when none was known, and those of an erased person.
    """
    if not customers:
        return
    ids = list(customers)
    if Consent.objects.filter(channel__in=(Channel.MAIL, Channel.PHONE), address="").exists():
        sql.run("customers/sql/consent_settle.sql", {"customers": ids})
    if ErasedAddress.objects.exists():
        key = _hash_key().ljust(hashlib.sha256().block_size, b"\0")
        inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
        sql.run("customers/sql/consent_erased.sql", {"customers": ids, "inner": inner, "outer": outer})


class _Nfkc(Func):
    function = "normalize"
    template = "%(function)s(%(expressions)s, NFKC)"


def mailable(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Those of the contacts who may be written to by mail, with `address` (normalised). Set-based.

    An address that breaks the standard is left out: it is kept, but no server takes it.
    """
    found = contacts.exclude(email="").exclude(email__regex=UNSENDABLE)
    return found.annotate(address=Lower(Trim(_Nfkc("email")))).filter(address__in=granted(Channel.MAIL))


def granted(channel: str) -> QuerySet:
    """The addresses whose last entry grants, and which no open suppression stops.

    One set, to be hashed: asked address by address, the database would guess badly how many there are.
    """
    same = {"channel": channel, "address": OuterRef("address")}
    later = Consent.objects.filter(id__gt=OuterRef("id"), **same)
    stopped = Suppression.objects.filter(lifted_at=None, **same)
    found = Consent.objects.filter(~Exists(later), ~Exists(stopped), channel=channel, state=ConsentState.GRANTED)
    return found.values("address")


def standing(*, channel: str, address: str) -> Standing:
    """How one address stands now."""
    address = normalise_address(channel, address)
    suppressions = Suppression.objects.filter(channel=channel, address=address, lifted_at=None).order_by("id")
    return Standing(_last(channel, address), tuple(suppressions))


def _last(channel: str, address: str) -> Consent | None:
    return Consent.objects.filter(channel=channel, address=address).order_by("-id").first()


@transaction.atomic
def withdraw(
    *,
    customer: Customer,
    channel: str,
    address: str,
    at: dt.datetime,
    source: str,
    by: User | None = None,
    wording: str = "",
) -> bool:
    """Takes back consent at once: an entry in the ledger and a suppression. False if it stood so already."""
    address = _known(channel, address)
    is_new = suppress(channel=channel, address=address, reason=Suppression.Reason.REFUSED, source=source, at=at)
    last = _last(channel, address)
    is_withdrawn = last is not None and last.state == ConsentState.WITHDRAWN
    if last is not None and is_withdrawn and not (is_new or last.is_by_merge or _may_go(last, source)):
        return False
    entry = Consent(customer=customer, channel=channel, address=address, at=at, source=source, by=by, wording=wording)
    entry.state = ConsentState.WITHDRAWN
    _enter(entry)
    if by is not None:
        audit.record("consent.withdraw", by=by, on=customer, channel=channel, source=source)
    webhooks.emit("consent.withdrawn", {"customer_id": customer.code, "channel": channel, "source": source})
    return True


def _may_go(entry: Consent, source: str) -> bool:
    """Whether an entry came with an import, which may be undone, and now somebody else says the same."""
    return entry.source != source and (entry.imported_id is not None or entry.source.startswith("import "))


def suppress(*, channel: str, address: str, reason: str, source: str, at: dt.datetime) -> bool:
    """Stops everything to an address for this reason. False if it was stopped for it already."""
    address = _known(channel, address)
    open_ones = Suppression.objects.filter(channel=channel, address=address, reason=reason, lifted_at=None)
    if open_ones.exists():
        return False
    row = Suppression(channel=channel, address=address, reason=reason, source=source[:100], at=at)
    Suppression.objects.bulk_create([row], ignore_conflicts=True)  # another process may be first
    return True


@transaction.atomic
def grant(
    *,
    customer: Customer,
    channel: str,
    address: str,
    at: dt.datetime,
    source: str,
    basis: str,
    by: User | None = None,
    wording: str = "",
) -> bool:
    """Enters that the address may be written to. False while a suppression is open: a grant lifts nothing."""
    address = _known(channel, address)
    _check_basis(basis, wording)
    if standing(channel=channel, address=address).suppressions:
        return False
    entry = Consent(customer=customer, channel=channel, address=address, at=at, source=source, by=by, wording=wording)
    entry.state, entry.basis = ConsentState.GRANTED, basis
    _enter(entry)
    if by is not None:
        audit.record("consent.grant", by=by, on=customer, channel=channel, source=source, basis=basis)
    return True


def note_published(
    *, customer: Customer, address: str, page: str, wants_no_ads: bool, at: dt.datetime, by: User | None = None
) -> bool:
    """Enters a mail address found on a public page (`page`: where, and what it says). Whether it may be written to.

    A page that wants no advertising is a refusal (特定電子メール法 施行規則 3条).
    """
    common: dict[str, Any] = {
        "customer": customer,
        "channel": Channel.MAIL,
        "address": address,
        "at": at,
        "source": "published",
    }
    if wants_no_ads:
        withdraw(**common, by=by, wording=page)
        return False
    return grant(**common, by=by, basis=Consent.Basis.PUBLISHED, wording=page)


@transaction.atomic
def resubscribe(*, customer: Customer, channel: str, address: str, at: dt.datetime, source: str, wording: str) -> bool:
    """The person himself asks to be written to again: lifts his refusal, never a bounce or a complaint.

    False if it stood so already. The caller vouches that it is the person (his own unsubscribe link).
    """
    address = _known(channel, address)
    refusals = _open(channel, address).filter(reason=Suppression.Reason.REFUSED)
    lifted = refusals.update(lifted_at=at)
    last = _last(channel, address)
    if not lifted and last is not None and last.state == ConsentState.GRANTED:
        return False
    entry = Consent(customer=customer, channel=channel, address=address, at=at, source=source, wording=wording)
    entry.state, entry.basis = ConsentState.GRANTED, Consent.Basis.CONSENT
    _enter(entry)
    return True


@transaction.atomic
def lift(*, channel: str, address: str, at: dt.datetime, by: User, why: str) -> int:
    """An admin ends the suppressions of an address, with a reason; the ledger's entries stay. How many it ended."""
    if by.role != Role.ADMIN:
        raise ConsentError(_("Only an admin may lift a suppression."))
    if not why.strip():
        raise ConsentError(_("Say why the suppression is lifted."))
    stopped = list(_open(channel, _known(channel, address)).select_for_update())
    for suppression in stopped:
        suppression.lifted_at = at
        suppression.save(update_fields=["lifted_at"])
        audit.record("suppression.lift", by=by, on=suppression, reason=suppression.reason, why=why.strip()[:300])
    return len(stopped)


@transaction.atomic
def withdraw_many(
    pairs: Iterable[tuple[int, str]], *, channel: str, at: dt.datetime, source: str, by: User | None = None
) -> int:
    """Set-based `withdraw` for (customer id, address) pairs, as a file's column of refusals gives them.

    Returns how many addresses were newly refused. The same pairs again change nothing.
    """
    count = sql.run("customers/sql/consent_withdraw.sql", _parameters(pairs, channel, at, source, by))
    if count:
        webhooks.emit("consent.withdrawn", {"channel": channel, "source": source, "addresses": count})
    if by is not None and count:
        audit.record("consent.withdraw_many", by=by, channel=channel, source=source, count=count)
    return count


@transaction.atomic
def refuse_without_address(
    customers: Collection[int], *, channel: str, at: dt.datetime, source: str, by: User | None = None
) -> int:
    """Keeps the refusal of customers (ids) of whom no address is known, for `settle`. How many had not refused so."""
    given = {"customers": sorted(set(customers)), "channel": channel, "at": at, "source": source[:100]}
    return sql.run("customers/sql/consent_refuse.sql", given | {"by": by.pk if by else None})


@transaction.atomic
def declare_basis(
    pairs: Iterable[tuple[int, str]],
    *,
    channel: str,
    basis: str,
    at: dt.datetime,
    source: str,
    by: User,
    wording: str = "",
) -> Declared:
    """An admin declares on what ground the people of a file may be written to (date, and the wording if consent).

    Takes (customer id, address) pairs, set-based. Refused addresses stay refused and are counted.
    """
    if by.role != Role.ADMIN:
        raise ConsentError(_("Only an admin may declare why these people may be written to."))
    _check_basis(basis, wording)
    parameters = _parameters(pairs, channel, at, source, by) | {"basis": basis, "wording": wording}
    counts = sql.rows("customers/sql/consent_grant.sql", parameters)[0]
    audit.record("consent.declare", by=by, channel=channel, source=source, basis=basis, **counts)
    return Declared(**counts)


def _parameters(pairs, channel: str, at: dt.datetime, source: str, by: User | None) -> dict:
    known = {(customer, normalise_address(channel, address)) for customer, address in pairs}
    ordered = sorted(pair for pair in known if pair[1])
    return {
        "customers": [customer for customer, _address in ordered],
        "addresses": [address for _customer, address in ordered],
        "channel": channel,
        "at": at,
        "source": source[:100],
        "by": by.pk if by else None,
    }


def _known(channel: str, raw: str) -> str:
    address = normalise_address(channel, raw)
    if not address:
        raise ConsentError(_("There is no address to record this for."))
    return address


def _check_basis(basis: str, wording: str) -> None:
    if basis not in Consent.Basis.values:
        raise ConsentError(_("Say on what ground these people may be written to."))
    if basis == Consent.Basis.CONSENT and not wording.strip():
        raise ConsentError(_("For consent, give the words the people agreed to."))


def _open(channel: str, address: str) -> QuerySet[Suppression]:
    return Suppression.objects.filter(channel=channel, address=address, lifted_at=None)


def _enter(entry: Consent) -> None:
    """Adds to the ledger; a mail address brings the contact it belongs to, as far as there is one."""
    if entry.channel == Channel.MAIL:
        entry.contact = Contact.objects.filter(customer=entry.customer_id, email=entry.address).first()
    entry.source = entry.source[:100]
    entry.save(force_insert=True)
