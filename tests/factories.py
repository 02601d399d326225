"""Plain functions that put rows where a test needs them. Days are `date` or "2026-06-30"."""

import csv
import datetime as dt
import io
import uuid
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import Installation, User
from customers.models import Contract, Customer, Login, Purchase

_numbers = count(1)


def day(value: dt.date | str) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def moment(value: dt.date | str, hour: int = 12) -> dt.datetime:
    """Noon (or `hour`) of that day in business time."""
    return dt.datetime.combine(day(value), dt.time(hour), tzinfo=Installation.get().zone)


def configure(**settings: Any) -> Installation:
    """Changes the company's settings."""
    row = Installation.get()
    for name, value in settings.items():
        setattr(row, name, value)
    row.save()
    return row


def user(email: str | None = None, role: str = "cs", **fields: Any) -> User:
    """A staff member who may sign in with the password `right-one-2026`."""
    email = email or f"staff{next(_numbers)}@example.jp"
    return User.objects.create_user(email, "right-one-2026", role=role, **{"name": email.split("@")[0], **fields})


def customer(code: str | None = None, **fields: Any) -> Customer:
    code = code or f"C{next(_numbers):05}"
    return Customer.objects.create(code=code, **{"name": f"顧客{code}", "sort_key": code, **fields})


def purchase(who: Customer, on: dt.date | str, amount: Any = 1000, order_id: str = "", **fields: Any) -> Purchase:
    """A line; below 0 it is a refund."""
    return Purchase.objects.create(
        customer=who,
        line_key=uuid.uuid4(),
        order_id=order_id,
        purchased_at=moment(on),
        purchased_on=day(on),
        amount=Decimal(str(amount)),
        **fields,
    )


def login(who: Customer, on: dt.date | str, hour: int = 12) -> Login:
    return Login.objects.create(customer=who, logged_in_at=moment(on, hour), logged_in_on=day(on))


DAYS_OF_A_TERM = ("starts_on", "ends_on", "renews_on", "cancelled_on")


def contract(who: Customer, starts_on: dt.date | str, mrr: Any = 1000, **fields: Any) -> Contract:
    """A term; `contract_id` keeps terms of one contract together."""
    fields = {"contract_id": f"K{next(_numbers):05}", "plan": "標準", **fields, "starts_on": starts_on}
    days = {name: day(fields[name]) for name in DAYS_OF_A_TERM if fields.get(name)}
    return Contract.objects.create(customer=who, mrr=Decimal(str(mrr)), **{**fields, **days})


def load_purchases(path: Path) -> None:
    """Copies a file of purchases (customer_id, purchased_at, amount, maybe order_id) as they are, with customers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = sorted({row["customer_id"] for row in rows})
    Customer.objects.bulk_create([Customer(code=code, name=code, sort_key=code) for code in codes], batch_size=5000)
    ids = dict(Customer.objects.values_list("code", "id"))
    lines = io.StringIO()
    writer = csv.writer(lines)
    for row in rows:
        at = row["purchased_at"]
        writer.writerow(
            [ids[row["customer_id"]], uuid.uuid4(), row.get("order_id", ""), 1, f"{at}+09", at[:10], row["amount"]]
        )
    lines.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY customers_purchase (customer_id, line_key, order_id, nth, purchased_at, purchased_on, amount)"
            " FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (order_id))",
            lines,
        )
        cursor.execute("ANALYZE customers_purchase")
