"""Events customers are invited to: seats are taken under a row lock, a waiting list moves up, nobody is oversold.

Every change of a seat locks the event's row first, looks again after the lock, and keeps `taken` beside the answers;
the database refuses `taken` above `capacity` whatever this module gets wrong.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from customers.models import Contact, Customer, Event

from . import event_words, notices
from .models import Campaign, Delivery, Occasion, Rsvp

Answer = Rsvp.Answer
KINDS = {Answer.COMING: "rsvp_coming", Answer.WAITING: "rsvp_waiting", Answer.DECLINED: "rsvp_declined"}
MOST_SEATS = 1000  # of one answer written down by staff
DETAILS = ("title", "starts_at", "ends_at", "place", "url", "most_each", "has_waiting_list", "answer_until")


class OccasionError(Exception):
    """The answer could not be taken; the message says why, for people. What stood before still stands."""


@dataclass(frozen=True)
class Outcome:
    """What an answer came to. `place` in the waiting list, 1 first, 0 when not waiting."""

    rsvp: Rsvp
    is_new: bool
    place: int = 0


# --- answering --------------------------------------------------------------------------------------


@transaction.atomic
def answer(
    *,
    occasion: Occasion,
    customer: Customer,
    contact: Contact | None,
    answer: str,
    now: dt.datetime,
    seats: int = 1,
    by: User | None = None,
) -> Outcome:
    """Takes an answer ("coming" or "declined"); full: onto the waiting list. The same answer twice changes nothing.

    `by`: the staff member who writes down what he was told; he may still do so after the deadline.
    Raises OccasionError (closed, called off, full, too many seats); an answer given before then still stands.
    """
    occasion = lock(occasion)
    before = answer_of(occasion, customer, contact)
    seats = _checked(occasion, before, answer, seats, now, by)
    wanted = _placed(occasion, before, answer, seats)
    if before and (before.answer, before.seats) == (wanted, seats):
        return Outcome(before, is_new=False, place=place_of(before))
    rsvp = _write(occasion, before or Rsvp(occasion=occasion, customer=customer, contact=contact), wanted, seats, now)
    if by:
        audit.record("occasion.answer", by=by, on=occasion.campaign, customer=customer.pk, answer=str(wanted))
    move_up(occasion, now)
    return Outcome(rsvp, is_new=True, place=place_of(rsvp))


def lock(occasion: Occasion) -> Occasion:
    """The event as it stands now, locked until the transaction ends."""
    return Occasion.objects.select_for_update(of=["self"]).select_related("campaign").get(pk=occasion.pk)


def answer_of(occasion: Occasion, customer: Customer, contact: Contact | None) -> Rsvp | None:
    """The answer of a contact, whoever his customer is by now; of the customer himself without one."""
    found = Rsvp.objects.filter(occasion=occasion)
    mine = found.filter(contact=contact) if contact else found.filter(contact=None, customer=customer)
    return mine.order_by("pk").first()


def place_of(rsvp: Rsvp) -> int:
    """How manieth in the waiting list; 0 when not waiting."""
    if rsvp.answer != Answer.WAITING:
        return 0
    first = Q(queued_at__lt=rsvp.queued_at) | Q(queued_at=rsvp.queued_at, pk__lt=rsvp.pk)
    return Rsvp.objects.filter(first, occasion=rsvp.occasion_id, answer=Answer.WAITING).count() + 1


def closes_at(occasion: Occasion) -> dt.datetime:
    """Until when customers may say that they come."""
    return min(occasion.answer_until or occasion.starts_at, occasion.starts_at)


def free_seats(occasion: Occasion) -> int | None:
    """None: no limit."""
    return None if occasion.capacity is None else max(occasion.capacity - occasion.taken, 0)


def _checked(occasion: Occasion, before: Rsvp | None, answer: str, seats: int, now: dt.datetime, by) -> int:
    """The number of seats, once everything that forbids the answer has been asked."""
    if occasion.cancelled_at:
        raise OccasionError(_("This event has been called off."))
    if by is None and now >= (occasion.starts_at if answer == Answer.DECLINED else closes_at(occasion)):
        raise OccasionError(_("Answers are no longer taken here. Please call us."))
    if answer == Answer.DECLINED:
        return before.seats if before else 1
    most = MOST_SEATS if by else occasion.most_each
    if not 1 <= seats <= most:
        words = ngettext("At most %(n)s seat for one answer.", "At most %(n)s seats for one answer.", most)
        raise OccasionError(words % {"n": most})
    return seats


def _placed(occasion: Occasion, before: Rsvp | None, answer: str, seats: int) -> str:
    """Where the answer leads: coming, waiting or declined. Raises where there is no room for it."""
    if answer == Answer.DECLINED:
        return Answer.DECLINED
    held = before.seats if before and before.answer == Answer.COMING else 0
    free = free_seats(occasion)
    if free is None or seats <= free + held:
        return Answer.COMING
    if held:
        raise OccasionError(_too_few(free))
    if occasion.capacity is not None and seats > occasion.capacity:
        raise OccasionError(_("The event does not have that many seats."))
    if not occasion.has_waiting_list:
        raise OccasionError(_("All seats are taken."))
    return Answer.WAITING


def _too_few(free: int) -> str:
    if not free:
        return gettext("All seats are taken. Yours stay as they were.")
    words = ngettext(
        "There is only %(n)s more seat. Yours stay as they were.",
        "There are only %(n)s more seats. Yours stay as they were.",
        free,
    )
    return words % {"n": free}


def _write(occasion: Occasion, rsvp: Rsvp, answer: str, seats: int, now: dt.datetime) -> Rsvp:
    """Stores it and the seats taken, and tells the apps below."""
    held = rsvp.seats if rsvp.pk and rsvp.answer == Answer.COMING else 0
    was_waiting = bool(rsvp.pk) and rsvp.answer == Answer.WAITING
    if answer == Answer.WAITING:
        rsvp.queued_at = rsvp.queued_at if was_waiting else now
    else:
        rsvp.queued_at = None
    is_turned = not rsvp.pk or rsvp.answer != answer
    rsvp.answer, rsvp.seats, rsvp.answered_at = answer, seats, now
    rsvp.moved_up_at = None
    rsvp.save()
    _count(occasion, (seats if answer == Answer.COMING else 0) - held)
    if is_turned:
        _tell(rsvp, KINDS[Answer(answer)], now)
    return rsvp


def _count(occasion: Occasion, change: int) -> None:
    if change:
        occasion.taken += change
        occasion.save(update_fields=["taken"])


def _tell(rsvp: Rsvp, kind: str, now: dt.datetime) -> None:
    data = {"occasion": rsvp.occasion_id, "campaign": rsvp.occasion.campaign_id, "seats": rsvp.seats}
    Event.objects.create(customer_id=rsvp.customer_id, contact_id=rsvp.contact_id, kind=kind, at=now, data=data)


# --- the waiting list ---------------------------------------------------------------------------------


def move_up(occasion: Occasion, now: dt.datetime) -> list[Rsvp]:
    """Gives free seats of a locked event to those who wait, in their order; who needs more than is free is passed by.

    Each is told by a mail, and by an event that staff and segments see. Nobody moves up once it has begun.
    """
    moved: list[Rsvp] = []
    if occasion.cancelled_at or now >= occasion.starts_at:
        return moved
    for rsvp in waiting(occasion):
        free = free_seats(occasion)
        if free == 0:
            break
        if free is None or rsvp.seats <= free:
            rsvp.occasion = occasion
            moved.append(_moved_up(occasion, rsvp, now))
    if moved:
        notices.moved_up(occasion, moved, now)
    return moved


def _moved_up(occasion: Occasion, rsvp: Rsvp, now: dt.datetime) -> Rsvp:
    rsvp.answer, rsvp.queued_at, rsvp.moved_up_at = Answer.COMING, None, now
    rsvp.save(update_fields=["answer", "queued_at", "moved_up_at"])
    _count(occasion, rsvp.seats)
    _tell(rsvp, "rsvp_moved_up", now)
    _tell(rsvp, KINDS[Answer.COMING], now)
    return rsvp


def waiting(occasion: Occasion) -> QuerySet[Rsvp]:
    """The waiting list, first come first."""
    found = Rsvp.objects.filter(occasion=occasion, answer=Answer.WAITING)
    return found.select_related("customer", "contact").order_by("queued_at", "pk")


# --- what staff do with an event ------------------------------------------------------------------------


@transaction.atomic
def save(*, campaign: Campaign, occasion: Occasion, by: User, now: dt.datetime) -> Occasion:
    """Writes an event's details, new or changed at any time. More seats move the waiting list up at once.

    Raises OccasionError where there would be fewer seats than are taken.
    """
    if occasion.pk is None:
        occasion.campaign, occasion.taken = campaign, 0
        occasion.save()
    else:
        stored = lock(occasion)
        _refuse_fewer(stored, occasion.capacity)
        occasion.taken, occasion.cancelled_at = stored.taken, stored.cancelled_at
        occasion.save(update_fields=[*DETAILS, "capacity"])
        move_up(lock(occasion), now)
    audit.record("occasion.save", by=by, on=campaign, capacity=occasion.capacity)
    return occasion


def _refuse_fewer(stored: Occasion, capacity: int | None) -> None:
    if capacity is not None and capacity < stored.taken:
        words = _("%(n)s seats are taken already: there can't be fewer.")
        raise OccasionError(words % {"n": stored.taken})


@transaction.atomic
def call_off(*, occasion: Occasion, by: User, now: dt.datetime) -> Occasion:
    """The event does not take place: no more answers; its page says so. Safe to repeat."""
    occasion = lock(occasion)
    if not occasion.cancelled_at:
        occasion.cancelled_at = now
        occasion.save(update_fields=["cancelled_at"])
        audit.record("occasion.call_off", by=by, on=occasion.campaign)
    return occasion


# --- who answered what: for lists, series and segments ------------------------------------------------------

# What a condition may ask about an event: its code → the answers that meet it.
CONDITIONS = {
    "rsvp_coming": Q(answer=Answer.COMING),
    "rsvp_waiting": Q(answer=Answer.WAITING),
    "rsvp_declined": Q(answer=Answer.DECLINED),
    "rsvp_attended": Q(has_attended=True),
    "rsvp_absent": Q(answer=Answer.COMING, has_attended=False),
}
NO_ANSWER = "rsvp_none"


def meeting(occasion: Occasion, condition: str, customers: Iterable[int]) -> set[int]:
    """Those of some customers (ids) who meet a condition of CONDITIONS, or NO_ANSWER."""
    some = set(customers)
    found = Rsvp.objects.filter(occasion=occasion, customer__in=some)
    if condition == NO_ANSWER:
        return some - set(found.values_list("customer", flat=True))
    return set(found.filter(CONDITIONS[condition]).values_list("customer", flat=True))


def invitation(token: str) -> tuple[Delivery, Occasion] | None:
    """What the link of a recipient stands for; None where it stands for nothing (also after he was erased)."""
    if not token.isascii() or "\0" in token:
        return None
    found = Delivery.objects.select_related("customer", "contact", "campaign").exclude(address="")
    delivery = found.filter(token=token).first()
    if delivery is None or delivery.customer.erased_at:
        return None
    occasion = event_words.of_campaign(delivery.campaign)
    return (delivery, occasion) if occasion else None
