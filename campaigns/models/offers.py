"""What a campaign offers, and the events it invites to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Contact, Customer

from .campaign import Campaign


class Offer(models.Model):
    """What the customer is offered; a coupon code of his own, once."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent off")
        AMOUNT = "amount", _("Amount off")
        GIFT = "gift", _("Gift")
        OTHER = "other", _("Something else")

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="offer")
    text = models.CharField(_("offer"), max_length=200)
    kind = models.CharField(_("kind of offer"), max_length=10, choices=Kind, default=Kind.OTHER)
    value = models.DecimalField(
        _("worth"), max_digits=12, decimal_places=2, null=True, blank=True, help_text="percent, or yen"
    )
    is_for_new = models.BooleanField(_("for new customers"), default=False)
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
    redeemed_via = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="import, api, staff"
    )
    order_id = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="of the purchase it was used for"
    )

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_coupon_a_customer", fields=["offer", "customer"])]

    def __str__(self):
        return self.code


class Occasion(models.Model):
    """An event customers are invited to: when, where, for how many."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="occasion")
    title = models.CharField(_("event"), max_length=200)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("place"), max_length=300, blank=True, default="")
    url = models.URLField(_("online address"), max_length=500, blank=True, default="")
    capacity = models.PositiveIntegerField(
        pgettext_lazy("event", "seats"), null=True, blank=True, help_text="empty: no limit"
    )
    most_each = models.PositiveSmallIntegerField(_("seats for one answer, at most"), default=1)
    has_waiting_list = models.BooleanField(_("waiting list"), default=True)
    answer_until = models.DateTimeField(_("answer until"), null=True, blank=True)
    taken = models.PositiveIntegerField(
        default=0, help_text="seats taken: kept with every answer, never above capacity"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="the event does not take place")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="occasion_never_oversold", condition=Q(capacity=None) | Q(taken__lte=models.F("capacity"))
            ),
        ]

    def __str__(self):
        return self.title


class Rsvp(models.Model):
    """A contact's answer to an invitation, and whether he came."""

    class Answer(models.TextChoices):
        COMING = "coming", _("coming")
        WAITING = "waiting", _("on the waiting list")
        DECLINED = "declined", _("not coming")

    occasion = models.ForeignKey(Occasion, models.CASCADE, related_name="answers", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="rsvps")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer)
    seats = models.PositiveSmallIntegerField(default=1)
    answered_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True, help_text="since when he waits: the order of the waiting list")
    moved_up_at = models.DateTimeField(null=True, help_text="when a seat came free for him")
    has_attended = models.BooleanField(null=True, help_text="empty: not known yet")

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_answer_a_contact", fields=["occasion", "customer", "contact"]),
            models.UniqueConstraint(
                name="one_answer_without_contact", fields=["occasion", "customer"], condition=Q(contact=None)
            ),
        ]
        indexes = [models.Index(fields=["occasion", "answer", "queued_at", "id"], name="rsvps_in_order")]

    def __str__(self):
        return f"{self.occasion_id} {self.customer_id} {self.answer}"
