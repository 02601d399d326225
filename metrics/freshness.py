"""As of which day the figures of reports speak, since when, and whether something is wrong with them. One query."""

import datetime as dt
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation
from scores.runs import NIGHT_IS_OVER

from . import rollups
from .models import Fill

TAKES_AT_MOST = dt.timedelta(hours=2)  # where periods are open, and no fill has ended for so long, one was broken off


class Trouble(models.TextChoices):
    """Why figures are not those of today: the code and its sentence."""

    STALE = "stale", _("The figures were not counted last night.")
    BROKEN_OFF = "broken_off", _("Counting the figures was broken off.")
    OUTDATED = "outdated", _("The settings have changed since the figures were counted.")


@dataclass(frozen=True)
class Freshness:
    """as_of: the day the figures speak of (None: nothing was counted yet); counted_at: facts known then are in them."""

    as_of: dt.date | None = None
    counted_at: dt.datetime | None = None
    trouble: str = ""

    @property
    def reason(self) -> str | Promise:
        return Trouble(self.trouble).label if self.trouble else ""


def read(*, now: dt.datetime, settings: Installation | None = None) -> Freshness:
    """How the figures that pages show stand now."""
    run, settings = Q(metric=rollups.METRIC), settings or Installation.get()
    found = Fill.objects.aggregate(
        as_of=Max("as_of", filter=run),
        counted_at=Max("started_at", filter=run),
        open=Count("pk", filter=Q(done_at=None)),
        outdated=Count("pk", filter=run & ~Q(settings=rollups.settings_hash(settings))),
    )
    if found["as_of"] is None:
        return Freshness()
    day = settings.day_of(now - dt.timedelta(hours=NIGHT_IS_OVER))
    trouble = ""
    if found["as_of"] < day:
        trouble = Trouble.STALE
    elif found["open"] and found["counted_at"] < now - TAKES_AT_MOST:
        trouble = Trouble.BROKEN_OFF
    elif found["outdated"]:
        trouble = Trouble.OUTDATED
    return Freshness(found["as_of"], found["counted_at"], trouble)
