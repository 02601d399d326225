"""Customers, the people to reach there, and what was known of them when."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User


class Kind(models.TextChoices):
    PERSON = "person", pgettext_lazy("customer", "Person")
    COMPANY = "company", pgettext_lazy("customer", "Company")


class Channel(models.TextChoices):
    MAIL = "mail", pgettext_lazy("channel", "E-mail")
    POSTAL = "postal", _("Postal mail")
    PHONE = "phone", pgettext_lazy("channel", "Phone")


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
        User, models.PROTECT, null=True, blank=True, related_name="customers", verbose_name=_("owner")
    )
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    birth_on = models.DateField(_("birthday"), null=True, blank=True)
    acquired_via = models.CharField(_("acquired via"), max_length=100, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=50), verbose_name=_("tags"), default=list, blank=True)
    attributes = models.JSONField(_("further attributes"), default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="counts edits, so that none is lost silently")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sort_key", "id"], name="customers_gojuon"),
            models.Index(fields=["owner", "sort_key", "id"], name="customers_by_owner"),
            models.Index(fields=["industry", "sort_key", "id"], name="customers_by_industry"),
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

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    kana = models.CharField(_("kana"), max_length=200, blank=True, default="")
    department = models.CharField(_("department"), max_length=100, blank=True, default="")
    title = models.CharField(_("title"), max_length=100, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    phone = models.CharField(_("phone"), max_length=20, blank=True, default="", help_text="digits, or + and digits")
    is_primary = models.BooleanField(default=False)
    left_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_primary_contact", fields=["customer"], condition=Q(is_primary=True)),
        ]
        indexes = [models.Index(fields=["email"], name="contacts_by_email", condition=~Q(email=""))]

    def __str__(self):
        return self.name or str(self.customer)


class DimensionChange(models.Model):
    """What owner, industry and region were when. A row a change; `since` empty = from the beginning.

    A customer without rows for a dimension has had today's value all the time. Values are texts
    (an owner's is the user's id), so that a period can be cut by any of the three in one way.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="dimension_changes")
    dimension = models.CharField(max_length=10, choices=[(d, d) for d in ("owner", "industry", "region")])
    since = models.DateField(null=True)
    value = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_change_a_day", fields=["customer", "dimension", "since"], nulls_distinct=False
            ),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.dimension} {self.since}: {self.value}"
