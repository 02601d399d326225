"""名寄せ: which customers may be one and the same, how sure that is, and why.

Set-based: everybody is brought into one form, blocked by what he shares with others (phone, e-mail, 法人番号, house,
name with birthday or postal code), and only pairs within a block are compared. `find` does it for everybody (the
night) or for some customers against everybody (after an import, an edit, a merge). The scores: duplicates_score.sql.
"""

import datetime as dt
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz, process

from accounts import audit
from accounts.models import User
from common import sql

from .models import Customer, Duplicate

SURE = 85  # from here on pairs may be merged many at once
LEAST = 50  # below, a pair is not worth anybody's time
MOST = 50  # customers who share one key; more say nothing (a switchboard, an office building)
MOST_BY_NAME = 5  # companies of one name and nothing else in common: more, and the name is a common one
ALIKE, ALIKE_ADDRESS = 80, 85  # per cent of letters in common
AT_ONCE = 20_000  # customers compared with everybody in one go; more: everybody with everybody
CHUNK = 50_000

REASONS: dict[str, str | Promise] = {
    "same_number": _("same corporate number"),
    "same_email": _("same e-mail"),
    "same_phone": _("same phone"),
    "same_name": _("same name"),
    "same_kana": _("same reading"),
    "like_name": _("similar name"),
    "same_birthday": _("same birthday"),
    "same_address": _("same address"),
    "like_address": _("similar address"),
    "same_postal": _("same postal code"),
}
AGAINST: dict[str, str | Promise] = {
    "other_branch": _("another branch"),
    "other_birthday": _("different birthday"),
    "other_number": _("different corporate number"),
    "other_kind": _("a company and a person"),
    "family": _("different given name: family?"),
    "other_name": _("different name"),
    "other_address": _("different address"),
}


def words(reasons: Iterable[str]) -> list[tuple[str | Promise, bool]]:
    """Reasons in words, each with whether it speaks for one customer."""
    return [(REASONS.get(code) or AGAINST.get(code, code), code in REASONS) for code in reasons]


@dataclass(frozen=True)
class Found:
    """What a search changed: pairs newly proposed, judged otherwise than before, and no longer alike."""

    added: int
    changed: int
    gone: int


class DecisionError(Exception):
    """The pair can't be decided so; the sentence says why."""


def find(*, now: dt.datetime, customer_ids: Sequence[int] | None = None) -> Found | None:
    """Brings the open pairs up to date, of everybody or of these customers with anybody; safe to repeat.

    None where another search is under way: of some customers it is left to that one, or to the next night.
    """
    ids = None if customer_ids is None else sorted(set(customer_ids))
    if ids is not None and not ids:
        return Found(0, 0, 0)
    with transaction.atomic():
        if not _is_alone():
            return None
        has_keys = ids is not None and len(ids) <= AT_ONCE and _has_keys()
        return _find(ids if has_keys else None, now)


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [zlib.crc32(b"duplicates")])
        return cursor.fetchone()[0]


def _has_keys() -> bool:
    """False before the first night, and after a crash of the database: then everybody is compared anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM customers_matchkey)")
        return cursor.fetchone()[0]


def _find(ids: list[int] | None, now: dt.datetime) -> Found:
    limits = {"most": MOST, "most_by_name": MOST_BY_NAME, "ids": ids}
    if ids is None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '192MB'")
        sql.run("customers/sql/duplicates_clear.sql")
    _forms(ids)
    sql.run("customers/sql/duplicates_keys.sql", limits)
    if ids is None:
        sql.run("customers/sql/duplicates_index.sql")
    sql.run(f"customers/sql/duplicates_pairs{'' if ids is None else '_of'}.sql", limits)
    if ids is not None:
        _forms(_paired(ids))
    sql.run("customers/sql/duplicates_proof.sql")
    _compare_letters()
    sql.run("customers/sql/duplicates_score.sql", {"least": LEAST, "alike": ALIKE, "alike_address": ALIKE_ADDRESS})
    return Found(**sql.rows("customers/sql/duplicates_store.sql", {"ids": ids, "now": now})[0])


def _forms(ids: list[int] | None) -> None:
    sql.run("customers/sql/duplicates_forms.sql", {"ids": ids})


def _paired(ids: list[int]) -> list[int]:
    """These and everybody they meet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT first_id FROM duplicate_pairs UNION SELECT second_id FROM duplicate_pairs")
        return sorted({*ids, *(row[0] for row in cursor)})


def _compare_letters() -> None:
    """How many per cent of their letters names and addresses share, into temp duplicate_alike; in chunks."""
    with connection.connection.cursor(name="unlike") as unlike, connection.cursor() as writing:
        unlike.itersize = CHUNK
        (statement,) = sql.statements("customers/sql/duplicates_unlike.sql")
        unlike.execute(statement)
        while rows := unlike.fetchmany(CHUNK):
            places, *texts = zip(*rows, strict=True)
            names, addresses = _shares(texts[0], texts[1]), _shares(texts[2], texts[3])
            lines = "".join(f"{a}\t{b}\t{c}\n" for a, b, c in zip(places, names, addresses, strict=True))
            writing.copy_expert("COPY duplicate_alike (place, name, address) FROM STDIN", io.StringIO(lines))
        writing.execute("ANALYZE duplicate_alike")


def _shares(left: Sequence[str | None], right: Sequence[str | None]) -> list[int]:
    """0 … 100 for each pair of texts; 0 where there is nothing to compare."""
    blank = [one or "" for one in left]
    shares = process.cpdist(blank, [other or "" for other in right], scorer=fuzz.ratio)
    return [int(share) if text else 0 for share, text in zip(shares.tolist(), blank, strict=True)]


@transaction.atomic
def reject(*, pair: Duplicate, by: User, now: dt.datetime) -> None:
    """Two different customers: the pair is never proposed again, unless someone takes the rejection back."""
    _decide(pair, Duplicate.State.OPEN, Duplicate.State.REJECTED, by, now)
    audit.record("duplicate.reject", by=by, on=pair)


@transaction.atomic
def reopen(*, pair: Duplicate, by: User, now: dt.datetime) -> None:
    """Takes a rejection back."""
    _decide(pair, Duplicate.State.REJECTED, Duplicate.State.OPEN, by, now)
    audit.record("duplicate.reopen", by=by, on=pair)


def _decide(pair: Duplicate, old: str, new: str, by: User, now: dt.datetime) -> None:
    is_open = new == Duplicate.State.OPEN
    decided = {"decided_at": None if is_open else now, "decided_by": None if is_open else by}
    if not Duplicate.objects.filter(pk=pair.pk, state=old).update(state=new, **decided):
        raise DecisionError(_("This pair has been decided in the meantime."))


@transaction.atomic
def set_parent(*, parent: Customer, branch: Customer, by: User, now: dt.datetime) -> None:
    """The one is the head office of the other; they stay two customers. DecisionError for a circle or a merged one."""
    both = Customer.objects.select_for_update().filter(pk__in=[parent.pk, branch.pk]).in_bulk()
    if len(both) < 2 or any(one.archived_at for one in both.values()):
        raise DecisionError(_("One of the two is no longer there."))
    if branch.pk in _above(both[parent.pk]):
        raise DecisionError(_("It is the other way round already: take that back first."))
    branch = both[branch.pk]
    branch.parent = both[parent.pk]
    branch.version += 1
    branch.save(update_fields=["parent", "version", "updated_at"])
    low, high = sorted(both)
    pairs = Duplicate.objects.filter(first=low, second=high, state=Duplicate.State.OPEN)
    pairs.update(state=Duplicate.State.GONE, decided_at=now, decided_by=by)
    audit.record("customer.set_parent", by=by, on=branch, parent=parent.pk)


def _above(customer: Customer) -> set[int]:
    """The customer himself, its head office, and so on upwards."""
    seen: set[int] = set()
    one: Customer | None = customer
    while one is not None and one.pk not in seen:
        seen.add(one.pk)
        one = one.parent
    return seen
