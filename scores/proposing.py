"""What the settings could be, judged by the company's own purchases."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from common import sql
from scores import spells


@dataclass(frozen=True)
class Threshold:
    """A number of quiet days: how many times somebody would have been lost, and how many of these came back."""

    days: int
    lost: int
    came_back: int


@dataclass(frozen=True)
class Proposal:
    """`proposed` is None where nobody bought on two days yet. `gaps` is what it rests on."""

    proposed: Threshold | None
    present: Threshold
    gaps: int


@transaction.atomic
def inactivity(*, as_of: dt.date, present: int) -> Proposal:
    """Nearest-rank 95th percentile of the days between a customer's purchase days, up to `as_of`."""
    spells.build_purchases(as_of=as_of)
    row = sql.rows("scores/sql/inactivity_proposal.sql", {"as_of": as_of, "present": present})[0]
    proposed = (
        Threshold(row["proposed"], row["proposed_lost"], row["proposed_back"]) if row["proposed"] is not None else None
    )
    return Proposal(proposed, Threshold(present, row["present_lost"], row["present_back"]), row["gaps"])
