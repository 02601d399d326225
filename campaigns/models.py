"""Campaigns, their steps and offers, who was randomised where, and the ledger of every message."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Channel, Contact, Customer
from segments.models import Segment


class Campaign(models.Model):
    """Audience × steps × goal."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        CANCELLED = "cancelled", _("cancelled")
        FINISHED = "finished", _("finished")

    class MessageClass(models.TextChoices):
        PROMOTION = "promotion", _("Promotion")
        BUSINESS = "business", _("Business notice")

    class Goal(models.TextChoices):
        PURCHASE = "purchase", _("A purchase")
        LOGIN = "login", _("A login")

    name = models.CharField(_("name"), max_length=120)
    playbook = models.CharField(_("playbook"), max_length=40, default="win_back")
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="campaigns", verbose_name=_("segment"))
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    message_class = models.CharField(
        _("kind of message"), max_length=10, choices=MessageClass, default=MessageClass.PROMOTION
    )
    goal = models.CharField(_("goal"), max_length=10, choices=Goal, default=Goal.PURCHASE)
    holdout_percent = models.PositiveSmallIntegerField(_("held out"), default=10)
    window_days = models.PositiveSmallIntegerField(_("days until the result"), default=30)
    expected_effect = models.DecimalField(
        _("effect you hope for, in points"), max_digits=5, decimal_places=2, default=Decimal("2.0")
    )
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    scheduled_at = models.DateTimeField(_("send at"), null=True, blank=True)
    launched_at = models.DateTimeField(
        null=True, blank=True, help_text="planned time of step 1: the window starts here"
    )
    planned_to = models.BigIntegerField(null=True, help_text="customers in the ledger; empty until planned")
    base_rate = models.FloatField(
        null=True, help_text="share of those randomised who reached the goal in the window before"
    )
    note = models.CharField(max_length=300, blank=True, default="", help_text="why it is paused")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    launched_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    # Who may become what. "finished" is computed from the rows of the ledger, never asked for.
    MOVES = {
        State.DRAFT: {State.SCHEDULED, State.RUNNING, State.CANCELLED},
        State.SCHEDULED: {State.DRAFT, State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.PAUSED, State.CANCELLED, State.FINISHED},
        State.PAUSED: {State.RUNNING, State.CANCELLED},
        State.CANCELLED: set(),
        State.FINISHED: set(),
    }

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="holdout_is_a_share", condition=Q(holdout_percent__lte=50)),
        ]

    def __str__(self):
        return self.name

    def may_become(self, state: str) -> bool:
        return state in self.MOVES[self.State(self.state)]

    @property
    def is_promotion(self) -> bool:
        return self.message_class == self.MessageClass.PROMOTION

    @property
    def held_out_share(self) -> int:
        """Percent held out; business notices go to everybody."""
        return self.holdout_percent if self.is_promotion else 0

    @property
    def ends_at(self) -> dt.datetime | None:
        """When the window of the result is over; None before launch."""
        return self.launched_at and self.launched_at + dt.timedelta(days=self.window_days)


class Step(models.Model):
    """One message of a campaign. Frozen and hashed when the campaign is launched."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.MAIL)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    content_hash = models.CharField(max_length=64, blank=True, default="")
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(name="one_step_a_position", fields=["campaign", "position"])]

    def __str__(self):
        return self.subject


class Offer(models.Model):
    """What the customer is offered; a coupon code of his own, once."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="offer")
    text = models.CharField(_("offer"), max_length=200)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    code_prefix = models.CharField(_("start of the code"), max_length=12, blank=True, default="")

    def __str__(self):
        return self.text


class Coupon(models.Model):
    """One code, one customer, used once."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="coupons")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="coupons")
    code = models.CharField(
        max_length=60, unique=True, help_text="the offer's prefix and 64 random bits in four groups"
    )
    redeemed_at = models.DateTimeField(null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_coupon_a_customer", fields=["offer", "customer"])]

    def __str__(self):
        return self.code


class Enrollment(models.Model):
    """A customer randomised at planning; analysed in this arm whatever happens later."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("receives it")
        HELD_OUT = "held_out", _("held out")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="enrollments")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="enrollments")
    arm = models.CharField(max_length=10, choices=Arm)
    stratum = models.CharField(max_length=20, blank=True, default="")
    enrolled_at = models.DateTimeField()

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_arm_a_customer", fields=["campaign", "customer"])]

    def __str__(self):
        return f"{self.campaign_id} {self.customer_id} {self.arm}"


class Delivery(models.Model):
    """The ledger: one row per campaign, step, contact and channel, written before anything is sent."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        CLAIMED = "claimed", _("being prepared")
        SENDING = "sending", _("being sent")
        ACCEPTED = "accepted", _("Accepted")
        DEFERRED = "deferred", _("tried again later")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        SUPPRESSED = "suppressed", _("stopped before sending")
        HELD_OUT = "held_out", _("held out")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    FINAL = (
        State.ACCEPTED,
        State.FAILED,
        State.UNKNOWN,
        State.SUPPRESSED,
        State.HELD_OUT,
        State.CANCELLED,
        State.EXPIRED,
    )

    # Every change of state writes an entry into each index: none that another one begins with.
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="deliveries", db_index=False)
    step = models.ForeignKey(Step, models.PROTECT, related_name="deliveries")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="deliveries", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254, blank=True, default="", help_text="normalised")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(
        max_length=40, blank=True, default="", help_text="code of why suppressed, failed, deferred"
    )
    message_key = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Message-ID and idempotency key; never changes"
    )
    token = models.CharField(max_length=43, help_text="of the unsubscribe link; 256 bits")
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    sending_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=300, blank=True, default="", help_text="the server's words, without addresses")

    PERSONAL = {"address": "", "reply": ""}

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_delivery_a_token", fields=["token"]),
            models.UniqueConstraint(name="one_delivery_a_contact", fields=["campaign", "step", "contact", "channel"]),
            models.UniqueConstraint(
                name="one_delivery_without_contact", fields=["step", "customer", "channel"], condition=Q(contact=None)
            ),
            models.UniqueConstraint(
                name="one_mail_an_address",
                fields=["step", "channel", "address"],
                condition=~Q(address="") & ~Q(state__in=["held_out", "suppressed", "cancelled"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="deliveries_due", condition=Q(state__in=["pending", "deferred"])
            ),
            models.Index(
                fields=["lease_until"], name="deliveries_leased", condition=Q(state__in=["claimed", "sending"])
            ),
            models.Index(fields=["campaign", "state"], name="deliveries_by_state"),
            models.Index(fields=["customer", "-planned_at"], name="deliveries_by_customer"),
        ]

    def __str__(self):
        return f"{self.campaign_id} {self.customer_id} {self.state}"


class Exclusion(models.Model):
    """A customer no campaign writes to (staff, competitor, dispute), until a day or until someone takes it back."""

    class Reason(models.TextChoices):
        STAFF = "staff", _("our own staff")
        COMPETITOR = "competitor", _("competitor")
        DISPUTE = "dispute", _("in dispute")
        OTHER = "other", _("other reason")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="exclusions")
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    until_on = models.DateField(_("until"), null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    PERSONAL = {"note": ""}

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_open_exclusion", fields=["customer"], condition=Q(lifted_at=None)),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.reason}"


class DomainPause(models.Model):
    """A mail domain whose server refuses us by policy: its mails wait until someone has mended the cause."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="domain_pauses")
    domain = models.CharField(max_length=253)
    at = models.DateTimeField()
    reply = models.CharField(max_length=300, blank=True, default="", help_text="the server's words, without addresses")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_pause_a_domain", fields=["campaign", "domain"], condition=Q(lifted_at=None)
            ),
        ]

    def __str__(self):
        return f"{self.campaign_id} {self.domain}"
