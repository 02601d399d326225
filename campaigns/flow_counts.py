"""Where people are in a campaign: at each step, and the list behind each count."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from .journeys import REASONS
from .models import Campaign, Delivery, Journey

ROWS = 50
State = Delivery.State
OPEN = (State.PENDING, State.CLAIMED, State.SENDING, State.DEFERRED)


@dataclass(frozen=True)
class Place:
    """One position, over all editions and entries."""

    waiting: int = 0  # people whose next step this is
    outgoing: int = 0  # messages in the ledger that have not left yet
    sent: int = 0
    skipped: int = 0
    clicked: int = 0
    left: int = 0  # people who left early behind this step


def places(campaign: Campaign) -> dict[int, Place]:
    """Each position with its counts; only positions where anything is."""
    counts = Count("pk")
    on_the_way = campaign.journeys.filter(state=Journey.State.ACTIVE).values_list("position")
    left = campaign.journeys.filter(state=Journey.State.EXITED).values_list("position")
    waiting = {position + 1: count for position, count in on_the_way.annotate(counts).order_by()}
    gone = dict(left.annotate(counts).order_by())
    rows = {row["step__position"]: row for row in _ledger(campaign)}
    found = {}
    for position in {*waiting, *gone, *rows}:
        row = rows.get(position, {})
        kept = {name: row.get(name, 0) for name in ("outgoing", "sent", "skipped", "clicked")}
        found[position] = Place(waiting=waiting.get(position, 0), left=gone.get(position, 0), **kept)
    return found


def _ledger(campaign: Campaign):
    by_step = Delivery.objects.filter(campaign=campaign).values("step__position").order_by()
    return by_step.annotate(
        outgoing=Count("pk", filter=Q(state__in=OPEN)),
        sent=Count("pk", filter=Q(state=State.ACCEPTED)),
        skipped=Count("pk", filter=Q(state__in=[State.SUPPRESSED, State.EXPIRED, State.CANCELLED])),
        clicked=Count("pk", filter=Q(clicked_at__isnull=False)),
    )


def totals(campaign: Campaign) -> dict[str, int]:
    """People's ways through the campaign by state; all: how many entries."""
    found = dict(campaign.journeys.values_list("state").annotate(Count("pk")).order_by())
    return {state: found.get(state, 0) for state in Journey.State.values} | {"all": sum(found.values())}


def reasons(campaign: Campaign) -> list[tuple[str, str, int]]:
    """Why people left early: code, words, how many."""
    left = campaign.journeys.filter(state=Journey.State.EXITED).values_list("reason")
    counts = left.annotate(count=Count("pk")).order_by(F("count").desc(), "reason")
    return [(code, str(REASONS.get(code, code)), count) for code, count in counts]


@dataclass(frozen=True)
class Page:
    """Ways through a campaign, newest first, by keyset."""

    rows: list[Journey]
    count: int
    older: int | None  # id to page on below
    newer: int | None


def page(campaign: Campaign, *, state: str, position: int | None, before: int | None, after: int | None) -> Page:
    """Those with ids below `before`, or above `after`, else the newest."""
    found = _filtered(campaign, state, position)
    some = found.select_related("customer")
    if after is not None:
        rows = list(some.filter(pk__gt=after).order_by("pk")[: ROWS + 1])
        shown = rows[:ROWS][::-1]
        return _page(shown, found.count(), has_older=True, has_newer=len(rows) > ROWS)
    rows = list((some.filter(pk__lt=before) if before else some).order_by("-pk")[: ROWS + 1])
    return _page(rows[:ROWS], found.count(), has_older=len(rows) > ROWS, has_newer=before is not None)


def _filtered(campaign: Campaign, state: str, position: int | None) -> QuerySet[Journey]:
    found = campaign.journeys.all()
    if state in Journey.State:
        found = found.filter(state=state)
    return found if position is None else found.filter(position=position)


def _page(rows: list[Journey], count: int, *, has_older: bool, has_newer: bool) -> Page:
    older = rows[-1].pk if rows and has_older else None
    return Page(rows, count, older, rows[0].pk if rows and has_newer else None)
