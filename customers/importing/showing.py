"""What stands in a column, in the words people read: for the differences a dry run shows."""

import datetime as dt
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Installation, User

from ..models import Channel, ConsentState, Contact, Contract, Customer, Interaction
from .labels import FIELDS

STAFF = ("owner_id", "sales_owner_id", "deputy_id", "by_id")
_NAMED: dict[str, type[Model]] = {"parent_id": Customer, "contact_id": Contact} | dict.fromkeys(STAFF, User)
_MODELS: dict[str, type[Model]] = {"interactions": Interaction, "contracts": Contract, "contacts": Contact}
_MOMENTS = frozenset({"purchased_at", "logged_in_at", "occurred_at", "resolved_at", "at"})
_LABELS: dict[str, str | Promise] = {
    "owner_id": FIELDS["owner"],
    "sales_owner_id": FIELDS["sales_owner"],
    "deputy_id": FIELDS["deputy"],
    "by_id": FIELDS["by"],
    "parent_id": _("parent company"),
    "mail_no": Channel.MAIL.label,
    "postal_no": Channel.POSTAL.label,
    "phone_no": Channel.PHONE.label,
    "attributes": _("further attributes"),
}
# Columns another kind calls otherwise, or that only some kinds show.
_LABELS_OF: dict[str, dict[str, str | Promise]] = {
    "interactions": {"kind": pgettext_lazy("interaction", "kind")},
    "events": {"kind": pgettext_lazy("event", "kind"), "at": FIELDS["occurred_at"], "data": _("what is kept with it")},
    "usage": {"logged_in_at": FIELDS["used_at"]},
}
_HIDDEN = {"customer_id", "kind"}


def labels(kind: str) -> dict[str, str | Promise]:
    """The columns of a kind whose differences are shown, and what they are called."""
    common = {name: label for name, label in (FIELDS | _LABELS).items() if name not in _HIDDEN}
    return common | _LABELS_OF.get(kind, {})


def words(kind: str, name: str, value: Any) -> str:
    """A value (as JSON has it) of a column of a kind, as people read it."""
    if value in (None, "", [], {}):
        return ""
    if name in _NAMED:
        return str(_NAMED[name].objects.get(pk=value))  # type: ignore[attr-defined]
    if name.endswith("_no"):
        return str(ConsentState.WITHDRAWN.label)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return _moment(value) if name in _MOMENTS else _choice(kind, name, value) or str(value)


def _choice(kind: str, name: str, value: Any) -> str:
    fields = {field.name: field for field in _MODELS[kind]._meta.get_fields()} if kind in _MODELS else {}
    chosen = dict(getattr(fields.get(name), "flatchoices", None) or ())
    return str(chosen.get(value, ""))


def _moment(text: str) -> str:
    """A moment in business time, its midnight as the day alone."""
    there = dt.datetime.fromisoformat(text).astimezone(Installation.get().zone)
    return f"{there:%Y/%m/%d}" if there.time() == dt.time() else f"{there:%Y/%m/%d %H:%M}"
