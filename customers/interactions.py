"""Contacts with customers, written down: logged in twenty seconds, changed and closed later."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import User

from . import consent, editing
from .models import Channel, Contact, Customer, Interaction, Touched

OPEN_COMPLAINT = {"category": Interaction.Category.COMPLAINT, "status__in": ("open", "working")}


def open_complaints(customer: Customer) -> QuerySet[Interaction]:
    """Complaints nobody has closed yet, the oldest first: campaigns wait for them."""
    return customer.interactions.filter(**OPEN_COMPLAINT).select_related("by").order_by("occurred_at", "id")


def may_change(user: User, interaction: Interaction) -> bool:
    """Who wrote it down, and who may change the customer."""
    if interaction.customer.erased_at is not None:
        return False
    return interaction.by_id == user.pk or editing.may_edit(user, interaction.customer)


@transaction.atomic
def log(
    *, interaction: Interaction, refuses: Iterable[Channel] = (), keeps: bool = False, by: User, now: dt.datetime
) -> int:
    """Writes a contact down; what the customer asked us to stop stops at once. Returns how many addresses it stops.

    `refuses` are the channels: of the contact named, or of everybody there where none is or he has no such address.
    Where no address is known, the refusal waits for the first one that comes in.
    What was promised before is ticked off, since the new entry says what comes next; `keeps` leaves it open.
    """
    interaction.by = by
    interaction.resolved_at = _resolved(interaction, now)
    interaction.save(force_insert=True)
    customer = interaction.customer
    if not keeps:
        promised = customer.interactions.filter(next_on__isnull=False, next_done_at=None).exclude(pk=interaction.pk)
        promised.update(next_done_at=now)
    channels = list(refuses)
    stopped = sum(_refuse(interaction, channel, by=by, now=now) for channel in channels)
    _done("interaction.log", interaction, by, kind=interaction.kind, refuses=[str(channel) for channel in channels])
    return stopped


def _refuse(interaction: Interaction, channel: Channel, *, by: User, now: dt.datetime) -> int:
    customer = interaction.customer
    found = _addresses(interaction, channel)
    if not found:
        consent.refuse_without_address([customer.pk], channel=channel, at=now, source="staff", by=by)
    for address in found:
        consent.withdraw(customer=customer, channel=channel, address=address, at=now, source="staff", by=by)
    return len(found)


def _addresses(interaction: Interaction, channel: Channel) -> set[str]:
    """Of the contact named; of everybody there where he has none on the channel. Letters go to the customer."""
    if channel == Channel.POSTAL:
        return {interaction.customer.code}
    named: list[Contact] = [interaction.contact] if interaction.contact else []
    everybody = interaction.customer.contacts.all()
    found = ({consent.address_of(one, channel) for one in people} - {""} for people in (named, everybody))
    return next(filter(None, found), set())


@transaction.atomic
def change(
    *, interaction: Interaction, fields: dict[str, Any], version: int, by: User, now: dt.datetime
) -> Interaction:
    """Writes the fields where nobody was faster; closing one notes when, opening it again forgets that.

    Raises editing.ConflictError with how it stands now.
    """
    before = Interaction.objects.select_for_update(of=("self",)).select_related("customer").get(pk=interaction.pk)
    if before.version != version:
        raise editing.ConflictError(before)
    changed = sorted(name for name, value in fields.items() if getattr(before, name) != value)
    for name in changed:
        setattr(before, name, fields[name])
    if {"next_on", "next_action"} & set(changed):
        before.next_done_at = None
    _save(before, changed, by=by, now=now)
    return before


@transaction.atomic
def close(*, interaction: Interaction, by: User, now: dt.datetime) -> bool:
    """Done with. False where it was closed already."""
    before = Interaction.objects.select_for_update(of=("self",)).select_related("customer").get(pk=interaction.pk)
    if before.status == Interaction.Status.CLOSED:
        return False
    before.status = Interaction.Status.CLOSED
    _save(before, ["status"], by=by, now=now)
    return True


def _save(interaction: Interaction, changed: list[str], *, by: User, now: dt.datetime) -> None:
    if not changed:
        return
    interaction.resolved_at = _resolved(interaction, now)
    interaction.version += 1
    interaction.save()
    _done("interaction.change", interaction, by, interaction=interaction.pk, fields=changed)


def _resolved(interaction: Interaction, now: dt.datetime) -> dt.datetime | None:
    """When it was closed. What had no category needed no solution."""
    if interaction.status != Interaction.Status.CLOSED or not interaction.category:
        return None
    return interaction.resolved_at or now


def _done(action: str, about: Interaction, by: User, **detail: Any) -> None:
    Touched.objects.create(customer=about.customer)
    audit.record(action, by=by, on=about.customer, **detail)
