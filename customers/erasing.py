"""Erasing a person: what names or reaches him goes for good, days and amounts stay so that no past figure moves.

What is personal in a table stands in `personal_columns`; which rows are the person's, `belonging` finds.
"""

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from accounts import audit, webhooks
from accounts.models import User
from accounts.roles import allows
from common import sql

from . import belonging, consent, searching
from .models import (
    Channel,
    Consent,
    Contact,
    Customer,
    Duplicate,
    ErasedAddress,
    Event,
    Import,
    ImportChange,
    Interaction,
    Kind,
    Suppression,
)
from .personal_columns import KEPT_OF_EVENTS, OF_CUSTOMER, PERSONAL, numbered, personal, texts

GONE = "＊"
FINISHED = (Import.State.DONE, Import.State.CANCELLED, Import.State.FAILED, Import.State.UNDONE)


class ErasureError(Exception):
    """Nothing was erased; the sentence says why."""


@dataclass(frozen=True)
class Outlook:
    """What an erasure would do: rows that lose something, by table, files, and what else the admin ought to know."""

    rows: list[tuple[str, int]]
    files: list[Import]
    merged: list[Customer]
    same_address: list[Customer]  # other customers with one of his addresses: perhaps the same person again
    mentions: list[Interaction]  # notes with other customers in which his name stands
    waiting: list[Import]  # files on their way in, which may bring him again


@dataclass(frozen=True)
class _Person:
    """The rows that are the person, and the words that name or reach him."""

    ids: list[int]
    addresses: dict[str, set[str]]  # channel → normalised
    names: set[str]
    root: type[Customer] | type[Contact] = Customer

    @property
    def strong(self) -> set[str]:
        """Words that mean nobody else: e-mail addresses, whole phone numbers."""
        return self.addresses[Channel.MAIL] | {one for one in self.addresses[Channel.PHONE] if len(one) >= 9}

    @property
    def words(self) -> set[str]:
        return self.strong | self.names


def _person(customer: Customer) -> _Person:
    people = belonging.everyone(customer)
    ids = [one.pk for one in people]
    contacts = list(belonging.contacts_of(ids).select_related("customer"))
    addresses: dict[str, set[str]] = {channel: set() for channel in Channel.values}
    for contact in contacts:
        for channel in Channel.values:
            addresses[channel].add(consent.address_of(contact, channel))
    for channel, address in Consent.objects.filter(customer__in=ids).values_list("channel", "address"):
        addresses[channel].add(address)
    addresses[Channel.POSTAL] |= {one.code for one in people}
    found = {channel: found - {"", "erased"} for channel, found in addresses.items()}
    return _Person(ids, found, _names([*people, *contacts]))


def _names(people: list[Customer | Contact]) -> set[str]:
    """As they are written with and without spaces; a single letter is no name to look for."""
    written = {text for one in people for text in (one.name, one.kana) if len(text) > 1}
    return written | {"".join(text.split()) for text in written}


def _person_of(contact: Contact) -> _Person:
    addresses = {channel: found - {"erased"} for channel, found in addresses_of(contact).items()}
    return _Person([contact.pk], {Channel.POSTAL: set(), **addresses}, _names([contact]), Contact)


# --- before


def outlook(customer: Customer) -> Outlook:
    """What erasing the customer would do."""
    person = _person(customer)
    rows = [(str(model._meta.model_name), _count(model, person)) for model in belonging.tables()]
    files = _files(person)
    return Outlook(
        [("customer", len(person.ids)), *((name, count) for name, count in rows if count)],
        [one for one in files if one.state in FINISHED and one.file],
        belonging.everyone(customer)[1:],
        _sharing(person),
        list(_mentions(person)[:20]),
        list(Import.objects.exclude(state__in=FINISHED).order_by("id")),
    )


def _count(model: type[models.Model], person: _Person) -> int:
    """How many rows lose something."""
    if model is not Event and not personal(model):
        return 0
    return _rows(model, person).count()


def either(conditions: Iterable[Q]) -> Q:
    """One of the conditions; of none, nobody."""
    found = Q(pk__in=[])
    for one in conditions:
        found |= one
    return found


def _sharing(person: _Person) -> list[Customer]:
    shared = Contact.objects.filter(
        Q(email__in=person.addresses[Channel.MAIL]) | Q(phone__in=person.addresses[Channel.PHONE])
    )
    found = shared.exclude(customer__in=person.ids)
    return list(Customer.objects.filter(pk__in=found.values("customer")).order_by("sort_key", "id")[:20])


def _mentions(person: _Person) -> QuerySet[Interaction]:
    others = Interaction.objects.exclude(customer__in=person.ids).select_related("customer").order_by("-occurred_at")
    names = [name for name in person.names if len(name) > 2]
    said = (Q(**{f"{column}__icontains": name}) for name in names for column in PERSONAL[Interaction])
    return others.filter(either(said))


def _files(person: _Person) -> list[Import]:
    """The imports that wrote one of his rows."""
    ids: set[int | None] = set(Customer.objects.filter(pk__in=person.ids).values_list("imported", flat=True))
    for way in belonging.ways():
        if any(field.name == "imported" for field in way.model._meta.concrete_fields):
            ids |= set(way.rows(person.ids).values_list("imported", flat=True).distinct())
    changes = ImportChange.objects.filter(model="customer", row_id__in=person.ids)
    ids |= set(changes.values_list("imported", flat=True))
    return list(Import.objects.filter(pk__in=[one for one in ids if one is not None]))


# --- the act


@transaction.atomic
def erase(*, customer: Customer, by: User, now: dt.datetime, why: str, files: bool = True) -> dict[str, int]:
    """Erases the customer with all merged into him, for good. Returns how many rows lost something, by table.

    `why` is kept in the audit log and so must not name him; `files` also deletes the uploaded files he came with.
    Raises ErasureError where it may not be done.
    """
    if not allows(by, "customers.erase"):
        raise ErasureError(_("Only an admin may erase personal data."))
    Customer.objects.select_for_update().filter(Q(pk=customer.pk) | Q(merged_into=customer)).count()
    customer.refresh_from_db()
    person = _person(customer)
    _check(customer, person, why)
    came_with = _files(person)
    _refuse_for_ever(person, now)
    done = {model._meta.label: _blank(model, person) for model in belonging.tables()}
    _blank_events(_rows(Event, person), person)
    _blank_customers(person, now)
    _blank_copies(person)
    searching.refresh(person.ids)
    gone = _delete_files(came_with) if files else 0
    counted = {label: count for label, count in done.items() if count}
    webhooks.emit("customer.erased", {"customer_id": customer.code})
    audit.record("customer.erase", by=by, on=customer, why=why.strip()[:300], rows=sum(done.values()), files=gone)
    return counted


@transaction.atomic
def erase_contact(*, contact: Contact, by: User, now: dt.datetime, why: str) -> int:
    """Erases one person at a customer; company and colleagues stay. Returns how many rows lost something.

    His name and addresses also go from the notes and texts of the customer. Raises ErasureError as `erase` does.
    """
    if not allows(by, "customers.erase"):
        raise ErasureError(_("Only an admin may erase personal data."))
    contact = Contact.objects.select_for_update(of=("self",)).select_related("customer").get(pk=contact.pk)
    person = _person_of(contact)
    if contact.customer.kind == Kind.PERSON and contact.is_primary:
        raise ErasureError(_("This contact is the customer: erase the customer."))
    _check_reason(person, why)
    _refuse_for_ever(person, now)
    done = sum(_blank(model, person) for model in belonging.tables(Contact))
    _blank_events(_rows(Event, person), person)
    _strike_at(contact.customer, person)
    rows = Contact.objects.filter(pk=contact.pk)
    _blank_images(Contact, rows, PERSONAL[Contact])
    rows.update(**{**PERSONAL[Contact], "name": _erased_name(), "version": F("version") + 1})
    _blank_copies(person)
    searching.refresh([contact.customer_id])
    audit.record("customer.erase", by=by, on=contact.customer, contact=contact.pk, why=why.strip()[:300], rows=done)
    return done


def _strike_at(customer: Customer, person: _Person) -> None:
    """The person's words in whatever else is kept of his company."""
    company = _Person([customer.pk], {}, set())
    for model in belonging.tables():
        _strike(_rows(model, company), [one.name for one in texts(model) if not one.unique], person.words)
    said = _rows(Event, company).annotate(text=Cast("data", TextField()))
    _blank_events(said.filter(either(Q(text__icontains=word) for word in person.words)), person)


def _blank_events(events: QuerySet, person: _Person) -> None:
    given = {"events": list(events.values_list("pk", flat=True)), "kept": KEPT_OF_EVENTS}
    sql.run("customers/sql/erase_events.sql", {**given, "words": sorted(person.words)})


def _erased_name() -> Concat:
    return numbered(_("Erased %(number)s") % {"number": ""})


def _check(customer: Customer, person: _Person, why: str) -> None:
    if customer.erased_at is not None:
        raise ErasureError(_("The personal data of this customer have been erased already."))
    if customer.merged_into_id is not None:
        raise ErasureError(_("This customer was merged into another one: erase that one."))
    _check_reason(person, why)


def _check_reason(person: _Person, why: str) -> None:
    if not why.strip():
        raise ErasureError(_("Say why the data are erased."))
    if names_somebody(why, person.words):
        raise ErasureError(_("Leave the person's name, addresses and numbers out of the reason: it is kept."))


def names_somebody(text: str, words: Collection[str]) -> bool:
    """Whether one of the words stands in the text, however it is spaced."""
    said = "".join(text.lower().split())
    return any("".join(word.lower().split()) in said for word in words)


def words_of(person: Customer | Contact) -> set[str]:
    """What names or reaches the person."""
    return (_person_of(person) if isinstance(person, Contact) else _person(person)).words


def addresses_of(person: Customer | Contact) -> dict[str, set[str]]:
    """Channel → the normalised addresses that are or were the person's."""
    if isinstance(person, Contact):
        reached = (Channel.MAIL, Channel.PHONE)  # letters go to the customer
        found = {str(channel): {consent.address_of(person, channel)} - {""} for channel in reached}
        found[Channel.MAIL] |= set(Consent.objects.filter(contact=person).values_list("address", flat=True))
        return found
    return _person(person).addresses


def _refuse_for_ever(person: _Person, now: dt.datetime) -> None:
    """Keeps a hash of each address; what is suppressed stays so by the hash, and by itself where others share it."""
    ErasedAddress.objects.bulk_create(
        [
            ErasedAddress(channel=channel, hash=consent.address_hash(channel, address), erased_at=now)
            for channel, addresses in person.addresses.items()
            for address in sorted(addresses)
        ],
        ignore_conflicts=True,
    )
    mine = {"customer__in" if person.root is Customer else "pk__in": person.ids}
    others = Contact.objects.exclude(**mine)
    shared: dict[str, set[str]] = {
        Channel.MAIL: set(others.filter(email__in=person.addresses[Channel.MAIL]).values_list("email", flat=True)),
        Channel.PHONE: set(others.filter(phone__in=person.addresses[Channel.PHONE]).values_list("phone", flat=True)),
    }
    for channel, addresses in person.addresses.items():
        own = addresses - shared.get(channel, set())
        Suppression.objects.filter(channel=channel, address__in=own).update(address=numbered())


def _blank(model: type[models.Model], person: _Person) -> int:
    """The person's rows of this table: what is personal goes, and his words go from the texts that stay."""
    columns = personal(model)
    rows = _rows(model, person)
    if model._meta.app_label == "customers" and columns:
        _blank_images(model, rows, columns)
    count = rows.update(**columns) if columns else 0
    _strike(rows, [one.name for one in texts(model) if one.name not in columns], person.words)
    return count


def _rows(model: type[models.Model], person: _Person) -> QuerySet:
    ways = belonging.tables(person.root)[model]
    return model._default_manager.filter(either(Q(pk__in=way.rows(person.ids).values("pk")) for way in ways))


def _strike(rows: QuerySet, columns: list[str], words: Collection[str]) -> None:
    """Replaces the words by a sign wherever they stand in these columns (texts, not JSON)."""
    for name in columns:
        if isinstance(rows.model._meta.get_field(name), models.JSONField):
            continue
        for word in sorted(words, key=len, reverse=True):
            rows.filter(**{f"{name}__icontains": word}).update(
                **{name: _Struck(F(name), Value(re.escape(word)), Value(GONE))}
            )


class _Struck(Func):
    """A text without a word, in whatever case it stands."""

    template = "regexp_replace(%(expressions)s, 'gi')"
    output_field = TextField()


def _blank_images(model: type[models.Model], rows: QuerySet, columns: Mapping[str, Any]) -> None:
    ids = list(rows.values_list("pk", flat=True))
    given = {"model": model._meta.model_name, "ids": ids, "columns": list(columns)}
    sql.run("customers/sql/erase_images.sql", given)


def _blank_customers(person: _Person, now: dt.datetime) -> None:
    rows = Customer.objects.filter(pk__in=person.ids)
    _blank_images(Customer, rows, {**OF_CUSTOMER, "name": "", "code": "", "search_text": "", "sort_key": ""})
    rows.update(name=_erased_name(), code=numbered(), erased_at=now, version=F("version") + 1, **OF_CUSTOMER)
    either = Q(first__in=person.ids) | Q(second__in=person.ids)
    Duplicate.objects.filter(either, state=Duplicate.State.OPEN).update(state=Duplicate.State.GONE)


def _blank_copies(person: _Person) -> None:
    """Raw copies of rows and calls, and his addresses in notes about other customers."""
    whole = person.names | person.addresses[Channel.POSTAL]
    strong = [f"%{_of_like(word)}%" for word in sorted(person.strong)]
    given = {
        "words": strong,
        "json_words": [*strong, *(f"%{_of_like(json.dumps(word, ensure_ascii=False).lower())}%" for word in whole)],
        "cells": sorted({"".join(word.split()) for word in whole}),
        "gone": GONE,
    }
    sql.run("customers/sql/erase_copies.sql", given)
    _strike(Interaction.objects.all(), list(PERSONAL[Interaction]), person.strong)


def _of_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _delete_files(imports: Collection[Import]) -> int:
    """The uploads he came with, once the erasure is certain. What the imports did can still be undone without them."""
    files = [(one.file.storage, str(one.file.name)) for one in imports if one.state in FINISHED and one.file]
    Import.objects.filter(pk__in=[one.pk for one in imports if one.state in FINISHED]).update(file="")
    for storage, name in files:
        transaction.on_commit(partial(storage.delete, name))
    return len(files)
