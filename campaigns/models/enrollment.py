"""Who was randomised where, and how far each one is in a series."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer

from .campaign import Campaign


class Enrollment(models.Model):
    """A customer randomised at planning; analysed in this arm whatever happens later."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("receives it")
        HELD_OUT = "held_out", _("held out")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="enrollments")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="enrollments")
    arm = models.CharField(max_length=10, choices=Arm)
    stratum = models.CharField(max_length=20, blank=True, default="")
    variant = models.CharField(max_length=1, blank=True, default="", db_default="", help_text="A, B …; empty: no test")
    enrolled_at = models.DateTimeField()

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_arm_a_customer", fields=["campaign", "customer"])]

    def __str__(self):
        return f"{self.campaign_id} {self.customer_id} {self.arm}"


class Journey(models.Model):
    """One way of one customer through a series or triggered campaign. A broadcast of one step has none."""

    class State(models.TextChoices):
        ACTIVE = "active", _("on the way")
        FINISHED = "finished", _("through")
        EXITED = "exited", _("left early")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="journeys", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="journeys")
    entry = models.PositiveSmallIntegerField(default=1, help_text="his how manieth")
    cause = models.CharField(max_length=60, help_text="what let him in, once: a movement, a day, an occurrence")
    edition = models.PositiveSmallIntegerField(default=1, help_text="of the steps he gets")
    position = models.PositiveSmallIntegerField(default=0, help_text="the last step that is behind him")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    reason = models.CharField(max_length=20, blank=True, default="", help_text="code of why he left early")
    entered_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="of his next step")
    left_at = models.DateTimeField(null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_journey_an_entry", fields=["campaign", "customer", "entry"]),
            models.UniqueConstraint(name="one_journey_a_cause", fields=["campaign", "customer", "cause"]),
            models.UniqueConstraint(
                name="one_open_journey", fields=["campaign", "customer"], condition=Q(state="active")
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], name="journeys_due", condition=Q(state="active"))]

    def __str__(self):
        return f"{self.campaign_id} {self.customer_id} {self.position}"
