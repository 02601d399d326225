"""Groups of customers by rule, and who is and was in them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer


class Segment(models.Model):
    """A rule in JSON (rules.py) and how fresh its members are. Ready-made ones carry a slug and no author."""

    class State(models.TextChoices):
        NEVER = "never", _("not computed yet")
        FRESH = "fresh", _("up to date")
        FAILED = "failed", _("failed")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(
        _("name"), max_length=100, help_text="English; a ready-made one is translated by its slug (labels)"
    )
    description = models.CharField(_("description"), max_length=300, blank=True, default="")
    rule = models.JSONField(_("rule"))
    is_ready_made = models.BooleanField(default=False)
    is_frozen = models.BooleanField(_("frozen"), default=False)
    state = models.CharField(max_length=10, choices=State, default=State.NEVER)
    error = models.CharField(max_length=300, blank=True, default="")
    as_of = models.DateField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    member_count = models.IntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=100)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return gettext(self.name) if self.is_ready_made else self.name

    @property
    def is_rfm(self) -> bool:
        """Ready-made, one of the ten by recency and frequency."""
        return self.is_ready_made and self.rule.get("field") == "rfm_segment"

    @property
    def rfm_code(self) -> str:
        return self.rule["value"][0] if self.is_rfm else ""

    @property
    def purpose(self) -> str:
        """The description, in the reader's language where it is ours."""
        return gettext(self.description) if self.is_ready_made and self.description else self.description


class Membership(models.Model):
    """An interval of days in which a customer was in a segment; open while he is in it."""

    is_handed_over = False  # follows from the rule, of whoever stands

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="memberships")
    entered_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="in_a_segment_once", fields=["segment", "customer"], condition=Q(left_on=None)
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "segment"], name="memberships_by_customer"),
            models.Index(fields=["segment", "entered_on"], name="memberships_entered"),
            models.Index(fields=["segment", "left_on"], name="memberships_left", condition=Q(left_on__isnull=False)),
        ]

    def __str__(self):
        return f"{self.segment_id} {self.customer_id}"
