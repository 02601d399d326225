"""The Celery app and the moments at which the pipeline runs. The schedule itself: settings.CELERY_BEAT_SCHEDULE."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")
app = Celery("retention_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.task
def refresh():
    """Brings scores, segments and figures up to date with what imports and people changed."""
    from django.utils import timezone

    from . import pipeline

    pipeline.refresh_if_touched(now=timezone.now())


@app.task
def nightly_due():
    """After midnight: closes yesterday, then computes today. Once per day, however many clocks run."""
    from django.utils import timezone

    from . import pipeline

    pipeline.nightly_if_due(now=timezone.now())
