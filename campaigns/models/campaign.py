"""Campaigns: audience × steps × goal, the words of each step, and who approved them."""

import datetime as dt
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from customers.models import Channel
from segments.models import Segment


class Way(models.TextChoices):
    """How a step reaches people. Where consent is kept for it: `consented`."""

    MAIL = "mail", pgettext_lazy("channel", "E-mail")
    LINE = "line", pgettext_lazy("channel", "LINE")
    SMS = "sms", pgettext_lazy("channel", "SMS")
    POSTAL = "postal", _("Postal mail")
    TASK = "task", _("Call by the person in charge")
    WEBHOOK = "webhook", _("Webhook")

    @property
    def consented(self) -> str:
        """The channel of the consent ledger that speaks for it; empty: it reaches no customer by itself."""
        same = {self.MAIL: Channel.MAIL, self.LINE: Channel.LINE, self.SMS: Channel.SMS, self.POSTAL: Channel.POSTAL}
        return {**same, self.TASK: Channel.PHONE}.get(self, "")


class WaitUnit(models.TextChoices):
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")
    WORKDAYS = "workdays", _("working days")


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
        RENEWAL = "renewal", _("A renewal")
        RSVP = "rsvp", _("A seat taken at the event")
        COUPON = "coupon", _("A coupon used")

    class Trigger(models.TextChoices):
        BROADCAST = "broadcast", _("once, now or at a set time")
        ENTERING = "entering", _("when someone enters the segment")
        DATE = "date", _("by a date of the customer")
        RECURRING = "recurring", _("again and again, on a set day")

    class Recipients(models.TextChoices):
        PRIMARY = "primary", _("the primary contact")
        ALL = "all", _("every contact")
        ROLE = "role", _("contacts with a role")

    class Priority(models.IntegerChoices):
        HIGH = 1, _("high")
        NORMAL = 2, _("normal")
        LOW = 3, _("low")

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
    trigger = models.CharField(_("when it is sent"), max_length=10, choices=Trigger, default=Trigger.BROADCAST)
    trigger_rule = models.JSONField(
        default=dict,
        blank=True,
        help_text='date: {"field": "birth_on", "days": -30}; recurring: {"every": "month", "on": 1}',
    )
    send_time = models.TimeField(_("at"), null=True, blank=True, help_text="of entries by trigger; business time")
    reentry_days = models.PositiveSmallIntegerField(
        _("may enter again after"), null=True, blank=True, help_text="days since the last entry; empty: never"
    )
    exits_on_goal = models.BooleanField(_("leaves when the goal is reached"), default=True)
    exits_on_leaving = models.BooleanField(_("leaves with the segment"), default=False)
    recipients = models.CharField(_("recipients"), max_length=10, choices=Recipients, default=Recipients.PRIMARY)
    recipient_roles = ArrayField(
        models.CharField(max_length=10), verbose_name=_("roles"), default=list, blank=True, help_text="Contact.Role"
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    test_percent = models.PositiveSmallIntegerField(
        _("share that gets the variants first"), default=0, help_text="0: the variants share the whole audience"
    )
    test_hours = models.PositiveSmallIntegerField(_("hours until the better one goes to the rest"), default=24)
    edition = models.PositiveSmallIntegerField(default=1, help_text="of the steps: who enters now gets these")
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
    paused_at = models.DateTimeField(null=True, help_text="since when waits of a series stand still")
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
            models.CheckConstraint(name="test_is_a_share", condition=Q(test_percent__lte=50)),
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
    edition = models.PositiveSmallIntegerField(default=1, help_text="a running campaign that is edited gets a new one")
    position = models.PositiveSmallIntegerField(default=1)
    wait = models.PositiveSmallIntegerField(_("wait"), default=0, help_text="after the step before, in `wait_unit`")
    wait_unit = models.CharField(_("unit"), max_length=10, choices=WaitUnit, default=WaitUnit.DAYS)
    send_time = models.TimeField(
        _("at"), null=True, blank=True, help_text="business time; empty: when the wait is over"
    )
    condition = models.JSONField(
        default=dict, blank=True, help_text='{"is": "not_clicked", "step": 1}; who does not meet it skips this step'
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Way, default=Way.MAIL)
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    body = models.TextField(_("text"), blank=True, default="")
    blocks = models.JSONField(default=list, blank=True, help_text="of the composer; empty: `body` alone")
    unit_cost = models.DecimalField(_("cost apiece"), max_digits=10, decimal_places=2, null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True, default="")
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["edition", "position"]
        constraints = [
            models.UniqueConstraint(name="one_step_a_position", fields=["campaign", "edition", "position"]),
        ]

    def __str__(self):
        return self.subject


class Variant(models.Model):
    """Other words of a step, tested against its own (which are variant A)."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="variants")
    letter = models.CharField(max_length=1, help_text="B, C …")
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    body = models.TextField(_("text"), blank=True, default="")
    blocks = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["letter"]
        constraints = [models.UniqueConstraint(name="one_variant_a_letter", fields=["step", "letter"])]

    def __str__(self):
        return f"{self.letter} {self.subject}"


class Link(models.Model):
    """An address in a frozen message: what a click's token and number are looked up in."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="links", db_index=False)
    variant = models.CharField(max_length=1, blank=True, default="", help_text="empty: the step's own words")
    number = models.PositiveSmallIntegerField()
    url = models.CharField(max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_link_a_number", fields=["step", "variant", "number"])]

    def __str__(self):
        return self.url


class Approval(models.Model):
    """One request to approve a campaign's frozen content, and what became of it."""

    class Verdict(models.TextChoices):
        OPEN = "open", _("waiting for approval")
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("returned")
        WITHDRAWN = "withdrawn", _("withdrawn")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="approvals")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    comment = models.CharField(_("comment"), max_length=500, blank=True, default="")
    recipients = models.PositiveIntegerField(help_text="how many were to receive it when approval was asked for")
    planned_at = models.DateTimeField(null=True, help_text="when it is to be sent; empty: at once")
    content_hash = models.CharField(max_length=64, help_text="of all that was approved: words, audience, offer")
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.OPEN)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    is_deputy = models.BooleanField(default=False, help_text="approved in the place of somebody else")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="one_open_approval", fields=["campaign"], condition=Q(verdict="open")),
        ]

    def __str__(self):
        return f"{self.campaign_id} {self.verdict}"
