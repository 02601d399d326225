"""What people change by hand: customers and the people to reach there. Each with who did it, in one transaction."""

import datetime as dt
import secrets
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Func, TextField, Value
from django.utils.translation import gettext as _

from accounts import audit, webhooks
from accounts.models import User
from accounts.roles import allows

from . import consent, searching
from .models import Contact, Customer, DimensionChange, Touched

DIMENSIONS = ("owner", "industry", "region")


class EditError(Exception):
    """The change was not made; the sentence says why."""


class ConflictError(EditError):
    """Somebody else changed the row in the meantime; `current` is how it stands now."""

    def __init__(self, current: models.Model):
        super().__init__(
            _("Somebody else has saved a change here in the meantime. Nothing is lost: compare and save again.")
        )
        self.current = current


def may_edit(user: User, customer: Customer) -> bool:
    """CS staff edit their own customers and those nobody looks after; leaders and admins all. Erased ones nobody."""
    if customer.erased_at is not None:
        return False
    if allows(user, "customers.edit_all"):
        return True
    return allows(user, "customers.edit") and customer.owner_id in {None, user.pk}


@transaction.atomic
def add(*, customer: Customer, email: str, phone: str, by: User) -> Customer:
    """A customer typed in by hand, with the primary contact; without a code he gets one. EditError where taken.

    An address that was erased on someone's wish is refused at once.
    """
    customer.code = customer.code or f"M{secrets.token_hex(4).upper()}"
    _check_code(customer.code)
    try:
        with transaction.atomic():
            customer.save(force_insert=True)
    except IntegrityError as error:
        raise EditError(_("The customer code %(code)s is already in use.") % {"code": customer.code}) from error
    name = customer.name if customer.kind == "person" else ""
    Contact.objects.create(customer=customer, name=name, email=email, phone=phone, is_primary=True)
    consent.settle([customer.pk])
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
    *,
    customer: Customer,
    fields: dict[str, Any],
    contact: dict[str, str],
    version: int,
    contact_version: int | None = None,
    by: User,
    on: dt.date,
) -> Customer:
    """Writes the fields where nobody was faster (`version` is what the person saw), and dates what is dated.

    `contact` holds the primary contact's e-mail and phone, `contact_version` what was seen of it (None: there was
    none). Raises ConflictError where either has changed.
    """
    before = Customer.objects.select_for_update().get(pk=customer.pk)
    primary = before.contacts.select_for_update().filter(is_primary=True).first()
    if before.version != version or (primary.version if primary else None) != contact_version:
        raise ConflictError(before)
    for dimension in DIMENSIONS:
        new = fields.get(dimension, getattr(before, dimension))
        remember(before, dimension, getattr(before, dimension), new, on=on)
    changed = _set(before, fields)
    reached = _set(primary or Contact(customer=before, is_primary=True), contact)
    consent.settle([before.pk])
    _done(before, "customer.change", by, fields=sorted(changed + reached))
    return before


def _set(row: models.Model, fields: dict[str, Any]) -> list[str]:
    """Writes the fields that differ and counts the edit; returns their names."""
    changed = sorted(name for name, value in fields.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        row.version += int(row.pk is not None)  # type: ignore[attr-defined]
        row.save()
    return changed


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
    webhooks.emit("customer.changed", {"customer_id": customer.code})


# --- the people to reach there


@transaction.atomic
def add_contact(*, contact: Contact, by: User) -> Contact:
    """A further person; the first one known is the primary contact."""
    customer = Customer.objects.select_for_update().get(pk=contact.customer_id)
    contact.is_primary = not customer.contacts.filter(is_primary=True).exists()
    contact.save(force_insert=True)
    consent.settle([customer.pk])
    _done(customer, "contact.add", by, contact=contact.pk)
    return contact


@transaction.atomic
def change_contact(*, contact: Contact, fields: dict[str, Any], version: int, by: User) -> Contact:
    """Writes the fields where nobody was faster. Raises ConflictError with how the contact stands now."""
    before = Contact.objects.select_for_update(of=("self",)).select_related("customer").get(pk=contact.pk)
    if before.version != version:
        raise ConflictError(before)
    changed = _set(before, fields)
    consent.settle([before.customer_id])
    _done(before.customer, "contact.change", by, contact=before.pk, fields=changed)
    return before


@transaction.atomic
def make_primary(*, contact: Contact, by: User) -> Contact:
    """From now on this one is written to; who was it before stays a contact."""
    customer = Customer.objects.select_for_update().get(pk=contact.customer_id)
    contact.refresh_from_db()
    if contact.left_on is not None:
        raise EditError(_("Who has left cannot be the primary contact."))
    for one in customer.contacts.filter(is_primary=True).exclude(pk=contact.pk):
        _set(one, {"is_primary": False})
    if _set(contact, {"is_primary": True}):
        _done(customer, "contact.primary", by, contact=contact.pk)
    return contact
