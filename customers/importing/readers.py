"""How a whole column of tidy cells is read: canonical texts and error codes, by Arrow kernels.

What kernels cannot do (dates, amounts) is read once for each distinct text (values.py) and mapped back.
"""

import functools
import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import EmailNotValidError, validate_email

from ..searching import KATAKANA
from . import values

SEPARATOR = "\x1f"
LIMITS = {"name": 200, "kana": 200, "company": 200, "address": 500, "product": 200, "plan": 100, "tags": 1000}
LIMITS |= {"reason": 200, "competitor": 200, "subject": 200, "body": 100_000, "next_action": 200}
LIMITS |= {"kind": 40, "method": 50}
DEFAULT_LIMIT = 100

_EMAIL = (
    r"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
)
_OLD_MOBILE = re.compile(r"[a-z0-9._+/?-]+@(?:docomo\.ne\.jp|ezweb\.ne\.jp)")
_ROUNDED_NUMBER = r"^\d(?:\.\d+)?e\+?\d+$"

Cleaned = tuple[pa.Array, pa.Array]  # canonical texts (null = empty or unreadable), error codes (null = fine)


def is_empty(cells: pa.Array) -> pa.Array:
    return pc.fill_null(pc.equal(cells, ""), True)


def filled(cells: pa.Array, codes: pa.Array | None = None) -> Cleaned:
    """Empty and unreadable cells as null, beside their codes."""
    if codes is None:
        codes = pa.nulls(len(cells), pa.string())
    bad = pc.or_(is_empty(cells), pc.is_valid(codes))
    return pc.if_else(bad, pa.scalar(None, pa.string()), cells), codes


def coded(condition: pa.Array, code: str) -> pa.Array:
    return pc.if_else(condition, pa.scalar(code), pa.scalar(None, pa.string()))


def distinct(read: Callable[[str], values.Read], *, nothing: bool = True) -> Callable[[pa.Array], Cleaned]:
    """Read each distinct text of a column once; with `nothing`, なし, - and the like are empty cells."""

    def reads(cells: pa.Array) -> Cleaned:
        coded = pc.dictionary_encode(cells)
        pairs = [_read_one(read, text, nothing) for text in coded.dictionary.to_pylist()]
        texts = pa.array([text or None for text, _code in pairs], pa.string())
        codes = pa.array([code or None for limited, code in pairs], pa.string())
        return texts.take(coded.indices), codes.take(coded.indices)

    return reads


def _read_one(read: Callable[[str], values.Read], text: str | None, nothing: bool) -> values.Read:
    if not text or (nothing and text.lower() in values.NOTHING):
        return "", ""
    return read(text)


def limited(limit: int) -> Callable[[pa.Array], Cleaned]:
    return lambda cells: filled(cells, coded(pc.greater(pc.utf8_length(cells), limit), "too_long"))


def ids(cells: pa.Array) -> Cleaned:
    rounded = pc.match_substring_regex(cells, _ROUNDED_NUMBER, ignore_case=True)
    codes = pc.coalesce(coded(rounded, "bad_id"), coded(pc.greater(pc.utf8_length(cells), 100), "too_long"))
    return filled(cells, codes)


def names(cells: pa.Array) -> Cleaned:
    cells = pc.replace_substring_regex(cells, r"^(.+?) ?(?:様|御中|さま)$", r"\1")
    return limited(LIMITS["name"])(pc.replace_substring_regex(cells, r"^(.+?) (?:殿|どの|さん)$", r"\1"))


def kana(cells: pa.Array) -> Cleaned:
    cells, codes = names(cells)
    cells = translated(cells, KATAKANA)
    return pc.replace_substring_regex(
        cells, r"([ァ-ヺ])[\-‐‑–−]", r"\1ー"
    ), codes  # ｴ-ｱｲ: the long vowel of old systems


def translated(cells: pa.Array, table: dict[int, int]) -> pa.Array:
    """One pass of str.translate over a whole column: joined, translated, split (the separator is a control)."""
    filled = pc.fill_null(cells, "")
    joined = SEPARATOR.join(filled.to_pylist()).translate(table)
    texts = pa.array(joined.split(SEPARATOR) if len(filled) else [], pa.string())
    return pc.if_else(pc.is_valid(cells), texts, pa.scalar(None, pa.string()))


def emails(cells: pa.Array) -> Cleaned:
    """Lower case; several addresses in a cell are kept apart by a space (_several_addresses)."""
    cells = pc.replace_substring_regex(pc.utf8_lower(cells), r"(?:mailto:|[<>])", "")
    cells = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r"[\s,;、/|]+", " "))
    odd = pc.invert(pc.or_(is_empty(cells), pc.match_substring_regex(cells, _EMAIL)))
    odd = pc.or_(odd, pc.greater(pc.utf8_length(cells), 254))
    read, codes = distinct(_read_addresses)(pc.if_else(odd, cells, ""))
    return filled(pc.if_else(pc.and_(odd, pc.is_valid(read)), read, pc.if_else(odd, "", cells)), codes)


def _read_addresses(text: str) -> values.Read:
    found = [_read_address(part) for part in text.split(" ")]
    return ("", "bad_email") if "" in found else (" ".join(dict.fromkeys(found)), "")


def _read_address(text: str) -> str:
    """An address the plain pattern does not know: old mobile ones with their dots, and international ones."""
    if len(text) > 254:
        return ""
    if _OLD_MOBILE.fullmatch(text):
        return text
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return ""


def phones(cells: pa.Array) -> Cleaned:
    """Digits (or + and digits) without extension; a leading 0 that got lost comes back where that is certain."""
    nothing = pc.is_in(pc.utf8_lower(cells), value_set=pa.array(sorted(values.NOTHING)))
    given = pc.if_else(nothing, "", cells)
    digits = pc.replace_substring_regex(pc.utf8_lower(given), r"\(?(?:内線|ext\.?|extension).*$", "")
    digits = pc.replace_substring_regex(digits, r"^(?:tel|fax|電話)[:. ]*", "")
    letters = pc.match_substring_regex(digits, r"[^\d+()\-‐‑–−—ーｰ. ~/]")
    digits = pc.replace_substring_regex(digits, r"[^\d+]", "")
    digits = pc.replace_substring_regex(digits, r"^(?:\+|00|010)?81(0?[1-9]\d{8,9})$", r"0\1")
    digits = pc.replace_substring_regex(digits, r"^00([1-9])", r"0\1")
    digits = pc.replace_substring_regex(digits, r"^([1-9]\d{8}|[5789]0\d{8})$", r"0\1")
    good = pc.match_substring_regex(digits, r"^(?:0\d{9,10}|\+[1-9]\d{6,14})$")
    bad = pc.and_(pc.invert(is_empty(given)), pc.or_(letters, pc.invert(good)))
    return filled(digits, coded(bad, "bad_phone"))


def postal_codes(cells: pa.Array) -> Cleaned:
    """Seven digits; the one leading zero a spreadsheet dropped comes back."""
    given = pc.if_else(pc.is_in(pc.utf8_lower(cells), value_set=pa.array(sorted(values.NOTHING))), "", cells)
    digits = pc.replace_substring_regex(given, r"[〒\-‐‑–−—ーｰ ]", "")
    digits = pc.replace_substring_regex(digits, r"^(\d{6})$", r"0\1")
    bad = pc.and_(pc.invert(is_empty(given)), pc.invert(pc.match_substring_regex(digits, r"^\d{7}$")))
    return filled(digits, coded(bad, "bad_postal_code"))


def tags(cells: pa.Array) -> Cleaned:
    split = pc.replace_substring_regex(cells, r" *[,、;|] *", SEPARATOR)
    return limited(LIMITS["tags"])(pc.replace_substring_regex(split, f"^{SEPARATOR}+|{SEPARATOR}+$", ""))


def moments(order: str, offset: str = "") -> Callable[[pa.Array], Cleaned]:
    """Plain year-first moments are read by day and time apart (few distinct ones), the rest as wholes."""
    plain = (
        r"^(?P<day>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
        r"(?:[ T](?P<time>(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?))?$"
    )
    whole = distinct(functools.partial(values.read_moment, order=order))
    days = distinct(functools.partial(values.read_day, order=order))

    def reads(cells: pa.Array) -> Cleaned:
        parts = pc.extract_regex(cells, plain)
        is_plain = pc.is_valid(parts)
        day, day_code = days(pc.fill_null(pc.struct_field(parts, "day"), ""))
        time = pc.fill_null(pc.struct_field(parts, "time"), "")
        time = pc.if_else(is_empty(time), "00:00:00", pc.replace_substring_regex(time, r"^(\d):", r"0\1:"))
        time = pc.replace_substring_regex(time, r"^(\d\d:\d\d)$", r"\1:00")
        joined = pc.binary_join_element_wise(day, time, " ")
        text, code = whole(pc.if_else(is_plain, "", cells))
        if offset:
            named = pc.match_substring_regex(text, r"[+-]\d\d:\d\d$")
            joined, text = _with(joined, offset), pc.if_else(named, text, _with(text, offset))
        return pc.if_else(is_plain, joined, text), pc.if_else(is_plain, day_code, code)

    return reads


def _with(cells: pa.Array, ending: str) -> pa.Array:
    return pc.binary_join_element_wise(cells, ending, "")
