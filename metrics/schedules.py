"""Reports sent regularly: make, change, pause. What was due before a change is not made up for."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User

from .models import Schedule

FIELDS = ("name", "every", "day", "hour", "moves", "formats", "language")


class ChangedMeanwhileError(Exception):
    """Somebody else saved first; the sentence says so."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has changed this meanwhile. Look at it again, then change it."))


@transaction.atomic
def make(*, by: User, now: dt.datetime, recipients: list[User], **fields: Any) -> Schedule:
    """A new one, on from now. `fields` are FIELDS."""
    made = Schedule.objects.create(by=by, since=now, **{name: fields[name] for name in FIELDS})
    made.recipients.set(recipients)
    audit.record("schedule.make", by=by, on=made, recipients=sorted(one.pk for one in recipients))
    return made


@transaction.atomic
def change(
    *, schedule: Schedule, version: int, by: User, now: dt.datetime, recipients: list[User], **fields: Any
) -> None:
    """Raises ChangedMeanwhileError where `version` is not the one that stands there."""
    values = {name: fields[name] for name in FIELDS}
    _write(schedule, version, {**values, "since": now})
    schedule.recipients.set(recipients)
    audit.record("schedule.change", by=by, on=schedule, recipients=sorted(one.pk for one in recipients))


@transaction.atomic
def switch(*, schedule: Schedule, is_on: bool, version: int, by: User, now: dt.datetime) -> None:
    """Pauses it, or lets it go on from now."""
    _write(schedule, version, {"is_on": is_on, "since": now})
    audit.record("schedule.on" if is_on else "schedule.off", by=by, on=schedule)


def _write(schedule: Schedule, version: int, values: dict[str, Any]) -> None:
    mine = Schedule.objects.filter(pk=schedule.pk, version=version)
    if not mine.update(**values, version=F("version") + 1):
        raise ChangedMeanwhileError
