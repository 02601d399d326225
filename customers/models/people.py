"""Customers, the people to reach there, and what was known of them when."""

import re

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User

UNSENDABLE = r"(^\.|\.\.|\.@)"  # dots the standard forbids in the part before the @


class Kind(models.TextChoices):
    PERSON = "person", pgettext_lazy("customer", "Person")
    COMPANY = "company", pgettext_lazy("customer", "Company")


class Channel(models.TextChoices):
    MAIL = "mail", pgettext_lazy("channel", "E-mail")
    POSTAL = "postal", _("Postal mail")
    PHONE = "phone", pgettext_lazy("channel", "Phone")
    LINE = "line", pgettext_lazy("channel", "LINE")
    SMS = "sms", pgettext_lazy("channel", "SMS")


def made_by_import() -> models.ForeignKey:
    """The import that made a row; empty where a person or the product did. No constraint: it costs a look-up a row."""
    return models.ForeignKey(
        "customers.Import", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )


class CustomerQuerySet(models.QuerySet):
    def current(self):
        """Not archived."""
        return self.filter(archived_at=None)

    def owned_by(self, user: User):
        return self.filter(owner=user)


class Customer(models.Model):
    """A person or a company that buys. E-mail and phone live with the contacts only."""

    code = models.CharField(_("customer code"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.COMPANY)
    name = models.CharField(_("name"), max_length=200)
    kana = models.CharField(_("kana"), max_length=200, blank=True, default="")
    sort_key = models.CharField(
        max_length=200, default="", help_text="reading as hiragana, else the name: order by it is gojūon order"
    )
    search_text = models.TextField(
        default="",
        help_text="code, names, kana, company, contacts; see normalising.search_form",
    )
    company = models.CharField(_("employer"), max_length=200, blank=True, default="")
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True, default="")
    address = models.CharField(_("address"), max_length=500, blank=True, default="")
    industry = models.CharField(_("industry"), max_length=100, blank=True, default="")
    region = models.CharField(_("region"), max_length=100, blank=True, default="")
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("owner"),
        db_index=False,  # customers_by_owner begins with it
    )
    sales_owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sales owner"),
        db_index=False,  # few have one: see the partial indexes
    )
    deputy = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("deputy"), db_index=False
    )
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="branches",
        verbose_name=_("parent company"),
        db_index=False,
    )
    corporate_number = models.CharField(_("corporate number"), max_length=13, blank=True, default="", db_default="")
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    birth_on = models.DateField(_("birthday"), null=True, blank=True)
    acquired_via = models.CharField(_("acquired via"), max_length=100, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=50), verbose_name=_("tags"), default=list, blank=True)
    attributes = models.JSONField(_("further attributes"), default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        db_index=False,
        help_text="always the one that stands",
    )
    erased_at = models.DateTimeField(null=True, blank=True, help_text="the person asked for it; days and amounts stay")
    imported = made_by_import()
    version = models.PositiveIntegerField(default=1, help_text="counts edits, so that none is lost silently")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sort_key", "id"], name="customers_gojuon"),
            models.Index(fields=["owner", "sort_key", "id"], name="customers_by_owner"),
            models.Index(fields=["industry", "sort_key", "id"], name="customers_by_industry"),
            *(
                models.Index(fields=[field], name=f"customers_{name}", condition=Q(**{f"{field}__isnull": False}))
                for field, name in (
                    ("merged_into", "merged"),
                    ("parent", "branches"),
                    ("sales_owner", "by_sales_owner"),
                    ("deputy", "by_deputy"),
                )
            ),
            BrinIndex(fields=["imported"], name="customers_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return self.name

    @property
    def initial(self) -> str:
        """The first letter for the round badge, without the legal form of a company."""
        for form in ("株式会社", "有限会社", "合同会社", "(株)", "(有)"):
            name = self.name.removeprefix(form).strip()
            if name != self.name:
                return name[:1]
        return self.name[:1]


class Contact(models.Model):
    """A person at a customer who can be reached (a person customer's primary contact is himself)."""

    class Role(models.TextChoices):
        DECIDES = "decides", _("Decision maker")
        WINDOW = "window", _("Usual contact")
        USES = "uses", _("User of the service")
        PAYS = "pays", _("Billing contact")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    code = models.CharField(
        _("contact's code"), max_length=100, blank=True, default="", db_default="", help_text="contact_id of files"
    )
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    kana = models.CharField(_("kana"), max_length=200, blank=True, default="")
    department = models.CharField(_("department"), max_length=100, blank=True, default="")
    title = models.CharField(_("title"), max_length=100, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    phone = models.CharField(_("phone"), max_length=20, blank=True, default="", help_text="digits, or + and digits")
    line_id = models.CharField(
        _("LINE user"), max_length=64, blank=True, default="", db_default="", help_text="given by LINE when joined"
    )
    time_zone = models.CharField(
        _("time zone"), max_length=50, blank=True, default="", db_default="", help_text="empty: that of the company"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, blank=True, default="", db_default="")
    is_primary = models.BooleanField(_("primary contact"), default=False)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    imported = made_by_import()
    version = models.PositiveIntegerField(
        default=1, db_default=1, help_text="counts edits, so that none is lost silently"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_primary_contact", fields=["customer"], condition=Q(is_primary=True)),
            models.UniqueConstraint(name="one_contact_a_code", fields=["code"], condition=~Q(code="")),
        ]
        indexes = [
            models.Index(fields=["email"], name="contacts_by_email", condition=~Q(email="")),
            BrinIndex(fields=["imported"], name="contacts_by_import", pages_per_range=16),
        ]

    def __str__(self):
        return self.name or str(self.customer)

    @property
    def is_sendable(self) -> bool:
        """False for an address that breaks the standard, as old mobile ones do: kept, not written to."""
        return bool(self.email) and not re.search(UNSENDABLE, self.email)


class CustomerCode(models.Model):
    """A further code a customer is known by in another system (source). Its own code is `Customer.code`."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="codes")
    source = models.CharField(_("source"), max_length=50)
    code = models.CharField(_("code"), max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_customer_a_code", fields=["source", "code"])]

    def __str__(self):
        return f"{self.source}: {self.code}"


class DimensionChange(models.Model):
    """What owner, industry and region were when. A row a change; `since` empty = from the beginning.

    A customer without rows for a dimension has had today's value all the time. Values are texts
    (an owner's is the user's id), so that a period can be cut by any of the three in one way.
    """

    is_handed_over = False  # merged into another, the other's past stands

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="dimension_changes")
    dimension = models.CharField(max_length=10, choices=[(d, d) for d in ("owner", "industry", "region")])
    since = models.DateField(null=True)
    value = models.CharField(max_length=100)
    imported = made_by_import()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_change_a_day", fields=["customer", "dimension", "since"], nulls_distinct=False
            ),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.dimension} {self.since}: {self.value}"
