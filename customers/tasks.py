"""The hands of imports: ids in, one call of the domain."""

from celery import shared_task
from django.utils import timezone

from . import quality, receiving
from .importing import running, undoing


@shared_task
def run_import(import_id: int) -> None:
    running.run(import_id=import_id, now=timezone.now())


@shared_task
def run_due_imports() -> None:
    """Imports and undos waiting, or left by a killed worker: the clock asks every few seconds."""
    for import_id in running.due():
        running.run(import_id=import_id, now=timezone.now())
    for import_id in undoing.due():
        undoing.run(import_id=import_id, now=timezone.now())


@shared_task
def undo_import(import_id: int) -> None:
    undoing.run(import_id=import_id, now=timezone.now())


@shared_task
def drain_received() -> None:
    """Calls of SDKs that wait in the table: the clock asks every few seconds."""
    receiving.drain(now=timezone.now())


@shared_task
def measure_quality() -> None:
    """Count what is missing, stale or contradictory."""
    quality.measure(now=timezone.now())
