"""Groups of customers by rule, and who is and was in them."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer


class CurrentManager(models.Manager["Segment"]):
    """Segments nobody has put away."""

    def get_queryset(self) -> models.QuerySet["Segment"]:
        return super().get_queryset().filter(archived_at=None)


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
    computed_rule = models.JSONField(null=True, help_text="the rule the members were last computed by")
    computed_ms = models.IntegerField(null=True, help_text="how long that took")
    position = models.PositiveSmallIntegerField(default=100)
    time_limit = models.PositiveSmallIntegerField(
        _("time limit in seconds"), default=60, db_default=60, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, help_text="when a person last changed its rule or words")
    archived_at = models.DateTimeField(null=True, help_text="deleted by a person; can be taken back")
    version = models.PositiveIntegerField(
        default=1, db_default=1, help_text="counts edits, so that none is lost silently"
    )

    objects: ClassVar = CurrentManager()
    everything: ClassVar = models.Manager()

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
    def is_new_rule(self) -> bool:
        """Nobody was in it by this rule before: who is now did not enter, and who is not did not leave."""
        return self.as_of is None or self.computed_rule != self.rule

    @property
    def error_words(self) -> str:
        """What went wrong when it was computed, and what to do."""
        what, _colon, detail = self.error.partition(":")
        if what == "timeout":
            return gettext(
                "Finding its customers took longer than %(seconds)s seconds. Leave out or narrow down a condition"
                " about what customers did."
            ) % {"seconds": detail}
        if what == "database":
            return gettext(
                "The database could not compute it (%(code)s). Compute again; if that does not help, tell an"
                " administrator."
            ) % {"code": detail}
        return self.error

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


class Movement(models.Model):
    """News for campaigns and tasks: a customer entered or left a segment on a day. One row a day and direction.

    What moved back on the same day is void: nobody acts on it any more. Ids grow in the order in which rows become
    visible (one writer at a time, membership.py). The history is in Membership; news is kept for a while only.
    """

    class Kind(models.TextChoices):
        ENTERED = "entered", pgettext_lazy("segment", "Entered")
        LEFT = "left", pgettext_lazy("segment", "Left")

    is_handed_over = False  # what was said of whom it was said of

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="movements", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    on = models.DateField(db_column="moved_on")
    at = models.DateTimeField(db_column="moved_at")
    is_void = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="moved_once_a_day", fields=["segment", "customer", "on", "kind"])]
        indexes = [models.Index(fields=["segment", "id"], name="movements_in_order")]

    def __str__(self):
        return f"{self.segment_id} {self.customer_id} {self.kind} {self.on}"


class Consumer(models.Model):
    """Who acts on news, and how far it has come: every movement up to `settled_to` is taken or void for good."""

    name = models.CharField(max_length=100, unique=True)
    settled_to = models.BigIntegerField(default=0)

    def __str__(self):
        return self.name


class Taken(models.Model):
    """A consumer took a movement. Only those beyond its `settled_to` are kept: the newest day may still move back."""

    is_handed_over = False

    consumer = models.ForeignKey(Consumer, models.CASCADE, related_name="taken", db_index=False)
    movement = models.ForeignKey(Movement, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(name="taken_once", fields=["consumer", "movement"])]

    def __str__(self):
        return f"{self.consumer_id} {self.movement_id}"


class FrozenList(models.Model):
    """What a frozen segment was made from; while `segment` is empty it is a draft that somebody is looking through."""

    class Source(models.TextChoices):
        PASTED = "pasted", _("pasted lines")
        FILE = "file", _("a file")
        COPY = "copy", _("the members of a segment")

    segment = models.OneToOneField(Segment, models.CASCADE, null=True, related_name="frozen_list")
    source = models.CharField(max_length=10, choices=Source)
    file_name = models.CharField(max_length=255, blank=True, default="")
    copied_from = models.CharField(max_length=100, blank=True, default="", help_text="name of the segment copied")
    line_count = models.IntegerField(default=0, help_text="lines given, also those that were nobody")
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self):
        return f"{self.source} {self.made_at}"


class FrozenLine(models.Model):
    """A line of the text: what stood there, and who it is. Only lines that are somebody outlive the draft."""

    class How(models.TextChoices):
        CODE = "code", _("by code")
        EMAIL = "email", _("by e-mail")
        NAME = "name", _("by name")
        CHOSEN = "chosen", pgettext_lazy("line of a list", "chosen")
        COPIED = "copied", _("copied")

    is_handed_over = False  # who was merged is found as the one that stands, also after the merge is undone

    frozen_list = models.ForeignKey(FrozenList, models.CASCADE, related_name="lines")
    nth = models.IntegerField(help_text="line of the text or file")
    text = models.CharField(max_length=300)
    how = models.CharField(max_length=10, choices=How, blank=True, default="")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    candidates = ArrayField(models.BigIntegerField(), default=list, help_text="who it may be, where nobody is certain")

    PERSONAL: ClassVar[dict[str, str]] = {"text": ""}

    class Meta:
        indexes = [models.Index(fields=["frozen_list", "nth"], name="frozen_lines_in_order")]

    def __str__(self):
        return f"{self.nth} {self.text}"


class Tier(models.TextChoices):
    """How closely a customer is looked after (PRODUCT.md S8)."""

    HIGH = "high", _("High touch")
    LOW = "low", _("Low touch")
    TECH = "tech", _("Tech touch")


def _hours(words: Any, default: str) -> models.DecimalField:
    return models.DecimalField(
        words,
        max_digits=7,
        decimal_places=2,
        default=Decimal(default),
        validators=[MinValueValidator(0), MaxValueValidator(10_000)],
    )


def _interval(words: Any, default: int | None) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        words,
        null=True,
        blank=True,
        default=default,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )


class TouchPlan(models.Model):
    """The company's touch model: one row, id 1. Rules in order, the first that fits wins, tech touch takes the rest.

    `rules` is a list of {"tier": code, "criteria": {key: value}} (touch.CRITERIA); empty: no model has been set.
    """

    rules = models.JSONField(default=list)
    high_hours = _hours(_("High touch: hours per customer and month"), "3")
    low_hours = _hours(_("Low touch: hours per customer and month"), "0.5")
    tech_hours = _hours(_("Tech touch: hours per customer and month"), "0")
    high_days = _interval(_("High touch: contact at least every … days"), 30)
    low_days = _interval(_("Low touch: contact at least every … days"), 90)
    tech_days = _interval(_("Tech touch: contact at least every … days"), None)
    capacity_hours = _hours(_("Hours per month of each owner"), "120")
    capacities = models.JSONField(default=dict, help_text="hours of owners who have others: {user id: hours}")
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="one_touch_plan", condition=Q(id=1))]

    def __str__(self):
        return f"{len(self.rules)}"

    @classmethod
    def get(cls) -> "TouchPlan":
        """The row; made with its defaults when first asked for."""
        return cls.objects.get_or_create(id=1)[0]

    def hours(self, tier: str) -> Decimal:
        """Per customer and month."""
        return getattr(self, f"{tier}_hours")

    def days(self, tier: str) -> int | None:
        """How long the last contact may be ago; None: as long as it likes."""
        return getattr(self, f"{tier}_days")

    def capacity(self, user_id: int | None) -> Decimal:
        """Hours per month; nobody has none."""
        if user_id is None:
            return Decimal(0)
        return Decimal(str(self.capacities.get(str(user_id), self.capacity_hours)))


class CustomerTier(models.Model):
    """The tier a customer is in, since when, and what put him there."""

    class Why(models.TextChoices):
        FACTS = "facts", _("his figures")
        RULES = "rules", _("a change of the rules")
        HAND = "hand", _("set by hand")

    is_handed_over = False  # follows from rules, of whoever stands

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="touch")
    tier = models.CharField(max_length=4, choices=Tier)
    since = models.DateField()
    why = models.CharField(max_length=5, choices=Why, default=Why.FACTS)

    class Meta:
        indexes = [models.Index(fields=["tier"], name="tiers_by_tier")]

    def __str__(self):
        return f"{self.customer_id} {self.tier}"


class PastTier(models.Model):
    """A tier a customer was in: from `since` to the day before `until`. With CustomerTier: his tier on any day."""

    is_handed_over = False

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    tier = models.CharField(max_length=4, choices=Tier)
    since = models.DateField()
    until = models.DateField()
    why = models.CharField(max_length=5, choices=CustomerTier.Why)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_tier_a_day", fields=["customer", "since"])]
        indexes = [models.Index(fields=["until"], name="past_tiers_by_end")]

    def __str__(self):
        return f"{self.customer_id} {self.tier} {self.since}"


class TierOverride(models.Model):
    """A tier set by hand for one customer, with the reason; it holds up to and with `until` (empty: for good)."""

    is_handed_over = False  # whoever stands has his own

    customer = models.OneToOneField(Customer, models.PROTECT, primary_key=True, related_name="tier_override")
    tier = models.CharField(max_length=4, choices=Tier)
    reason = models.CharField(_("reason"), max_length=300)
    until = models.DateField(_("until"), null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    PERSONAL: ClassVar[dict[str, str]] = {"reason": ""}

    def __str__(self):
        return f"{self.customer_id} {self.tier}"
