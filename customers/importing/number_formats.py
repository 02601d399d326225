"""How a workbook's number formats show a number, as far as it changes what the number is.

Days and times become ISO, percentages get their sign, codes their leading zeros, amounts a currency's sign; all
else stays the plain number, without the noise of binary fractions (15 digits are what a spreadsheet keeps).
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from .xml_parts import Attributes

_DATES = {*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58}
_TIMES = {18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56}
_ELAPSED_ID = 46
_PERCENTS = {9, 10}
_DAY_MS = 86_400_000
_LAST_DAY = 2_958_466  # 9999-12-31 and one
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]")
_SIGN = re.compile(r"\[\$([^\]\-]+)[^\]]*\]|([¥￥$€£円])")
_LOCALE = re.compile(r"\[\$-[^\]]*\]")
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_MASK = re.compile(r"[0\-() ]+")
_MOST_CACHED = 50_000

Show = Callable[[Decimal], str]


class Formats:
    """The formats of a workbook by the number a cell gives (`s`)."""

    def __init__(self, styles: Iterable[tuple[str, Attributes]], *, is_1904: bool = False):
        self._start = dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001  # business time
        self._is_1904 = is_1904
        self._shows: list[Show | None] = []
        self._cache: dict[tuple[str, str], str] = {}
        self._read(styles)

    def shown(self, value: str, style: str) -> str:
        """The text of a number cell."""
        key = (value, style)
        text = self._cache.get(key)
        if text is None:
            text = self._text(value, style)
            if len(self._cache) < _MOST_CACHED:
                self._cache[key] = text
        return text

    def _text(self, value: str, style: str) -> str:
        show = self._shows[int(style)] if style.isdigit() and int(style) < len(self._shows) else None
        try:
            text = f"{float(value) + 0:.15g}"
            if show is None and "e" not in text and text[-1].isdigit():
                return text
            number = Decimal(text)
        except (ValueError, InvalidOperation):
            return value
        if not number.is_finite():
            return value
        return show(number) if show else plain(number)

    def _read(self, styles: Iterable[tuple[str, Attributes]]) -> None:
        codes: dict[int, str] = {}
        is_cell = False
        for element, attributes in styles:
            if element == "numFmt":
                codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
            elif element in {"cellXfs", "/cellXfs"}:
                is_cell = element == "cellXfs"
            elif element == "xf" and is_cell:
                number = _whole(attributes.get("numFmtId"))
                self._shows.append(self._show(number, codes.get(number)))

    def _show(self, number: int, code: str | None) -> Show | None:
        if code is not None:
            return self._show_of_code(code)
        if number == _ELAPSED_ID:
            return _elapsed
        if number in _DATES or number in _TIMES:
            return self._moment if number in _DATES else self._time
        return _percent if number in _PERCENTS else None

    def _show_of_code(self, code: str) -> Show | None:
        bare = _QUOTED.sub("", code)
        if _ELAPSED.search(bare.lower()):
            return _elapsed
        letters = _letters(_BRACKETS.sub("", bare))
        if "general" in letters or "標準" in letters:
            return None
        if set(letters) & set("ydge") or ("m" in letters and not set(letters) & set("hs")):
            return self._moment
        if set(letters) & set("hs"):
            return self._time
        if "%" in letters:
            return _percent
        return _mask(code) or _with_sign(code)

    def _moment(self, number: Decimal) -> str:
        """Excel's calendar holds a 29 February 1900: before 1 March 1900 it is a day ahead."""
        if not 1 <= number + self._is_1904 < _LAST_DAY:
            return plain(number)
        if not self._is_1904 and number < 61:
            if number >= 60:
                return plain(number)
            number += 1
        moment = self._start + dt.timedelta(milliseconds=_milliseconds(number))
        if moment.time() == dt.time():
            return moment.date().isoformat()
        return moment.isoformat(sep=" ", timespec="milliseconds" if moment.microsecond else "seconds")

    def _time(self, number: Decimal) -> str:
        if not 0 <= number < 1:
            return self._moment(number)
        moment = dt.datetime(1904, 1, 1) + dt.timedelta(milliseconds=_milliseconds(number))  # noqa: DTZ001
        return moment.time().isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def plain(number: Decimal) -> str:
    """Digits; beyond 15 of them a spreadsheet has rounded, which shows as 1.2E+15."""
    if number and (abs(number) >= Decimal(10) ** 15 or abs(number) < Decimal(10) ** -15):
        return f"{number.normalize():E}"
    return f"{number.normalize() + 0:f}"


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _letters(code: str) -> str:
    """A format's own letters in its first section: without AM/PM and exponents."""
    code = re.sub(r"(?i)am/pm|a/p|e[+-]", "", code.split(";", maxsplit=1)[0]) if code.strip(";") else ""
    return code.lower()


def _milliseconds(number: Decimal) -> int:
    """Rounded to a second where it is within a millisecond of one, as a spreadsheet shows it."""
    whole = round(number * _DAY_MS)
    return round(whole / 1000) * 1000 if abs(whole - round(whole / 1000) * 1000) <= 1 else whole


def _elapsed(number: Decimal) -> str:
    seconds = round(number * 86_400)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _percent(number: Decimal) -> str:
    return plain(number * 100) + "%"


def _with_sign(code: str) -> Show | None:
    found = _SIGN.search(_LOCALE.sub("", code))
    sign = (found[1] or found[2]).strip().upper() if found else ""
    if not sign or not (sign in "¥￥$€£円" or (sign.isascii() and sign.isalpha() and len(sign) == 3)):
        return None
    sign = "¥" if sign in "￥円" else sign
    return lambda number: ("-" if number < 0 else "") + sign + plain(abs(number))


def _mask(code: str) -> Show | None:
    """Codes shown with leading zeros: 0000, 000-0000, [<=999]000;[<=9999]000-00;000-0000."""
    sections = [(_CONDITION.search(part), _literal(part)) for part in code.split(";")]
    masks = [(condition, mask) for condition, mask in sections if _MASK.fullmatch(mask) and mask.count("0") > 1]
    if len(masks) != len(sections) or (len(masks) > 1 and masks[0][0] is None):
        masks = masks[:1] if _MASK.fullmatch(sections[0][1]) and sections[0][0] is None else []
    if not masks:
        return None
    return lambda number: _masked(number, masks)


def _literal(section: str) -> str:
    section = _BRACKETS.sub("", section)
    section = re.sub(r'"([^"]*)"|\\(.)', lambda match: match[1] or match[2] or "", section)
    return section.strip()


def _masked(number: Decimal, masks: list[tuple[re.Match | None, str]]) -> str:
    mask = next((mask for condition, mask in masks if condition is None or _holds(number, condition)), "")
    if not mask or number < 0 or number != number.to_integral_value():
        return plain(number)
    digits = list(plain(number).zfill(mask.count("0")))
    shown: list[str] = []
    for letter in reversed(mask):
        shown.append(digits.pop() if letter == "0" else letter)
    return "".join(digits) + "".join(reversed(shown))


def _holds(number: Decimal, condition: re.Match) -> bool:
    limit = Decimal(condition[2])
    holds = {
        "<=": number <= limit,
        ">=": number >= limit,
        "<": number < limit,
        ">": number > limit,
        "=": number == limit,
        "<>": number != limit,
    }
    return holds[condition[1]]
