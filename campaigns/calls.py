"""Call tasks: a step that asks the person in charge to telephone. Whom, why, with what script; and how it went."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit, workdays
from accounts.models import Installation, User
from customers import interactions
from customers.models import Channel, Customer, Interaction, Suppression

from . import by_hand
from .channels.wording import Filled
from .models import Campaign, Delivery, Way

State = Delivery.State
ATTEMPTS = 3  # calls that nobody answers
MOST = 50


class Result(models.TextChoices):
    TALKED = "talked", _("Talked")
    ABSENT = "absent", _("No answer")
    NOT_NEEDED = "not_needed", _("Not needed")


@dataclass(frozen=True)
class Call:
    """One line of the list: whom, about what, and the words to say."""

    delivery: Delivery
    customer: Customer
    phone: str
    words: Filled

    @property
    def reason(self) -> str:
        return self.words.title or self.delivery.campaign.name

    @property
    def attempt(self) -> int:
        return self.delivery.attempts


def hand_out(*, now: dt.datetime) -> None:
    """Puts the calls that are due onto the lists of the people in charge; takes off whoever has refused calls since."""
    running = Campaign.objects.filter(state=Campaign.State.RUNNING, planned_to__isnull=False)
    waiting = running.filter(steps__channel=Way.TASK).distinct()
    if ids := list(waiting.values_list("pk", flat=True)):
        by_hand.hand_out(way=Way.TASK, campaigns=ids, now=now)
    refused = _open().filter(Exists(_stops()))
    refused.update(state=State.SUPPRESSED, reason=Suppression.Reason.REFUSED, settled_at=now)


def _open() -> QuerySet[Delivery]:
    return Delivery.objects.filter(channel=Way.TASK, state=State.SENDING)


def _stops() -> QuerySet[Suppression]:
    return Suppression.objects.filter(
        channel=Channel.PHONE, address=OuterRef("contact__phone"), lifted_at=None
    ).exclude(address="")


def open_calls(*, user: User, mine_only: bool, most: int = MOST) -> list[Call]:
    """The calls to make now, the longest waiting first; one's own, or everybody's."""
    found = _open().filter(campaign__state=Campaign.State.RUNNING, customer__archived_at=None).exclude(Exists(_stops()))
    if mine_only:
        found = found.filter(customer__owner=user)
    rows = found.select_related("campaign", "customer__owner", "contact").order_by("sending_at", "pk")[:most]
    mine = {one.pk: one for one in rows}
    written = {one.row["id"]: one for one in by_hand.written(list(mine))}
    return [
        Call(one, one.customer, written[pk].row["phone"], written[pk].words)
        for pk, one in mine.items()
        if pk in written
    ]


@transaction.atomic
def settle(
    *,
    delivery: Delivery,
    result: str,
    note: str,
    refuses: Iterable[Channel] = (),
    by: User,
    now: dt.datetime,
) -> bool:
    """Writes down how a call went. False where it is not on the list any more (somebody was faster).

    Talked: settled. No answer: again on the next working day, three times at most. Not needed: nobody calls.
    A call made is logged with the customer; what he asked us to stop stops at once.
    """
    locked = _open().select_for_update(of=("self",)).select_related("campaign", "customer", "contact")
    found = locked.filter(pk=delivery.pk).first()
    if found is None:
        return False
    result = Result(result)
    for name, value in _becomes(found, result, now).items():
        setattr(found, name, value)
    found.settled_by = by
    found.save()
    if result != Result.NOT_NEEDED:
        _log(found, result, note, refuses, by, now)
    audit.record("call.settle", by=by, on=found.campaign, delivery=found.pk, result=str(result))
    return True


def _becomes(delivery: Delivery, result: Result, now: dt.datetime) -> dict:
    if result == Result.TALKED:
        return {"state": State.ACCEPTED, "reason": "", "settled_at": now}
    if result == Result.NOT_NEEDED:
        return {"state": State.SUPPRESSED, "reason": "not_needed", "settled_at": now}
    if delivery.attempts >= ATTEMPTS:
        return {"state": State.FAILED, "reason": "absent", "settled_at": now}
    return {"state": State.DEFERRED, "reason": "absent", "due_at": _next_workday(now), "claim_token": None}


def _next_workday(now: dt.datetime) -> dt.datetime:
    """Nine o'clock on the next day on which the company works."""
    zone = Installation.get().zone
    day = workdays.load().next_workday(now.astimezone(zone).date())
    return dt.datetime.combine(day, dt.time(9), zone)


def _log(delivery: Delivery, result: Result, note: str, refuses: Iterable[Channel], by: User, now: dt.datetime) -> None:
    about = Interaction(
        customer=delivery.customer,
        contact=delivery.contact,
        occurred_at=now,
        kind=Interaction.Kind.PHONE,
        subject=f"{delivery.campaign.name} – {result.label}"[:200],
        body=note,
    )
    interactions.log(interaction=about, refuses=refuses, keeps=True, by=by, now=now)
