"""Segments made by people: made, changed, copied, deleted (and taken back), with who uses them said before."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import PROTECT
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, Role, User

from . import contradictions, rules
from .models import Segment
from .rules import RuleError

LONGEST_SLUG = 50
RESERVED = {"new", "builder", "customers", "rfm", "frozen", "touch"}  # addresses of pages


class SegmentError(Exception):
    """What was asked may not be done with a segment; the message says why, for people."""


class ChangedMeanwhileError(SegmentError):
    """Somebody else saved the segment in between."""


@dataclass(frozen=True)
class Use:
    """Something that works with a segment."""

    what: str
    name: str

    def __str__(self) -> str:
        return f"{self.what}: {self.name}"


def uses(segment: Segment) -> list[Use]:
    """Other segments whose rule names it, and everything that points to it and would be lost without it."""
    found = [Use(_("Segment"), str(one)) for one in builders_on(segment)]
    for relation in Segment._meta.related_objects:
        if getattr(relation, "on_delete", None) is PROTECT:
            model = relation.related_model
            rows = model._base_manager.filter(**{relation.field.name: segment})
            # The word of an app above: its own catalogue has it.
            word = _(str(model._meta.verbose_name).capitalize())
            found += [Use(word, str(row)) for row in rows[:50]]
    return found


def builders_on(segment: Segment) -> list[Segment]:
    """Segments whose rule names this one."""
    return [one for one in Segment.objects.exclude(pk=segment.pk) if segment.slug in _named_in(one.rule)]


def _named_in(rule: Any) -> set[str]:
    try:
        return rules.segments_named(rules.parse(rule))
    except RuleError:
        return set()


def may_change(user: User, segment: Segment) -> bool:
    """Its maker and leaders; ready-made ones and lists of people are not changed by a rule."""
    if segment.is_ready_made or segment.is_frozen:
        return False
    return user.role in {Role.MANAGER, Role.ADMIN} or segment.created_by_id == user.pk


# --- a rule, whole -----------------------------------------------------------------------------------


def check(rule: Any, *, as_of: dt.date, segment: Segment | None = None) -> rules.Rule:
    """Reads a rule and holds it against what there is. Raises RuleError: unreadable, impossible, gone, circular."""
    parsed = rules.parse(rule)
    contradictions.refuse(parsed, as_of=as_of)
    for leaf in parsed.conditions():
        refuse_gone(leaf)
    if segment is not None and segment.pk:
        with rules.inside(segment):
            parsed.q(as_of)
    else:
        parsed.q(as_of)
    return parsed


def refuse_gone(leaf: rules.Leaf) -> None:
    """Staff, teams and segments that are no longer there."""
    if isinstance(leaf, rules.Condition) and leaf.field.options:
        offered = leaf.field.offered()
        gone = [str(one) for one in leaf.value or [] if one not in offered] if isinstance(leaf.value, list) else []
        if gone:
            words = {"field": leaf.field.label, "value": gone[0]}
            raise RuleError(_("“%(field)s”: “%(value)s” is gone: choose another.") % words)
    elif isinstance(leaf, rules.Happened):
        for slug in leaf.narrowed.get("segment", []):
            rules.named(slug)


# --- acts ----------------------------------------------------------------------------------------------


@transaction.atomic
def create(*, name: str, description: str, rule: Any, time_limit: int, by: User, now: dt.datetime) -> Segment:
    """A new segment by a rule. Raises RuleError."""
    check(rule, as_of=_day(now))
    segment = Segment.objects.create(
        slug=free_slug(name),
        name=name,
        description=description,
        rule=rule,
        time_limit=time_limit,
        created_by=by,
        changed_at=now,
    )
    audit.record("segment.create", by=by, on=segment, conditions=len(rules.parse(rule).conditions()))
    return segment


@transaction.atomic
def change(
    *,
    segment: Segment,
    name: str,
    description: str,
    rule: Any,
    time_limit: int,
    version: int,
    by: User,
    now: dt.datetime,
) -> Segment:
    """Writes what a person changed. Raises RuleError, SegmentError; ChangedMeanwhileError where `version` is old."""
    segment = Segment.objects.select_for_update().get(pk=segment.pk)
    if not may_change(by, segment):
        raise SegmentError(_("Only its maker, managers and admins can change this segment."))
    if segment.version != version:
        raise ChangedMeanwhileError(_("Somebody else changed this segment in between."))
    check(rule, as_of=_day(now), segment=segment)
    is_new_rule = segment.rule != rule
    segment.name, segment.description, segment.time_limit = name, description, time_limit
    if is_new_rule:
        segment.rule, segment.state, segment.error = rule, Segment.State.NEVER, ""
    segment.version, segment.changed_at = version + 1, now
    segment.save()
    audit.record("segment.change", by=by, on=segment, rule=is_new_rule)
    return segment


@transaction.atomic
def archive(*, segment: Segment, by: User, now: dt.datetime) -> None:
    """Deletes it, for as long as nobody takes it back. Raises SegmentError naming who uses it."""
    segment = Segment.objects.select_for_update().get(pk=segment.pk)
    if not may_delete(by, segment):
        raise SegmentError(_("Only its maker, managers and admins can delete this segment."))
    if used := uses(segment):
        names = ", ".join(str(one) for one in used[:5])
        raise SegmentError(_("This segment is in use and cannot be deleted. Used by: %(names)s.") % {"names": names})
    segment.archived_at = now
    segment.save(update_fields=["archived_at"])
    audit.record("segment.delete", by=by, on=segment)


def may_delete(user: User, segment: Segment) -> bool:
    """As changing, but frozen lists too."""
    is_leader = user.role in {Role.MANAGER, Role.ADMIN}
    return not segment.is_ready_made and (is_leader or segment.created_by_id == user.pk)


@transaction.atomic
def restore(*, segment: Segment, by: User) -> Segment:
    """Takes a deletion back; its members are computed anew. Raises SegmentError."""
    if not may_delete(by, segment):
        raise SegmentError(_("Only its maker, managers and admins can delete this segment."))
    if segment.archived_at is not None:
        segment.archived_at = None
        segment.state = segment.state if segment.is_frozen else Segment.State.NEVER
        segment.save(update_fields=["archived_at", "state"])
        audit.record("segment.restore", by=by, on=segment)
    return segment


def free_slug(name: str) -> str:
    """A name for addresses and files: from the letters of the name where it has any."""
    base = slugify(name)[:LONGEST_SLUG].strip("-_") or "segment"
    taken = set(Segment.everything.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def _day(now: dt.datetime) -> dt.date:
    return Installation.get().day_of(now)
