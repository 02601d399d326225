"""The tables of the migrations named below, for a database that has none of them: in one step, and quicker."""

import uuid
from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("campaigns", "0001_initial"),
        ("campaigns", "0002_sending"),
        ("campaigns", "0003_fewer_delivery_indexes"),
        ("campaigns", "0004_series_occasions_reports"),
        ("campaigns", "0005_occasion_cancelled_and_moved_up"),
        ("campaigns", "0006_ledger_by_way"),
        ("campaigns", "0007_waits_stand_still"),
        ("campaigns", "0008_delivery_by_provider_id"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("customers", "0012_line_and_zone_of_contacts"),
        ("segments", "0007_lists_and_tiers_of_people_hold_customers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("playbook", models.CharField(default="win_back", max_length=40, verbose_name="playbook")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("scheduled", "scheduled"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("cancelled", "cancelled"),
                            ("finished", "finished"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "message_class",
                    models.CharField(
                        choices=[("promotion", "Promotion"), ("business", "Business notice")],
                        default="promotion",
                        max_length=10,
                        verbose_name="kind of message",
                    ),
                ),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("purchase", "A purchase"),
                            ("login", "A login"),
                            ("renewal", "A renewal"),
                            ("rsvp", "A seat taken at the event"),
                            ("coupon", "A coupon used"),
                        ],
                        default="purchase",
                        max_length=10,
                        verbose_name="goal",
                    ),
                ),
                ("holdout_percent", models.PositiveSmallIntegerField(default=10, verbose_name="held out")),
                ("window_days", models.PositiveSmallIntegerField(default=30, verbose_name="days until the result")),
                (
                    "expected_effect",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("2.0"),
                        max_digits=5,
                        verbose_name="effect you hope for, in points",
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("broadcast", "once, now or at a set time"),
                            ("entering", "when someone enters the segment"),
                            ("date", "by a date of the customer"),
                            ("recurring", "again and again, on a set day"),
                        ],
                        default="broadcast",
                        max_length=10,
                        verbose_name="when it is sent",
                    ),
                ),
                (
                    "trigger_rule",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='date: {"field": "birth_on", "days": -30}; recurring: {"every": "month", "on": 1}',
                    ),
                ),
                (
                    "send_time",
                    models.TimeField(
                        blank=True, help_text="of entries by trigger; business time", null=True, verbose_name="at"
                    ),
                ),
                (
                    "reentry_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="days since the last entry; empty: never",
                        null=True,
                        verbose_name="may enter again after",
                    ),
                ),
                ("exits_on_goal", models.BooleanField(default=True, verbose_name="leaves when the goal is reached")),
                ("exits_on_leaving", models.BooleanField(default=False, verbose_name="leaves with the segment")),
                (
                    "recipients",
                    models.CharField(
                        choices=[
                            ("primary", "the primary contact"),
                            ("all", "every contact"),
                            ("role", "contacts with a role"),
                        ],
                        default="primary",
                        max_length=10,
                        verbose_name="recipients",
                    ),
                ),
                (
                    "recipient_roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10),
                        blank=True,
                        default=list,
                        help_text="Contact.Role",
                        size=None,
                        verbose_name="roles",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "high"), (2, "normal"), (3, "low")], default=2, verbose_name="priority"
                    ),
                ),
                (
                    "test_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="0: the variants share the whole audience",
                        verbose_name="share that gets the variants first",
                    ),
                ),
                (
                    "test_hours",
                    models.PositiveSmallIntegerField(
                        default=24, verbose_name="hours until the better one goes to the rest"
                    ),
                ),
                (
                    "edition",
                    models.PositiveSmallIntegerField(default=1, help_text="of the steps: who enters now gets these"),
                ),
                (
                    "cost",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="cost"),
                ),
                ("scheduled_at", models.DateTimeField(blank=True, null=True, verbose_name="send at")),
                (
                    "launched_at",
                    models.DateTimeField(
                        blank=True, help_text="planned time of step 1: the window starts here", null=True
                    ),
                ),
                (
                    "planned_to",
                    models.BigIntegerField(help_text="customers in the ledger; empty until planned", null=True),
                ),
                (
                    "base_rate",
                    models.FloatField(
                        help_text="share of those randomised who reached the goal in the window before", null=True
                    ),
                ),
                ("note", models.CharField(blank=True, default="", help_text="why it is paused", max_length=300)),
                ("paused_at", models.DateTimeField(help_text="since when waits of a series stand still", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "launched_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="segments.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("holdout_percent__lte", 50)), name="holdout_is_a_share"),
                    models.CheckConstraint(condition=models.Q(("test_percent__lte", 50)), name="test_is_a_share"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("comment", models.CharField(blank=True, default="", max_length=500, verbose_name="comment")),
                (
                    "recipients",
                    models.PositiveIntegerField(help_text="how many were to receive it when approval was asked for"),
                ),
                ("planned_at", models.DateTimeField(help_text="when it is to be sent; empty: at once", null=True)),
                (
                    "content_hash",
                    models.CharField(help_text="of all that was approved: words, audience, offer", max_length=64),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("open", "waiting for approval"),
                            ("approved", "approved"),
                            ("returned", "returned"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=500, verbose_name="reason")),
                ("is_deputy", models.BooleanField(default=False, help_text="approved in the place of somebody else")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="approvals", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("verdict", "open")), fields=("campaign",), name="one_open_approval"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("line", "LINE"),
                            ("sms", "SMS"),
                            ("postal", "Postal mail"),
                            ("task", "Call by the person in charge"),
                            ("webhook", "Webhook"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "entry",
                    models.PositiveSmallIntegerField(
                        db_default=1, default=1, help_text="of the journey; 1 for a broadcast"
                    ),
                ),
                (
                    "variant",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="A, B …; ?: decided after the test; empty: no test",
                        max_length=1,
                    ),
                ),
                ("address", models.CharField(blank=True, default="", help_text="normalised", max_length=254)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("claimed", "being prepared"),
                            ("sending", "being sent"),
                            ("accepted", "Accepted"),
                            ("deferred", "tried again later"),
                            ("failed", "Failed"),
                            ("unknown", "Unknown"),
                            ("suppressed", "stopped before sending"),
                            ("held_out", "held out"),
                            ("cancelled", "cancelled"),
                            ("expired", "expired"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", help_text="code of why suppressed, failed, deferred", max_length=40
                    ),
                ),
                (
                    "message_key",
                    models.UUIDField(
                        default=uuid.uuid4, help_text="Message-ID and idempotency key; never changes", unique=True
                    ),
                ),
                ("token", models.CharField(help_text="of the unsubscribe link; 256 bits", max_length=43)),
                ("planned_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("sending_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "reply",
                    models.CharField(
                        blank=True, default="", help_text="the server's words, without addresses", max_length=300
                    ),
                ),
                (
                    "provider_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="what the provider calls this message",
                        max_length=200,
                    ),
                ),
                ("opened_at", models.DateTimeField(help_text="first by a person, as far as can be told", null=True)),
                ("machine_opened_at", models.DateTimeField(null=True)),
                ("clicked_at", models.DateTimeField(help_text="first by a person", null=True)),
                ("bounced_at", models.DateTimeField(null=True)),
                ("complained_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="the entry it was sent on; read in the commit that marked it",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.consent",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="customers.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="customers.customer",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False,
                        help_text="who decided an unknown",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "deferred"))),
                        fields=["campaign", "channel", "due_at", "id"],
                        name="deliveries_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "deferred"))),
                        fields=["expires_at"],
                        name="deliveries_expiring",
                    ),
                    models.Index(
                        condition=models.Q(("reason", "no_answer"), ("state__in", ("pending", "deferred"))),
                        fields=["sending_at"],
                        name="deliveries_in_doubt",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["claimed", "sending"])),
                        fields=["lease_until"],
                        name="deliveries_leased",
                    ),
                    models.Index(
                        condition=models.Q(("provider_id", ""), _negated=True),
                        fields=["provider_id"],
                        name="deliveries_by_provider_id",
                    ),
                    models.Index(fields=["campaign", "state"], name="deliveries_by_state"),
                    models.Index(fields=["customer", "-planned_at"], name="deliveries_by_customer"),
                ],
                "constraints": [models.UniqueConstraint(fields=("token",), name="one_delivery_a_token")],
            },
        ),
        migrations.CreateModel(
            name="DomainPause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=253)),
                ("at", models.DateTimeField()),
                (
                    "reply",
                    models.CharField(
                        blank=True, default="", help_text="the server's words, without addresses", max_length=300
                    ),
                ),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="domain_pauses",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("campaign", "domain"),
                        name="one_open_pause_a_domain",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Enrollment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "arm",
                    models.CharField(choices=[("treated", "receives it"), ("held_out", "held out")], max_length=10),
                ),
                ("stratum", models.CharField(blank=True, default="", max_length=20)),
                (
                    "variant",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="A, B …; empty: no test", max_length=1
                    ),
                ),
                ("enrolled_at", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="enrollments", to="campaigns.campaign"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="enrollments", to="customers.customer"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("campaign", "customer"), name="one_arm_a_customer")],
            },
        ),
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("staff", "our own staff"),
                            ("competitor", "competitor"),
                            ("dispute", "in dispute"),
                            ("other", "other reason"),
                        ],
                        max_length=12,
                        verbose_name="reason",
                    ),
                ),
                ("note", models.CharField(blank=True, default="", max_length=200, verbose_name="note")),
                ("until_on", models.DateField(blank=True, null=True, verbose_name="until")),
                ("at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exclusions", to="customers.customer"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)), fields=("customer",), name="one_open_exclusion"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Journey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry", models.PositiveSmallIntegerField(default=1, help_text="his how manieth")),
                (
                    "cause",
                    models.CharField(
                        help_text="what let him in, once: a movement, a day, an occurrence", max_length=60
                    ),
                ),
                ("edition", models.PositiveSmallIntegerField(default=1, help_text="of the steps he gets")),
                ("position", models.PositiveSmallIntegerField(default=0, help_text="the last step that is behind him")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "on the way"), ("finished", "through"), ("exited", "left early")],
                        default="active",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, default="", help_text="code of why he left early", max_length=20),
                ),
                ("entered_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="of his next step")),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="journeys",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="journeys", to="customers.customer"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "active")), fields=["due_at", "id"], name="journeys_due")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "customer", "entry"), name="one_journey_an_entry"),
                    models.UniqueConstraint(fields=("campaign", "customer", "cause"), name="one_journey_a_cause"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("campaign", "customer"),
                        name="one_open_journey",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Occasion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="event")),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                ("place", models.CharField(blank=True, default="", max_length=300, verbose_name="place")),
                ("url", models.URLField(blank=True, default="", max_length=500, verbose_name="online address")),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True, help_text="empty: no limit", null=True, verbose_name="seats"
                    ),
                ),
                (
                    "most_each",
                    models.PositiveSmallIntegerField(default=1, verbose_name="seats for one answer, at most"),
                ),
                ("has_waiting_list", models.BooleanField(default=True, verbose_name="waiting list")),
                ("answer_until", models.DateTimeField(blank=True, null=True, verbose_name="answer until")),
                (
                    "taken",
                    models.PositiveIntegerField(
                        default=0, help_text="seats taken: kept with every answer, never above capacity"
                    ),
                ),
                (
                    "cancelled_at",
                    models.DateTimeField(blank=True, help_text="the event does not take place", null=True),
                ),
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="occasion", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("capacity", None), ("taken__lte", models.F("capacity")), _connector="OR"),
                        name="occasion_never_oversold",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=200, verbose_name="offer")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "Percent off"),
                            ("amount", "Amount off"),
                            ("gift", "Gift"),
                            ("other", "Something else"),
                        ],
                        default="other",
                        max_length=10,
                        verbose_name="kind of offer",
                    ),
                ),
                (
                    "value",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="percent, or yen",
                        max_digits=12,
                        null=True,
                        verbose_name="worth",
                    ),
                ),
                ("is_for_new", models.BooleanField(default=False, verbose_name="for new customers")),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="valid until")),
                (
                    "code_prefix",
                    models.CharField(blank=True, default="", max_length=12, verbose_name="start of the code"),
                ),
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offer", to="campaigns.campaign"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Coupon",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="the offer's prefix and 64 random bits in four groups", max_length=60, unique=True
                    ),
                ),
                ("redeemed_at", models.DateTimeField(null=True)),
                (
                    "redeemed_via",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="import, api, staff", max_length=10
                    ),
                ),
                (
                    "order_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="of the purchase it was used for",
                        max_length=100,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="coupons", to="customers.customer"
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="coupons", to="campaigns.offer"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("offer", "customer"), name="one_coupon_a_customer")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "provider",
                    models.CharField(help_text="dsn, arf, line, sms, web, or the provider's name", max_length=20),
                ),
                (
                    "key",
                    models.CharField(help_text="what makes it one: the provider's event id, or a hash", max_length=200),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accepted", "taken"),
                            ("delivered", "delivered"),
                            ("deferred", "delayed"),
                            ("bounced", "bounced for good"),
                            ("soft_bounced", "bounced for now"),
                            ("rejected", "refused by the provider"),
                            ("complained", "complained"),
                            ("unsubscribed", "unsubscribed"),
                            ("opened", "opened"),
                            ("clicked", "clicked"),
                            ("blocked", "blocked"),
                        ],
                        max_length=14,
                    ),
                ),
                ("at", models.DateTimeField(help_text="when it happened there")),
                ("received_at", models.DateTimeField()),
                ("is_machine", models.BooleanField(default=False)),
                ("link", models.PositiveSmallIntegerField(help_text="number of the link clicked", null=True)),
                (
                    "detail",
                    models.CharField(
                        blank=True, default="", help_text="status and words, without addresses", max_length=300
                    ),
                ),
                ("applied_at", models.DateTimeField(null=True)),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="campaigns.delivery",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("applied_at", None)), fields=["id"], name="reports_waiting")
                ],
                "constraints": [models.UniqueConstraint(fields=("provider", "key"), name="one_report_a_key")],
            },
        ),
        migrations.CreateModel(
            name="Rsvp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "answer",
                    models.CharField(
                        choices=[("coming", "coming"), ("waiting", "on the waiting list"), ("declined", "not coming")],
                        max_length=10,
                    ),
                ),
                ("seats", models.PositiveSmallIntegerField(default=1)),
                ("answered_at", models.DateTimeField()),
                (
                    "queued_at",
                    models.DateTimeField(help_text="since when he waits: the order of the waiting list", null=True),
                ),
                ("moved_up_at", models.DateTimeField(help_text="when a seat came free for him", null=True)),
                ("has_attended", models.BooleanField(help_text="empty: not known yet", null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.contact"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rsvps", to="customers.customer"
                    ),
                ),
                (
                    "occasion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="campaigns.occasion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["occasion", "answer", "queued_at", "id"], name="rsvps_in_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("occasion", "customer", "contact"), name="one_answer_a_contact"),
                    models.UniqueConstraint(
                        condition=models.Q(("contact", None)),
                        fields=("occasion", "customer"),
                        name="one_answer_without_contact",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "edition",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="a running campaign that is edited gets a new one"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=1)),
                (
                    "wait",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="after the step before, in `wait_unit`", verbose_name="wait"
                    ),
                ),
                (
                    "wait_unit",
                    models.CharField(
                        choices=[("hours", "hours"), ("days", "days"), ("workdays", "working days")],
                        default="days",
                        max_length=10,
                        verbose_name="unit",
                    ),
                ),
                (
                    "send_time",
                    models.TimeField(
                        blank=True,
                        help_text="business time; empty: when the wait is over",
                        null=True,
                        verbose_name="at",
                    ),
                ),
                (
                    "condition",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='{"is": "not_clicked", "step": 1}; who does not meet it skips this step',
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("line", "LINE"),
                            ("sms", "SMS"),
                            ("postal", "Postal mail"),
                            ("task", "Call by the person in charge"),
                            ("webhook", "Webhook"),
                        ],
                        default="mail",
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("subject", models.CharField(blank=True, default="", max_length=200, verbose_name="subject")),
                ("body", models.TextField(blank=True, default="", verbose_name="text")),
                (
                    "blocks",
                    models.JSONField(blank=True, default=list, help_text="of the composer; empty: `body` alone"),
                ),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="cost apiece"
                    ),
                ),
                ("content_hash", models.CharField(blank=True, default="", max_length=64)),
                ("frozen_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "ordering": ["edition", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "edition", "position"), name="one_step_a_position")
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "variant",
                    models.CharField(blank=True, default="", help_text="empty: the step's own words", max_length=1),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("url", models.CharField(max_length=2000)),
                (
                    "step",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="campaigns.step",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("step", "variant", "number"), name="one_link_a_number")
                ],
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="step",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="campaigns.step",
            ),
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("letter", models.CharField(help_text="B, C …", max_length=1)),
                ("subject", models.CharField(blank=True, default="", max_length=200, verbose_name="subject")),
                ("body", models.TextField(blank=True, default="", verbose_name="text")),
                ("blocks", models.JSONField(blank=True, default=list)),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="campaigns.step"
                    ),
                ),
            ],
            options={
                "ordering": ["letter"],
                "constraints": [models.UniqueConstraint(fields=("step", "letter"), name="one_variant_a_letter")],
            },
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("campaign", "step", "contact", "channel", "entry"), name="one_delivery_a_contact"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("contact", None)),
                fields=("step", "customer", "channel", "entry"),
                name="one_delivery_without_contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("address", ""), _negated=True),
                    models.Q(("state__in", ["held_out", "suppressed", "cancelled"]), _negated=True),
                ),
                fields=("step", "channel", "address", "entry"),
                name="one_mail_an_address",
            ),
        ),
    ]
