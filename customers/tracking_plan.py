"""What a call of Segment's specification means here: message → records of our kinds. Pure.

identify → the customer userId (known traits are fields, the rest further attributes) · group → the company groupId,
and userId works there · track: signing in → login; Order Completed → purchase lines that add up to the order's
revenue; Order Refunded → a refund; anything else, page and screen → an event, its properties as data.
"""

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Installation

Record = dict[str, Any]
Message = dict[str, Any]
ORDER = ("customers", "purchases", "logins", "events")  # who comes before what they did
LOGINS = frozenset({"signed_in", "logged_in", "sign_in", "log_in", "login", "user_signed_in", "user_logged_in"})
ORDERED = frozenset({"order_completed", "completed_order"})
REFUNDED = frozenset({"order_refunded", "refunded_order"})
MOST_MEMBERS = 500
_LARGEST = Decimal(10) ** 12
_WHOLE = frozenset({"JPY", "KRW", "VND"})
# trait (compared without case and _) → field
_TRAITS = {
    "name": "name", "firstname": "given_name", "lastname": "family_name", "email": "email", "phone": "phone",
    "industry": "industry", "region": "region", "postalcode": "postal_code", "namekana": "kana", "kana": "kana",
}  # fmt: skip
_DAYS = {"createdat": "joined_on", "birthday": "birth_on"}


class NotTakenError(Exception):
    """Why a message gives no record, in a sentence."""


def records_of(
    message: Message, *, message_id: str, at: dt.datetime, company: Installation
) -> list[tuple[str, Record]]:
    """(kind, record) pairs of a message that happened `at`. Raises NotTakenError."""
    call = _CALLS.get(str(message.get("type")))
    if call is None:
        raise NotTakenError(_("There is no call of this type."))
    return list(call(message, message_id, at, company))


def _identify(
    message: Message, message_id: str, at: dt.datetime, company: Installation
) -> Iterator[tuple[str, Record]]:
    traits = _object(message.get("traits")) or _object(_object(message.get("context")).get("traits"))
    yield "customers", {"customer_id": _user(message), "kind": "person", **_fields(traits, company)}


def _group(message: Message, message_id: str, at: dt.datetime, company: Installation) -> Iterator[tuple[str, Record]]:
    group = _code(message.get("groupId"))
    if not group:
        raise NotTakenError(_("The call names no groupId."))
    record = {"customer_id": group, "kind": "company", **_fields(_object(message.get("traits")), company)}
    yield "customers", record
    if user := _code(message.get("userId")):
        yield "customers", {"customer_id": user, "kind": "person", "company": str(record.get("name") or group)[:200]}


def _track(message: Message, message_id: str, at: dt.datetime, company: Installation) -> Iterator[tuple[str, Record]]:
    user, kind, said = _user(message), event_kind(message.get("event")), _object(message.get("properties"))
    if not kind:
        raise NotTakenError(_("The call names no event."))
    if kind in LOGINS:
        yield "logins", {"customer_id": user, "logged_in_at": at.isoformat()}
    elif kind in ORDERED:
        yield from (("purchases", line) for line in _order(said, user, message_id, at, company))
    elif kind in REFUNDED:
        yield "purchases", _refund(said, user, message_id, at, company)
    else:
        yield _event(user, kind, said, message_id, at)


def _seen(kind: str) -> Callable:
    def seen(message: Message, message_id: str, at: dt.datetime, company: Installation) -> Iterator[tuple[str, Record]]:
        said = {"name": message.get("name"), **_object(message.get("properties"))}
        yield _event(_user(message), kind, said, message_id, at)

    return seen


def _alias(message: Message, *rest: Any) -> Iterator[tuple[str, Record]]:
    raise NotTakenError(_("Two codes are not joined by a call: put the customers together on the page of duplicates."))


_CALLS: dict[str, Callable] = {
    "identify": _identify, "group": _group, "track": _track, "page": _seen("page_viewed"),
    "screen": _seen("screen_viewed"), "alias": _alias,
}  # fmt: skip


def event_kind(name: Any) -> str:
    """A name as events carry it: Plan Changed → plan_changed."""
    if not isinstance(name, str):
        return ""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name).lower()).strip("_")


def _event(user: str, kind: str, said: dict[str, Any], message_id: str, at: dt.datetime) -> tuple[str, Record]:
    record = {"event_id": message_id, "customer_id": user, "kind": kind, "occurred_at": at.isoformat()}
    return "events", record | {"attributes": _members(said)}


def _user(message: Message) -> str:
    user = _code(message.get("userId"))
    if not user:
        raise NotTakenError(_("The call names no userId: whose it is cannot be told from an anonymousId."))
    return user


def _code(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _fields(traits: dict[str, Any], company: Installation) -> Record:
    """Known traits as fields, `unsubscribed` as a no to mail, an address in parts joined; the rest as attributes."""
    record: Record = {}
    rest = {}
    for name, value in traits.items():
        key = name.lower().replace("_", "")
        if key in _TRAITS and isinstance(value, str | int):
            record[_TRAITS[key]] = str(value)
        elif key in _DAYS and value:
            record[_DAYS[key]] = _day(value, company)
        elif key == "company":
            record["company"] = str(_object(value).get("name") or (value if isinstance(value, str) else ""))[:200]
        elif key == "unsubscribed" and value is True:
            record["mail_ok"] = False
        elif key == "address":
            record |= _address(value)
        else:
            rest[name] = value
    if record.get("name"):
        record = {field: value for field, value in record.items() if field not in {"given_name", "family_name"}}
    return record | {"attributes": _members(rest)}


def _address(value: Any) -> Record:
    """Segment's address object, in the order Japan writes it; a text as it is."""
    if isinstance(value, str):
        return {"address": value}
    parts = _object(value)
    joined = " ".join(str(parts[name]) for name in ("state", "city", "street") if parts.get(name))
    return {"address": joined, **({"postal_code": str(parts["postalCode"])} if parts.get("postalCode") else {})}


def _day(value: Any, company: Installation) -> str:
    """A day as it is; a moment (ISO, or Unix seconds) as its business day. What is neither is judged as any cell."""
    try:
        if isinstance(value, int | float):
            return dt.datetime.fromtimestamp(value, tz=company.zone).date().isoformat()
        moment = dt.datetime.fromisoformat(str(value))
        return (company.day_of(moment) if moment.tzinfo else moment.date()).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(value)


def _members(said: dict[str, Any]) -> dict[str, Any]:
    """Plain values by name; what is nested as JSON text. Very many at once as one text."""
    if len(said) > MOST_MEMBERS:
        return {"properties": json.dumps(said, ensure_ascii=False)}
    members = {}
    for name, value in said.items():
        plain = isinstance(value, str | int | float | bool)
        if value is not None and name.strip():
            members[name.strip()[:100]] = value if plain else json.dumps(value, ensure_ascii=False)
    return members


def _order(
    said: dict[str, Any], user: str, message_id: str, at: dt.datetime, company: Installation
) -> Iterator[Record]:
    """The lines of an order. They add up to its revenue: what discounts took off is taken off each in proportion."""
    lines, (revenue, with_tax) = _products(said), _revenue(said)
    amounts = [price * quantity for _name, price, quantity in lines]
    if revenue is None and not lines:
        raise NotTakenError(_("The order has no amount: revenue, total or products with a price."))
    if not sum(amounts):
        lines, amounts = [(_only_name(lines), Decimal(0), Decimal(1))], [revenue or Decimal(0)]
    elif revenue is not None:
        amounts = _shared(revenue, amounts, Decimal(1) if company.currency in _WHOLE else Decimal("0.01"))
    order = _order_id(said) or message_id
    for (name, _price, quantity), amount in zip(lines, amounts, strict=True):
        yield {
            "customer_id": user, "order_id": _short(order), "purchased_at": at.isoformat(), "amount": amount,
            "product": name, "quantity": quantity, "tax_included": with_tax and revenue is not None,
            "currency": _currency(said),
        }  # fmt: skip


def _refund(said: dict[str, Any], user: str, message_id: str, at: dt.datetime, company: Installation) -> Record:
    """A line below 0 under a number of its own: an order may be refunded in parts."""
    revenue, with_tax = _revenue(said)
    if revenue is None:
        lines = _products(said)
        revenue = sum((price * quantity for _name, price, quantity in lines), Decimal(0)) or None
    if revenue is None:
        raise NotTakenError(_("The refund has no amount: revenue, total or products with a price."))
    order = _short(f"{_order_id(said)}/refund/{message_id}")
    return {
        "customer_id": user, "order_id": order, "purchased_at": at.isoformat(), "amount": -abs(revenue), "product": "",
        "quantity": None, "tax_included": with_tax, "currency": _currency(said),
    }  # fmt: skip


def _revenue(said: dict[str, Any]) -> tuple[Decimal | None, bool]:
    """What the order brought, without tax and shipping as the specification has it; does it hold tax after all?"""
    for name in ("revenue", "subtotal", "value"):
        if (amount := _number(said.get(name))) is not None:
            return amount, False
    total, tax = _number(said.get("total")), _number(said.get("tax"))
    if total is None:
        return None, False
    return total - (tax or 0) - (_number(said.get("shipping")) or 0), tax is None


def _products(said: dict[str, Any]) -> list[tuple[str, Decimal, Decimal]]:
    """(name, price, quantity) of the products, where each has a price."""
    given = said.get("products")
    found = []
    for product in given if isinstance(given, list) else []:
        price, quantity = _number(_object(product).get("price")), _number(_object(product).get("quantity"))
        if price is None:
            return []
        name = next((product[key] for key in ("name", "sku", "product_id") if product.get(key)), "")
        found.append((str(name)[:200], price, Decimal(1) if quantity is None else quantity))
    return found


def _only_name(lines: list[tuple[str, Decimal, Decimal]]) -> str:
    return lines[0][0] if len(lines) == 1 else ""


def _shared(total: Decimal, amounts: list[Decimal], step: Decimal) -> list[Decimal]:
    """The total in proportion to the amounts, in whole steps; the last takes the rest."""
    whole = sum(amounts)
    parts = [(total * amount / whole).quantize(step) for amount in amounts[:-1]]
    return [*parts, total - sum(parts)]


def _order_id(said: dict[str, Any]) -> str:
    return next((code for name in ("order_id", "orderId", "checkout_id") if (code := _code(said.get(name)))), "")


def _currency(said: dict[str, Any]) -> str:
    return said["currency"][:10] if isinstance(said.get("currency"), str) else ""


def _short(code: str) -> str:
    return code if len(code) <= 100 else hashlib.sha256(code.encode()).hexdigest()


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LARGEST else None
