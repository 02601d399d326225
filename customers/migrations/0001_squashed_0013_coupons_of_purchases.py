"""The tables of the migrations named below, for a database that has none of them: in one step, and quicker."""

from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def statements(name: str) -> list[migrations.RunSQL]:
    """What another migration of this app says in SQL."""
    there = import_module(f"customers.migrations.{name}").Migration.operations
    return [operation for operation in there if isinstance(operation, migrations.RunSQL)]


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("customers", "0001_initial"),
        ("customers", "0002_import_staging"),
        ("customers", "0003_search_by_bigrams"),
        ("customers", "0004_data_in"),
        ("customers", "0005_import_staging"),
        ("customers", "0006_search_functions"),
        ("customers", "0010_matching"),
        ("customers", "0011_logins_by_contact"),
        ("customers", "0012_line_and_zone_of_contacts"),
        ("customers", "0013_coupons_of_purchases"),
    ]

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=100, unique=True, verbose_name="customer code")),
                (
                    "kind",
                    models.CharField(
                        choices=[("person", "Person"), ("company", "Company")],
                        default="company",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("kana", models.CharField(blank=True, default="", max_length=200, verbose_name="kana")),
                (
                    "sort_key",
                    models.CharField(
                        default="",
                        help_text="reading as hiragana, else the name: order by it is gojūon order",
                        max_length=200,
                    ),
                ),
                (
                    "search_text",
                    models.TextField(
                        default="", help_text="code, names, kana, company, contacts; see normalising.search_form"
                    ),
                ),
                ("company", models.CharField(blank=True, default="", max_length=200, verbose_name="employer")),
                ("postal_code", models.CharField(blank=True, default="", max_length=10, verbose_name="postal code")),
                ("address", models.CharField(blank=True, default="", max_length=500, verbose_name="address")),
                ("industry", models.CharField(blank=True, default="", max_length=100, verbose_name="industry")),
                ("region", models.CharField(blank=True, default="", max_length=100, verbose_name="region")),
                (
                    "corporate_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=13, verbose_name="corporate number"
                    ),
                ),
                ("joined_on", models.DateField(blank=True, null=True, verbose_name="joined on")),
                ("birth_on", models.DateField(blank=True, null=True, verbose_name="birthday")),
                ("acquired_via", models.CharField(blank=True, default="", max_length=100, verbose_name="acquired via")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="tags",
                    ),
                ),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="further attributes")),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "erased_at",
                    models.DateTimeField(
                        blank=True, help_text="the person asked for it; days and amounts stay", null=True
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="counts edits, so that none is lost silently"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "deputy",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="deputy",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="always the one that stands",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="customers.customer",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="branches",
                        to="customers.customer",
                        verbose_name="parent company",
                    ),
                ),
                (
                    "sales_owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sales owner",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["sort_key", "id"], name="customers_gojuon"),
                    models.Index(fields=["owner", "sort_key", "id"], name="customers_by_owner"),
                    models.Index(fields=["industry", "sort_key", "id"], name="customers_by_industry"),
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="customers_merged",
                    ),
                    models.Index(
                        condition=models.Q(("parent__isnull", False)), fields=["parent"], name="customers_branches"
                    ),
                    models.Index(
                        condition=models.Q(("sales_owner__isnull", False)),
                        fields=["sales_owner"],
                        name="customers_by_sales_owner",
                    ),
                    models.Index(
                        condition=models.Q(("deputy__isnull", False)), fields=["deputy"], name="customers_by_deputy"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="contact_id of files",
                        max_length=100,
                        verbose_name="contact's code",
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=200, verbose_name="name")),
                ("kana", models.CharField(blank=True, default="", max_length=200, verbose_name="kana")),
                ("department", models.CharField(blank=True, default="", max_length=100, verbose_name="department")),
                ("title", models.CharField(blank=True, default="", max_length=100, verbose_name="title")),
                ("email", models.EmailField(blank=True, default="", max_length=254, verbose_name="e-mail")),
                (
                    "phone",
                    models.CharField(
                        blank=True, default="", help_text="digits, or + and digits", max_length=20, verbose_name="phone"
                    ),
                ),
                (
                    "line_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="given by LINE when joined",
                        max_length=64,
                        verbose_name="LINE user",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="empty: that of the company",
                        max_length=50,
                        verbose_name="time zone",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("decides", "Decision maker"),
                            ("window", "Usual contact"),
                            ("uses", "User of the service"),
                            ("pays", "Billing contact"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("is_primary", models.BooleanField(default=False, verbose_name="primary contact")),
                ("left_on", models.DateField(blank=True, null=True, verbose_name="left on")),
                (
                    "version",
                    models.PositiveIntegerField(
                        db_default=1, default=1, help_text="counts edits, so that none is lost silently"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="customers.customer"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("email", ""), _negated=True), fields=["email"], name="contacts_by_email"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_primary", True)), fields=("customer",), name="one_primary_contact"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("code", ""), _negated=True), fields=("code",), name="one_contact_a_code"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErasedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("postal", "Postal mail"),
                            ("phone", "Phone"),
                            ("line", "LINE"),
                            ("sms", "SMS"),
                        ],
                        max_length=10,
                    ),
                ),
                ("hash", models.CharField(help_text="keyed SHA-256 of the normalised address, hex", max_length=64)),
                ("erased_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "hash"), name="one_hash_a_channel")],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("customers", "Customers"),
                            ("purchases", "Purchases"),
                            ("logins", "Logins"),
                            ("contracts", "Contracts"),
                            ("contacts", "Contacts at customers"),
                            ("interactions", "Interactions"),
                            ("consents", "Consents"),
                            ("invoices", "Invoices"),
                            ("usage", "Usage"),
                            ("events", "Events"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("browser", "Browser"), ("command", "Command line"), ("api", "API")],
                        db_default="browser",
                        default="browser",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "waiting for your confirmation"),
                            ("queued", "waiting"),
                            ("staging", "reading"),
                            ("applying", "writing"),
                            ("done", "finished"),
                            ("cancelled", "cancelled"),
                            ("failed", "could not be read"),
                            ("undoing", "being undone"),
                            ("undone", "undone"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("file", models.FileField(upload_to="imports/", verbose_name="file")),
                ("file_name", models.CharField(help_text="as the person called it", max_length=255)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                (
                    "mapping",
                    models.JSONField(
                        default=dict, help_text="encoding, delimiter, header_row, date_order, columns, constants, key"
                    ),
                ),
                (
                    "options",
                    models.JSONField(default=dict, help_text="create_customers, clear_empty, answers to questions"),
                ),
                ("encoding", models.CharField(blank=True, default="", max_length=20)),
                ("delimiter", models.CharField(blank=True, default="", max_length=1)),
                ("rows", models.BigIntegerField(default=0)),
                ("created", models.BigIntegerField(default=0)),
                ("updated", models.BigIntegerField(default=0)),
                ("unchanged", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("skipped", models.BigIntegerField(default=0)),
                ("staged_to", models.BigIntegerField(default=0, help_text="lines read so far (progress)")),
                (
                    "applied_to",
                    models.BigIntegerField(default=0, help_text="the cursor: staged lines up to here are in"),
                ),
                ("claim_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "undone",
                    models.JSONField(
                        default=dict, help_text="what the undo took back, and what it kept and why, in numbers"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "staging", "applying"])),
                        fields=["id"],
                        name="imports_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "line_key",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        help_text="identity of an imported row",
                        unique=True,
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("data", models.JSONField(default=dict)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="customers.customer"
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "kind", "-at"], name="events_by_customer"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="events_by_import", pages_per_range=16
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DimensionChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "dimension",
                    models.CharField(
                        choices=[("owner", "owner"), ("industry", "industry"), ("region", "region")], max_length=10
                    ),
                ),
                ("since", models.DateField(null=True)),
                ("value", models.CharField(max_length=100)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dimension_changes",
                        to="customers.customer",
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "dimension", "since"), name="one_change_a_day", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="imported",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="customers.import",
            ),
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("contract_id", models.CharField(max_length=100, verbose_name="contract")),
                ("plan", models.CharField(blank=True, default="", max_length=100, verbose_name="plan")),
                ("mrr", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="MRR")),
                (
                    "billing_cycle",
                    models.CharField(
                        blank=True,
                        choices=[("monthly", "monthly"), ("yearly", "yearly")],
                        default="",
                        max_length=10,
                        verbose_name="billing cycle",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="starts on")),
                ("renews_on", models.DateField(blank=True, null=True, verbose_name="renews on")),
                ("cancelled_on", models.DateField(blank=True, null=True, verbose_name="notice given on")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="first day without service")),
                ("is_trial", models.BooleanField(default=False, verbose_name="trial")),
                ("auto_renew", models.BooleanField(null=True, verbose_name="renews by itself")),
                ("notice_days", models.PositiveIntegerField(blank=True, null=True, verbose_name="days of notice")),
                ("seats", models.PositiveIntegerField(blank=True, null=True, verbose_name="seats")),
                ("paused_from", models.DateField(blank=True, null=True, verbose_name="paused from")),
                (
                    "paused_to",
                    models.DateField(
                        blank=True, help_text="last day of the pause", null=True, verbose_name="paused until"
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=200, verbose_name="reason")),
                ("competitor", models.CharField(blank=True, default="", max_length=200, verbose_name="competitor")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contracts", to="customers.customer"
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "starts_on"], name="contracts_by_customer"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="contracts_by_import", pages_per_range=16
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("contract_id", "starts_on"), name="one_term_a_start"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                        name="a_term_ends_after_it_starts",
                    ),
                    models.CheckConstraint(condition=models.Q(("mrr__gte", 0)), name="mrr_is_not_negative"),
                ],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="imported",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="customers.import",
            ),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("postal", "Postal mail"),
                            ("phone", "Phone"),
                            ("line", "LINE"),
                            ("sms", "SMS"),
                        ],
                        max_length=10,
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                ("state", models.CharField(choices=[("granted", "agreed"), ("withdrawn", "refused")], max_length=10)),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("consent", "Consent"),
                            ("relation", "Existing business relation"),
                            ("business_card", "Business card"),
                            ("published_address", "Published address"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("source", models.CharField(help_text="form, import, staff, unsubscribe, demo …", max_length=100)),
                ("wording", models.TextField(blank=True, default="")),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consents", to="customers.customer"
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["channel", "address", "-id"], name="consent_by_address"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="consents_by_import", pages_per_range=16
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.BigIntegerField()),
                ("model", models.CharField(help_text="customer, contact, purchase, login, contract …", max_length=20)),
                ("row_id", models.BigIntegerField()),
                ("before", models.JSONField(default=dict, help_text="columns that changed: what stood there")),
                ("after", models.JSONField(default=dict, help_text="the same columns: what the import wrote")),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="customers.import"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["model", "row_id"], name="changes_by_row")],
                "constraints": [
                    models.UniqueConstraint(fields=("imported", "model", "row_id"), name="one_before_image_a_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportReject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.BigIntegerField()),
                ("code", models.CharField(max_length=40)),
                ("column", models.CharField(blank=True, default="", max_length=200)),
                ("cells", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rejects", to="customers.import"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("imported", "line"), name="one_reject_a_line")],
            },
        ),
        migrations.CreateModel(
            name="Interaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "line_key",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        help_text="identity of an imported row",
                        unique=True,
                    ),
                ),
                (
                    "interaction_id",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="as files call it", max_length=100
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="when")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phone", "Phone call"),
                            ("mail", "E-mail"),
                            ("chat", "Chat"),
                            ("meeting", "Meeting"),
                            ("visit", "Visit"),
                        ],
                        default="phone",
                        max_length=10,
                        verbose_name="how",
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("outbound", "We contacted them"), ("inbound", "They contacted us")],
                        default="outbound",
                        max_length=10,
                        verbose_name="direction",
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("question", "Question"),
                            ("request", "Request"),
                            ("complaint", "Complaint"),
                            ("sales", "Sales talk"),
                            ("regular", "Regular meeting"),
                            ("office", "Office matter"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="category",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("working", "In progress"), ("closed", "Closed")],
                        db_default="closed",
                        default="closed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        blank=True,
                        choices=[("low", "Low"), ("normal", "Normal"), ("high", "High"), ("urgent", "Urgent")],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="priority",
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="resolved at")),
                (
                    "satisfaction",
                    models.DecimalField(
                        blank=True, decimal_places=1, max_digits=4, null=True, verbose_name="satisfaction"
                    ),
                ),
                (
                    "competitor",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="competitor"),
                ),
                ("subject", models.CharField(blank=True, default="", max_length=200, verbose_name="subject")),
                ("body", models.TextField(blank=True, default="", verbose_name="what was said")),
                ("next_action", models.CharField(blank=True, default="", max_length=200, verbose_name="next action")),
                ("next_on", models.DateField(blank=True, null=True, verbose_name="next on")),
                ("next_done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "version",
                    models.PositiveIntegerField(
                        db_default=1, default=1, help_text="counts edits, so that none is lost silently"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interactions",
                        to="customers.customer",
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "-occurred_at"], name="interactions_by_customer"),
                    models.Index(
                        condition=models.Q(("category", "complaint"), models.Q(("status", "closed"), _negated=True)),
                        fields=["customer"],
                        name="interactions_open_complaints",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="interactions_by_import", pages_per_range=16
                    ),
                    models.Index(
                        condition=models.Q(("next_done_at", None), ("next_on__isnull", False)),
                        fields=["next_on"],
                        name="interactions_promised",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("invoice_id", models.CharField(max_length=100, unique=True, verbose_name="invoice")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due on")),
                ("paid_on", models.DateField(blank=True, null=True, verbose_name="paid on")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("method", models.CharField(blank=True, default="", max_length=50, verbose_name="method of payment")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invoices", to="customers.customer"
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "due_on"], name="invoices_by_customer"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="invoices_by_import", pages_per_range=16
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Login",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("logged_in_at", models.DateTimeField()),
                ("logged_in_on", models.DateField()),
                (
                    "usage_id",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="empty: a plain login", max_length=100
                    ),
                ),
                (
                    "feature",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="feature"),
                ),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name="quantity")),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="logins", to="customers.customer"
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "logged_in_on"], name="logins_by_customer"),
                    models.Index(
                        condition=models.Q(("contact__isnull", False)), fields=["contact"], name="logins_by_contact"
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="logins_by_import", pages_per_range=16
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("usage_id", "")),
                        fields=("customer", "logged_in_at"),
                        name="one_login_a_moment",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("usage_id", ""), _negated=True),
                        fields=("usage_id",),
                        name="one_usage_an_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField(help_text="the winner's changed columns: what stood there")),
                ("after", models.JSONField(help_text="the same columns: what the merge wrote")),
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "loser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merged_by", to="customers.customer"
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "winner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="customers.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MergeMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(help_text="app_label.model_name", max_length=60)),
                ("field", models.CharField(help_text="the column that names the customer", max_length=60)),
                ("row_id", models.BigIntegerField()),
                ("before", models.JSONField(default=dict)),
                (
                    "merge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="moves", to="customers.merge"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["merge", "model"], name="moves_by_model")],
            },
        ),
        migrations.CreateModel(
            name="OwnerName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=100, unique=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="product")),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Purchase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_key", models.UUIDField(unique=True)),
                ("order_id", models.CharField(blank=True, default="", max_length=100, verbose_name="order")),
                ("nth", models.PositiveIntegerField(default=1)),
                ("purchased_at", models.DateTimeField(verbose_name="purchased at")),
                ("purchased_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount")),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12, null=True, verbose_name="quantity")),
                ("tax_rate", models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name="tax rate")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="purchases", to="customers.customer"
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.import",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purchases",
                        to="customers.product",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["customer", "purchased_on"],
                        include=("amount", "order_id"),
                        name="purchases_by_customer",
                    ),
                    models.Index(fields=["purchased_on"], name="purchases_by_day"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["imported"], name="purchases_by_import", pages_per_range=16
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualityFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("check_name", models.CharField(max_length=40)),
                (
                    "source",
                    models.CharField(blank=True, default="", help_text="the file's name, API, by hand", max_length=100),
                ),
                ("found", models.IntegerField()),
                ("of", models.IntegerField(help_text="customers looked at")),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "check_name", "source", "owner"), name="one_figure_a_day", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Received",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.CharField(max_length=100, unique=True)),
                ("kind", models.CharField(max_length=12)),
                ("payload", models.JSONField()),
                ("received_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, default="", max_length=300)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("taken_at", None)), fields=["id"], name="received_waiting")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("customers", "Customers"),
                            ("purchases", "Purchases"),
                            ("logins", "Logins"),
                            ("contracts", "Contracts"),
                            ("contacts", "Contacts at customers"),
                            ("interactions", "Interactions"),
                            ("consents", "Consents"),
                            ("invoices", "Invoices"),
                            ("usage", "Usage"),
                            ("events", "Events"),
                        ],
                        max_length=12,
                    ),
                ),
                ("header_hash", models.CharField(max_length=64)),
                ("mapping", models.JSONField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "header_hash"), name="one_mapping_a_header")],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("postal", "Postal mail"),
                            ("phone", "Phone"),
                            ("line", "LINE"),
                            ("sms", "SMS"),
                        ],
                        max_length=10,
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("refused", "refused"),
                            ("bounced", "address does not exist"),
                            ("complained", "complained"),
                        ],
                        max_length=12,
                    ),
                ),
                ("source", models.CharField(max_length=100)),
                ("at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("channel", "address", "reason"),
                        name="one_suppression_a_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UndoKept",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=20)),
                ("row_id", models.BigIntegerField()),
                ("field", models.CharField(blank=True, default="", help_text="empty: the whole row", max_length=50)),
                (
                    "why",
                    models.CharField(
                        choices=[("edited", "edited since"), ("in_use", "something else refers to it")], max_length=10
                    ),
                ),
                ("now", models.TextField(blank=True, default="", help_text="what stands there")),
                ("before", models.TextField(blank=True, default="", help_text="what the undo would have put there")),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="kept", to="customers.import"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CustomerCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=50, verbose_name="source")),
                ("code", models.CharField(max_length=100, verbose_name="code")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="customers.customer"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "code"), name="one_customer_a_code")],
            },
        ),
        migrations.CreateModel(
            name="Duplicate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "proposal",
                    models.CharField(
                        choices=[("merge", "merge"), ("parent", "head office and branch")],
                        default="merge",
                        max_length=10,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(help_text="0–100: how sure")),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        help_text="codes: same phone, same e-mail …",
                        size=None,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "to be decided"),
                            ("rejected", "two different customers"),
                            ("merged", "merged"),
                            ("gone", "no longer alike"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
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
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["-score", "id"], name="duplicates_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="one_row_a_pair"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="a_pair_is_ordered"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["imported"], name="customers_by_import", pages_per_range=16
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["imported"], name="contacts_by_import", pages_per_range=16
            ),
        ),
        *statements("0002_import_staging"),
        *statements("0003_search_by_bigrams"),
        *statements("0005_import_staging"),
        *statements("0006_search_functions"),
        *statements("0010_matching"),
        *statements("0013_coupons_of_purchases"),
    ]
