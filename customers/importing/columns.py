"""Which column of a file is which field: headers in Japanese and English, and what a person said instead."""

import itertools
import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from . import values, words
from .encoding import RefusedError
from .kinds import KINDS, PARTS, QUESTIONS, Column

POSITIVE, NEGATIVE, UNCLEAR = "positive", "negative", "unclear"
REJECTS_HEADER = ("理由", "行")
CONSENT_FIELDS = ("mail_ok", "postal_ok", "phone_ok")
KEEPS_THE_REST = frozenset({"customers", "events"})  # columns of no field stay with the record, by their header
_OWN_ID = {"contracts": "contract_id", "interactions": "interaction_id", "events": "event_id"}
_OWN_ID |= {"invoices": "invoice_id", "usage": "usage_id"}
_CONSENT_NO = {"mail_ng": "mail_ok", "postal_ng": "postal_ok", "phone_ng": "phone_ok"}
_DIRECTIONS = {*words.EITHER, *words.NO, *words.YES, "flag", "status", "optedout", "optedin"}
_BRACKETS = re.compile(r"[(\[{<【〔「『《].*?[)\]}>】〕」』》]")
_NOISE = re.compile(r"[\s_\-‐・･:：;/／\\.,、。*※\"'()\[\]{}<>【】〔〕「」『』《》#＃?？!！]+")


@dataclass(frozen=True)
class Question:
    """What only a person can say of a column: its place, and the fields it may be."""

    index: int
    header: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """How a file is read: place of a column (from 0) → field, and what goes with it.

    `consents` holds, for each consent column, which way its 1 and 0 point: positive, negative, unclear.
    `names_people`: the header speaks of people's names (氏名, 姓 + 名), not of companies'.
    """

    kind: str
    fields: dict[int, str]
    attributes: dict[int, str] = field(default_factory=dict)
    consents: dict[int, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    names_people: bool = False
    key: tuple[int, ...] = ()
    date_order: str = ""
    questions: tuple[Question, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def filled(self) -> set[str]:
        """The fields this file gives a value to, after parts are joined."""
        given = {_whole(name) for name in self.fields.values()} | set(self.constants)
        return given | ({id_field(self.kind)} if self.key else set())


def id_field(kind: str) -> str:
    """The field that `key` columns stand in for where a file has no codes."""
    return _OWN_ID.get(kind, "customer_id")


def plain(header: str) -> str:
    """A header as it is compared: NFKC, lower case, without spaces, brackets and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


def field_of(kind: str, header: str) -> str:
    """The field a header names by itself, or ''. Brackets are read first, then left out: 金額(税込), 氏名(必須)."""
    table = _TABLES[kind]
    without = _BRACKETS.sub("", unicodedata.normalize("NFKC", header))
    return table.get(plain(header)) or table.get(plain(without)) or ""


def recognised(kind: str, cells: list[str]) -> int:
    """How many different fields a row of cells names: what makes a row the header."""
    return len({name for cell in cells if (name := field_of(kind, cell))})


def guess(kind: str, header: list[str], given: dict[str, Any] | None = None) -> Mapping:
    """Map the columns of a header; what a person gave in `given` (mapping JSON) comes first.

    Raises RefusedError with one sentence where a name in `given` does not exist.
    """
    given = given or {}
    chosen = _ours(header) | _chosen(kind, header, given.get("columns") or {})
    mapping = Mapping(
        kind=kind,
        fields=_fields(kind, header, chosen),
        names_people=kind == "customers" and any(text in words.PERSON_NAMES for text in _without_brackets(header)),
        constants=_constants(kind, given.get("constants") or {}),
        key=tuple(_place(header, name) for name in given.get("key") or ()),
        date_order=_date_order(given.get("date_order")),
    )
    mapping = replace(mapping, **_consents(mapping, header, chosen))
    return replace(mapping, **_rest(mapping, header, chosen))


def check(mapping: Mapping, header: list[str]) -> None:
    """Raise RefusedError where a required column is missing or a question is open."""
    for question in mapping.questions:
        raise RefusedError(
            _("The column “%(header)s” may mean %(choices)s: say which in the mapping.")
            % {"header": question.header, "choices": " / ".join(question.choices)}
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
    negatives = list(_CONSENT_NO) if kind == "customers" else []
    return [column.field for column in KINDS[kind]] + parts + negatives


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
    unknown = sorted(set(constants) - set(choices_of(kind)))
    if unknown:
        raise RefusedError(_("The mapping names a field “%(name)s” that does not exist.") % {"name": unknown[0]})
    return {name: str(value) for name, value in constants.items()}


def _date_order(value: str | None) -> str:
    order = (value or "").upper()
    if order not in {"", "YMD", "DMY", "MDY"}:
        raise RefusedError(_("date_order is one of YMD, DMY, MDY."))
    return order


def _fields(kind: str, header: list[str], chosen: dict[int, str]) -> dict[int, str]:
    """Places → fields; a field a person gave to one column is not guessed for another."""
    fields = {i: name for i, name in chosen.items() if name and not name.startswith("attributes.")}
    taken = set(fields.values())
    names = _names(kind, header)
    for index, name in enumerate(names):
        if index in chosen or not name or name in taken or _whole(name) in taken & set(PARTS.values()):
            continue
        fields[index] = name
        taken.add(name)
    return dict(sorted(fields.items()))


def _names(kind: str, header: list[str]) -> list[str]:
    """The field of each header. Where a person's name stands beside a company's, the company is the employer."""
    names = [field_of(kind, cell) for cell in header]
    texts = _without_brackets(header)
    if kind == "customers" and any(text in words.PERSON_NAMES for text in texts):
        names = ["company" if t in words.COMPANY_NAMES else n for t, n in zip(texts, names, strict=True)]
    return names


def _without_brackets(header: list[str]) -> list[str]:
    return [plain(_BRACKETS.sub("", unicodedata.normalize("NFKC", cell))) for cell in header]


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
    """The way a header points by its last word; '' where it has none."""
    for endings, direction in ((words.EITHER, UNCLEAR), (words.NO, NEGATIVE), (words.YES, POSITIVE)):
        if text.endswith(endings):
            return direction
    return ""


def _rest(mapping: Mapping, header: list[str], chosen: dict[int, str]) -> dict[str, Any]:
    """Questions, notices, the tax a header names, and the columns that become attributes of the customer."""
    constants, notices = dict(mapping.constants), list(mapping.notices)
    questions: list[Question] = []
    attributes: dict[int, str] = {}
    for index, cell in enumerate(header):
        if index in mapping.fields:
            constants |= _tax(mapping, index, cell) | _currency(mapping, index, cell)
        elif index in chosen and not (chosen[index] and _speaks_of_consent(cell)):
            attributes |= {index: chosen[index].removeprefix("attributes.")} if chosen[index] else {}
        elif choices := _asked(mapping.kind, cell):
            questions.append(Question(index, cell, choices))
        elif _speaks_of_consent(cell):
            notices.append(_left_out(cell))
        elif mapping.kind in KEEPS_THE_REST and cell.strip():
            attributes[index] = _unlike(" ".join(unicodedata.normalize("NFKC", cell).split())[:100], attributes)
    return {"constants": constants, "notices": tuple(notices), "questions": tuple(questions), "attributes": attributes}


def _speaks_of_consent(header: str) -> bool:
    return bool(consent_of(header)[0]) or any(word in plain(header) for word in words.LOOKS_LIKE_CONSENT)


def _left_out(header: str) -> str:
    if consent_of(header)[0]:
        text = _("The column “%(header)s” speaks of consent, which comes in with customers: it is left out.")
    else:
        text = _("The column “%(header)s” looks like consent and names no channel: it is left out.")
    return text % {"header": header}


def _unlike(name: str, attributes: dict[int, str]) -> str:
    """The name, with a number where an earlier column has it, so that neither value is lost."""
    numbered = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
    return next(free for free in numbered if free not in attributes.values())


def _asked(kind: str, header: str) -> tuple[str, ...]:
    """What a header may mean that only a person can tell; brackets read first, then left out."""
    asked = QUESTIONS.get(kind, {})
    without = _BRACKETS.sub("", unicodedata.normalize("NFKC", header))
    return asked.get(plain(header)) or asked.get(plain(without)) or ()


def _tax(mapping: Mapping, index: int, header: str) -> dict[str, str]:
    if mapping.kind != "purchases" or mapping.fields[index] != "amount" or "tax_included" in mapping.filled:
        return {}
    text = plain(header)
    if "税込" in text or "内税" in text or "taxincl" in text or "inctax" in text:
        return {"tax_included": "true"}
    return {"tax_included": "false"} if "税抜" in text or "税別" in text or "taxexcl" in text or "extax" in text else {}


def _currency(mapping: Mapping, index: int, header: str) -> dict[str, str]:
    """The currency a header names in brackets: 金額(USD), 月額（円）."""
    if mapping.fields[index] not in {"amount", "mrr"} or "currency" in mapping.filled:
        return {}
    brackets = _BRACKETS.findall(unicodedata.normalize("NFKC", header))
    named = [code for text in brackets if (code := values.currency_of(text[1:-1]))]
    return {"currency": named[0]} if named else {}


_TABLES = {kind: _table(kind) for kind in KINDS}
