"""Reports that go out by themselves. The queue is the table ReportMail: a row is there before its mail is sent.

A row is marked `sending`, committed, after the mail server has taken the recipient and before it gets the mail. So a
sender killed before it leaves a row whose lease ends, and one killed after it leaves `unknown`: that one is never sent
again by itself. Any number of clocks and workers may run: rows are unique, claims are taken with SKIP LOCKED.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit, workdays
from accounts.models import Installation, User
from accounts.roles import allows
from campaigns import replies
from campaigns.channels import Channel, ChannelError, Message, NotConfiguredError, Route, Stage, registry

from . import due, letter, rollups
from .models import ReportMail, Schedule
from .periods import named

log = logging.getLogger(__name__)
State = ReportMail.State
PERMISSION = "metrics.view"
LEASE = dt.timedelta(minutes=15)  # longer than a mail server may take over one mail
PATIENCE = dt.timedelta(hours=4)  # how long a mail waits for the night of its day
ATTEMPTS = 6  # with the waits of campaigns.replies: over some 13 hours
KEPT = 12  # older due times named as left out, at most
SECONDS = 120.0  # of one run


def plan(*, now: dt.datetime) -> int:
    """Writes the rows of what came due; of several due times missed the newest is sent, the others are left out.

    Returns how many rows are new. Twice, or by two at once: the same rows.
    """
    return sum(_plan(one, now) for one in Schedule.objects.filter(is_on=True).prefetch_related("recipients"))


def _plan(schedule: Schedule, now: dt.datetime) -> int:
    zone = Installation.get().zone
    times = due.between(schedule, schedule.since, now, zone=zone, calendar=workdays.load())
    known = set(schedule.mails.filter(due_at__in=times, is_test=False).values_list("due_at", flat=True))
    new = [at for at in times if at not in known and at > max(known, default=schedule.since)]
    people = [user for user in schedule.recipients.all() if allows(user, PERMISSION)]
    rows = []
    for at in new[-KEPT:]:
        is_late = at != new[-1]
        words = {"state": State.SKIPPED, "error": _("A later one was due by the time it could be sent.")}
        code = due.period(schedule, at, zone=zone).code
        rows += [
            ReportMail(schedule=schedule, due_at=at, recipient=one, period=code, **(words if is_late else {}))
            for one in people
        ]
    before = schedule.mails.count()
    ReportMail.objects.bulk_create(rows, ignore_conflicts=True)
    return schedule.mails.count() - before


@transaction.atomic
def test(*, schedule: Schedule, by: User, now: dt.datetime) -> ReportMail:
    """One mail to oneself, through the same queue, of the period that would be reported now."""
    period = due.period(schedule, now, zone=Installation.get().zone)
    audit.record("report.test", by=by, on=schedule)
    return ReportMail.objects.create(schedule=schedule, due_at=now, recipient=by, period=period.code, is_test=True)


@transaction.atomic
def again(*, mail: ReportMail, by: User, now: dt.datetime) -> bool:
    """Puts back what failed, was left out or is in doubt; False where it is none of these any more."""
    open_to = [State.FAILED, State.UNKNOWN, State.SKIPPED]
    changed = ReportMail.objects.filter(pk=mail.pk, state__in=open_to).update(
        state=State.PENDING, attempts=0, next_at=None, lease_until=None, error=""
    )
    if changed:
        audit.record("report.again", by=by, on=mail, before=mail.state)
    return bool(changed)


def send_due(*, now: dt.datetime, route: Callable[[Installation], Route] = registry.mail) -> int:
    """Plans, then sends what is due; returns how many mails were taken. Nothing where sending is stopped."""
    plan(now=now)
    reap(now=now)
    installation = Installation.get()
    if installation.sending_stopped or not _open(now).exists():
        return 0
    return _Sender(installation, now=now, route=route).work()


def reap(*, now: dt.datetime) -> int:
    """What a killed sender left while the server had the mail: nobody knows whether it arrived."""
    left = ReportMail.objects.filter(state=State.SENDING, lease_until__lt=now)
    return left.update(state=State.UNKNOWN, lease_until=None, error=_("The sender was stopped while sending."))


def _open(now: dt.datetime):
    """Rows one may take: due, not waiting after an error, in nobody's hands."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waited = Q(next_at=None) | Q(next_at__lte=now)
    night = Q(is_test=True) | Q(due_at__lte=now - PATIENCE)
    filled = rollups.filled_to()
    if filled is not None:
        ends = dt.datetime.combine(filled + dt.timedelta(days=1), dt.time(), Installation.get().zone)
        night |= Q(due_at__lt=ends)
    return ReportMail.objects.filter(free, waited, night, state=State.PENDING, due_at__lte=now)


@dataclass
class _Sender:
    """One run: takes a row, writes the mail, offers it, marks, hands it over, settles; then the next."""

    installation: Installation
    now: dt.datetime
    route: Callable[[Installation], Route]
    letters: letter.Letters = field(default_factory=letter.Letters)
    started: float = field(default_factory=time.monotonic)

    def clock(self) -> dt.datetime:
        """The time now: a run may take longer than a lease."""
        return self.now + dt.timedelta(seconds=time.monotonic() - self.started)

    def work(self) -> int:
        try:
            found = self.route(self.installation)
        except NotConfiguredError as error:
            return self._nowhere(error)
        sent, channel = 0, found.make()
        try:
            while time.monotonic() - self.started < SECONDS and (mail := self._claim()) is not None:
                sent += self._send(mail, channel, is_keyed=found.is_keyed)
        finally:
            channel.close()
        return sent

    def _nowhere(self, error: NotConfiguredError) -> int:
        """Nothing is lost: the rows wait, and say what to set."""
        _open(self.now).update(error=error.words, next_at=self.now + dt.timedelta(minutes=10))
        return 0

    @transaction.atomic
    def _claim(self) -> ReportMail | None:
        now = self.clock()
        mail = _open(now).select_for_update(skip_locked=True).order_by("due_at", "pk").first()
        if mail is not None:
            mail.lease_until, mail.attempts = now + LEASE, mail.attempts + 1
            mail.save(update_fields=["lease_until", "attempts"])
        return mail

    def _send(self, mail: ReportMail, channel: Channel, *, is_keyed: bool) -> bool:
        if why := _forbidden(mail):
            self._settle(mail, state=State.SKIPPED, error=why)
            return False
        try:
            message = self._message(mail)
            channel.offer(message)
            if not self._mark(mail):
                channel.withdraw()
                return False
            channel.deliver(message)
        except ChannelError as error:
            self._failed(mail, error, is_keyed=is_keyed)
            return False
        except Exception as error:
            log.exception("report mail %s could not be written", mail.pk)
            self._later(mail, type(error).__name__)
            return False
        return self._settle(mail, state=State.ACCEPTED, sent_at=self.clock(), error="")

    def _message(self, mail: ReportMail) -> Message:
        period = named(mail.period)
        if period is None or not self.installation.sender_email:
            raise NotConfiguredError(_("Set the sender's e-mail in the settings first."))
        day = self.installation.day_of(self.clock())
        content = self.letters.write(mail, period, today=day, is_behind=_is_behind(mail, self.installation))
        return Message(self.installation.sender_email, mail.recipient.email or "", content, key=f"report-{mail.pk}")

    def _mark(self, mail: ReportMail) -> bool:
        """The commit before the mail goes: mine still, and nothing speaks against it any more."""
        mine = ReportMail.objects.filter(
            pk=mail.pk, state=State.PENDING, attempts=mail.attempts, lease_until=mail.lease_until
        )
        lease = self.clock() + LEASE
        marked = mine.update(state=State.SENDING, lease_until=lease)
        mail.state, mail.lease_until = (State.SENDING, lease) if marked else (mail.state, mail.lease_until)
        return bool(marked)

    def _failed(self, mail: ReportMail, error: ChannelError, *, is_keyed: bool) -> None:
        """By the table of campaigns.replies; an error before anything was said concerns no recipient."""
        if error.stage == Stage.CONNECT:
            self._later(mail, error.words)
            return
        outcome = replies.judge(error, is_keyed=is_keyed)
        if outcome.state in (State.UNKNOWN, State.FAILED):
            self._settle(mail, state=outcome.state, error=error.words)
        else:
            self._later(mail, error.words)

    def _later(self, mail: ReportMail, words: str) -> None:
        """Once more after a while; given up after ATTEMPTS."""
        if mail.attempts >= ATTEMPTS:
            self._settle(mail, state=State.FAILED, error=words)
        else:
            self._settle(mail, state=State.PENDING, error=words, next_at=replies.again_at(mail.attempts, self.clock()))

    def _settle(self, mail: ReportMail, *, error: str, **changes) -> bool:
        """Only where the row is still this sender's."""
        mine = ReportMail.objects.filter(pk=mail.pk, attempts=mail.attempts, lease_until=mail.lease_until)
        return bool(mine.update(lease_until=None, error=error[:300], **changes))


def _forbidden(mail: ReportMail) -> str:
    """Why this person gets nothing (any more); empty where nothing speaks against it."""
    if not allows(mail.recipient, PERMISSION):
        return _("This person may not see reports any more.")
    if not mail.is_test and not mail.schedule.recipients.filter(pk=mail.recipient_id).exists():
        return _("This person was taken out of the recipients.")
    return ""


def _is_behind(mail: ReportMail, installation: Installation) -> bool:
    """The figures do not speak of the day the mail was due."""
    filled = rollups.filled_to()
    return filled is None or filled < installation.day_of(mail.due_at)
