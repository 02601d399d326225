"""The list of campaigns, newest first, by keyset; each with its counts from the ledger and its result."""

import datetime as dt
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count

from . import playbooks, results, uplift
from .models import Campaign, Delivery

ROWS = 20
State = Delivery.State


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
    state: str
    prev_url: str = ""
    next_url: str = ""


def page(*, state: str, before: int | None, after: int | None, now: dt.datetime) -> Page:
    """The campaigns below id `before`, or those above id `after`, else the newest; `state` empty: all."""
    state = state if state in Campaign.State else ""
    found = Campaign.objects.filter(state=state) if state else Campaign.objects.all()
    campaigns, is_more = _slice(found.select_related("segment"), before, after)
    is_first = before is None if after is None else not is_more
    is_last = not is_more if after is None else False
    return Page(
        _rows(campaigns, now),
        found.count(),
        state,
        prev_url="" if is_first or not campaigns else _url(state, after=campaigns[0].pk),
        next_url="" if is_last or not campaigns else _url(state, before=campaigns[-1].pk),
    )


def _slice(found, before: int | None, after: int | None) -> tuple[list[Campaign], bool]:
    """One page, newest first, and whether there are more in the direction gone."""
    if after is not None:
        some = list(found.filter(pk__gt=after).order_by("pk")[: ROWS + 1])
        return some[:ROWS][::-1], len(some) > ROWS
    if before is not None:
        found = found.filter(pk__lt=before)
    some = list(found.order_by("-pk")[: ROWS + 1])
    return some[:ROWS], len(some) > ROWS


def _url(state: str, **cursor: int) -> str:
    return "?" + urlencode({**({"state": state} if state else {}), **cursor})


def _rows(campaigns: list[Campaign], now: dt.datetime) -> list[Row]:
    rows = {campaign.pk: Row(campaign) for campaign in campaigns}
    ledger = Delivery.objects.filter(campaign__in=campaigns, step__position=1)
    for line in ledger.values("campaign", "state").annotate(count=Count("pk")).order_by():
        rows[line["campaign"]].counts[line["state"]] = line["count"]
    for pk, judgement in results.judgements(campaigns, now=now).items():
        rows[pk].judgement = judgement if judgement.verdict != uplift.Verdict.RUNNING else None
    return list(rows.values())
