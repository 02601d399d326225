"""Raw columns → canonical columns, whole columns at a time.

What every cell has in common (NFKC, width of kana, spaces) is done by Arrow kernels. Dates, amounts and the like
are read once for each distinct text (values.py) and mapped back. Nothing here runs Python once per row.
"""

import functools
import json
import re
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from email_validator import EmailNotValidError, validate_email

from ..searching import KATAKANA
from . import values
from .columns import Mapping, columns_of, id_field
from .kinds import JOINERS, PARTS

TEXT = pd.ArrowDtype(pa.string())
SEPARATOR = "\x1f"
LIMITS = {"name": 200, "kana": 200, "company": 200, "address": 500, "product": 200, "plan": 100, "tags": 1000}
LIMITS |= {"reason": 200, "competitor": 200, "subject": 200, "body": 100_000, "next_action": 200}
LIMITS |= {"kind": 40, "method": 50}
DEFAULT_LIMIT = 100

_EMAIL = (
    r"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
)
_OLD_MOBILE = re.compile(r"[a-z0-9._+/?-]+@(?:docomo\.ne\.jp|ezweb\.ne\.jp)")
# What a spreadsheet shows instead of a value, and what workbooks.py writes where a cell has none of its own.
_CELL_ERRORS = pa.array(
    [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BUSY!",
        "#GETTING_DATA",
        "#MERGED!",
    ]
)
_ROUNDED_NUMBER = r"^\d(?:\.\d+)?e\+?\d+$"

Cleaned = tuple[pa.Array, pa.Array]  # canonical texts (null = empty or unreadable), error codes (null = fine)


def clean(
    table: pd.DataFrame, header: list[str], mapping: Mapping, *, currency: str = "JPY", clear_empty: bool = False
) -> pd.DataFrame:
    """Return one canonical text column per filled field, plus `code` and `column` of each row's first error.

    `table` holds the raw texts, a column per place in the file. An empty cell is null.
    """
    prose = {column.field for column in columns_of(mapping.kind) if column.reads == "prose"}
    raw = {
        index: (tidy_prose if mapping.fields.get(index) in prose else tidy)(_arrow(table.iloc[:, index]))
        for index in _used(mapping)
    }
    done: dict[str, pa.Array] = {}
    errors = _cell_errors(raw, header)
    for field, reads in _readers(mapping, currency):
        cells, name = _cells(field, raw, header, mapping, len(table))
        if cells is None:
            continue
        done[field], codes = reads(cells)
        errors.append((name, codes))
    for index, direction in mapping.consents.items():
        field = mapping.fields[index]
        said, codes = _distinct(functools.partial(values.read_consent, direction=direction), nothing=False)(raw[index])
        done[field] = pc.min_element_wise(done[field], said) if field in done else said  # false < true: no wins
        errors.append((header[index], codes))
    errors += _missing(mapping, done, header)
    done.pop("currency", None)  # checked, not kept
    if mapping.kind == "customers":
        done |= _several_addresses(done)
    done |= _attributes(raw, mapping, clear_empty)
    done["code"], done["column"] = _first_error(errors, len(table))
    return pd.DataFrame({name: pd.Series(column, dtype=TEXT) for name, column in _as_series(done)})


def _cell_errors(raw: dict[int, pa.Array], header: list[str]) -> list[tuple[str, pa.Array]]:
    found = ((header[index], pc.is_in(cells, _CELL_ERRORS)) for index, cells in raw.items())
    return [(name, _coded(is_error, "cell_error")) for name, is_error in found if pc.any(is_error).as_py()]


def tidy(cells: pa.Array) -> pa.Array:
    """NFKC, no invisible marks, every run of spaces one space, none at the ends; a quoted formula loses its quote."""
    cells = pc.utf8_normalize(cells, form="NFKC")
    cells = pc.replace_substring_regex(cells, "[\u200b-\u200f\u2060\ufeff\u00ad]+", "")
    cells = pc.replace_substring_regex(cells, r"^'([=+\-@])", r"\1")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r"[\s\x{00a0}\x{3000}\x00-\x1f]+", " "))


def tidy_prose(cells: pa.Array) -> pa.Array:
    """What somebody wrote stays as written, but for the ends of its lines and what stands around it."""
    cells = pc.replace_substring_regex(pc.replace_substring_regex(cells, r"\r\n?", "\n"), "\x00", "")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r"^'([=+\-@])", r"\1"))


def _arrow(series: pd.Series) -> pa.Array:
    cells = pa.array(series.array, type=pa.string())
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _as_series(columns: dict[str, pa.Array]):
    return ((name, pd.arrays.ArrowExtensionArray(column)) for name, column in columns.items())


def _used(mapping: Mapping) -> list[int]:
    return sorted({*mapping.fields, *mapping.attributes, *mapping.key})


def _readers(mapping: Mapping, currency: str):
    """(field, how its column is read) for every field of the kind."""
    order = mapping.date_order
    by_type: dict[str, Callable[[pa.Array], Cleaned]] = {
        "id": _ids,
        "name": _names,
        "kana": _kana,
        "email": _emails,
        "phone": _phones,
        "postal": _postal_codes,
        "tags": _tags,
        "owner": _text(100),
        "date": _distinct(functools.partial(values.read_day, order=order)),
        "moment": _moments(order),
        "amount": _distinct(functools.partial(values.read_amount, currency=currency)),
        "number": _distinct(values.read_number),
        "integer": _distinct(values.read_integer),
        "rate": _distinct(values.read_rate),
        "currency": _distinct(functools.partial(values.read_currency, currency=currency)),
        "boolean": _distinct(values.read_boolean, nothing=False),
        "kind": _distinct(values.read_kind),
        "cycle": _distinct(values.read_cycle),
        "score": _distinct(values.read_score),
    }
    for column in columns_of(mapping.kind):
        if column.reads == "choice":
            known = functools.partial(values.read_choice, choices=column.choices, code=column.code)
            yield column.field, _distinct(known)
        elif column.reads != "consent":
            yield column.field, by_type.get(column.reads) or _text(LIMITS.get(column.field, DEFAULT_LIMIT))


def _cells(field: str, raw: dict, header: list[str], mapping: Mapping, rows: int) -> tuple[pa.Array | None, str]:
    """The tidy cells of a field and the header they stand under; parts joined, constants and keys filled in."""
    places = [index for index, name in mapping.fields.items() if PARTS.get(name, name) == field]
    order = list(PARTS)
    places.sort(key=lambda index: order.index(mapping.fields[index]) if mapping.fields[index] in PARTS else -1)
    if not places and mapping.key and field == id_field(mapping.kind):
        return _keys([raw[index] for index in mapping.key]), header[mapping.key[0]]
    if not places:
        constant = mapping.constants.get(field)
        return (None if constant is None else pa.array([constant] * rows, pa.string())), field
    if len(places) == 1:
        return raw[places[0]], header[places[0]]
    return _joined([raw[index] for index in _in_order(places, mapping)], JOINERS[field]), header[places[0]]


def _in_order(places: list[int], mapping: Mapping) -> list[int]:
    """Address: prefecture first, then a whole address, then what follows."""
    order = ["prefecture", "address", *PARTS]
    return sorted(places, key=lambda index: order.index(mapping.fields[index]) if mapping.fields[index] in order else 0)


def _joined(cells: list[pa.Array], joiner: str) -> pa.Array:
    """Texts joined, empty ones left out. (Arrow's own join with nulls skipped loses rows that are all null.)"""
    joined = pc.fill_null(cells[0], "")
    for more in cells[1:]:
        both = pc.binary_join_element_wise(joined, more, joiner)
        joined = pc.if_else(_is_empty(joined), pc.fill_null(more, ""), pc.if_else(_is_empty(more), joined, both))
    return joined


def _keys(cells: list[pa.Array]) -> pa.Array:
    """A stable code from the key columns of a file that has none: their texts, joined."""
    return _joined(cells, "/")


def _is_empty(cells: pa.Array) -> pa.Array:
    return pc.fill_null(pc.equal(cells, ""), True)


def _filled(cells: pa.Array, codes: pa.Array | None = None) -> Cleaned:
    """Empty and unreadable cells as null, beside their codes."""
    if codes is None:
        codes = pa.nulls(len(cells), pa.string())
    bad = pc.or_(_is_empty(cells), pc.is_valid(codes))
    return pc.if_else(bad, pa.scalar(None, pa.string()), cells), codes


def _coded(condition: pa.Array, code: str) -> pa.Array:
    return pc.if_else(condition, pa.scalar(code), pa.scalar(None, pa.string()))


def _distinct(read: Callable[[str], values.Read], *, nothing: bool = True) -> Callable[[pa.Array], Cleaned]:
    """Read each distinct text of a column once; with `nothing`, なし, - and the like are empty cells."""

    def reads(cells: pa.Array) -> Cleaned:
        coded = pc.dictionary_encode(cells)
        pairs = [_read_one(read, text, nothing) for text in coded.dictionary.to_pylist()]
        texts = pa.array([text or None for text, _code in pairs], pa.string())
        codes = pa.array([code or None for _text, code in pairs], pa.string())
        return texts.take(coded.indices), codes.take(coded.indices)

    return reads


def _read_one(read: Callable[[str], values.Read], text: str | None, nothing: bool) -> values.Read:
    if not text or (nothing and text.lower() in values.NOTHING):
        return "", ""
    return read(text)


def _text(limit: int) -> Callable[[pa.Array], Cleaned]:
    return lambda cells: _filled(cells, _coded(pc.greater(pc.utf8_length(cells), limit), "too_long"))


def _ids(cells: pa.Array) -> Cleaned:
    rounded = pc.match_substring_regex(cells, _ROUNDED_NUMBER, ignore_case=True)
    codes = pc.coalesce(_coded(rounded, "bad_id"), _coded(pc.greater(pc.utf8_length(cells), 100), "too_long"))
    return _filled(cells, codes)


def _names(cells: pa.Array) -> Cleaned:
    cells = pc.replace_substring_regex(cells, r"^(.+?) ?(?:様|御中|さま)$", r"\1")
    return _text(LIMITS["name"])(pc.replace_substring_regex(cells, r"^(.+?) (?:殿|どの|さん)$", r"\1"))


def _kana(cells: pa.Array) -> Cleaned:
    cells, codes = _names(cells)
    return _translated(cells, KATAKANA), codes


def _translated(cells: pa.Array, table: dict[int, int]) -> pa.Array:
    """One pass of str.translate over a whole column: joined, translated, split (the separator is a control)."""
    filled = pc.fill_null(cells, "")
    joined = SEPARATOR.join(filled.to_pylist()).translate(table)
    texts = pa.array(joined.split(SEPARATOR) if len(filled) else [], pa.string())
    return pc.if_else(pc.is_valid(cells), texts, pa.scalar(None, pa.string()))


def _emails(cells: pa.Array) -> Cleaned:
    """Lower case; several addresses in a cell are kept apart by a space (_several_addresses)."""
    cells = pc.replace_substring_regex(pc.utf8_lower(cells), r"(?:mailto:|[<>])", "")
    cells = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r"[\s,;、/|]+", " "))
    odd = pc.invert(pc.or_(_is_empty(cells), pc.match_substring_regex(cells, _EMAIL)))
    odd = pc.or_(odd, pc.greater(pc.utf8_length(cells), 254))
    read, codes = _distinct(_read_addresses)(pc.if_else(odd, cells, ""))
    return _filled(pc.if_else(pc.and_(odd, pc.is_valid(read)), read, pc.if_else(odd, "", cells)), codes)


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


def _several_addresses(done: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The first address of a cell is the customer's own; the rest stand in other_emails."""
    if "email" not in done:
        return {}
    first = pc.replace_substring_regex(done["email"], " .*$", "")
    rest = pc.replace_substring_regex(done["email"], "^[^ ]* ?", "")
    return {"email": first, "other_emails": _filled(rest)[0]}


def _phones(cells: pa.Array) -> Cleaned:
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
    bad = pc.and_(pc.invert(_is_empty(given)), pc.or_(letters, pc.invert(good)))
    return _filled(digits, _coded(bad, "bad_phone"))


def _postal_codes(cells: pa.Array) -> Cleaned:
    """Seven digits; the one leading zero a spreadsheet dropped comes back."""
    given = pc.if_else(pc.is_in(pc.utf8_lower(cells), value_set=pa.array(sorted(values.NOTHING))), "", cells)
    digits = pc.replace_substring_regex(given, r"[〒\-‐‑–−—ーｰ ]", "")
    digits = pc.replace_substring_regex(digits, r"^(\d{6})$", r"0\1")
    bad = pc.and_(pc.invert(_is_empty(given)), pc.invert(pc.match_substring_regex(digits, r"^\d{7}$")))
    return _filled(digits, _coded(bad, "bad_postal_code"))


def _tags(cells: pa.Array) -> Cleaned:
    split = pc.replace_substring_regex(cells, r" *[,、;|] *", SEPARATOR)
    return _text(LIMITS["tags"])(pc.replace_substring_regex(split, f"^{SEPARATOR}+|{SEPARATOR}+$", ""))


def _moments(order: str) -> Callable[[pa.Array], Cleaned]:
    """Plain year-first moments are read by day and time apart (few distinct ones), the rest as wholes."""
    plain = (
        r"^(?P<day>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
        r"(?:[ T](?P<time>(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?))?$"
    )
    whole = _distinct(functools.partial(values.read_moment, order=order))
    days = _distinct(functools.partial(values.read_day, order=order))

    def reads(cells: pa.Array) -> Cleaned:
        parts = pc.extract_regex(cells, plain)
        is_plain = pc.is_valid(parts)
        day, day_code = days(pc.fill_null(pc.struct_field(parts, "day"), ""))
        time = pc.fill_null(pc.struct_field(parts, "time"), "")
        time = pc.if_else(_is_empty(time), "00:00:00", pc.replace_substring_regex(time, r"^(\d):", r"0\1:"))
        time = pc.replace_substring_regex(time, r"^(\d\d:\d\d)$", r"\1:00")
        joined = pc.binary_join_element_wise(day, time, " ")
        text, code = whole(pc.if_else(is_plain, "", cells))
        return pc.if_else(is_plain, joined, text), pc.if_else(is_plain, day_code, code)

    return reads


def _missing(mapping: Mapping, done: dict[str, pa.Array], header: list[str]) -> list[tuple[str, pa.Array]]:
    """`missing` where a required field is empty and not merely unreadable."""
    errors = []
    for column in columns_of(mapping.kind):
        given = [done[name] for name in (column.field, *column.instead) if name in done]
        if column.required and given:
            empty = functools.reduce(pc.and_, [pc.is_null(cells) for cells in given])
            errors.append((_header_of(mapping, column.field, header), _coded(empty, "missing")))
    return errors


def _header_of(mapping: Mapping, field: str, header: list[str]) -> str:
    places = [index for index, name in mapping.fields.items() if PARTS.get(name, name) == field]
    return header[places[0]] if places else field


def _first_error(errors: list[tuple[str, pa.Array]], rows: int) -> tuple[pa.Array, pa.Array]:
    if not errors:
        return pa.nulls(rows, pa.string()), pa.nulls(rows, pa.string())
    names = [pc.if_else(pc.is_valid(codes), pa.scalar(name), pa.scalar(None, pa.string())) for name, codes in errors]
    return pc.coalesce(*[codes for _name, codes in errors]), pc.coalesce(*names)


def _attributes(raw: dict[int, pa.Array], mapping: Mapping, clear_empty: bool) -> dict[str, pa.Array]:
    """The custom attributes of each row as a JSON object; an empty cell is left out, or null to clear it."""
    if not mapping.attributes:
        return {}
    pieces = [_json_member(name, raw[index], clear_empty) for index, name in mapping.attributes.items()]
    members = _joined(pieces, ",")
    return {"attributes": pc.binary_join_element_wise("{", members, "}", "")}


def _json_member(name: str, cells: pa.Array, clear_empty: bool) -> pa.Array:
    escaped = pc.replace_substring(pc.replace_substring(cells, "\\", "\\\\"), '"', '\\"')
    key = json.dumps(name, ensure_ascii=False)
    member = pc.binary_join_element_wise(f'{key}:"', escaped, '"', "")
    return pc.if_else(_is_empty(cells), pa.scalar(f"{key}:null" if clear_empty else None, pa.string()), member)
