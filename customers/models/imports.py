"""How data came in: the file, what each row became, and what stood there before."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .people import Customer


class Import(models.Model):
    """One file on its way in. The row is the queue: a killed worker's import is taken up again from `applied_to`."""

    class Kind(models.TextChoices):
        CUSTOMERS = "customers", _("Customers")
        PURCHASES = "purchases", _("Purchases")
        LOGINS = "logins", _("Logins")
        CONTRACTS = "contracts", _("Contracts")
        CONTACTS = "contacts", _("Contacts at customers")
        INTERACTIONS = "interactions", _("Interactions")
        CONSENTS = "consents", _("Consents")
        INVOICES = "invoices", _("Invoices")
        USAGE = "usage", _("Usage")
        EVENTS = "events", _("Events")

    class Source(models.TextChoices):
        BROWSER = "browser", _("Browser")
        COMMAND = "command", _("Command line")
        API = "api", "API"

    class State(models.TextChoices):
        DRAFT = "draft", _("waiting for your confirmation")
        QUEUED = "queued", _("waiting")
        STAGING = "staging", _("reading")
        APPLYING = "applying", _("writing")
        DONE = "done", _("finished")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("could not be read")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    source = models.CharField(max_length=10, choices=Source, default=Source.BROWSER, db_default="browser")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    file = models.FileField(_("file"), upload_to="imports/")
    file_name = models.CharField(max_length=255, help_text="as the person called it")
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField(default=0)
    mapping = models.JSONField(
        default=dict, help_text="encoding, delimiter, header_row, date_order, columns, constants, key"
    )
    options = models.JSONField(default=dict, help_text="create_customers, clear_empty, answers to questions")
    encoding = models.CharField(max_length=20, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    # counts; created + updated + unchanged + rejected = rows
    rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    staged_to = models.BigIntegerField(default=0, help_text="lines read so far (progress)")
    applied_to = models.BigIntegerField(default=0, help_text="the cursor: staged lines up to here are in")
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone = models.JSONField(default=dict, help_text="what the undo took back, and what it kept and why, in numbers")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], name="imports_due", condition=Q(state__in=["queued", "staging", "applying"])),
        ]

    def __str__(self):
        return self.file_name


class ImportReject(models.Model):
    """A row that did not come in: where it stands, what it held, and why."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="rejects")
    line = models.BigIntegerField()
    code = models.CharField(max_length=40)
    column = models.CharField(max_length=200, blank=True, default="")
    cells = ArrayField(models.TextField())

    class Meta:
        constraints = [models.UniqueConstraint(name="one_reject_a_line", fields=["imported", "line"])]

    def __str__(self):
        return f"{self.line}: {self.code}"


class ImportChange(models.Model):
    """A row the import changed: the changed columns before and after. What it made carries its id (`imported`)."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="changes")
    line = models.BigIntegerField()
    model = models.CharField(max_length=20, help_text="customer, contact, purchase, login, contract …")
    row_id = models.BigIntegerField()
    before = models.JSONField(default=dict, help_text="columns that changed: what stood there")
    after = models.JSONField(default=dict, help_text="the same columns: what the import wrote")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_before_image_a_row", fields=["imported", "model", "row_id"])]
        indexes = [models.Index(fields=["model", "row_id"], name="changes_by_row")]

    def __str__(self):
        return f"{self.model} {self.row_id}"


class SavedMapping(models.Model):
    """A mapping a person confirmed, remembered by the file's header."""

    kind = models.CharField(max_length=12, choices=Import.Kind)
    header_hash = models.CharField(max_length=64)
    mapping = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_mapping_a_header", fields=["kind", "header_hash"])]

    def __str__(self):
        return f"{self.kind} {self.header_hash[:8]}"


class Touched(models.Model):
    """A customer whose facts changed since scores were last computed. Rows are added freely, taken in bulk."""

    is_handed_over = False  # a mark, not a fact

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return str(self.customer_id)


class UndoKept(models.Model):
    """A field or row an undo left as it is: edited since, or something else refers to it."""

    class Why(models.TextChoices):
        EDITED = "edited", _("edited since")
        IN_USE = "in_use", _("something else refers to it")

    imported = models.ForeignKey(Import, models.CASCADE, related_name="kept")
    model = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    field = models.CharField(max_length=50, blank=True, default="", help_text="empty: the whole row")
    why = models.CharField(max_length=10, choices=Why)
    now = models.TextField(blank=True, default="", help_text="what stands there")
    before = models.TextField(blank=True, default="", help_text="what the undo would have put there")

    def __str__(self):
        return f"{self.model} {self.row_id} {self.field}: {self.why}"


class OwnerName(models.Model):
    """A text files write for a member of staff, joined to the user once by a person and remembered."""

    text = models.CharField(max_length=100, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    def __str__(self):
        return self.text


class Received(models.Model):
    """A call of an SDK (identify, track, group …) as it came in: the queue from which imports are made."""

    message_id = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["id"], name="received_waiting", condition=Q(taken_at=None))]

    def __str__(self):
        return f"{self.kind} {self.message_id}"
