"""The values of a rule: read from JSON with a precise complaint, and written for people."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.crm import day

LONGEST_TEXT = 200
MOST_VALUES = 500
MOST_DAYS = 36_500
LARGEST = Decimal(10) ** 15
PLACES = 6
NUMERIC = r"^[ ]*-?[0-9]{1,15}([.][0-9]{1,6})?[ ]*$"  # as Python and the database both read it


class UnusableError(ValueError):
    """A value cannot be used; the sentence says what is wrong and what to write instead."""


def read(takes: str, value: Any, choices: Mapping | None = None) -> Any:
    """The value in the form rules compare: Decimal, int (days), date, str, bool, list. Raises UnusableError."""
    if takes == "choices":
        return _choices(value, choices)
    return _READERS[takes](value)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        raise UnusableError(_("a number is missing: write it in digits, such as 10000"))
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise UnusableError(_("a number is missing: write it in digits, such as 10000")) from error
    if not number.is_finite() or abs(number) >= LARGEST:
        raise UnusableError(_("the number is too large"))
    return number.quantize(Decimal(1).scaleb(-PLACES)).normalize() + 0


def _numbers(value: Any) -> list[Decimal]:
    low, high = _two(value, _number)
    if low > high:
        raise UnusableError(_("the first figure is larger than the second: swap them"))
    return [low, high]


def _two(value: Any, read_one: Callable[[Any], Any]) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise UnusableError(_("two values are needed: from and to"))
    return [read_one(one) for one in value]


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_DAYS:
        raise UnusableError(_("a number of days is missing: a whole number from 1 to 36500"))
    return value


def _day(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise UnusableError(_("a day is missing: choose it in the calendar, such as 2026-04-01")) from error


def _two_days(value: Any) -> list[dt.date]:
    low, high = _two(value, _day)
    if low > high:
        raise UnusableError(_("the first day lies after the second: swap them"))
    return [low, high]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value or _is_broken(value):
        raise UnusableError(_("a text is missing"))
    if len(value) > LONGEST_TEXT:
        raise UnusableError(_("the text is longer than 200 letters"))
    return value


def _is_broken(text: str) -> bool:
    """Half a surrogate pair: no text the database could hold."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise UnusableError(_("nothing is chosen: choose at least one"))
    if len(value) > MOST_VALUES:
        raise UnusableError(_("more than 500 values: make a frozen segment from a list instead"))
    return value


def _texts(value: Any) -> list[str]:
    return list(dict.fromkeys(_text(one) for one in _list(value)))


def _choices(value: Any, choices: Mapping | None) -> list[Any]:
    """Of what is offered; where only the database knows (choices None): whole numbers or texts."""
    for one in _list(value):
        if not _is_name(one) or (choices is not None and one not in choices):
            raise UnusableError(_("“%(choice)s” is not among the choices") % {"choice": str(one)[:60]})
    return list(dict.fromkeys(value))


def _is_name(one: Any) -> bool:
    if isinstance(one, str):
        return len(one) <= 60 and "\0" not in one and not _is_broken(one)
    return isinstance(one, int) and not isinstance(one, bool) and abs(one) < 2**63


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnusableError(_("choose yes or no"))
    return value


def _nothing(value: Any) -> None:
    if value is not None:
        raise UnusableError(_("no value belongs here"))


_READERS: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "numbers": _numbers,
    "days": _days,
    "day": _day,
    "two_days": _two_days,
    "text": _text,
    "texts": _texts,
    "flag": _flag,
    "known": _flag,
    "nothing": _nothing,
}


def number_in(text: str | None) -> Decimal | None:
    """The number a text is written as; None where it is none."""
    return Decimal(text.strip()) if text is not None and re.fullmatch(NUMERIC, text) else None


# --- in words ------------------------------------------------------------------------------------


def figure(value: Any, unit: str = "") -> str:
    """A figure with its unit as people read it: ¥1,200, 45%, 3."""
    if unit == "share":
        return f"{_plain(Decimal(str(value)) * 100)}%"
    text = _plain(Decimal(str(value)))
    return f"¥{text}" if unit == "money" else text


def _plain(number: Decimal) -> str:
    text = f"{number:,.4f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def days(number: int) -> str:
    """A number of days."""
    return ngettext("%(count)s day", "%(count)s days", number) % {"count": number}


def listed(texts: list[str]) -> str:
    """“A” or “B”; of many the first few and how many more."""
    shown = _(" or ").join(_("“%(choice)s”") % {"choice": text} for text in texts[:5])
    more = len(texts) - 5
    return shown if more <= 0 else shown + ngettext(" (or %(n)s more)", " (or %(n)s more)", more) % {"n": more}


def in_words(takes: str, value: Any, unit: str = "", labels: Callable[[list], list[str]] | None = None) -> str:
    """How a value of a rule is written for people."""
    if takes == "number":
        return figure(value, unit)
    if takes == "numbers":
        return _("%(low)s and %(high)s") % {"low": figure(value[0], unit), "high": figure(value[1], unit)}
    if takes == "days":
        return days(value)
    if takes == "day":
        return day(value)
    if takes == "two_days":
        return _("%(low)s and %(high)s") % {"low": day(value[0]), "high": day(value[1])}
    return _other_words(takes, value, labels)


def _other_words(takes: str, value: Any, labels: Callable[[list], list[str]] | None) -> str:
    if takes == "flag":
        return str(_("yes") if value else _("no"))
    if takes == "known":
        return _("is not known") if value else _("is known")
    if takes in {"choices", "texts"}:
        return listed(labels(value) if labels else [str(one) for one in value])
    return "" if value is None else str(value)
