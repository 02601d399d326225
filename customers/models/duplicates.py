"""Customers that may be one and the same, what was decided, and what a merge moved."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .people import Customer


class Duplicate(models.Model):
    """A pair that may be one customer (`first` has the smaller id), how sure we are and why."""

    is_handed_over = False  # customers.merging decides what becomes of pairs

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        REJECTED = "rejected", _("two different customers")
        MERGED = "merged", _("merged")
        GONE = "gone", _("no longer alike")

    class Proposal(models.TextChoices):
        MERGE = "merge", _("merge")
        PARENT = "parent", _("head office and branch")

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    proposal = models.CharField(max_length=10, choices=Proposal, default=Proposal.MERGE)
    score = models.PositiveSmallIntegerField(help_text="0–100: how sure")
    reasons = ArrayField(models.CharField(max_length=30), help_text="codes: same phone, same e-mail …")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_row_a_pair", fields=["first", "second"]),
            models.CheckConstraint(name="a_pair_is_ordered", condition=Q(first__lt=F("second"))),
        ]
        indexes = [
            models.Index(fields=["-score", "id"], name="duplicates_open", condition=Q(state="open")),
        ]

    def __str__(self):
        return f"{self.first_id} = {self.second_id}? {self.score}"


class Merge(models.Model):
    """One customer put into another. Nothing is deleted: undone, every field and row stands as before."""

    is_handed_over = False  # tells who was merged, whoever stands now

    winner = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    loser = models.ForeignKey(Customer, models.PROTECT, related_name="merged_by")
    before = models.JSONField(help_text="the winner's changed columns: what stood there")
    after = models.JSONField(help_text="the same columns: what the merge wrote")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    def __str__(self):
        return f"{self.loser_id} → {self.winner_id}"


class MergeMove(models.Model):
    """A row a merge handed from the loser to the winner, with columns it had to change.

    Without `field`: a pair (Duplicate) it decided, and how that stood; `before` is empty where it made the row.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="moves")
    model = models.CharField(max_length=60, help_text="app_label.model_name")
    field = models.CharField(max_length=60, help_text="the column that names the customer")
    row_id = models.BigIntegerField()
    before = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["merge", "model"], name="moves_by_model")]

    def __str__(self):
        return f"{self.model} {self.row_id}"


class QualityFigure(models.Model):
    """How many customers a check found on a day, by source and owner: the trend of the quality page."""

    day = models.DateField()
    check_name = models.CharField(max_length=40)
    source = models.CharField(max_length=100, blank=True, default="", help_text="the file's name, API, by hand")
    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    found = models.IntegerField()
    of = models.IntegerField(help_text="customers looked at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_figure_a_day", fields=["day", "check_name", "source", "owner"], nulls_distinct=False
            ),
        ]

    def __str__(self):
        return f"{self.day} {self.check_name} {self.found}"
