"""Staff, their teams, the one row of settings, the audit log, and what the clock has run."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    """What someone may do: roles.py holds the table."""

    CS = "cs", _("CS staff")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Admin")


class Team(models.Model):
    """A group of staff."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    def __str__(self):
        return self.name


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its case."""

    def get_by_natural_key(self, username):
        return self.get(email__iexact=username)

    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email) if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, role=Role.ADMIN, **fields)


class User(AbstractBaseUser):
    """A staff member. One named in a file only (an unknown owner) has no e-mail and cannot sign in."""

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.CS)
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="members", verbose_name=_("team")
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_placeholder = models.BooleanField(default=False, help_text="made by an import; an admin joins it to a person")
    language = models.CharField(_("language"), max_length=5, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="a_placeholder_cannot_sign_in", condition=Q(is_placeholder=False) | Q(is_active=False)
            ),
        ]

    def __str__(self):
        return self.name

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name


class ChurnPolicy(models.TextChoices):
    CONTRACT = "contract", _("By contract")
    INACTIVITY = "inactivity", _("By purchases")
    EITHER = "either", _("Contract or purchases")


class Activity(models.TextChoices):
    PURCHASES = "purchases", _("Purchases")
    PURCHASES_AND_LOGINS = "purchases+logins", _("Purchases and logins")


class Tax(models.TextChoices):
    EXCLUDED = "excluded", _("before tax")
    INCLUDED = "included", _("with tax")


STAGE_DAYS = [MinValueValidator(1), MaxValueValidator(3650)]


def _known_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("%(value)s is not a known time zone."), params={"value": value})


class Installation(models.Model):
    """The company's settings: one row, id 1. `configure` and the settings page write it."""

    company_name = models.CharField(_("company name"), max_length=200, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3, default="JPY")
    time_zone = models.CharField(_("time zone"), max_length=50, default="Asia/Tokyo", validators=[_known_zone])
    churn_policy = models.CharField(
        _("churn policy"), max_length=12, choices=ChurnPolicy, default=ChurnPolicy.INACTIVITY
    )
    month_end = models.BooleanField(_("a contract's last day counts as gone at the end of that day"), default=True)
    pause_months = models.PositiveSmallIntegerField(
        _("months a pause may last"),
        default=6,
        db_default=6,
        validators=[MaxValueValidator(60)],
        help_text="so long a pausing contract's amount is neither churn nor contraction",
    )
    tax = models.CharField(_("amounts"), max_length=10, choices=Tax, default=Tax.EXCLUDED)
    inactivity_days = models.PositiveIntegerField(
        _("days without activity"), default=180, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    activity = models.CharField(
        _("what counts as activity"), max_length=20, choices=Activity, default=Activity.PURCHASES
    )
    rfm_window_days = models.PositiveIntegerField(
        _("RFM window in days"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # The company's own RFM cut-offs, four ascending figures each; None: scores by rank (PRODUCT.md §1).
    rfm_r_cutoffs = ArrayField(
        models.PositiveIntegerField(), verbose_name=_("RFM cut-offs of recency"), size=4, null=True, blank=True
    )
    rfm_f_cutoffs = ArrayField(
        models.PositiveIntegerField(), verbose_name=_("RFM cut-offs of frequency"), size=4, null=True, blank=True
    )
    rfm_m_cutoffs = ArrayField(
        models.DecimalField(max_digits=14, decimal_places=2),
        verbose_name=_("RFM cut-offs of monetary"),
        size=4,
        null=True,
        blank=True,
    )
    rfm_grid = ArrayField(
        models.CharField(max_length=20),
        verbose_name=_("painted RFM grid"),
        size=25,
        null=True,
        blank=True,
        help_text="the segment of each cell, R 1 first, in it F 1 first; None: as PRODUCT.md has it",
    )
    # Thresholds of the lifecycle in days; the last three are parts of inactivity_days where empty.
    fresh_days = models.PositiveIntegerField(_("new and won back for"), default=90, validators=STAGE_DAYS)
    unused_days = models.PositiveIntegerField(_("unused after"), default=60, validators=STAGE_DAYS)
    renewal_days = models.PositiveIntegerField(_("renewal is near from"), default=60, validators=STAGE_DAYS)
    silent_days = models.PositiveIntegerField(_("silent before a renewal"), default=30, validators=STAGE_DAYS)
    slipping_days = models.PositiveIntegerField(_("slipping after"), null=True, blank=True, validators=STAGE_DAYS)
    pre_dormant_days = models.PositiveIntegerField(_("pre-dormant after"), null=True, blank=True, validators=STAGE_DAYS)
    dormant_days = models.PositiveIntegerField(
        _("dormant up to"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(36_500)]
    )
    margin = models.DecimalField(
        _("margin"),
        max_digits=6,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"), default=4, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    # What the law asks to stand in every promotional mail; while one is empty, sending is off and says so.
    sender_name = models.CharField(_("sender's name"), max_length=200, blank=True, default="")
    sender_email = models.EmailField(_("sender's e-mail"), blank=True, default="")
    sender_address = models.CharField(_("sender's postal address"), max_length=300, blank=True, default="")
    complaint_contact = models.CharField(_("where to complain"), max_length=300, blank=True, default="")
    refusal_notice = models.CharField(_("sentence on how to refuse"), max_length=300, blank=True, default="")
    # Politeness of promotions (QUALITY.md: K9): one budget a person over all channels and campaigns, and when to rest.
    contact_budget = models.PositiveSmallIntegerField(
        _("promotions one person gets, at most"), default=4, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    contact_budget_days = models.PositiveSmallIntegerField(
        _("within days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True, default=dt.time(20))
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True, default=dt.time(8))
    sends_on_weekends = models.BooleanField(_("promotions on weekends"), default=True)
    sends_on_holidays = models.BooleanField(
        _("promotions on public holidays"), default=False, help_text="also Obon and the turn of the year"
    )
    # A second person looks at it (K11); None: never needed.
    approval_above = models.PositiveIntegerField(_("approval above this many recipients"), null=True, blank=True)
    approval_percent_off = models.PositiveSmallIntegerField(
        _("approval for offers above this percentage"), null=True, blank=True
    )
    approval_amount_off = models.DecimalField(
        _("approval for offers above this amount"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    is_demo = models.BooleanField(default=False, help_text="any process sends to loopback only")
    loaded_at = models.DateTimeField(null=True, blank=True, help_text="the demo has been loaded whole")
    sending_stopped = models.CharField(max_length=200, blank=True, default="", help_text="why nothing is sent now")

    class Meta:
        constraints = [models.CheckConstraint(name="one_installation", condition=Q(id=1))]

    def __str__(self):
        return self.company_name or "Modoru"

    @classmethod
    def get(cls) -> "Installation":
        """The row; made with its defaults when first asked for."""
        return cls.objects.get_or_create(id=1)[0]

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone."""
        return ZoneInfo(self.time_zone)

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The business day of a moment."""
        return moment.astimezone(self.zone).date()

    @property
    def stages(self) -> dict[str, int]:
        """The thresholds of the lifecycle in days (PRODUCT.md §1): a third, two thirds and three times N unless set."""
        days = self.inactivity_days
        return {
            "fresh_days": self.fresh_days,
            "unused_days": self.unused_days,
            "renewal_days": self.renewal_days,
            "silent_days": self.silent_days,
            "slipping_days": self.slipping_days or days // 3,
            "pre_dormant_days": self.pre_dormant_days or 2 * days // 3,
            "dormant_days": self.dormant_days or 3 * days,
        }

    @property
    def missing_sender_items(self) -> list[str]:
        """Names of the five display items not yet filled."""
        fields = ["sender_name", "sender_email", "sender_address", "complaint_contact", "refusal_notice"]
        return [field for field in fields if not getattr(self, field)]


class AuditEvent(models.Model):
    """Who saw or changed what. Rows are only ever added: a trigger refuses the rest."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True, default="")
    object_id = models.CharField(max_length=60, blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "-at"], name="audit_by_object")]

    def __str__(self):
        return f"{self.action} {self.object_type} {self.object_id}"


class JobRun(models.Model):
    """One run of something the clock does: unique in (job, due), so two clocks do it once."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    job = models.CharField(max_length=60)
    due = models.CharField(max_length=40, help_text="the due time or day as text")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_run_per_due_time", fields=["job", "due"])]
        ordering = [F("started_at").desc()]

    def __str__(self):
        return f"{self.job} {self.due}: {self.state}"


class ApiKey(models.Model):
    """A key for programs. The secret is shown once; here stand its first letters and its SHA-256."""

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"), default=list)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True, help_text="the calls let in so far, at their spacing, end here")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    def __str__(self):
        return self.name


class IdempotentCall(models.Model):
    """An API call that carried an Idempotency-Key: while it runs, and its answer for a day afterwards."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField(null=True, help_text="empty while it runs")
    body = models.JSONField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_call_a_key", fields=["api_key", "key"])]

    def __str__(self):
        return self.key


class WebhookEndpoint(models.Model):
    """An address of the company's that wants to hear of news."""

    url = models.URLField("URL", max_length=500)
    secret = models.CharField(max_length=100, help_text="whsec_… after Standard Webhooks")
    kinds = ArrayField(models.CharField(max_length=40), default=list)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.url


class WebhookMessage(models.Model):
    """One piece of news for one endpoint: the queue, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("webhook", "waiting")
        DELIVERED = "delivered", pgettext_lazy("webhook", "delivered")
        DEAD = "dead", pgettext_lazy("webhook", "given up")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="messages")
    message_id = models.CharField(max_length=60, unique=True, help_text="webhook-id; the same at every attempt")
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    claim_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="webhooks_due", condition=models.Q(state="waiting"))]

    def __str__(self):
        return f"{self.kind} {self.state}"


class ClosedDays(models.Model):
    """Days the company is closed (お盆, 年末年始, 創立記念日 …): no promotions, and no working days for waits."""

    name = models.CharField(_("name"), max_length=100)
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    is_yearly = models.BooleanField(_("every year"), default=False)

    class Meta:
        ordering = ["first_on"]
        constraints = [
            models.CheckConstraint(name="closed_days_in_order", condition=Q(last_on__gte=models.F("first_on"))),
        ]

    def __str__(self):
        return self.name
