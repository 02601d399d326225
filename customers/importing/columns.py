"""Which column of a file is which field: headers in Japanese and English, and what a person said instead."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from . import money, words
from .encoding import RefusedError
from .headers import plain, without_brackets, without_unit
from .kinds import JOINERS, KINDS, PARTS, QUESTIONS, Column
from .kinds.purchases import PRICES
from .mapping import Ask, Mapping, Question, id_field

__all__ = ["Ask", "Mapping", "Question", "id_field", "plain"]

POSITIVE, NEGATIVE, UNCLEAR = "positive", "negative", "unclear"
REJECTS_HEADER = ("理由", "行")
SOURCE = "source"  # as a constant: the other system in whose codes the file names customers
CONSENT_FIELDS = ("mail_ok", "postal_ok", "phone_ok")
KEEPS_THE_REST = frozenset({"customers", "events"})  # columns of no field stay with the record, by their header
_ONE_FOR_ANOTHER = {None, "id", "status", "consent"}  # of several columns the first that is filled counts
_CONSENT_NO = {"mail_ng": "mail_ok", "postal_ng": "postal_ok", "phone_ng": "phone_ok"}
_DIRECTIONS = {*words.EITHER, *words.NO, *words.YES, "flag", "status", "optedout", "optedin"}


def field_of(kind: str, header: str) -> str:
    """The field a header names by itself, or ''. Brackets are read first, then left out: 金額(税込), 氏名(必須)."""
    table = _TABLES[kind]
    spellings = (plain(header), without_brackets(header), without_unit(header))
    return next((table[text] for text in spellings if text in table), "")


def recognised(kind: str, cells: list[str]) -> int:
    """How many different fields a row of cells names: what makes a row the header."""
    return len({name for cell in cells if (name := field_of(kind, cell))})


def guess(
    kind: str,
    header: list[str],
    given: dict[str, Any] | None = None,
    *,
    titles: Sequence[str] = (),
    samples: Sequence[list[str]] = (),
) -> Mapping:
    """Map the columns of a header; what a person gave in `given` (mapping JSON) comes first.

    `titles` are the lines above the header, `samples` some rows below it. Raises RefusedError with one sentence where
    a name in `given` does not exist.
    """
    given = given or {}
    chosen = _ours(header) | _chosen(kind, header, given.get("columns") or {})
    mapping = Mapping(
        kind=kind,
        fields=_fields(kind, header, chosen, samples),
        names_people=kind == "customers" and any(without_brackets(cell) in words.PERSON_NAMES for cell in header),
        constants=_constants(kind, given.get("constants") or {}),
        key=tuple(_place(header, name) for name in given.get("key") or ()),
        date_order=_date_order(given.get("date_order")),
        utc=frozenset(i for i, cell in enumerate(header) if "(utc)" in unicodedata.normalize("NFKC", cell).casefold()),
        recognised_as=str(given.get("recognised_as") or ""),
    )
    emails = {i for i, name in mapping.fields.items() if name == "customer_id" and _is_email(header[i])}
    mapping = replace(mapping, lowered=frozenset(emails), **_recipes(kind, header, given))
    mapping = replace(mapping, **_consents(mapping, header, chosen))
    mapping = replace(mapping, **_rest(mapping, header, chosen))
    return money.read(_by_the_piece(mapping, header), header, titles, given)


def _by_the_piece(mapping: Mapping, header: list[str]) -> Mapping:
    """単価 × 数量 is the amount where no column has it. A price of one piece is no field of its own."""
    price = next((index for index, name in mapping.fields.items() if name == "unit_price"), None)
    quantity = next((index for index, name in mapping.fields.items() if name == "quantity"), None)
    if price is None:
        return mapping
    mapping = replace(mapping, fields={index: name for index, name in mapping.fields.items() if index != price})
    if quantity is None or "amount" in mapping.filled:
        return mapping
    said = _("The amount is “%(price)s” times “%(quantity)s”.") % {"price": header[price], "quantity": header[quantity]}
    products = mapping.products | {"amount": (price, quantity)}
    return replace(mapping, products=products, notices=(*mapping.notices, said))


def _is_email(header: str) -> bool:
    return field_of("customers", header) == "email" or plain(header).endswith("email")


def check(mapping: Mapping, header: list[str]) -> None:
    """Raise RefusedError where a required column is missing or a question is open."""
    for question in mapping.questions:
        raise RefusedError(
            _("The column “%(header)s” may mean %(choices)s: say which in the mapping.")
            % {"header": question.header, "choices": " / ".join(question.choices)}
        )
    for ask in mapping.asks:
        if ask.is_needed:
            raise RefusedError(
                _("Day and month cannot be told apart under “%(header)s” (%(example)s): say date_order, DMY or MDY.")
                % {"header": ask.header, "example": ask.example}
            )
    missing = [column.field for column in KINDS[mapping.kind] if column.required and not _given(mapping, column)]
    if missing:
        raise RefusedError(
            _("No column was recognised for %(fields)s; the header reads: %(header)s")
            % {"fields": ", ".join(missing), "header": " | ".join(header[:12])[:200]}
        )


def columns_of(kind: str) -> tuple[Column, ...]:
    """The canonical columns of a kind, in order."""
    return KINDS[kind]


def choices_of(kind: str) -> list[str]:
    """Every field a person may choose for a column."""
    parts = [part for part, whole in PARTS.items() if any(whole == column.field for column in KINDS[kind])]
    more = {"customers": list(_CONSENT_NO), "purchases": ["unit_price"]}.get(kind, [])
    return [column.field for column in KINDS[kind]] + parts + more


def _given(mapping: Mapping, column: Column) -> bool:
    return any(name in mapping.filled for name in (column.field, *column.instead))


def _whole(name: str) -> str:
    return PARTS.get(name, name)


def _table(kind: str) -> dict[str, str]:
    table = {plain(part): part for part in PARTS if part in choices_of(kind)}
    for column in KINDS[kind]:
        table |= {plain(word): column.field for word in (column.field, *column.words)}
        table |= {plain(word): part for part, spelt in column.parts.items() for word in spelt}
    return table


def _place(header: list[str], name: str) -> int:
    """The place of a column given by header, by number from 0, or for certain as #0, #1 …"""
    if str(name).startswith("#") and str(name)[1:].isdigit() and int(name[1:]) < len(header):
        return int(name[1:])
    wanted = plain(str(name))
    for index, cell in enumerate(header):
        if cell == name or (wanted and plain(cell) == wanted):
            return index
    if str(name).isdigit() and int(name) < len(header):
        return int(name)
    raise RefusedError(_("The mapping names a column “%(name)s” that the file does not have.") % {"name": name})


def _chosen(kind: str, header: list[str], columns: dict[str, str | None]) -> dict[int, str]:
    allowed = set(choices_of(kind))
    chosen: dict[int, str] = {}
    for name, value in columns.items():
        is_attribute = kind in KEEPS_THE_REST and str(value).startswith("attributes.")
        if value and value not in allowed and not is_attribute:
            raise RefusedError(_("The mapping names a field “%(name)s” that does not exist.") % {"name": value})
        chosen[_place(header, name)] = value or ""
    return chosen


def _ours(header: list[str]) -> dict[int, str]:
    """The two columns a rejects file adds at its end are left out when it comes back mended."""
    places = len(header) - len(REJECTS_HEADER)
    return {places: "", places + 1: ""} if header[places:] == list(REJECTS_HEADER) and places > 0 else {}


def _constants(kind: str, constants: dict[str, Any]) -> dict[str, str]:
    unknown = sorted(set(constants) - set(choices_of(kind)) - {SOURCE})
    if unknown:
        raise RefusedError(_("The mapping names a field “%(name)s” that does not exist.") % {"name": unknown[0]})
    return {name: str(value) for name, value in constants.items()}


def _date_order(value: str | None) -> str:
    order = (value or "").upper()
    if order not in {"", "YMD", "DMY", "MDY"}:
        raise RefusedError(_("date_order is one of YMD, DMY, MDY."))
    return order


def _recipes(kind: str, header: list[str], given: dict[str, Any]) -> dict[str, Any]:
    """What is made of several columns or of the words in one: products, less, skip, values, once_per_order."""

    def places(name: str) -> dict[str, tuple[int, ...]]:
        recipes = given.get(name) or {}
        _constants(kind, dict.fromkeys(recipes, ""))
        return {field: tuple(_place(header, cell) for cell in cells) for field, cells in recipes.items()}

    skip = {
        _place(header, name): frozenset(map(str.casefold, texts)) for name, texts in (given.get("skip") or {}).items()
    }
    spelt = {_place(header, name): dict(table) for name, table in (given.get("values") or {}).items()}
    once = frozenset(_constants(kind, dict.fromkeys(given.get("once_per_order") or (), "")))
    return {
        "products": places("products"),
        "less": places("less"),
        "skip": skip,
        "values": spelt,
        "once_per_order": once,
        "spreads": bool(given.get("spreads")),
    }


def _fields(kind: str, header: list[str], chosen: dict[int, str], samples: Sequence[list[str]]) -> dict[int, str]:
    """Places → fields; a field a person gave to one column is not guessed for another."""
    fields = {i: name for i, name in chosen.items() if name and not name.startswith("attributes.")}
    _refuse_two(kind, fields)
    taken = set(fields.values())
    names = _names(kind, header, samples)
    for index, name in enumerate(names):
        if index in chosen or not name or name in taken or _whole(name) in taken & set(PARTS.values()):
            continue
        fields[index] = name
        taken.add(name)
    return dict(sorted(fields.items()))


def _refuse_two(kind: str, fields: dict[int, str]) -> None:
    """Texts can be joined and codes stand in for one another; two columns of days or amounts cannot be one."""
    reads = {column.field: column.reads for column in KINDS[kind]}
    names = [name for name in fields.values() if name not in JOINERS and reads.get(name) not in _ONE_FOR_ANOTHER]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise RefusedError(_("Two columns are mapped to “%(name)s”: choose one.") % {"name": twice})


def _names(kind: str, header: list[str], samples: Sequence[list[str]]) -> list[str]:
    """The field of each header. Where a person's name stands beside a company's, the company is the employer."""
    names = [field_of(kind, cell) for cell in header]
    texts = [without_brackets(cell) for cell in header]
    if kind == "customers" and any(text in words.PERSON_NAMES for text in texts):
        names = ["company" if t in words.COMPANY_NAMES else n for t, n in zip(texts, names, strict=True)]
    if kind == "customers" and "phone_1" in names and _are_whole(names.index("phone_1"), samples):
        names = [{"phone_1": "phone", "phone_2": "", "phone_3": ""}.get(name, name) for name in names]
    if kind == "purchases" and not {"amount", "quantity"} & set(names):
        names = [
            "amount" if without_brackets(cell) in PRICES else name for name, cell in zip(names, header, strict=True)
        ]
    if any(name == "amount" and not money.is_total(cell) for name, cell in zip(names, header, strict=True)):
        names = [
            "" if name == "amount" and money.is_total(cell) else name for name, cell in zip(names, header, strict=True)
        ]
    return names


def _are_whole(index: int, samples: Sequence[list[str]]) -> bool:
    """Whether the cells under 電話番号1 are numbers of their own, not the first part of one."""
    cells = [re.sub(r"\D", "", cells[index]) for cells in samples if index < len(cells) and cells[index].strip()]
    return any(len(digits) >= 9 for digits in cells)


def _consents(mapping: Mapping, header: list[str], chosen: dict[int, str]) -> dict[str, Any]:
    """Which way the consent columns point. What a person chose is confirmed, a bare header is not."""
    if mapping.kind != "customers":
        return {}
    fields, consents = dict(mapping.fields), {}
    for index, cell in enumerate(header):
        if index in chosen:
            direction = NEGATIVE if chosen[index] in _CONSENT_NO else POSITIVE
            name = _CONSENT_NO.get(chosen[index], chosen[index])
        else:
            name, direction = consent_of(cell)
        if name in CONSENT_FIELDS:
            fields[index], consents[index] = name, direction
    return {"fields": dict(sorted(fields.items())), "consents": consents}


def consent_of(header: str) -> tuple[str, str]:
    """The consent field a header speaks of and the way it points, or ('', '')."""
    text = plain(header)
    if text in {"mailok", "postalok", "phoneok"}:
        return text[:-2] + "_ok", POSITIVE
    for name in CONSENT_FIELDS:
        if any(_speaks_of(text, word) for word in words.STRONG[name]):
            return name, _direction(text) or UNCLEAR
    for name in CONSENT_FIELDS:
        if any(_speaks_of(text, word) for word in words.WEAK[name]) and _direction(text):
            return name, _direction(text)
    return "", ""


def _speaks_of(text: str, word: str) -> bool:
    """Whether the word stands in the header; one in Latin letters only where nothing but a direction goes with it."""
    if not word.isascii():
        return word in text
    rest = text.removeprefix(word) if text.startswith(word) else text.removesuffix(word)
    return rest != text and (not rest.isascii() or not rest or rest in _DIRECTIONS)


def _direction(text: str) -> str:
    """The way a header points by its last word; '' where it has none. 停止フラグ, 停止希望有無 point as 停止 does."""
    either = next((word for word in words.EITHER if text.endswith(word)), "")
    if either:
        return NEGATIVE if _direction(text.removesuffix(either)) == NEGATIVE else UNCLEAR
    text = re.sub(r"(?:フラグ|flag|区分|有無)$", "", text) or text
    for endings, direction in ((words.NO, NEGATIVE), (words.YES, POSITIVE)):
        if text.endswith(endings):
            return direction
    return ""


def _rest(mapping: Mapping, header: list[str], chosen: dict[int, str]) -> dict[str, Any]:
    """Questions, notices, and the columns that become attributes of the customer."""
    notices = [*mapping.notices, *_assumed(mapping)]
    questions: list[Question] = []
    attributes: dict[int, str] = {}
    for index, cell in enumerate(header):
        if index in mapping.fields:
            continue
        if index in chosen and not (chosen[index] and _speaks_of_consent(cell)):
            attributes |= {index: chosen[index].removeprefix("attributes.")} if chosen[index] else {}
        elif choices := _asked(mapping, cell):
            questions.append(Question(index, cell, choices))
        elif _speaks_of_consent(cell):
            notices.append(_left_out(cell))
        elif mapping.kind in KEEPS_THE_REST and cell.strip():
            attributes[index] = " ".join(unicodedata.normalize("NFKC", cell).split()).removeprefix("attributes.")[:100]
    return {"notices": tuple(notices), "questions": tuple(questions), "attributes": attributes}


def _assumed(mapping: Mapping) -> list[str]:
    """What holds where a file says nothing."""
    if mapping.kind == "interactions" and "direction" not in mapping.filled:
        return [_("No column says who contacted whom: where the kind does not say it (受電, 来社), it was us.")]
    return []


def _speaks_of_consent(header: str) -> bool:
    return bool(consent_of(header)[0]) or any(word in plain(header) for word in words.LOOKS_LIKE_CONSENT)


def _left_out(header: str) -> str:
    if consent_of(header)[0]:
        text = _("The column “%(header)s” speaks of consent, which comes in with customers: it is left out.")
    else:
        text = _("The column “%(header)s” looks like consent and names no channel: it is left out.")
    return text % {"header": header}


def _asked(mapping: Mapping, header: str) -> tuple[str, ...]:
    """What a header may mean that only a person can tell; brackets read first, then left out."""
    asked = QUESTIONS.get(mapping.kind, {})
    choices = asked.get(plain(header)) or asked.get(without_brackets(header)) or ()
    return () if "unit_price" in choices and "amount" in mapping.filled else choices


_TABLES = {kind: _table(kind) for kind in KINDS}
