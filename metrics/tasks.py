"""What somebody asked for and no page computes. The work stands in PostgreSQL: a call lost or doubled is nothing."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from . import flows, mailing, rollups

log = logging.getLogger(__name__)


@shared_task
def compute_flows() -> None:
    """Every 10 seconds, and at once when somebody asks."""
    flows.compute_asked(now=timezone.now())


@shared_task
def fill() -> None:
    """Every 10 seconds: the figures of the months that changed since."""
    rollups.fill_open(now=timezone.now())


@shared_task
def send_reports() -> None:
    """Every minute: mails of reports that are due, and those left by a killed worker."""
    mailing.send_due(now=timezone.now())


def wake() -> None:
    """Asks a worker to look now. Without a broker the clock finds the work a little later: never an error."""
    _wake(compute_flows)


def wake_reports() -> None:
    """The same for mails of reports."""
    _wake(send_reports)


def _wake(task: Any) -> None:
    try:
        task.apply_async(expires=60, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no broker to wake a worker: %s", error)
