"""Calls of Segment's SDKs: kept as they come (a message once, by its id), then taken in by the import path.

`Received` is the queue. `drain` takes what waits, in order, as at most one import a kind; an import that is repeated
after a kill changes nothing, as every record of it has an identity of its own.
"""

import datetime as dt
import hashlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import translation
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from accounts.models import ApiKey, Installation

from . import tracking_plan
from .importing import records, running
from .importing.encoding import RefusedError
from .models import Customer, Received

CALLS = ("identify", "track", "page", "screen", "group", "alias")
AT_ONCE = 5_000
_WRONG_CLOCK = dt.timedelta(minutes=5)
_LOCK = 7103
_MOST_NAMES = 800
_NAMES = frozenset({"name", "given_name", "family_name"})
_UNSTORED = ("writeKey", "sentAt")
Planned = tuple[int, records.Record]  # number of the message, a record of it
_logger = logging.getLogger(__name__)


def keep(*, messages: list[dict[str, Any]], sent_at: Any, api_key: ApiKey, now: dt.datetime) -> int:
    """Store messages that are not there yet; returns how many were given."""
    rows = [
        Received(
            message_id=_id_of(message),
            kind=str(message.get("type") or "")[:12],
            payload={"message": _stored(message), "sent_at": sent_at, "key": api_key.pk},
            received_at=now,
        )
        for message in messages
    ]
    Received.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def drain(*, now: dt.datetime) -> int:
    """Take in what waits, oldest first, until nothing does; returns how many. One process at a time."""
    taken = 0
    with _alone() as is_mine, translation.override(settings.LANGUAGE_CODE):
        while is_mine and (rows := list(Received.objects.filter(taken_at=None).order_by("id")[:AT_ONCE])):
            try:
                _take(rows, now)
            except running.BusyError:  # the messages wait
                break
            taken += len(rows)
    return taken


def again(*, row: Received) -> bool:
    """Let a message that could not be taken wait for the next round."""
    return bool(Received.objects.filter(pk=row.pk).exclude(error="").update(taken_at=None, error=""))


def _take(rows: list[Received], now: dt.datetime) -> None:
    """One round. Messages of each key are imported in its maker's name."""
    errors: dict[int, str] = {}
    keys = ApiKey.objects.select_related("created_by").in_bulk({row.payload["key"] for row in rows})
    for pk, key in keys.items():
        _take_of_key(key, [row for row in rows if row.payload["key"] == pk], errors, now)
    taken = [row.pk for row in rows if row.pk not in errors]
    Received.objects.filter(pk__in=taken).update(taken_at=now, payload={})  # its id stays, what it said is in records
    if errors:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_received AS row SET taken_at = %s, error = said.error"
                " FROM unnest(%s::bigint[], %s::text[]) AS said (id, error) WHERE row.id = said.id",
                [now, list(errors), [sentence[:300] for sentence in errors.values()]],
            )


def _take_of_key(key: ApiKey, rows: list[Received], errors: dict[int, str], now: dt.datetime) -> None:
    company = Installation.get()
    planned: dict[str, list[Planned]] = defaultdict(list)
    for row in rows:
        try:
            found = tracking_plan.records_of(
                row.payload["message"], message_id=row.message_id, at=_moment(row), company=company
            )
        except tracking_plan.NotTakenError as reason:
            errors[row.pk] = force_str(reason)
            continue
        for kind, record in found:
            planned[kind].append((row.pk, record))
    planned["customers"] = list(_one_a_customer(planned.pop("customers", [])))
    for kind in [kind for kind in tracking_plan.ORDER if planned.get(kind)]:
        _import(kind, planned[kind], key, errors, now)


def _import(kind: str, planned: list[Planned], key: ApiKey, errors: dict[int, str], now: dt.datetime) -> None:
    """Import in parts; a message keeps the reason of its record that stayed out."""
    options = {"create_customers": True, "api_key": key.pk, "through": "segment"}
    for part in _parts(planned):
        found = [record for _pk, record in part]
        try:
            outcomes = records.bring_in(kind=kind, records=found, options=options, by=key.created_by, now=now)[1]
        except (OperationalError, InterfaceError, running.BusyError):
            raise  # the database is away or busy: the messages wait
        except RefusedError as refusal:
            errors |= {pk: str(refusal) for pk, _record in part}
        except Exception:
            _logger.exception("received %s could not be taken in", kind)
            errors |= {pk: _("Something unexpected happened; nothing more was imported.") for pk, _record in part}
        else:
            errors |= {
                pk: f"{one.code} {one.field}: {one.message}"
                for (pk, _record), one in zip(part, outcomes, strict=True)
                if one.outcome == "rejected"
            }


def _parts(planned: list[Planned]) -> Iterator[list[Planned]]:
    """What an import may hold: so many records, with so many different names of further values."""
    part: list[Planned] = []
    names: set[str] = set()
    for one in planned:
        more = names | one[1].get("attributes", {}).keys()
        if part and (len(part) >= records.MOST or len(more) > _MOST_NAMES):
            yield part
            part, more = [], set(one[1].get("attributes", {}))
        part.append(one)
        names = more
    if part:
        yield part


def _one_a_customer(planned: list[Planned]) -> Iterator[Planned]:
    """What several messages say of a customer, put together in their order; a new one gets what a row must have."""
    merged: dict[str, records.Record] = {}
    said_by: dict[str, int] = {}
    for pk, record in planned:
        code = record["customer_id"]
        before = merged.get(code, {})
        attributes = {**before.get("attributes", {}), **record.get("attributes", {})}
        if _NAMES & record.keys():  # a name in one piece and one in parts would be joined
            before = {name: value for name, value in before.items() if name not in _NAMES}
        merged[code] = before | record | {"attributes": attributes}
        said_by[code] = pk
    known = set(Customer.objects.filter(code__in=merged).values_list("code", flat=True))
    for code, record in merged.items():
        if code in known:
            record.pop("kind", None)
        elif not _NAMES & record.keys():
            record["name"] = record.get("email") or code
        yield said_by[code], record


def _moment(row: Received) -> dt.datetime:
    """When it happened: the message's time, moved by what the sender's clock is wrong, if by minutes; not after now."""
    at = read_moment(row.payload["message"].get("timestamp")) or row.received_at
    sent_at = read_moment(row.payload["sent_at"])
    wrong = row.received_at - sent_at if sent_at else dt.timedelta()
    try:
        at = at + wrong if abs(wrong) > _WRONG_CLOCK else at
        return min(at, row.received_at) if at - row.received_at < _WRONG_CLOCK else at
    except OverflowError:
        return at


def read_moment(text: Any) -> dt.datetime | None:
    """An ISO moment; without offset it is UTC, as the specification of Segment has it."""
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _id_of(message: dict[str, Any]) -> str:
    given = message.get("messageId")
    if not isinstance(given, str) or not given:
        return str(uuid.uuid4())
    return given if len(given) <= 100 else hashlib.sha256(given.encode()).hexdigest()


def _stored(message: dict[str, Any]) -> dict[str, Any]:
    """Without the key some SDKs repeat in the body."""
    return {name: value for name, value in message.items() if name not in _UNSTORED}


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_mine = cursor.fetchone()[0]
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
