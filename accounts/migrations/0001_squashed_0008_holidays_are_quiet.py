"""The tables of the migrations named below, for a database that has none of them: in one step, and quicker."""

import datetime
from decimal import Decimal
from importlib import import_module

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import accounts.models


def statements(name: str) -> list[migrations.RunSQL]:
    """What another migration of this app says in SQL."""
    there = import_module(f"accounts.migrations.{name}").Migration.operations
    return [operation for operation in there if isinstance(operation, migrations.RunSQL)]


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_audit_is_append_only"),
        ("accounts", "0003_data_in"),
        ("accounts", "0005_rate_of_a_key"),
        ("accounts", "0006_settings_of_scores"),
        ("accounts", "0007_politeness_and_approval"),
        ("accounts", "0008_holidays_are_quiet"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(blank=True, max_length=254, null=True, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "role",
                    models.CharField(
                        choices=[("cs", "CS staff"), ("manager", "Manager"), ("admin", "Admin")],
                        default="cs",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="may sign in")),
                (
                    "is_placeholder",
                    models.BooleanField(default=False, help_text="made by an import; an admin joins it to a person"),
                ),
                ("language", models.CharField(blank=True, default="", max_length=5, verbose_name="language")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("is_placeholder", False), ("is_active", False), _connector="OR"),
                        name="a_placeholder_cannot_sign_in",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
            ],
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("prefix", models.CharField(max_length=12, unique=True)),
                ("secret_hash", models.CharField(max_length=64)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None, verbose_name="scopes"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "busy_until",
                    models.DateTimeField(help_text="the calls let in so far, at their spacing, end here", null=True),
                ),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClosedDays",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("first_on", models.DateField(verbose_name="from")),
                ("last_on", models.DateField(verbose_name="to")),
                ("is_yearly", models.BooleanField(default=False, verbose_name="every year")),
            ],
            options={
                "ordering": ["first_on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))), name="closed_days_in_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("company_name", models.CharField(blank=True, default="", max_length=200, verbose_name="company name")),
                ("currency", models.CharField(default="JPY", max_length=3, verbose_name="currency")),
                (
                    "time_zone",
                    models.CharField(
                        default="Asia/Tokyo",
                        max_length=50,
                        validators=[accounts.models._known_zone],
                        verbose_name="time zone",
                    ),
                ),
                (
                    "churn_policy",
                    models.CharField(
                        choices=[
                            ("contract", "By contract"),
                            ("inactivity", "By purchases"),
                            ("either", "Contract or purchases"),
                        ],
                        default="inactivity",
                        max_length=12,
                        verbose_name="churn policy",
                    ),
                ),
                (
                    "month_end",
                    models.BooleanField(
                        default=True, verbose_name="a contract's last day counts as gone at the end of that day"
                    ),
                ),
                (
                    "tax",
                    models.CharField(
                        choices=[("excluded", "before tax"), ("included", "with tax")],
                        default="excluded",
                        max_length=10,
                        verbose_name="amounts",
                    ),
                ),
                (
                    "inactivity_days",
                    models.PositiveIntegerField(
                        default=180,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="days without activity",
                    ),
                ),
                (
                    "activity",
                    models.CharField(
                        choices=[("purchases", "Purchases"), ("purchases+logins", "Purchases and logins")],
                        default="purchases",
                        max_length=20,
                        verbose_name="what counts as activity",
                    ),
                ),
                (
                    "rfm_window_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="RFM window in days",
                    ),
                ),
                (
                    "rfm_r_cutoffs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(),
                        blank=True,
                        null=True,
                        size=4,
                        verbose_name="RFM cut-offs of recency",
                    ),
                ),
                (
                    "rfm_f_cutoffs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(),
                        blank=True,
                        null=True,
                        size=4,
                        verbose_name="RFM cut-offs of frequency",
                    ),
                ),
                (
                    "rfm_m_cutoffs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=2, max_digits=14),
                        blank=True,
                        null=True,
                        size=4,
                        verbose_name="RFM cut-offs of monetary",
                    ),
                ),
                (
                    "rfm_grid",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        help_text="the segment of each cell, R 1 first, in it F 1 first; None: as PRODUCT.md has it",
                        null=True,
                        size=25,
                        verbose_name="painted RFM grid",
                    ),
                ),
                (
                    "fresh_days",
                    models.PositiveIntegerField(
                        default=90,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="new and won back for",
                    ),
                ),
                (
                    "unused_days",
                    models.PositiveIntegerField(
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="unused after",
                    ),
                ),
                (
                    "renewal_days",
                    models.PositiveIntegerField(
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="renewal is near from",
                    ),
                ),
                (
                    "silent_days",
                    models.PositiveIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="silent before a renewal",
                    ),
                ),
                (
                    "slipping_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="slipping after",
                    ),
                ),
                (
                    "pre_dormant_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="pre-dormant after",
                    ),
                ),
                (
                    "dormant_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="dormant up to",
                    ),
                ),
                (
                    "margin",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=6,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("1")),
                        ],
                        verbose_name="margin",
                    ),
                ),
                (
                    "fiscal_year_start",
                    models.PositiveSmallIntegerField(
                        default=4,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="first month of the fiscal year",
                    ),
                ),
                ("sender_name", models.CharField(blank=True, default="", max_length=200, verbose_name="sender's name")),
                (
                    "sender_email",
                    models.EmailField(blank=True, default="", max_length=254, verbose_name="sender's e-mail"),
                ),
                (
                    "sender_address",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="sender's postal address"),
                ),
                (
                    "complaint_contact",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="where to complain"),
                ),
                (
                    "refusal_notice",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="sentence on how to refuse"),
                ),
                (
                    "contact_budget",
                    models.PositiveSmallIntegerField(
                        default=4,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="promotions one person gets, at most",
                    ),
                ),
                (
                    "contact_budget_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="within days",
                    ),
                ),
                (
                    "quiet_from",
                    models.TimeField(blank=True, default=datetime.time(20, 0), null=True, verbose_name="quiet from"),
                ),
                (
                    "quiet_until",
                    models.TimeField(blank=True, default=datetime.time(8, 0), null=True, verbose_name="quiet until"),
                ),
                ("sends_on_weekends", models.BooleanField(default=True, verbose_name="promotions on weekends")),
                (
                    "sends_on_holidays",
                    models.BooleanField(
                        default=False,
                        help_text="also Obon and the turn of the year",
                        verbose_name="promotions on public holidays",
                    ),
                ),
                (
                    "approval_above",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="approval above this many recipients"
                    ),
                ),
                (
                    "approval_percent_off",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="approval for offers above this percentage"
                    ),
                ),
                (
                    "approval_amount_off",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        verbose_name="approval for offers above this amount",
                    ),
                ),
                ("is_demo", models.BooleanField(default=False, help_text="any process sends to loopback only")),
                ("loaded_at", models.DateTimeField(blank=True, help_text="the demo has been loaded whole", null=True)),
                (
                    "sending_stopped",
                    models.CharField(blank=True, default="", help_text="why nothing is sent now", max_length=200),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_installation")],
            },
        ),
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.CharField(max_length=60)),
                ("due", models.CharField(help_text="the due time or day as text", max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "running"), ("done", "done"), ("failed", "failed")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("detail", models.JSONField(default=dict)),
            ],
            options={
                "ordering": [models.OrderBy(models.F("started_at"), descending=True)],
                "constraints": [models.UniqueConstraint(fields=("job", "due"), name="one_run_per_due_time")],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="team",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="members",
                to="accounts.team",
                verbose_name="team",
            ),
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=500, verbose_name="URL")),
                ("secret", models.CharField(help_text="whsec_… after Standard Webhooks", max_length=100)),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "message_id",
                    models.CharField(help_text="webhook-id; the same at every attempt", max_length=60, unique=True),
                ),
                ("kind", models.CharField(max_length=40)),
                ("payload", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("dead", "given up")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("claim_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("last_status", models.PositiveSmallIntegerField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="accounts.webhookendpoint",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["next_at"], name="webhooks_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("action", models.CharField(max_length=60)),
                ("object_type", models.CharField(blank=True, default="", max_length=60)),
                ("object_id", models.CharField(blank=True, default="", max_length=60)),
                ("detail", models.JSONField(default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["object_type", "object_id", "-at"], name="audit_by_object")],
            },
        ),
        migrations.CreateModel(
            name="IdempotentCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255)),
                ("request_hash", models.CharField(help_text="SHA-256 of method, path and body", max_length=64)),
                ("status", models.PositiveSmallIntegerField(help_text="empty while it runs", null=True)),
                ("body", models.JSONField(null=True)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "api_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.apikey"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("api_key", "key"), name="one_call_a_key")],
            },
        ),
        *statements("0002_audit_is_append_only"),
    ]
