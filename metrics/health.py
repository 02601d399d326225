"""Whether data and jobs are well: what an admin looks at each morning. A handful of short queries, nothing counted."""

import datetime as dt
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Installation, JobRun
from campaigns.models import Way
from common import sql
from common.templatetags.crm import number
from customers import quality
from customers.models import Import

NIGHTLY = "nightly"
IMPORTS = 3
WORST = 5
FAILED_DAYS = 7
LATE = dt.timedelta(minutes=15)  # a queue whose oldest entry has waited longer is worth a look
MOST = 10_000  # of a queue that are counted
WAYS = [Way.MAIL.value, Way.LINE.value, Way.SMS.value, Way.WEBHOOK.value]  # what is sent without a person
DISK_LEFT = 0.1  # of the disk; less is loud


@dataclass(frozen=True)
class Line:
    """One line of a card: what it is, how it stands ("good", "warn", "bad" or ""), and where to look."""

    label: str | Promise
    value: str
    look: str = ""
    note: str = ""
    url: str = ""


@dataclass
class Health:
    """All that the page shows."""

    night: JobRun | None
    next_run: dt.datetime
    failed: list[JobRun]
    imports: list[Import]
    quality_day: dt.date | None
    quality: list[quality.Figure]
    queues: list[Line]
    sending: list[Line]
    figures: list[Line]
    space: list[Line] = field(default_factory=list)

    @property
    def night_took(self) -> str:
        """How long the last night took, in words; empty before it ended."""
        seconds = self.night.detail.get("seconds") if self.night else None
        return "" if seconds is None else _span(dt.timedelta(seconds=seconds))

    @property
    def trouble(self) -> int:
        """How many things are wrong."""
        night = int(self.night is not None and self.night.state == JobRun.State.FAILED)
        lines = [*self.queues, *self.sending, *self.figures, *self.space]
        return night + len(self.failed) + sum(line.look == "bad" for line in lines)


def read(*, settings: Installation, now: dt.datetime) -> Health:
    """Everything as of now."""
    runs = list(_runs(now))
    night = next((one for one in runs if one.job == NIGHTLY), None)
    row = sql.rows("metrics/sql/health.sql", {"now": now, "ways": WAYS, "most": MOST})[0]
    day, figures = quality.figures()
    tomorrow = settings.day_of(now) + dt.timedelta(days=1)
    return Health(
        night=night,
        next_run=dt.datetime.combine(tomorrow, dt.time(), settings.zone),
        failed=[one for one in runs if one.state == JobRun.State.FAILED and one is not night],
        imports=list(Import.objects.order_by("-created_at", "-pk")[:IMPORTS]),
        quality_day=day,
        quality=sorted((one for one in figures if one.found), key=lambda one: -(one.share or 0))[:WORST],
        queues=list(_queues(row, now)),
        sending=list(_sending(row, settings)),
        figures=list(_figures(row)),
        space=list(_space(row)),
    )


def _runs(now: dt.datetime) -> Iterable[JobRun]:
    """The last nights, and whatever failed of late; newest first."""
    since = now - dt.timedelta(days=FAILED_DAYS)
    wanted = Q(job=NIGHTLY) | Q(state=JobRun.State.FAILED)
    return JobRun.objects.filter(wanted, started_at__gte=since).order_by("-started_at")[:20]


def _queues(row: dict[str, Any], now: dt.datetime) -> Iterable[Line]:
    names = [
        (_("Customers waiting for their scores"), "touched", ""),
        (_("Files on their way in"), "imports", reverse("customers:imports")),
        (_("Messages that are due"), "mails", reverse("campaigns:list")),
        (_("Webhooks that are due"), "news", reverse("accounts:webhooks")),
    ]
    for label, name, url in names:
        count, since = row[name], row[f"{name}_at"]
        waits = now - since if count and since else dt.timedelta()
        note = _("the oldest for %(time)s") % {"time": _span(waits)} if count and since else ""
        shown = f"{number(count)}+" if count == MOST else number(count)
        yield Line(label, shown, "warn" if waits > LATE else "good", note, url if count else "")


def _span(time: dt.timedelta) -> str:
    seconds = max(0, int(time.total_seconds()))
    if seconds < 60:
        return _("%(n)s seconds") % {"n": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return _("%(n)s minutes") % {"n": minutes}
    return _("%(n)s hours") % {"n": minutes // 60} if minutes < 2880 else _("%(n)s days") % {"n": minutes // 1440}


def _sending(row: dict[str, Any], settings: Installation) -> Iterable[Line]:
    missing = settings.missing_sender_items
    if settings.sending_stopped:
        yield Line(_("Sending"), _("stopped"), "bad", settings.sending_stopped, reverse("accounts:settings"))
    elif missing:
        words = _("%(n)s display items are not filled in") % {"n": len(missing)}
        yield Line(_("Sending"), pgettext("sending", "off"), "warn", words, reverse("accounts:settings"))
    else:
        yield Line(_("Sending"), pgettext("sending", "ready"), "good", settings.sender_email)
    yield Line(
        _("Addresses stopped in 30 days"),
        number(row["suppressed"]),
        note=_("%(n)s of them do not exist") % {"n": number(row["bounced"])} if row["bounced"] else "",
        url=reverse("customers:quality-check", args=["bounced"]) if row["bounced"] else "",
    )
    for label, name in (
        (_("Results not known, to be settled"), "unknown"),
        (_("Mail domains that refuse us"), "paused"),
        (_("Webhooks given up in 7 days"), "dead"),
        (_("Mailed reports that failed"), "reports_failed"),
    ):
        if row[name]:
            yield Line(label, number(row[name]), "warn")


def _figures(row: dict[str, Any]) -> Iterable[Line]:
    half, marked = row["half_done"], row["marked"]
    if half:
        words = _("The next run takes them up again.")
        yield Line(_("Figures begun and not finished"), number(half), "warn", words)
    if marked:
        words = _("Facts of these months came in; they are counted anew within minutes.")
        yield Line(_("Months waiting to be counted anew"), number(marked), "", words)
    if not half and not marked:
        yield Line(_("Figures of the reports"), _("complete"), "good")


def _space(row: dict[str, Any]) -> Iterable[Line]:
    yield Line(_("Database"), _size(row["bytes"]))
    media = Path(django_settings.MEDIA_ROOT)
    disk = shutil.disk_usage(media if media.exists() else django_settings.BASE_DIR)
    left = disk.free / disk.total
    words = _("%(share)s of the disk") % {"share": f"{100 * left:.0f}%"}
    yield Line(_("Room left for files"), _size(disk.free), "bad" if left < DISK_LEFT else "", words)


def _size(count: int) -> str:
    size, units = float(count), ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:,.0f} {units[0]}" if size >= 10 or units[0] == "B" else f"{size:,.1f} {units[0]}"
