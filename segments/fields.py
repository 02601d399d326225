"""The one registry of what a segment's rule may ask of a customer: where it stands, its kind, its words.

What happened how often (purchases, logins, contacts …) is in occurrences.py.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, ExtractMonth, Lower, Trim, TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Installation, Team, User
from customers.consent import granted, mailable
from customers.interactions import OPEN_COMPLAINT
from customers.models import (
    Channel,
    Contact,
    Contract,
    Customer,
    Interaction,
    Invoice,
    Kind,
    Suppression,
)
from scores.models import Lifecycle, RfmSegment

from . import values
from .comparing import OPERATORS, Operator
from .models import Tier
from .sources import Attribute, Column, Figure, Having, Made, Source

ATTRIBUTE = "attribute:"  # and the name the company gave it
SUGGESTED = 200

GROUPS: dict[str, Promise] = {
    "profile": _("About the customer"),
    "people": _("Who looks after them"),
    "stage": _("Lifecycle and RFM"),
    "purchases": _("Purchases so far"),
    "prediction": _("Predictions"),
    "contract": _("Contracts"),
    "consent": _("Consent and addresses"),
    "contact": _("Contact with us"),
    "segment": _("Segments"),
    "attribute": _("Further attributes"),
}


@dataclass(frozen=True)
class Field:
    """Something known of a customer. `choices` are fixed; `options` come from the database, as {value: label}."""

    key: str
    label: str | Promise
    group: str
    kind: str  # a key of comparing.OPERATORS
    source: Source
    choices: dict[Any, Any] | None = None
    options: Callable[[], dict[Any, Any]] | None = None
    suggests: str = ""  # the column of Customer or Score whose values are offered while typing
    lowest: int | None = None  # no value lies outside
    highest: int | None = None

    @property
    def operators(self) -> dict[str, Operator]:
        """The ways this field can be compared."""
        return OPERATORS[self.kind]

    def offered(self) -> dict[Any, Any]:
        """Its choices and their words, from wherever they come."""
        return self.options() if self.options else dict(self.choices or {})

    def labels(self, chosen: list) -> list[str]:
        """The words of chosen values; what is gone is called by its value."""
        words = self.offered() if self.choices or self.options else {}
        return [str(words.get(one, one)) for one in chosen]

    def shown(self, actual: Any) -> str:
        """A customer's value for people."""
        if actual is None:
            return gettext("not known")
        if self.kind in {"number", "money", "share", "count"}:
            return values.figure(actual, self.kind)
        if isinstance(actual, list | set):
            return values.listed(self.labels(sorted(actual))) if actual else gettext("none")
        return _DAY_OR_FLAG[self.kind](actual) if self.kind in _DAY_OR_FLAG else self.labels([actual])[0]


_DAY_OR_FLAG: dict[str, Callable[[Any], str]] = {
    "date": values.day,
    "flag": lambda actual: gettext("yes") if actual else gettext("no"),
}


# --- rows of other tables --------------------------------------------------------------------------


def _contacts(as_of: dt.date) -> QuerySet[Contact]:
    return Contact.objects.filter(Q(left_on=None) | Q(left_on__gt=as_of))


def _with(**wanted: Any) -> Callable[[dt.date], QuerySet]:
    return lambda as_of: _contacts(as_of).exclude(**wanted)


def _may_mail(as_of: dt.date) -> QuerySet[Contact]:
    return mailable(_contacts(as_of))


def _agreed(channel: str, address: str, as_of: dt.date) -> QuerySet[Contact]:
    """Contacts whose address on the channel the ledger's last entry grants, without an open suppression."""
    return _contacts(as_of).filter(**{f"{address}__in": granted(channel)})


def _stopped(as_of: dt.date) -> QuerySet[Contact]:
    """Contacts whose e-mail is suppressed."""
    found = Suppression.objects.filter(channel=Channel.MAIL, lifted_at=None)
    return _contacts(as_of).exclude(email="").annotate(low=Lower(Trim("email"))).filter(low__in=found.values("address"))


def in_force(as_of: dt.date) -> QuerySet[Contract]:
    """Terms that cover the day."""
    return Contract.objects.filter(Q(ends_on=None) | Q(ends_on__gt=as_of), starts_on__lte=as_of)


def _terms(**wanted: Any) -> Callable[[dt.date], QuerySet[Contract]]:
    return lambda as_of: in_force(as_of).filter(**wanted)


def _paused(as_of: dt.date) -> QuerySet[Contract]:
    return in_force(as_of).filter(Q(paused_to=None) | Q(paused_to__gte=as_of), paused_from__lte=as_of)


def _spoken(as_of: dt.date) -> QuerySet[Interaction]:
    return Interaction.objects.filter(occurred_at__lt=after(as_of))


def after(day: dt.date) -> dt.datetime:
    """The first moment after a business day."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), Installation.get().zone)


def _promised(as_of: dt.date) -> QuerySet[Interaction]:
    return Interaction.objects.filter(next_done_at=None, next_on__isnull=False)


def _complaints(as_of: dt.date) -> QuerySet[Interaction]:
    return _spoken(as_of).filter(**OPEN_COMPLAINT)


def _overdue(as_of: dt.date) -> QuerySet[Invoice]:
    return Invoice.objects.filter(due_on__lt=as_of).filter(Q(paid_on=None) | Q(paid_on__gt=as_of))


def _branches(as_of: dt.date) -> QuerySet[Customer]:
    return Customer.objects.current().exclude(parent=None)


def _with_address(as_of: dt.date) -> QuerySet[Customer]:
    return Customer.objects.exclude(address="")


class _LastSpoken(Figure):
    """The business day of the last contact."""

    def __init__(self) -> None:
        super().__init__(_spoken, None)

    def q(self, operator: Operator, value: Any, as_of: dt.date) -> Q:
        return self._made().q(operator, value, as_of)

    def actual(self, customer: int, as_of: dt.date, asked: Any = None) -> Any:
        return self._made().actual(customer, as_of)

    def _made(self) -> Figure:
        return Figure(_spoken, TruncDate(Max("occurred_at"), tzinfo=Installation.get().zone))


# --- the registry ----------------------------------------------------------------------------------


def staff() -> dict[int, str]:
    """Everybody who may look after customers, by id."""
    return dict(User.objects.values_list("pk", "name"))


def teams() -> dict[int, str]:
    """The teams, by id."""
    return dict(Team.objects.values_list("pk", "name"))


def _column(key: str, label: Any, group: str, kind: str, path: str = "", **more: Any) -> Field:
    return Field(key, label, group, kind, Column(path or key, kind in {"text", "choice"}), **more)


def _staff(key: str, label: Any, path: str) -> Field:
    return Field(key, label, "people", "choice", Column(path), options=staff)


def _score(key: str, label: Any, group: str, kind: str, **more: Any) -> Field:
    return _column(key, label, group, kind, f"score__{key}", **more)


def _prediction(key: str, label: Any, kind: str, **more: Any) -> Field:
    return _column(key, label, "prediction", kind, f"prediction__{key}", **more)


def _flag(key: str, label: Any, group: str, rows: Callable[[dt.date], QuerySet], by: str = "customer") -> Field:
    return Field(key, label, group, "flag", Having(rows, by))


_PROFILE = [
    _column("kind", _("Kind"), "profile", "choice", choices=dict(Kind.choices)),
    _column("industry", _("Industry"), "profile", "text", suggests="industry"),
    _column("region", _("Region"), "profile", "text", suggests="region"),
    _column("address", _("Address"), "profile", "text"),
    _column("postal_code", _("Postal code"), "profile", "text"),
    _column("acquired_via", _("Acquired via"), "profile", "text", suggests="acquired_via"),
    _column("joined_on", _("Joined on"), "profile", "date"),
    _column("birth_on", _("Birthday"), "profile", "date"),
    Field(
        "birth_month", _("Month of birth"), "profile", "number", Made(ExtractMonth("birth_on")), lowest=1, highest=12
    ),
    _column("name", _("Name"), "profile", "text"),
    _column("code", _("Customer code"), "profile", "text"),
    _column("corporate_number", _("Corporate number"), "profile", "text"),
    Field("tags", _("Tags"), "profile", "tags", Column("tags"), suggests="tags"),
    Field("parent", _("Parent company (customer code)"), "profile", "text", Column("parent__code", is_text=True)),
    _flag("has_branches", _("Has branches"), "profile", _branches, "parent"),
]
_PEOPLE = [
    _staff("owner", _("Owner"), "owner_id"),
    _staff("sales_owner", _("Sales owner"), "sales_owner_id"),
    _staff("deputy", _("Deputy"), "deputy_id"),
    Field("team", _("Team of the owner"), "people", "choice", Column("owner__team_id"), options=teams),
    _column("touch_tier", _("Touch tier"), "people", "choice", "touch__tier", choices=dict(Tier.choices)),
]
_RFM = dict(RfmSegment.choices)
_STAGE = [
    _score("lifecycle", _("Lifecycle stage"), "stage", "choice", choices=dict(Lifecycle.choices)),
    _score("lifecycle_since", _("Start of the stage"), "stage", "date"),
    _score("rfm_segment", _("RFM segment"), "stage", "choice", choices=_RFM),
    _score("rfm_previous", _("RFM segment before"), "stage", "choice", choices=_RFM),
    _score("rfm_changed_on", _("Change of RFM segment"), "stage", "date"),
    _score("r", _("Recency score"), "stage", "number", lowest=1, highest=5),
    _score("f", _("Frequency score"), "stage", "number", lowest=1, highest=5),
    _score("m", _("Monetary score"), "stage", "number", lowest=1, highest=5),
    _score("is_vip", _("VIP"), "stage", "flag"),
    _score("is_active", _("Active"), "stage", "flag"),
]
_PURCHASES = [
    _score("frequency", _("Number of orders"), "purchases", "number", lowest=0),
    _score("monetary", _("Amount bought"), "purchases", "money"),
    _score("ltv_historic", _("LTV so far"), "purchases", "money"),
    _score("repeat_days", _("Days bought again on"), "purchases", "number", lowest=0),
    _score("first_purchase_on", _("First purchase"), "purchases", "date"),
    _score("last_purchase_on", _("Last purchase"), "purchases", "date"),
    _score("last_login_on", _("Last login"), "purchases", "date"),
    _score("last_activity_on", _("Last activity"), "purchases", "date"),
]
_PREDICTION = [
    _prediction("p_alive", _("P(alive)"), "share", lowest=0, highest=1),
    _prediction("churn_risk", _("Churn risk"), "share", lowest=0, highest=1),
    _prediction("expected_purchases_365d", _("Expected purchases (365 days)"), "number", lowest=0),
    _prediction("expected_value", _("Expected amount per purchase"), "money"),
    _prediction("next_purchase_days", _("Days to the next expected purchase"), "number", lowest=0),
    _prediction("ltv_predicted", _("Predicted LTV"), "money"),
]
_CONTRACT = [
    _score("plan", _("Plan"), "contract", "text", suggests="score.plan"),
    _score("mrr", _("MRR"), "contract", "money", lowest=0),
    _score("contract_started_on", _("Under contract since"), "contract", "date"),
    _score("renews_on", _("Renewal date"), "contract", "date"),
    _score("notice_due_on", _("Notice deadline"), "contract", "date"),
    _score("notice_given_on", _("Notice given on"), "contract", "date"),
    Field("seats", _("Seats"), "contract", "count", Figure(in_force, Coalesce(Sum("seats"), 0), none=0), lowest=0),
    _flag("is_trial", _("On a trial"), "contract", _terms(is_trial=True)),
    _flag("is_paused", _("Paused"), "contract", _paused),
    _flag("pays_yearly", _("Pays yearly"), "contract", _terms(billing_cycle=Contract.BillingCycle.YEARLY)),
    _flag("auto_renews", _("Renews by itself"), "contract", _terms(auto_renew=True)),
    _flag("has_overdue_invoice", _("Has an overdue invoice"), "contract", _overdue),
]
_CONSENT = [
    _flag("mailable", _("May be written to by e-mail"), "consent", _may_mail),
    _flag("may_post", _("May be sent postal mail"), "consent", partial(_agreed, Channel.POSTAL, "customer__code")),
    _flag("may_phone", _("May be called for promotion"), "consent", partial(_agreed, Channel.PHONE, "phone")),
    _flag("mail_stopped", _("E-mail is suppressed"), "consent", _stopped),
    _flag("has_email", _("Has an e-mail address"), "consent", _with(email="")),
    _flag("has_phone", _("Has a phone number"), "consent", _with(phone="")),
    _flag("has_address", _("Has a postal address"), "consent", _with_address, "pk"),
]
_CONTACT = [
    _flag("open_complaint", _("Has an open complaint"), "contact", _complaints),
    Field("last_contact_on", _("Last contact"), "contact", "date", _LastSpoken()),
    _flag("has_promise", _("Something promised is still open"), "contact", _promised),
]
FIELDS: dict[str, Field] = {
    field.key: field
    for group in (_PROFILE, _PEOPLE, _STAGE, _PURCHASES, _PREDICTION, _CONTRACT, _CONSENT, _CONTACT)
    for field in group
}


def find(key: Any) -> Field | None:
    """The field of that key; further attributes are `attribute:` and their name."""
    if not isinstance(key, str):
        return None
    name = key.removeprefix(ATTRIBUTE)
    is_name = 0 < len(name) <= 100 and "\0" not in name and not any("\ud800" <= one <= "\udfff" for one in name)
    if key.startswith(ATTRIBUTE) and is_name:
        return Field(key, name, "attribute", "attribute", Attribute(name))
    return FIELDS.get(key)
