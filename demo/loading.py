"""Loads the demo once, by the same way any company's files come in."""

import csv
import datetime as dt
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from accounts import jobs
from accounts.models import Installation, User
from customers import consent, searching
from customers.models import Channel, Consent, Contact, Customer, Interaction, Touched
from scores import scoring
from segments import membership
from segments.models import Segment

from . import campaigns, examples, invent, names, planning

PASSWORD = "modoru-demo"  # noqa: S105  of the demo alone: these logins are refused anywhere else
SIGN_IN = {"cs@example.jp", "manager@example.jp", "admin@example.jp"}
MONTHS_BACK = 13
AGREED_BEFORE = dt.timedelta(days=400)
PERSON = ("contact_name", "contact_kana", "department", "title")
CUSTOMER_COLUMNS = (
    "customer_id name kana kind email phone postal_code address industry region owner joined_on acquired_via"
)
CONTRACT_COLUMNS = (
    "customer_id contract_id plan mrr starts_on renews_on cancelled_on ends_on auto_renew notice_days reason competitor"
)

Say = Callable[[str], None]


class DemoError(Exception):
    """The demo cannot be loaded here; the sentence says why."""


def load(*, now: dt.datetime, say: Say) -> bool:
    """Loads everything; False where it was loaded before. Killed half-way, the next start goes on."""
    installation = _mark()
    if installation.loaded_at:
        return False
    today = installation.day_of(now)
    say("staff")
    _staff()
    records = list(invent.records(last_day=today - dt.timedelta(days=1)))
    _bring_in(records, say)
    say("consent and contacts")
    _consents(records, now)
    _contacts(records)
    _promises(records, now)
    _figures(today, now, say)
    Installation.objects.filter(id=1).update(loaded_at=now)
    return True


@transaction.atomic
def _mark() -> Installation:
    """Puts the mark with which any process sends to loopback only; refuses a database in use."""
    installation = Installation.get()
    if not installation.is_demo and (Customer.objects.exists() or User.objects.exists()):
        raise DemoError("This database already holds customers or users, so the demo is not loaded into it.")
    if not installation.is_demo:
        Installation.objects.filter(id=1).update(
            is_demo=True,
            company_name="もどる雑貨株式会社",
            sender_name="もどる雑貨株式会社",
            sender_email="info@example.jp",
            sender_address="〒111-0053 東京都台東区浅草橋1-2-3",
            complaint_contact="お客様窓口 03-0000-0000(平日10–17時)",
            refusal_notice="配信の停止は、下のリンクからいつでもお手続きいただけます。",
            quiet_from=None,  # whoever tries the demo in the evening sees his mails at once
            quiet_until=None,
            sends_on_holidays=True,
        )
    return Installation.get()


def _staff() -> None:
    for email, name, role in names.STAFF:
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email, PASSWORD if email in SIGN_IN else None, name=name, role=role)


def _bring_in(records: list[invent.Record], say: Say) -> None:
    files = {
        "customers": (CUSTOMER_COLUMNS, (record.customer for record in records)),
        "purchases": (
            "customer_id order_id purchased_at amount product",
            (row for record in records for row in record.purchases),
        ),
        "logins": ("customer_id logged_in_at", (row for record in records for row in record.logins)),
        "contracts": (CONTRACT_COLUMNS, (row for record in records for row in record.contracts)),
    }
    with tempfile.TemporaryDirectory() as folder:
        for kind, (columns, rows) in files.items():
            say(kind)
            _import(kind, _write(Path(folder) / f"demo_{kind}.csv", columns.split(), rows))


def _write(path: Path, columns: list[str], rows: Iterable[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _import(kind: str, path: Path) -> None:
    answer = io.StringIO()
    call_command("import_records", kind, str(path), "--json", stdout=answer)
    counts = json.loads(answer.getvalue())
    if counts["rejected"]:
        raise DemoError(f"{counts['rejected']} rows of the demo's {kind} were rejected.")


def _consents(records: list[invent.Record], now: dt.datetime) -> None:
    """Who agreed by the form's wording, and who refused since."""
    ids = dict(Customer.objects.values_list("code", "id"))
    admin = User.objects.get(email="admin@example.jp")
    agreed = [(ids[r.customer["customer_id"]], r.customer["email"]) for r in records if r.consent]
    refused = [(ids[r.customer["customer_id"]], r.customer["email"]) for r in records if r.consent == "withdrawn"]
    consent.declare_basis(
        agreed,
        channel=Channel.MAIL,
        basis=Consent.Basis.CONSENT,
        at=now - AGREED_BEFORE,
        source="demo",
        by=admin,
        wording=names.WORDING,
    )
    consent.withdraw_many(refused, channel=Channel.MAIL, at=now, source="demo")


def _contacts(records: list[invent.Record]) -> None:
    """The people at the companies: names, readings, departments."""
    people = {record.customer["customer_id"]: record.customer for record in records}
    ids = dict(Contact.objects.filter(is_primary=True, customer__code__in=people).values_list("customer__code", "id"))
    known = [(pk, *(people[code][name] for name in PERSON)) for code, pk in ids.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_contact AS contact SET name = v.name, kana = v.kana, department = v.department,"
            " title = v.title FROM unnest(%s::bigint[], %s, %s, %s, %s) AS v (id, name, kana, department, title)"
            " WHERE contact.id = v.id",
            [list(column) for column in zip(*known, strict=True)],
        )
    searching.refresh(list(Customer.objects.filter(code__in=people).values_list("id", flat=True)))


def _promises(records: list[invent.Record], now: dt.datetime) -> None:
    """Calls someone wrote down, with what was promised next: they stand in the work list."""
    promised = {r.customer["customer_id"]: r.next_action for r in records if r.next_action}
    customers = Customer.objects.filter(code__in=promised).select_related("owner")
    Interaction.objects.filter(customer__in=customers).delete()
    Interaction.objects.bulk_create(
        Interaction(
            customer=customer,
            occurred_at=now - dt.timedelta(days=7),
            kind=Interaction.Kind.PHONE,
            subject="定期のご連絡",
            body="近況をうかがった。",
            next_action=promised[customer.code][0],
            next_on=promised[customer.code][1],
            by=customer.owner,
        )
        for customer in customers
    )


def _figures(today: dt.date, now: dt.datetime, say: Say) -> None:
    """Scores and segments at the ends of the last months, oldest first, so that changes have their day; then today."""
    days = _month_ends(today)
    for day in days:
        say(f"scores and segments as of {day}")
        scoring.compute(as_of=day, now=now)
        if day == days[0]:
            examples.segments(now=now)
        membership.refresh_all(as_of=day, now=now)
        if day == days[-2]:
            campaigns.past(day=day)
    Segment.objects.update(created_at=dt.datetime.combine(days[0], dt.time(), dt.UTC))
    examples.touch_model(now=now)
    say("segments and figures of today")
    last = Touched.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with jobs.once("nightly", due=today.isoformat(), now=now):
        call_command("nightly", "--json", stdout=io.StringIO())
    Touched.objects.filter(id__lte=last).delete()
    planning.present(now=now)
    campaigns.present(now=now)


def _month_ends(today: dt.date) -> list[dt.date]:
    first, ends = today.replace(day=1), []
    for _month in range(MONTHS_BACK):
        ends.append(first - dt.timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]
