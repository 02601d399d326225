"""What somebody asked for and no page computes. The work stands in PostgreSQL: a call lost or doubled is nothing."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from . import flows, rollups

log = logging.getLogger(__name__)


@shared_task
def compute_flows() -> None:
    """Every 10 seconds, and at once when somebody asks."""
    flows.compute_asked(now=timezone.now())


@shared_task
def fill() -> None:
    """Every 10 seconds: the figures of the months that changed since."""
    rollups.fill_open(now=timezone.now())


def wake() -> None:
    """Asks a worker to look now. Without a broker the clock finds the work a little later: never an error."""
    try:
        compute_flows.apply_async(expires=60, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no broker to wake a worker: %s", error)
