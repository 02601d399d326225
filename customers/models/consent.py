"""What people agreed to and refused, per address. Rows of the ledger are only ever added."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .people import Channel, Contact, Customer, made_by_import


class ConsentState(models.TextChoices):
    GRANTED = "granted", _("agreed")
    WITHDRAWN = "withdrawn", _("refused")


class Consent(models.Model):
    """One entry of the ledger. `address` is the e-mail, the phone's digits, or the customer's code (postal)."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("Consent")
        RELATION = "relation", _("Existing business relation")
        BUSINESS_CARD = "business_card", _("Business card")
        PUBLISHED = "published_address", _("Published address")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=10, choices=ConsentState)
    basis = models.CharField(max_length=20, choices=Basis, blank=True, default="")
    at = models.DateTimeField()
    source = models.CharField(max_length=100, help_text="form, import, staff, unsubscribe, demo …")
    wording = models.TextField(blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    imported = made_by_import()

    class Meta:
        indexes = [
            models.Index(fields=["channel", "address", "-id"], name="consent_by_address"),
            BrinIndex(fields=["imported"], name="consents_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return f"{self.channel} {self.state} {self.at:%Y-%m-%d}"

    @property
    def is_by_merge(self) -> bool:
        """Entered since the customer's double had refused, and taken back with the merge: no word of his own."""
        return self.source.startswith("merge ")


class Suppression(models.Model):
    """An address that gets nothing, whatever the ledger says. Only the person, or an admin with a reason, lifts it."""

    class Reason(models.TextChoices):
        REFUSED = "refused", _("refused")
        BOUNCED = "bounced", _("address does not exist")
        COMPLAINED = "complained", _("complained")

    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=12, choices=Reason)
    source = models.CharField(max_length=100)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_suppression_a_reason", fields=["channel", "address", "reason"], condition=Q(lifted_at=None)
            ),
        ]

    def __str__(self):
        return f"{self.channel} {self.reason}"


class ErasedAddress(models.Model):
    """The hash of an address whose owner was erased: should it ever come in again, it is suppressed at once."""

    channel = models.CharField(max_length=10, choices=Channel)
    hash = models.CharField(max_length=64, help_text="keyed SHA-256 of the normalised address, hex")
    erased_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_hash_a_channel", fields=["channel", "hash"])]

    def __str__(self):
        return f"{self.channel} {self.hash[:8]}"
