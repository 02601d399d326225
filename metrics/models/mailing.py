"""Reports that go out by themselves: to whom, when, and the ledger of what was sent."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User


class Schedule(models.Model):
    """A report mailed on a day of each month or week to chosen users."""

    class Every(models.TextChoices):
        MONTH = "month", pgettext_lazy("schedule", "every month")
        WEEK = "week", pgettext_lazy("schedule", "every week")

    name = models.CharField(_("name"), max_length=100)
    every = models.CharField(_("how often"), max_length=5, choices=Every, default=Every.MONTH)
    day = models.PositiveSmallIntegerField(
        _("day"), default=1, help_text="1–31 of the month (its last day where it is shorter), or 1 (Monday) – 7"
    )
    hour = models.PositiveSmallIntegerField(_("hour"), default=9)
    moves = models.BooleanField(
        _("on a day off, send on the next working day"), default=True, db_default=True, help_text="company calendar"
    )
    formats = ArrayField(models.CharField(max_length=4), verbose_name=_("files"), default=list, help_text="pdf, xlsx")
    language = models.CharField(_("language"), max_length=5, default="ja")
    recipients = models.ManyToManyField(User, verbose_name=_("to"), related_name="+")
    is_on = models.BooleanField(_("on"), default=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    since = models.DateTimeField(help_text="what was due before is not made up for")
    version = models.PositiveIntegerField(default=1)

    def __str__(self):
        return self.name

    @property
    def weekday(self) -> str:
        """月曜日 …; of a weekly one."""
        return str(WEEKDAYS[(self.day - 1) % 7])


class ReportMail(models.Model):
    """One report to one person at one due time: the row is there before the mail goes."""

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("report mail", "waiting")
        SENDING = "sending", pgettext_lazy("report mail", "being sent")
        ACCEPTED = "accepted", pgettext_lazy("report mail", "sent")
        FAILED = "failed", pgettext_lazy("report mail", "failed")
        UNKNOWN = "unknown", pgettext_lazy("report mail", "not known")
        SKIPPED = "skipped", pgettext_lazy("report mail", "left out")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="mails")
    due_at = models.DateTimeField()
    is_test = models.BooleanField(default=False, db_default=False, help_text="asked for by the recipient himself")
    recipient = models.ForeignKey(User, models.CASCADE, related_name="+")
    period = models.CharField(max_length=10, help_text="code of the month reported")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, help_text="not before; after something passing")
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_report_mail", fields=["schedule", "due_at", "recipient"])]
        indexes = [
            models.Index(
                fields=["due_at"], name="report_mails_open", condition=models.Q(state__in=["pending", "sending"])
            )
        ]

    def __str__(self):
        return f"{self.schedule_id} {self.due_at} {self.recipient_id}: {self.state}"
