"""The audit log: rows are written inside the transaction of what they tell of."""

from typing import Any

from django.db import models

from .models import AuditEvent, User


def record(action: str, *, by: User | None, on: models.Model | None = None, **detail: Any) -> AuditEvent:
    """Adds one row. `detail` holds ids and counts, never names, addresses or secrets."""
    return AuditEvent.objects.create(
        actor=by if by and by.pk else None,
        action=action,
        object_type=on._meta.label if on else "",
        object_id=str(on.pk) if on else "",
        detail=detail,
    )
