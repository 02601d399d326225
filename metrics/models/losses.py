"""Why customers left, counted by what they said."""

from django.db import models


class LossRollup(models.Model):
    """Of those lost in a period (of one group of a cut, '' = everybody): how many gave one reason, and what they paid.

    A customer stands once under each kind; '' among the values is "not said".
    """

    class Kind(models.TextChoices):
        REASON = "reason"  # of the contract that ended
        COMPETITOR = "competitor"  # named there, or in the last talk that named one
        TOPIC = "topic"  # category of the last talk

    first = models.DateField(help_text="first day of the period")
    months = models.PositiveSmallIntegerField(help_text="1, 3, 6 or 12")
    dimension = models.CharField(max_length=10, blank=True, default="")
    group = models.CharField(max_length=200, blank=True, default="", help_text="the value at the period's start")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=200, blank=True, default="")
    lost = models.IntegerField()
    mrr = models.DecimalField(max_digits=20, decimal_places=2, help_text="their monthly amounts at the period's start")
    sales = models.DecimalField(max_digits=20, decimal_places=2, help_text="bought by the period's end, net of refunds")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_loss_a_value", fields=["months", "dimension", "first", "group", "kind", "value"]
            )
        ]

    def __str__(self):
        return f"{self.first:%Y-%m} {self.dimension}={self.group} {self.kind}={self.value}: {self.lost}"
