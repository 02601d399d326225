"""What customers did: purchases, logins, contracts, contacts with us, and events of any kind."""

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User

from .people import Contact, Customer, made_by_import


class Product(models.Model):
    """What is sold; named in files by code or name."""

    name = models.CharField(_("product"), max_length=200, unique=True)
    imported = made_by_import()

    def __str__(self):
        return self.name


class Purchase(models.Model):
    """A line in time with an amount ≥ 0; an amount below 0 is a refund.

    `line_key` is the line's identity: with an order id (order, product, n-th in the file), without one all its
    values and n-th. `purchased_on` is the business day of `purchased_at`, rewritten when the zone changes.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="purchases")
    line_key = models.UUIDField(unique=True)
    order_id = models.CharField(_("order"), max_length=100, blank=True, default="")
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="purchases")
    nth = models.PositiveIntegerField(default=1)
    purchased_at = models.DateTimeField(_("purchased at"))
    purchased_on = models.DateField()
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, null=True)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=2, null=True)
    imported = made_by_import()

    class Meta:
        indexes = [
            models.Index(
                fields=["customer", "purchased_on"], include=["amount", "order_id"], name="purchases_by_customer"
            ),
            models.Index(fields=["purchased_on"], name="purchases_by_day"),
            BrinIndex(fields=["imported"], name="purchases_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return f"{self.order_id} {self.purchased_on} {self.amount}"


class Login(models.Model):
    """One use of the service: customer and moment. A row of usage also says by whom, of what and how much."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="logins")
    logged_in_at = models.DateTimeField()
    logged_in_on = models.DateField()
    usage_id = models.CharField(max_length=100, blank=True, default="", db_default="", help_text="empty: a plain login")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    feature = models.CharField(_("feature"), max_length=100, blank=True, default="", db_default="")
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3, null=True)
    imported = made_by_import()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_login_a_moment", fields=["customer", "logged_in_at"], condition=Q(usage_id="")
            ),
            models.UniqueConstraint(name="one_usage_an_id", fields=["usage_id"], condition=~Q(usage_id="")),
        ]
        indexes = [
            models.Index(fields=["customer", "logged_in_on"], name="logins_by_customer"),
            # Few rows name one; a contact that goes is looked up here.
            models.Index(fields=["contact"], name="logins_by_contact", condition=Q(contact__isnull=False)),
            BrinIndex(fields=["imported"], name="logins_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.logged_in_at}"


class Contract(models.Model):
    """One unchanging term of a contract. A later `starts_on` of the same contract ends the one before."""

    class BillingCycle(models.TextChoices):
        MONTHLY = "monthly", _("monthly")
        YEARLY = "yearly", _("yearly")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contracts")
    contract_id = models.CharField(_("contract"), max_length=100)
    plan = models.CharField(_("plan"), max_length=100, blank=True, default="")
    mrr = models.DecimalField(_("MRR"), max_digits=14, decimal_places=2)
    billing_cycle = models.CharField(_("billing cycle"), max_length=10, choices=BillingCycle, blank=True, default="")
    starts_on = models.DateField(_("starts on"))
    renews_on = models.DateField(_("renews on"), null=True, blank=True)
    cancelled_on = models.DateField(_("notice given on"), null=True, blank=True)
    ends_on = models.DateField(_("first day without service"), null=True, blank=True)
    is_trial = models.BooleanField(_("trial"), default=False)
    auto_renew = models.BooleanField(_("renews by itself"), null=True)
    notice_days = models.PositiveIntegerField(_("days of notice"), null=True, blank=True)
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    paused_from = models.DateField(_("paused from"), null=True, blank=True)
    paused_to = models.DateField(_("paused until"), null=True, blank=True, help_text="last day of the pause")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    competitor = models.CharField(_("competitor"), max_length=200, blank=True, default="")
    imported = made_by_import()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_term_a_start", fields=["contract_id", "starts_on"]),
            models.CheckConstraint(
                name="a_term_ends_after_it_starts", condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on"))
            ),
            models.CheckConstraint(name="mrr_is_not_negative", condition=Q(mrr__gte=0)),
        ]
        indexes = [
            models.Index(fields=["customer", "starts_on"], name="contracts_by_customer"),
            models.Index(fields=["renews_on"], name="contracts_by_renewal", condition=Q(renews_on__isnull=False)),
            models.Index(fields=["starts_on"], name="contracts_unpaid", condition=Q(is_trial=True) | Q(mrr=0)),
            BrinIndex(fields=["imported"], name="contracts_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return f"{self.contract_id} {self.starts_on}"


class Interaction(models.Model):
    """A contact with a customer that someone wrote down: call, mail, chat, meeting, visit."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone call")
        MAIL = "mail", pgettext_lazy("channel", "E-mail")
        CHAT = "chat", _("Chat")
        MEETING = "meeting", _("Meeting")
        VISIT = "visit", _("Visit")

    class Direction(models.TextChoices):
        OUTBOUND = "outbound", _("We contacted them")
        INBOUND = "inbound", _("They contacted us")

    class Category(models.TextChoices):
        QUESTION = "question", _("Question")
        REQUEST = "request", _("Request")
        COMPLAINT = "complaint", _("Complaint")
        SALES = "sales", _("Sales talk")
        REGULAR = "regular", _("Regular meeting")
        OFFICE = "office", _("Office matter")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("interaction", "Open")
        WORKING = "working", pgettext_lazy("interaction", "In progress")
        CLOSED = "closed", pgettext_lazy("interaction", "Closed")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", pgettext_lazy("priority", "Normal")
        HIGH = "high", _("High")
        URGENT = "urgent", _("Urgent")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="interactions")
    line_key = models.UUIDField(db_default=RandomUUID(), unique=True, help_text="identity of an imported row")
    interaction_id = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="as files call it"
    )
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    occurred_at = models.DateTimeField(_("when"))
    kind = models.CharField(_("how"), max_length=10, choices=Kind, default=Kind.PHONE)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction, default=Direction.OUTBOUND)
    category = models.CharField(_("category"), max_length=10, choices=Category, blank=True, default="", db_default="")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CLOSED, db_default="closed")
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, blank=True, default="", db_default="")
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    satisfaction = models.DecimalField(_("satisfaction"), max_digits=4, decimal_places=1, null=True, blank=True)
    competitor = models.CharField(_("competitor"), max_length=200, blank=True, default="", db_default="")
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    body = models.TextField(_("what was said"), blank=True, default="")
    next_action = models.CharField(_("next action"), max_length=200, blank=True, default="")
    next_on = models.DateField(_("next on"), null=True, blank=True)
    next_done_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    imported = made_by_import()
    version = models.PositiveIntegerField(
        default=1, db_default=1, help_text="counts edits, so that none is lost silently"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-occurred_at"], name="interactions_by_customer"),
            models.Index(
                fields=["customer"],
                name="interactions_open_complaints",
                condition=Q(category="complaint") & ~Q(status="closed"),
            ),
            BrinIndex(fields=["imported"], name="interactions_by_import", pages_per_range=16),
            models.Index(
                fields=["next_on"], name="interactions_promised", condition=Q(next_done_at=None, next_on__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.subject}"


class Event(models.Model):
    """News from the apps above (mail accepted, clicked, unsubscribed, snoozed …): how it travels down."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="events")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    line_key = models.UUIDField(db_default=RandomUUID(), unique=True, help_text="identity of an imported row")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    imported = made_by_import()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "kind", "-at"], name="events_by_customer"),
            BrinIndex(fields=["imported"], name="events_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return f"{self.kind} {self.customer_id}"


class Invoice(models.Model):
    """A bill: what was asked for, until when, and when it was paid."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="invoices")
    invoice_id = models.CharField(_("invoice"), max_length=100, unique=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    paid_on = models.DateField(_("paid on"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    method = models.CharField(_("method of payment"), max_length=50, blank=True, default="")
    imported = made_by_import()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "due_on"], name="invoices_by_customer"),
            BrinIndex(fields=["imported"], name="invoices_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return self.invoice_id
