"""What a segment's rule may ask for: one entry a field, with where it stands and how it is compared."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from customers.models import Kind
from scores.models import Lifecycle, RfmSegment

Compare = Callable[[str, Any, dt.date], Q]


@dataclass(frozen=True)
class Operator:
    """One way to compare: `condition(path, value, as_of)` as Q, and a sentence with %(field)s and %(value)s."""

    condition: Compare
    words: str | Promise
    takes: str  # number, days, day, text, flag, choices


@dataclass(frozen=True)
class Field:
    """Something known of every customer: its path from Customer, its kind, and its words."""

    key: str
    label: str | Promise
    path: str
    kind: str  # number, date, text, flag, choice
    choices: dict[str, Any] | None = None


def _plain(lookup: str) -> Compare:
    return lambda path, value, as_of: Q(**{f"{path}__{lookup}": value})


def _within_next(path: str, days: int, as_of: dt.date) -> Q:
    return Q(**{f"{path}__gte": as_of, f"{path}__lte": as_of + dt.timedelta(days=days)})


def _within_last(path: str, days: int, as_of: dt.date) -> Q:
    return Q(**{f"{path}__gt": as_of - dt.timedelta(days=days), f"{path}__lte": as_of})


def _longer_ago(path: str, days: int, as_of: dt.date) -> Q:
    return Q(**{f"{path}__lte": as_of - dt.timedelta(days=days)})


def _unknown(path: str, value: bool, as_of: dt.date) -> Q:
    return Q(**{f"{path}__isnull": value})


OPERATORS: dict[str, dict[str, Operator]] = {
    "number": {
        "eq": Operator(_plain("exact"), _("%(field)s is %(value)s"), "number"),
        "gte": Operator(_plain("gte"), _("%(field)s is at least %(value)s"), "number"),
        "lte": Operator(_plain("lte"), _("%(field)s is at most %(value)s"), "number"),
    },
    "date": {
        "within_next": Operator(_within_next, _("%(field)s is within the next %(value)s"), "days"),
        "within_last": Operator(_within_last, _("%(field)s is within the last %(value)s"), "days"),
        "longer_ago": Operator(_longer_ago, _("%(field)s is %(value)s or longer ago"), "days"),
        "from": Operator(_plain("gte"), _("%(field)s is %(value)s or later"), "day"),
        "until": Operator(_plain("lte"), _("%(field)s is %(value)s or earlier"), "day"),
        "is_unknown": Operator(_unknown, _("%(field)s is not known: %(value)s"), "flag"),
    },
    "text": {
        "is": Operator(_plain("exact"), _("%(field)s is %(value)s"), "text"),
        "contains": Operator(_plain("icontains"), _("%(field)s contains %(value)s"), "text"),
    },
    "flag": {"is": Operator(_plain("exact"), _("%(field)s: %(value)s"), "flag")},
    "choice": {
        "in": Operator(_plain("in"), _("%(field)s is %(value)s"), "choices"),
        "not_in": Operator(
            lambda path, value, as_of: ~Q(**{f"{path}__in": value}), _("%(field)s is not %(value)s"), "choices"
        ),
    },
}


def _choice(key: str, label: str | Promise, path: str, choices: Any) -> Field:
    return Field(key, label, path, "choice", dict(choices))


FIELDS: dict[str, Field] = {
    field.key: field
    for field in [
        _choice("kind", _("Kind"), "kind", Kind.choices),
        Field("industry", _("Industry"), "industry", "text"),
        Field("region", _("Region"), "region", "text"),
        Field("acquired_via", _("Acquired via"), "acquired_via", "text"),
        Field("joined_on", _("Joined on"), "joined_on", "date"),
        _choice("lifecycle", _("Lifecycle stage"), "score__lifecycle", Lifecycle.choices),
        Field("lifecycle_since", _("Start of the stage"), "score__lifecycle_since", "date"),
        _choice("rfm_segment", _("RFM segment"), "score__rfm_segment", RfmSegment.choices),
        Field("r", _("Recency score"), "score__r", "number"),
        Field("f", _("Frequency score"), "score__f", "number"),
        Field("m", _("Monetary score"), "score__m", "number"),
        Field("is_vip", _("VIP"), "score__is_vip", "flag"),
        Field("is_active", _("Active"), "score__is_active", "flag"),
        Field("frequency", _("Number of orders"), "score__frequency", "number"),
        Field("monetary", _("Amount bought"), "score__monetary", "number"),
        Field("first_purchase_on", _("First purchase"), "score__first_purchase_on", "date"),
        Field("last_purchase_on", _("Last purchase"), "score__last_purchase_on", "date"),
        Field("last_login_on", _("Last login"), "score__last_login_on", "date"),
        Field("p_alive", _("P(alive)"), "prediction__p_alive", "number"),
        Field("churn_risk", _("Churn risk"), "prediction__churn_risk", "number"),
        Field("ltv_historic", _("LTV so far"), "score__ltv_historic", "number"),
        Field("ltv_predicted", _("Predicted LTV"), "prediction__ltv_predicted", "number"),
        Field("plan", _("Plan"), "score__plan", "text"),
        Field("mrr", _("MRR"), "score__mrr", "number"),
        Field("renews_on", _("Renewal date"), "score__renews_on", "date"),
        Field("notice_due_on", _("Notice deadline"), "score__notice_due_on", "date"),
        Field("notice_given_on", _("Notice given on"), "score__notice_given_on", "date"),
    ]
}


def value_in_words(field: Field, takes: str, value: Any) -> str:
    """How a value of a rule is written for people."""
    if takes == "days":
        return ngettext("%(count)s day", "%(count)s days", value) % {"count": value}
    if takes == "flag":
        return str(_("yes") if value else _("no"))
    if takes == "choices":
        return str(_(" or ")).join(gettext("“%(choice)s”") % {"choice": (field.choices or {})[one]} for one in value)
    return str(value)
