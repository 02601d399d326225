"""What a customer's page reads: the timeline, the standing of each address, what was promised, who belongs together."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Installation
from common import sql

from . import consent
from .models import Channel, Consent, Contact, Customer, Interaction, Suppression

ENTRIES = 25
MOST_ENTRIES = 500  # on one page, where somebody comes back to it
# group → its words: what the timeline can be narrowed down to
GROUPS: dict[str, str | Promise] = {
    "purchases": _("Purchases"),
    "contracts": _("Contracts and bills"),
    "contacts": _("Interactions"),
    "mails": _("Mails and consent"),
    "usage": _("Use of the service"),
    "changes": _("Imports and changes"),
}
# kind → icon, words
KINDS: dict[str, tuple[str, str | Promise]] = {
    "purchase": ("shopping-cart", _("Purchase")),
    "refund": ("receipt-refund", _("Refund")),
    "login": ("login-2", _("Login")),
    "contract_start": ("file-check", _("Contract begins")),
    "contract_notice": ("file-alert", _("Notice given")),
    "contract_end": ("file-x", _("Contract ends")),
    "contract_invoice": ("file-invoice", _("Bill")),
    "contract_paid": ("cash", _("Bill paid")),
    "contact_phone": ("phone", _("Phone call")),
    "contact_mail": ("mail", pgettext_lazy("channel", "E-mail")),
    "contact_chat": ("message", _("Chat")),
    "contact_meeting": ("users", _("Meeting")),
    "contact_visit": ("map-pin", _("Visit")),
    "consent_granted": ("circle-check", _("Agreed to be written to")),
    "consent_withdrawn": ("circle-x", _("Refused to be written to")),
    "mail_accepted": ("send", _("Campaign mail sent")),
    "mail_failed": ("mail-x", _("Campaign mail failed")),
    "mail_unknown": ("mail-question", _("Campaign mail: outcome unknown")),
    "mail_clicked": ("click", _("Clicked in a campaign mail")),
    "mail_bounced": ("mail-x", _("Campaign mail came back")),
    "mail_complained": ("mood-angry", _("Reported a campaign mail as spam")),
    "message_accepted": ("send", _("Campaign message sent")),
    "message_failed": ("message-x", _("Campaign message failed")),
    "message_unknown": ("message-question", _("Campaign message: outcome unknown")),
    "letter_answered": ("mailbox", _("Answered a letter")),
    "line_invited": ("qrcode", _("Invited to join on LINE")),
    "line_joined": ("brand-line", _("Joined on LINE")),
    "line_left": ("unlink", _("Parted from LINE")),
    "coupon_presented": ("ticket", _("Coupon shown with an order")),
    "coupon_used": ("ticket", _("Coupon used")),
    "rsvp_coming": ("calendar-event", _("Said to come to an event")),
    "rsvp_waiting": ("hourglass", _("Went onto a waiting list")),
    "rsvp_declined": ("calendar-off", _("Declined an invitation")),
    "rsvp_moved_up": ("calendar-event", _("A seat came free for him")),
    "rsvp_attended": ("circle-check", _("Attended an event")),
    "rsvp_absent": ("circle-minus", _("Was absent from an event")),
    "unsubscribed": ("mail-off", _("Unsubscribed")),
    "resubscribed": ("mail-check", _("Subscribed again")),
    "snoozed": ("clock", _("Put off in the work list")),
    "churned": ("door-exit", pgettext_lazy("event", "Churned")),
    "import_made": ("file-import", _("Came in with a file")),
    "import_changed": ("file-import", _("Changed by a file")),
    "edit": ("edit", _("Changed by hand")),
}
MAIL_KINDS = (
    "mail_accepted",
    "mail_failed",
    "mail_unknown",
    "mail_clicked",
    "mail_bounced",
    "mail_complained",
    "message_accepted",
    "message_failed",
    "message_unknown",
    "letter_answered",
    "line_invited",
    "line_joined",
    "line_left",
    "unsubscribed",
    "resubscribed",
    "email_clicked",
)
# where a consent or refusal came from; the name of a file stands as it is
SOURCES: dict[str, str | Promise] = {
    "staff": _("said to our staff"),
    "form": _("form on a page"),
    "import": _("file taken in"),
    "demo": _("data of the demo"),
    "erasure": _("earlier erasure"),
}
# action in the audit log → its words: the edits a timeline shows
EDITS: dict[str, str | Promise] = {
    "customer.add": _("Added by hand"),
    "customer.change": _("Facts changed"),
    "customer.personal": _("Personal data handed out"),
    "customer.erase": _("Personal data erased"),
    "contact.add": _("Contact added"),
    "contact.change": _("Contact changed"),
    "contact.primary": _("Primary contact changed"),
    "interaction.change": _("Entry changed"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline, and where it came from."""

    at: dt.datetime
    kind: str
    title: str
    detail: str
    amount: Decimal | None
    number: int
    source_id: int
    category: str = ""
    status: str = ""
    by_name: str = ""
    by_id: int | None = None
    import_id: int | None = None
    file_name: str = ""

    @property
    def icon(self) -> str:
        return KINDS.get(self.kind, ("point", ""))[0]

    @property
    def words(self) -> str:
        return str(KINDS.get(self.kind, ("", self.kind))[1])

    @property
    def heading(self) -> str:
        """What it was about: of an edit what was done, of an order its number."""
        return str(EDITS.get(self.title, self.title)) if self.kind == "edit" else self.title

    @property
    def text(self) -> str:
        """The second line; changed columns by their names on the screen."""
        if self.kind in {"edit", "import_changed"}:
            return ", ".join(map(_column_words, self.detail.split()))
        return str(SOURCES.get(self.detail, self.detail)) if self.kind.startswith("consent_") else self.detail

    @property
    def category_words(self) -> str:
        """Of a contact what it was, of a consent the channel."""
        choices = Channel.choices if self.kind.startswith("consent_") else Interaction.Category.choices
        return str(dict(choices).get(self.category, ""))

    @property
    def status_words(self) -> str:
        """Only what is not closed needs a word."""
        if self.kind == "contract_invoice" and self.status == "unpaid":
            return str(_("not paid"))
        return str(dict(Interaction.Status.choices)[self.status]) if self.is_open else ""

    @property
    def is_open(self) -> bool:
        return self.is_interaction and self.status in {Interaction.Status.OPEN, Interaction.Status.WORKING}

    @property
    def is_interaction(self) -> bool:
        return self.kind.startswith("contact_") and self.kind in KINDS

    @property
    def has_time(self) -> bool:
        """Contracts and bills know days only."""
        return not self.kind.startswith("contract_")

    @property
    def cursor(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{self.source_id}"


def _column_words(name: str) -> str:
    """A column as the screen calls it."""
    for model in (Customer, Contact, Interaction):
        try:
            return str(model._meta.get_field(name).verbose_name)
        except FieldDoesNotExist:
            continue
    return name


@dataclass(frozen=True)
class Timeline:
    """Some entries, newest first, where the older ones begin (empty: no more), and what it is narrowed down to."""

    entries: list[Entry]
    older: str
    show: str = ""


def timeline(customer: Customer, *, before: str = "", upto: str = "", show: str = "") -> Timeline:
    """The entries older than `before` (an entry's cursor, as `older` gave it); the newest where it is none.

    `upto` asks for all of them down to that entry, so that a person who comes back finds the page as it was.
    `show` is one of GROUPS; anything else shows everything.
    """
    limit = MOST_ENTRIES if _cursor(upto) else ENTRIES
    at, kind, source_id = _cursor(before) or ("infinity", "~", 0)
    last_at, last_kind, last_id = _cursor(upto) or ("-infinity", "", 0)
    show = show if show in GROUPS else ""
    found = sql.rows(
        "customers/sql/timeline.sql",
        {
            "customer": customer.pk,
            "groups": [show] if show else list(GROUPS),
            "zone": Installation.get().time_zone,
            "edits": list(EDITS),
            "mail_kinds": list(MAIL_KINDS),
            **{"before": at, "before_kind": kind, "before_id": source_id},
            **{"upto": last_at, "upto_kind": last_kind, "upto_id": last_id},
            "limit": limit + 1,
        },
    )
    entries = [Entry(**_plain(row)) for row in found[:limit]]
    has_older = len(found) > limit or (bool(upto) and bool(entries) and _has_older(customer, entries[-1], show))
    return Timeline(entries, entries[-1].cursor if entries and has_older else "", show)


def _has_older(customer: Customer, entry: Entry, show: str) -> bool:
    return bool(timeline(customer, before=entry.cursor, show=show).entries)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "detail": row["detail"] or "", "number": int(row["number"])}


def _cursor(text: str) -> tuple[str, str, int] | None:
    """The parts of an entry's cursor; None where it was not made by us. Events bring kinds of any letters."""
    when, _tilde, rest = text.partition("~")
    kind, _tilde, number = rest.rpartition("~")
    try:
        at = parse_datetime(when.replace(" ", "+"))
    except ValueError:
        return None
    if at is None or at.tzinfo is None or not 0 < len(kind) <= 40 or "\0" in kind:
        return None
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    return at.isoformat(), kind, int(number)


def standings(contacts: Sequence[Contact]) -> dict[int, consent.Standing]:
    """Of each contact with an e-mail: whether he may be written to, and why not; by the contact's id. Two queries."""
    channel = Channel.MAIL
    addresses = {one.pk: consent.normalise_address(channel, one.email) for one in contacts if one.email}
    known = {"channel": channel, "address__in": set(addresses.values())}
    last = Consent.objects.filter(**known).order_by("address", "-id").distinct("address")
    entries = {one.address: one for one in last}
    stopped: dict[str, tuple[Suppression, ...]] = {}
    for one in Suppression.objects.filter(**known, lifted_at=None).order_by("id"):
        stopped[one.address] = (*stopped.get(one.address, ()), one)
    return {pk: consent.Standing(entries.get(address), stopped.get(address, ())) for pk, address in addresses.items()}


def contacts(customer: Customer) -> QuerySet[Contact]:
    """The people there: the primary one first, who has left last; with the file each came from."""
    order = (F("left_on").desc(nulls_first=True), "-is_primary", "id")
    return customer.contacts.select_related("imported").order_by(*order)


def open_promise(customer: Customer) -> Interaction | None:
    """What was promised next and is not done yet."""
    return customer.interactions.filter(next_on__isnull=False, next_done_at=None).order_by("next_on").first()


def branches(customer: Customer) -> QuerySet[Customer]:
    """The branches of this head office, in gojūon order."""
    return Customer.objects.current().filter(parent=customer).order_by("sort_key", "id")
