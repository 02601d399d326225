"""The hands: claim → write → offer → mark → deliver → settle. Nothing lost, nothing twice (QUALITY §3).

The order is the guarantee. A row is marked `sending`, committed, after the server has accepted the recipient and
before the mail itself is handed over; everything that may forbid it is read again in that commit, which also settles
the mails before. So a sender killed at any moment leaves its rows claimed (they go back to the queue) and at most one
per connection in doubt, which is listed as `unknown` and never sent again by itself. No transaction is open while
SMTP talks.
"""

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Installation
from common import sql
from customers import consent
from customers.models import Channel as Way
from customers.models import Suppression

from . import compliance, replies, states
from .channels import Channel, ChannelError, Message, NotConfiguredError, Stage
from .channels.email import EmailChannel, server_of
from .letter import Letter
from .models import Campaign, Delivery, DomainPause, Step
from .rendering import UnsendableError

log = logging.getLogger(__name__)
State = Delivery.State
BATCH = 100
SLOTS = 0x6D61696C  # "mail": names the advisory locks of the senders
EVENTS: dict[str, str] = {State.ACCEPTED: "mail_accepted", State.FAILED: "mail_failed", State.UNKNOWN: "mail_unknown"}


def run(*, now: dt.datetime, seconds: float = 20, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Sends what is due for at most so many seconds; returns how many mails were handed over.

    Any number may run at once; `settings.SENDERS` of them work, the others return at once.
    """
    sql.run("campaigns/sql/reap.sql", {"now": now})
    sent = 0
    with _slot() as is_mine:
        if is_mine and _has_work(now):
            sent = _Sender(now=now, until=time.monotonic() + seconds, is_stopping=is_stopping).work()
    states.close_finished()
    return sent


@contextmanager
def _slot() -> Iterator[bool]:
    """One of the few places for senders; it goes with the connection, so a killed sender frees it."""
    taken = None
    with connection.cursor() as cursor:
        for number in range(settings.SENDERS):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SLOTS, number])
            if cursor.fetchone()[0]:
                taken = number
                break
    try:
        yield taken is not None
    finally:
        if taken is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SLOTS, taken])


def _has_work(now: dt.datetime) -> bool:
    if Installation.get().sending_stopped:
        return False
    due = Delivery.objects.filter(state__in=[State.PENDING, State.DEFERRED], due_at__lte=now)
    return due.filter(campaign__in=_running()).exists()


def _running():
    return Campaign.objects.filter(state=Campaign.State.RUNNING, planned_to__isnull=False)


@dataclass(eq=False)
class _Turn:
    """One mail on one connection."""

    row: dict
    message: Message
    channel: Channel
    error: ChannelError | None = None
    words: str = ""  # with which it was accepted

    def offer(self) -> None:
        self.channel.offer(self.message)

    def deliver(self) -> None:
        self.words = self.channel.deliver(self.message).words


class _Sender:
    """One sender at work. A few connections go side by side, so that one commit marks one mail on each of them."""

    def __init__(self, *, now: dt.datetime, until: float, is_stopping: Callable[[], bool]):
        self.now, self._until, self._is_stopping = now, until, is_stopping
        self.installation = Installation.get()
        self._letters: dict[int, Letter | None] = {}
        self._accepted: list[_Turn] = []  # not yet written down
        self._avoided: set[tuple[int, str]] = set()  # (campaign, domain) refused by policy in this run
        self._channels: list[Channel] = []
        self._sent = 0

    def work(self) -> int:
        """Claims and sends until nothing is due, the time is over, someone says stop, or no server answers."""
        channels: list[EmailChannel] = []
        try:
            server = server_of(self.installation)
            channels = [EmailChannel(server) for _number in range(settings.SEND_CONNECTIONS)]
            channels[0].open()
            self._channels = list(channels)
            with ThreadPoolExecutor(len(channels)) as self._threads:
                while self._may_go_on() and self._batch():
                    pass
        except ChannelError as error:  # CONNECT: nobody answers any more; what was claimed has been given back
            self._say_why(error)
        finally:
            for channel in channels:
                channel.close()
        return self._sent

    def _may_go_on(self) -> bool:
        return time.monotonic() < self._until and not self._is_stopping()

    def _batch(self) -> bool:
        """One claim from beginning to end. False where nothing was due."""
        self._token = uuid.uuid4()
        rows = self._claim()
        self._renewed = time.monotonic()
        waiting = iter(rows)
        try:
            while self._may_go_on() and (some := list(islice(waiting, len(self._channels)))):
                self._keep_claim()
                self._wave(some)
        finally:
            self._settle_accepted()
            sql.run("campaigns/sql/release.sql", {"token": self._token})
        return bool(rows)

    def _claim(self) -> list[dict]:
        if Installation.get().sending_stopped:  # someone may have stopped it since the batch before
            return []
        open_pauses = DomainPause.objects.filter(lifted_at=None).values_list("campaign_id", "domain")
        wanted = {
            "campaigns": list(_running().values_list("pk", flat=True)),
            "paused": [f"{campaign}:{domain}" for campaign, domain in open_pauses],
            "now": self.now,
            "most": BATCH,
            "token": self._token,
            "lease": settings.SEND_LEASE_SECONDS,
        }
        claimed = sql.rows("campaigns/sql/claim.sql", wanted)
        return sql.rows("campaigns/sql/recipients.sql", {"deliveries": [row["id"] for row in claimed]})

    def _keep_claim(self) -> None:
        """A slow server must not cost us the rest of the batch."""
        if time.monotonic() - self._renewed > settings.SEND_LEASE_SECONDS / 3:
            sql.run("campaigns/sql/renew.sql", {"token": self._token, "lease": settings.SEND_LEASE_SECONDS})
            self._renewed = time.monotonic()

    def _wave(self, rows: list[dict]) -> None:
        """One mail on each connection: offered together, marked in one commit, handed over together."""
        taken = self._without_failed(self._together(_Turn.offer, self._turns(rows)))
        marked = self._mark(taken) if taken else set()
        going = [turn for turn in taken if turn.row["id"] in marked]
        for turn in taken:
            if turn not in going:
                turn.channel.withdraw()
        accepted = self._together(_Turn.deliver, going)
        self._accepted = [turn for turn in accepted if turn.error is None]
        self._sent += len(self._accepted)
        self._without_failed(accepted)

    def _without_failed(self, turns: list[_Turn]) -> list[_Turn]:
        """Settles those that went wrong; the others."""
        for turn in turns:
            if turn.error is not None:
                self._not_accepted(turn, turn.error)
        return [turn for turn in turns if turn.error is None]

    def _turns(self, rows: list[dict]) -> list[_Turn]:
        written = [(row, message) for row in rows if (message := self._written(row)) is not None]
        return [_Turn(row, message, channel) for (row, message), channel in zip(written, self._channels, strict=False)]

    def _together(self, act: Callable[[_Turn], None], turns: list[_Turn]) -> list[_Turn]:
        """Each connection waits for its own server; what goes wrong on one stays with its turn."""

        def one(turn: _Turn) -> None:
            try:
                act(turn)
            except ChannelError as error:
                turn.error = error

        if len(turns) == 1:
            one(turns[0])
        else:
            list(self._threads.map(one, turns))
        return turns

    def _written(self, row: dict) -> Message | None:
        letter = self._letter(row["step_id"])
        if letter is None or self._is_avoided(row):  # has just been paused: the row goes back with the batch
            return None
        try:
            return letter.write(row, now=self.now)
        except UnsendableError as error:
            self._settle(row, replies.Outcome(State.SUPPRESSED, error.reason), error.detail)
            return None

    def _is_avoided(self, row: dict) -> bool:
        return bool(self._avoided & {(row["campaign_id"], _domain(row)), (row["campaign_id"], "")})

    def _mark(self, turns: list[_Turn]) -> set[int]:
        """The commit before DATA; it carries the settlement of the mails before. The ids that may go."""
        wanted = {
            "settled": [turn.row["id"] for turn in self._accepted],
            "replies": [turn.words[:300] for turn in self._accepted],
            "ids": [turn.row["id"] for turn in turns],
            "token": self._token,
            "lease": settings.SEND_DATA_LEASE_SECONDS,
            "now": self.now,
        }
        marked = sql.rows("campaigns/sql/mark.sql", wanted)
        self._accepted = []
        return {row["id"] for row in marked if row["state"] == State.SENDING}

    def _not_accepted(self, turn: _Turn, error: ChannelError) -> None:
        if error.stage == Stage.CONNECT:
            self._give_up(turn.channel, error)
            return
        turn.channel.withdraw()
        outcome = replies.judge(error)
        self._settle(turn.row, outcome, error.words)
        if outcome.is_bounce:
            consent.suppress(
                channel=Way.MAIL,
                address=turn.row["address"],
                reason=Suppression.Reason.BOUNCED,
                source=error.words,
                at=self.now,
            )
        if outcome.pauses:
            self._pause(turn.row, outcome.pauses, error.words)

    def _give_up(self, channel: Channel, error: ChannelError) -> None:
        """A server that takes fewer connections gets fewer; one that takes none ends the run. The row goes back."""
        self._channels.remove(channel)
        if not self._channels:
            raise error

    def _pause(self, row: dict, what: str, words: str) -> None:
        """Policy: nobody's fault among the recipients. Their mails wait until someone has mended the cause."""
        self._avoided.add((row["campaign_id"], _domain(row) if what == "domain" else ""))
        if what == "domain":
            pause = DomainPause(campaign_id=row["campaign_id"], domain=_domain(row), at=self.now, reply=words)
            DomainPause.objects.bulk_create([pause], ignore_conflicts=True)
        else:
            _pause_campaign(row["campaign_id"], _("The mail server refuses our sender: %(why)s") % {"why": words})

    def _settle_accepted(self) -> None:
        turns, self._accepted = self._accepted, []
        for turn in turns:
            self._write(turn.row, replies.Outcome(State.ACCEPTED), turn.words)

    def _settle(self, row: dict, outcome: replies.Outcome, words: str = "") -> None:
        self._settle_accepted()
        self._write(row, outcome, words)

    def _write(self, row: dict, outcome: replies.Outcome, words: str) -> None:
        is_later = outcome.state == State.DEFERRED
        changes = {
            "id": row["id"],
            "token": self._token,
            "state": str(outcome.state),
            "reason": outcome.reason,
            "reply": words[:300],
            "due_at": replies.again_at(row["attempts"], self.now) if is_later else None,
            "event": EVENTS.get(outcome.state, ""),
        }
        sql.run("campaigns/sql/settle.sql", changes)

    def _letter(self, step_id: int) -> Letter | None:
        """The step, once per run; None where what was frozen is no longer what stands there, or may not go out."""
        if step_id not in self._letters:
            step = Step.objects.select_related("campaign", "campaign__offer").get(pk=step_id)
            self._letters[step_id] = self._checked(step)
        return self._letters[step_id]

    def _checked(self, step: Step) -> Letter | None:
        problems = compliance.problems(step.campaign, as_of=self.installation.day_of(self.now))
        if step.content_hash != compliance.content_hash(step):
            problems = [str(compliance.CHANGED)]
        if problems:
            _pause_campaign(step.campaign_id, " ".join(problems))
            return None
        return Letter(step, self.installation)

    def _say_why(self, error: ChannelError) -> None:
        """Where people look: a campaign that waits for the mail server says so."""
        log.warning("no mail server: %s", error)
        why = error.words or str(error.stage)
        note = why if isinstance(error, NotConfiguredError) else _("No mail server answers: %(why)s") % {"why": why}
        _running().update(note=note[:300])


def _domain(row: dict) -> str:
    return row["address"].rpartition("@")[2]


def _pause_campaign(campaign_id: int, note: str) -> None:
    with transaction.atomic():
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.state == Campaign.State.RUNNING:
            states.pause(campaign=campaign, by=None, note=note)
