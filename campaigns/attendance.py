"""Who came: ticked at the door, or brought in as a list afterwards. A segment or a series goes on from the event.

Ticking again with another mark corrects it: the event that said otherwise goes, so that nobody counts as both.
"""

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from customers.consent import normalise_address
from customers.models import Channel, Contact, Customer, Event

from .models import Occasion, Rsvp
from .occasions import OccasionError, lock

KINDS = {True: "rsvp_attended", False: "rsvp_absent"}
CAME = {"参加", "出席", "○", "〇", "◯", "1", "true", "yes", "y", "attended", "present"}
MISSED = {"欠席", "不参加", "×", "✕", "x", "0", "false", "no", "n", "absent", "no-show", "noshow"}
MOST_LINES = 20_000


@dataclass(frozen=True)
class Unmatched:
    """A line of a list that could not be used, and why."""

    line: int
    text: str
    why: str


@dataclass
class Brought:
    """What a list came to: how many were marked how, and the lines that found nobody."""

    attended: int = 0
    absent: int = 0
    unmatched: list[Unmatched] = field(default_factory=list)


@transaction.atomic
def mark(*, rsvp: Rsvp, has_attended: bool | None, by: User, now: dt.datetime) -> Rsvp:
    """Ticks somebody as there or absent; None takes the tick back. The same tick twice changes nothing."""
    occasion = lock(rsvp.occasion)
    rsvp = Rsvp.objects.select_for_update(of=["self"]).get(pk=rsvp.pk)
    if rsvp.has_attended == has_attended:
        return rsvp
    _mark(occasion, rsvp, has_attended, now)
    audit.record("occasion.attendance", by=by, on=occasion.campaign, rsvp=rsvp.pk, attended=has_attended)
    return rsvp


@transaction.atomic
def bring(*, occasion: Occasion, text: str, by: User, now: dt.datetime) -> Brought:
    """Marks whom a list names: a line is a customer code or an e-mail, and 参加 or 欠席 (comma or tab between).

    Who was there without having answered is entered as one who came. Lines that name nobody, or say neither, are
    handed back; nothing is lost. Raises OccasionError for a list too long.
    """
    occasion, brought = lock(occasion), Brought()
    lines = [line for line in _lines(text) if any(line[1])]
    if len(lines) > MOST_LINES:
        raise OccasionError(_("At most %(n)s lines at once.") % {"n": f"{MOST_LINES:,}"})
    people = _People(occasion, (cells[0] for _number, cells in lines))
    for number, cells in lines:
        if why := _take(occasion, people, cells, brought, now):
            brought.unmatched.append(Unmatched(number, ", ".join(cells), why))
    audit.record(
        "occasion.attendance_list", by=by, on=occasion.campaign, attended=brought.attended, absent=brought.absent,
        unmatched=len(brought.unmatched),
    )  # fmt: skip
    return brought


def _lines(text: str) -> Iterable[tuple[int, list[str]]]:
    """Number and cells of each line but a header; separated by tabs where there are any, else by commas."""
    text = text.removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text.partition("\n")[0] else ",")
    for number, row in enumerate(rows, start=1):
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
        if number > 1 or _said(cells) is not None or not _looks_like_header(cells):
            yield number, cells


def _looks_like_header(cells: list[str]) -> bool:
    return len(cells) > 1 and "@" not in cells[0] and not any(character.isdigit() for character in cells[0])


def _said(cells: list[str]) -> bool | None:
    """Whether the line says that he came; None where it says neither. The last cell with a known word counts."""
    for cell in reversed(cells[1:]):
        word = unicodedata.normalize("NFKC", cell).casefold()
        if word in CAME:
            return True
        if word in MISSED:
            return False
    return None


def _take(occasion: Occasion, people: "_People", cells: list[str], brought: Brought, now: dt.datetime) -> str:
    """Marks the person of a line; else why not."""
    has_attended = _said(cells)
    if has_attended is None:
        return _("It says neither that somebody came nor that he was absent.")
    found = people.find(cells[0])
    if isinstance(found, str):
        return found
    if found.pk is None and not has_attended:
        return _("Had not answered, so there is nobody to be absent.")
    _mark(occasion, found, has_attended, now)
    brought.attended += has_attended
    brought.absent += not has_attended
    return ""


def _mark(occasion: Occasion, rsvp: Rsvp, has_attended: bool | None, now: dt.datetime) -> None:
    was, rsvp.has_attended = rsvp.has_attended, has_attended
    rsvp.save()
    if was == has_attended:
        return
    about = {"customer_id": rsvp.customer_id, "contact_id": rsvp.contact_id}
    if was is not None:
        Event.objects.filter(kind=KINDS[was], data__rsvp=rsvp.pk, **about).delete()
    if has_attended is not None:
        data = {"occasion": occasion.pk, "campaign": occasion.campaign_id, "rsvp": rsvp.pk}
        Event.objects.create(kind=KINDS[has_attended], at=now, data=data, **about)


class _People:
    """Whom the lines of a list mean: answers by code and address; others, who came without answering, anew."""

    def __init__(self, occasion: Occasion, keys: Iterable[str]):
        self._occasion = occasion
        wanted = {key for key in keys if key}
        self._by_mail: dict[str, list[Contact]] = {}
        for contact in Contact.objects.filter(email__in=self._spellings(wanted)).select_related("customer"):
            self._by_mail.setdefault(normalise_address(Channel.MAIL, contact.email), []).append(contact)
        codes = Customer.objects.filter(code__in=wanted).select_related("merged_into")
        self._by_code = {one.code: one.merged_into or one for one in codes}
        self._answers = list(Rsvp.objects.select_for_update().filter(occasion=occasion))

    def _spellings(self, keys: set[str]) -> set[str]:
        return keys | {key.lower() for key in keys if "@" in key}

    def find(self, key: str) -> Rsvp | str:
        """The answer of the one meant, or a new one of someone who came unasked; a sentence where nobody is meant."""
        if "@" in key:
            return self._of_contact(self._by_mail.get(normalise_address(Channel.MAIL, key), []))
        customer = self._by_code.get(key)
        if customer is None:
            return _("No customer has this code.")
        mine = [one for one in self._answers if one.customer_id == customer.pk]
        if len(mine) > 1:
            return _("Several people of this customer have answered: name them by e-mail.")
        return mine[0] if mine else self._new(customer, None)

    def _of_contact(self, contacts: list[Contact]) -> Rsvp | str:
        ids = {one.pk for one in contacts}
        mine = [one for one in self._answers if one.contact_id in ids]
        if mine:
            return mine[0]
        if len(contacts) != 1:
            return _("Several people have this address.") if contacts else _("Nobody has this address.")
        return self._new(contacts[0].customer, contacts[0])

    def _new(self, customer: Customer, contact: Contact | None) -> Rsvp:
        """He came without a seat of his own: entered as not coming by answer, but there. No seat is counted."""
        made = Rsvp(occasion=self._occasion, customer=customer, contact=contact, answer=Rsvp.Answer.DECLINED, seats=1)
        made.answered_at = self._occasion.starts_at
        self._answers.append(made)
        return made
