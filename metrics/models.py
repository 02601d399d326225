"""Rollups: figures someone will quote, computed once, and the bookkeeping of what is filled."""

from django.db import models


class Fill(models.Model):
    """Which metric is filled for which period as of which day; found half-done, it is deleted and redone."""

    metric = models.CharField(max_length=20)
    period = models.CharField(max_length=10, help_text="1997-02, a day for rollups of one day")
    settings_hash = models.CharField(max_length=16, help_text="of the settings the figure depends on")
    as_of = models.DateField()
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_fill_a_period", fields=["metric", "period"])]

    def __str__(self):
        return f"{self.metric} {self.period}"


class ChurnRollup(models.Model):
    """Churn of one month by one dimension; `dimension` empty = everybody. A value is that at the month's start."""

    month = models.DateField(help_text="first day")
    dimension = models.CharField(max_length=10, blank=True, default="")
    group = models.CharField(max_length=200, blank=True, default="")
    at_start = models.IntegerField()
    lost = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_churn_a_group", fields=["month", "dimension", "group"])]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.dimension}={self.group}: {self.lost}/{self.at_start}"


class CohortRollup(models.Model):
    """Of the customers who first bought (or signed) in `cohort`: how many are retained in month k."""

    cohort = models.DateField(help_text="first day of the month")
    month = models.PositiveSmallIntegerField()
    size = models.IntegerField()
    retained = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_cohort_a_month", fields=["cohort", "month"])]

    def __str__(self):
        return f"{self.cohort:%Y-%m} +{self.month}: {self.retained}/{self.size}"
