"""The list of campaigns: found by name, filtered, sorted, by keyset; each with its counts and its result."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from segments.models import Segment

from . import keyset, playbooks, results, uplift
from .models import Campaign, Delivery

ROWS = 20
State = Delivery.State
HEADER = [
    "campaign_id", "name", "state", "kind", "trigger", "playbook", "segment", "made_by", "planned_for", "launched_at",
    "audience", "accepted", "failed", "unknown", "held_out",
]  # fmt: skip
# Order → its words, and what it compares; newest first is no order of its own.
ORDERS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "new": (_("Newest first"), ("-pk",)),
    "name": (_("Name"), ("folded", "pk")),
    "start": (_("When it is sent"), ("-starts", "-pk")),
}


@dataclass(frozen=True)
class Wanted:
    """What a person asked the list for; unknown values fall back to everything."""

    q: str = ""
    state: str = ""
    kind: str = ""
    trigger: str = ""
    segment: str = ""
    by: str = ""
    sort: str = "new"

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Wanted":
        given = {name: params.get(name, "").strip()[:120].replace("\0", "") for name in cls.__dataclass_fields__}
        known = {
            "state": Campaign.State.values,
            "kind": Campaign.MessageClass.values,
            "trigger": Campaign.Trigger.values,
            "sort": ORDERS,
        }
        for name, values in known.items():
            given[name] = given[name] if given[name] in values else str(cls.__dataclass_fields__[name].default)
        given["by"] = given["by"] if given["by"].isascii() and given["by"].isdigit() and len(given["by"]) < 19 else ""
        return cls(**given)

    @property
    def is_filtered(self) -> bool:
        return any(value for name, value in asdict(self).items() if name != "sort")

    def address(self, **changes: str) -> str:
        kept = {name: value for name, value in (asdict(self) | changes).items() if value}
        if kept.get("sort") == "new":
            del kept["sort"]
        return f"?{urlencode(kept)}"


@dataclass
class Row:
    """A campaign and what became of its customers."""

    campaign: Campaign
    counts: dict[str, int] = field(default_factory=dict)
    judgement: uplift.Judgement | None = None  # only once its window is over

    @property
    def playbook(self) -> str:
        return playbooks.label(self.campaign.playbook)

    @property
    def matched(self) -> int:
        """Customers in the ledger; before that, in the segment."""
        return sum(self.counts.values()) if self.counts else self.campaign.segment.member_count

    @property
    def accepted(self) -> int:
        return self.counts.get(State.ACCEPTED, 0)

    @property
    def held_out(self) -> int:
        return self.counts.get(State.HELD_OUT, 0)


@dataclass
class Page:
    """One page of the list, and the ways to those beside it (empty at the ends)."""

    rows: list[Row]
    count: int
    wanted: Wanted
    prev_url: str = ""
    next_url: str = ""
    is_capped: bool = False


def page(params: Mapping[str, str], *, now: dt.datetime) -> Page:
    """The page the parameters ask for."""
    wanted = Wanted.read(params)
    asked = {**params, **{name: value for name, value in asdict(wanted).items() if name != "sort" or value != "new"}}
    if wanted.sort == "new":
        asked.pop("sort", None)
    found = keyset.page(matching(wanted), asked, by=ORDERS[wanted.sort][1], size=ROWS, of=_all())
    return Page(_rows(found.rows, now), found.count, wanted, found.prev_url, found.next_url, found.is_capped)


def matching(wanted: Wanted) -> QuerySet[Campaign]:
    rules = {
        "name__icontains": wanted.q,
        "state": wanted.state,
        "message_class": wanted.kind,
        "trigger": wanted.trigger,
        "segment__slug": wanted.segment,
        "created_by": wanted.by,
    }
    return _all().filter(**{name: value for name, value in rules.items() if value}).select_related("segment")


def _all() -> QuerySet[Campaign]:
    """With what the list may be sorted by: the name without case, and when it goes or went out."""
    return Campaign.objects.annotate(folded=Lower("name"), starts=Coalesce("launched_at", "scheduled_at", "created_at"))


def choices() -> dict[str, list]:
    """What the filters offer: the segments and the people of campaigns there are."""
    return {
        "segments": list(Segment.objects.filter(campaigns__isnull=False).distinct().order_by("name")),
        "people": list(User.objects.filter(pk__in=Campaign.objects.values("created_by")).order_by("name")),
    }


def lines(wanted: Wanted, now: dt.datetime) -> Iterator[list]:
    """Every campaign wanted, under HEADER."""
    found = matching(wanted).select_related("segment", "created_by").order_by(*ORDERS[wanted.sort][1])
    for row in _rows(list(found), now, with_results=False):
        one = row.campaign
        what = [one.pk, one.name, one.state, one.message_class, one.trigger, one.playbook, str(one.segment)]
        when = [one.created_by.name, one.scheduled_at, one.launched_at]
        counts = [row.matched, *(row.counts.get(state, 0) for state in ("accepted", "failed", "unknown", "held_out"))]
        yield [*what, *when, *counts]


def _rows(campaigns: list[Campaign], now: dt.datetime, *, with_results: bool = True) -> list[Row]:
    rows = {campaign.pk: Row(campaign) for campaign in campaigns}
    ledger = Delivery.objects.filter(campaign__in=campaigns, step__position=1)
    for line in ledger.values("campaign", "state").annotate(count=Count("pk")).order_by():
        rows[line["campaign"]].counts[line["state"]] = line["count"]
    judged = results.judgements(campaigns, now=now) if with_results else {}
    for pk, judgement in judged.items():
        rows[pk].judgement = judgement if judgement.verdict != uplift.Verdict.RUNNING else None
    return list(rows.values())


# --- what a segment has received lately ---------------------------------------------------------------------


@dataclass(frozen=True)
class Received:
    """A campaign to a segment, and how many of its present members it reached lately."""

    campaign: Campaign
    people: int
    last_at: dt.datetime | None


def received(segment: Segment, *, since: dt.datetime) -> list[Received]:
    """What the members of a segment were sent since then, by whichever campaign; most of them first."""
    members = segment.memberships.filter(left_on=None).values("customer")
    sent = Delivery.objects.filter(state=State.ACCEPTED, settled_at__gte=since, customer__in=members)
    found = sent.values("campaign").annotate(people=Count("customer", distinct=True), last=Max("settled_at"))
    rows = list(found.order_by("-people", "-campaign")[:ROWS])
    campaigns = Campaign.objects.in_bulk([row["campaign"] for row in rows])
    return [Received(campaigns[row["campaign"]], row["people"], row["last"]) for row in rows]
