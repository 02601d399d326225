"""Raw columns → canonical columns, whole columns at a time.

What every cell has in common (NFKC, width of kana, spaces) is done by Arrow kernels. Dates, amounts and the like
are read once for each distinct text (values.py) and mapped back. Nothing here runs Python once per row.
"""

import datetime as dt
import functools
import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from . import arithmetic, corporate_numbers, readers, values
from .columns import Mapping, columns_of, id_field
from .kinds import JOINERS, PARTS, Column
from .readers import Cleaned

TEXT = pd.ArrowDtype(pa.string())
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


def clean(
    table: pd.DataFrame,
    header: list[str],
    mapping: Mapping,
    *,
    currency: str = "JPY",
    zone: dt.tzinfo | None = None,
    clear_empty: bool = False,
) -> pd.DataFrame:
    """Return one canonical text column per filled field, plus `code` and `column` of each row's first error.

    `table` holds the raw texts, a column per place in the file. An empty cell is null. Days of moments that name
    their offset are days in `zone`.
    """
    prose = _written_by_people(mapping)
    raw = {index: (tidy_prose if index in prose else tidy)(_arrow(table.iloc[:, index])) for index in _used(mapping)}
    done: dict[str, pa.Array] = {}
    errors = _cell_errors(raw, header)
    raw |= {index: _spelt(raw[index], table) for index, table in mapping.values.items() if index in raw}
    raw |= {index: pc.utf8_lower(raw[index]) for index in mapping.lowered}
    for field, reads in _readers(mapping, currency, zone):
        cells, name = _cells(field, raw, header, mapping, len(table))
        if field in mapping.products:
            cells, name, codes = _product(field, raw, header, mapping, currency)
            errors.append((name, codes))
        if cells is None:
            continue
        done[field], codes = reads(cells)
        errors.append((name, codes))
    for index, direction in mapping.consents.items():
        field = mapping.fields[index]
        said, codes = readers.distinct(functools.partial(values.read_consent, direction=direction), nothing=False)(
            raw[index]
        )
        done[field] = pc.min_element_wise(done[field], said) if field in done else said  # false < true: no wins
        errors.append((header[index], codes))
    errors += _missing(mapping, done, header)
    done.pop("currency", None)  # checked, not kept
    if mapping.kind == "customers":
        done |= _several_addresses(done)
    done |= _attributes(raw, mapping, clear_empty)
    done["code"], done["column"] = _first_error(errors, len(table))
    return pd.DataFrame({name: pd.Series(column, dtype=TEXT) for name, column in _as_series(done)})


def _written_by_people(mapping: Mapping) -> set[int]:
    """The columns whose cells stay as written: sentences, and what is kept of an event."""
    prose = {column.field for column in columns_of(mapping.kind) if column.reads == "prose"}
    kept = set(mapping.attributes) if mapping.kind == "events" else set()
    return {index for index, name in mapping.fields.items() if name in prose} | kept


def _cell_errors(raw: dict[int, pa.Array], header: list[str]) -> list[tuple[str, pa.Array]]:
    found = ((header[index], pc.is_in(cells, _CELL_ERRORS)) for index, cells in raw.items())
    return [(name, readers.coded(is_error, "cell_error")) for name, is_error in found if pc.any(is_error).as_py()]


def tidy(cells: pa.Array) -> pa.Array:
    """NFKC, no invisible marks, every run of spaces one space, none at the ends; a quoted formula loses its quote."""
    cells = pc.utf8_normalize(cells, form="NFKC")
    cells = pc.replace_substring_regex(cells, "[\u200b-\u200f\u2060\ufeff\u00ad]+", "")
    cells = pc.replace_substring_regex(cells, r"^'('*[=+\-@])", r"\1")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r"[\s\x{00a0}\x{3000}\x00-\x1f]+", " "))


def is_of_the_kind(table: pd.DataFrame, mapping: Mapping) -> np.ndarray:
    """Which rows are rows of this kind: not those a column says to pass over (postage among the lines of an order)."""
    kept = np.ones(len(table), bool)
    for index, texts in mapping.skip.items():
        cells = pc.utf8_lower(tidy(_arrow(table.iloc[:, index])))
        kept &= ~pc.is_in(cells, pa.array(sorted(texts), pa.string())).to_numpy(zero_copy_only=False)
    return kept


def tidy_prose(cells: pa.Array) -> pa.Array:
    """What somebody wrote stays as written, but for the ends of its lines and what stands around it."""
    cells = pc.replace_substring_regex(pc.replace_substring_regex(cells, r"\r\n?|\x0b", "\n"), "\x00", "")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, r"^'('*[=+\-@])", r"\1"))


def _arrow(series: pd.Series) -> pa.Array:
    cells = pa.array(series.array, type=pa.string())
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _as_series(columns: dict[str, pa.Array]):
    return ((name, pd.arrays.ArrowExtensionArray(column)) for name, column in columns.items())


def _used(mapping: Mapping) -> list[int]:
    factors = [index for indices in (*mapping.products.values(), *mapping.less.values()) for index in indices]
    return sorted({*mapping.fields, *mapping.attributes, *mapping.key, *factors})


def _readers(mapping: Mapping, currency: str, zone: dt.tzinfo | None):
    """(field, how its column is read) for every field of the kind."""
    for column in columns_of(mapping.kind):
        if column.reads != "consent":
            yield column.field, _reader(column, mapping, currency, zone)


def _reader(column: Column, mapping: Mapping, currency: str, zone: dt.tzinfo | None) -> Callable[[pa.Array], Cleaned]:
    place = next((index for index, name in mapping.fields.items() if name == column.field), -1)
    order, is_utc, scale = mapping.date_order, place in mapping.utc, mapping.scales.get(place, 1)
    by_type: dict[str, Callable[[pa.Array], Cleaned]] = {
        "id": readers.ids,
        "name": readers.names,
        "kana": readers.kana,
        "email": readers.emails,
        "phone": readers.phones,
        "postal": readers.postal_codes,
        "tags": readers.tags,
        "owner": readers.limited(100),
        "date": readers.distinct(functools.partial(values.read_day, order=order, zone=zone, is_utc=is_utc)),
        "moment": readers.moments(order, "+00:00" if is_utc else ""),
        "amount": readers.distinct(functools.partial(values.read_amount, currency=currency, scale=scale)),
        "number": readers.distinct(values.read_number),
        "integer": readers.distinct(values.read_integer),
        "rate": readers.distinct(values.read_rate),
        "currency": readers.distinct(functools.partial(values.read_currency, currency=currency)),
        "boolean": readers.distinct(values.read_boolean, nothing=False),
        "kind": readers.distinct(values.read_kind),
        "cycle": readers.distinct(values.read_cycle),
        "corporate_number": readers.distinct(corporate_numbers.read),
        "score": readers.distinct(values.read_score),
        "status": readers.distinct(values.read_order_status),
        "choice": readers.distinct(functools.partial(values.read_choice, choices=column.choices, code=column.code)),
    }
    limit = column.limit or readers.LIMITS.get(column.field, readers.DEFAULT_LIMIT)
    return by_type.get(column.reads) or readers.limited(limit)


def _spelt(cells: pa.Array, table: dict[str, str]) -> pa.Array:
    """What the texts of a column stand for; "*" for those the table does not name."""
    table = {text.casefold(): value for text, value in table.items()}
    coded = pc.dictionary_encode(cells)
    said = [text and table.get(text.casefold(), table.get("*", text)) for text in coded.dictionary.to_pylist()]
    return pa.array(said, pa.string()).take(coded.indices)


def _product(
    field: str, raw: dict, header: list[str], mapping: Mapping, currency: str
) -> tuple[pa.Array, str, pa.Array]:
    """A field that is price × quantity, less discounts: its cells, the header of the price, and errors."""
    places = mapping.products[field]

    def numbers(index: int) -> Cleaned:
        scale = mapping.scales.get(index, 1)
        return readers.distinct(functools.partial(values.read_amount, currency=currency, places=3, scale=scale))(
            raw[index]
        )

    factors = [numbers(index) for index in places]
    less = [numbers(index) for index in mapping.less.get(field, ())]
    codes = functools.reduce(pc.coalesce, [code for _cells, code in (*factors, *less)])
    return arithmetic.product([c for c, _code in factors], [c for c, _code in less]), header[places[0]], codes


def _cells(field: str, raw: dict, header: list[str], mapping: Mapping, rows: int) -> tuple[pa.Array | None, str]:
    """The tidy cells of a field and the header they stand under; parts joined, constants and keys filled in."""
    places = [index for index, name in mapping.fields.items() if PARTS.get(name, name) == field]
    order = list(PARTS)
    raw = raw | {index: _reduced(raw[index]) for index in places if mapping.fields[index] == "reduced_rate"}
    places.sort(key=lambda index: order.index(mapping.fields[index]) if mapping.fields[index] in PARTS else -1)
    if not places and mapping.key and field == id_field(mapping.kind):
        return _keys([raw[index] for index in mapping.key]), header[mapping.key[0]]
    if not places:
        constant = mapping.constants.get(field)
        return (None if constant is None else pa.array([constant] * rows, pa.string())), field
    if field not in JOINERS:  # of several codes for one customer the first that is filled counts
        return functools.reduce(_first_filled, [raw[index] for index in places]), header[places[0]]
    if len(places) == 1:
        return raw[places[0]], header[places[0]]
    return _joined([raw[index] for index in _in_order(places, mapping)], JOINERS[field]), header[places[0]]


def _first_filled(cells: pa.Array, more: pa.Array) -> pa.Array:
    return pc.if_else(readers.is_empty(cells), more, cells)


def _reduced(cells: pa.Array) -> pa.Array:
    """Marks under 軽減税率 as rates; a mark that says nothing stays, to be refused as a rate."""
    rates, codes = readers.distinct(values.read_reduced)(cells)
    return pc.if_else(pc.is_valid(codes), cells, rates)


def _in_order(places: list[int], mapping: Mapping) -> list[int]:
    """Address: prefecture first, then a whole address, then what follows."""
    order = ["prefecture", "address", *PARTS]
    return sorted(places, key=lambda index: order.index(mapping.fields[index]) if mapping.fields[index] in order else 0)


def _joined(cells: list[pa.Array], joiner: str) -> pa.Array:
    """Texts joined, empty ones left out. (Arrow's own join with nulls skipped loses rows that are all null.)"""
    joined = pc.fill_null(cells[0], "")
    for more in cells[1:]:
        both = pc.binary_join_element_wise(joined, more, joiner)
        joined = pc.if_else(
            readers.is_empty(joined), pc.fill_null(more, ""), pc.if_else(readers.is_empty(more), joined, both)
        )
    return joined


def _keys(cells: list[pa.Array]) -> pa.Array:
    """A stable code from the key columns of a file that has none: their texts, joined."""
    return _joined(cells, "/")


def _several_addresses(done: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The first address of a cell is the customer's own; the rest stand in other_emails."""
    if "email" not in done:
        return {}
    first = pc.replace_substring_regex(done["email"], " .*$", "")
    rest = pc.replace_substring_regex(done["email"], "^[^ ]* ?", "")
    return {"email": first, "other_emails": readers.filled(rest)[0]}


def _missing(mapping: Mapping, done: dict[str, pa.Array], header: list[str]) -> list[tuple[str, pa.Array]]:
    """`missing` where a required field is empty and not merely unreadable."""
    errors = []
    for column in columns_of(mapping.kind):
        if column.field in mapping.once_per_order:
            continue
        given = [done[name] for name in (column.field, *column.instead) if name in done]
        if column.required and given:
            empty = functools.reduce(pc.and_, [pc.is_null(cells) for cells in given])
            errors.append((_header_of(mapping, column.field, header), readers.coded(empty, "missing")))
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
    escaped = pc.replace_substring(pc.replace_substring(escaped, "\n", "\\n"), "\t", "\\t")
    escaped = pc.replace_substring_regex(escaped, r"[\x00-\x1f]", "")
    key = json.dumps(name, ensure_ascii=False)
    member = pc.binary_join_element_wise(f'{key}:"', escaped, '"', "")
    return pc.if_else(readers.is_empty(cells), pa.scalar(f"{key}:null" if clear_empty else None, pa.string()), member)
