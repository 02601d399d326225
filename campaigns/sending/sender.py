"""One sender at work on one way: offer, mark in one commit, hand over, settle; each connection at its own pace."""

import datetime as dt
import logging
import time
from collections import deque
from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Installation
from campaigns import compliance, replies, states
from campaigns.channels import ChannelError, NotConfiguredError, Route, Stage, Writer
from campaigns.models import Campaign, Delivery, DomainPause, Step, Way
from campaigns.rendering import UnsendableError
from customers import consent
from customers.models import Suppression

from . import ledger
from .fleets import Turn, fleet
from .ledger import Claim, Row

log = logging.getLogger(__name__)
State = Delivery.State
PATIENCE = 1.0  # seconds between looks at the clock
TRIES = 3  # how often rows that were given back are taken again in one run


class Sender:
    """Works until nothing is due, the time is over, someone says stop, or nobody answers any more."""

    def __init__(self, way: str, route: Route, *, now: dt.datetime, until: float, is_stopping: Callable[[], bool]):
        self.way, self.route, self.now = way, route, now
        self._until, self._is_stopping = until, is_stopping
        self.installation = Installation.get()
        self._claim = Claim(way, is_keyed=route.is_keyed, now=now)
        self._fleet = fleet(route)
        self._writers: dict[tuple[int, str], Writer | None] = {}
        self._rows: deque[Row] = deque()  # claimed, not yet written
        self._waiting: deque[Turn] = deque()  # written, not yet offered
        self._accepted: list[Turn] = []  # not yet written down
        self._avoided: set[tuple[int, str]] = set()  # (campaign, domain) refused by policy in this run
        self._tries = TRIES
        self._sent = 0

    def work(self) -> int:
        """How many messages were handed over and taken."""
        try:
            self._fleet.open()
            while self._go_on():
                pass
        except ChannelError as error:  # nobody answers any more; what was claimed has been given back
            say_why(self.way, error)
        finally:
            self._settle_accepted()
            self._claim.give_back()
            self._fleet.close()
        return self._sent

    def _may_go_on(self) -> bool:
        return time.monotonic() < self._until and not self._is_stopping()

    def _go_on(self) -> bool:
        """Hands out what can be handed out, waits, and takes in what came back. False where all is done."""
        has_more = self._hand_out()
        if not self._fleet.is_busy and not (has_more and self._fleet.is_opening):
            if self._fleet.is_lost and self._fleet.why is not None:
                raise self._fleet.why
            return has_more and self._fleet.is_free
        self._take_in(self._fleet.wait(PATIENCE))
        self._claim.keep()
        return True

    def _hand_out(self) -> bool:
        """An offer for every connection that is free. Is there more to be offered?"""
        while self._may_go_on() and self._fill():
            if not self._fleet.is_free:
                return True
            self._fleet.offer(self._waiting.popleft())
        return False

    def _fill(self) -> bool:
        """Sees that one message is ready to be offered. False where nothing is due."""
        while self._waiting and self._is_avoided(self._waiting[0].row):
            self._waiting.popleft()
        while not self._waiting:
            if not self._rows and not self._take():
                return False
            row = self._rows.popleft()
            message = self._written(row)
            if message is not None:
                self._waiting.append(Turn(row, message))
        return True

    def _take(self) -> bool:
        self._rows.extend(self._claim.take())
        if not self._rows and not self._fleet.is_busy and self._tries:
            self._tries -= 1  # a claim that ran out: given back, taken anew
            if self._claim.give_back():
                self._rows.extend(self._claim.take())
        return bool(self._rows)

    # --- what came back -----------------------------------------------------------------------

    def _take_in(self, turns: list[Turn]) -> None:
        for turn in turns:
            if turn.error is not None:
                self._not_accepted(turn, turn.error)
            elif turn.accepted is not None:
                self._accepted.append(turn)
                self._sent += 1
                self._fleet.release(turn)
        offered = [turn for turn in turns if turn.error is None and turn.accepted is None]
        if offered:
            self._hand_over(offered)

    def _hand_over(self, offered: list[Turn]) -> None:
        accepted, self._accepted = self._accepted, []
        marked = self._claim.mark(offered, accepted)
        for turn in offered:
            turn.is_marked = turn.row["id"] in marked
            if turn.is_marked:
                self._fleet.deliver(turn)
            else:
                self._fleet.release(turn)

    def _settle_accepted(self) -> None:
        if self._accepted:
            self._hand_over([])

    def _not_accepted(self, turn: Turn, error: ChannelError) -> None:
        self._fleet.release(turn)
        if error.stage == Stage.CONNECT:  # a connection fewer; nothing was said about this message
            self._once_more(turn)
            return
        outcome = replies.judge(error, is_keyed=self.route.is_keyed)
        self._settle(turn.row, outcome, error.words)
        if outcome.is_bounce:
            self._suppress(turn.row, error.words)
        if outcome.pauses:
            self._pause(turn.row, outcome.pauses, error.words)

    def _once_more(self, turn: Turn) -> None:
        if turn.is_marked:
            self._settle(turn.row, replies.Outcome(State.PENDING))
        else:
            self._waiting.appendleft(Turn(turn.row, turn.message))

    def _settle(self, row: Row, outcome: replies.Outcome, words: str = "") -> None:
        self._settle_accepted()
        self._claim.settle(row, outcome, words)

    def _suppress(self, row: Row, words: str) -> None:
        channel = Way(self.way).consented
        if channel:
            bounced = Suppression.Reason.BOUNCED
            consent.suppress(channel=channel, address=row["address"], reason=bounced, source=words, at=self.now)

    def _pause(self, row: Row, what: str, words: str) -> None:
        """Policy: nobody's fault among the recipients. Their messages wait until someone has mended the cause."""
        domain = domain_of(row) if what == "domain" else ""
        if domain and ledger.takes_others(row["campaign_id"], domain):
            return  # this recipient's own policy: his message is tried again until it is given up
        self._avoided.add((row["campaign_id"], domain))
        if domain:
            pause = DomainPause(campaign_id=row["campaign_id"], domain=domain, at=self.now, reply=words)
            DomainPause.objects.bulk_create([pause], ignore_conflicts=True)
        else:
            pause_campaign(row["campaign_id"], _("The other side refuses our sender: %(why)s") % {"why": words})

    # --- words --------------------------------------------------------------------------------

    def _written(self, row: Row):
        writer = self._writer(row)
        if writer is None or self._is_avoided(row):  # has just been paused: the row goes back with the rest
            return None
        try:
            return writer.write(row, now=self.now)
        except UnsendableError as error:
            self._settle(row, replies.Outcome(State.SUPPRESSED, error.reason), error.detail)
        except Exception:  # a fault of ours: this one's, not everybody's
            log.exception("delivery %s could not be written", row["id"])
            self._settle(row, replies.Outcome(State.FAILED, "error"))
        return None

    def _is_avoided(self, row: Row) -> bool:
        return bool(self._avoided & {(row["campaign_id"], domain_of(row)), (row["campaign_id"], "")})

    def _writer(self, row: Row) -> Writer | None:
        """Of the step's words, once per run; None where what was frozen no longer stands there, or may not go out."""
        key = (row["step_id"], row["variant"])
        if key not in self._writers:
            step = Step.objects.select_related("campaign", "campaign__offer").get(pk=row["step_id"])
            self._writers[key] = self._checked(step, row["variant"])
        return self._writers[key]

    def _checked(self, step: Step, variant: str) -> Writer | None:
        problems = compliance.problems(step.campaign, as_of=self.installation.day_of(self.now))
        if step.content_hash != compliance.content_hash(step):
            problems = [str(compliance.CHANGED)]
        if problems:
            pause_campaign(step.campaign_id, " ".join(problems))
            return None
        try:
            return self.route.writer(step, variant)
        except Exception:  # a fault of ours: this campaign's, not everybody's
            log.exception("step %s %s could not be prepared", step.pk, variant)
            pause_campaign(step.campaign_id, _("The message can't be prepared: look into its texts and variants."))
            return None


def domain_of(row: Row) -> str:
    return row["address"].rpartition("@")[2]


def say_why(way: str, error: ChannelError) -> None:
    """Where people look: a campaign that waits for the other side says so."""
    log.warning("nobody takes %s: %s", way, error)
    why = error.words or str(error.stage)
    if not isinstance(error, NotConfiguredError):
        why = (
            _("No mail server answers: %(why)s") % {"why": why}
            if way == Way.MAIL
            else _("%(way)s can't be sent: %(why)s") % {"way": Way(way).label, "why": why}
        )
    waiting = Delivery.objects.filter(channel=way, state__in=[State.PENDING, State.DEFERRED, State.CLAIMED])
    running = Campaign.objects.filter(state=Campaign.State.RUNNING)
    running.filter(pk__in=waiting.values("campaign")).update(note=why[:300])


def pause_campaign(campaign_id: int, note: str) -> None:
    with transaction.atomic():
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.state == Campaign.State.RUNNING:
            states.pause(campaign=campaign, by=None, note=note)
