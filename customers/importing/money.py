"""What headers and title lines say of amounts: unit, tax, currency, and whether they are an order's total."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from . import values
from .headers import in_brackets, plain, without_brackets
from .kinds import KINDS
from .mapping import Ask, Mapping
from .words import ORDER_TOTALS

_SIZES = {"": 1, "千": 1000, "万": 10_000, "十万": 100_000, "百万": 1_000_000, "千万": 10_000_000}
_SIZES |= {"億": 100_000_000, "十億": 1_000_000_000, "thousand": 1000, "million": 1_000_000}
_SIZE_WORDS = "十億|億|千万|百万|十万|万|千"
_SIZE = f"(?P<size>{_SIZE_WORDS})"
_IN_HEADER = re.compile(rf"(?<!\d){_SIZE}円|\b(?P<word>thousand|million)s?\b")
_ALONE = re.compile(rf"{_SIZE}(?:円|ドル)?")
_IN_TITLE = re.compile(rf"単位\s*[:=]?\s*{_SIZE}?\s*円|^[(\[]?{_SIZE.replace('size', 'bare')}円[)\]]?$")
_INCLUDED = ("税込", "内税", "taxincl", "inctax", "includingtax")
_EXCLUDED = ("税抜", "税別", "外税", "taxexcl", "extax", "excludingtax")


def read(mapping: Mapping, header: list[str], titles: Sequence[str], given: dict[str, Any]) -> Mapping:
    """The mapping with all that is said of its amounts. `given["units"]`: header → what a person says it counts in."""
    amounts = _amounts(mapping)
    if not amounts:
        return mapping
    scales = {i: scale for i in amounts if (scale := _scale(header[i], titles, given)) != 1}
    constants = dict(mapping.constants)
    for index in amounts:
        constants |= _tax(mapping, header[index], titles) | _currency(mapping, header[index], index in scales)
    notices = [*mapping.notices, *(_scale_notice(header[i], scale) for i, scale in scales.items())]
    totals = _totals_once(mapping, header, given)
    if totals:
        notices.append(
            _("Where every line of an order says the same “%(header)s”, it is the order's total and counts once.")
            % {"header": totals}
        )
    mapping = replace(
        mapping, scales=scales, constants=constants, totals_once=bool(totals), notices=tuple(dict.fromkeys(notices))
    )
    return replace(mapping, asks=(*mapping.asks, *_asks(mapping, header[amounts[0]])))


def settle(mapping: Mapping, tax: str) -> Mapping:
    """The mapping with what the company's setting (`included` | `excluded`) makes of what the file leaves open."""
    if mapping.kind != "purchases" or "amount" not in mapping.filled:
        return mapping
    notices = [_silent(ask.header, tax) for ask in mapping.asks if ask.about == "tax_included"]
    said = mapping.constants.get("tax_included")
    other_side = "true" if tax == "excluded" else "false"
    is_turned = said == other_side or "tax_included" in mapping.fields.values()
    if is_turned:
        notices.append(_turned(tax))
    if is_turned and "tax_rate" not in mapping.filled:
        notices.append(_no_rate())
    return replace(mapping, notices=(*mapping.notices, *notices))


def is_total(header: str) -> bool:
    """Whether a header speaks of an order as a whole (合計金額, total), not of a line (金額, 小計)."""
    return plain(header) in ORDER_TOTALS or without_brackets(header) in ORDER_TOTALS


def _amounts(mapping: Mapping) -> list[int]:
    """The places of columns read as amounts, and of the first factor of an amount that is a product."""
    read_so = {column.field for column in KINDS[mapping.kind] if column.reads == "amount"}
    places = [index for index, name in mapping.fields.items() if name in read_so]
    return places + [factors[0] for name, factors in mapping.products.items() if name in read_so]


def _scale(header: str, titles: Sequence[str], given: dict[str, Any]) -> int:
    said = {plain(str(name)): scale for name, scale in (given.get("units") or {}).items()}
    if plain(header) in said:
        return int(said[plain(header)])
    text = unicodedata.normalize("NFKC", header).casefold()
    if match := _IN_HEADER.search(text):
        return _SIZES[match["size"] or match["word"]]
    alone = [match for cell in in_brackets(text) if (match := _ALONE.fullmatch(cell.strip()))]
    if alone or "円" in text:
        return _SIZES[alone[0]["size"]] if alone else 1
    return _scale_of(titles)


def _scale_of(titles: Sequence[str]) -> int:
    for title in titles:
        if match := _IN_TITLE.search(unicodedata.normalize("NFKC", title).strip()):
            return _SIZES[match["size"] or match["bare"] or ""]
    return 1


def _scale_notice(header: str, scale: int) -> str:
    return _("“%(header)s” counts in units of %(scale)s: its amounts are multiplied by that.") % {
        "header": header,
        "scale": f"{scale:,}",
    }


def _tax(mapping: Mapping, header: str, titles: Sequence[str]) -> dict[str, str]:
    """What the header says of tax, or else one of the titles."""
    if mapping.kind != "purchases" or "tax_included" in mapping.filled:
        return {}
    said = _tax_of(header) or next(filter(None, map(_tax_of, titles)), "")
    return {"tax_included": said} if said else {}


def _tax_of(text: str) -> str:
    text = plain(text)
    found = [said for marks, said in ((_INCLUDED, "true"), (_EXCLUDED, "false")) if any(mark in text for mark in marks)]
    return found[0] if len(found) == 1 else ""


def _currency(mapping: Mapping, header: str, is_scaled: bool) -> dict[str, str]:
    """The currency a header names in brackets: 金額(USD), 月額（円）, 金額(千円)."""
    if "currency" in mapping.filled:
        return {}
    named = [code for text in in_brackets(header) if (code := values.currency_of(re.sub(_SIZE_WORDS, "", text)))]
    if not named and is_scaled and "円" in header:
        named = ["JPY"]
    return {"currency": named[0]} if named else {}


def _totals_once(mapping: Mapping, header: list[str], given: dict[str, Any]) -> str:
    """The header of an amount that is the order's total, where lines of orders can be told; '' where none is."""
    if mapping.kind != "purchases" or "order_id" not in mapping.filled or given.get("totals_once") is False:
        return ""
    places = [index for index, name in mapping.fields.items() if name == "amount"]
    return next((header[i] for i in places if given.get("totals_once") or is_total(header[i])), "")


def _asks(mapping: Mapping, header: str) -> tuple[Ask, ...]:
    if mapping.kind != "purchases" or "tax_included" in mapping.filled:
        return ()
    return (Ask("tax_included", header, ("true", "false"), is_needed=False),)


def _no_rate() -> str:
    return _(
        "No column says the tax rate: the general rate of each day counts (10 percent since October 2019, 8 before)."
    )


def _turned(tax: str) -> str:
    if tax == "included":
        return _("Amounts before tax are kept with tax, rounded to the nearest unit (half up).")
    return _("Amounts that include tax are kept before tax, rounded to the nearest unit (half up).")


def _silent(header: str, tax: str) -> str:
    text = (
        _("“%(header)s” does not say whether it includes tax: by the company's setting its amounts include it.")
        if tax == "included"
        else _(
            "“%(header)s” does not say whether it includes tax: by the company's setting its amounts are before tax."
        )
    )
    return text % {"header": header}
