"""Two customers become one, and two again at any time. Nothing is deleted.

The loser is archived and points to the winner (`merged_into`, always the one that stands); every row of every table
goes along and is recorded (moving.py); the strictest consent holds for both (joint_consent.py). An undo hands back
what is still there, gives the winner's columns their old values unless somebody edited them since, and may come in
any order: of a merge under a later one, of one after it.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts import audit, webhooks
from accounts.models import Installation, User

from . import editing, joint_consent, moving, searching
from .models import Customer, DimensionChange, Duplicate, Merge, MergeMove, Touched

COLUMNS = (
    "kind", "name", "kana", "company", "postal_code", "address", "industry", "region", "owner", "sales_owner", "deputy",
    "parent", "corporate_number", "joined_on", "birth_on", "acquired_via",
)  # fmt: skip
UNITED = ("tags", "attributes")  # of both; the winner's value stands where both have one
DATED = "dimension_changes"
PAIR = Duplicate._meta.label_lower


class MergeError(Exception):
    """It can't be merged or undone so; the sentence says why and what to do."""


@dataclass(frozen=True)
class Undone:
    """What an undo could not bring back: columns of the winner edited since, and rows that stay with him."""

    kept_columns: list[str]
    kept_rows: int


def fuller(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """(winner, loser) as proposed: more columns filled, then more purchases, then known for longer."""
    ranks = {who.pk: (_filled(who), who.purchases.count(), -who.pk) for who in (one, other)}
    return (one, other) if ranks[one.pk] > ranks[other.pk] else (other, one)


def _filled(customer: Customer) -> int:
    return sum(not _is_empty(customer, name) for name in COLUMNS) + len(customer.tags) + len(customer.attributes)


def _is_empty(customer: Customer, name: str) -> bool:
    return getattr(customer, customer._meta.get_field(name).attname) in (None, "")


def suggested(winner: Customer, loser: Customer) -> set[str]:
    """The columns in which the loser's value should stand: the winner's is empty; of two days joined the earlier;
    of two values the one of the customer changed last. Owner, industry and region stay (their past is the winner's)."""
    return {name for name in COLUMNS if _is_better(name, winner, loser)}


def _is_better(name: str, winner: Customer, loser: Customer) -> bool:
    if _is_empty(loser, name) or name == "kind":
        return False
    if _is_empty(winner, name):
        return True
    if name == "joined_on" and loser.joined_on and winner.joined_on:
        return loser.joined_on < winner.joined_on
    is_kept = name in (*editing.DIMENSIONS, "sales_owner", "deputy", "parent", "name", "kana")
    return not is_kept and loser.updated_at > winner.updated_at


@transaction.atomic
def merge(
    *, winner: Customer, loser: Customer, fields: Collection[str] | None = None, by: User | None, now: dt.datetime
) -> Merge:
    """Puts the loser into the winner. `fields`: columns in which the loser's value will stand; None: as suggested.

    Raises MergeError where one of them is merged, archived or erased already, or both are the same.
    """
    winner, loser = _locked(winner, loser)
    taken = suggested(winner, loser) if fields is None else set(fields) & set(COLUMNS)
    before = _state(winner)
    refused = joint_consent.refused_by(winner, loser)
    _take(winner, loser, taken, on=Installation.get().day_of(now))
    after = _state(winner)
    changed = {name for name in before if before[name] != after[name]}
    done = Merge.objects.create(
        winner=winner,
        loser=loser,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | {"refused": refused},
        at=now,
        by=by,
    )
    rows = moving.hand_over(done)
    _close_pairs(done, by=by, now=now)
    Customer.objects.filter(pk=loser.pk).update(merged_into=winner, archived_at=now)
    joint_consent.refuse(done, refused, by=by, now=now)
    _announce(done, "customer.merge", by, rows=rows, columns=sorted(changed), refused=len(refused))
    return done


def merge_pairs(pairs: Iterable[Duplicate], *, by: User, now: dt.datetime) -> tuple[int, int]:
    """Merges each pair as proposed, one transaction a pair: how many, and how many could not be.

    Of a pair one of whom was merged meanwhile, the one that stands is taken: three of a kind become one.
    """
    done = skipped = 0
    for pair in pairs:
        both = [_standing(pair.first_id), _standing(pair.second_id)]
        try:
            winner, loser = fuller(*both)
            merge(winner=winner, loser=loser, by=by, now=now)
            done += 1
        except MergeError:
            skipped += 1
    return done, skipped


def _standing(pk: int) -> Customer:
    customer = Customer.objects.select_related("merged_into").get(pk=pk)
    return customer.merged_into or customer


def _locked(*customers: Customer) -> list[Customer]:
    """The customers as they stand, locked; MergeError where they can't be one."""
    found = Customer.objects.select_for_update().order_by("pk").in_bulk([one.pk for one in customers])
    if len(found) < len(customers):
        raise MergeError(_("These are not two customers."))
    for one in found.values():
        if one.merged_into_id:
            words = _("%(code)s has been merged into %(other)s. Take that one.")
            raise MergeError(words % {"code": one.code, "other": one.merged_into.code})
        if one.archived_at or one.erased_at:
            raise MergeError(_("%(code)s is archived or erased and can't be merged.") % {"code": one.code})
    return [found[one.pk] for one in customers]


def _state(customer: Customer) -> dict[str, Any]:
    """The columns a merge may change, as plain values by column name; the dated changes as a list."""
    fields = [customer._meta.get_field(name) for name in (*COLUMNS, *UNITED)]
    values = {field.attname: getattr(customer, field.attname) for field in fields}
    plain = {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}
    rows = DimensionChange.objects.filter(customer=customer).order_by("id")
    dated = [[one.pk, one.dimension, one.since and one.since.isoformat(), one.value, one.imported_id] for one in rows]
    return {**plain, DATED: dated}


def _take(winner: Customer, loser: Customer, taken: Collection[str], *, on: dt.date) -> None:
    for name in taken:
        if name in editing.DIMENSIONS:
            editing.remember(winner, name, getattr(winner, name), getattr(loser, name), on=on)
        attname = winner._meta.get_field(name).attname
        setattr(winner, attname, getattr(loser, attname))
    if winner.parent_id == loser.pk:  # the head office is put into its branch: what was above it is above both
        winner.parent_id = loser.parent_id
    if winner.parent_id == winner.pk:
        winner.parent_id = None
    winner.tags = list(dict.fromkeys([*winner.tags, *loser.tags]))
    winner.attributes = {**loser.attributes, **winner.attributes}
    winner.version += 1
    winner.save()


def _close_pairs(merge: Merge, *, by: User | None, now: dt.datetime) -> None:
    """The pair is merged; what was rejected for the loser is rejected for the winner; his other pairs are gone."""
    decided = {"decided_at": now, "decided_by": by}
    for pair in Duplicate.objects.filter(Q(first=merge.loser) | Q(second=merge.loser)).order_by("id"):
        other = pair.second_id if pair.first_id == merge.loser_id else pair.first_id
        if other == merge.winner_id:
            _decide(merge, pair, state=Duplicate.State.MERGED, **decided)
        elif pair.state == Duplicate.State.REJECTED:
            _reject_too(merge, pair, other)
        elif pair.state == Duplicate.State.OPEN:
            _decide(merge, pair, state=Duplicate.State.GONE)


def _decide(merge: Merge, pair: Duplicate, **changes: Any) -> None:
    before = {"state": pair.state, "decided_at": pair.decided_at and pair.decided_at.isoformat()}
    moving.set_aside(merge, pair, before | {"decided_by_id": pair.decided_by_id, "now": str(changes["state"])})
    Duplicate.objects.filter(pk=pair.pk).update(**changes)


def _reject_too(merge: Merge, rejected: Duplicate, other: int) -> None:
    first, second = sorted((merge.winner_id, other))
    decided = {"decided_at": rejected.decided_at, "decided_by": rejected.decided_by}
    pair = Duplicate.objects.filter(first=first, second=second).first()
    if pair is None:
        said = {"score": rejected.score, "reasons": rejected.reasons, "found_at": rejected.found_at, **decided}
        pair = Duplicate.objects.create(first_id=first, second_id=second, state=Duplicate.State.REJECTED, **said)
        moving.set_aside(merge, pair, {})
    elif pair.state in (Duplicate.State.OPEN, Duplicate.State.GONE):
        _decide(merge, pair, state=Duplicate.State.REJECTED, **decided)


def _announce(done: Merge, action: str, by: User | None, **detail: Any) -> None:
    changed = [done.loser_id, *moving.holders(done)]
    searching.refresh(changed)
    Touched.objects.bulk_create([Touched(customer_id=one) for one in changed])
    audit.record(action, by=by, on=done.winner, merge=done.pk, loser=done.loser_id, **detail)
    codes = {"customer_id": done.winner.code, "merged": done.loser.code}
    webhooks.emit("customer.merged", codes | {"is_undone": action != "customer.merge"})


@transaction.atomic
def undo(*, merge: Merge, by: User | None, now: dt.datetime) -> Undone:
    """Makes two customers of one again. Rows that came to the winner since stay with him. MergeError if undone."""
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        raise MergeError(_("This merge has been undone already."))
    both = Customer.objects.select_for_update().order_by("pk").in_bulk([merge.winner_id, merge.loser_id])
    if any(one.erased_at for one in both.values()):
        raise MergeError(_("The customer was erased: the merge stays as it is."))
    kept_rows = moving.give_back(merge)
    _open_pairs(merge)
    kept = _restore(merge, both[merge.winner_id])
    Customer.objects.filter(pk=merge.loser_id).update(merged_into=None, archived_at=None)
    Merge.objects.filter(pk=merge.pk).update(undone_at=now, undone_by=by)
    joint_consent.free(merge, [tuple(one) for one in merge.after.get("refused", [])], by=by, now=now)
    _announce(merge, "customer.unmerge", by, kept_rows=kept_rows, kept_columns=kept)
    return Undone(kept, kept_rows)


def _open_pairs(merge: Merge) -> None:
    """The pairs as they were, where nobody decided otherwise since."""
    for move in MergeMove.objects.filter(merge=merge, model=PAIR, field="").order_by("-id"):
        pair, before = Duplicate.objects.filter(pk=move.row_id), dict(move.before)
        if not before:
            pair.filter(state=Duplicate.State.REJECTED).delete()
        else:
            pair.filter(state=before.pop("now")).update(**before)


def _restore(merge: Merge, winner: Customer) -> list[str]:
    """The winner's columns as before; those that somebody, or a later merge, changed since stay and are named."""
    now, kept = _state(winner), []
    later = Merge.objects.filter(winner=winner, undone_at=None, pk__gt=merge.pk).order_by("pk")
    for name, before in merge.before.items():
        covered = next((one for one in later if name in one.before), None)
        if covered is not None and covered.before[name] == merge.after[name]:
            covered.before[name] = before  # the later merge, undone, gives back what stood before this one
            covered.save(update_fields=["before"])
            kept.append(name)
        elif _is_same(name, now[name], merge.after[name]):
            _put(winner, name, before)
        else:
            kept.append(name)
    winner.version += 1
    winner.save()
    return sorted(kept)


def _is_same(name: str, now: Any, after: Any) -> bool:
    """Unchanged since; a head office that was merged meanwhile is the one it was put into."""
    if name != "parent_id" or after is None:
        return now == after
    return now == Customer.objects.values_list(Coalesce("merged_into", "pk"), flat=True).get(pk=after)


def _put(winner: Customer, name: str, value: Any) -> None:
    if name != DATED:
        field = winner._meta.get_field(name)
        setattr(winner, name, value if field.is_relation else field.to_python(value))
        return
    rows = DimensionChange.objects.filter(customer=winner)
    rows.exclude(pk__in=[row[0] for row in value]).delete()
    for pk, dimension, since, text, imported in value:
        said = {"dimension": dimension, "since": since, "value": text, "imported_id": imported}
        DimensionChange.objects.update_or_create(pk=pk, defaults={"customer": winner, **said})
