"""What is missing, stale or contradictory in the records: by check, by source, by owner, and its trend.

Each check is one condition on a customer, in one place: the page counts with it, the list to mend filters with it.
Counting everything takes a pass over the customers, so it runs at night and on demand and is kept (`QualityFigure`).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation

from .models import (
    Channel,
    Contact,
    Contract,
    Customer,
    Import,
    Interaction,
    Invoice,
    Kind,
    Purchase,
    QualityFigure,
    Suppression,
)
from .models.people import UNSENDABLE

MISSING, STALE, CONTRADICTORY = "missing", "stale", "contradictory"
GROUPS: dict[str, str | Promise] = {
    MISSING: _("Missing"),
    STALE: _("Stale"),
    CONTRADICTORY: _("Contradictory"),
}
STALE_AFTER = dt.timedelta(days=365)
KEPT_DAYS = 40  # of the figures by source and owner; the totals stay for ever
TOTAL, BY_OWNER, BY_SOURCE = "", "owner", "source:"
BY_HAND = "by hand"


@dataclass(frozen=True)
class Check:
    """One question to every customer. `field`: the canonical column to mend, in the file of `kind`."""

    name: str
    group: str
    label: str | Promise
    why: str | Promise
    field: str
    kind: str = "customers"


CHECKS = (
    Check("no_email", MISSING, _("No e-mail address"), _("Cannot be reached by mail."), "email"),
    Check("no_phone", MISSING, _("No phone number"), _("Cannot be called."), "phone"),
    Check("no_address", MISSING, _("No postal address"), _("Cannot be sent anything by post."), "address"),
    Check("no_kana", MISSING, _("No kana"), _("Sorts wrongly and is hard to find on the phone."), "kana"),
    Check("no_owner", MISSING, _("No owner"), _("Nobody feels responsible."), "owner"),
    Check("no_industry", MISSING, _("No industry (companies)"), _("Missing in every figure by industry."), "industry"),
    Check(
        "no_contact",
        MISSING,
        _("No contact person (companies)"),
        _("Mail has nobody to address by name."),
        "contact_name",
    ),
    Check("no_source", MISSING, _("Acquired via is empty"), _("Missing in every figure by source."), "acquired_via"),
    Check(
        "untouched",
        STALE,
        _("Unchanged and not contacted for a year"),
        _("Nobody knows whether it is still true."),
        "name",
    ),
    Check("bounced", CONTRADICTORY, _("The e-mail address does not exist"), _("A mail came back."), "email"),
    Check(
        "unsendable",
        CONTRADICTORY,
        _("The e-mail address breaks the standard"),
        _("It is kept, but not written to."),
        "email",
    ),
    Check(
        "paid_after_end",
        CONTRADICTORY,
        _("Paid or bought after the contract's end"),
        _("Has the contract really ended?"),
        "ends_on",
        "contracts",
    ),
    Check(
        "renews_after_end",
        CONTRADICTORY,
        _("The renewal date lies after the contract's end"),
        _("One of the two days is wrong."),
        "renews_on",
        "contracts",
    ),
    Check(
        "bought_before_joining",
        CONTRADICTORY,
        _("Bought before joining"),
        _("The day of joining is too late."),
        "joined_on",
    ),
    Check(
        "birthday",
        CONTRADICTORY,
        _("The birthday cannot be true"),
        _("It lies ahead, or more than 120 years back."),
        "birth_on",
    ),
    Check(
        "contact_left",
        CONTRADICTORY,
        _("The primary contact has left"),
        _("Mail goes to someone who is gone."),
        "is_primary",
        "contacts",
    ),
    Check(
        "resolved_but_open",
        CONTRADICTORY,
        _("An interaction is resolved, yet open"),
        _("Close it, or take the time away."),
        "status",
        "interactions",
    ),
)
BY_NAME = {check.name: check for check in CHECKS}


@dataclass(frozen=True)
class Figure:
    """How many customers a check found, of how many, and what it was at earlier days (day, found), oldest first."""

    check: Check
    found: int
    of: int
    trend: tuple[tuple[dt.date, int], ...] = ()

    @property
    def share(self) -> float | None:
        return self.found / self.of if self.of else None


def condition(name: str, *, today: dt.date) -> Q:
    """The check as a condition on customers."""
    return _CONDITIONS[name](today)


def customers(name: str, *, today: dt.date, owner: str = "", source: str = "") -> QuerySet[Customer]:
    """Whom a check finds now; of one owner (id, or "none"), of one source."""
    found = with_source(_everybody()).filter(condition(name, today=today))
    if owner:
        found = found.filter(owner_id=None if owner == "none" else int(owner))
    return found.filter(Q(("source", source))) if source else found


def with_source(found: QuerySet[Customer]) -> QuerySet[Customer]:
    """Customers with `source`: the file they came from, API, or by hand."""
    imports = Import.objects.filter(pk=OuterRef("imported_id"))
    return found.annotate(source=Coalesce(Subquery(imports.values("file_name")[:1]), Value(BY_HAND)))


def measure(*, now: dt.datetime) -> int:
    """Count every check for today and keep the figures; the same day again replaces them. Returns how many rows."""
    today = Installation.get().day_of(now)
    rows = [*_rows(today, TOTAL), *_rows(today, BY_OWNER, "owner"), *_rows(today, BY_SOURCE, "source")]
    with transaction.atomic():
        QualityFigure.objects.filter(day=today).delete()
        old = QualityFigure.objects.filter(day__lt=today - dt.timedelta(days=KEPT_DAYS))
        old.exclude(source=TOTAL).delete()
        QualityFigure.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def figures(*, owner: str = "", source: str = "") -> tuple[dt.date | None, list[Figure]]:
    """The last day measured and a figure a check: of everybody, of one owner, or of one source."""
    rows = QualityFigure.objects.filter(source=TOTAL, owner=None)
    if owner:
        rows = QualityFigure.objects.filter(source=BY_OWNER, owner_id=None if owner == "none" else int(owner))
    elif source:
        rows = QualityFigure.objects.filter(source=f"{BY_SOURCE}{source}", owner=None)
    last = QualityFigure.objects.order_by("-day").values_list("day", flat=True).first()
    kept: dict[str, list[QualityFigure]] = {}
    for row in rows.order_by("day"):
        kept.setdefault(row.check_name, []).append(row)
    return last, [_figure(check, kept.get(check.name, []), last) for check in CHECKS]


def breakdown(name: str) -> tuple[list[QualityFigure], list[QualityFigure]]:
    """The last day's figures of a check by owner and by source, most first."""
    last = QualityFigure.objects.order_by("-day").values_list("day", flat=True).first()
    rows = QualityFigure.objects.filter(check_name=name, found__gt=0, day=last or dt.date.min).select_related("owner")
    ordered = rows.order_by("-found", "id")
    return list(ordered.filter(source=BY_OWNER)), list(ordered.filter(source__startswith=BY_SOURCE))


def _figure(check: Check, rows: list[QualityFigure], last: dt.date | None) -> Figure:
    now = rows[-1] if rows and rows[-1].day == last else None
    trend = tuple((row.day, row.found) for row in rows)
    return Figure(check, now.found if now else 0, now.of if now else 0, trend)


def _rows(today: dt.date, prefix: str, field: str = "") -> Iterable[QualityFigure]:
    """The figures of everybody (no field), or a set for each value of a field."""
    counted: dict[str, Any] = {check.name: Count("pk", filter=condition(check.name, today=today)) for check in CHECKS}
    found = with_source(_everybody())
    groups: QuerySet[Any, Any] = found.values(field) if field else found.annotate(one=Value(1)).values("one")
    for group in groups.order_by().annotate(everybody=Count("pk"), **counted):
        owner = group["owner"] if field == "owner" else None
        source = f"{prefix}{group['source']}" if field == "source" else prefix
        for check in CHECKS:
            yield QualityFigure(
                day=today,
                check_name=check.name,
                source=source[:100],
                owner_id=owner,
                found=group[check.name],
                of=group["everybody"],
            )


def _everybody() -> QuerySet[Customer]:
    return Customer.objects.current().filter(merged_into=None, erased_at=None)


def _of(model) -> QuerySet:
    return model.objects.filter(customer=OuterRef("pk"))


def _primary() -> QuerySet[Contact]:
    return _of(Contact).filter(is_primary=True)


def _without(field: str):
    return lambda today: ~Exists(_primary().exclude(**{field: ""}))


def _untouched(today: dt.date):
    since = today - STALE_AFTER
    lately = Exists(_of(Interaction).filter(occurred_at__date__gte=since)) | Exists(
        _of(Purchase).filter(purchased_on__gte=since)
    )
    return Q(updated_at__date__lt=since) & ~lately


def _bounced(today: dt.date):
    stops = Suppression.objects.filter(channel=Channel.MAIL, reason=Suppression.Reason.BOUNCED, lifted_at=None)
    return Exists(_of(Contact).alias(lower=Lower("email")).filter(Exists(stops.filter(address=OuterRef("lower")))))


def _paid_after_end(today: dt.date):
    """All terms have ended, and money came after the last of them."""
    terms = _of(Contract)
    goes_on = Exists(terms.filter(Q(ends_on=None) | Q(ends_on__gt=today)))
    return Exists(terms) & ~goes_on & (Exists(_later(Invoice, "paid_on")) | Exists(_later(Purchase, "purchased_on")))


def _later(model, day: str) -> QuerySet:
    """Rows of the customer on or after the end of his last term."""
    last = Contract.objects.filter(customer=OuterRef("customer"), ends_on__isnull=False).order_by("-ends_on")
    return _of(model).alias(last_end=Subquery(last.values("ends_on")[:1])).filter(**{f"{day}__gte": F("last_end")})


def _company(found):
    return lambda today: Q(kind=Kind.COMPANY) & (found(today) if callable(found) else found)


_CONDITIONS = {
    "no_email": _without("email"),
    "no_phone": _without("phone"),
    "no_address": lambda today: Q(address="") | Q(postal_code=""),
    "no_kana": lambda today: Q(kana=""),
    "no_owner": lambda today: Q(owner=None),
    "no_industry": _company(Q(industry="")),
    "no_contact": _company(lambda today: ~Exists(_of(Contact).exclude(name="").filter(left_on=None))),
    "no_source": lambda today: Q(acquired_via=""),
    "untouched": _untouched,
    "bounced": _bounced,
    "unsendable": lambda today: Exists(_primary().filter(email__regex=UNSENDABLE)),
    "paid_after_end": _paid_after_end,
    "renews_after_end": lambda today: Exists(_of(Contract).filter(renews_on__gt=F("ends_on"))),
    "bought_before_joining": lambda today: Exists(
        _of(Purchase).filter(amount__gte=0, purchased_on__lt=OuterRef("joined_on"))
    ),
    "birthday": lambda today: Q(birth_on__gt=today) | Q(birth_on__lt=today.replace(year=today.year - 120, day=1)),
    "contact_left": lambda today: Exists(_primary().filter(left_on__lte=today)),
    "resolved_but_open": lambda today: Exists(
        _of(Interaction).filter(resolved_at__isnull=False).exclude(status=Interaction.Status.CLOSED)
    ),
}
assert _CONDITIONS.keys() == BY_NAME.keys()
