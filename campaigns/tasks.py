"""When campaigns start and mails go out. The work stands in PostgreSQL: a call lost or doubled is nothing."""

import logging
import mmap

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import jobs

from . import advancing, audience, calls, entering, mailbox, reporting, sending, variants

log = logging.getLogger(__name__)
# One byte shared by the worker and the processes it forks: set at TERM, so that they finish one mail and stop.
_stopping = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def _stop(**_words):
    _stopping[0] = 1


@shared_task
def send_due():
    """Every 5 seconds, and at once when someone launches: start what is due, plan it, let people in and on, send."""
    now = timezone.now()
    audience.launch_due(now=now)
    audience.plan_due(now=now)
    entering.enter_due(now=now)
    advancing.advance_due(now=now)
    calls.hand_out(now=now)
    variants.decide_due(now=now)
    sending.run(now=now, is_stopping=lambda: bool(_stopping[0]))


@shared_task
def apply_reports():
    """Every 5 seconds: what came in about our messages, and the visits of a moment ago."""
    reporting.apply_waiting(now=timezone.now())


@shared_task
def fetch_returns():
    """Every minute: the mailbox that bounces and complaints come back to, where one is set."""
    if settings.BOUNCE_MAILBOX:
        with jobs.lock("campaigns.fetch_returns"):
            try:
                mailbox.fetch(settings.BOUNCE_MAILBOX, now=timezone.now())
            except mailbox.MailboxError as error:
                log.warning("returned mails can't be read: %s", error)


def wake() -> None:
    """Asks a worker to look now. Without a broker the clock finds the work a little later: never an error."""
    try:
        send_due.apply_async(expires=60, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no broker to wake a worker: %s", error)
