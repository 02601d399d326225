"""The hands of segments: ids in, one call of the domain."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import jobs
from accounts.models import Installation

from . import membership

log = logging.getLogger(__name__)


@shared_task
def refresh_new(segment_id: int) -> None:
    """The customers of a segment just made or changed."""
    now = timezone.now()
    membership.refresh_new(segment_id=segment_id, as_of=Installation.get().day_of(now), now=now)


def find_customers(segment_id: int) -> None:
    """Asks a worker to find them now. Without a broker the clock finds them with everything else."""
    try:
        refresh_new.apply_async(args=[segment_id], expires=600, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no broker to wake a worker: %s", error)
        jobs.ask("pipeline", now=timezone.now())
