"""The list of pairs that may be one customer: filters and pages by keyset (score, then the oldest first)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from .matching import REASONS
from .models import Duplicate, Merge

ROWS = 50
LEVELS = ("85", "70")
CURSOR = re.compile(r"(\d{1,3})~(\d{1,18})", re.ASCII)
DECISIONS = ("open", "rejected", "merged")


@dataclass(frozen=True)
class Wanted:
    """What a person asked the list for; unknown values fall back to everything."""

    state: str = "open"
    reason: str = ""
    at_least: str = ""
    owner: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Wanted":
        state, reason, level, owner = (params.get(name, "") for name in ("state", "reason", "at_least", "owner"))
        return cls(
            state if state in DECISIONS else "open",
            reason if reason in REASONS else "",
            level if level in LEVELS else "",
            owner if owner.isascii() and owner.isdigit() and len(owner) < 19 else "",
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.reason or self.at_least or self.owner)

    def address(self, **changes: str) -> str:
        """The list's address with something changed."""
        values = {**self.__dict__, **changes}
        if values["state"] == "open":
            del values["state"]
        return "?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class Page:
    """One page of pairs (or of merges) and the ways to those beside it."""

    rows: list
    count: int
    prev_url: str = ""
    next_url: str = ""


def matching(wanted: Wanted) -> QuerySet[Duplicate]:
    """The pairs that fit, unordered."""
    found = Duplicate.objects.filter(state=wanted.state)
    if wanted.reason:
        found = found.filter(reasons__contains=[wanted.reason])
    if wanted.at_least:
        found = found.filter(score__gte=int(wanted.at_least))
    if wanted.owner:
        found = found.filter(Q(first__owner=wanted.owner) | Q(second__owner=wanted.owner))
    return found


def page(wanted: Wanted, *, after: str = "", before: str = "") -> Page:
    """The pairs after (before) a cursor `score~id`; the first where it is none."""
    found = matching(wanted).select_related("first__owner", "second__owner", "decided_by")
    cursor = CURSOR.fullmatch(before or after)
    is_back = bool(before and cursor)
    part = found
    if cursor:
        score, pk = int(cursor[1]), int(cursor[2])
        same = Q(score=score, pk__lt=pk) if is_back else Q(score=score, pk__gt=pk)
        part = found.filter(same | (Q(score__gt=score) if is_back else Q(score__lt=score)))
    rows = list(part.order_by(*(("score", "-id") if is_back else ("-score", "id")))[: ROWS + 1])
    if cursor and not rows:
        return page(wanted)  # nothing stands there any more: begin again
    has_more, rows = len(rows) > ROWS, rows[:ROWS]
    if is_back:
        rows.reverse()
    has_prev, has_next = (has_more, True) if is_back else (bool(cursor), has_more)
    return Page(
        rows,
        found.order_by().count(),
        prev_url=wanted.address(before=_cursor(rows[0])) if has_prev and rows else "",
        next_url=wanted.address(after=_cursor(rows[-1])) if has_next and rows else "",
    )


def _cursor(pair: Duplicate) -> str:
    return f"{pair.score}~{pair.pk}"


def merges(*, after: str = "") -> Page:
    """Merges that stand, the last first."""
    found = Merge.objects.filter(undone_at=None).select_related("loser", "loser__merged_into", "by")
    part = found.filter(pk__lt=int(after)) if after.isascii() and after.isdigit() and len(after) < 19 else found
    rows = list(part.order_by("-pk")[: ROWS + 1])
    more = Wanted(state="merged").address(after=str(rows[ROWS - 1].pk)) if len(rows) > ROWS else ""
    return Page(rows[:ROWS], found.count(), next_url=more)
