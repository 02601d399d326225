"""Messages that people carry: letters they post, calls they make.

They stand in the ledger like mails and pass the same gate (mark.sql: consent, suppression, budget, the campaign's
state). Then they wait in `sending` without a lease, under the token of their list, until somebody says what became
of them: no sender's death can put them in doubt.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Installation
from common import sql

from .channels.wording import Filled, Wording
from .models import Campaign, Delivery, Step
from .rendering import UnsendableError

State = Delivery.State
CHUNK = 500


@dataclass(frozen=True)
class Written:
    """One message with its words, and the row of recipients.sql it was written from."""

    row: dict[str, Any]
    words: Filled


@transaction.atomic
def hand_out(*, way: str, campaigns: Iterable[int], now: dt.datetime, most: int = 100_000) -> uuid.UUID | None:
    """Takes what is due onto a new list; its token. None where nothing was due, or nothing may go.

    Who can't be written to (an empty field) is suppressed with that reason.
    """
    if Installation.get().sending_stopped:
        return None
    token = uuid.uuid4()
    wanted = {"channel": str(way), "campaigns": list(campaigns), "now": now, "most": most, "token": token}
    claimed = sql.rows("campaigns/sql/hand_out.sql", wanted | {"lease": settings.SEND_LEASE_SECONDS})
    if not claimed:
        return None
    ids = [row["id"] for row in claimed]
    told: dict[str, Any] = {"settled": [], "replies": [], "provider_ids": [], "ids": ids, "token": token, "now": now}
    sql.run("campaigns/sql/mark.sql", told | {"lease": settings.SEND_DATA_LEASE_SECONDS})
    mine = Delivery.objects.filter(claim_token=token, state=State.SENDING)
    mine.update(lease_until=None)
    _leave_out_unwritable(list(mine.values_list("pk", flat=True)), now)
    return token if mine.exists() else None


def _leave_out_unwritable(ids: list[int], now: dt.datetime) -> None:
    faults: dict[str, list[int]] = {}
    for row, words in _written(ids):
        if isinstance(words, UnsendableError):
            faults.setdefault(words.reason, []).append(row["id"])
    for reason, those in faults.items():
        Delivery.objects.filter(pk__in=those).update(state=State.SUPPRESSED, reason=reason, settled_at=now)


def written(ids: Sequence[int]) -> Iterator[Written]:
    """The messages with their words, in the order of the ids; those that can't be written are left out."""
    for row, words in _written(ids):
        if isinstance(words, Filled):
            yield Written(row, words)


def _written(ids: Sequence[int]) -> Iterator[tuple[dict[str, Any], Filled | UnsendableError]]:
    installation = Installation.get()
    wordings: dict[tuple[int, str], Wording] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = {row["id"]: row for row in sql.rows("campaigns/sql/recipients.sql", {"deliveries": list(chunk)})}
        for row in (found[pk] for pk in chunk if pk in found):
            key = row["step_id"], row["variant"]
            if key not in wordings:
                step = Step.objects.select_related("campaign").get(pk=row["step_id"])
                wordings[key] = Wording(installation, step, row["variant"])
            yield row, _filled(wordings[key], row)


def _filled(wording: Wording, row: dict[str, Any]) -> Filled | UnsendableError:
    try:
        return wording.fill(row)
    except UnsendableError as error:
        return error


def hand_over(*, campaign: Campaign, way: str, token: uuid.UUID, at: dt.datetime, words: str, by: int) -> int:
    """The list was carried out. How many messages that settles; none a second time."""
    told = {"campaign": campaign.pk, "channel": str(way), "token": token, "at": at, "words": words, "by": by}
    return sql.run("campaigns/sql/hand_over.sql", told)


def take_back(*, campaign: Campaign, way: str, token: uuid.UUID) -> int:
    """The list will not be carried out: its messages wait again. How many."""
    mine = Delivery.objects.filter(campaign=campaign, channel=way, claim_token=token, state=State.SENDING)
    return mine.update(state=State.PENDING, claim_token=None, sending_at=None)
