"""The lines of a frozen segment: who they are, which are in doubt, which are nobody."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.crm import day
from customers.models import Customer

from .models import FrozenLine, FrozenList, Segment

DOUBTS = 50
MISSING_SHOWN = 100

_IN_DOUBT = Q(customer=None) & ~Q(candidates=[])
_NOBODY = Q(customer=None, candidates=[])


@dataclass(frozen=True)
class Doubt:
    """A line that may be one of several customers."""

    line: FrozenLine
    candidates: list[Customer]


@dataclass(frozen=True)
class Outcome:
    """What became of the lines of a list. `customers` ≤ `matched`: two lines may be one customer."""

    lines: int
    matched: int
    customers: int
    doubtful: int
    missing: int


def members(segment: Segment) -> QuerySet[Customer]:
    """The customers of a frozen segment that stand today: who was merged is the one he was merged into."""
    lines = FrozenLine.objects.filter(frozen_list__segment=segment, customer__isnull=False)
    standing = lines.values_list(Coalesce("customer__merged_into", "customer"))
    return Customer.objects.current().filter(pk__in=standing)


def with_lines() -> QuerySet[Segment]:
    """Frozen segments that know what they were made from."""
    return Segment.objects.filter(Exists(FrozenList.objects.filter(segment=OuterRef("pk"))), is_frozen=True)


def outcome(made: FrozenList) -> Outcome:
    counts = made.lines.aggregate(
        matched=Count("pk", filter=Q(customer__isnull=False)),
        customers=Count("customer", distinct=True),
        doubtful=Count("pk", filter=_IN_DOUBT),
        missing=Count("pk", filter=_NOBODY),
    )
    return Outcome(made.line_count, **counts)


def doubts(made: FrozenList, *, after: int = 0) -> tuple[list[Doubt], int | None]:
    """Some lines in doubt after that line, and the line after which more follow (None: no more)."""
    lines = list(made.lines.filter(_IN_DOUBT, nth__gt=after).order_by("nth")[: DOUBTS + 1])
    more = lines[DOUBTS - 1].nth if len(lines) > DOUBTS else None
    lines = lines[:DOUBTS]
    ids = {one for line in lines for one in line.candidates}
    known = Customer.objects.current().select_related("owner").in_bulk(ids)
    return [Doubt(line, [known[one] for one in line.candidates if one in known]) for line in lines], more


def missing(made: FrozenList) -> QuerySet[FrozenLine]:
    """The lines that are nobody, in order."""
    return made.lines.filter(_NOBODY).order_by("nth")


def missing_rows(made: FrozenList) -> Iterator[tuple[int, str]]:
    """Line and text, for the file to take along."""
    return missing(made).values_list("nth", "text").iterator(chunk_size=5000)


def words(segment: Segment) -> str:
    """Where the list came from, by whom and when."""
    made = FrozenList.objects.filter(segment=segment).select_related("made_by").first()
    if made is None:
        return _("A fixed list of customers.")
    lines = ngettext("%(count)s line", "%(count)s lines", made.line_count) % {"count": f"{made.line_count:,}"}
    source = {
        FrozenList.Source.PASTED: _("pasted lines"),
        FrozenList.Source.FILE: _("the file “%(name)s”") % {"name": made.file_name},
        FrozenList.Source.COPY: _("the members of “%(name)s” on that day") % {"name": made.copied_from},
    }[FrozenList.Source(made.source)]
    return _("A fixed list of customers, made on %(day)s by %(who)s from %(source)s (%(lines)s).") % {
        "day": day(made.made_at),
        "who": made.made_by or _("the system"),
        "source": source,
        "lines": lines,
    }
