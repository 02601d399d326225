"""Asks the worker that computes scores to look now."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def wake() -> None:
    """The work stands in PostgreSQL and the clock finds it within seconds: without a broker this is never an error."""
    try:
        current_app.send_task("retention_crm.celery.refresh", expires=60, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("no broker to wake a worker: %s", error)
