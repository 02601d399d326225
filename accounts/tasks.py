"""The hands of webhooks: the work stands in PostgreSQL."""

from celery import shared_task
from django.utils import timezone

from . import idempotency, webhooks


@shared_task
def deliver_webhooks() -> None:
    """Every 5 seconds: send what is due."""
    webhooks.deliver(now=timezone.now())


@shared_task
def forget_answers() -> None:
    """Answers to calls with an Idempotency-Key are kept for a day."""
    idempotency.forget(now=timezone.now())
