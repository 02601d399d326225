"""What a customer's page reads: the timeline, the standing of each channel, what was promised."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Installation
from common import sql

from . import consent
from .models import Channel, Contact, Customer, Interaction

ENTRIES = 25
CURSOR = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT[\d:.]+\+\d\d:\d\d)~(?P<kind>[a-z0-9_]{1,40})~(?P<id>\d{1,18})", re.ASCII)
FAR_FUTURE = "9999-12-31T00:00:00+00:00"
# kind → icon, words
KINDS: dict[str, tuple[str, str | Promise]] = {
    "purchase": ("shopping-cart", _("Purchase")),
    "refund": ("receipt-refund", _("Refund")),
    "login": ("login-2", _("Login")),
    "contract_start": ("file-check", _("Contract begins")),
    "contract_notice": ("file-alert", _("Notice given")),
    "contract_end": ("file-x", _("Contract ends")),
    "contact_phone": ("phone", _("Phone call")),
    "contact_mail": ("mail", pgettext_lazy("channel", "E-mail")),
    "contact_chat": ("message", _("Chat")),
    "contact_meeting": ("users", _("Meeting")),
    "contact_visit": ("map-pin", _("Visit")),
    "mail_accepted": ("send", _("Campaign mail sent")),
    "mail_failed": ("mail-x", _("Campaign mail failed")),
    "mail_unknown": ("mail-question", _("Campaign mail: outcome unknown")),
    "unsubscribed": ("mail-off", _("Unsubscribed")),
    "resubscribed": ("mail-check", _("Subscribed again")),
    "snoozed": ("clock", _("Put off in the work list")),
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    at: dt.datetime
    kind: str
    title: str
    detail: str
    amount: Decimal | None
    number: int
    source_id: int

    @property
    def icon(self) -> str:
        return KINDS.get(self.kind, ("point", ""))[0]

    @property
    def words(self) -> str:
        return str(KINDS.get(self.kind, ("", self.kind))[1])

    @property
    def has_time(self) -> bool:
        """Contracts know days only."""
        return not self.kind.startswith("contract_")


@dataclass(frozen=True)
class Timeline:
    """Some entries, newest first, and where the older ones begin (empty: no more)."""

    entries: list[Entry]
    older: str


def timeline(customer: Customer, before: str = "") -> Timeline:
    """The entries older than `before` (`moment~kind~id`, as `older` gave it); the newest where it is none."""
    at, kind, source_id = _cursor(before)
    found = sql.rows(
        "customers/sql/timeline.sql",
        {
            "customer": customer.pk,
            "zone": Installation.get().time_zone,
            "before": at,
            "before_kind": kind,
            "before_id": source_id,
            "limit": ENTRIES + 1,
        },
    )
    entries = [Entry(**_plain(row)) for row in found[:ENTRIES]]
    last = entries[-1] if len(found) > ENTRIES else None
    return Timeline(entries, f"{last.at.isoformat()}~{last.kind}~{last.source_id}" if last else "")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "detail": row["detail"] or "", "number": int(row["number"])}


def _cursor(before: str) -> tuple[str, str, int]:
    """The parts of `older`; the far future where the address was not made by us."""
    found = CURSOR.fullmatch(before.replace(" ", "+"))
    try:
        at = parse_datetime(found["at"]) if found else None
    except ValueError:
        at = None
    if found is None or at is None:
        return FAR_FUTURE, "~", 0
    return at.isoformat(), found["kind"], int(found["id"])


def standings(customer: Customer) -> list[tuple[str, Contact, consent.Standing]]:
    """Of each contact with an e-mail: whether he may be written to, and why not."""
    return [
        (str(Channel.MAIL.label), contact, consent.standing(channel=Channel.MAIL, address=contact.email))
        for contact in customer.contacts.exclude(email="").order_by("-is_primary", "id")[:5]
    ]


def open_promise(customer: Customer) -> Interaction | None:
    """What was promised next and is not done yet."""
    return customer.interactions.filter(next_on__isnull=False, next_done_at=None).order_by("next_on").first()
