"""How each customer is, as last computed, and what was stored of the past."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer


class Lifecycle(models.TextChoices):
    """PRODUCT.md §1; some words differ by churn policy (labels.py)."""

    PROSPECT = "prospect", pgettext_lazy("lifecycle", "Prospect")
    NEW = "new", pgettext_lazy("lifecycle", "New")
    ACTIVE = "active", pgettext_lazy("lifecycle", "Active")
    SLIPPING = "slipping", pgettext_lazy("lifecycle", "Slipping")
    PRE_DORMANT = "pre_dormant", pgettext_lazy("lifecycle", "Pre-dormant")
    UNUSED = "unused", pgettext_lazy("lifecycle", "Under contract, unused")
    WON_BACK = "won_back", pgettext_lazy("lifecycle", "Won back")
    DORMANT = "dormant", pgettext_lazy("lifecycle", "Dormant")
    LAPSED = "lapsed", pgettext_lazy("lifecycle", "Lapsed")
    CANCELLED = "cancelled", pgettext_lazy("lifecycle", "Cancelled")


class RfmSegment(models.TextChoices):
    CHAMPIONS = "champions", _("Champions")
    LOYAL_CUSTOMERS = "loyal_customers", _("Loyal customers")
    POTENTIAL_LOYALISTS = "potential_loyalists", _("Potential loyalists")
    NEW_CUSTOMERS = "new_customers", _("New customers")
    PROMISING = "promising", _("Promising")
    NEED_ATTENTION = "need_attention", _("Need attention")
    ABOUT_TO_SLEEP = "about_to_sleep", _("About to sleep")
    AT_RISK = "at_risk", _("At risk")
    CANT_LOSE_THEM = "cant_lose_them", _("Can't lose them")
    HIBERNATING = "hibernating", _("Hibernating")


class CustomerActivity(models.Model):
    """What scores need of a customer's raw rows, one row a current customer: columns as in sql/activity.sql.

    As of the day of the last run (scoring.last_run); only rows that differ are written.
    """

    is_handed_over = False  # derived: computed anew for both sides of a merge

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    first_purchase_on = models.DateField(null=True)
    last_purchase_on = models.DateField(null=True)
    last_login_on = models.DateField(null=True)
    last_activity_on = models.DateField(null=True)
    orders_in_window = models.IntegerField()
    net_in_window = models.DecimalField(max_digits=20, decimal_places=2)
    net = models.DecimalField(max_digits=20, decimal_places=2)
    x = models.IntegerField()
    t_x = models.IntegerField(null=True)
    repeat_amount = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    spells = models.IntegerField()
    first_from = models.DateField(null=True)
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True)
    returned_on = models.DateField(null=True)
    resumed_on = models.DateField(null=True)
    plan = models.CharField(max_length=100, blank=True, default="")
    mrr = models.DecimalField(max_digits=20, decimal_places=2)
    notice_given_on = models.DateField(null=True)
    renews_on = models.DateField(null=True)
    notice_due_on = models.DateField(null=True)
    covered_from = models.DateField(null=True)
    covered_until = models.DateField(null=True)
    signed_base = models.DecimalField(max_digits=50, decimal_places=24, null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    def __str__(self):
        return f"{self.customer_id} {self.last_activity_on}"


class Score(models.Model):
    """One row a customer, as of `as_of`; only rows that changed are written. Days are dates, never "days since"."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="score")
    as_of = models.DateField(help_text="the day this row last changed; scoring.last_run() is the day all rows speak of")
    # activity
    first_purchase_on = models.DateField(null=True)
    last_purchase_on = models.DateField(null=True)
    last_login_on = models.DateField(null=True)
    last_activity_on = models.DateField(null=True, help_text="under the churn policy")
    frequency = models.IntegerField(default=0, help_text="distinct orders in the window")
    monetary = models.DecimalField(
        max_digits=20, decimal_places=2, default=0, help_text="net of refunds, in the window"
    )
    repeat_days = models.IntegerField(default=0, help_text="x: distinct purchase days after the first")
    repeat_value = models.DecimalField(
        max_digits=20, decimal_places=2, null=True, help_text="m: mean amount per repeat day"
    )
    # RFM
    r = models.SmallIntegerField(null=True)
    f = models.SmallIntegerField(null=True)
    m = models.SmallIntegerField(null=True)
    rfm_segment = models.CharField(max_length=20, choices=RfmSegment, blank=True, default="")
    rfm_previous = models.CharField(max_length=20, choices=RfmSegment, blank=True, default="")
    rfm_changed_on = models.DateField(null=True)
    rfm_by_cutoffs = models.BooleanField(
        default=False, help_text="the last change came without a purchase or refund of his own"
    )
    is_vip = models.BooleanField(default=False)
    # lifecycle
    lifecycle = models.CharField(max_length=12, choices=Lifecycle, default=Lifecycle.PROSPECT)
    lifecycle_since = models.DateField(null=True)
    is_active = models.BooleanField(default=False, help_text="under the churn policy at the end of as_of")
    # contract
    plan = models.CharField(max_length=100, blank=True, default="")
    mrr = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    renews_on = models.DateField(null=True)
    notice_due_on = models.DateField(null=True, help_text="last day to give notice before renews_on")
    notice_given_on = models.DateField(null=True)
    contract_started_on = models.DateField(null=True, help_text="since when cover by contract is unbroken")
    ltv_historic = models.DecimalField(max_digits=20, decimal_places=2, null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        indexes = [
            models.Index(fields=["rfm_segment"], name="scores_by_rfm"),
            models.Index(fields=["lifecycle"], name="scores_by_lifecycle"),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.r}{self.f}{self.m}"


class Prediction(models.Model):
    """What moves every day for everybody; the narrow table rewritten each night."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="prediction")
    as_of = models.DateField()
    p_alive = models.FloatField(null=True)
    expected_purchases_365d = models.FloatField(null=True)
    expected_value = models.FloatField(null=True, help_text="per purchase")
    churn_risk = models.FloatField(null=True, help_text="chance not to be active at the end of as_of + 90 days")
    next_purchase_days = models.FloatField(null=True, help_text="median, if still a customer")
    ltv_predicted = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    reasons = models.JSONField(
        null=True,
        help_text="of a contract's risk: codes, weightiest first, + raises, - lowers; the facts they speak of",
    )

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        indexes = [models.Index(fields=["-churn_risk"], name="predictions_by_risk")]

    def __str__(self):
        return f"{self.customer_id} {self.p_alive}"


class ScoreSnapshot(models.Model):
    """What was stored of a customer at the end of a month (and of each day the night closed as month's last)."""

    is_handed_over = False  # merged into another: what was stored of him stays his

    as_of = models.DateField()
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    rfm_segment = models.CharField(max_length=20, blank=True, default="")
    r = models.SmallIntegerField(null=True)
    f = models.SmallIntegerField(null=True)
    m = models.SmallIntegerField(null=True)
    lifecycle = models.CharField(max_length=12)
    is_active = models.BooleanField()
    plan = models.CharField(max_length=100, blank=True, default="")
    mrr = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    ltv_historic = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    p_alive = models.FloatField(null=True)
    churn_risk = models.FloatField(null=True)
    expected_purchases_365d = models.FloatField(null=True)
    expected_value = models.FloatField(null=True)
    ltv_predicted = models.DecimalField(max_digits=20, decimal_places=2, null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_snapshot_a_day", fields=["as_of", "customer"])]

    def __str__(self):
        return f"{self.customer_id} {self.as_of}"


class LifecycleStage(models.Model):
    """A stage a customer was in, as the runs saw it: from its first day to the first day of the next (empty: still).

    A stage that began and ended between two runs is not known. Rows that come in late replace what they disprove.
    """

    is_handed_over = False  # merged into another: the stages he went through stay his

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="stages", db_index=False)
    lifecycle = models.CharField(max_length=12, choices=Lifecycle)
    began_on = models.DateField(null=True, help_text="empty: always so far (a prospect)")
    ended_on = models.DateField(null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_stage_at_a_time", fields=["customer"], condition=models.Q(ended_on=None)),
        ]
        indexes = [models.Index(fields=["customer", "began_on"], name="stages_by_customer")]

    def __str__(self):
        return f"{self.customer_id} {self.lifecycle} {self.began_on}"


class ModelFit(models.Model):
    """A fit of the purchase model as of a day: parameters, likelihoods, or why there is none."""

    as_of = models.DateField(unique=True)
    customers = models.IntegerField(help_text="n")
    repeaters = models.IntegerField(help_text="n_repeat: customers in Gamma-Gamma")
    params = models.JSONField(help_text="r, alpha, a, b, log_likelihood, nbd {…}, p, q, gamma; null where not fitted")
    uses = models.CharField(max_length=10, choices=[(k, k) for k in ("bgnbd", "nbd", "none")])
    reason = models.CharField(max_length=40, blank=True, default="", help_text="code of why there is no fit")
    risk = models.JSONField(default=dict, help_text="contract: scores.contract_risk; shares: observed by kind, bucket")
    backtest = models.JSONField(null=True, help_text="scores.backtesting; null where not done with this fit")
    fitted_at = models.DateTimeField()

    def __str__(self):
        return f"{self.as_of} {self.uses}"


class ScoringRun(models.Model):
    """One run of scoring: whom it covered, as of which day, and what became of it."""

    class Covers(models.TextChoices):
        EVERYBODY = "everybody", _("everybody")
        TOUCHED = "touched", _("customers whose facts changed")

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("scoring run", "Running")
        DONE = "done", pgettext_lazy("scoring run", "Done")
        FAILED = "failed", pgettext_lazy("scoring run", "Failed")
        DIED = "died", pgettext_lazy("scoring run", "Broken off")

    as_of = models.DateField()
    covers = models.CharField(max_length=10, choices=Covers, default=Covers.EVERYBODY)
    customers = models.IntegerField(default=0, help_text="whose activity was computed")
    changed = models.IntegerField(default=0, help_text="rows of activity, scores and predictions written")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    error = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField(help_text="facts known then are in the scores")
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    settings = models.CharField(max_length=16, blank=True, default="", help_text="hash of what activity depends on")
    company = models.JSONField(null=True, encoder=DjangoJSONEncoder, help_text="scoring.company of the day")

    class Meta:
        indexes = [models.Index(fields=["state", "-id"], name="scoring_runs_by_state")]

    def __str__(self):
        return f"{self.as_of} {self.covers} {self.state}"
