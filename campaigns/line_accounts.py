"""Joining a customer's LINE account to his contact: an invitation with a one-time code, handed over as a URL or QR.

The page behind the URL leads into LINE's chat with our account, where the code is sent as the first message (or into
LINE's own dialogue for linking accounts, which brings it back as `nonce`). LINE tells us who sent it; then the account
is joined, and the person has agreed to be written to there. The invitation is an event of the customer: its code has
128 random bits and only its hash is kept.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, User
from customers import consent
from customers.models import Channel, Contact, Event, Touched

INVITED, JOINED, LEFT = "line_invited", "line_joined", "line_left"
VALID = dt.timedelta(days=7)
SOURCE = "line"
CODE = re.compile(r"(?<![A-Za-z0-9_-])([1-9]\d{0,17})-([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])")
CHAT = "https://line.me/R/oaMessage/{account}/?{text}"
DIALOGUE = "https://access.line.me/dialog/bot/accountLink?{query}"


@dataclass(frozen=True)
class Invitation:
    """What the customer is given; shown once."""

    url: str
    code: str
    expires_at: dt.datetime


def is_set_up() -> bool:
    return bool(settings.LINE_ACCOUNT_ID)


def wording(installation: Installation) -> str:
    """What who joins agrees to; kept with his consent."""
    company = installation.company_name or installation.sender_name
    return _("I join my LINE account and receive news and offers from %(company)s on LINE.") % {"company": company}


@transaction.atomic
def invite(*, contact: Contact, by: User, now: dt.datetime) -> Invitation:
    """A new invitation; those given before to this contact end."""
    open_ones = Event.objects.filter(customer=contact.customer_id, contact=contact, kind=INVITED, data__used=False)
    for earlier in open_ones:
        _end(earlier)
    secret, expires_at = secrets.token_urlsafe(16), now + VALID
    data = {"hash": _hash(secret), "expires": expires_at.isoformat(), "used": False, "by": by.pk}
    event = Event.objects.create(customer_id=contact.customer_id, contact=contact, kind=INVITED, at=now, data=data)
    audit.record("line.invite", by=by, on=contact.customer, contact=contact.pk)
    code = f"{event.pk}-{secret}"
    return Invitation(f"{settings.BASE_URL}/line/{code}/", code, expires_at)


def find(code: str, *, now: dt.datetime) -> Contact | None:
    """The contact an open invitation is for; None for an unknown, used or expired one."""
    event = _open(code, now)
    return event.contact if event else None


def chat_url(code: str) -> str:
    """Opens LINE's chat with our account, the code already written."""
    return CHAT.format(
        account=quote(settings.LINE_ACCOUNT_ID, safe=""), text=quote(_("Join: %(code)s") % {"code": code})
    )


def dialogue_url(code: str, link_token: str) -> str:
    """LINE's own dialogue, for who came with a token of LINE's."""
    return DIALOGUE.format(query=urlencode({"linkToken": link_token, "nonce": code}))


def code_in(text: str) -> str:
    """The code in a message somebody sent us; empty where there is none."""
    found = CODE.search(text)
    return found.group() if found else ""


@transaction.atomic
def take(*, code: str, line_id: str, now: dt.datetime) -> Contact | None:
    """Joins the LINE user who sent the code. None where the invitation is unknown, used or over.

    An account belongs to one contact: whoever had it before loses it. Joining is agreeing, in the words shown; an
    earlier refusal of the same person is lifted by it.
    """
    event = _open(code, now, is_locked=True)
    if event is None or not line_id.strip():
        return None
    mine = Contact.objects.select_for_update(of=("self",)).select_related("customer")
    contact = mine.get(pk=event.contact_id or 0)  # an invitation without a contact isn't open
    for other in Contact.objects.filter(line_id=line_id).exclude(pk=contact.pk):
        _write(other, "")
    _write(contact, line_id)
    _end(event)
    _happened(contact, JOINED, now)
    with translation.override(settings.LANGUAGE_CODE):
        agreed = wording(Installation.get())
    consent.resubscribe(
        customer=contact.customer, channel=Channel.LINE, address=line_id, at=now, source=SOURCE, wording=agreed
    )
    audit.record("line.join", by=None, on=contact.customer, contact=contact.pk)
    return contact


@transaction.atomic
def leave(*, contact: Contact, by: User, now: dt.datetime) -> bool:
    """Parts a contact from his LINE account. False where there was none."""
    locked = Contact.objects.select_for_update(of=("self",)).select_related("customer").get(pk=contact.pk)
    if not locked.line_id:
        return False
    _write(locked, "")
    _happened(locked, LEFT, now)
    audit.record("line.leave", by=by, on=locked.customer, contact=locked.pk)
    return True


def _open(code: str, now: dt.datetime, *, is_locked: bool = False) -> Event | None:
    found = CODE.fullmatch(code)
    if found is None:
        return None
    events = Event.objects.filter(pk=int(found[1]), kind=INVITED, contact__isnull=False)
    event = (events.select_for_update() if is_locked else events.select_related("contact__customer")).first()
    if event is None or event.data.get("used") is not False:
        return None
    is_right = hmac.compare_digest(str(event.data.get("hash", "")), _hash(found[2]))
    expires = parse_datetime(str(event.data.get("expires", "")))
    return event if is_right and expires is not None and now < expires else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _end(event: Event) -> None:
    event.data = event.data | {"used": True}
    event.save(update_fields=["data"])


def _write(contact: Contact, line_id: str) -> None:
    contact.line_id = line_id
    contact.version += 1
    contact.save(update_fields=["line_id", "version", "updated_at"])


def _happened(contact: Contact, kind: str, now: dt.datetime) -> None:
    Event.objects.create(customer_id=contact.customer_id, contact=contact, kind=kind, at=now, data={})
    Touched.objects.create(customer_id=contact.customer_id)
