"""The tables of the migrations named below, for a database that has none of them: in one step, and quicker."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("segments", "0001_initial"),
        ("segments", "0002_movement"),
        ("segments", "0003_movements"),
        ("segments", "0004_builder"),
        ("segments", "0005_frozen_lists"),
        ("segments", "0006_touch_model"),
        ("segments", "0007_lists_and_tiers_of_people_hold_customers"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("customers", "0011_logins_by_contact"),
    ]

    operations = [
        migrations.CreateModel(
            name="Consumer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("settled_to", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="CustomerTier",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="touch",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[("high", "High touch"), ("low", "Low touch"), ("tech", "Tech touch")], max_length=4
                    ),
                ),
                ("since", models.DateField()),
                (
                    "why",
                    models.CharField(
                        choices=[("facts", "his figures"), ("rules", "a change of the rules"), ("hand", "set by hand")],
                        default="facts",
                        max_length=5,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tier"], name="tiers_by_tier")],
            },
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                (
                    "name",
                    models.CharField(
                        help_text="English; a ready-made one is translated by its slug (labels)",
                        max_length=100,
                        verbose_name="name",
                    ),
                ),
                ("description", models.CharField(blank=True, default="", max_length=300, verbose_name="description")),
                ("rule", models.JSONField(verbose_name="rule")),
                ("is_ready_made", models.BooleanField(default=False)),
                ("is_frozen", models.BooleanField(default=False, verbose_name="frozen")),
                (
                    "state",
                    models.CharField(
                        choices=[("never", "not computed yet"), ("fresh", "up to date"), ("failed", "failed")],
                        default="never",
                        max_length=10,
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=300)),
                ("as_of", models.DateField(null=True)),
                ("refreshed_at", models.DateTimeField(null=True)),
                ("member_count", models.IntegerField(default=0)),
                ("computed_rule", models.JSONField(help_text="the rule the members were last computed by", null=True)),
                ("computed_ms", models.IntegerField(help_text="how long that took", null=True)),
                ("position", models.PositiveSmallIntegerField(default=100)),
                (
                    "time_limit",
                    models.PositiveSmallIntegerField(
                        db_default=60,
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(600),
                        ],
                        verbose_name="time limit in seconds",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "changed_at",
                    models.DateTimeField(help_text="when a person last changed its rule or words", null=True),
                ),
                ("archived_at", models.DateTimeField(help_text="deleted by a person; can be taken back", null=True)),
                (
                    "version",
                    models.PositiveIntegerField(
                        db_default=1, default=1, help_text="counts edits, so that none is lost silently"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("entered", "Entered"), ("left", "Left")], max_length=7)),
                ("on", models.DateField(db_column="moved_on")),
                ("at", models.DateTimeField(db_column="moved_at")),
                ("is_void", models.BooleanField(default=False)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="movements",
                        to="segments.segment",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["segment", "id"], name="movements_in_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("segment", "customer", "on", "kind"), name="moved_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entered_on", models.DateField()),
                ("left_on", models.DateField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="customers.customer"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="segments.segment"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "segment"], name="memberships_by_customer"),
                    models.Index(fields=["segment", "entered_on"], name="memberships_entered"),
                    models.Index(
                        condition=models.Q(("left_on__isnull", False)),
                        fields=["segment", "left_on"],
                        name="memberships_left",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_on", None)), fields=("segment", "customer"), name="in_a_segment_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FrozenList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("pasted", "pasted lines"), ("file", "a file"), ("copy", "the members of a segment")],
                        max_length=10,
                    ),
                ),
                ("file_name", models.CharField(blank=True, default="", max_length=255)),
                (
                    "copied_from",
                    models.CharField(blank=True, default="", help_text="name of the segment copied", max_length=100),
                ),
                ("line_count", models.IntegerField(default=0, help_text="lines given, also those that were nobody")),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "segment",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="frozen_list",
                        to="segments.segment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Taken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "consumer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taken",
                        to="segments.consumer",
                    ),
                ),
                (
                    "movement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="segments.movement"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("consumer", "movement"), name="taken_once")],
            },
        ),
        migrations.CreateModel(
            name="TierOverride",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="tier_override",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[("high", "High touch"), ("low", "Low touch"), ("tech", "Tech touch")], max_length=4
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("at", models.DateTimeField()),
                (
                    "by",
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
            name="TouchPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rules", models.JSONField(default=list)),
                (
                    "high_hours",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("3"),
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="High touch: hours per customer and month",
                    ),
                ),
                (
                    "low_hours",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.5"),
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="Low touch: hours per customer and month",
                    ),
                ),
                (
                    "tech_hours",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="Tech touch: hours per customer and month",
                    ),
                ),
                (
                    "high_days",
                    models.PositiveIntegerField(
                        blank=True,
                        default=30,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="High touch: contact at least every … days",
                    ),
                ),
                (
                    "low_days",
                    models.PositiveIntegerField(
                        blank=True,
                        default=90,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="Low touch: contact at least every … days",
                    ),
                ),
                (
                    "tech_days",
                    models.PositiveIntegerField(
                        blank=True,
                        default=None,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="Tech touch: contact at least every … days",
                    ),
                ),
                (
                    "capacity_hours",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("120"),
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="Hours per month of each owner",
                    ),
                ),
                (
                    "capacities",
                    models.JSONField(default=dict, help_text="hours of owners who have others: {user id: hours}"),
                ),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_touch_plan")],
            },
        ),
        migrations.CreateModel(
            name="FrozenLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nth", models.IntegerField(help_text="line of the text or file")),
                ("text", models.CharField(max_length=300)),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("code", "by code"),
                            ("email", "by e-mail"),
                            ("name", "by name"),
                            ("chosen", "chosen"),
                            ("copied", "copied"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "candidates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="who it may be, where nobody is certain",
                        size=None,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "frozen_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="segments.frozenlist"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["frozen_list", "nth"], name="frozen_lines_in_order")],
            },
        ),
        migrations.CreateModel(
            name="PastTier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tier",
                    models.CharField(
                        choices=[("high", "High touch"), ("low", "Low touch"), ("tech", "Tech touch")], max_length=4
                    ),
                ),
                ("since", models.DateField()),
                ("until", models.DateField()),
                (
                    "why",
                    models.CharField(
                        choices=[("facts", "his figures"), ("rules", "a change of the rules"), ("hand", "set by hand")],
                        max_length=5,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["until"], name="past_tiers_by_end")],
                "constraints": [models.UniqueConstraint(fields=("customer", "since"), name="one_tier_a_day")],
            },
        ),
    ]
