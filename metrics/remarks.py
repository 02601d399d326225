"""Remarks on charts: what happened on a day, as people write it down; campaigns mark themselves."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, cast

from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Installation, User
from campaigns.models import Campaign

from .models import Annotation
from .periods import Period

MOST = 6  # flags on one chart
LAUNCHED = (Campaign.State.RUNNING, Campaign.State.PAUSED, Campaign.State.FINISHED)
SALT = "metrics.remarks"
UNDO_SECONDS = 24 * 3600


class ChangedMeanwhileError(Exception):
    """Somebody else has changed or deleted the remark since the page was made."""


@transaction.atomic
def write(*, on: dt.date, text: str, metric: str, by: User, now: dt.datetime) -> Annotation:
    """Adds a remark to the charts of a figure, or with metric "" to all."""
    remark = Annotation.objects.create(on=on, text=text, metric=metric, by=by, created_at=now)
    audit.record("metrics.remark_written", by=by, on=remark, metric=metric)
    return remark


@transaction.atomic
def change(*, remark: Annotation, version: int, on: dt.date, text: str, metric: str, by: User) -> None:
    """Writes what a person changed. Raises ChangedMeanwhileError where `version` is not the present one."""
    found = Annotation.objects.filter(pk=remark.pk, version=version)
    if not found.update(on=on, text=text, metric=metric, version=version + 1):
        raise ChangedMeanwhileError
    audit.record("metrics.remark_changed", by=by, on=remark, version=version + 1)


@transaction.atomic
def remove(*, remark: Annotation, by: User) -> str:
    """Deletes the remark; returns the token that brings it back within a day."""
    audit.record("metrics.remark_removed", by=by, on=remark)
    kept = [remark.pk, str(remark.on), remark.text, remark.metric, remark.by_id, remark.created_at.isoformat()]
    token = signing.dumps([*kept, remark.version], salt=SALT)
    remark.delete()
    return token


@transaction.atomic
def restore(*, token: str, by: User) -> Annotation:
    """Brings a deleted remark back as it was; again does nothing more. Raises signing.BadSignature when too late."""
    pk, on, text, metric, author, created_at, version = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    day, moment = dt.date.fromisoformat(on), dt.datetime.fromisoformat(created_at)
    kept = {"on": day, "text": text, "metric": metric, "by_id": author, "created_at": moment, "version": version}
    remark, is_new = Annotation.objects.get_or_create(pk=pk, defaults=kept)
    if is_new:
        audit.record("metrics.remark_restored", by=by, on=remark)
    return remark


def marks(metric: str, periods: Sequence[Period], *, settings: Installation, most: int = MOST) -> dict[str, Any]:
    """What a chart of these periods is marked with (keys `marks`, `more_marks`): remarks, then the largest campaigns.

    Two queries. `more_marks` counts the campaigns and remarks there was no room for.
    """
    if not periods:
        return {}
    first, last = periods[0].first, periods[-1].last
    written = [
        {"on": one.on, "text": one.text, "url": ""}
        for one in Annotation.objects.filter(Q(metric="") | Q(metric=metric), on__range=(first, last)).order_by("-on")
    ]
    launched = campaigns(first, last, settings=settings)
    chosen = sorted([*written, *launched][:most], key=lambda mark: mark["on"])
    firsts = [one.first for one in periods]
    found: dict[str, Any] = {"marks": [{"at": bisect_right(firsts, mark["on"]) - 1, **mark} for mark in chosen]}
    left = len(written) + len(launched) - len(chosen)
    return found | ({"more_marks": left} if left else {}) if chosen else {}


def campaigns(first: dt.date, last: dt.date, *, settings: Installation) -> list[dict[str, Any]]:
    """Campaigns launched on those days, the largest first; business notices are no remark on a figure."""
    start, end = (dt.datetime.combine(day, dt.time(), settings.zone) for day in (first, last + dt.timedelta(days=1)))
    found = Campaign.objects.filter(
        message_class=Campaign.MessageClass.PROMOTION, state__in=LAUNCHED, launched_at__gte=start, launched_at__lt=end
    )
    return [
        {
            "on": settings.day_of(cast(dt.datetime, one["launched_at"])),
            "text": _("Campaign: %(name)s") % {"name": one["name"]},
            "url": reverse("campaigns:detail", args=[one["pk"]]),
        }
        for one in found.order_by(F("planned_to").desc(nulls_last=True), "-pk").values("pk", "name", "launched_at")
    ]
