"""The ledger of every message, what stops one, and what others told us about one."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from customers.models import Consent, Contact, Customer

from .campaign import Campaign, Step, Way

WAITING = ("pending", "deferred")


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
    step = models.ForeignKey(Step, models.PROTECT, related_name="deliveries", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="deliveries", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Way)
    entry = models.PositiveSmallIntegerField(default=1, db_default=1, help_text="of the journey; 1 for a broadcast")
    variant = models.CharField(
        max_length=1,
        blank=True,
        default="",
        db_default="",
        help_text="A, B …; ?: decided after the test; empty: no test",
    )
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
    provider_id = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="what the provider calls this message"
    )
    consent = models.ForeignKey(
        Consent,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="the entry it was sent on; read in the commit that marked it",
    )
    opened_at = models.DateTimeField(null=True, help_text="first by a person, as far as can be told")
    machine_opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True, help_text="first by a person")
    bounced_at = models.DateTimeField(null=True)
    complained_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, help_text="who decided an unknown"
    )

    PERSONAL = {"address": "", "reply": ""}

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_delivery_a_token", fields=["token"]),
            models.UniqueConstraint(
                name="one_delivery_a_contact", fields=["campaign", "step", "contact", "channel", "entry"]
            ),
            models.UniqueConstraint(
                name="one_delivery_without_contact",
                fields=["step", "customer", "channel", "entry"],
                condition=Q(contact=None),
            ),
            models.UniqueConstraint(
                name="one_mail_an_address",
                fields=["step", "channel", "address", "entry"],
                condition=~Q(address="") & ~Q(state__in=["held_out", "suppressed", "cancelled"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "channel", "due_at", "id"], name="deliveries_due", condition=Q(state__in=WAITING)
            ),
            models.Index(fields=["expires_at"], name="deliveries_expiring", condition=Q(state__in=WAITING)),
            models.Index(
                fields=["sending_at"],
                name="deliveries_in_doubt",
                condition=Q(state__in=WAITING, reason="no_answer"),
            ),
            models.Index(
                fields=["lease_until"], name="deliveries_leased", condition=Q(state__in=["claimed", "sending"])
            ),
            models.Index(fields=["provider_id"], name="deliveries_by_provider_id", condition=~Q(provider_id="")),
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


class Report(models.Model):
    """What a provider, a mail server or a reader's machine told us about a message: stored first, then applied.

    Reports come twice, late and in any order: one row per (provider, key), and applying it is safe to repeat.
    """

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", _("taken")
        DELIVERED = "delivered", _("delivered")
        DEFERRED = "deferred", _("delayed")
        BOUNCED = "bounced", _("bounced for good")
        SOFT_BOUNCED = "soft_bounced", _("bounced for now")
        REJECTED = "rejected", _("refused by the provider")
        COMPLAINED = "complained", pgettext_lazy("report", "complained")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
        OPENED = "opened", _("opened")
        CLICKED = "clicked", _("clicked")
        BLOCKED = "blocked", _("blocked")

    provider = models.CharField(max_length=20, help_text="dsn, arf, line, sms, web, or the provider's name")
    key = models.CharField(max_length=200, help_text="what makes it one: the provider's event id, or a hash")
    kind = models.CharField(max_length=14, choices=Kind)
    delivery = models.ForeignKey(Delivery, models.CASCADE, null=True, related_name="reports")
    at = models.DateTimeField(help_text="when it happened there")
    received_at = models.DateTimeField()
    is_machine = models.BooleanField(default=False)
    link = models.PositiveSmallIntegerField(null=True, help_text="number of the link clicked")
    detail = models.CharField(max_length=300, blank=True, default="", help_text="status and words, without addresses")
    applied_at = models.DateTimeField(null=True)

    PERSONAL = {"detail": ""}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_report_a_key", fields=["provider", "key"])]
        indexes = [models.Index(fields=["id"], name="reports_waiting", condition=Q(applied_at=None))]

    def __str__(self):
        return f"{self.provider} {self.kind}"
