"""Settings as words: `churn_policy=contract month_end=off`. Reads and checks them; changes nothing."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from . import thresholds
from .models import Installation

# When promotions rest: also a group of the settings page.
POLITENESS = (
    "contact_budget",
    "contact_budget_days",
    "quiet_from",
    "quiet_until",
    "sends_on_weekends",
    "sends_on_holidays",
)
# What scripts may set, in the order in which help lists them.
KEYS = (
    "currency",
    "time_zone",
    "churn_policy",
    "month_end",
    "pause_months",
    "tax",
    "inactivity_days",
    "activity",
    "rfm_window_days",
    "rfm_r_cutoffs",
    "rfm_f_cutoffs",
    "rfm_m_cutoffs",
    "fresh_days",
    "unused_days",
    "renewal_days",
    "silent_days",
    "slipping_days",
    "pre_dormant_days",
    "dormant_days",
    "margin",
    "fiscal_year_start",
    "company_name",
    "sender_name",
    "sender_email",
    "sender_address",
    "complaint_contact",
    "refusal_notice",
    *POLITENESS,
)
SWITCHES = {"month_end", "sends_on_weekends", "sends_on_holidays"}
SWITCH = {"on": True, "off": False}


class SettingError(ValueError):
    """A sentence for people: which word is wrong, and what may stand there."""


def read(words: Iterable[str]) -> dict[str, Any]:
    """`["margin=0.35", "rfm_window_days="]` → `{"margin": Decimal("0.35"), "rfm_window_days": None}`.

    Nothing after the `=` means the default. All words are checked before anything is returned.
    Raises SettingError.
    """
    values: dict[str, Any] = {}
    for word in words:
        key, is_pair, text = word.partition("=")
        if not is_pair:
            raise SettingError(_("“%(word)s” is not of the form KEY=VALUE.") % {"word": word})
        if key not in KEYS:
            raise SettingError(_("“%(key)s” is not a setting; there are: %(keys)s.") % {"key": key, "keys": _keys()})
        if key in values:
            raise SettingError(_("“%(key)s” is given twice.") % {"key": key})
        values[key] = _value(key, text.strip())
    return values


def _keys() -> str:
    return ", ".join(KEYS)


def _value(key: str, text: str) -> Any:
    field = Installation._meta.get_field(key)
    if text == "":
        return field.get_default()
    if key in SWITCHES:
        return _switch(key, text)
    if key == "currency":
        return _currency(text)
    if key in thresholds.CUTOFFS:
        return _cutoffs(key, text)
    try:
        return field.clean(text, None)
    except ValidationError as error:
        allowed = ", ".join(value for value, _label in field.choices or [])
        reason = _("it must be one of: %(allowed)s.") % {"allowed": allowed} if allowed else " ".join(error.messages)
        raise SettingError(f"{key}={text}: {reason}") from error


def _switch(key: str, text: str) -> bool:
    if text.lower() not in SWITCH:
        raise SettingError(f"{key}={text}: " + _("it must be one of: %(allowed)s.") % {"allowed": "on, off"})
    return SWITCH[text.lower()]


def _cutoffs(key: str, text: str) -> list[Any]:
    """`30,60,120,240` → the four figures."""
    one = Installation._meta.get_field(key).base_field
    try:
        found = [one.clean(part.strip(), None) for part in text.split(",")]
    except ValidationError as error:
        raise SettingError(f"{key}={text}: " + " ".join(error.messages)) from error
    if fault := thresholds.fault_of_cutoffs(found):
        raise SettingError(f"{key}={text}: {fault}")
    return found


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise SettingError(f"currency={text}: " + _("it must be a code of three letters, such as JPY."))
    return text.upper()
