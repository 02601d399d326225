"""Rollups: figures someone will quote, computed once, and the bookkeeping of what is filled."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import pgettext_lazy


class Fill(models.Model):
    """Which metric is filled for which period, as of which day, under which settings; half-done ones are redone."""

    metric = models.CharField(max_length=20)
    period = models.CharField(max_length=10, help_text="1997-02, 1997-Q1, or a day for what has no period")
    settings = models.CharField(max_length=16, help_text="hash of the settings the figure depends on")
    as_of = models.DateField()
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_fill_a_period", fields=["metric", "period"])]

    def __str__(self):
        return f"{self.metric} {self.period}"


class ChurnRollup(models.Model):
    """Churn of one month or quarter by one dimension ('' = everybody); the group is the value at its start."""

    first = models.DateField(help_text="first day of the period")
    months = models.PositiveSmallIntegerField(help_text="1 or 3")
    dimension = models.CharField(max_length=10, blank=True, default="")
    group = models.CharField(max_length=200, blank=True, default="", help_text="an owner's is the user's id")
    at_start = models.IntegerField()
    lost = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_churn_a_group", fields=["months", "dimension", "first", "group"]),
        ]

    def __str__(self):
        return f"{self.first:%Y-%m} {self.dimension}={self.group}: {self.lost}/{self.at_start}"


class CohortRollup(models.Model):
    """Of the customers who first bought (or signed) in `cohort`: how many are there `month` months later."""

    cohort = models.DateField(help_text="first day of the month")
    month = models.PositiveSmallIntegerField()
    size = models.IntegerField()
    retained = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_cohort_a_month", fields=["cohort", "month"])]

    def __str__(self):
        return f"{self.cohort:%Y-%m} +{self.month}: {self.retained}/{self.size}"


class KeptReport(models.Model):
    """The rows of one report as of the last night, as the pages show them; groups as stored values.

    `name` is ltv, rfm, figures, stake … and `by` the dimension of the cut ('' = everybody).
    """

    name = models.CharField(max_length=20)
    by = models.CharField(max_length=20, blank=True, default="")
    as_of = models.DateField()
    rows = models.JSONField(encoder=DjangoJSONEncoder, help_text="amounts as texts, so that they stay exact")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_kept_report", fields=["name", "by"])]

    def __str__(self):
        return f"{self.name} {self.by} {self.as_of}"


class RfmFlow(models.Model):
    """Who went from which RFM segment to which between two days: kept each night for the usual pairs, else asked for.

    The queue of what is asked for is this table: a worker takes what waits, and what a killed one left.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("movement", "waiting")
        RUNNING = "running", pgettext_lazy("movement", "being computed")
        DONE = "done", pgettext_lazy("movement", "done")
        FAILED = "failed", pgettext_lazy("movement", "failed")

    from_on = models.DateField()
    to_on = models.DateField(help_text="after from_on")
    is_live = models.BooleanField(default=False, help_text="to_on was the day of the stored scores, not a snapshot")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.CharField(max_length=300, blank=True, default="")
    rows = models.JSONField(
        encoder=DjangoJSONEncoder, default=list, help_text="was, became, customers, own, ltv, brought"
    )
    asked_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_flow_a_pair", fields=["from_on", "to_on"]),
            models.CheckConstraint(name="flow_goes_forward", condition=models.Q(from_on__lt=models.F("to_on"))),
        ]

    def __str__(self):
        return f"{self.from_on} → {self.to_on}: {self.state}"
