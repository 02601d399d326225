"""What people change by hand: a customer's facts, a contact written down. Each with who did it, in one transaction."""

import datetime as dt
import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Func, TextField, Value
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.roles import allows

from . import consent, searching
from .models import Channel, Contact, Customer, DimensionChange, Interaction, Touched

DIMENSIONS = ("owner", "industry", "region")


class EditError(Exception):
    """The change was not made; the sentence says why."""


class ConflictError(EditError):
    """Somebody else changed the customer in the meantime; `current` is how it stands now."""

    def __init__(self, current: Customer):
        super().__init__(
            _("Somebody else has changed this customer in the meantime. Nothing is lost: compare and save again.")
        )
        self.current = current


def may_edit(user: User, customer: Customer) -> bool:
    """CS staff edit their own customers and those nobody looks after; leaders and admins all."""
    if allows(user, "customers.edit_all"):
        return True
    return allows(user, "customers.edit") and customer.owner_id in {None, user.pk}


@transaction.atomic
def add(*, customer: Customer, email: str, phone: str, by: User) -> Customer:
    """A customer typed in by hand, with the primary contact; without a code he gets one. EditError where taken."""
    customer.code = customer.code or f"M{secrets.token_hex(4).upper()}"
    _check_code(customer.code)
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError as error:
        raise EditError(_("The customer code %(code)s is already in use.") % {"code": customer.code}) from error
    name = customer.name if customer.kind == "person" else ""
    Contact.objects.create(customer=customer, name=name, email=email, phone=phone, is_primary=True)
    _done(customer, "customer.add", by)
    return customer


def _check_code(code: str) -> None:
    """As in an import: what differs only by leading zeros or case is no new customer."""
    alike = Customer.objects.alias(bare=_Bare("code")).filter(bare=_Bare(Value(code))).exclude(code=code)
    if known := alike.values_list("code", flat=True).first():
        raise EditError(
            _("%(code)s reads like %(known)s, the code of another customer.") % {"code": code, "known": known}
        )


class _Bare(Func):
    """A code as the import compares it (import_codes_judge.sql)."""

    template = "ltrim(lower(%(expressions)s), '0')"
    output_field = TextField()


@transaction.atomic
def change(
    *, customer: Customer, fields: dict[str, Any], contact: dict[str, str], version: int, by: User, on: dt.date
) -> Customer:
    """Writes the fields where nobody was faster (`version` is what the person saw), and dates what is dated."""
    before = Customer.objects.select_for_update().get(pk=customer.pk)
    if before.version != version:
        raise ConflictError(before)
    for dimension in DIMENSIONS:
        new = fields.get(dimension, getattr(before, dimension))
        remember(before, dimension, getattr(before, dimension), new, on=on)
    changed = sorted(name for name, value in fields.items() if getattr(before, name) != value)
    for name, value in fields.items():
        setattr(before, name, value)
    before.version += 1
    before.save()
    Contact.objects.update_or_create(customer=before, is_primary=True, defaults=contact)
    _done(before, "customer.change", by, fields=changed)
    return before


def remember(customer: Customer, dimension: str, old: Any, new: Any, *, on: dt.date) -> None:
    """Dates a change of owner, industry or region; the first known value holds for all earlier time."""
    old_text, new_text = (str(getattr(value, "pk", value) or "") for value in (old, new))
    rows = DimensionChange.objects.filter(customer=customer, dimension=dimension)
    is_dated = rows.exists()
    if old_text == new_text or not (old_text or is_dated):
        return
    if not is_dated:
        DimensionChange.objects.create(customer=customer, dimension=dimension, since=None, value=old_text)
    DimensionChange.objects.update_or_create(
        customer=customer, dimension=dimension, since=on, defaults={"value": new_text}
    )


def _done(customer: Customer, action: str, by: User, **detail: Any) -> None:
    searching.refresh([customer.pk])
    Touched.objects.create(customer=customer)
    audit.record(action, by=by, on=customer, **detail)


@transaction.atomic
def log(*, interaction: Interaction, is_refusal: bool, keeps: bool = False, by: User, now: dt.datetime) -> Interaction:
    """Writes a contact down; "send me nothing more" takes back the consent to mail at once, for all addresses.

    What was promised before is ticked off, since the new entry says what comes next; `keeps` leaves it open.
    """
    interaction.by = by
    interaction.save(force_insert=True)
    customer = interaction.customer
    if not keeps:
        _tick_off(customer, but=interaction, now=now)
    if is_refusal:
        _refuse(customer, by=by, now=now)
    audit.record("interaction.log", by=by, on=customer, kind=interaction.kind, is_refusal=is_refusal)
    return interaction


def _tick_off(customer: Customer, *, but: Interaction, now: dt.datetime) -> None:
    promised = customer.interactions.filter(next_on__isnull=False, next_done_at=None).exclude(pk=but.pk)
    promised.update(next_done_at=now)


def _refuse(customer: Customer, *, by: User, now: dt.datetime) -> None:
    for address in {contact.email for contact in customer.contacts.exclude(email="")}:
        consent.withdraw(customer=customer, channel=Channel.MAIL, address=address, at=now, source="staff", by=by)
