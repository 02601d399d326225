"""Rollups: figures computed once, what they are made from, and the bookkeeping of what is filled."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from customers.models import Customer


class Fill(models.Model):
    """Which metric is filled for which period, as of which day, under which settings; half-done ones are redone."""

    metric = models.CharField(max_length=20)
    period = models.CharField(max_length=10, help_text="1997-02, 1997-Q1, or a day for what has no period")
    settings = models.CharField(max_length=16, help_text="hash of the settings the figure depends on")
    as_of = models.DateField()
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True, help_text="what it took")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_fill_a_period", fields=["metric", "period"])]

    def __str__(self):
        return f"{self.metric} {self.period}"


class Stale(models.Model):
    """A month whose rows changed since it was last filled: written by triggers on the facts and by whoever knows.

    Several rows may name one month: writers never wait for each other. Who fills takes those it saw.
    """

    kind = models.CharField(max_length=10, help_text="purchases, logins, contracts, activity, values …")
    month = models.DateField(help_text="first day of the month; months after it where `onward`")
    onward = models.BooleanField(default=False, db_default=False, help_text="and every month after it")

    def __str__(self):
        return f"{self.kind} {self.month:%Y-%m}"


class Spell(models.Model):
    """When a customer was active, as last known: `active_spells` of scores.spells, kept. 9999-12-31 is open."""

    is_handed_over = False  # derived: computed anew for both sides of a merge

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    from_on = models.DateField()
    until_on = models.DateField(help_text="the last day at whose end he was active")

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_spell_a_start", fields=["customer", "from_on"])]
        indexes = [
            models.Index(fields=["until_on", "customer"], name="spells_by_end"),
            models.Index(fields=["from_on", "customer"], name="spells_by_start"),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.from_on} – {self.until_on}"


class Filed(models.Model):
    """Days in which nothing changed by which figures are cut: what a period beginning on one of them files him under.

    The first stretch begins with the first day there is (0001-01-01), the last is open (9999-12-31).
    """

    is_handed_over = False

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    from_on = models.DateField()
    until_on = models.DateField(help_text="last day")
    owner = models.CharField(max_length=20, blank=True, default="", help_text="the user's id")
    industry = models.CharField(max_length=100, blank=True, default="")
    region = models.CharField(max_length=100, blank=True, default="")
    plan = models.CharField(max_length=100, blank=True, default="", help_text="of the largest term on the day before")
    tier = models.CharField(max_length=4, blank=True, default="")

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="filed_once_a_day", fields=["customer", "from_on"])]

    def __str__(self):
        return f"{self.customer_id} {self.from_on} – {self.until_on}"


class RevenueSpell(models.Model):
    """A stretch of days with one monthly amount of a customer: all his paid terms together. 9999-12-31 is open."""

    is_handed_over = False

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    from_on = models.DateField()
    until_on = models.DateField(help_text="last day")
    mrr = models.DecimalField(max_digits=20, decimal_places=2)
    paused = models.DecimalField(max_digits=20, decimal_places=2, default=0, help_text="the part of it that pauses")

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        constraints = [models.UniqueConstraint(name="one_revenue_a_start", fields=["customer", "from_on"])]
        indexes = [
            models.Index(fields=["until_on", "customer"], name="revenue_spells_by_end"),
            models.Index(fields=["from_on", "customer"], name="revenue_spells_by_start"),
            models.Index(fields=["customer"], name="revenue_spells_pausing", condition=models.Q(paused__gt=0)),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.from_on} – {self.until_on}: {self.mrr}"


class FirstDay(models.Model):
    """When a customer first bought, signed a paid term and logged in: which cohort he belongs to."""

    is_handed_over = False

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    bought_on = models.DateField(null=True)
    signed_on = models.DateField(null=True)
    logged_in_on = models.DateField(null=True)
    last_bought_on = models.DateField(null=True)
    last_logged_in_on = models.DateField(null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        indexes = [
            models.Index(fields=["bought_on"], name="first_days_by_purchase"),
            models.Index(fields=["signed_on"], name="first_days_by_contract"),
            models.Index(fields=["logged_in_on"], name="first_days_by_login"),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.bought_on} {self.signed_on}"


class Worth(models.Model):
    """What a customer is worth and when he bought first, second and third: behind the figures of LTV and of repeat
    buying. Of whoever ever bought or signed; only rows that differ are written."""

    is_handed_over = False

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    historic = models.DecimalField(max_digits=20, decimal_places=2, null=True, help_text="empty: none under the policy")
    to_come = models.DecimalField(max_digits=20, decimal_places=2, null=True, help_text="in the next 12 months")
    began_on = models.DateField(null=True, help_text="first purchase or paid term, as the policy has it")
    bought_on = models.DateField(null=True)
    second_on = models.DateField(null=True, help_text="the second day on which he bought")
    third_on = models.DateField(null=True)

    PERSONAL: ClassVar[dict[str, str]] = {}

    class Meta:
        indexes = [
            models.Index(fields=["-historic", "customer"], name="worth_most_first", condition=~Q(historic=None)),
            models.Index(fields=["began_on", "customer"], name="worth_by_begin"),
            models.Index(fields=["bought_on", "customer"], name="worth_by_first_purchase"),
            models.Index(fields=["second_on", "customer"], name="worth_by_second_purchase"),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.historic}"


class ChurnRollup(models.Model):
    """Churn of one period by none, one or two dimensions ('' = none); a group is the value at the period's start."""

    first = models.DateField(help_text="first day of the period")
    months = models.PositiveSmallIntegerField(help_text="1, 3, 6 or 12")
    dimension = models.CharField(max_length=10, blank=True, default="")
    group = models.CharField(max_length=200, blank=True, default="", help_text="an owner's is the user's id")
    second = models.CharField(max_length=10, blank=True, default="", db_default="", help_text="the other dimension")
    second_group = models.CharField(max_length=200, blank=True, default="", db_default="")
    at_start = models.IntegerField()
    lost = models.IntegerField()
    joined = models.IntegerField(default=0, db_default=0, help_text="active at the end, never before the period")
    won_back = models.IntegerField(default=0, db_default=0, help_text="active at the end, not at the start, but before")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_churn_a_group", fields=["months", "dimension", "second", "first", "group", "second_group"]
            ),
        ]

    def __str__(self):
        return f"{self.first:%Y-%m} {self.dimension}={self.group}: {self.lost}/{self.at_start}"


class CohortRollup(models.Model):
    """Of those who began in `cohort`: how many are there `month` periods later, and what they brought then."""

    kind = models.CharField(max_length=10, default="", db_default="", blank=True, help_text="'' = as the policy has it")
    months = models.PositiveSmallIntegerField(default=1, db_default=1, help_text="of a period: 1 or 3")
    cohort = models.DateField(help_text="first day of the month or quarter")
    month = models.PositiveSmallIntegerField(help_text="which period after it, 0 the same")
    size = models.IntegerField()
    retained = models.IntegerField()
    retained_after = models.IntegerField(null=True, help_text="there in that period or a later one")
    revenue = models.DecimalField(max_digits=20, decimal_places=2, null=True, help_text="net, in that period")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_cohort_a_month", fields=["kind", "months", "cohort", "month"])]

    def __str__(self):
        return f"{self.kind} {self.cohort:%Y-%m} +{self.month}: {self.retained}/{self.size}"


class MovementRollup(models.Model):
    """How the monthly amounts moved between the two ends of a period (PRODUCT.md §1 "Revenue retention")."""

    first = models.DateField(help_text="first day of the period")
    months = models.PositiveSmallIntegerField(help_text="1, 3, 6 or 12")
    dimension = models.CharField(max_length=10, blank=True, default="")
    group = models.CharField(max_length=200, blank=True, default="", help_text="the value at the period's start")
    customers = models.IntegerField(help_text="under contract at the start")
    at_start = models.DecimalField(max_digits=20, decimal_places=2)
    new = models.DecimalField(max_digits=20, decimal_places=2)
    reactivated = models.DecimalField(max_digits=20, decimal_places=2)
    expansion = models.DecimalField(max_digits=20, decimal_places=2)
    contraction = models.DecimalField(max_digits=20, decimal_places=2)
    churned = models.DecimalField(max_digits=20, decimal_places=2)
    paused = models.DecimalField(max_digits=20, decimal_places=2, help_text="pausing at the end, within the other sums")
    at_end = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_movement_a_group", fields=["months", "dimension", "first", "group"])
        ]

    def __str__(self):
        return f"{self.first:%Y-%m} {self.dimension}={self.group}: {self.at_start} → {self.at_end}"


class KeptReport(models.Model):
    """The rows of one report as of the last night, as the pages show them; groups as stored values.

    `name` is ltv, rfm, figures, stake … and `by` the dimension of the cut ('' = everybody).
    """

    name = models.CharField(max_length=20)
    by = models.CharField(max_length=20, blank=True, default="")
    as_of = models.DateField()
    rows = models.JSONField(encoder=DjangoJSONEncoder, help_text="amounts as texts, so that they stay exact")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_kept_report", fields=["name", "by"])]

    def __str__(self):
        return f"{self.name} {self.by} {self.as_of}"


class RfmFlow(models.Model):
    """Who went from which RFM segment to which between two days: kept each night for the usual pairs, else asked for.

    The queue of what is asked for is this table: a worker takes what waits, and what a killed one left.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("movement", "waiting")
        RUNNING = "running", pgettext_lazy("movement", "being computed")
        DONE = "done", pgettext_lazy("movement", "done")
        FAILED = "failed", pgettext_lazy("movement", "failed")

    from_on = models.DateField()
    to_on = models.DateField(help_text="after from_on")
    is_live = models.BooleanField(default=False, help_text="to_on was the day of the stored scores, not a snapshot")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.CharField(max_length=300, blank=True, default="")
    rows = models.JSONField(
        encoder=DjangoJSONEncoder, default=list, help_text="was, became, customers, own, ltv, brought"
    )
    asked_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_flow_a_pair", fields=["from_on", "to_on"]),
            models.CheckConstraint(name="flow_goes_forward", condition=models.Q(from_on__lt=models.F("to_on"))),
        ]

    def __str__(self):
        return f"{self.from_on} → {self.to_on}: {self.state}"
