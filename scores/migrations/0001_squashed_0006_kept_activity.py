"""The tables of the migrations named below, for a database that has none of them: in one step, and quicker."""

from importlib import import_module

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


def statements(name: str) -> list[migrations.RunSQL]:
    """What another migration of this app says in SQL."""
    there = import_module(f"scores.migrations.{name}").Migration.operations
    return [operation for operation in there if isinstance(operation, migrations.RunSQL)]


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("scores", "0001_initial"),
        ("scores", "0002_what_changed_and_notice"),
        ("scores", "0003_room_for_large_sums"),
        ("scores", "0004_scoring_runs"),
        ("scores", "0005_what_risk_was_learnt_from"),
        ("scores", "0006_kept_activity"),
    ]

    dependencies = [
        ("customers", "0011_logins_by_contact"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerActivity",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("first_purchase_on", models.DateField(null=True)),
                ("last_purchase_on", models.DateField(null=True)),
                ("last_login_on", models.DateField(null=True)),
                ("last_activity_on", models.DateField(null=True)),
                ("orders_in_window", models.IntegerField()),
                ("net_in_window", models.DecimalField(decimal_places=2, max_digits=20)),
                ("net", models.DecimalField(decimal_places=2, max_digits=20)),
                ("x", models.IntegerField()),
                ("t_x", models.IntegerField(null=True)),
                ("repeat_amount", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("spells", models.IntegerField()),
                ("first_from", models.DateField(null=True)),
                ("from_on", models.DateField(null=True)),
                ("until_on", models.DateField(null=True)),
                ("returned_on", models.DateField(null=True)),
                ("resumed_on", models.DateField(null=True)),
                ("plan", models.CharField(blank=True, default="", max_length=100)),
                ("mrr", models.DecimalField(decimal_places=2, max_digits=20)),
                ("notice_given_on", models.DateField(null=True)),
                ("renews_on", models.DateField(null=True)),
                ("notice_due_on", models.DateField(null=True)),
                ("covered_from", models.DateField(null=True)),
                ("covered_until", models.DateField(null=True)),
                ("signed_base", models.DecimalField(decimal_places=24, max_digits=50, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ModelFit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField(unique=True)),
                ("customers", models.IntegerField(help_text="n")),
                ("repeaters", models.IntegerField(help_text="n_repeat: customers in Gamma-Gamma")),
                (
                    "params",
                    models.JSONField(
                        help_text="r, alpha, a, b, log_likelihood, nbd {…}, p, q, gamma; null where not fitted"
                    ),
                ),
                (
                    "uses",
                    models.CharField(choices=[("bgnbd", "bgnbd"), ("nbd", "nbd"), ("none", "none")], max_length=10),
                ),
                (
                    "reason",
                    models.CharField(blank=True, default="", help_text="code of why there is no fit", max_length=40),
                ),
                (
                    "risk",
                    models.JSONField(
                        default=dict, help_text="contract: scores.contract_risk; shares: observed by kind, bucket"
                    ),
                ),
                (
                    "backtest",
                    models.JSONField(help_text="scores.backtesting; null where not done with this fit", null=True),
                ),
                ("fitted_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Prediction",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="prediction",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("as_of", models.DateField()),
                ("p_alive", models.FloatField(null=True)),
                ("expected_purchases_365d", models.FloatField(null=True)),
                ("expected_value", models.FloatField(help_text="per purchase", null=True)),
                (
                    "churn_risk",
                    models.FloatField(help_text="chance not to be active at the end of as_of + 90 days", null=True),
                ),
                ("next_purchase_days", models.FloatField(help_text="median, if still a customer", null=True)),
                ("ltv_predicted", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                (
                    "reasons",
                    models.JSONField(
                        help_text="of a contract's risk: codes, weightiest first, + raises, - lowers; the facts they speak of",
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-churn_risk"], name="predictions_by_risk")],
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="score",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                (
                    "as_of",
                    models.DateField(
                        help_text="the day this row last changed; scoring.last_run() is the day all rows speak of"
                    ),
                ),
                ("first_purchase_on", models.DateField(null=True)),
                ("last_purchase_on", models.DateField(null=True)),
                ("last_login_on", models.DateField(null=True)),
                ("last_activity_on", models.DateField(help_text="under the churn policy", null=True)),
                ("frequency", models.IntegerField(default=0, help_text="distinct orders in the window")),
                (
                    "monetary",
                    models.DecimalField(
                        decimal_places=2, default=0, help_text="net of refunds, in the window", max_digits=20
                    ),
                ),
                ("repeat_days", models.IntegerField(default=0, help_text="x: distinct purchase days after the first")),
                (
                    "repeat_value",
                    models.DecimalField(
                        decimal_places=2, help_text="m: mean amount per repeat day", max_digits=20, null=True
                    ),
                ),
                ("r", models.SmallIntegerField(null=True)),
                ("f", models.SmallIntegerField(null=True)),
                ("m", models.SmallIntegerField(null=True)),
                (
                    "rfm_segment",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("champions", "Champions"),
                            ("loyal_customers", "Loyal customers"),
                            ("potential_loyalists", "Potential loyalists"),
                            ("new_customers", "New customers"),
                            ("promising", "Promising"),
                            ("need_attention", "Need attention"),
                            ("about_to_sleep", "About to sleep"),
                            ("at_risk", "At risk"),
                            ("cant_lose_them", "Can't lose them"),
                            ("hibernating", "Hibernating"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "rfm_previous",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("champions", "Champions"),
                            ("loyal_customers", "Loyal customers"),
                            ("potential_loyalists", "Potential loyalists"),
                            ("new_customers", "New customers"),
                            ("promising", "Promising"),
                            ("need_attention", "Need attention"),
                            ("about_to_sleep", "About to sleep"),
                            ("at_risk", "At risk"),
                            ("cant_lose_them", "Can't lose them"),
                            ("hibernating", "Hibernating"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("rfm_changed_on", models.DateField(null=True)),
                (
                    "rfm_by_cutoffs",
                    models.BooleanField(
                        default=False, help_text="the last change came without a purchase or refund of his own"
                    ),
                ),
                ("is_vip", models.BooleanField(default=False)),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("new", "New"),
                            ("active", "Active"),
                            ("slipping", "Slipping"),
                            ("pre_dormant", "Pre-dormant"),
                            ("unused", "Under contract, unused"),
                            ("won_back", "Won back"),
                            ("dormant", "Dormant"),
                            ("lapsed", "Lapsed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="prospect",
                        max_length=12,
                    ),
                ),
                ("lifecycle_since", models.DateField(null=True)),
                (
                    "is_active",
                    models.BooleanField(default=False, help_text="under the churn policy at the end of as_of"),
                ),
                ("plan", models.CharField(blank=True, default="", max_length=100)),
                ("mrr", models.DecimalField(decimal_places=2, default=0, max_digits=20)),
                ("renews_on", models.DateField(null=True)),
                ("notice_due_on", models.DateField(help_text="last day to give notice before renews_on", null=True)),
                ("notice_given_on", models.DateField(null=True)),
                (
                    "contract_started_on",
                    models.DateField(help_text="since when cover by contract is unbroken", null=True),
                ),
                ("ltv_historic", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["rfm_segment"], name="scores_by_rfm"),
                    models.Index(fields=["lifecycle"], name="scores_by_lifecycle"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField()),
                (
                    "covers",
                    models.CharField(
                        choices=[("everybody", "everybody"), ("touched", "customers whose facts changed")],
                        default="everybody",
                        max_length=10,
                    ),
                ),
                ("customers", models.IntegerField(default=0, help_text="whose activity was computed")),
                (
                    "changed",
                    models.IntegerField(default=0, help_text="rows of activity, scores and predictions written"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("died", "Broken off"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=500)),
                ("started_at", models.DateTimeField(help_text="facts known then are in the scores")),
                ("finished_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(null=True)),
                (
                    "settings",
                    models.CharField(
                        blank=True, default="", help_text="hash of what activity depends on", max_length=16
                    ),
                ),
                (
                    "company",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        help_text="scoring.company of the day",
                        null=True,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "-id"], name="scoring_runs_by_state")],
            },
        ),
        migrations.CreateModel(
            name="LifecycleStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("new", "New"),
                            ("active", "Active"),
                            ("slipping", "Slipping"),
                            ("pre_dormant", "Pre-dormant"),
                            ("unused", "Under contract, unused"),
                            ("won_back", "Won back"),
                            ("dormant", "Dormant"),
                            ("lapsed", "Lapsed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=12,
                    ),
                ),
                ("began_on", models.DateField(help_text="empty: always so far (a prospect)", null=True)),
                ("ended_on", models.DateField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stages",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["customer", "began_on"], name="stages_by_customer")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)), fields=("customer",), name="one_stage_at_a_time"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField()),
                ("rfm_segment", models.CharField(blank=True, default="", max_length=20)),
                ("r", models.SmallIntegerField(null=True)),
                ("f", models.SmallIntegerField(null=True)),
                ("m", models.SmallIntegerField(null=True)),
                ("lifecycle", models.CharField(max_length=12)),
                ("is_active", models.BooleanField()),
                ("plan", models.CharField(blank=True, default="", max_length=100)),
                ("mrr", models.DecimalField(decimal_places=2, default=0, max_digits=20)),
                ("ltv_historic", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("p_alive", models.FloatField(null=True)),
                ("churn_risk", models.FloatField(null=True)),
                ("expected_purchases_365d", models.FloatField(null=True)),
                ("expected_value", models.FloatField(null=True)),
                ("ltv_predicted", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("as_of", "customer"), name="one_snapshot_a_day")],
            },
        ),
        *statements("0002_what_changed_and_notice"),
        *statements("0006_kept_activity"),
    ]
