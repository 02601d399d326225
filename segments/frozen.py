"""Frozen segments: made from pasted or uploaded codes, e-mails and names, or as a copy of a segment today."""

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, User
from common import sql
from customers.importing import columns, reading
from customers.importing.encoding import RefusedError
from customers.models import Customer

from . import membership
from .models import FrozenLine, FrozenList, Segment

MOST_LINES = 100_000
LARGEST_FILE = 50 * 1024 * 1024
DRAFTS_FOR = dt.timedelta(days=2)
_LONGEST = 300
# What tells a row of a file who it is, the surest first.
_FIELDS = ("customer_id", "email", "name", "company", "kana")
_ADDRESS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")

Line = tuple[int, str]


class ListError(ValueError):
    """The text or file cannot become a list; the sentence says why."""


def pasted(text: str) -> Iterator[Line]:
    """Line numbers and what stands there: the first filled cell of a line, the address of “Name <address>”.

    Several addresses on one line, divided by commas, are told apart.
    """
    for nth, line in enumerate(text.splitlines(), start=1):
        cell = next(filter(None, (part.strip(' "\u3000') for part in line.split("\t"))), "")
        for part in _addresses(cell) or [cell]:
            if found := (_ADDRESS.search(part) or [part, part])[1].strip():
                yield nth, found


def _addresses(cell: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[,;、]", cell) if part.strip()]
    return parts if len(parts) > 1 and all("@" in part for part in parts) else []


def uploaded(file: IO[bytes], name: str) -> list[Line]:
    """The same of a CSV, TSV or xlsx file: of each row the code, else the e-mail, else the name.

    Where no header is known, the first column. Raises ListError.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(name).suffix[:10].lower()}"
        with path.open("wb") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        try:
            return list(_rows(path))
        except RefusedError as error:
            raise ListError(str(error)) from error


def _rows(path: Path) -> Iterator[Line]:
    layout = reading.layout_of(path, "customers")
    named = {columns.field_of("customers", head): at for at, head in reversed(list(enumerate(layout.header)))}
    wanted = [named[field] for field in _FIELDS if field in named] or [0]
    for chunk in reading.chunks(path, layout):
        cells = chunk.table.iloc[:, wanted].fillna("").astype(str)
        for nth, row in zip(chunk.lines.tolist(), cells.itertuples(index=False, name=None), strict=True):
            if text := next(filter(None, map(str.strip, row)), ""):
                yield nth, text


@transaction.atomic
def draft(
    *, lines: Iterable[Line], source: FrozenList.Source, file_name: str = "", by: User, now: dt.datetime
) -> FrozenList:
    """Keeps the lines and finds who they are; nothing is a segment yet. Raises ListError for none or too many."""
    given = list(lines)
    if not given:
        raise ListError(_("There is nothing in it. Give one code, e-mail address or name a line."))
    if len(given) > MOST_LINES:
        raise ListError(_("A list may have %(most)s lines at most.") % {"most": f"{MOST_LINES:,}"})
    FrozenList.objects.filter(segment=None, made_at__lt=now - DRAFTS_FOR).delete()
    made = FrozenList.objects.create(
        source=source, file_name=file_name[:255], line_count=len(given), made_by=by, made_at=now
    )
    _store(made, given)
    return made


def _store(made: FrozenList, lines: list[Line]) -> None:
    """Copies the lines into the list and matches them, all at once."""
    text = io.StringIO()
    csv.writer(text).writerows((made.pk, nth, line.replace("\0", "")[:_LONGEST], "{}", "") for nth, line in lines)
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY segments_frozenline (frozen_list_id, nth, text, candidates, how) FROM STDIN"
            " WITH (FORMAT csv, FORCE_NOT_NULL (text, how))",
            text,
        )
    sql.run("segments/sql/match_lines.sql", {"list": made.pk})


@transaction.atomic
def choose(*, made: FrozenList, choices: Mapping[int, int]) -> int:
    """Settles lines in doubt: line id → customer id, one of its candidates. Returns how many were settled."""
    lines = list(made.lines.filter(pk__in=choices, customer=None))
    settled = [line for line in lines if choices[line.pk] in line.candidates]
    for line in settled:
        line.customer_id, line.how = choices[line.pk], FrozenLine.How.CHOSEN
    FrozenLine.objects.bulk_update(settled, ["customer", "how"])
    return len(settled)


@transaction.atomic
def save(*, made: FrozenList, name: str, by: User, now: dt.datetime) -> Segment:
    """Makes the segment of the lines that are somebody; the rest are let go. Raises ListError where nobody is left."""
    if made.segment is not None:
        return made.segment
    if not made.lines.filter(customer__isnull=False).exists():
        raise ListError(_("Nobody was found in the list, so there is nothing to save."))
    segment = _make(name, made, by=by)
    made.lines.filter(customer=None).delete()
    _refresh(segment, now=now)
    audit.record("segment.frozen", by=by, on=segment, lines=made.line_count, members=segment.member_count)
    return segment


def _make(name: str, made: FrozenList, *, by: User) -> Segment:
    segment = Segment.objects.create(
        slug=f"list-{made.pk}", name=name[:100], rule={}, is_frozen=True, created_by=by, position=200
    )
    made.segment = segment
    made.save(update_fields=["segment"])
    return segment


@transaction.atomic
def copy(*, segment: Segment, name: str, by: User, now: dt.datetime) -> Segment:
    """Freezes the present members of a segment. Raises ListError where there are none."""
    found = segment.memberships.filter(left_on=None).order_by("customer__code")
    members = list(found.values_list("customer", "customer__code"))
    return _keep(members, name=name, source=str(segment), by=by, now=now)


@transaction.atomic
def of_customers(*, ids: Collection[int], name: str, source: str, by: User, now: dt.datetime) -> Segment:
    """A list of these customers, found on a page (`source`). Raises ListError where there are none."""
    found = Customer.objects.current().filter(pk__in=ids).order_by("code").values_list("pk", "code")
    return _keep(list(found), name=name, source=source, by=by, now=now)


def _keep(members: list[tuple[int, str]], *, name: str, source: str, by: User, now: dt.datetime) -> Segment:
    if not members:
        raise ListError(_("Nobody is in this segment now, so there is nothing to keep."))
    made = FrozenList.objects.create(
        source=FrozenList.Source.COPY, copied_from=source[:100], line_count=len(members), made_by=by, made_at=now
    )
    FrozenLine.objects.bulk_create(
        (
            FrozenLine(frozen_list=made, nth=nth, text=code, how=FrozenLine.How.COPIED, customer_id=customer)
            for nth, (customer, code) in enumerate(members, start=1)
        ),
        batch_size=5000,
    )
    return save(made=made, name=name, by=by, now=now)


@transaction.atomic
def add(*, segment: Segment, text: str, by: User, now: dt.datetime) -> tuple[int, list[str]]:
    """Adds the customers of these lines. Returns how many are new, and the lines that are nobody or not certain."""
    made, before = _locked(segment), segment.member_count
    left = _append(made, text)
    FrozenList.objects.filter(pk=made.pk).update(line_count=made.lines.count())
    _refresh(segment, now=now)
    audit.record("segment.frozen_added", by=by, on=segment, members=segment.member_count)
    return segment.member_count - before, left


@transaction.atomic
def remove(*, segment: Segment, text: str, by: User, now: dt.datetime) -> tuple[int, list[str]]:
    """Takes the customers of these lines out. Returns how many left, and the lines that are nobody or not certain."""
    made, before = _locked(segment), segment.member_count
    last = _last_line(made)
    left = _append(made, text)
    standing = Coalesce("customer__merged_into", "customer")
    gone = made.lines.filter(nth__gt=last).values_list(standing)
    ids = list(made.lines.annotate(standing=standing).filter(standing__in=gone).values_list("pk", flat=True))
    made.lines.filter(pk__in=ids).delete()
    _refresh(segment, now=now)
    audit.record("segment.frozen_removed", by=by, on=segment, members=segment.member_count)
    return before - segment.member_count, left


def _locked(segment: Segment) -> FrozenList:
    made = FrozenList.objects.select_for_update().get(segment=segment)
    segment.refresh_from_db()
    return made


def _last_line(made: FrozenList) -> int:
    return made.lines.aggregate(last=Max("nth"))["last"] or 0


def _append(made: FrozenList, text: str) -> list[str]:
    """Matches further lines into the list; returns those that are nobody or not certain, which do not stay in it."""
    last = _last_line(made)
    _store(made, [(last + nth, line) for nth, line in pasted(text)][:MOST_LINES])
    unclear = made.lines.filter(customer=None).order_by("nth")
    left = list(unclear.values_list("text", flat=True))
    unclear.delete()
    return left


def _refresh(segment: Segment, *, now: dt.datetime) -> None:
    membership.refresh(segment, as_of=Installation.get().day_of(now), now=now)
    segment.refresh_from_db()
