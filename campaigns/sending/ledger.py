"""What one sender holds of the ledger: taken under one token, which every later write must show."""

import datetime as dt
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings

from accounts.models import Installation
from campaigns import replies, windows
from campaigns.models import Delivery, DomainPause
from common import sql

from .fleets import Turn
from .statements import together

State = Delivery.State
BATCH = 200
STRIKES = 5  # refusals by policy at a domain that takes other messages, until it counts as refusing us
EVENTS: dict[str, str] = {State.FAILED: "failed", State.UNKNOWN: "unknown"}

Row = dict[str, Any]


class Claim:
    """The rows of one way that one run of a sender has taken."""

    def __init__(self, way: str, *, is_keyed: bool, now: dt.datetime):
        self.way, self.is_keyed, self.now = way, is_keyed, now
        self.token = str(uuid.uuid4())
        self._rules = windows.Rules.load(Installation.get())
        self._kept_at = time.monotonic()

    def take(self, most: int = BATCH) -> list[Row]:
        """What is due, of the most urgent campaigns first, with all that its words need."""
        if Installation.get().sending_stopped:  # someone may have stopped it since the last time
            return []
        promoted: set[int] = set()
        taken: list[int] = []
        due = self._due()
        for campaign in due:
            if len(taken) >= most:
                break
            ids = self._take_of(campaign["campaign_id"], most - len(taken))
            taken += ids
            promoted |= set(ids) if campaign["is_promotion"] else set()
        rows = sql.rows("campaigns/sql/recipients.sql", {"deliveries": taken}) if taken else []
        urgency = {campaign["campaign_id"]: place for place, campaign in enumerate(due)}
        rows.sort(key=lambda row: urgency[row["campaign_id"]])
        return self._without_quiet(rows, promoted)

    def _due(self) -> list[Row]:
        due = sql.rows("campaigns/sql/due.sql", {"now": self.now})
        return [campaign for campaign in due if campaign["channel"] == self.way]

    def _take_of(self, campaign_id: int, most: int) -> list[int]:
        paused = DomainPause.objects.filter(campaign=campaign_id, lifted_at=None).values_list("domain", flat=True)
        wanted = {
            "campaign": campaign_id,
            "channel": self.way,
            "is_keyed": self.is_keyed,
            "paused": list(paused),
            "now": self.now,
            "most": most,
            "token": self.token,
            "lease": settings.SEND_LEASE_SECONDS,
        }
        return [row["id"] for row in together("campaigns/sql/claim.sql", wanted)]

    def _without_quiet(self, rows: list[Row], promoted: set[int]) -> list[Row]:
        """Promotions wait where it is night, or a day of rest."""
        zones = {row["time_zone"] for row in rows if row["id"] in promoted}
        opens = {zone: windows.opens_at(self.now, zone, self._rules) for zone in zones}
        closed = {zone: moment for zone, moment in opens.items() if moment > self.now}
        quiet = [row for row in rows if row["id"] in promoted and row["time_zone"] in closed]
        if not quiet:
            return rows
        moments = [closed[row["time_zone"]] for row in quiet]
        words = {"ids": [row["id"] for row in quiet], "opens": moments, "token": self.token}
        sql.run("campaigns/sql/put_off.sql", words)
        return [row for row in rows if row not in quiet]

    def keep(self) -> None:
        """A slow server must not cost us the rest of what was taken."""
        if time.monotonic() - self._kept_at > settings.SEND_LEASE_SECONDS / 3:
            sql.run("campaigns/sql/renew.sql", {"token": self.token, "lease": settings.SEND_LEASE_SECONDS})
            self._kept_at = time.monotonic()

    def mark(self, offered: Sequence[Turn], accepted: Sequence[Turn]) -> set[int]:
        """The commit before anything is handed over; it carries what was accepted before. The ids that may go."""
        wanted = {
            "settled": [turn.row["id"] for turn in accepted],
            "replies": [turn.accepted.words[:300] for turn in accepted if turn.accepted],
            "provider_ids": [turn.accepted.provider_id[:200] for turn in accepted if turn.accepted],
            "ids": [turn.row["id"] for turn in offered],
            "token": self.token,
            "lease": settings.SEND_DATA_LEASE_SECONDS,
            "now": self.now,
        }
        marked = together("campaigns/sql/mark.sql", wanted)
        return {row["id"] for row in marked if row["state"] == State.SENDING}

    def settle(self, row: Row, outcome: replies.Outcome, words: str) -> None:
        is_later = outcome.state == State.DEFERRED
        changes = {
            "id": row["id"],
            "token": self.token,
            "state": str(outcome.state),
            "reason": outcome.reason,
            "reply": words[:300],
            "due_at": replies.again_at(row["attempts"], self.now) if is_later else None,
            "event": EVENTS.get(outcome.state, ""),
        }
        sql.run("campaigns/sql/settle.sql", changes)

    def give_back(self) -> int:
        """What was not begun with. How many rows."""
        return sql.run("campaigns/sql/release.sql", {"token": self.token})


def takes_others(campaign_id: int, domain: str) -> bool:
    """Whether a mail domain took other messages of the campaign, and refused fewer than STRIKES of them by policy."""
    there = Delivery.objects.filter(campaign_id=campaign_id, address__endswith=f"@{domain}")
    if not there.filter(state=State.ACCEPTED).exists():
        return False
    return there.filter(state=State.DEFERRED, reason="policy").count() < STRIKES


def reap(*, now: dt.datetime, keyed: Iterable[str]) -> None:
    """Frees what dead senders held."""
    words = {"now": now, "keyed": list(keyed), "remembers": replies.REMEMBERED.total_seconds() / 3600}
    sql.run("campaigns/sql/reap.sql", words)
