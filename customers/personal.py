"""A person's data to hand out (個人情報保護法 33条): every table that leads to him, as JSON and CSV in one zip.

Streamed: a chunk of rows at a time, nothing on disk. What is left out stands in LEFT_OUT with the reason; a test holds
the two together equal to the walk of `belonging`.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.roles import allows
from common import exports

from . import belonging, erasing
from .models import Contact, Customer, Suppression

CHUNK = 2000
# table → why it is not handed out
LEFT_OUT = {
    "customers.touched": "a queue of what is still to be computed; holds no data of the person",
    "customers.duplicate": "our guess that two records are one person: the other one may be somebody else",
    "customers.merge": "what a merge wrote: the columns of the customer, which are handed out as they stand",
    "customers.mergemove": "which rows a merge moved: the rows themselves are handed out",
}
# Columns that serve the machine: identities for repeats, leases, secrets of links, texts for search and order.
MACHINERY = {
    *("line_key", "message_key", "token", "claim_token", "lease_until", "version", "search_text", "sort_key"),
    *("imported", "attempts", "stratum"),
}


class PersonalError(Exception):
    """Nothing was handed out; the sentence says why."""


def tables(person: Customer | Contact) -> Iterator[tuple[str, list[str], QuerySet]]:
    """Name, columns and rows of each table handed out; of a customer with the records merged into his.

    Of a contact only what is his own: nothing of the company and of his colleagues there.
    """
    root = type(person)
    ids = [person.pk] if isinstance(person, Contact) else [one.pk for one in belonging.everyone(person)]
    yield str(root._meta.model_name), _columns(root), root._default_manager.filter(pk__in=ids).order_by("pk")
    for model, ways in belonging.tables(root).items():
        if model._meta.label_lower in LEFT_OUT:
            continue
        conditions = [models.Q(pk__in=way.rows(ids).values("pk")) for way in ways]
        found = model._default_manager.filter(erasing.either(conditions)).order_by("pk")
        yield str(model._meta.model_name), _columns(model), found
    yield "suppression", _columns(Suppression), _suppressions(person)


def _suppressions(person: Customer | Contact) -> QuerySet[Suppression]:
    """They hold addresses, not customers."""
    known = erasing.addresses_of(person)
    conditions = (models.Q(channel=channel, address__in=found) for channel, found in known.items())
    return Suppression.objects.filter(erasing.either(conditions)).order_by("pk")


def _columns(model: type[models.Model]) -> list[str]:
    """The columns, with the name of whom a key of our staff or of a product means."""
    return [
        f"{field.name}__name" if _has_name(field) else field.attname
        for field in model._meta.concrete_fields
        if field.name not in MACHINERY
    ]


def _has_name(field: models.Field) -> bool:
    target = field.related_model
    return bool(target) and target is not Customer and any(one.name == "name" for one in target._meta.fields)


def counts(person: Customer | Contact) -> list[tuple[str, int]]:
    """How many rows of each table there are; empty ones left out."""
    found = ((name, rows.count()) for name, _columns, rows in tables(person))
    return [(name, count) for name, count in found if count]


def hand_out(*, person: Customer | Contact, by: User, why: str) -> Iterator[bytes]:
    """The zip, piece by piece. Who asked for it and why is in the audit log before the first one."""
    if not allows(by, "customers.personal"):
        raise PersonalError(_("Only a leader may hand out personal data."))
    if not why.strip():
        raise PersonalError(_("Say who asked for the data and why they are handed out."))
    if erasing.names_somebody(why, erasing.words_of(person)):
        raise PersonalError(_("Leave the person's name, addresses and numbers out of the reason: it is kept."))
    is_contact = isinstance(person, Contact)
    of_contact = {"contact": person.pk} if is_contact else {}
    audit.record(
        "customer.personal", by=by, on=person.customer if is_contact else person, why=why.strip()[:300], **of_contact
    )
    return _zipped(person)


class _Pipe(io.RawIOBase):
    """Takes what the archive writes and gives it on; it cannot be rewound, so nothing is kept."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        found, self.pieces = b"".join(self.pieces), []
        return found


def _zipped(person: Customer | Contact) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        files = [("data.json", _json(person))]
        files += [(f"{name}.csv", _csv(columns, rows)) for name, columns, rows in tables(person)]
        for name, texts in files:
            with archive.open(name, "w", force_zip64=True) as file:
                for text in texts:
                    file.write(text.encode())
                    yield pipe.take()
    yield pipe.take()


def _csv(columns: list[str], rows: QuerySet) -> Iterator[str]:
    header = [name.removesuffix("__name") for name in columns]
    return exports.lines(header, ([_flat(value) for value in row] for row in _values(rows, columns)))


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder) if isinstance(value, dict | list) else value


def _json(person: Customer | Contact) -> Iterator[str]:
    """{"customer": [{…}], "contact": [{…}], …}; a table a time, a row a line."""
    first = "{"
    for name, columns, rows in tables(person):
        yield f'{first}"{name}": [\n'
        yield from _objects([column.removesuffix("__name") for column in columns], _values(rows, columns))
        yield "]"
        first = ",\n"
    yield "}\n"


def _objects(names: list[str], rows: Iterable[tuple]) -> Iterator[str]:
    comma = ""
    for row in rows:
        record = dict(zip(names, row, strict=True))
        yield comma + json.dumps(record, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n"
        comma = ","


def _values(rows: QuerySet, columns: list[str]) -> Iterator[tuple]:
    return rows.values_list(*columns).iterator(chunk_size=CHUNK)
