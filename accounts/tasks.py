"""The hands of webhooks: the work stands in PostgreSQL."""

from celery import shared_task
from django.utils import timezone

from . import webhooks


@shared_task
def deliver_webhooks() -> None:
    """Every 5 seconds: send what is due."""
    webhooks.deliver(now=timezone.now())
