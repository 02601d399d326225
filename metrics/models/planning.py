"""What people set beside the figures: goals, remarks on charts, what winning customers cost, and closed months."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User


class Goal(models.Model):
    """What a metric should be from a month on, until another goal of the same metric begins."""

    metric = models.CharField(_("figure"), max_length=20)
    since = models.DateField(_("from month"), help_text="first day of a month")
    value = models.DecimalField(
        pgettext_lazy("figure", "goal"), max_digits=16, decimal_places=2, null=True, help_text="empty: no goal"
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_goal_a_month", fields=["metric", "since"])]

    def __str__(self):
        return f"{self.metric} {self.since:%Y-%m}: {self.value}"


class Annotation(models.Model):
    """A remark on charts: what happened on a day. Campaigns mark themselves and have no row here."""

    on = models.DateField(_("day"))
    text = models.CharField(_("what happened"), max_length=100)
    metric = models.CharField(_("figure"), max_length=20, blank=True, default="", help_text="empty: on every chart")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["on"], name="annotations_by_day")]

    def __str__(self):
        return f"{self.on} {self.text}"


class AcquisitionCost(models.Model):
    """What was spent in a month to win customers by one way (流入元); '' = not told apart by way."""

    month = models.DateField(_("month"), help_text="first day")
    via = models.CharField(_("acquired via"), max_length=100, blank=True, default="")
    amount = models.DecimalField(_("cost"), max_digits=14, decimal_places=2)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_cost_a_month_and_way", fields=["month", "via"]),
            models.CheckConstraint(name="a_cost_is_not_negative", condition=Q(amount__gte=0)),
        ]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.via}: {self.amount}"


class Closing(models.Model):
    """A month somebody closed (締め): its figures as they stood; taken back by `reopened_at`, never deleted."""

    month = models.DateField(help_text="first day")
    figures = models.JSONField(encoder=DjangoJSONEncoder, help_text="by metric key; amounts as texts")
    lost = models.JSONField(default=list, help_text="ids of the lost, so that later differences have names")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField()
    reopened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="", help_text="of reopening")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_closing_a_month", fields=["month"], condition=Q(reopened_at=None))
        ]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.closed_at}"
